#!/usr/bin/perl

# kill -9 of each process under load: the rest goes on, what was answered is
# not lost, the indexes become true again.

use lib 't/lib';
use Test::Sparrow;

my $killed = qr/exited on signal 9/;
my $daemon = sparrow('worker_processes 2;', allow_log => [$killed]);

# --- a worker
my ($ann, $bob) = map { $daemon->player("on-" . $_, worker => $_) }
    map { $_->worker } $daemon->client_on_each(2);
my $victim = $daemon->pid_of($ann);
my @ids    = map { $ann->send_request('Echo.Ping', $_) } 1 .. 100;
$daemon->kill_worker($victim);
ok $ann->closed, 'its clients are closed';
is $bob->request_raw('Echo.Ping', 'x'), 'x', 'those of the other are served';
$daemon->log_like(qr/worker process $victim of slot \d+ exited on signal 9/,
    'the log tells');
wait_for { $daemon->workers == 2 } 'a new worker';
my ($again) = $daemon->client_on_each(2);
my $login = $again->request('Manager.Login', $daemon->login_of($ann->{guest}));
is $login->{acId}, $ann->{uid}, 'who was on it logs in at once';
my $code = $daemon->client->request('Manager.Login',
    $daemon->login_of($ann->{guest}))->{code};
is $code, undef, 'and elsewhere';
ok $again->kicked, 'which kicks, as ever';

# --- the store, while guests log in: what was answered is there
my %answered;
my @http  = map { $daemon->http_client } 1 .. 4;
my $store = $daemon->store_pid;

for my $round (1 .. 50) {
    my %asked = map { ("kill-$round-$_" => $http[$_]) } 0 .. 3;
    for my $imei (sort keys %asked) {
        $asked{$imei}->send_raw(Test::Sparrow::HTTP::format_request('POST',
            '/v1/user/login/guest',
            { appId => 'test', channelId => 'test', imei => $imei }));
    }
    kill KILL => $store if $round == 25;
    for my $imei (sort keys %asked) {
        my (undef, undef, $body) = $asked{$imei}->response;
        $answered{$imei} = $body->{uid} if ref $body && $body->{code} == 0;
    }
}
cmp_ok scalar(keys %answered), '>=', 190, 'logins go on over the death';
wait_for { $daemon->store_pid && $daemon->store_pid != $store } 'a new store';
my %now = map { $_ => $daemon->guest($_, http => $http[0])->{uid} } keys %answered;
is_deeply \%now, \%answered, 'each that was answered is there';
my %uids = map { $_ => 1 } values %now;
is scalar(keys %uids), scalar(keys %now), 'and each is somebody else';
is $bob->request_raw('Echo.Ping', 'x'), 'x', 'games went on';

# --- all workers at once
$daemon->kill_worker($_) for $daemon->workers;
wait_for { $daemon->workers == 2 } 'both again';
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'served again';

# --- the master: the others follow, a new one starts with what they left
my $carl = $daemon->player('carl');
$daemon->signal('KILL');
$daemon->orphans_gone;
ok $carl->closed, 'clients are closed';
$daemon->restart;
is $daemon->guest('carl')->{uid}, $carl->{uid}, 'accounts are there';
my $back = $daemon->client;
is $back->request('Manager.Login', $daemon->login_of($carl->{guest}))->{acId},
    $carl->{uid}, 'a token is good as before';
ok !$back->request('DeskManager.UnCompleteDesk')->{exist}, 'in the lobby';
is slurp($daemon->prefix . '/run/sparrow.pid'), "$daemon->{master}\n",
    'the pid file is the new one\'s';

# --- everything, as when the power fails (the boot id stays)
my $guest = $daemon->guest('power');
$daemon->crash;
$daemon->restart;
is $daemon->guest('power')->{uid}, $guest->{uid}, 'after all were killed';

done_testing;
