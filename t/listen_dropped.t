#!/usr/bin/perl

# A reload drops a listen: its port is free once the old workers accept no
# more, although one of them still has a client and the store lives on; and
# another reload takes it back.  And one turns an address into all of them.

use lib 't/lib';
use Test::Sparrow;
use IO::Socket::INET;

my $daemon = sparrow('worker_processes 2;', xxtea => 1);
my $client = $daemon->client;
my $port   = $daemon->port('xxtea');

sub is_free {
    return IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port,
        Listen    => 1, ReuseAddr => 1) ? 1 : 0;
}

my $text = slurp($daemon->conf);
(my $other = $text) =~ s/(server \{(?:(?!server \{).)*?:$port;.*?\})//s
    or die "no server with $port in $text\n";
spew($daemon->conf, $other);
is +($daemon->reload)[0], 0, 'a reload without it';
ok eval { wait_for { is_free() } 'a free port' }, 'its port is free';
is $client->request_raw('Echo.Ping', 'x'), 'x', 'the old worker serves on';
spew($daemon->conf, $text);
my ($status, $output) = $daemon->reload;
is $status, 0, 'a reload with it' or diag $output;
is $daemon->client(server => 'xxtea')->request_raw('Echo.Ping', 'x'), 'x',
    'it is served again';


my $game = $daemon->port('game');
for my $to ("*:$game", "127.0.0.1:$game") {
    my %old = map { $_ => 1 } $daemon->workers;
    $text = slurp($daemon->conf) =~ s/listen \S+:$game;/listen $to;/r;
    spew($daemon->conf, $text);
    ($status, $output) = $daemon->reload;
    is $status, 0, "a reload to $to" or diag $output;
    my $new = $daemon->client;
    ok !$old{ $daemon->pid_of($new) }, 'a new worker';
    is $new->request_raw('Echo.Ping', 'x'), 'x', 'serves there';
}

done_testing;
