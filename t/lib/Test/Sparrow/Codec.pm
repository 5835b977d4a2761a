package Test::Sparrow::Codec;

# The wire format of the game port, written apart from the daemon's: packets
# (type, 24-bit length, body), messages (flag, varint id, route, payload) and
# the XXTEA pipeline.  Nothing here knows a socket; bytes in, bytes out.

use strict;
use warnings;

use Exporter 'import';
use MIME::Base64 qw(decode_base64 encode_base64);

our @EXPORT_OK = qw(
    packet unpacket message unmessage varint
    xxtea_encrypt xxtea_decrypt seal unseal
    HANDSHAKE ACK HEARTBEAT DATA KICK
    REQUEST NOTIFY RESPONSE PUSH
);
our %EXPORT_TAGS = (all => \@EXPORT_OK);

use constant { HANDSHAKE => 1, ACK => 2, HEARTBEAT => 3, DATA => 4, KICK => 5 };
use constant { REQUEST => 0, NOTIFY => 1, RESPONSE => 2, PUSH => 3 };

# One packet as bytes.
sub packet {
    my ($type, $body) = @_;
    $body //= '';
    return pack('N', $type << 24 | length $body) . $body;
}

# Takes the first whole packet off $$buf: { type, body }, or nothing yet.
sub unpacket {
    my ($buf) = @_;
    return if length $$buf < 4;
    my $head = unpack 'N', $$buf;
    my $len  = $head & 0xffffff;
    return if length $$buf < 4 + $len;
    my $body = substr $$buf, 4, $len;
    substr $$buf, 0, 4 + $len, '';
    return { type => $head >> 24, body => $body };
}

# Base 128, least significant group first.
sub varint {
    my ($n) = @_;
    my $out = '';
    while ($n >= 128) {
        $out .= chr($n & 127 | 128);
        $n >>= 7;
    }
    return $out . chr $n;
}

# One message as bytes: (type =>, id =>, route => or code =>, payload =>).
sub message {
    my (%m) = @_;
    my $out = chr($m{type} << 1 | (defined $m{code} ? 1 : 0));
    $out .= varint($m{id}) if $m{type} == REQUEST || $m{type} == RESPONSE;
    if ($m{type} != RESPONSE) {
        $out .= defined $m{code} ? pack('n', $m{code})
                                 : chr(length $m{route}) . $m{route};
    }
    return $out . ($m{payload} // '');
}

# The reverse; dies on a body that is not a message.
sub unmessage {
    my ($body) = @_;
    my $at   = 0;
    my $byte = sub {
        die "message cut off after $at bytes\n" if $at >= length $body;
        return ord substr $body, $at++, 1;
    };
    my $flag = $byte->();
    my %m    = (type => $flag >> 1 & 7);
    die "message type $m{type}\n" if $m{type} > PUSH || $flag > 7;
    if ($m{type} == REQUEST || $m{type} == RESPONSE) {
        my ($shift, $b) = (0);
        do {
            $b = $byte->();
            $m{id} = ($m{id} // 0) | ($b & 127) << $shift;
            $shift += 7;
        } while $b & 128;
    }
    if ($m{type} != RESPONSE) {
        if ($flag & 1) {
            $m{code} = $byte->() << 8;
            $m{code} |= $byte->();
        } else {
            my $len = $byte->();
            die "route cut off\n" if $at + $len > length $body;
            $m{route} = substr $body, $at, $len;
            $at += $len;
        }
    }
    $m{payload} = substr $body, $at;
    return \%m;
}

# XXTEA as the xxtea libraries have it: little-endian words, the length
# appended as one more, the key padded or cut to 16 bytes.
sub xxtea_encrypt {
    my ($data, $key) = @_;
    return '' if $data eq '';
    my @v = (_words($data), length $data);
    my @k = unpack 'V4', pack 'a16', $key;
    my ($sum, $n) = (0, scalar @v);
    my $z = $v[-1];
    for (1 .. 6 + int(52 / $n)) {
        $sum = $sum + 0x9e3779b9 & 0xffffffff;
        my $e = $sum >> 2 & 3;
        for my $p (0 .. $n - 1) {
            my $y = $v[($p + 1) % $n];
            $z = $v[$p] = $v[$p] + _mx($z, $y, $sum, $k[$p & 3 ^ $e])
                & 0xffffffff;
        }
    }
    return pack 'V*', @v;
}

# The reverse, or nothing when the length inside cannot be.
sub xxtea_decrypt {
    my ($data, $key) = @_;
    return '' if $data eq '';
    return if length($data) % 4 || length $data < 8;
    my @v = unpack 'V*', $data;
    my @k = unpack 'V4', pack 'a16', $key;
    my $n = @v;
    my $q = 6 + int(52 / $n);
    my $sum = $q * 0x9e3779b9 & 0xffffffff;
    my $y   = $v[0];
    for (1 .. $q) {
        my $e = $sum >> 2 & 3;
        for my $p (reverse 0 .. $n - 1) {
            my $z = $v[$p - 1];
            $y = $v[$p] = $v[$p] - _mx($z, $y, $sum, $k[$p & 3 ^ $e])
                & 0xffffffff;
        }
        $sum = $sum - 0x9e3779b9 & 0xffffffff;
    }
    my $len = pop @v;
    return if $len > 4 * @v || $len <= 4 * @v - 4;
    return substr pack('V*', @v), 0, $len;
}

sub _words {
    my ($data) = @_;
    return unpack 'V*', $data . "\0" x (-length($data) % 4);
}

sub _mx {
    my ($z, $y, $sum, $k) = @_;
    my $a = ($z >> 5 ^ $y << 2) + ($y >> 3 ^ $z << 4) & 0xffffffff;
    return $a ^ (($sum ^ $y) + ($k ^ $z) & 0xffffffff);
}

# The pipeline of a client with a key: what stands in a message's payload.
sub seal   { return encode_base64(xxtea_encrypt(@_), '') }
sub unseal { return xxtea_decrypt(decode_base64($_[0]), $_[1]) }

1;
