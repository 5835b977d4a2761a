#!/usr/bin/perl

# The paths that configure was told: what is built for them is installed there,
# a daemon whose conf names no path has its files there, and make uninstall
# leaves nothing but those and the conf file that was changed.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Conf qw(reserve_port);
use Test::Sparrow::Proc qw(adopt_orphans reap spawn);

local $Test::Sparrow::BOUND = 900; # a whole build, on a busy machine

# make does not pass its own options on to the make that we start
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES OBJS)};

my $dir = File::Temp->newdir;
chmod 0755, "$dir";
my $root  = "$dir/root";
my $stage = "$dir/stage";
my %path  = (
    prefix           => "$root/opt/sparrow",
    'sbin-path'      => "$root/libexec/sparrowd",
    bindir           => "$root/usr/bin",
    mandir           => "$root/usr/man",
    'conf-path'      => "$root/etc/s.conf",
    'error-log-path' => "$root/log/s.log",
    'pid-path'       => "$root/pid/s.pid",
    'run-path'       => "$root/run",
    'data-path'      => "$root/store",
);
my $daemon = $path{'sbin-path'};

# Runs a program to its end: (exit status, what it printed).
sub run {
    my @command = @_;
    unlink "$dir/output";
    my $pid = spawn({ output => "$dir/output" }, @command);
    my $status;
    wait_for { defined($status = reap($pid)) } "the end of '@command'";
    return ($status, slurp("$dir/output"));
}

sub succeeds {
    my ($what, @command) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = run(@command);
    is $status, 0, $what or BAIL_OUT("$what: $said");
    return $said;
}

# The files below a folder, by their path in there.
sub files {
    my ($top) = @_;
    my (undef, $found) = run('find', $top, qw(-mindepth 1 ! -type d));
    return sort map { substr $_, length $top } split /\n/, $found;
}

my @make = ('make', "OBJS=$dir/objs");
succeeds('configured', './configure', "--builddir=$dir/objs",
    map { "--$_=$path{$_}" } sort keys %path);
succeeds('installed below DESTDIR', @make, "DESTDIR=$stage", 'install');
ok !-e $root, 'and only there';

my ($etc) = $path{'conf-path'} =~ m{(.*)/};
my @confs = map { s{^conf/}{}r } grep { -f } glob 'conf/*';
my @want  = (@path{'sbin-path', 'conf-path'}, "$path{'conf-path'}.default",
    "$path{bindir}/sparrow-bench",
    map({ ("$etc/$_", "$etc/$_.default") } grep { $_ ne 'sparrow.conf' } @confs),
    map { m{([^/]+\.(\d))$} ? "$path{mandir}/man$2/$1" : () }
        glob 'man/*.[1-8]');
is_deeply [ files($stage) ], [ sort @want ], 'each file where it was said';
succeeds('uninstalled there', @make, "DESTDIR=$stage", 'uninstall');
is_deeply [ files($stage) ], [], 'nothing is left';

# --- a daemon that is told nothing

succeeds('installed', @make, 'install');
is_deeply [ files($root) ], [ sort map { substr $_, length $root } @want ],
    'the same files';
my $port = reserve_port();
spew($path{'conf-path'}, <<"END");
worker_processes 1;
events { }
game {
    component Echo;
    client { endpoint 127.0.0.1:$port->{port}; }
    server { listen 127.0.0.1:$port->{port}; }
}
END
adopt_orphans();
succeeds('the daemon starts', $daemon);
my ($master) = slurp($path{'pid-path'}) =~ /^(\d+)$/;
ok $master, 'its pid is where it was said';
my $client = Test::Sparrow::Client->new(port => $port->{port});
is $client->request_raw('Echo.Ping', 'x'), 'x', 'it serves';
like slurp($path{'error-log-path'}), qr/ready in \d+ ms/, 'its log';
ok -f "$path{'run-path'}/$_", "its $_ in run-path"
    for 'token.key', 'shared/data.mdb';
ok -d "$path{'run-path'}/bus", 'its sockets, too';
ok -f "$path{'data-path'}/data.mdb", 'its store';
ok !-e "$path{prefix}/$_", "no $_ below the prefix" for qw(logs run data);
$client->close;
succeeds('the daemon is stopped', $daemon, '-s', 'stop');
wait_for { !defined $master || defined reap($master) || !kill 0 => $master }
    'its end';
ok !-e $path{'pid-path'}, 'its pid file goes';

# --- and away again

my $said = succeeds('uninstalled', @make, 'uninstall');
like $said, qr/^\Q$path{'conf-path'}\E was changed, it stays$/m, 'with a word';
my @own = map { "$path{$_}/" } 'run-path', 'data-path';
is_deeply [ grep { my $file = $root . $_; !grep { 0 == index $file, $_ } @own }
    files($root) ],
    [ sort map { substr $path{$_}, length $root }
        'conf-path', 'error-log-path' ],
    'what was changed stays, and what the daemon made; nothing else';
ok !-e $path{prefix}, 'nor the prefix';

END {
    kill KILL => $master if $master;
}

done_testing;
