#!/usr/bin/perl

# Processes that die by faults soon after their start, with no desk in hand:
# what they share is set aside, and the daemon ends.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow(
    'worker_processes 2; fail_point "worker claim after" 2+ abort;',
    ready => 0, expect_status => 1 << 8, allow_log => [
        qr/exited on signal 6/, qr/died before it was ready/,
        qr/processes die by faults soon after their start/ ]);
is $daemon->wait_exit, 1 << 8, 'the daemon ends';
$daemon->log_like(qr/\[emerg\].* die by faults soon after their start: stopping, shared memory is set aside/,
    'and says why');
my @bad = glob $daemon->prefix . '/run/shared/data.mdb.bad.*';
is scalar(@bad), 1, 'what is shared is set aside';
my @deaths = $daemon->log =~ /exited on signal 6/g;
is scalar(@deaths), 3, 'after three deaths';
$daemon->stop;

done_testing;
