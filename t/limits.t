#!/usr/bin/perl

# What one client can make the daemon hold is bounded, before and after its
# login, and so is what all of them can.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 1;', servers => [ '
    listen             127.0.0.1:{{small}};
    max_packet_size    300;
    send_buffer_limit  4k;' ]);
my $head = length message(type => REQUEST, id => 1, route => 'Echo.Ping');

sub echoes {
    my ($client, $body) = @_;
    my $bytes = 'x' x ($body - $head);
    my $id    = 1;
    $client->send_message(type => REQUEST, id => $id, route => 'Echo.Ping',
        payload => $bytes);
    return eval { $client->response_raw($id) eq $bytes };
}

# Packets: 4 KB before the login, 16 KB for the handshake, then as the conf
# says.
my $client = $daemon->client;
ok echoes($client, 4096), '4096 bytes before the login';
ok !echoes($client, 4097), 'not one more';
ok $client->closed, 'it costs the connection';
my ($ann) = $daemon->players(1);
ok echoes($ann, 4097), 'more after it';
ok echoes($ann, 65536), '65536 bytes';
ok !echoes($ann, 65537), 'not one more';
ok $ann->closed, 'closed';
$client = $daemon->client(server => 'small');
ok echoes($client, 300), 'max_packet_size';
ok !echoes($client, 301), 'of a server of its own';
$client = $daemon->raw;
$client->send_raw("\1\0\x40\1");
ok $client->closed, 'a handshake of more than 16 KB';

# A client that asks and never reads.
my $ping = packet(DATA, message(type => REQUEST, id => 1,
    route => 'Echo.Ping', payload => 'y' x 3000));
for my $who ('a stranger', 'a player') {
    my ($deaf) = $who eq 'a player' ? $daemon->players(1) : $daemon->client;
    $daemon->log_mark;
    my $port = $deaf->local_port;
    my $said = wait_for {
        $deaf->send_until_full($ping);
        $daemon->new_log =~ /(client does not read.*client: 127\.0\.0\.1:$port\b.*)/
            ? $1 : undef;
    } "the end of $who who never reads";
    ok $said, "$who who never reads is closed";
}
my $bob = $daemon->client;
is $bob->request_raw('Echo.Ping', 'x'), 'x', 'others are served';

# All of them together.
my $tight = sparrow('worker_processes 1; memory_limit 1m;',
    game => 'send_buffer_limit 64m;');
my @deaf = $tight->players(8);
my $big  = packet(DATA, message(type => REQUEST, id => 1,
    route => 'Echo.Ping', payload => 'y' x 60000));
wait_for {
    $_->send_until_full($big) for @deaf;
    $tight->new_log =~ /closed for memory_limit/;
} 'the end of the largest';
pass 'above the limit the largest are closed';
is $tight->client->request_raw('Echo.Ping', 'x'), 'x', 'others are served';

# More connections than the conf has room for.
my $few = sparrow('worker_processes 1;', events => 'worker_connections 16;',
    allow_log => [qr/16 worker_connections are not enough/]);
my @all = map { $few->raw } 1 .. 40;
wait_for { grep { !$_->is_open } @all } 'the end of those above';
pass 'connections above worker_connections are closed';
$_->close for @all;
wait_for { eval { $few->client->request_raw('Echo.Ping', 'x') eq 'x' } }
    'room again';
pass 'and there is room again';

done_testing;
