#!/usr/bin/perl

# Heartbeats as pomelo's server sends them: one after the handshake, one in
# answer to each of the client's, one when none has gone for one and a half
# intervals.  Who is silent for two and a half is closed; but not for what the
# server itself has been late with.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Codec qw(unpacket);
use Time::HiRes qw(time);

my $daemon;

# How many heartbeats come before the answer to a request does.
sub beats {
    my ($client) = @_;
    my $id = $client->send_request('Echo.Ping', 'fence');
    my $n  = 0;
    while (my $p = $client->read_packet) {
        return $n if $p->{type} != HEARTBEAT;
        $n++;
    }
    return 'closed';
}

# Lets n times one and a half intervals pass, as a new client sees them that
# answers at once: each time it hears four heartbeats.
sub let_pass {
    my ($clock, $n) = @_;
    for (0 .. 4 * $n) {
        my $p = $clock->read_packet or die "the clock stands still\n";
        $clock->heartbeat;
    }
    return $clock->close;
}

$daemon = sparrow('worker_processes 2;', http => undef, game => '
    heartbeat      2s;
    login_timeout  0;');
my ($a, $b) = $daemon->client_on_each(2);
my ($here, $there) = map { $_->worker } $a, $b;
my $pid = $daemon->pid_of($a);

is beats($a), 1, 'one right after the handshake';
is beats($a), 0, 'and no more by itself';
for (1 .. 3) {
    $a->heartbeat;
    is beats($a), 1, 'one at once for each of the client\'s';
}
$a->heartbeat for 1 .. 20;
is beats($a), 0, 'but at most four in an interval';
my $early = $daemon->raw;
$early->heartbeat;
$early->handshake;
$early->heartbeat;
$early->ack;
is beats($early), 1, 'none before the ack';

# One talks only, one says nothing, one answers at once.
my $talker = $daemon->client(worker => $here);
my $began  = time;
my $silent = $daemon->client(worker => $here);
my $heard  = 0;
let_pass($daemon->client(worker => $here), 1);
cmp_ok time - $began, '>=', 3, 'who answers at once hears four, then waits';
$talker->request_raw('Echo.Ping', 'x');
ok $silent->closed, 'who is silent is closed';
my $lived = time - $began;
cmp_ok $lived, '>=', 5, "after two and a half intervals: $lived s";
while (my $p = unpacket(\$silent->{in})) {
    $heard++ if $p->{type} == HEARTBEAT;
}
is $heard, 2, 'and has heard one more';
is $talker->request_raw('Echo.Ping', 'x'), 'x', 'any packet is a sign of life';
my $name = '127.0.0.1:' . $silent->local_port;
$daemon->log_like(
    qr/\[info\] .*client is silent for two and a half .*client: \Q$name\E\b/,
    'the log tells whom it closed');

# More clients than a turn reads, in the last interval before they would be
# closed: what they say while the worker stands still counts.
my @crowd = map { $daemon->client(worker => $here) } 1 .. 100;
for my $client (@crowd) {
    $client->read_packet->{type} == HEARTBEAT or die "no heartbeat\n" for 1, 2;
}
my $clock = $daemon->client(worker => $there);
$daemon->halt($pid);
$_->heartbeat for @crowd;
let_pass($clock, 1);
$daemon->unhalt($pid);
is scalar(grep { beats($_) eq 'closed' } @crowd), 0,
    'what was not read in time is read before anybody is closed';

# The same worker stands still for three intervals: nobody was asked, so
# nobody had to answer.
$daemon = sparrow('worker_processes 2;', game => '
    heartbeat      1s;
    login_timeout  0;');
($a, $b) = $daemon->client_on_each(2);
($here, $there) = map { $_->worker } $a, $b;
$pid   = $daemon->pid_of($a);
@crowd = map { $daemon->client(worker => $here) } 1 .. 100;
beats($_) == 1 or die "no heartbeat\n" for @crowd;
$clock = $daemon->client(worker => $there);
$daemon->halt($pid);
let_pass($clock, 2);
$daemon->unhalt($pid);
is scalar(grep { !$_->read_packet } @crowd), 0,
    'all are asked after a stop of the worker';
$_->heartbeat for @crowd;
is scalar(grep { beats($_) eq 'closed' } @crowd), 0, 'and nobody is closed';
$_->close for @crowd;

# A client is not read while the owner of its desk does not keep up.
my ($ann) = $daemon->players(1, worker => $here);
my $table = $daemon->table(players => [$ann], mode => 3);
my ($bob) = $daemon->players(1, worker => $there);
$table->add($bob);
$clock = $daemon->client(worker => $there);
$daemon->halt($pid);
$bob->notify('DeskManager.Resume', {}) for 1 .. 100;
let_pass($clock, 2);
ok $bob->is_open, 'who is not read on purpose is not silent';
$daemon->unhalt($pid);
is $bob->request_raw('Echo.Ping', 'x'), 'x', 'and served afterwards';

done_testing;
