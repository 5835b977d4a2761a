#!/usr/bin/perl

# sparrow(8) against the daemon: its options, and the messages that it says an
# operator may see; and the examples of sparrow.conf(5), whose entries are the
# unit test's "directives".

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Conf qw(make_certificate);

my $daemon = sparrow('', start => 0);
my $prefix = $daemon->prefix;
my $manual = slurp('man/sparrow.8');
my ($status, $output);

# Each option of the one is in the other.
($status, $output) = $daemon->run('-h');
is $status, 0, '-h';
my %help = map { $_ => 1 } $output =~ /^  -(\w|\?,-h)/mg;
delete $help{'?,-h'} and $help{h} = 1;
my %told = map { $_ => 1 }
    $manual =~ /^\.It Fl (\w)(?: |$)/mg;
is_deeply [ sort keys %told ], [ sort keys %help ], 'options of sparrow(8)';
my ($signals) = $output =~ /send signal to the daemon: ([\w, \n]+)/;
my ($cm) = $manual =~ /^\.Op Fl s Cm (.+)$/m;
is $cm, join(' | ', $signals =~ /\w+/g), 'signals of sparrow(8)';
for my $path ($output =~ m{\(default: (\w+/\S+)\)}g) {
    like $manual, qr/\Q$path\E/, "the default $path";
}
for my $option ('-v', '-V') {
    ($status, $output) = $daemon->run($option);
    is $status, 0, $option;
    my ($version) = slurp('CHANGES') =~ /^Changes with sparrow (\S+)/m;
    like $output, qr{^sparrow version: sparrow/\Q$version\E$}m,
        'the version that CHANGES begins with';
}

# What is logged: [ level, format ].
my %level = (ERR => 'error');
my @formats;
my $literal = qr/"(?:[^"\\]|\\.)*"/;
for (map { slurp($_) } glob 'src/*.c src/*/*.c src/game/*/*.c') {
    for (/(LOG_[A-Z]+,[^";]*?(?:$literal(?:\s|PRI[a-z]\d+)*)+)/g) {
        my ($level) = /^LOG_([A-Z]+)/;
        my $text = join '', map { substr $_, 1, -1 } /$literal/g;
        $text =~ s/\\"//g;
        push @formats, [ $level{$level} // lc $level, $text ];
    }
}
cmp_ok scalar @formats, '>', 100, 'messages in the source';

# Is it said like that?  The manual may break off where a message goes on, and
# has a word that begins with a capital for what is put in.
sub is_like {
    my ($said, $format) = @_;
    my ($like, $literal) = ('', 0);
    for my $part ($format =~ /%%|%(?:[-.*0-9]*(?:ll|z)?[a-z])?|[^%]/g) {
        my $is_put_in = $part =~ /^%/ && $part ne '%%';
        my $next = $is_put_in ? '[A-Z]\S*' : quotemeta substr $part, 0, 1;
        return 1 if $literal > 8 && $said =~ /^$like$next$/;
        $like .= $is_put_in ? '.+?' : $next;
        $literal++ if !$is_put_in;
    }
    return 0;
}

my @told = $manual =~ /^\.It "(.+)"$/mg;
cmp_ok scalar @told, '>', 10, 'messages in the manual';
for (@told) {
    my ($level, $said) = /^([a-z]+): (.+)$/ or die $_;
    ok scalar(grep { $_->[0] eq $level && is_like($said, $_->[1]) } @formats), "a message at $level: $said";
}

my @examples = slurp('man/sparrow.conf.5') =~ /^\.Bd -literal.*?\n(.+?)^\.Ed/gms;
cmp_ok scalar @examples, '>', 4, 'examples';
make_certificate("$prefix/conf", 'cert');
for my $example (grep { !/^#/ } @examples) {
    $example = "http { server { listen 12307; $example } }" if $example =~ /^location/;
    $example =~ s/\b192\.0\.2\.1:/127.0.0.1:/g;    # an address of this machine
    spew("$prefix/conf/example.conf", $example);
    ($status, $output) =
        $daemon->run('-t', '-q', '-p', $prefix, '-c', 'conf/example.conf');
    is "$status$output", '0', 'an example is good';
}

done_testing;
