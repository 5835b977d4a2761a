#!/usr/bin/perl

# A conf that is good to read and whose workers die at once: the old ones go
# on, and the next reload gives the failed one up.  And the store, which lives
# over all of it, is started again when it dies.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', allow_log => [
    qr/worker process/, qr/Too many open files/, qr/store process \d+/ ]);
my $ann   = $daemon->client;
my @olds  = $daemon->workers;
my $good  = $daemon->{template};
my $store = $daemon->store_pid;

# More listening sockets than files may be open.
$daemon->write_conf(sub {
    s/worker_processes 2;/worker_processes 40; worker_rlimit_nofile 64;/ });
is $daemon->exit_of('-s', 'reload'), 1, 'workers that die fail the reload';
is $ann->request_raw('Echo.Ping', 'x'), 'x', 'a client stays';
my %now = map { $_ => 1 } $daemon->workers;
is scalar(grep { $now{$_} } @olds), 2, 'with the old workers';

$daemon->write_conf(sub { $_ = $good });
is $daemon->exit_of('-s', 'reload'), 0, 'the next one is taken';
wait_for { $daemon->workers == 2 } 'two workers and no other';
is $ann->request_raw('Echo.Ping', 'x'), 'x', 'and the client is still there';
$ann->close;
wait_for {
    my @all = grep { $_->{role} eq 'worker' } $daemon->processes;
    @all == 2;
} 'the end of the old workers';
my %new = map { $_ => 1 } $daemon->workers;
is scalar(grep { $new{$_} } @olds), 0, 'new workers';

# After reloads the store is the one that was there first.
is $daemon->store_pid, $store, 'the store stays';
kill KILL => $store;
wait_for { ($daemon->store_pid // $store) != $store } 'another store';
my $bob = $daemon->player('bob');
ok $bob->{login}{acId}, 'which makes accounts';

done_testing;
