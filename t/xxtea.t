#!/usr/bin/perl

# Clients with a pipeline: each payload is XXTEA in base64, both ways.

use lib 't/lib';
use Test::Sparrow;

use MIME::Base64 qw(encode_base64);
use Test::Sparrow::Codec qw(seal xxtea_encrypt);

my $daemon = sparrow('worker_processes 1;', xxtea => 1);
my $key    = $Test::Sparrow::Conf::XXTEA_KEY;
my $client = $daemon->client(server => 'xxtea');
my $plain  = $daemon->client;

is $client->{hello}{code}, 200, 'the handshake is plain';
for my $n (0 .. 40, 1000, 3001) {
    my $bytes = join '', map { chr(($_ * 7 + $n) % 256) } 1 .. $n;
    is $client->request_raw('Echo.Ping', $bytes), $bytes, "$n bytes"
        if $n;
}
$client->notify('Echo.Ping', 'pushed');
is $client->expect_raw('onPing'), 'pushed', 'pushes go through it too';
is $plain->request_raw('Echo.Ping', 'x'), 'x', 'another port has none';

my $raw = $daemon->client(server => 'xxtea', key => '');
is $raw->request_raw('Echo.Ping', seal('abc', $key)), seal('abc', $key),
    'as the libraries have it';
is $raw->request_raw('Echo.Ping', seal('abc', substr $key, 0, 16)),
    seal('abc', $key), 'sixteen bytes of the key count';

# What does not decode is told so, sealed as all else; the client stays.
my $other = seal('abc', 'another key');
for my $case (
    [ 'no base64',           '!!!!' ],
    [ 'a bad length',        'QUJDRA=' ],
    [ 'base64 cut short',    'QUJ' ],
    [ 'padding inside',      'QQ==QUJD' ],
    [ 'a newline inside',    substr(seal('abc' x 9, $key), 0, 8) . "\n"
            . substr seal('abc' x 9, $key), 8 ],
    [ 'the other alphabet',  '-_-_-_-_-_-_-_-_' ],
    [ 'a NUL',               "QUJD\0QUJ" ],
    [ 'three bytes',         encode_base64('abc', '') ],
    [ 'four bytes',          encode_base64('abcd', '') ],
    [ 'nine bytes',          encode_base64('abcdefghi', '') ],
    [ 'noise',               encode_base64('abcdefgh' x 2, '') ],
    [ 'another key',         $other ],
    [ 'a length of 2^32-1',  encode_base64(lying(0xffffffff), '') ],
    [ 'a length one too big', encode_base64(lying(5), '') ],
    [ 'no text at all',      '{"a":1}' ]) {
    my ($name, $payload) = @$case;
    my $id = $raw->send_request('Echo.Ping', $payload);
    my $answer = $client->decode($raw->response_raw($id));
    like $answer, qr/^\{"code":1006,"error":"illegal parameter: /, $name;
}
$daemon->log_mark;
$raw->notify('Echo.Ping', '!!!!');
is $client->decode($raw->request_raw('Echo.Ping', seal('x', $key))), 'x',
    'a notify is only logged';

# A cipher text whose length word lies.
sub lying {
    my ($length) = @_;
    no warnings 'redefine';
    my @v = (0x64636261, $length);
    # four bytes of data and the length, run through the cipher as it is
    return _cipher(\@v, $key);
}

sub _cipher {
    my ($v, $k) = @_;
    my @k = unpack 'V4', pack 'a16', $k;
    my ($y, $z, $sum) = ($v->[0], $v->[1], 0);
    for (1 .. 6 + int(52 / 2)) {
        $sum = ($sum + 0x9e3779b9) & 0xffffffff;
        my $e = $sum >> 2 & 3;
        for my $p (0, 1) {
            $y = $v->[ 1 - $p ];
            my $mx = Test::Sparrow::Codec::_mx($z, $y, $sum, $k[ $p & 3 ^ $e ]);
            $z = $v->[$p] = ($v->[$p] + $mx) & 0xffffffff;
        }
    }
    return pack 'V2', @$v;
}

done_testing;
