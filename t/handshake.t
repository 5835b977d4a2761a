#!/usr/bin/perl

# How hands are shaken, by clients as they are and by those who do not know
# how.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 1;', http => undef, game => '
    heartbeat          17s;
    handshake_timeout  1s;
    login_timeout      2s;');
my $quiet = sparrow('', http => undef,
    game => 'debug off; handshake_timeout 1h; login_timeout 0; heartbeat 1h;');

my $client = $daemon->client;
my $hello  = $client->{hello};
is $hello->{code}, 200, 'hands are shaken';
is $hello->{sys}{heartbeat}, 17, 'the interval of the conf';
cmp_ok abs($hello->{sys}{servertime} - time), '<=', 30, 'the time, in seconds';
ok !exists $hello->{sys}{dict}, 'no dictionary unless asked for';
ok defined $client->worker, 'debug mode names the worker';
is_deeply [ sort keys %{ $quiet->client->{hello}{sys} } ],
    [qw(heartbeat servertime)], 'else nothing is told of it';

for my $body (
    '',
    '{}',
    ' { } ',
    '{"sys":{"type":"js-websocket","version":"0.0.1"},"user":{}}',
    '{"sys":{"version":"1.1.1","type":"bot"},"user":{"a":[1,{"b":null}]}}',
    '{"sys":{"type":"x","version":"0.3.0","rsa":{}},"user":{"n":1e308}}') {
    my $other = $daemon->raw;
    is $other->handshake($body)->{code}, 200, "taken: '$body'";
    $other->ack;
    is $other->request_raw('Echo.Ping', 'x'), 'x', 'and served';
}

# What is no JSON object counts as {}.
for my $body ('[]', '1', 'null', '"x"', 'true', '{', '}', '{}x', '{"a":1,}',
    "{\0}", "{}\0", "\xef\xbb\xbf{}", "\xff", '{"a":"\xff\xfe"}',
    'hello', '{"sys":{"version":1e400}}', '{"a' x 1000, '[' x 4000,
    '{"a":' x 700 . '1' . '}' x 700, '{"sys":"' . 'x' x 16374 . '"}') {
    my $other = $quiet->raw;
    is $other->handshake($body)->{code}, 200,
        'taken: ' . substr $body =~ s/[^ -~]/?/gr, 0, 30;
    $other->ack;
    is $other->request_raw('Echo.Ping', 'x'), 'x', 'and served';
}
my $large = $quiet->raw;
$large->send_packet(HANDSHAKE, 'x' x 16385);
ok $large->closed, 'a handshake of more than 16 KB';

# Only the first handshake and the first ack count, whatever is in them.
my $again = $quiet->client;
$again->send_packet(HANDSHAKE, $_) for '{}', 'x' x 16384;
$again->ack for 1, 2;
is $again->request_raw('Echo.Ping', 'x'), 'x', 'more of them are ignored';
my $early = $quiet->raw;
$early->send_packet(HANDSHAKE, '{}') for 1, 2;
is $early->read_packet->{type}, HANDSHAKE, 'two handshakes before the ack';
$early->ack;
is $early->request_raw('Echo.Ping', 'x'), 'x', 'are answered once';

# Slow ones.  Each is closed, though it goes on sending.
my $silent = $daemon->raw;
my $half   = $daemon->raw;
my $no_ack = $daemon->raw;
my $guest  = $daemon->client;
$half->send_raw("\1\0");
$no_ack->handshake;
ok $silent->closed, 'who never speaks is closed';
ok $half->closed,   'who stops in the middle of a header';
ok $no_ack->closed, 'who never acks';
ok $guest->closed,  'who never logs in';
my $slow = $daemon->raw;
my $gone = wait_for {
    !$slow->send_raw('{') || !$slow->is_open
} 'the end of a client that sends a byte at a time'
    if $slow->send_raw("\1\0\x80\0");
ok $gone, 'who sends a byte now and then';

done_testing;
