#!/usr/bin/perl

# What testssl.sh says of the defaults of TLS, on the game port and on HTTP,
# with a key of either kind: nothing above "low", but that nobody vouches for
# a certificate that has signed itself.

use lib 't/lib';
use Test::Sparrow;

use File::Temp ();
use IO::Socket::SSL::Utils qw(CERT_create KEY_create_rsa PEM_cert2string
    PEM_key2string);

my ($testssl) = grep { -x } map { ("$_/testssl", "$_/testssl.sh") }
    split /:/, $ENV{PATH};
plan skip_all => 'testssl.sh is not installed' if !$testssl;

my ($cert, $key) = CERT_create(CA => 1, key => KEY_create_rsa(2048),
    subject => { commonName => 'localhost' },
    subjectAltNames => [ [ DNS => 'localhost' ], [ IP => '127.0.0.1' ] ]);
my $daemon = sparrow('worker_processes 1;', tls => 1,
    files => {
        'rsa.pem' => PEM_cert2string($cert),
        'rsa.key' => PEM_key2string($key),
    },
    http => 'server {
        listen               127.0.0.1:{{https}} ssl;
        ssl_certificate      rsa.pem;
        ssl_certificate_key  rsa.key;
        location = / { ping; }
    }');
my $scratch = File::Temp->newdir;

# That nobody vouches for the certificate, or could take that back; and headers
# that matter for pages, which are not served here.
my $known = qr/^(?:cert_chain_of_trust|cert_revocation|security_headers)$/;

for my $name (qw(tls https)) {
    my $file = "$scratch/$name.csv";
    my $said = `$testssl --quiet --color 0 --warnings batch --csvfile $file \\
        127.0.0.1:@{[ $daemon->port($name) ]} </dev/null 2>&1`;
    my @rows = map { [ /"([^"]*)"/g ] } split /\n/, -e $file ? slurp($file) : '';
    ok @rows > 100, "$name is looked at" or diag $said;
    my @bad = grep { $_->[3] =~ /^(?:MEDIUM|HIGH|CRITICAL|FATAL)$/ && $_->[0] !~ $known }
        @rows;
    is_deeply [ map { join ' ', @$_[ 0, 3, 4 ] } @bad ], [],
        "$name: nothing above low";
}

done_testing;
