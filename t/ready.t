#!/usr/bin/perl

# /ready, for load balancers: 200, or 503 with the reason while the store does
# not answer or the worker leaves; /ping is 200 all the time.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 1;',
    allow_log => [ qr/does not turn/, qr/exited on signal 6/ ],
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

# --- the worker leaves

my $slow = $daemon->client;
is +($daemon->reload)[0], 0, 'a reload';
wait_for { $answer = ready(); $answer->[0] != 200 } 'the worker is told';
is_deeply $answer, [ 503, 'draining' ], 'a worker that leaves';
ok $http->closed, 'which closes';
$http = $daemon->http_client;
is_deeply ready(), [ 200, 'ready' ], 'the next one is ready';
$slow->close;

done_testing;
