#!/usr/bin/perl

# A record of a journal that was damaged closes its desk alone: its players are
# told, its journal is kept aside, the cards of a round that was never
# finished go back.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

my $daemon = sparrow('worker_processes 2;',
    shared_memory => 'size 64m;', allow_log => [qr/exited on signal 9/]);
my ($bad, $good) = map {
    $daemon->table(round => 4, on => [ map { { worker => $_ } } 0, 0, 1, 1 ])
        ->ready
} 1 .. 2;
for my $table ($bad, $good) {
    $table->play(until => sub { 10 <= $table->heard(0, 'onMoPai') });
}

ok defined rows($daemon, 'spoil', 'run/shared', $bad->no, 20), 'damage';
$daemon->kill_worker($daemon->pid_of($bad->player(0)));
$daemon->log_like(
    qr/desk \d+ is closed: record 20 of its journal has a wrong checksum; the journal of [0-9a-f]{16} is set aside/,
    'the log names the record');

# Those of the other worker are told, those who come back too.
for my $i (2, 3) {
    $bad->wait_until(sub { $bad->heard($i, 'onDissolve') }, 'the end');
    is_deeply [ $bad->heard($i, 'onDissolve') ], [ { acid => 0,
        isexit => JSON::PP::true(), exitType => 6, deskPos => 0 } ],
        'who stayed is told';
    ok !$bad->player($i)->request('DeskManager.UnCompleteDesk')->{exist},
        'he sits nowhere';
    is $bad->player($i)->request('DeskManager.ReJoin',
        { deskId => $bad->no })->{code}, -1, 'and cannot go back';
}
my $creator = $daemon->player('player-1');
is $creator->request('DeskManager.ReJoin', { deskId => $bad->no })->{code}, -1,
    'who comes back is told';
wait_for { $daemon->guest('player-1')->{fangka} == 10 } 'the cards';
ok 1, 'the cards are back';

# So does one that is whole and leads elsewhere, or is not there.
for my $case ([ wrong => 20, '20 of its journal leads to another desk' ],
    [ lose => 20, '21 of its journal does not follow the one before' ]) {
    my ($what, $seq, $why) = @$case;
    my $other = $daemon->table(round => 4,
        on => [ map { { worker => $_ } } 0, 0, 1, 1 ])->ready;
    $other->play(until => sub { 10 <= $other->heard(0, 'onMoPai') });
    ok defined rows($daemon, $what, 'run/shared', $other->no, $seq), $what;
    $daemon->log_mark;
    $daemon->kill_worker($daemon->pid_of($other->player(0)));
    $daemon->log_like(qr/desk ${\ $other->no } is closed: record $why; /,
        'the log names the record');
    $other->wait_until(sub { $other->heard($_, 'onDissolve') }, 'the end')
        for 2, 3;
    $_->close for $other->players;
}

# The other desk of the same worker is as it was.
ok $good->play(survive => 1), 'the other desk plays on to its end';
my @found = $daemon->journals;
is scalar(grep { $_->{kind} eq 'bad' && $_->{text} =~ / 20 has a wrong/ } @found),
    1, 'the journal is there to be looked at';
is $daemon->player('player-2')->request('DeskManager.CreateDesk', {
    version => '1.9.3', clubId => -1,
    options => Test::Sparrow::Table::options() })->{code}, 0,
    'and its players may play again';
$daemon->stop;

note 'a desk whose row has become another\'s in the meantime';
$daemon = sparrow('worker_processes 1;', shared_memory => 'size 64m;',
    allow_log => [qr/exited on signal 9/]);
my $table = $daemon->table->ready;
$table->wait_heard('onDuanPai');
$table->settle;
ok defined rows($daemon, @$_), $_->[0] for [ 'spoil', 'run/shared', $table->no,
    3 ], [ 'other', 'run/shared', $table->no ];
$daemon->kill_worker;
wait_for { 2 <= (() = $daemon->log =~ /cannot be closed: record 3 /g) }
    'a second try';
# the store has done what it was asked before
ok $daemon->guest('a new one')->{uid}, 'a new guest';
is $daemon->guest('player-1')->{fangka}, 8, 'and no cards are given back';

done_testing;
