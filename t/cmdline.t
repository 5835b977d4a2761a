#!/usr/bin/perl

# The command line, the pid file, the lock, and the ways to start and stop.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', http => undef,
    allow_log => [ qr/another sparrow runs here/, qr/a change of pid needs/ ]);
my $prefix = $daemon->prefix;
my $master = $daemon->{master};

my ($status, $output) = $daemon->run('-v');
is $status, 0, '-v';
like $output, qr{^sparrow version: sparrow/\d+\.\d+\.\d+$}m, 'the version';
($status, $output) = $daemon->run('-V');
is $status, 0, '-V';
like $output, qr/^built by .*^configure arguments:/ms, 'how it was built';
($status, $output) = $daemon->run('--version');
is $status, 0, '--version';
like $output, qr{^sparrow version: sparrow/\d+\.\d+\.\d+$}m, 'the same';
for my $help ('-?', '-h', '--help') {
    ($status, $output) = $daemon->run($help);
    is $status, 0, $help;
    like $output, qr/^Usage: sparrow .*-s .*-p .*-e .*-c .*-g /ms, 'the options';
}
for my $wrong ([ '-x' ], [ '--wrong' ], [ '-c' ], [ '-s' ], [ '-s', 'jump' ], [ 'word' ]) {
    ($status, $output) = $daemon->command(@$wrong);
    is $status, 1, "wrong: @$wrong";
    isnt $output, '', 'it says something';
}

($status, $output) = $daemon->command('-t');
is $status, 0, '-t';
like $output, qr/sparrow\.conf test is successful/, 'it says so';
($status, $output) = $daemon->command('-t', '-q');
is $output, '', '-q says nothing';
($status, $output) = $daemon->command('-T');
is $status, 0, '-T';
like $output, qr/^# configuration file .*sparrow\.conf:$/m, 'names the file';
like $output, qr/^\s*worker_processes 2;$/m, 'shows the text';
($status, $output) = $daemon->run('-t', '-p', $prefix, '-c', 'conf/none.conf');
is $status, 1, 'a file that is not there';
like $output, qr/none\.conf.*No such file/, 'is named';
($status, $output) = $daemon->command('-t', '-g', 'worker_processes 3;');
is $status, 1, '-g counts as a part of the file';
like $output, qr/"worker_processes" is duplicate/, 'and may not contradict it';

is slurp("$prefix/run/sparrow.pid"), "$master\n", 'the pid file';
my ($titled) = grep { $_->{pid} == $master } $daemon->processes;
like $titled->{title}, qr/^sparrow: master process /, 'the title of the master';
is scalar(my @w = $daemon->workers), 2, 'two workers';

# A second daemon under the same prefix is refused, without a wait.
my $begun = time;
($status, $output) = $daemon->command();
cmp_ok time - $begun, '<', 8, 'at once';
is $status, 1, 'a second daemon does not start';
like $output, qr/another sparrow runs here: process $master /, 'and names the first';
is slurp("$prefix/run/sparrow.pid"), "$master\n", 'whose pid file stays';
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'and which goes on';

# Nobody else's instance is signalled, also when it lives below the same
# prefix; it is named.
spew("$prefix/conf/other.conf", slurp($daemon->conf));
for my $signal (qw(stop quit reopen reload)) {
    ($status, $output) = $daemon->run('-p', "$prefix/", '-c',
        'conf/other.conf', '-s', $signal);
    is $status, 1, "-s $signal with another conf";
    like $output, qr/nobody is signalled: process $master, .* runs with "$prefix\/conf\/sparrow\.conf", not with ".*other\.conf"/,
        'names both';
}
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'the daemon goes on';
symlink "$prefix/conf", "$prefix/link" or die "symlink: $!\n";
($status, $output) = $daemon->run('-p', "$prefix/", '-c',
    'link/sparrow.conf', '-s', 'reopen');
is $status, 0, 'a link to the same conf is the same';
like $output, qr/signalling process $master \(\S+sparrow\.conf\): reopen/,
    'and it is said who is signalled';

# Only a reload needs a conf that is good, and is told what the master says.
my $good = $daemon->{template};
$daemon->write_conf(sub { $_ .= "pid jump;\npid jump;\n" });
$daemon->log_mark;
is $daemon->exit_of('-s', 'reopen'), 0, '-s reopen with a conf that is wrong';
$daemon->log_like(qr/signal 10 .* received/, 'reaches the master');
is $daemon->exit_of('-s', 'reload'), 1, '-s reload does not';
$daemon->write_conf(sub { $_ = $good; s{pid run/sparrow.pid}{pid run/jump.pid} });
($status, $output) = $daemon->command('-s', 'reload');
is $status, 1, 'a reload that the master refuses';
like $output, qr/did not take the configuration: a change of pid needs a restart$/m,
    'for the reason that it gives';
$daemon->write_conf(sub { $_ = $good });

# A signal goes to whoever holds the lock, whatever the pid file says.
spew("$prefix/run/sparrow.pid", "1\n");
$daemon->log_mark;
is $daemon->exit_of('-s', 'reopen'), 0, '-s reopen';
$daemon->log_like(qr/signal 10 .* received/, 'reaches the master');
$daemon->write_conf(sub { $_ .= "jump;\n" });
is $daemon->exit_of('-s', 'quit'), 0, '-s quit, and with a conf that is wrong';
$daemon->write_conf(sub { $_ = $good });
is $daemon->wait_exit, 0, 'ends it';
ok !-e "$prefix/run/sparrow.pid", 'the pid file is gone';
$daemon->stop;
($status, $output) = $daemon->command('-s', 'stop');
is $status, 1, '-s stop without a daemon';
like $output, qr/no sparrow runs/, 'says so';

# In the background: the command returns when the daemon serves.
$daemon->write_conf(sub { s/daemon off/daemon on/ });
is $daemon->exit_of(), 0, 'daemon on';
my ($pid) = slurp("$prefix/run/sparrow.pid") =~ /^(\d+)$/;
isnt $pid, $master, 'a new master';
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'which serves at once';

# One that is about to end is waited for.
is $daemon->exit_of('-s', 'stop'), 0, '-s stop';
is $daemon->exit_of(), 0, 'and a start right behind it';
wait_for { $daemon->is_gone($pid) } 'the end of the first';
($pid) = slurp("$prefix/run/sparrow.pid") =~ /^(\d+)$/;
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'the second serves';
is $daemon->exit_of('-s', 'stop'), 0, '-s stop';
wait_for { $daemon->is_gone($pid) } 'the end of the background master';
ok !-e "$prefix/run/sparrow.pid", 'and of its pid file';

# One worker in the foreground.
$daemon->write_conf(sub {
    s/daemon on/daemon off/; s/worker_processes 2/master_process off/ });
$daemon->restart;
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'master_process off';
$daemon->signal('TERM');
is $daemon->wait_exit, 0, 'which ends';
$daemon->orphans_gone;

done_testing;
