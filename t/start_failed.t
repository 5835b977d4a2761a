#!/usr/bin/perl

# A start that fails says why on the terminal, in its last line, and in the
# error log; one that says it succeeded has all its workers.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Proc qw(reap spawn);

my $root = $> == 0;
my @excused = (allow_log => [qr/./]);    # a failed start is what we look at

# A daemon that is to go to the background, not started yet.
sub background {
    my ($main, %opt) = @_;
    my $daemon = sparrow($main, start => 0, @excused, %opt);
    $daemon->write_conf(sub { s/daemon off;/daemon on;/ });
    return $daemon;
}

# Starts it as a shell with a limit of open files would: status and output.
sub start_limited {
    my ($daemon, $files) = @_;
    my $output = $daemon->prefix . '/limited';
    unlink $output;
    my $pid = spawn({ output => $output }, '/bin/sh', '-c',
        "ulimit -n $files; exec \"\$@\"", 'sh', $Test::Sparrow::program,
        '-p', $daemon->prefix . '/', '-c', 'conf/sparrow.conf');
    my $status;
    wait_for { defined($status = reap($pid)) } "an answer with $files files";
    $daemon->{session} = slurp($daemon->prefix . '/run/sparrow.pid') + 0
        if $status == 0;
    return ($status >> 8, slurp($output));
}

# The last line of the terminal, and that it stands in the log as well.
sub fails_with {
    my ($daemon, $like, $what) = @_;
    my ($status, $output) = $daemon->command;
    is $status, 1, "$what: the status";
    my ($last) = $output =~ /([^\n]*)\n\z/;
    like $last, $like, "$what: the last line of the terminal";
    like $daemon->log, $like, "$what: the error log";
    ok !-e $daemon->prefix . '/run/sparrow.pid', "$what: no pid file is left";
    return $output;
}

my $daemon = background('worker_processes 2;');
my $good   = $daemon->{template};
$daemon->write_conf(sub { $_ .= "nonsense on;\n" });
fails_with($daemon, qr/\[emerg\] .*unknown directive "nonsense"/,
    'a conf that is wrong');
$daemon->write_conf(sub { $_ = $good });

my $other = sparrow;
$daemon->{ports}{game} = $other->{ports}{game};
$daemon->write_conf;
fails_with($daemon, qr/\[emerg\] .*bind\(\) to \S+ failed \(98: /,
    'a port that is taken');
$other->stop;

my $prefix = $daemon->prefix;
mkdir "$prefix/data" or -d "$prefix/data" or die "mkdir: $!\n";
chown scalar getpwnam('nobody'), -1, "$prefix/data" if $root;
spew("$prefix/data/data.mdb", 'no LMDB file' x 1000);
my $said = fails_with($daemon,
    qr/\[emerg\] .*not started: .*data\.mdb" is not an LMDB file/,
    'a store that cannot be opened');
like $said, qr/\[crit\] .*is not an LMDB file/, 'as its process said';
unlink "$prefix/data/data.mdb";

SKIP: {
    skip 'not root', 8 if !$root;
    $daemon->write_conf(sub { s/^/user nobody;\n/ });
    chmod 0700, $prefix;
    fails_with($daemon, qr/not started: .*uid \d+, cannot enter "\Q$prefix\E"/,
        'a prefix that the user cannot enter');
    chmod 0755, $prefix;
    is $daemon->exit_of, 0, 'when it can be entered';
    $daemon->{session} = slurp("$prefix/run/sparrow.pid") + 0;
    is $daemon->exit_of('-s', 'stop'), 0, 'the daemon runs';
    wait_for { !-e "$prefix/run/sparrow.pid" && !$daemon->processes } 'its end';
    $daemon->write_conf(sub { $_ = $good });
}

# With few descriptors it starts whole or not at all, and always in time.
my ($whole, $refused) = (0, 0);
my $few = background('worker_processes 2;');
for my $files (12, 17, 19, 20, 21, 22, 23, 24, 25, 27, 32, 40, 70) {
    my ($status, $output) = start_limited($few, $files);
    if ($status) {
        like $output, qr/.*\[emerg\] .*(?:open files|\(24: ).*\n\z/,
            "$files files: refused with the reason";
        $refused++;
        next;
    }
    is scalar(my @w = $few->workers), 2, "$files files: all workers run";
    is scalar($few->client_on_each(2)), 2, 'and serve';
    $whole++;
    is $few->exit_of('-s', 'stop'), 0, 'and stop';
    wait_for { !$few->processes } 'the end of all';
}
ok $whole && $refused, "$whole starts and $refused refusals";

done_testing;
