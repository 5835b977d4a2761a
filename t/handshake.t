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

for my $body ('[]', '1', 'null', '"x"', 'true', '{', '}', '{}x', '{"a":1,}',
    "{\0}", "{}\0", "\xff", '{"a":"\xff\xfe"}', '{"a' x 1000,
    '[' x 4000, '{"a":' x 700 . '1' . '}' x 700) {
    my $other = $quiet->raw;
    $other->send_packet(HANDSHAKE, $body);
    my $answer = $other->read_packet;
    unlike $answer ? $answer->{body} : '', qr/"code":200/,
        'refused: ' . substr $body =~ s/[^ -~]/?/gr, 0, 30;
    ok $other->closed, 'and closed';
}

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
