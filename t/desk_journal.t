#!/usr/bin/perl

# What stays of the journal of a desk: the round that is played, and the one
# before, so that who lags behind can still be told.

use lib 't/lib';
use Test::Sparrow;

# Three rounds, each with its checkpoint.
sub rounds {
    my ($daemon, $table) = @_;
    my ($first, $checkpoint) = (1, 0);
    for my $round (1 .. 3) {
        $table->reach('cleaned');
        my $desk = wait_for {
            my ($found) = grep { $_->{kind} eq 'desk' } $daemon->journals;
            $found->{checkpoint} > $checkpoint && $found;
        } 'the checkpoint after a round';
        is $desk->{first}, $first, "round $round: the journal begins there";
        is $desk->{'rounds-saved'}, $round, 'the round is in the record';
        $first = $checkpoint = $desk->{checkpoint};
    }
    return;
}

my @on     = (on => [ map { { worker => $_ } } 0, 1, 0, 1 ]);
my $daemon = sparrow('worker_processes 2;');
my $table  = $daemon->table(round => 4, @on)->ready;
rounds($daemon, $table);
ok $table->go_on, 'the match is played to its end';
$_->close for $table->players;
wait_for {
    my ($left) = grep { $_->{kind} eq 'left' } $daemon->journals;
    !$left->{journal};
} 'the end of the journal';
is scalar(grep { $_->{kind} eq 'desk' } $daemon->journals), 0,
    'and then nothing is left of it';
$daemon->stop;

# One that cannot be written has not been: it is none to begin at.
$daemon = sparrow('worker_processes 2; fail_point "checkpoint refused" 1;',
    allow_log => [ qr/commit failed/, qr/exited on signal 9/ ]);
$table = $daemon->table(round => 4, @on)->ready;
rounds($daemon, $table);
$daemon->log_like(qr/commit failed/, 'one checkpoint was refused');
$daemon->kill_worker($daemon->pid_of($table->player(0)));
$table->come_back($_) for 0, 2;
ok $table->go_on(survive => 1), 'who comes back finds the desk';

done_testing;
