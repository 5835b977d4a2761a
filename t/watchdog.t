#!/usr/bin/perl

# A process whose event loop is stuck for ten seconds is ended and replaced.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', allow_log => [
    qr/event loop is stuck|does not stop/, qr/exited on signal (?:6|9)/ ]);
my ($ann, $bob) = $daemon->client_on_each(2);
my $worker = $daemon->pid_of($ann);
my $store  = $daemon->store_pid;
kill STOP => $worker, $store;
$daemon->log_like(qr/worker process $worker of slot \d+: event loop is stuck/,
    'a worker that stands still is noticed');
$daemon->log_like(qr/store process $store of slot \d+: event loop is stuck/,
    'so is the store');
for my $pid ($worker, $store) {
    wait_for { !grep { $_->{pid} == $pid } $daemon->processes } "the end of $pid";
}
ok $ann->closed, 'its clients are closed';
is $bob->request_raw('Echo.Ping', 'x'), 'x', 'those of the other are served';
wait_for { $daemon->workers == 2 && $daemon->store_pid } 'the new ones';
is $daemon->guest('x')->{code}, 0, 'logins work again';
is scalar($daemon->client_on_each(2)), 2, 'both workers answer';

done_testing;
