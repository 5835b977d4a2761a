#!/usr/bin/perl

# Requests that two parsers read differently.  Each is answered by 4xx or 5xx,
# once, and the connection closed: what follows is not a request of its own.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('');
my $next   = "GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n";
my $hex    = sprintf '%x', length $next;
my $post   = "POST /v1/user/login/query HTTP/1.1\r\nHost: x\r\n";
my $get    = "GET /ping HTTP/1.1\r\nHost: x\r\n";
my $chunks = "Transfer-Encoding: chunked\r\n";
my $cl     = 'Content-Length: ' . length($next) . "\r\n";

# [ what it is, bytes, status (400 unless told) ]
my @cases = (
    [ 'length and chunks',        "$post${cl}$chunks\r\n0\r\n\r\n" ],
    [ 'chunks and length',        "$post$chunks${cl}\r\n0\r\n\r\n" ],
    [ 'two lengths',              "${post}Content-Length: 0\r\n$cl\r\n" ],
    [ 'the same length twice',    "$post$cl$cl\r\n" ],
    [ 'a list of lengths',        "${post}Content-Length: 0, 0\r\n\r\n" ],
    [ 'a sign',                   "${post}Content-Length: +0\r\n\r\n" ],
    [ 'a negative length',        "${post}Content-Length: -1\r\n\r\n" ],
    [ 'a hexadecimal length',     "${post}Content-Length: 0x0\r\n\r\n" ],
    [ 'a length of nothing',      "${post}Content-Length: \r\n\r\n" ],
    [ 'a length with a blank',    "${post}Content-Length: 0 0\r\n\r\n" ],
    [ 'a length with a letter',   "${post}Content-Length: 0a\r\n\r\n" ],
    [ 'a length of 2^64',         "${post}Content-Length: 18446744073709551616\r\n\r\n", qr/400|413/ ],
    [ 'a length of 2^64 - 1',     "${post}Content-Length: 18446744073709551615\r\n\r\n", qr/400|413/ ],
    [ 'identity',                 "${post}Transfer-Encoding: identity\r\n\r\n", qr/400|501/ ],
    [ 'chunked twice',            "${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'chunked on two lines',     "$post$chunks$chunks\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'chunked, not last',        "${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'something before chunked', "${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'xchunked',                 "${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'quoted chunked',           "${post}Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'chunked and a tab inside', "${post}Transfer-Encoding: chun\tked\r\n\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'a vertical tab',           "${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", qr/400|501/ ],
    [ 'chunks in HTTP/1.0',       "POST /ping HTTP/1.0\r\n$chunks\r\n0\r\n\r\n" ],
    [ 'a blank before the colon', "${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" ],
    [ 'a tab before the colon',   "${post}Content-Length\t: 0\r\n\r\n" ],
    [ 'a folded header',          "${get}X-A: b\r\n c\r\n\r\n" ],
    [ 'a folded length',          "${post}Content-Length:\r\n 0\r\n\r\n" ],
    [ 'a blank before a name',    "${get} X-A: b\r\n\r\n" ],
    [ 'a blank header first',     "GET /ping HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n" ],
    [ 'no colon',                 "${get}X-A\r\n\r\n" ],
    [ 'no name',                  "${get}: b\r\n\r\n" ],
    [ 'a name with a blank',      "${get}X A: b\r\n\r\n" ],
    [ 'a name in brackets',       "${get}X(A): b\r\n\r\n" ],
    [ 'a name with UTF-8',        "${get}X-\xc3\xa4: b\r\n\r\n" ],
    [ 'a bare newline',           "GET /ping HTTP/1.1\nHost: x\n\n" ],
    [ 'a bare newline later',     "${get}X-A: b\nX-C: d\r\n\r\n" ],
    [ 'a bare newline at last',   "${get}\n" ],
    [ 'a bare CR',                "${get}X-A: b\rX-C: d\r\n\r\n" ],
    [ 'CR CR LF',                 "${get}X-A: b\r\r\n\r\n" ],
    [ 'a NUL in a value',         "${get}X-A: b\0c\r\n\r\n" ],
    [ 'a NUL in a name',          "${get}X-A\0: b\r\n\r\n" ],
    [ 'a control byte',           "${get}X-A: b\1c\r\n\r\n" ],
    [ 'a DEL',                    "${get}X-A: b\x7fc\r\n\r\n" ],
    [ 'no Host',                  "GET /ping HTTP/1.1\r\n\r\n" ],
    [ 'two Hosts',                "${get}Host: y\r\n\r\n" ],
    [ 'a Host of two words',      "GET /ping HTTP/1.1\r\nHost: x y\r\n\r\n" ],
    [ 'a Host with a slash',      "GET /ping HTTP/1.1\r\nHost: x/y\r\n\r\n" ],
    [ 'two blanks',               "GET  /ping HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'three words too many',     "GET /ping /x HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'a tab for a blank',        "GET\t/ping\tHTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'a blank first',            " GET /ping HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'a blank at the end',       "GET /ping HTTP/1.1 \r\nHost: x\r\n\r\n" ],
    [ 'no version',               "GET /ping\r\n\r\n" ],
    [ 'no target',                "GET HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'a target of its own',      "GET ping HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'a NUL in the target',      "GET /pi\0ng HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'HTTP/2.0',                 "GET /ping HTTP/2.0\r\nHost: x\r\n\r\n", qr/400|505/ ],
    [ 'the HTTP/2 preface',       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", qr/400|501|505/ ],
    [ 'HTTP/1.10',                "GET /ping HTTP/1.10\r\nHost: x\r\n\r\n", qr/400|505/ ],
    [ 'http/1.1',                 "GET /ping http/1.1\r\nHost: x\r\n\r\n", qr/400|505/ ],
    [ 'HTTP/0.9',                 "GET /ping HTTP/0.9\r\n\r\n", qr/400|505/ ],
    [ 'get',                      "get /ping HTTP/1.1\r\nHost: x\r\n\r\n", qr/400|405|501/ ],
    [ 'an unknown method',        "BREW /ping HTTP/1.1\r\nHost: x\r\n\r\n", qr/400|405|501/ ],
    [ 'a very long method',       'A' x 9000 . " /ping HTTP/1.1\r\nHost: x\r\n\r\n", qr/400|414|431|501/ ],
    [ 'CONNECT',                  "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", qr/400|405|501/ ],
    [ 'a TLS hello',              "\x16\3\1\2\0\1\0\1\xfc\3\3" . "\r\n" x 9 ],
    [ 'a chunk size of g',        "$post$chunks\r\ng\r\n\r\n" ],
    [ 'a chunk size with 0x',     "$post$chunks\r\n0x$hex\r\n$next\r\n0\r\n\r\n" ],
    [ 'a negative chunk',         "$post$chunks\r\n-1\r\n\r\n" ],
    [ 'a chunk size with +',      "$post$chunks\r\n+0\r\n\r\n" ],
    [ 'a blank before the size',  "$post$chunks\r\n 0\r\n\r\n" ],
    [ 'a chunk of 2^64',          "$post$chunks\r\n10000000000000000\r\n", qr/400|413/ ],
    [ 'a chunk of many digits',   "$post$chunks\r\n" . '0' x 5000 . "\r\n\r\n" ],
    [ 'a chunk size of nothing',  "$post$chunks\r\n\r\n" ],
    [ 'a chunk too short',        "$post$chunks\r\n5\r\nabc\r\n0\r\n\r\n" ],
    [ 'a chunk too long',         "$post$chunks\r\n2\r\nabcdef\r\n0\r\n\r\n" ],
    [ 'a chunk ended by newline', "$post$chunks\r\n3\nabc\n0\n\n" ],
    [ 'an endless extension',     "$post$chunks\r\n1;" . 'x' x 70000, qr/400|413|431/ ],
    [ 'a newline in an extension', "$post$chunks\r\n1;a\nb\r\nx\r\n0\r\n\r\n" ],
    [ 'endless trailers',         "$post$chunks\r\n0\r\n" . "X: y\r\n" x 9000, qr/400|413|431/ ],
);
for my $case (@cases) {
    my ($name, $bytes, $want) = @$case;
    for my $size (1, 65536) {
        next if $size == 1 && length $bytes > 2000;
        my $http = $daemon->http_client;
        $http->send_raw($bytes . $next, chunk => $size);
        my ($status) = $http->response;
        like $status // 'none', $want ? qr/^(?:$want)$/ : qr/^400$/,
            "$name (in writes of $size)";
        my ($second) = $http->response;
        is $second, undef, 'the rest is not looked at';
    }
}

# What is odd and yet means one thing only.
for my $case (
    [ 'no blank after colons', "GET /ping HTTP/1.1\r\nHost:x\r\nX-A:b\r\n\r\n" ],
    [ 'an empty value',        "${get}X-A:\r\n\r\n" ],
    [ 'blanks around a value', "${get}X-A:  \t b \t \r\n\r\n" ],
    [ 'absolute form',         "GET http://x/ping HTTP/1.1\r\nHost: x\r\n\r\n" ],
    [ 'upper-case names',      "GET /ping HTTP/1.1\r\nHOST: x\r\n\r\n" ],
    [ 'UTF-8 in a value',      "${get}X-A: \xc3\xa4\r\n\r\n" ],
    [ 'Chunked',               "${post}transfer-encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", qr/\d+/ ]) {
    my ($name, $bytes, $want) = @$case;
    my $http = $daemon->http_client;
    $http->send_raw($bytes . $next);
    like +($http->response)[0], $want // qr/^200$/, $name;
    is +($http->response)[0], 200, 'and the next request is one';
}

# A body is never read as a request.
my $http = $daemon->http_client;
$http->send_raw("${post}$cl\r\n$next$get\r\n");
is +($http->response)[0], 400, 'a body that is no JSON';
is +($http->response)[2], 'pong', 'is one body, and the next request one';

done_testing;
