#!/usr/bin/perl

# The game port and HTTP over TLS 1.2 and 1.3, and what is not TLS.

use lib 't/lib';
use Test::Sparrow;

my %TLS12 = (SSL_version => 'TLSv1_2');

my $daemon = sparrow('worker_processes 2;',
    game    => 'handshake_timeout 2s;',
    servers => [ '
        listen               127.0.0.1:{{old}} ssl;
        ssl_certificate      cert.pem;
        ssl_certificate_key  cert.key;
        ssl_protocols        TLSv1.2;
        ssl_ciphers          ECDHE-ECDSA-AES256-GCM-SHA384;', '
        listen               127.0.0.1:{{wide}} ssl;
        ssl_certificate      cert.pem;
        ssl_certificate_key  cert.key;
        ssl_ciphers          ALL;',
    ],
    tls  => 1,
    http => 'server {
        listen               127.0.0.1:{{https}} ssl;
        ssl_certificate      cert.pem;
        ssl_certificate_key  cert.key;
        location = /ping { ping; }
    }');

for my $version (qw(TLSv1_2 TLSv1_3)) {
    my $client = $daemon->client(tls => { SSL_version => $version });
    is $client->{sock}->get_sslversion, $version, $version;
    my $bytes = join '', map { chr } 0 .. 255;
    is $client->request_raw('Echo.Ping', $bytes), $bytes, 'an echo';
    my @ids = map { $client->send_request('Echo.Ping', $_ x 500) } 1 .. 200;
    is_deeply [ map { $client->response_raw($_) } @ids ],
        [ map { $_ x 500 } 1 .. 200 ], '200 in flight';
    my $ping = packet(DATA, message(type => REQUEST, id => 1000,
        route => 'Echo.Ping', payload => 'slow'));
    $client->send_raw($ping, chunk => 1);
    is $client->response_raw(1000), 'slow', 'a record for each byte';
    my $port = $client->local_port;
    ok $client->close, 'an orderly end';
}
my ($player) = $daemon->players(1, server => 'tls');
is $player->request_raw('Echo.Ping', 'z' x 60000), 'z' x 60000,
    'a packet of many records';

# Versions and ciphers of the conf.
my $old = $daemon->client(server => 'old', tls => 1);
is $old->{sock}->get_sslversion, 'TLSv1_2', 'ssl_protocols';
is $old->{sock}->get_cipher, 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ssl_ciphers';
dies_with { $daemon->client(server => 'old', tls => { SSL_version => 'TLSv1_3' }) }
    qr/TLS handshake/, 'the other version is refused';
dies_with { $daemon->client(tls => { SSL_version => 'TLSv1_1' }) }
    qr/TLS handshake/, 'TLS 1.1 is';

# The certificate is the one of the conf.
my $other = $daemon->client(tls => 1);
is $other->certificate, slurp($daemon->prefix . '/conf/cert.pem'),
    'the certificate of the conf';

# HTTPS.
my $https = $daemon->http_client(server => 'https', tls => 1);
is_deeply [ map { ($https->request('GET', '/ping'))[2] } 1 .. 20 ],
    [ ('pong') x 20 ], 'HTTP over TLS';

# By default nothing that is not fresh and authenticated, with three groups;
# a game port that allows all is what shows that the client offers it.
for my $cipher (qw(ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-CHACHA20-POLY1305)) {
    is $daemon->client(tls => { %TLS12, SSL_cipher_list => $cipher })
        ->{sock}->get_cipher, $cipher, $cipher;
}
is $daemon->client(tls => { %TLS12, SSL_cipher_list =>
        'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384' })
    ->{sock}->get_cipher, 'ECDHE-ECDSA-AES256-GCM-SHA384', 'our order counts';
is $daemon->client(tls => { %TLS12, SSL_cipher_list =>
        'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384' })
    ->{sock}->get_cipher, 'ECDHE-ECDSA-CHACHA20-POLY1305',
    'but who wants ChaCha20 first gets it';
for my $cipher (qw(ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA384)) {
    my $tls = { %TLS12, SSL_cipher_list => $cipher };
    dies_with { $daemon->client(tls => $tls) } qr/TLS handshake/,
        "no $cipher";
    is $daemon->client(server => 'wide', tls => $tls)->{sock}->get_cipher,
        $cipher, 'but if ssl_ciphers says so';
}
for my $curve (qw(X25519 P-256 P-384)) {
    ok $daemon->client(tls => { SSL_ecdh_curve => $curve }), $curve;
}
dies_with { $daemon->client(tls => { SSL_ecdh_curve => 'P-521' }) }
    qr/TLS handshake/, 'no P-521';

# The protocol within, RFC 7301: HTTP names it, the game has no name.
sub alpn {
    my ($port, @protocols) = @_;
    return Test::Sparrow::Stream->new(port => $daemon->port($port),
        tls => { SSL_alpn_protocols => \@protocols })->{sock}->alpn_selected;
}
is alpn('https', qw(h2 http/1.1)), 'http/1.1', 'HTTP/1.1 is chosen';
is alpn('https', 'http/1.0'), 'http/1.0', 'or 1.0';
dies_with { alpn('https', 'h2') } qr/no application protocol/,
    'who speaks neither is told';
is alpn('tls', 'http/1.1'), undef, 'the game port names nothing';

# What is no TLS.
my @garbage = (
    [ 'plain text',      packet(HANDSHAKE, '{}') ],
    [ 'HTTP',            "GET / HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'zeros',           "\0" x 100 ],
    [ 'noise',           join '', map { chr($_ * 37 % 256) } 1 .. 500 ],
    [ 'a bad record',    "\x16\3\1\xff\xff" . 'x' x 300 ],
    [ 'an alert',        "\x15\3\3\0\2\2\x28" ],
    [ 'application data', "\x17\3\3\0\5hello" ],
    [ 'SSL 2',           "\x80\x2e\1\0\2\0\x15\0\0\0\x10" . 'x' x 40 ],
);
for my $case (@garbage) {
    my ($name, $bytes) = @$case;
    $daemon->log_mark;
    my $bad = Test::Sparrow::Stream->new(port => $daemon->port('tls'));
    $bad->send_raw($bytes);
    my $port = $bad->local_port;
    ok $bad->closed, "$name is closed";
    $daemon->log_like(
        qr/\[info\] .*TLS handshake failed: .*client: 127\.0\.0\.1:$port\b/,
        'and logged, as what it is');
}
my @halves = map {
    my $bad = Test::Sparrow::Stream->new(port => $daemon->port('tls'));
    $bad->send_raw($_);
    $bad;
} '', "\x16\3\1\2\0\1\0\1\xfc\3\3";
ok $_->closed, 'so is who stops in the middle' for @halves;
my $torn = $daemon->client(tls => 1);
syswrite dup($torn), "\x17\3\3\0\x20" . 'x' x 32;
ok $torn->closed, 'a record that does not decrypt ends a connection';
my $rude = $daemon->client(tls => 1);
$rude->send_request('Echo.Ping', 'x');
$rude->reset;
is $other->request_raw('Echo.Ping', 'x'), 'x', 'others are served';

# A handle on the socket under TLS.
sub dup {
    my ($stream) = @_;
    open my $fh, '>&=', fileno $stream->{sock} or die "dup: $!\n";
    $fh->autoflush(1);
    return $fh;
}

done_testing;
