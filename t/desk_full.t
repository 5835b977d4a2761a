#!/usr/bin/perl

# Shared memory that fills up: above 75% no new desks, and those that run go
# on; when nothing fits any more a move is not taken, is not told, and is asked
# for again; with room again, after a restart, the match goes on to its end.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use constant SIZE => 4 << 20;

my $daemon = sparrow('worker_processes 2;',
    shared_memory => 'size 4m;',
    allow_log     => [qr/is full, raise "size" in|got no clean mark/]);
my $table = $daemon->table(round => 4, on => [ map { { worker => $_ } } 0, 0, 1, 1 ])
    ->ready;
my $late  = $daemon->player('late');

sub create {
    return $late->request('DeskManager.CreateDesk', { version => '1.9.3',
        clubId => -1, options => Test::Sparrow::Table::options() });
}

sub play_on {
    my ($n) = @_;
    my $to = $n + $table->heard(0, 'onMoPai');
    return $table->play(until => sub { $to <= $table->heard(0, 'onMoPai') });
}

# --- 75%
play_on(5);
ok defined rows($daemon, 'ballast', 'run/shared', SIZE, 3200), 'ballast';
my $refused;
wait_for {
    $refused = create();
    $late->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() })
        if !$refused->{code};
    $refused->{code} == 1013;
} 'a desk that is refused';
is $refused->{tableInfo}{deskId}, '', 'no new desk';
like $refused->{error}, qr/no room for more desks/, 'the player is told why';
is create()->{code}, 1013, 'and another, and another' for 1 .. 50;
is scalar(() = $daemon->log
        =~ /no new desks: \d+% of "size" of "shared_memory" are in use/g), 1,
    'and the operator what to do, once';
ok play_on(5), 'the desk that runs goes on';

# --- room again
ok defined rows($daemon, 'unload', 'run/shared', SIZE), 'the ballast is gone';
ok play_on(2), 'a desk writes, and the pages are free';
my $asked = 0;
wait_for { !create()->{code} || !++$asked } 'a new desk';
$late->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() });
$daemon->wait_log(qr/new desks again, @{[ 51 + $asked ]} were refused/,
    'the operator hears when it is over, and how many were refused');
ok defined rows($daemon, 'ballast', 'run/shared', SIZE, 3200), 'ballast again';
wait_for {
    my $code = create()->{code};
    $late->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() }) if !$code;
    $code;
} 'no more room';
is scalar(() = $daemon->log =~ /no new desks: /g), 1,
    'within a minute it is not said again';

# --- full
ok defined rows($daemon, 'ballast', 'run/shared', SIZE), 'no room at all';
# Whoever is asked passes or discards, by a request.  What cannot be written is
# asked for again, before anything else is told; so are the others who are
# asked, whose answer may be on its way.
my $json = JSON::PP->new->canonical;
my (%open, $lost);
my $refused_move = sub {
    my ($move) = @_;
    return grep { $_->{id} == $move->{id} && $_->{payload} =~ /"code":1013\b/ }
        @{ $move->{player}{responses} };
};
$table->wait_until(sub { $lost }, 'a refusal and the hint again', sub {
    my ($player, $route, $body) = @_;
    my $uid = $player->{uid};
    if ($route ne 'onOpTypeHint') {
        delete $open{$uid};
        return $table->answer(@_);
    }
    my $hint = $json->encode($body);
    my $move = $open{$uid};
    if ($move && $move->{hint} eq $hint) {
        $lost //= $move if $refused_move->($move);
        return;
    }
    my %offered = map { $_->{op} => 1 } @{ $body->{ops} };
    my $choice = $offered{5} ? { optype => 5, idx => 0 } : { optype => 1,
        idx => Test::Sparrow::Table::discard($player, $body) };
    my $id = $player->send_request('DeskManager.OpChoose', $choice);
    $open{$uid} = { %$choice, hint => $hint, player => $player, id => $id };
});
pass 'a move that cannot be written is answered with 1013';
$table->settle;
is scalar(grep { $_->{uid}[0] == $lost->{player}{uid}
    && $_->{mjs}[0] == $lost->{idx} } map { $table->heard($_, 'onOpTypeDo') }
    0 .. 3), 0, 'and is told to nobody' if $lost->{optype} == 1;
$daemon->log_like(qr/data\.mdb" is full, raise "size" in "shared_memory"/,
    'the log names the directive');

# --- room again: the operator does what the line says
$daemon->stop;
$daemon->write_conf(sub { s/size 4m/size 32m/ });
$daemon->restart;
$table->come_back($_) for 0 .. 3;
ok $table->play, 'the match goes on to its end';
my @ends = map { $table->heard($_, 'onGameEnd') } 0 .. 3;
is_deeply $ends[$_], $ends[0], 'all hear the same end' for 1 .. 3;
$late = $daemon->player('late');
is create()->{code}, 0, 'and there are new desks';

done_testing;
