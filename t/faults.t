#!/usr/bin/perl

# Processes that die by faults soon after their start, with no desk in hand:
# what they share is set aside, and all start anew; once, then the daemon ends.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow(
    'worker_processes 1; fail_point "worker claim after" 1+ abort;',
    ready => 0, expect_status => 1 << 8, allow_log => [
        qr/exited on signal 6/, qr/died before it was ready/,
        qr/processes die in (?:new )?shared memory/ ]);
is $daemon->wait_exit, 1 << 8, 'the daemon ends';
$daemon->log_like(qr/\[alert\].* processes die in shared memory: "\S+run\/shared\/data\.mdb" is set aside, all start anew/,
    'after it started with new shared memory');
$daemon->log_like(qr/\[emerg\].* processes die in new shared memory: stopping, "\S+" is set aside/,
    'and says why');
my @bad = glob $daemon->prefix . '/run/shared/data.mdb.bad.*';
is scalar(@bad), 2, 'what is shared is set aside, twice';
my @deaths = $daemon->log =~ /exited on signal 6/g;
is scalar(@deaths), 6, 'after three deaths each';
like $daemon->output, qr/not started: processes die in new/,
    'standard error has the reason';
$daemon->stop;

done_testing;
