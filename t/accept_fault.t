#!/usr/bin/perl

# accept() fails in a way that nobody has foreseen: the worker looks away for a
# while, does not spin, and logs a line a minute.

use lib 't/lib';
use Test::Sparrow;

my $line = qr/\[crit\] .*accept4\(\) on \S+ failed \(5: /;

sub lines_of { return scalar grep { /$line/ } split /\n/, $_[0]->log }

note 'for a moment';
my $daemon = sparrow('worker_processes 1; fail_point "accept refused" 1;',
    allow_log => [$line]);
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'clients come in';
is lines_of($daemon), 1, 'the log tells of it';
$daemon->stop;

note 'for good';
$daemon = sparrow('worker_processes 1; fail_point "accept refused" 12+;',
    game => 'heartbeat 1s; login_timeout 0;', allow_log => [$line]);
my $client = $daemon->client;
my $pid    = $daemon->pid_of($client);

sub cpu_ticks {
    my ($user, $system) =
        (split ' ', slurp("/proc/$pid/stat") =~ s/.*\)//sr)[ 11, 12 ];
    return $user + $system;
}

my @crowd = map { $daemon->raw } 1 .. 40;
$daemon->log_like($line, 'the log tells of it');
is $client->request_raw('Echo.Ping', 'x'), 'x', 'who is in is served';
my $before = cpu_ticks();
my $begun  = time;
while (time - $begun < 3) {
    $client->read_packet->{type} == HEARTBEAT and $client->heartbeat;
}
my $used = (cpu_ticks() - $before) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
cmp_ok $used, '<', 0.7, 'seconds of CPU within about three';
is lines_of($daemon), 1, 'and one line says it all';
$_->close for @crowd;

done_testing;
