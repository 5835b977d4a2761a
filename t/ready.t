#!/usr/bin/perl

# /ready, for load balancers: 200, or 503 with the reason while the store does
# not answer, the worker leaves, or desks of before are still coming back;
# /ping is 200 all the time.

use lib 't/lib';
use Test::Sparrow;

# the program that is loaded into may be one with sanitizers
$ENV{ASAN_OPTIONS} = join ':', grep { length } $ENV{ASAN_OPTIONS} // '',
    'verify_asan_link_order=0';

# t/lib/fault.c: how long a sync of the store takes, and how many did
my $dir   = File::Temp->newdir;
my $fault = "$dir/fault";

sub sync_ms {
    open my $fh, -e $fault ? '+<' : '>', $fault or die "$fault: $!\n";
    syswrite $fh, pack 'q<*', 0, 0, 0, $_[0], 0;
    return;
}

sub slow_syncs { return (unpack 'q<*', slurp($fault))[-1] }

sync_ms(0);
chmod 0666, $fault;
my $daemon = sparrow('worker_processes 1;',
    env => { LD_PRELOAD => library('fault'), FAULT => $fault },
    allow_log => [ qr/event loop is stuck/, qr/exited on signal 6/ ],
    http_server => <<'END');
location = /ready { ready; }
location = /v1/user/login/guest { guest_login; guest_channels test; }
END
my $http = $daemon->http_client;

sub ready { return [ ($http->request('GET', '/ready'))[ 0, 2 ] ] }

wait_for { ready()->[0] == 200 } 'the first 200';
is_deeply ready(), [ 200, 'ready' ], 'ready';
is +($http->request('POST', '/ready', {}))[0], 405, 'only asked';

# --- the store stands still

my $store = $daemon->store_pid;
$daemon->halt($store);
my $answer;
wait_for { $answer = ready(); $answer->[0] != 200 } 'the store is missed';
is_deeply $answer, [ 503, 'the store does not answer' ], 'a silent store';
is_deeply [ ($http->request('GET', '/ping'))[ 0, 2 ] ], [ 200, 'pong' ],
    'while the worker is alive';
$daemon->unhalt($store);
wait_for { ready()->[0] == 200 } 'the store answers again';
pass 'ready once it answers';

# --- the store turns, and takes long for what it was asked

my $asked = $daemon->http_client;
sync_ms(12_000);
my $since = time;
$asked->send_raw(Test::Sparrow::HTTP::format_request('POST',
    '/v1/user/login/guest',
    { appId => 'test', channelId => 'test', imei => 'waits' }));
wait_for { slow_syncs() } 'a sync that takes 12 s';
sync_ms(0);
ok ready()->[0] == 200 || time - $since >= 5, 'ready as long as that is young';
wait_for { $answer = ready(); $answer->[0] != 200 } 'the operation is missed';
is_deeply $answer, [ 503, 'the store does not answer' ],
    'an operation of 5 s without an answer';
wait_for { ready()->[0] == 200 } 'the operation is answered';
pass 'ready once it is answered';
$daemon->log_like(qr/a sync of .* took 1\d{4} ms/, 'after a slow sync');

# --- the worker leaves

my $slow = $daemon->client;
is +($daemon->reload)[0], 0, 'a reload';
wait_for { $answer = ready(); $answer->[0] != 200 } 'the worker is told';
is_deeply $answer, [ 503, 'draining' ], 'a worker that leaves';
ok $http->closed, 'which closes';
$http = $daemon->http_client;
is_deeply ready(), [ 200, 'ready' ], 'the next one is ready';
$slow->close;

# --- desks of before are still coming back, and do not get to the end of it

my $long = sparrow('worker_processes 1; fail_point "desks back" 1+;',
    http_server => 'location = /ready { ready; }');
$http = $long->http_client;
is_deeply ready(), [ 503, 'starting' ], 'a worker that is starting';
is_deeply [ ($http->request('GET', '/ping'))[ 0, 2 ] ], [ 200, 'pong' ],
    'while it is alive';

done_testing;
