#!/usr/bin/perl

# A worker that dies before it is ready is started again later and later;
# meanwhile another one serves its queue.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', allow_log => [
    qr/exited on signal 9|exited with code 2|died before it was ready/,
    qr/data\.mdb" does not exist/ ]);
my $map = $daemon->prefix . '/run/shared/data.mdb';

# How many of n connections, made at once, are answered.
sub served {
    my ($n) = @_;
    my @clients = map { $daemon->raw } 1 .. $n;
    $_->send_packet(HANDSHAKE, '{}') for @clients;
    return scalar grep {
        $_->read_packet->{type} == HANDSHAKE && $_->ack
            && $_->request_raw('Echo.Ping', 'x') eq 'x';
    } @clients;
}

# Without the map no worker can start; those that live have it open.
my $player = $daemon->player('stays');
my ($slot) = grep { $_ != $player->worker }
    map { $_->worker } $daemon->client_on_each(2);
rename $map, "$map.away" or die "rename: $!\n";
$daemon->kill_worker($daemon->pid_of($daemon->client(worker => $slot)));
$daemon->log_like(qr/of slot $slot (?:exited|died) .* again in $_ ms/, "again in $_ ms")
    for 100, 200, 400, 800, 1600;

is served(200), 200, '200 connects while a slot backs off';
is scalar(grep { $daemon->guest("guest-$_")->{code} == 0 } 1 .. 20), 20,
    'and logins';
ok defined $player->request('DeskManager.UnCompleteDesk')->{exist},
    'who is there is served';
is $daemon->exit_of('-s', 'reload'), 1, 'a reload that starts no worker fails';
is served(50), 50, 'and changes nothing';

rename "$map.away", $map or die "rename: $!\n";
is $daemon->exit_of('-s', 'reload'), 0, 'a good one';
is scalar($daemon->client_on_each(2)), 2, 'brings both';

# Without a reload the slot comes back by itself.
rename $map, "$map.away" or die "rename: $!\n";
$daemon->log_mark;
my $client = $daemon->client;
$slot = $client->worker;
$daemon->kill_worker($daemon->pid_of($client));
$daemon->log_like(qr/of slot $slot exited .* again in 100 ms/, 'again');
rename "$map.away", $map or die "rename: $!\n";
wait_for { $daemon->client->worker == $slot } 'the slot that backed off';
is served(100), 100, 'it takes its queue back';

done_testing;
