#!/usr/bin/perl

# What no honest client sends: packets and messages that are truncated,
# oversized, unknown, out of order.  Each costs its sender the connection;
# nobody else notices.

use lib 't/lib';
use Test::Sparrow;

# No time-out shall do what a check has to.
my $daemon = sparrow('worker_processes 1;', http => undef,
    game => 'handshake_timeout 1h; login_timeout 0; heartbeat 1h;');
my $honest = $daemon->client;
my $hello  = packet(HANDSHAKE, '{}');

# Sent instead of a handshake.
my @before = (
    [ 'type 0',                      "\0\0\0\0" ],
    [ 'type 6',                      "\6\0\0\0" ],
    [ 'type 255',                    "\xff\0\0\0" ],
    [ 'a wrong type, alone',         "\x47" ],
    [ 'HTTP',                        "GET / HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'a TLS hello',                 "\x16\3\1\2\0\1\0\1\xfc\3\3" . 'r' x 99 ],
    [ 'an SSH client',               "SSH-2.0-OpenSSH_9.2\r\n" ],
    [ 'an ack first',                packet(ACK) ],
    [ 'data first',                  packet(DATA, "\0\1\1A") ],
    [ 'a kick',                      packet(KICK) ],
    [ 'data before the ack',         $hello . packet(DATA, "\0\1\1A") ],
    [ 'a kick before the ack',       $hello . packet(KICK) ],
    [ 'a handshake of 16 MB',        "\1\xff\xff\xff" ],
    [ 'a handshake of 65537 bytes',  "\1\1\0\1" ],
);
for my $case (@before) {
    my ($name, $bytes) = @$case;
    for my $chunk (1, 65536) {
        my $client = $daemon->raw;
        $client->send_raw($bytes, chunk => $chunk);
        ok $client->closed, "$name closes (in writes of $chunk)";
    }
}

# Sent by a client that has shaken hands.
my $route = "\x09Echo.Ping";
my @after = (
    [ 'type 0',                       "\0\0\0\0" ],
    [ 'type 9',                       "\x09\0\0\0" ],
    [ 'a kick',                       packet(KICK, '{"reason":"x"}') ],
    [ 'a packet of 16 MB',            "\4\xff\xff\xff" ],
    [ 'an empty message',             packet(DATA) ],
    [ 'only a flag',                  packet(DATA, "\0") ],
    [ 'message type 4',               packet(DATA, "\x08\1$route") ],
    [ 'message type 7',               packet(DATA, "\x0e\1$route") ],
    [ 'a message in zlib',            packet(DATA, "\x10\1$route") ],
    [ 'a flag bit nobody defined',    packet(DATA, "\x20\1$route") ],
    [ 'the highest flag bit',         packet(DATA, "\x80\1$route") ],
    [ 'an id without end',            packet(DATA, "\0\x80\x80") ],
    [ 'an id of 11 bytes',            packet(DATA, "\0" . "\x80" x 10 . "\1$route") ],
    [ 'an id of 65 bits',             packet(DATA, "\0" . "\xff" x 9 . "\2$route") ],
    [ 'a varint bomb',                packet(DATA, "\0" . "\x80" x 4000) ],
    [ 'no route',                     packet(DATA, "\0\1") ],
    [ 'a route that is cut off',      packet(DATA, "\0\1\x0aEcho.Ping") ],
    [ 'a route of 255 bytes, 9 there', packet(DATA, "\0\1\xffEcho.Ping") ],
    [ 'half a route code',            packet(DATA, "\1\1\0") ],
    [ 'a notify without a route',     packet(DATA, "\2") ],
    [ 'a push without a route',       packet(DATA, "\6") ],
);
for my $case (@after) {
    my ($name, $bytes) = @$case;
    for my $chunk (1, 65536) {
        my $client = $daemon->client;
        $client->send_raw($bytes, chunk => $chunk);
        ok $client->closed, "$name closes (in writes of $chunk)";
    }
}

# Each kind costs the log one line, which names the client.
for my $case (
    [ 'a packet',  sub { $daemon->raw },    "\x09" ],
    [ 'a size',    sub { $daemon->raw },    "\1\xff\xff\xff" ],
    [ 'an order',  sub { $daemon->raw },    packet(ACK) ],
    [ 'a message', sub { $daemon->client }, packet(DATA) ],
    [ 'zlib', sub { $daemon->client }, packet(DATA, "\x10\1$route"),
        qr/zlib, which is not supported; switch compression off/ ]) {
    my ($name, $connect, $bytes, $says) = @$case;
    my ($last, $line);
    $daemon->log_mark;
    wait_for {
        $last = $connect->();
        $last->send_raw($bytes);
        $last->closed;
        my $port = $last->local_port;
        ($line) = $daemon->new_log =~ /^(.*client: 127\.0\.0\.1:$port\b.*)/m;
    } "a line about $name";
    like $line, qr/\[info\] \d+#\d+: client sent /, "a line about $name";
    like $line, $says, 'says what to do' if $says;
}

# What is wrong without being dangerous.
my $client = $daemon->client;
$daemon->log_mark;
$client->send_message(type => RESPONSE, id => 5, payload => '{}');
$client->send_message(type => PUSH, route => 'onPing', payload => '{}');
is $client->request_raw('Echo.Ping', 'x'), 'x',
    'a response and a push are told nothing';
$daemon->log_like(qr/response.*client: 127/, 'the response is logged');
$daemon->log_like(qr/push.*client: 127/,     'the push is logged');
for my $name ('Echo.Pong', 'Echo', 'Echo.', '.Ping', '.', '', 'echo.ping',
    'Echo.Ping ', 'Echo.Ping.Ping', "Echo.Ping\0", "\xff\xfe", 'x' x 255) {
    is_deeply $client->request($name, {}),
        { code => 1001, error => 'bad route' },
        'a bad route: ' . $name =~ s/[^ -~]/?/gr;
}
$daemon->log_mark;
wait_for {
    $client->notify('Echo.Pong', {});
    $client->request_raw('Echo.Ping', 'x') eq 'x'
        && $daemon->new_log =~ /Echo\.Pong/;
} 'a line about a bad notify';
pass 'a bad notify hears nothing, but is logged';

# Noise: whatever comes of it, the daemon lives on.
srand 20261122;
for my $round (1 .. 150) {
    my $noise = join '', map { chr int rand 256 } 1 .. int rand 400;
    my $victim = $round % 2 ? $daemon->client : $daemon->raw;
    $victim->send_raw($round % 3 ? packet(DATA, $noise) : $noise);
    $round % 5 ? $victim->close : $victim->reset;
}
is $honest->request_raw('Echo.Ping', 'alive'), 'alive',
    'an honest client was served all the time';

done_testing;
