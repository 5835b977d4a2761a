#!/usr/bin/perl

# A client that sends more than limit_message allows is read more slowly:
# nothing of it is lost, it is not taken for silent, and others do not notice.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Codec qw(packet message DATA HEARTBEAT NOTIFY);

use Time::HiRes qw(time);

my $daemon = sparrow('worker_processes 2;', limits => 1, servers => [ '
    listen         127.0.0.1:{{slow}};
    heartbeat      1s;
    limit_message  rate=1 burst=4;', '
    listen         127.0.0.1:{{some}};
    limit_message  rate=500 burst=100;', '
    listen         127.0.0.1:{{free}};
    limit_message  off;' ], tls => 'limit_message rate=500 burst=100;');

sub notify {
    my ($route, $payload) = @_;
    return packet(DATA, message(type => NOTIFY, route => $route,
        payload => $payload // '{}'));
}

sub fence { return $_[0]->request_raw('Echo.Ping', 'x') }

# How long it takes until the client's bytes have had their effect.
sub seconds {
    my ($client, $bytes, $effect) = @_;
    my $begun = time;
    $client->send_raw($bytes);
    $effect->();
    return time - $begun;
}

# The numbers that the client is told, and for how long.
sub pings {
    my ($client, $n, $before) = @_;
    my @heard;
    my $took = seconds($client,
        ($before // '') . join('', map { notify('Echo.Ping', $_) } 1 .. $n),
        sub { @heard = map { $client->expect_raw('onPing') } 1 .. $n });
    is "@heard", join(' ', 1 .. $n), "$n notifies, all in order";
    return $took;
}

# The last of n events is let in when all before it fit into the burst but for
# what has run out since.
sub least { my ($n, $rate, $burst) = @_; return ($n - $burst - 1) / $rate }

note 'at a desk, by default 100 a second and 400 at once';
my ($here, $there) = map { $_->worker } $daemon->client_on_each(2);
my ($ann, $bob, $cid) = map { $daemon->players(1, worker => $_) } $there,
    $here, $here;
my $table = $daemon->table(mode => 3, players => [ $bob, $ann, $cid ]);
$table->ready;
$table->reach('playing');
fence($_) for $ann, $bob, $cid;
my $served = 0;
my $change = notify('DeskManager.Pause') . notify('DeskManager.Resume');
my $took   = seconds($ann, $change x 300, sub {
        $served += fence($cid) eq 'x' for 1 .. 50;
        $bob->expect('onPlayerOfflineStatus') for 1 .. 600;
    });
cmp_ok $took, '>=', least(600, 100, 400),
    'six hundred changes at once take their time, and all take place';
is $served, 50, 'others are served meanwhile';
is fence($ann), 'x', 'and whoever did it is still there';
my $voice = 'v' x 40_000;
$took = seconds($bob, notify('DeskManager.VoiceMessage', $voice) x 14,
    sub { $cid->expect_raw('onVoiceMessage') for 1 .. 14 });
cmp_ok $took, '>=', least(13 * 40, 100, 400), 'voices count by their length';

note 'other limits';
my $some = $daemon->client(server => 'some');
$took = pings($some, 600);
cmp_ok $took, '>=', least(600, 500, 100), 'a rate and a burst of its own';
$took = pings($some, 100, packet(HEARTBEAT, '') x 500);
cmp_ok $took, '>=', least(500, 500, 100), 'heartbeats count, too';
$took = pings($daemon->client(server => 'tls'), 600);
cmp_ok $took, '>=', least(600, 500, 100), 'over TLS';
pings($daemon->client(server => 'free'), 2000);

note 'a login that is above the limit';
my $login = { %{ $daemon->login_of($daemon->guest('late')) },
    filler => 'z' x 3000 };
my $begun = time;
my $late  = $daemon->client(server => 'slow');
$late->send_request('Manager.Login', $login);
is fence($late), 'x', 'what comes behind it is served';
cmp_ok time - $begun, '>=', least(7, 1, 4),
    'but its end does not end the pause';
$late->close;

note 'a pause that is longer than the patience with a silent client';
my ($slow) = $daemon->players(1, server => 'slow');
$slow->notify('Echo.Ping', 'y' x 9000);
my $beats = 0;
while ($beats < 4) {
    my $p = $slow->read_packet or last;
    $beats++ if $p->{type} == HEARTBEAT;
}
is $beats, 4, 'heartbeats go on';
is fence($slow), 'x', 'and the client, who said nothing, is served after it';
$daemon->log_unlike(qr/silent/, 'nobody counts as silent');

note 'one that leaves meanwhile';
$slow->notify('Echo.Ping', 'y' x 9000);
$slow->reset;
is fence($bob), 'x', 'is no harm to others';

done_testing;
