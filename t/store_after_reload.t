#!/usr/bin/perl

# The store lives over reloads; its death after one is as any other.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;',
    allow_log => [ qr/store process \d+ of slot \d+ exited on signal 9/ ]);
my $store = $daemon->store_pid;
for my $round (1, 2) {
    is +($daemon->reload)[0], 0, "reload $round";
    is $daemon->store_pid, $store, 'the store stays';
}
$daemon->kill_worker($store);
wait_for { $daemon->store_pid } 'a new store';
is $daemon->guest('x')->{code}, 0, 'a new store answers';

done_testing;
