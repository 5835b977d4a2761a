#!/usr/bin/perl

# The daemon is stopped, gently or at once, in each state of a desk, and
# started again: the same players come back and play the match to its end.

use lib 't/lib';
use Test::Sparrow;

# A seed with which a kong can be robbed in the second round.
my $daemon = sparrow('worker_processes 2;', store => 'store_timeout 20s;',
    game => 'deal_seed s43;');

# Half of the players on each worker.
sub seated {
    my (%opt) = @_;
    return $daemon->table(
        on => [ map { { worker => $_ } } 0, 0, 1, 1 ], %opt);
}

# Dealing is where the tiles come, sorted where suits are to be chosen.
sub in_state {
    my ($state) = @_;
    my $table = seated(round => 4);
    return $table if $state eq 'created';
    return $table->ready->reach($state);
}

# Playing, and somebody is asked what `is` returns true for.
sub asked {
    my ($is) = @_;
    my $table = seated(round => 4)->ready;
    my $left;
    $table->wait_until(sub { $left || $table->is_over }, 'a question', sub {
        my ($player, $route, $body) = @_;
        $left ||= $route eq 'onOpTypeHint' && $is->($body, $player);
        $table->answer(@_) if !$left;
    });
    die "nobody is asked that\n" if !$left;
    return $table;
}

sub has {
    my ($hint, @ops) = @_;
    my %op = map { $_->{op} => 1 } @{ $hint->{ops} };
    return !grep { !$op{$_} } @ops;
}

sub stop_and_start {
    my ($signal) = @_;
    ok $daemon->stop($signal), "$signal: a clean stop";
    $daemon->log_mark;
    $daemon->restart;
    return;
}

# The same players come, those of one worker to the other.
sub all_back {
    my ($table) = @_;
    $table->come_back($_, worker => $_ < 2) for 0 .. 3;
    return $table;
}

sub check_end {
    my ($table, $name) = @_;
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. 3;
    is_deeply $ends[$_], $ends[0], "$name: all hear the same end" for 1 .. 3;
    ok $ends[0]{isNormalFinished}, 'a normal one';
    my $sum = 0;
    $sum += $_->{totalScore} for @{ $ends[0]{stats} };
    is $sum, 0, 'what some win others lose';
    is scalar(grep { 1 < $table->heard($_, 'onGameEnd') } 0 .. 3), 0, 'once';
    $_->close for $table->players;
    return;
}

my %in = (
    created => sub { in_state('created') },
    ready   => sub {
        my $table = seated(round => 4);
        $table->player($_)->notify('DeskManager.Ready', {}) for 0, 2;
        return $table->settle;
    },
    (map { my $state = $_; ($state => sub { in_state($state) }) }
        qw(dealing sorted playing cleaned)),
    'one has sorted' => sub {
        my $table = in_state('dealing');
        $table->player(1)->notify('DeskManager.QiPaiFinished', {});
        return $table->settle;
    },
    'one has chosen' => sub {
        my $table = in_state('sorted');
        $table->player(1)->notify('DeskManager.DingQue', { que => 2 });
        return $table->settle;
    },
    'self check' => sub { asked(
        sub { has($_[0], 3, 5) && !has($_[0], 2) }) },
    discard => sub { asked(sub { has($_[0], 1) }) },
    claim   => sub { asked(sub { has($_[0], 2, 5) }) },
    rob => sub { asked(sub {
        my ($hint, $player) = @_;
        my ($route, $done) = @{ $player->{heard}[-2] };
        return has($hint, 4, 5) && $route eq 'onOpTypeDo'
            && $done->{optype} == 3 && $done->{uid}[0] != $player->{uid};
    }) },
    'a vote' => sub {
        my $table = in_state('playing');
        $table->player(2)->notify('DeskManager.Dissolve', {});
        return $table->settle;
    },
);

for my $signal (qw(QUIT TERM)) {
    my @names  = sort keys %in;
    my %tables = map { note "$signal: $_"; ($_ => $in{$_}->()) } @names;
    stop_and_start($signal);
    $daemon->log_like(qr/\d+ desks are back/, 'desks are back');
    for my $name (@names) {
        my $table = all_back($tables{$name});
        $table->ready if $name eq 'created';
        if ($name eq 'a vote') {
            $table->play(until => sub {
                1 < $table->heard(3, 'onDissolveAgreement') });
            $table->player(1)->notify('DeskManager.DissolveStatus',
                { result => JSON::PP::false() });
        }
        ok $table->play, "$name: played to the end";
        check_end($table, $name);
    }
}

# The match is over, and the store stands still: what it is asked then is asked
# again by whoever has the desk after the start.
for my $signal (qw(QUIT TERM)) {
    my $table = in_state('cleaned');
    my ($uid) = map { $_->{uid} } $table->players;
    my $store = $daemon->store_pid;
    $daemon->halt($store);
    $table->player(0)->notify('DeskManager.Dissolve', {});
    $table->settle;
    $table->player($_)->notify('DeskManager.DissolveStatus',
        { result => JSON::PP::true() }) for 1 .. 3;
    $table->wait_heard('onGameEnd');
    $daemon->unhalt;
    $daemon->signal($signal);
    wait_for { !grep { $_->{role} eq 'worker' } $daemon->processes }
        'the end of the workers';
    kill CONT => $store;
    stop_and_start($signal);
    my $found = wait_for {
        my @found = $daemon->journals;
        my ($left) = grep { $_->{kind} eq 'left' } @found;
        !$left->{desks} && !$left->{open} && \@found;
    } 'the end of the desk';
    is scalar(grep { $_->{kind} eq 'bad' } @$found), 0, 'no journal is bad';
    my ($user) = grep { $_->{kind} eq 'user' && $_->{uid} == $uid } @$found;
    is $user->{cards}, 8, 'a round was finished: the cards are spent';
}

done_testing;
