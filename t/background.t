#!/usr/bin/perl

# `daemon on`: whoever starts it hears whether it serves, and gets his
# terminal back; as root with `user`, all but the master run as that user,
# whatever the umask was.

use lib 't/lib';
use Test::Sparrow;
use POSIX ();

my $root   = $> == 0;
my $daemon = sparrow('worker_processes 2;', start => 0);
$daemon->write_conf(sub {
    s/daemon off;/daemon on;/;
    s/^/user nobody;\n/ if $root;
    s/error_log [^;]*;/error_log logs\/error.log info;/;
});
my $prefix = $daemon->prefix;
my @command = ($Test::Sparrow::program, '-p', "$prefix/", '-c',
    'conf/sparrow.conf');

# What a shell does for $(sparrow): it reads until nobody holds the pipe.
sub start_and_read {
    my $pid = open my $pipe, '-|' // die;
    if (!$pid) {
        POSIX::setsid();
        open STDERR, '>&', \*STDOUT;
        umask 0077;
        exec @command or POSIX::_exit(127);
    }
    my $text = eval {
        local $SIG{ALRM} = sub { die "nobody lets go of the pipe\n" };
        alarm 20;
        local $/;
        my $got = readline $pipe;
        alarm 0;
        $got // '';
    };
    my $why = $@;
    kill KILL => -$pid if $why;
    close $pipe;
    return ($why || $text, $? >> 8);
}

my ($text, $status) = start_and_read();
is $status, 0, 'the one that was started ends well';
unlike $text, qr/lets go/, 'and gives its output back';
my $master = slurp("$prefix/run/sparrow.pid") + 0;
$daemon->{session} = $master;
$daemon->ready;
is scalar(my @all = $daemon->processes), 4, 'the daemon runs'
    or diag $text;
my @kept;
for my $pid (map { $_->{pid} } @all) {
    push @kept, grep { (readlink("/proc/$pid/fd/$_") // '') ne '/dev/null' }
        0 .. 2;
}
is "@kept", '', 'nobody keeps a standard stream';
is $daemon->guest('ann')->{code}, 0, 'a guest logs in';

SKIP: {
    skip 'not root', 5 if !$root;
    my $uid = getpwnam 'nobody';
    is join(' ', map { (stat "/proc/$_->{pid}")[4] } @all),
        "0 $uid $uid $uid", 'only the master is root';
    my %want = (run => 0755, 'run/bus' => 0700, 'run/token.key' => 0600);
    is sprintf('%o', (stat "$prefix/$_")[2] & 07777),
        sprintf('%o', $want{$_}), "the mode of $_" for sort keys %want;
    is((stat "$prefix/run/token.key")[4], 0, 'the key is of the master');
}

rename "$prefix/logs/error.log", "$prefix/logs/error.log.1";
kill USR1 => $master;
wait_for { -e "$prefix/logs/error.log" } 'a new log';
is +($daemon->reload)[0], 0, 'a reload';
my @log = split /\n/, $daemon->log;
ok scalar(grep { /\Q$master\E#0: reconfigured/ } @log), 'the master logs anew';
my $store = $daemon->store_pid;
$daemon->kill_worker(($daemon->workers)[0], 'TERM');
$daemon->log_like(qr/\b$store#1024: .*cleared away/, 'the store, too');

# A second daemon on the same ports, under another prefix.
my $second = sparrow(start => 0);
$second->{ports} = $daemon->{ports};
$second->write_conf(sub { s/daemon off;/daemon on;/ });
@command = ($Test::Sparrow::program, '-p', $second->prefix . '/', '-c',
    'conf/sparrow.conf');
($text, $status) = start_and_read();
is $status, 1, 'one that cannot bind says so by its status';
like $text, qr/bind\(\) to .* failed \(98: /, 'and why on standard error';

is $daemon->exit_of('-s', 'stop'), 0, 'stop';
wait_for { !$daemon->processes } 'the end of all';
$daemon->check_logs;

done_testing;
