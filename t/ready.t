#!/usr/bin/perl

# /ready, for load balancers: 200, or 503 with the reason while the store does
# not answer, the worker leaves, or desks of before are still coming back;
# /ping is 200 all the time.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Fault;

my $fault  = Test::Sparrow::Fault->new;
my $daemon = sparrow('worker_processes 1;', env => { $fault->env },
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
$fault->set(store_slow => 12_000);
my $since = time;
$asked->send_raw(Test::Sparrow::HTTP::format_request('POST',
    '/v1/user/login/guest',
    { appId => 'test', channelId => 'test', imei => 'waits' }));
wait_for { $fault->failed } 'a sync that takes 12 s';
$fault->set;
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
