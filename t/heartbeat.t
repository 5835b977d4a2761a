#!/usr/bin/perl

# The server sends a heartbeat every interval and closes whom it has not
# heard for two.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('', http => undef, game => '
    heartbeat      5s;
    login_timeout  0;');

my $lively = $daemon->client;
my $silent = $daemon->client;
my $talker = $daemon->client;
my $beats  = 0;
while ($beats < 3) {
    my $p = $lively->read_packet or last;
    $beats++ if $p->{type} == HEARTBEAT;
    $lively->heartbeat;
    $talker->notify('Echo.Ping', 'here');
}
is $beats, 3, 'a heartbeat every interval';
my $heard = 0;
while (my $p = $silent->read_packet) {
    $heard++ if $p->{type} == HEARTBEAT;
}
cmp_ok $heard, '>=', 1, 'who is silent hears them too';
ok $silent->closed, 'and is closed';
is $lively->request_raw('Echo.Ping', 'x'), 'x', 'who answers stays';
is $talker->request_raw('Echo.Ping', 'x'), 'x', 'any packet is a sign of life';
$daemon->log_like(qr/\[info\] .*client: 127\.0\.0\.1:${\ $silent->local_port}\b/,
    'the log tells whom it closed');

done_testing;
