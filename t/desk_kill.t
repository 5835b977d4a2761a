#!/usr/bin/perl

# kill -9 of the owner of a desk, of a gate, of the store, in mid-round: who is
# connected elsewhere plays on, the others come back, and the match ends as if
# nothing had been.

use lib 't/lib';
use Test::Sparrow;

my $killed = qr/exited on signal 9/;
my $daemon = sparrow('worker_processes 2;', allow_log => [$killed],
    store => 'store_timeout 20s;');

# Plays until n pushes of the route were heard by player i.
sub play_to {
    my ($table, $i, $route, $n) = @_;
    $table->play(until => sub {
        $n <= $table->heard($i, $route) || $table->is_over });
}

sub check_end {
    my ($table, $name) = @_;
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. 3;
    is_deeply $ends[$_], $ends[0], "$name: all hear the same end" for 1 .. 3;
    my $sum = 0;
    $sum += $_->{totalScore} for @{ $ends[0]{stats} };
    is $sum, 0, 'what some win others lose';
    for my $player ($table->players) {
        my ($once) = grep { 1 < $table->heard($_, 'onGameEnd') } 0 .. 3;
        is $once, undef, 'and once';
        $player->close;
    }
    return;
}

# Each tile is discarded once at the most, whoever is asked.
sub check_discards {
    my ($table, $i) = @_;
    my %seen;
    $seen{ $_->{mjs}[0] }++ for grep { $_->{optype} == 1 }
        $table->heard($i, 'onOpTypeDo');
    is scalar(grep { $_ > 1 } values %seen), 0, 'nothing is done twice';
    return;
}

for my $when (1, 5, 12, 20) {
    for my $who (qw(owner gate store)) {
        note "$who is killed at draw $when";
        my $table = $daemon->table(
            on => [ map { { worker => $_ } } 0, 0, 1, 1 ]);
        $table->ready;
        play_to($table, 2, 'onMoPai', $when);
        my %pid = (owner => $daemon->pid_of($table->player(0)),
            gate => $daemon->pid_of($table->player(2)),
            store => $daemon->store_pid);
        $daemon->kill_worker($pid{$who});
        my @lost = $who eq 'owner' ? (0, 1) : $who eq 'gate' ? (2, 3) : ();
        ok $table->player($_)->closed, 'a connection is lost' for @lost;
        $table->come_back($_) for @lost;
        my @stay = grep { my $i = $_; !grep { $_ == $i } @lost } 0 .. 3;
        ok $table->play, "the $who is killed at $when: the match ends";
        check_discards($table, $stay[0]);
        is scalar(grep { !$table->player($_)->is_open } @stay), 0,
            'the others stayed connected';
        check_end($table, $who);
    }
}

# The master: sockets are lost then, desks are not.
my @tables = map { $daemon->table(round => 4)->ready } 1 .. 3;
play_to($_, 0, 'onMoPai', 9) for @tables;
$daemon->signal('KILL');
$daemon->orphans_gone;
$daemon->restart;
for my $table (@tables) {
    $table->come_back($_) for 0 .. 3;
    ok $table->play, 'after a new start a match goes on to its end';
    check_end($table, 'master');
}
$daemon->log_like(qr/desks are back, of \d+ records, in \d+ ms/,
    'the log has the figures');

done_testing;
