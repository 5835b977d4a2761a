#!/usr/bin/perl

# HTTP/1.1 as browsers, phones and curl speak it: connections that stay,
# pipelines, bodies, locations, who may come, how often.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;',
    http => '
        keepalive_timeout      1s;
        client_header_timeout  1s;
        client_body_timeout    1s;
        client_max_body_size   1000;',
    http_server => '
        location = /exact      { return 200 exact; }
        location /exact        { return 200 prefix; }
        location /deep/        { return 200 deep; }
        location ^~ /deep/no   { return 200 noregex; }
        location ~ \.(x|y)$    { return 200 regex; }
        location ~* \.Z$       { return 200 anycase; }
        location = /gone       { return 404; }
        location = /move       { return 301 http://example.org/; }
        location = /mine       { allow 127.0.0.1; deny all; return 200 in; }
        location = /net        { allow 127.0.0.0/8; deny all; return 200 in; }
        location = /regex      { allow ~ ^127\.0\.; deny all; return 200 in; }
        location = /theirs     { deny 127.0.0.1; allow all; return 200 in; }
        location = /nobody     { deny all; return 200 in; }
        location = /few        { limit_req 1 burst=2; return 200 in; }
        location = /other      { limit_req 1 burst=2; return 200 in; }');

sub get { my ($path) = @_; return join ' ', ($daemon->http('GET', $path))[ 0, 2 ] }

# Endpoints.
my ($status, $headers, $body) = $daemon->http('GET', '/ping');
is $status, 200, 'ping';
is $body, 'pong', 'pong';
is $headers->{'content-type'}, 'application/json; charset=utf-8', 'is JSON';
like $headers->{date}, qr/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, 'dated';
(undef, undef, $body) = $daemon->http('GET', '/v1/version');
is_deeply [ sort keys %$body ], [ sort qw(version android ios) ], 'version';

# Methods.
($status, $headers, $body) = $daemon->http('HEAD', '/ping');
is_deeply [ $status, $headers->{'content-length'}, $body ], [ 200, 6, '' ],
    'HEAD has the length and no body';
for my $method (qw(GET PUT DELETE PATCH)) {
    ($status, $headers, $body) = $daemon->http($method, '/v1/user/login/query');
    is $status, 405, "$method of a POST";
    like $headers->{allow}, qr/POST/, 'what is allowed';
    is ref $body && $body->{code} > 0, 1, 'the body of an error';
}
is +($daemon->http('POST', '/ping', {}))[0], 405, 'POST of a GET';
($status, undef, $body) = $daemon->http('GET', '/no/such');
is $status, 404, 'not there';
is $body->{code}, 1002, 'the code of that';

# Connections.
my $http = $daemon->http_client;
is_deeply [ map { ($http->request('GET', '/ping'))[2] } 1 .. 50 ],
    [ ('pong') x 50 ], '50 requests on one connection';
$http->send_raw(join '', map { Test::Sparrow::HTTP::format_request('GET',
    $_ % 2 ? '/ping' : '/exact') } 1 .. 100);
is_deeply [ map { ($http->response)[2] } 1 .. 100 ],
    [ ('pong', 'exact') x 50 ], '100 in a pipeline, answered in order';
my $query = { appId => 'app', channelId => 'test' };
my $post  = Test::Sparrow::HTTP::format_request('POST',
    '/v1/user/login/query', $query);
$http->send_raw($post x 3, chunk => 1);
is_deeply [ map { ($http->response)[2]{code} } 1 .. 3 ], [ 0, 0, 0 ],
    'byte by byte';
my ($length) = $post =~ /Content-Length: (\d+)/;
my ($head, $json) = split /\r\n\r\n/, $post;
$head =~ s/Content-Length: \d+/Transfer-Encoding: chunked/;
for my $chunks (
    sprintf("%x\r\n%s\r\n0\r\n\r\n", $length, $json),
    sprintf("000%X;ext=1\r\n%s\r\n0\r\n\r\n", $length, $json),
    join('', map { "1\r\n$_\r\n" } split //, $json) . "0\r\n\r\n",
    sprintf("%x\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n", $length, $json)) {
    for my $size (1, 65536) {
        $http->send_raw("$head\r\n\r\n$chunks", chunk => $size);
        is +($http->response)[2]{code}, 0, "chunked, in writes of $size";
    }
}
is +($http->request('GET', '/ping'))[2], 'pong', 'and on it goes';
($status, $headers) = $http->request('GET', '/ping', undef,
    Connection => 'close');
is $headers->{connection}, 'close', 'a client may end it';
ok $http->closed, 'and it ends';
$http = $daemon->http_client;
$http->send_raw("GET /ping HTTP/1.0\r\n\r\n");
is +($http->response)[2], 'pong', 'HTTP/1.0';
ok $http->closed, 'closes';
$http = $daemon->http_client;
$http->send_raw("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
is +($http->response)[2], 'pong', 'HTTP/1.0 may stay';
is +($http->request('GET', '/ping'))[2], 'pong', 'and does';
$http = $daemon->http_client;
$http->send_raw($post);
$http->shutdown_write;
is +($http->response)[2]{code}, 0, 'a client that only listens yet';
ok $http->closed, 'is closed';
$http = $daemon->http_client;
$http->send_raw(join "\r\n", 'POST /v1/user/login/query HTTP/1.1', 'Host: x',
    "Content-Length: $length", 'Expect: 100-continue', '', '');
is +($http->response)[0], 100, 'continue';
$http->send_raw($json);
is +($http->response)[2]{code}, 0, 'continued';

# Bounds and time.
is +($daemon->http('POST', '/v1/user/login/query', 'x' x 1001))[0], 413,
    'a body too large';
$http = $daemon->http_client;
$http->send_raw($head =~ s/Transfer-Encoding: chunked/Content-Length: 1000000000/r
    . "\r\n\r\n");
is +($http->response)[0], 413, 'refused before it comes';
ok $http->closed, 'and closed';
$http = $daemon->http_client;
$http->send_raw("$head\r\n\r\n3e9\r\n" . 'x' x 1001 . "\r\n0\r\n\r\n");
is +($http->response)[0], 413, 'chunks too large';
is +($daemon->http('GET', '/' . 'x' x 60000))[0], 414, 'a target too long';
is +($daemon->http('GET', '/ping', undef, 'X-Long' => 'x' x 60000))[0], 431,
    'a header too long';
is +($daemon->http('GET', '/ping', undef, map { ("X-$_" => 1) } 1 .. 200))[0],
    431, 'too many headers';
for my $part ('', 'GET /pi', "GET /ping HTTP/1.1\r\nHost: x\r\n",
    substr($post, 0, -1), $head . "\r\n\r\n5\r\nab") {
    $http = $daemon->http_client;
    $http->send_raw($part);
    ok $http->closed, 'closed while waiting for the rest of '
        . length($part) . ' bytes';
}
$http = $daemon->http_client;
$http->request('GET', '/ping');
ok $http->closed, 'closed when no more comes';

# Locations.
is get('/exact'),     '200 exact',   '=';
is get('/exact?a=b'), '200 exact',   'the query does not count';
is get('/exactly'),   '200 prefix',  'a prefix';
is get('/deep/a'),    '200 deep',    'a longer one';
is get('/deep/a.x'),  '200 regex',   'a regex goes before it';
is get('/deep/no.x'), '200 noregex', '^~ stops that';
is get('/a.z'),       '200 anycase', '~*';
like get('/a.X'),     qr/^404/,      '~ minds the case';
is get('/%65xact'),   '200 exact',   'encoded';
is get('/deep/../exact'), '200 exact', 'dots';
is get('//exact'),    '200 exact',   'slashes';
like get('/gone'),    qr/^404/,      'return 404';
like get('/../x'),    qr/^400/,      'out of the root';
like get('/%zz'),     qr/^400/,      'a broken %';
like get('/a%00b'),   qr/^400/,      'a NUL';
($status, $headers) = $daemon->http('GET', '/move');
is_deeply [ $status, $headers->{location} ], [ 301, 'http://example.org/' ],
    'return 301';

# Who may.
is get('/mine'),     '200 in', 'an address';
is get('/net'),      '200 in', 'a net';
is get('/regex'),    '200 in', 'a pattern';
like get('/theirs'), qr/^403/, 'denied by address';
($status, undef, $body) = $daemon->http('GET', '/nobody');
is $status, 403, 'denied to all';
is $body->{code}, 1016, 'permission denied';

# How often: one a second and a burst of two.
my @few = map { ($daemon->http('GET', '/few'))[0] } 1 .. 20;
cmp_ok scalar(grep { $_ == 200 } @few), '>=', 1, 'some get through';
cmp_ok scalar(grep { $_ == 429 } @few), '>=', 8, 'most do not';
is get('/other'), '200 in', 'another location counts for itself';
wait_for { get('/few') =~ /^200/ } 'a second chance';
pass 'later again';

done_testing;
