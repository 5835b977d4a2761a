#!/usr/bin/perl

# The harness itself: its codec against data that others published, its
# clients against a peer of a few lines, its conf writer.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use Encode qw(encode_utf8);
use IO::Socket::INET;
use MIME::Base64 qw(decode_base64);
use Test::Sparrow::Codec ':all';
use Test::Sparrow::Conf ();

# XXTEA: the vectors of the xxtea libraries' own tests.
my %known = (
    'Hello World! 你好，中国！' =>
        'QncB1C0rHQoZ1eRiPM4dsZtRi9pNrp7sqvX76cFXvrrIHXL6',
    'Hello World! 你好，中国🇨🇳！' =>
        'D4t0rVXUDl3bnWdERhqJmFIanfn/6zAxAY9jD6n9MSMQNoD8TOS4rHHcGuE=',
    'ნუ პანიკას' => 'PbWjnbFmP8Apu2MKOGNbjeW/72IZLlLMS/g82ozLxwE=',
);
for my $text (sort keys %known) {
    is seal(encode_utf8($text), '1234567890'), $known{$text}, 'known cipher';
    is unseal($known{$text}, '1234567890'), encode_utf8($text), 'and back';
}
my $key = $Test::Sparrow::Conf::XXTEA_KEY;
is_deeply
    [ map { unseal(seal('x' x $_, $key), $key) } 0 .. 200 ],
    [ map { 'x' x $_ } 0 .. 200 ], 'every length comes back';
is seal('abc', $key), seal('abc', substr $key, 0, 16), '16 bytes of key count';
isnt seal('abc', $key), seal('abc', substr $key, 0, 15), 'all 16 do';
is unseal('AAAA', $key), undef, 'three bytes are no cipher text';
is unseal('AAAAAAAAAAAAAAAA', $key), undef, 'a length that cannot be';

# Packets and messages, byte by byte as the protocol page has them.
is unpack('H*', packet(HANDSHAKE, '{}')), '010000027b7d', 'packet';
is unpack('H*', packet(DATA, 'x' x 65536)), '04010000' . '78' x 65536, 'large';
my $two = packet(HEARTBEAT) . packet(KICK, 'abc') . "\4\0";
is_deeply unpacket(\$two), { type => HEARTBEAT, body => '' }, 'first of two';
is_deeply unpacket(\$two), { type => KICK, body => 'abc' }, 'second';
is unpacket(\$two), undef, 'half a header is no packet';
is unpack('H*', varint($_->[0])), $_->[1], "varint $_->[0]"
    for [ 0, '00' ], [ 127, '7f' ], [ 128, '8001' ], [ 300, 'ac02' ],
        [ 2**32, '8080808010' ];
is unpack('H*', message(type => REQUEST, id => 300, route => 'A.b',
    payload => '{}')), '00ac0203412e627b7d', 'request';
is unpack('H*', message(type => NOTIFY, route => 'A.b')), '0203412e62',
    'notify';
is unpack('H*', message(type => RESPONSE, id => 1, payload => 'x')),
    '040178', 'response';
is unpack('H*', message(type => PUSH, code => 258)), '070102',
    'push with a code';
for my $m (
    { type => REQUEST,  id => 2**40, route => 'A.b', payload => 'p' },
    { type => NOTIFY,   route => '', payload => '' },
    { type => RESPONSE, id => 0, payload => '{"code":0}' },
    { type => PUSH,     code => 65535, payload => 'x' }) {
    is_deeply unmessage(message(%$m)), $m, "message type $m->{type} and back";
}
dies_with { unmessage("\0\x80") } qr/cut off/, 'a varint without end';
dies_with { unmessage("\2\5abc") } qr/cut off/, 'a route without end';
dies_with { unmessage("\x0a") } qr/type 5/, 'an unknown type';

# The clients against a peer that answers what it is told to, in pieces.
sub peer {
    my ($script) = @_;
    my $listen = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "listen: $@\n";
    my $pid = fork // die "fork: $!\n";
    return ($listen->sockport, $pid) if $pid;
    my $conn = $listen->accept;
    $conn->autoflush(1);
    $script->($conn);
    POSIX::_exit(0);
}

my ($port, $pid) = peer(sub {
    my ($conn) = @_;
    my $in = '';
    my $next = sub {
        my $p;
        sysread $conn, $in, 4096, length $in until $p = unpacket(\$in);
        return $p;
    };
    my $out = sub { syswrite $conn, $_ for split //, join '', @_ };
    $next->();
    $out->(packet(HANDSHAKE, '{"code":200,"sys":{"heartbeat":1}}'));
    $next->() for 1 .. 3;
    $out->(
        packet(HEARTBEAT),
        packet(DATA, message(type => RESPONSE, id => 2, payload => '[2]')),
        packet(DATA, message(type => PUSH, route => 'onX', payload => '"x"')),
        packet(DATA, message(type => RESPONSE, id => 1, payload => '[1]')));
    my $beat = $next->();
    $out->(packet(KICK, qq({"reason":"type $beat->{type}"})));
});
my $client = Test::Sparrow::Client->new(port => $port);
is $client->{hello}{sys}{heartbeat}, 1, 'hands are shaken';
my @ids = map { $client->send_request('A.b', { n => $_ }) } 1, 2;
is_deeply $client->response($ids[0]), [1], 'answers are matched by id';
is_deeply $client->response($ids[1]), [2], 'in any order';
is $client->expect('onX'), 'x', 'a push waits for who expects it';
is $client->kicked, 'type 3', 'a heartbeat was answered later; a kick has a reason';
waitpid $pid, 0;

($port, $pid) = peer(sub {
    my ($conn) = @_;
    my $in = '';
    sysread $conn, $in, 4096, length $in until $in =~ /\r\n\r\n/;
    syswrite $conn, $_ for split //, join "\r\n",
        'HTTP/1.1 200 OK', 'Content-Type: application/json; charset=utf-8',
        'Content-Length: 10', '', '{"code":0}HTTP/1.1 404 Not Found',
        'Transfer-Encoding: chunked', '', '3', 'abc', '1', 'd', '0', '',
        'HTTP/1.1 204 No Content', '', 'HTTP/1.0 400 Bad', '', 'the rest';
});
my $http = Test::Sparrow::HTTP->new(port => $port);
$http->send_raw(Test::Sparrow::HTTP::format_request('GET', '/x'));
my ($status, $headers, $body) = $http->response;
is_deeply [ $status, $body ], [ 200, { code => 0 } ], 'a body that is JSON';
is $headers->{'content-length'}, 10, 'headers by lower-case name';
is_deeply [ ($http->response)[ 0, 2 ] ], [ 404, 'abcd' ], 'chunks';
is_deeply [ ($http->response)[ 0, 2 ] ], [ 204, '' ], 'no body';
is_deeply [ ($http->response)[ 0, 2 ] ], [ 400, 'the rest' ], 'until the end';
is_deeply [ $http->response ], [], 'nothing more';
waitpid $pid, 0;

# The conf writer.
my $conf = Test::Sparrow::Conf::conf_text("worker_processes 2;",
    game => "heartbeat 1s;", server => "serializer json;\nlisten {{a}};",
    tls => 1, http => undef);
like $conf, qr/^worker_processes 2;$/m, 'lines of the test';
like $conf, qr/^    debug on;$/m, 'lines of the harness';
like $conf, qr/server \{\n +serializer json;\n +listen \{\{a\}\};\n/,
    'a default gives way';
like $conf, qr/listen 127\.0\.0\.1:\{\{tls\}\} ssl;/, 'a TLS server';
unlike $conf, qr/http/, 'a part can be left out';
my %ports;
my $text = Test::Sparrow::Conf::expand('{{a}} {{b}} {{a}} {{prefix}}', '/p',
    \%ports);
is $text, "$ports{a}{port} $ports{b}{port} $ports{a}{port} /p", 'placeholders';
is grep({ IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_,
    Listen => 1) } $ports{a}{port}), 0, 'nobody else gets a reserved port';

# A wait ends with its daemon, unless the test ended that, and tells its log.
my $lost  = sparrow('worker_processes 1;', allow_log => [qr/exited on signal 9/]);
my $table = $lost->table;
my $late  = $lost->raw;
for my $wait (
    sub { local $Test::Sparrow::BOUND = 0.1; wait_for { 0 } 'nothing' },
    sub { local $Test::Sparrow::Stream::BOUND = 0.1; $late->read_packet },
    sub { local $Test::Sparrow::Stream::BOUND = 0.1;
        $table->wait_until(sub { 0 }, 'nothing') }) {
    dies_with { $wait->() } qr/^timed out .*\n    \d{4}\S+ \S+ \[\w+\] /s,
        'a time-out tells the log';
}
kill KILL => $lost->{master};
for my $wait (sub { wait_for { 0 } 'nothing' },
    sub { $table->wait_until(sub { 0 }, 'nothing') },
    sub { Test::Sparrow::Table::play_all([$table], done => sub { 0 }) }) {
    dies_with { $wait->() }
        qr/^the master exited on signal 9 while .*\n    \d{4}\S+ \S+ \[\w+\] /s,
        'a wait ends with the master';
}
$lost->orphans_gone;

$lost->restart;
$lost->signal('KILL');
$lost->orphans_gone;
dies_with { local $Test::Sparrow::BOUND = 0.1; wait_for { 0 } 'nothing' }
    qr/^timed out waiting for nothing$/, 'which does not if the test ended it';

done_testing;
