#!/usr/bin/perl

# Who lags behind does no harm: a message that is sent twice, or by an old
# name of the desk or of the session, an event that is told twice, an owner
# that is owner no more and does not know.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use JSON::PP ();

my $daemon = sparrow('worker_processes 2;',
    shared_memory => 'journal_keep on;', allow_log => [qr/exited on signal 9/]);
my $run = $daemon->prefix . '/run';

# A desk of slot 0, where half of the players are; in mid-round, at rest.
sub table {
    my $table;
    do {
        $_->close for $table ? $table->players : ();
        $table = $daemon->table(round => 1,
            on => [ map { { worker => $_ } } 0, 0, 1, 1 ])->ready;
        play_on($table, 8);
    } while $table->is_over;
    return $table;
}

sub play_on {
    my ($table, $n) = @_;
    my $to = $n + $table->heard(2, 'onMoPai');
    $table->play(until => sub {
        $to <= $table->heard(2, 'onMoPai') || $table->is_over });
    return rest($table);
}

# Nothing moves; what is asked for stays asked for.
sub rest {
    my ($table) = @_;
    $table->settle(sub {
        my ($player, $route) = @_;
        $table->{asked}{ $player->{uid} } = [@_]
            if $route =~ /^on(?:OpTypeHint|SyncDesk)$/;
    });
    $table->news;
    return $table;
}

sub finish {
    my ($table, $what, %opt) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $table->answer(@$_) for grep { $_->[0]->is_open }
        values %{ delete $table->{asked} };
    ok $table->play(%opt), "$what: the match is played to its end";
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. 3;
    is_deeply $ends[$_], $ends[0], 'all hear the same end' for 1 .. 3;
    is scalar(grep { 1 != $table->heard($_, 'onGameEnd') } 0 .. 3), 0, 'once';
    my %seen;
    $seen{ $_->{mjs}[0] }++ for grep { $_->{optype} == 1 }
        $table->heard(2, 'onOpTypeDo');
    is scalar(grep { $_ > 1 } values %seen), 0, 'nothing was done twice';
    $_->close for $table->players;
    return;
}

# What is said on the bus has had its effect.
sub bus {
    my ($what, $table, $i, @args) = @_;
    defined $daemon->tool('bus', $what, $run, $table->no,
        $table->player($i)->{uid}, @args) or die "the bus does not take it\n";
    $table->settle;
    return;
}

sub is_quiet {
    my ($table, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is join(' ', map { $_->[0] } map { @$_ } $table->news), '', $what;
}

note 'a message that is sent twice';
my $table = table();
until ($table->{asked}{ $table->player(2)->{uid} }) {
    $table->answer(@$_) for values %{ delete $table->{asked} };
    $table = table() if play_on($table, 1)->is_over; # he is not asked again
}
my @choose = ('DeskManager.OpChoose', '{"optype":0,"idx":3}');
bus('say', $table, 2, 0, 0, 1, @choose);
is join(' ', map { $_->[0] } map { @$_ } $table->news), 'onOpTypeHint',
    'the next one is dealt with: it is refused, and he is asked again';
bus('say', $table, 2, 0, 0, 0, @choose);
is_quiet($table, 'the last one that was done is not');
bus('say', $table, 2, 0, 0, -1, @choose);
is_quiet($table, 'nor one before it');
my @pause = ('DeskManager.Pause', '{}');
bus('say', $table, 3, 0, 0, 0, @pause);
is_quiet($table, 'whatever it says');

note 'a message by an old name';
bus('say', $table, 2, 0, -1, 1, @pause);
is_quiet($table, 'of the desk: it goes back to the gate');
for my $other (-1, 1) {
    bus('say', $table, 2, $other, 0, 1, @pause);
    is_quiet($table, 'of the session: it is not done');
}

note 'an event that is told twice';
my @said = ('onRecordingVoice', '{"uid":1,"fileId":"x"}');
for my $ord (0, 255) {
    bus('tell', $table, $_, -1, $ord, @said) for 2, 3;
}
bus('tell', $table, 2, 0, 0, @said);
is_quiet($table, 'what was heard is not heard again');
bus('tell', $table, 3, 0, 255, @said);
my @news = $table->news;
is join(' ', map { $_->[0] } @{ $news[3] }), $said[0], 'what is new is heard';
bus('tell', $table, 3, 0, $_, @said) for 255, 254;
is_quiet($table, 'once');
finish($table, 'after all that');

for my $i (1, 2) {
    my $name = $i == 1 ? 'by its own client' : 'by another gate';
    note "the desk has gone to another slot, as is found out $name";
    $table = table();
    my $player = $table->player($i);
    $daemon->log_mark;
    ok defined rows($daemon, 'give', 'run/shared', $table->no, 1),
        'as adopted';
    $player->notify('DeskManager.Pause', {});
    $daemon->log_like(qr/desk ${\ $table->no } is not ours any more/,
        'the old owner drops it');
    if ($i == 1) {
        ok $player->closed, 'whose message is lost loses the connection';
        $table->come_back($i, worker => 0);
    } else {
        $table->wait_until(sub {
            $table->heard(3, 'onPlayerOfflineStatus') }, 'the new owner');
        $player->notify('DeskManager.Resume', {});
    }
    rest($table);
    is scalar(grep { !$_->is_open } $table->players), 0, 'all are there';
    is_deeply [ map { $_->{offline} } $table->heard(3,
        'onPlayerOfflineStatus') ], [ JSON::PP::true(), JSON::PP::false() ],
        'the message was sent again, and done once' if $i == 2;
    finish($table, 'its new owner goes on');
    my @dropped = $daemon->new_log =~ /not ours any more/g;
    is scalar(@dropped), 1, 'it was dropped once';
}

note 'the slot has gone to another process';
$table = table();
$daemon->log_mark;
ok defined rows($daemon, 'claim', 'run/shared', 0), 'as after a death';
my $old = $daemon->pid_of($table->player(0));
$_->notify('DeskManager.Pause', {}) for $table->player(1);
$daemon->log_like(qr/desk ${\ $table->no } is not ours any more/,
    'the one that was there writes nothing');
ok $table->player(2)->hears_nothing_of('onPlayerOfflineStatus'),
    'and tells nothing';
$daemon->kill_worker($old);
finish($table, 'the next one goes on', survive => 1);

$daemon->stop;
my @found = $daemon->journals;
is join('; ', map { $_->{text} } grep { $_->{kind} eq 'bad' } @found), '',
    'all journals are good';

done_testing;
