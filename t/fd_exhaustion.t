#!/usr/bin/perl

# As many clients as descriptors: the next ones are turned away.  The daemon
# does not spin, those who are connected do not notice, and what the processes
# need to talk to each other is never taken by clients.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 1; worker_rlimit_nofile 64;',
    game => 'heartbeat 1s; login_timeout 0;',
    allow_log => [ qr/worker_connections are not enough/,
        qr/store process \d+ .*signal 9/ ]);
my $client = $daemon->client;
my $http   = $daemon->http_client;
is $daemon->guest('early', http => $http)->{code}, 0, 'a guest logs in';
$daemon->log_like(qr/leaves room for \d+ of 1024 worker_connections/,
    'the start warns that there are less than the conf says');
my $pid    = $daemon->pid_of($client);

sub cpu_ticks {
    my ($user, $system) = (split ' ', slurp("/proc/$pid/stat") =~ s/.*\)//sr)[ 11, 12 ];
    return $user + $system;
}

my @crowd = map { $daemon->raw } 1 .. 120;
$daemon->log_like(qr/worker_connections are not enough/, 'the log tells');
is $client->request_raw('Echo.Ping', 'x'), 'x', 'who is in is served';

# Over three heartbeats, which are a second apart.
my $before = cpu_ticks();
for (1 .. 3) {
    while (my $p = $client->read_packet) {
        last if $p->{type} == HEARTBEAT;
    }
    $client->heartbeat;
}
my $used = (cpu_ticks() - $before) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
cmp_ok $used, '<', 0.7, 'seconds of CPU within about three';
my @lines = grep { /are not enough/ } split /\n/, $daemon->log;
cmp_ok scalar(@lines), '<', 100, 'the log is not flooded';

# The store dies, and the worker finds its successor.
my $store = $daemon->store_pid;
kill KILL => $store;
wait_for { ($daemon->store_pid // $store) != $store } 'another store';
is $daemon->guest('late', http => $http)->{code}, 0,
    'it makes accounts while the crowd is there';

$_->close for @crowd;
my $next = wait_for { eval { $daemon->client } } 'room for another client';
is $next->request_raw('Echo.Ping', 'x'), 'x', 'and there is room again';
is $daemon->pid_of($client), $pid, 'in the same worker';

done_testing;
