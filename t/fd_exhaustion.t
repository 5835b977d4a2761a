#!/usr/bin/perl

# Out of file descriptors: the daemon waits for some to come back.  It does
# not spin, and those who are connected do not notice.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 1; worker_rlimit_nofile 64;',
    game => 'heartbeat 1s; login_timeout 0;',
    allow_log => [ qr/Too many open files/ ]);
my $client = $daemon->client;
my $pid    = $daemon->pid_of($client);

sub cpu_ticks {
    my ($user, $system) = (split ' ', slurp("/proc/$pid/stat") =~ s/.*\)//sr)[ 11, 12 ];
    return $user + $system;
}

my @crowd = map { $daemon->raw } 1 .. 120;
$daemon->log_like(qr/Too many open files/, 'the log tells');
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
my @lines = grep { /Too many open files/ } split /\n/, $daemon->log;
cmp_ok scalar(@lines), '<', 100, 'the log is not flooded';

$_->close for @crowd;
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'and there is room again';
is $daemon->pid_of($client), $pid, 'in the same worker';

done_testing;
