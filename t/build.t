# configure, its words when something is missing, and make install.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir('sparrow-build-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# make does not pass its own options on to the make that we start
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES)};

# A compiler that lacks one thing: every program that names it fails.
sub compiler_without {
    my $word = shift;
    my $name = "$dir/cc-without";

    spew($name, <<"END");
#!/bin/sh
for word in "\$@"; do
    case \$word in
    *.c) grep -qF '$word' "\$word" && { echo 'no $word here' >&2; exit 1; } ;;
    '$word') echo 'no $word here' >&2; exit 1 ;;
    esac
done
exec gcc "\$@"
END
    chmod 0755, $name;
    return $name;
}

# (exit status, everything said)
sub run {
    my @command = @_;

    my $pid = open(my $from, '-|') // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT or die "stderr: $!";
        open STDIN, '<', '/dev/null' or die "stdin: $!";
        exec @command or die "$command[0]: $!";
    }
    my $said = do { local $/; <$from> } // '';
    close $from;
    return ($? >> 8, $said);
}

sub spew {
    my ($name, $text) = @_;
    open my $file, '>', $name or die "$name: $!";
    print $file $text;
    close $file or die "$name: $!";
    return;
}

sub slurp {
    my $name = shift;
    open my $file, '<', $name or return;
    local $/;
    return scalar <$file>;
}

sub configure {
    return run('./configure', "--builddir=$dir/objs", @_);
}

my ($status, $said) = run('./configure', '--help');
is $status, 0, '--help is no failure';
like $said, qr/^  \Q--$_\E\b/m, "--help tells of --$_" for qw(
    help prefix sbin-path bindir mandir conf-path error-log-path run-path
    pid-path data-path user group builddir with-debug with-cc with-cc-opt with-ld-opt);

# The workers' user: one of the daemon's own, where there is one.
for my $is (0, 1) {
    spew("$dir/id", "#!/bin/sh\nexit " . ($is ? 0 : 1) . "\n");
    chmod 0755, "$dir/id";
    local $ENV{PATH} = "$dir:$ENV{PATH}";
    ($status, $said) = run('./configure', '--help');
    my $user = $is ? 'sparrow' : 'nobody';
    like $said, qr/^  --user=NAME .*\[$user\]$/m, "by default $user";
}

($status, $said) = configure('--with-everything');
isnt $status, 0, 'an unknown option is refused';
like $said, qr/unknown option "--with-everything"/, 'by its name';

($status, $said) = configure('--prefix=here');
isnt $status, 0, 'a relative prefix is refused';
like $said, qr/--prefix must be an absolute path, not "here"/, 'and shown';

for my $option (qw(prefix sbin-path bindir mandir conf-path error-log-path
    run-path pid-path data-path)) {
    for my $path ('/srv/a b', '/srv/a"b', '/srv/$a', "/srv/a'b") {
        ($status, $said) = configure("--$option=$path");
        isnt $status, 0, "--$option=$path is refused";
        like $said, qr/--$option may hold .* only, not "\Q$path\E"/, 'with words';
    }
}

# A bare machine: no compiler of any name.
mkdir "$dir/bare" or die;
for my $tool (qw(sh dirname sed cat cmp mv rm mkdir chmod touch head uname)) {
    my ($path) = grep { -x } map { "$_/$tool" } qw(/bin /usr/bin);
    symlink $path, "$dir/bare/$tool" if $path;
}
{
    local $ENV{PATH} = "$dir/bare";
    ($status, $said) = configure();
}
isnt $status, 0, 'no compiler at all';
like $said, qr/no C compiler, neither gcc nor cc nor clang; .*apt-get install gcc/,
    'is said like that';

($status, $said) = configure("--with-cc=$dir/no-such-compiler");
isnt $status, 0, 'no compiler';
like $said, qr/no-such-compiler" cannot build a program.*gcc/s,
    'is said with what to install';

my %package = (
    '-lssl'      => 'libssl-dev',
    '-lpcre2-8'  => 'libpcre2-dev',
    '<msgpack.h' => 'libmsgpack-dev',
    '-llmdb'     => 'liblmdb-dev',
    'jansson.h'  => 'libjansson-dev',
);
for my $lack (sort keys %package) {
    ($status, $said) = configure('--with-cc=' . compiler_without($lack));
    isnt $status, 0, "without $lack configure fails";
    like $said, qr/on Debian: apt-get install \Q$package{$lack}\E$/m,
        "and names $package{$lack} alone";
    ok !-e "$dir/objs/Makefile", 'and leaves nothing to build with';
}

# What was asked for is what the sources get.
my $opt = q{--with-cc-opt=-DX='x' -DY="$Y"};
($status, $said) = configure('--prefix=/srv/sparrow/', '--conf-path=/etc/s.conf',
    '--sbin-path=bin/sparrowd', '--user=bird', '--group=flock', $opt);
is $status, 0, 'configured' or diag $said;
like $said, qr{^  conf file +/etc/s\.conf$}m, 'the summary tells it';
my $header = slurp("$dir/objs/auto_config.h");
like $header, qr{^#define SPARROW_\Q$_\E$}m, $_ for (
    'PREFIX "/srv/sparrow/"', 'SBIN_PATH "/srv/sparrow/bin/sparrowd"',
    'CONF_PATH "/etc/s.conf"', 'PID_PATH "run/sparrow.pid"',
    'ERROR_LOG_PATH "logs/error.log"', 'USER "bird"',
    'GROUP "flock"');
like $header, qr{^#define WITH_DEBUG 0$}m, 'no debugging unless asked for';

# Configured again as it was, nothing is newer; with another option it is.
utime 1, 1, "$dir/objs/auto_config.h" or die;
($status, $said) = run("$dir/objs/reconfigure");
is $status, 0, 'configured again as it was' or diag $said;
is +(stat "$dir/objs/auto_config.h")[9], 1, 'what stays the same stays old';
is slurp("$dir/objs/auto_config.h"), $header, 'odd options survive that';

# Each path reaches the sources, and a daemon without a word of it in its conf.
($status, $said) = configure('--prefix=/srv/sparrow', '--run-path=/run/sparrow/',
    '--data-path=store', '--error-log-path=/var/log/s.log');
is $status, 0, 'configured' or diag $said;
$header = slurp("$dir/objs/auto_config.h");
like $header, qr{^#define SPARROW_\Q$_\E$}m, $_ for (
    'RUN_PATH "/run/sparrow"', 'PID_PATH "/run/sparrow/sparrow.pid"',
    'DATA_PATH "store"', 'ERROR_LOG_PATH "/var/log/s.log"');
unlike slurp('conf/sparrow.conf'), qr/^\s*(?:error_log|pid|path)\s/m,
    'the shipped conf names none of them';

# make install, below DESTDIR, twice: what is built here, to paths of its own.
my $dest = "$dir/dest";
my $objs = $ENV{OBJS} // 'objs';
my @make = ('make', "OBJS=$objs", "DESTDIR=$dest", 'PREFIX=/opt/sparrow',
    'SBIN_PATH=/opt/sparrow/sbin/sparrow',
    'CONF_PATH=/opt/sparrow/conf/sparrow.conf',
    'ERROR_LOG_PATH=/opt/sparrow/logs/error.log',
    'PID_PATH=/opt/sparrow/run/sparrow.pid', 'RUN_PATH=/opt/sparrow/run',
    'BINDIR=/opt/sparrow/tools', 'MANDIR=/opt/sparrow/man');
($status, $said) = run(@make, 'install');
is $status, 0, 'installed' or diag $said;

my %installed = map { m{([^/]+)$} ? ($_ => $1) : () } glob 'conf/*';
for my $file (sort keys %installed) {
    my $conf = "$dest/opt/sparrow/conf/$installed{$file}";
    is slurp($conf), slurp($file), "$installed{$file} is installed";
    is slurp("$conf.default"), slurp($file), 'and beside it as a default';
    spew($conf, "# mine\n");
    spew("$conf.default", "# old\n");
}
for my $program (qw(sparrow sparrow-bench)) {
    my $path = $program eq 'sparrow' ? "sbin/$program" : "tools/$program";
    next unless -e "$objs/$program";
    ok -x "$dest/opt/sparrow/$path", "$path is installed";
}
for my $page (glob 'man/*.[1-8]') {
    my ($name, $section) = $page =~ m{([^/]+\.(\d))$};
    ok -f "$dest/opt/sparrow/man/man$section/$name", "$name too";
}
ok -d "$dest/opt/sparrow/logs", 'the folder of the log is there';

($status, $said) = run(@make, 'install');
is $status, 0, 'installed again' or diag $said;
for my $file (sort keys %installed) {
    my $conf = "$dest/opt/sparrow/conf/$installed{$file}";
    is slurp($conf), "# mine\n", "my $installed{$file} is not touched";
    is slurp("$conf.default"), slurp($file), 'its default is';
}
is_deeply [grep { !m{^\Q$dest\E/opt$} } glob "$dest/*"], [],
    'nothing is outside of the prefix';

# make uninstall: what was changed stays, and what the daemon made.
spew("$dest/opt/sparrow/conf/$_", slurp("conf/$_"))
    for 'api.conf', 'operator.conf';
mkdir "$dest/opt/sparrow/data" or die;
spew("$dest/opt/sparrow/data/data.mdb", "accounts\n");
($status, $said) = run(@make, 'uninstall');
is $status, 0, 'uninstalled' or diag $said;
like $said, qr{conf/sparrow\.conf was changed, it stays}, 'with a word';
my @left = split /\n/, (run('find', "$dest/opt", '-type', 'f'))[1];
is_deeply [ sort map { s{^\Q$dest\E/opt/sparrow/}{}r } @left ],
    [ 'conf/sparrow.conf', 'data/data.mdb' ], 'these stay, and no more';
ok !-e "$dest/opt/sparrow/man", 'no empty folder does';
done_testing;
