#!/usr/bin/perl

# Who asks for another handshake on an open connection gets none: in TLS 1.2
# it would cost the server a signature each time, and TLS 1.3 has not got it.

use lib 't/lib';
use Test::Sparrow;

use Net::SSLeay;

my $daemon = sparrow('worker_processes 1;', tls => 1,
    http => 'server {
        listen               127.0.0.1:{{https}} ssl;
        ssl_certificate      cert.pem;
        ssl_certificate_key  cert.key;
        location = /ping { ping; }
    }');
my $other = $daemon->client(tls => 1);

# Asks for a handshake, and for what the client's library says to that.
sub renegotiate {
    my ($client) = @_;
    my $ssl = $client->{sock}->_get_ssl_object;
    $client->{sock}->blocking(1);
    Net::SSLeay::ERR_clear_error();
    Net::SSLeay::renegotiate($ssl);
    my $done = Net::SSLeay::do_handshake($ssl);
    # The question goes out with this; the answer is what we read.
    $done = Net::SSLeay::read($ssl) ? 1 : 0 if $done > 0;
    my $error = Net::SSLeay::ERR_error_string(Net::SSLeay::ERR_get_error());
    $client->close;
    Net::SSLeay::ERR_clear_error(); # the queue belongs to all connections
    return $done > 0 ? 'done' : $error;
}

for my $server (qw(tls https)) {
    my $client = $server eq 'tls'
        ? $daemon->client(tls => { SSL_version => 'TLSv1_2' })
        : $daemon->http_client(server => 'https',
            tls => { SSL_version => 'TLSv1_2' });
    # so that no heartbeat is read in place of the answer
    $client->request_raw('Echo.Ping', 'x') if $server eq 'tls';
    like renegotiate($client), qr/no renegotiation/, "$server: refused";
    is $other->request_raw('Echo.Ping', 'x'), 'x', 'others are served';
}

my $client = $daemon->client(tls => { SSL_version => 'TLSv1_3' });
isnt Net::SSLeay::renegotiate($client->{sock}->_get_ssl_object), 1,
    'TLS 1.3 has none';
Net::SSLeay::ERR_clear_error();
is $client->request_raw('Echo.Ping', 'x'), 'x', 'and goes on';

done_testing;
