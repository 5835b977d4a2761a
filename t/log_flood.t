#!/usr/bin/perl

# Another process of the daemon's user can say on the bus what it likes: it
# cannot fill the log with it.

use lib 't/lib';
use Test::Sparrow;

use IO::Socket::UNIX;
use Time::HiRes qw(time);

my $bad    = qr/bad frame came over the bus/;
my $daemon = sparrow('worker_processes 1;', allow_log => [$bad]);
my $client = $daemon->client;
my $path   = $daemon->prefix . '/run/bus/' . $client->worker;
my $begun  = time;
local $SIG{PIPE} = 'IGNORE';
for (1 .. 8) {
    my @socks = map { IO::Socket::UNIX->new(Peer => $path) // die "$path: $!\n" }
        1 .. 50;
    $_->syswrite("\xff" x 64) for @socks;
    sysread $_, my $nothing, 1 for @socks; # until it is closed
}
my $took  = time - $begun;
my @lines = grep { /$bad/ } split /\n/, $daemon->log;
cmp_ok scalar(@lines), '>=', 10, 'the log tells of bad frames';
cmp_ok scalar(@lines), '<=', 11 * ($took + 2), 'ten times a second';
is $client->request_raw('Echo.Ping', 'x'), 'x', 'clients are served';

done_testing;
