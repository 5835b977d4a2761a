#!/usr/bin/perl

# The conf that is shipped, as an operator meets it: good as it is, good with
# every commented directive taken, and its comments tell the defaults that
# sparrow.conf(5) tells.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Conf qw(make_certificate);

use Cwd qw(getcwd);

my $daemon = sparrow('', start => 0);
my $prefix = $daemon->prefix;
my $conf   = getcwd . '/conf/sparrow.conf';

my ($status, $output) = $daemon->run('-t', '-p', $prefix, '-c', $conf);
is $status, 0, 'the shipped conf is good';
is $output, "sparrow: configuration file $conf test is successful\n",
    'and gives no warning';
($status, $output) = $daemon->run('-T', '-q', '-p', $prefix, '-c', $conf);
is $status, 0, '-T';
for my $name ('sparrow.conf', 'api.conf', 'operator.conf') {
    my $text = slurp("conf/$name");
    like $output, qr/^# configuration file \S*\Q$name\E:\n\Q$text\E/m,
        "shows $name whole";
}
is_deeply [ grep { -e } glob "$prefix/run/* $prefix/logs/* $prefix/data" ], [],
    'a check makes no file';

# What the manual says of a directive without it.
my (%default, $name);
for (split /\n/, slurp('man/sparrow.conf.5')) {
    $name = $1 if /^\.It Ic (\w+)/;
    push @{ $default{$name} }, $1 if defined $name && /^Default: ([^;]+?)(?:;.*|\.)$/;
}

# These show what a value looks like, since their default is empty or none.
my %example = map { $_ => 1 } qw(
    android ios agent support voice_appid voice_appkey worker_rlimit_nofile
    worker_shutdown_timeout ssl_certificate ssl_certificate_key user listen);

# Two blanks behind the name tell a directive from prose.
my @taken;
my $all = slurp('conf/sparrow.conf');
$all =~ s{^(\ *)\#\ (\ *)(([a-z_]+)\ \ +([^;\n]+);.*|server\ \{|\})$}{
    push @taken, [ $4, $5 ] if defined $4;
    "$1$2$3"
}gemx;
cmp_ok scalar @taken, '>', 20, 'directives in comments';
for (grep { !$example{ $_->[0] } } @taken) {
    my ($directive, $value) = @$_;
    s/^"(.+)"$/$1/ for $value;
    # a name may stand for several directives, of different blocks
    ok scalar(grep { $_ eq $value } @{ $default{$directive} // [] }),
        "the comment on $directive: $value";
}
spew("$prefix/conf/sparrow.conf", $all);
spew("$prefix/conf/$_", slurp("conf/$_")) for 'api.conf', 'operator.conf';
make_certificate("$prefix/conf", 'cert');
my @run = ('-t', '-p', $prefix, '-c', 'conf/sparrow.conf');
($status, $output) = $daemon->run(@run);
is $status, 0, 'with every comment taken it is good, too' or diag $output;

done_testing;
