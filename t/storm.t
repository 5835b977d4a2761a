#!/usr/bin/perl

# Everything at once: under load of all kinds, workers and the store are
# killed and the daemon reloads, in the order that a seed says.  In the end
# each login that was answered is there, and no row is left of anybody who is
# gone.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Proc qw(reap spawn);

my $seed = $ENV{SPARROW_TEST_SEED} // 7;
srand $seed;
note "seed $seed";

my $bench  = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';
my $daemon = sparrow('worker_processes 3;', tls => 1,
    store     => 'store_timeout 20s;',
    allow_log => [ qr/exited on signal 9|died before it was ready/ ]);
my %at   = map { $_ => '127.0.0.1:' . $daemon->port($_) } qw(game tls http);
my %load = (
    echo  => [ qw(echo -c 8 -k 4 --reconnect-after 50), $at{game} ],
    tls   => [ qw(echo --tls -c 4 -k 4 --reconnect-after 50), $at{tls} ],
    login => [ qw(login -c 4 --full), $at{http} ],
);
my (%pid, %answered, @players);

# The load tool gives up when too much fails: then it starts again.
sub keep_load {
    for my $name (sort keys %load) {
        next if $pid{$name} && !defined reap($pid{$name});
        my ($command, @rest) = @{ $load{$name} };
        $pid{$name} = spawn({ output => $daemon->prefix . "/$name" }, $bench,
            $command, qw(-q -d 1000s), @rest);
    }
    return;
}

# Logs four guests in at once; who is answered is noted, and plays as long as
# his worker lives.
sub log_in {
    my ($round) = @_;
    my %http = map { ("storm-$round-$_" => $daemon->http_client) } 1 .. 4;
    for my $imei (sort keys %http) {
        $http{$imei}->send_raw(Test::Sparrow::HTTP::format_request('POST',
            '/v1/user/login/guest',
            { appId => 'test', channelId => 'test', imei => $imei }));
    }
    strike();
    for my $imei (sort keys %http) {
        my (undef, undef, $body) = $http{$imei}->response;
        next if !ref $body || $body->{code};
        $answered{$imei} = $body->{uid};
        push @players, eval {
            my $client = $daemon->client;
            $client->request('Manager.Login', $daemon->login_of($body));
            $client;
        } // ();
    }
    return;
}

# One blow.
sub strike {
    my $dice    = int rand 4;
    my @workers = sort $daemon->workers;
    if ($dice == 0 && @workers) {
        kill KILL => $workers[ rand @workers ];
    } elsif ($dice == 1 && $daemon->store_pid) {
        kill KILL => $daemon->store_pid;
    } else {
        $daemon->signal('HUP');
    }
    return;
}

for my $round (1 .. 12) {
    keep_load();
    log_in($round);
}
kill KILL => values %pid;
for my $pid (values %pid) {
    wait_for { defined reap($pid) } 'the end of a load';
}

my @stayed = grep { $_->is_open } @players;
note scalar(@stayed) . ' of ' . scalar(@players) . ' still play';
is scalar(grep { !eval {
    defined $_->request('DeskManager.UnCompleteDesk')->{exist} }
    && $_->is_open } @stayed), 0, 'who was not killed plays on';
$_->close for @stayed;
is $daemon->exit_of('-s', 'reload'), 0, 'then a reload';
wait_for { 3 == $daemon->workers && $daemon->store_pid
    && !grep { $_->{leaving} } $daemon->processes } 'all processes, no older';
is scalar($daemon->client_on_each(3)), 3, 'all workers serve';
cmp_ok scalar(keys %answered), '>', 10, 'logins were answered meanwhile';
my $http = $daemon->http_client;
my %now  = map { $_ => $daemon->guest($_, http => $http)->{uid} }
    keys %answered;
is_deeply \%now, \%answered, 'each of them is there';
is scalar(keys %{ { reverse %now } }), scalar(keys %now),
    'and each is somebody else';
for my $tool (sort keys %load) {
    unlike slurp($daemon->prefix . "/$tool"), qr/Sanitizer/, "$tool is well";
}

# A clean stop leaves no row: a start finds only what was left over.
my ($player) = $daemon->players(1);
ok defined $player->request('DeskManager.UnCompleteDesk')->{exist}, 'one plays';
$daemon->stop;
$daemon->log_mark;
$daemon->restart;
$daemon->log_unlike(qr/rows of an earlier life/, 'no row was left');

done_testing;
