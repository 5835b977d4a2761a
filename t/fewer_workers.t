#!/usr/bin/perl

# The daemon starts again with fewer workers, after a clean stop and after one
# that left its desks with players in slots where nobody lives any more: the
# matches go on, and nothing is wrong in the log.

use lib 't/lib';
use Test::Sparrow;

for my $how ('stop', 'kill') {
    my $daemon = sparrow('worker_processes 4;',
        shared_memory => 'journal_keep on;');
    my @tables = map { $daemon->table(mode => 4, round => 1,
        on => [ map { { worker => $_ } } 0 .. 3 ]) } 1 .. 3;
    $_->ready for @tables;
    $_->reach('playing') for @tables;
    if ($how eq 'stop') {
        $daemon->stop;
    } else {
        $daemon->signal('KILL');
        $daemon->orphans_gone;
    }
    $daemon->write_conf(
        sub { s/worker_processes 4/worker_processes 1/ });
    $daemon->log_mark;
    $daemon->restart;
    for my $table (@tables) {
        $table->come_back($_) for 0 .. 3;
    }
    Test::Sparrow::Table::play_all(\@tables,
        done => sub { !grep { !$_->is_over } @tables });
    pass "$how: the matches are played to their end";
    is join("\n", grep { /\[(?:error|crit|alert|emerg)\]/ }
        split /\n/, $daemon->new_log), '', "$how: no error is logged";
    $daemon->stop;
}

done_testing;
