#!/usr/bin/perl

# The lives of HTTP connections: time-outs, answers that wait for the store,
# clients that go meanwhile, a worker that drains or stops, TLS.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 1;',
    tls         => 1,
    store       => 'store_timeout 3s;',
    http_server => <<'END');
listen 127.0.0.1:{{http}};
listen 127.0.0.1:{{https}} ssl;
ssl_certificate cert.pem;
ssl_certificate_key cert.key;
client_header_timeout 1s;
client_body_timeout 1s;
location = /ping { ping; keepalive_timeout 1s; }
location = /once { ping; keepalive_timeout 0; }
END

my $login = '/v1/user/login/guest';

sub format_login {
    my ($imei) = @_;
    return Test::Sparrow::HTTP::format_request('POST', $login,
        { appId => 'test', channelId => 'test', imei => $imei });
}

# --- time-outs

my $slow = $daemon->http_client;
$slow->send_raw("GET /ping HTTP/1.1\r\nHost:");
my $body = $daemon->http_client;
$body->send_raw("POST $login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{");
my $silent = $daemon->http_client;
my $idle   = $daemon->http_client;
is +($idle->request('GET', '/ping'))[0], 200, 'one request';
for ([ $slow, 'head' ], [ $body, 'body' ]) {
    my ($c, $what) = @$_;
    my ($status, $h, $answer) = $c->response;
    is_deeply [ $status, $h->{connection}, $answer->{code} ],
        [ 408, 'close', 1027 ], "a $what that does not come";
    ok $c->closed, '... is waited for no longer';
}
for ([ $silent, 'who says nothing' ], [ $idle, 'who has no more to say' ]) {
    my ($c, $what) = @$_;
    ok $c->closed, "one $what is closed";
    is $c->{in}, '', '... without a word';
}
is +($daemon->http('GET', '/once'))[1]{connection}, 'close',
    'without keep-alive each answer closes';

# --- half-closed clients

my $half = $daemon->http_client;
$half->send_raw(format_login('half') x 20);
$half->shutdown_write;
is_deeply [ map { ($half->response)[2]{uid} } 1 .. 20 ], [ (1) x 20 ],
    'who asks and sends no more is answered';
ok $half->closed, 'then closed';

# --- TLS

my $tls = $daemon->http_client(server => 'https', tls => 1);
is +($tls->request('GET', '/ping'))[2], 'pong', 'TLS';
$tls->send_raw(format_login('tls'));
is +($tls->response)[2]{uid}, 2, 'a guest by TLS';
$tls->close;

# --- the store is away

my $store = $daemon->store_pid;
$daemon->halt($store);
my $late = $daemon->http_client;
$late->send_raw(format_login('late') . format_login('half'));
my $gone = $daemon->http_client;
$gone->send_raw(format_login('gone'));
is $daemon->guest('half')->{uid}, 1, 'a returning guest does not wait';
$gone->reset;
my ($status, undef, $answer) = $late->response;
is_deeply [ $status, $answer->{code} ], [ 503, 1013 ],
    'a new one hears that it takes too long';
is +($late->response)[2]{uid}, 1, 'and the request behind is answered';
$daemon->unhalt($store);
my %uid = map { $_ => $daemon->guest($_)->{uid} } qw(late gone);
is_deeply [ sort values %uid ], [ 3, 4 ], 'both were made once';

# --- first logins of one device at the same time

$daemon->halt($store);
my @same = map { $daemon->http_client } 1 .. 4;
$_->send_raw(format_login('same')) for @same;
is $daemon->guest('half')->{uid}, 1, 'four wait';
$daemon->unhalt($store);
is_deeply [ map { ($_->response)[2]{uid} } @same ], [ (5) x 4 ],
    'they are one guest';
is $daemon->guest('after')->{uid}, 6, 'and no more than one';

# --- reload

kill STOP => $store;
my $waits = $daemon->http_client;
$waits->send_raw(format_login('waits') . format_login('half'));
my $rests = $daemon->http_client;
$rests->send_raw(format_login('half'));
is +($rests->response)[1]{connection}, undef, 'a connection that stays';
is $daemon->guest('half')->{uid}, 1, 'the other one waits';
my ($old) = $daemon->workers;
$daemon->signal('HUP');
wait_for { my @now = $daemon->workers; @now == 1 && $now[0] != $old }
    'the next worker alone';
kill CONT => $store;
my $h;
($status, $h, $answer) = $waits->response;
is_deeply [ $status, $h->{connection} ], [ 200, 'close' ],
    'who waited is answered by the old worker, for the last time';
ok $waits->closed, 'indeed';
ok $rests->closed, 'who rested is closed';
wait_for { !grep { $_->{pid} == $old } $daemon->processes } 'the old worker';
is $daemon->guest('waits')->{uid}, $answer->{uid}, 'the new one goes on';

# --- a stop in the midst

$daemon->halt($daemon->store_pid);
my $last = $daemon->http_client;
$last->send_raw(format_login('last'));
is $daemon->guest('half')->{uid}, 1, 'it has been read';
$daemon->unhalt($daemon->store_pid);
$daemon->stop('QUIT');

done_testing;
