#!/usr/bin/perl

# limit_conn: an address has so many connections to a server at a time, and
# one too many is closed before anything is said.

use lib 't/lib';
use Test::Sparrow;

$SIG{PIPE} = 'IGNORE'; # of TLS that is refused

my $daemon = sparrow('worker_processes 1;', game => 'limit_conn 3;',
    servers => [ 'listen 127.0.0.1:{{free}}; limit_conn off;' ],
    tls => 'limit_conn 2;', http => 'limit_conn 2;');

sub connected {
    my ($server, $n, %opt) = @_;
    return map { $daemon->raw(server => $server, tls => 0, %opt) } 1 .. $n;
}

# So many of the connections stay, and the others are closed without a byte.
sub stay {
    my ($want, $what, @conns) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $closed = @conns - $want;
    my $in_time = eval { wait_for { $closed <= grep { !$_->is_open } @conns }
        'the end of those above' };
    is scalar(grep { $_->is_open } @conns), $want, $what if $in_time;
    fail $what if !$in_time;
    is join('', map { $_->{in} } @conns), '', 'nothing was said to anyone';
    return;
}

note 'a game server';
my @conns = connected('game', 5);
stay(3, 'three stay', @conns);
$daemon->log_like(qr/\[warn\].* limit_conn: 3 connections of 127\.0\.0\.1$/m,
    'the log tells whose');
stay(3, 'and three of another address', connected('game', 4,
    from => '127.0.0.2'));
stay(20, 'as many as they like of a server without it',
    connected('free', 20));
my ($first, $second, $third) = grep { $_->is_open } @conns;
$first->reset;
my $again;
wait_for { ($again) = connected('game', 1); eval { $again->handshake } }
    'room after the end of one';
pass 'when one ends another may come';
$second->send_raw("\xff");
$second->closed;
stay(1, 'also when it was thrown out', connected('game', 2));
$third->handshake;
$third->ack;
is $third->request_raw('Echo.Ping', 'x'), 'x', 'who is there is served';

note 'TLS';
my @tls = connected('tls', 3);
stay(2, 'those who have not shaken hands count', @tls);
$_->close for @tls;
my @clients;
wait_for { eval { push @clients, $daemon->client(tls => 1) }; @clients }
    'room after their end';
push @clients, $daemon->client(tls => 1);
stay(0, 'so do those who have', connected('tls', 1));
is $_->request_raw('Echo.Ping', 'x'), 'x', 'who are served' for @clients;

note 'HTTP';
stay(2, 'connections that have asked nothing', connected('http', 4));
is(($daemon->http_client(from => '127.0.0.3')->request('GET', '/ping'))[0],
    200, 'others are answered');

done_testing;
