#!/usr/bin/perl

# What -t finds beyond grammar and values: certificates and keys, listeners
# that are in each other's way, and what may not be opened.  It makes nothing.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Conf qw(make_certificate);

my $root   = $> == 0;
my $daemon = sparrow(start => 0, tls => 1);
my $prefix = $daemon->prefix;
my $good   = $daemon->{template};
rmdir "$prefix/$_" for qw(logs run);

# What -t says of the conf changed like that; it must fail.
sub refused {
    my ($change) = @_;
    $daemon->write_conf($change);
    my ($status, $output) = $daemon->command('-t');
    is $status, 1, 'refused';
    $daemon->write_conf(sub { $_ = $good });
    return $output;
}

sub line_of {
    my ($word, $text) = @_;
    my @lines = split /\n/, $text // $daemon->expand($good);
    return (grep { $lines[ $_ - 1 ] =~ /\b$word\b/ } 1 .. @lines)[0];
}

is $daemon->exit_of('-t'), 0, 'all is well';
is_deeply [ map { s{.*/}{}r } glob "$prefix/*" ], [qw(command conf)],
    'a test makes nothing';

# Certificates and keys.
my $conf = "$prefix/conf";
make_certificate($conf, 'other');
spew("$conf/none.pem", "no certificate\n");
system(qw(openssl pkey -aes256 -passout pass:secret -in), "$conf/cert.key",
    '-out', "$conf/locked.key") == 0 or die "openssl\n";
my ($cert, $key) = map { line_of($_) } qw(ssl_certificate ssl_certificate_key);
for (
    [ 'ssl_certificate', 'cert.pem', 'gone.pem', $cert, qr/open\(\) "\S+gone\.pem" failed \(2: No such file/ ],
    [ 'ssl_certificate', 'cert.pem', 'none.pem', $cert, qr/"\S+none\.pem" has no certificate in PEM/ ],
    [ 'ssl_certificate_key', 'cert.key', 'gone.key', $key, qr/open\(\) "\S+gone\.key" failed \(2: No such file/ ],
    [ 'ssl_certificate_key', 'cert.key', 'none.pem', $key, qr/"\S+none\.pem" has no private key in PEM/ ],
    [ 'ssl_certificate_key', 'cert.key', 'other.key', $key, qr/"\S+other\.key" is not the key of the certificate/ ],
    [ 'ssl_certificate_key', 'cert.key', 'locked.key', $key, qr/"\S+locked\.key" has a passphrase/ ],
) {
    my ($directive, $from, $to, $line, $like) = @$_;
    my $said = refused(sub { s/($directive\s+)\Q$from\E;/$1$to;/ });
    like $said, qr/sparrow\.conf:$line: "$directive": $like/, "$directive $to";
    unlike $said, qr/Enter PEM/, 'nobody is asked';
}
like refused(sub { s/(ssl_certificate_key [^;]*;)/$1 ssl_ciphers NOPE;/ }),
    qr/sparrow\.conf:\d+: "ssl_ciphers": "NOPE" names no cipher/,
    'ciphers that are none';

# Listeners that overlap, in one block and in two.
for my $twin ('*:{{game}}', '127.0.0.1:{{game}}', '{{game}}') {
    my $first = line_of('listen');
    like refused(sub { s/^game \{$/game {\n server { listen $twin; }/m }),
        qr/sparrow\.conf:\d+: "listen" on \S+ overlaps with \S+ of \S*sparrow\.conf:\d+/,
        "$twin in another server";
    like refused(sub { s/^http \{$/http {\n server { listen $twin; location \/ { ping; } }/m }),
        qr/sparrow\.conf:\d+: "listen" on \S+ overlaps with 127\.0\.0\.1:\d+ of \S*sparrow\.conf:$first\b/,
        "$twin in the http block";
}
$daemon->write_conf(sub { s/^game \{$/game {\n server { listen [::1]:{{game}}; }/m });
unlike +($daemon->command('-t'))[1], qr/overlaps/, 'IPv4 and IPv6 do not';
$daemon->write_conf(sub { $_ = $good });
like refused(sub { s/listen 127\.0\.0\.1:\{\{game\}\}/listen 192.0.2.1:{{game}}/ }),
    qr/bind\(\) to 192\.0\.2\.1:\d+ failed \(99: /, 'an address of nobody here';

# The key of login tokens.
mkdir "$prefix/run" or die "run: $!\n";
spew("$prefix/run/token.key", "nonsense\n");
like refused(sub { }), qr/token\.key" has a line that is not/, 'a bad token key';
unlink "$prefix/run/token.key";

# What may not be opened is said so.
SKIP: {
    skip 'root may open all', 8 if $root;
    chmod 0000, "$conf/cert.key";
    like refused(sub { }), qr/"ssl_certificate_key": open\(\) "\S+cert\.key" failed \(13: /, 'a key';
    chmod 0600, "$conf/cert.key";
    for my $folder ('run', 'data', 'logs') {
        mkdir "$prefix/$folder";
        chmod 0500, "$prefix/$folder";
        like refused(sub { }), qr{"$prefix/$folder\S*" cannot be written .*\(13: }, $folder;
        chmod 0700, "$prefix/$folder";
    }
}
is $daemon->exit_of('-t'), 0, 'all is well again';

done_testing;
