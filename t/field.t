#!/usr/bin/perl

# Clients of the field with their habits: when they send heartbeats, when they
# give up, how they write an emoji, and what they do when they are sent away.
# All live through idle intervals, a reload, and a worker that stands still;
# they come back after a worker's death and after a stop, and not after a kick.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use Encode ();
use JSON::PP ();
use Test::Sparrow::Codec qw(unpacket);
use Time::HiRes qw(time);

use constant { I => 1, GAP => 0.1 };

my $face  = "\x{1f600}";
my $utf8  = Encode::encode_utf8($face);
my $cesu8 = "\xed\xa0\xbd\xed\xb8\x80";

# answers: so many intervals after a heartbeat comes; begins: a heartbeat of
# its own so long after the handshake, and after each answer; patience: it
# gives up when nothing came so long after its own.
my %habits = (
    # protocol.js of pomelo: a heartbeat starts a timer of one interval; then
    # it sends its own and waits two intervals, and 100 ms, for anything.
    # strencode() writes the two surrogates of an emoji.
    pomelo => { answers => 1, patience => 2 * I + GAP, writes => $cesu8 },
    # The same in TypeScript; names are cut by length, in mid-emoji.
    pinus => { answers => 1, patience => 2 * I + GAP, writes => '\\ud83d',
        reads => "\x{fffd}" },
    # starx-wsclient, which nano's examples bring along, is pomelo's.
    nano => { answers => 1, patience => 2 * I + GAP, writes => $cesu8 },
    # tr_uv_tcp of libpomelo2: one interval after the handshake, and after each
    # answer, it sends one; heartbeats that it does not wait for are ignored.
    libpomelo2 => { begins => 1, patience => 2 * I, writes => $utf8 },
    # Its descendant; with no answer in two intervals it reconnects.
    libpitaya => { begins => 1, patience => 2 * I, writes => $utf8 },
    # Bots in Go answer at once, and wait for nothing.
    hasty => { answers => 0, patience => 3600, writes => '\\ud83d\\ude00' },
);

my $daemon = sparrow('worker_processes 2; worker_shutdown_timeout 30s;',
    game  => 'heartbeat ' . I . 's; login_timeout 0; login_token accept;',
    allow_log => [qr/exited on signal 9/]);
my %uid = do { my $n = 9_000_000; map { $_ => ++$n } sort keys %habits };

# Connects, logs in, and says what is wrong with the answer.
sub enter {
    my ($kind, %opt) = @_;
    my $habit  = $habits{$kind};
    my $uid    = delete $opt{uid} // $uid{$kind};
    my $client = $daemon->client(%opt);
    $client->{kind} = $kind;
    my $raw = $client->request_raw('Manager.Login',
        qq({"uid":$uid,"name":"$kind$habit->{writes}"}));
    my $name = $kind . ($habit->{reads} // $face);
    $client->{wrong} = $raw if $raw =~ /[\xf0-\xff]/
        || JSON::PP->new->utf8->decode($raw)->{nickname} ne $name;
    delete $client->{beat_at}; # from here on by its own habits
    $client->{heard}   = 0;
    $client->{send_at} = time + I * ($habit->{begins} // $habit->{answers});
    return $client;
}

sub hear_heartbeat {
    my ($client, $now) = @_;
    my $habit = $habits{ $client->{kind} };
    $client->{heard}++;
    if (defined $habit->{answers}) {
        $client->{send_at} //= $now + I * $habit->{answers};
    } elsif (defined delete $client->{give_up_at}) {
        $client->{send_at} = $now + I * $habit->{begins};
    }
    return delete $client->{give_up_at};
}

# What has come, and what is due.
sub turn {
    my ($client, $now) = @_;
    return if $client->{end};
    my $open = $client->is_open;
    while (my $p = unpacket(\$client->{in})) {
        $client->{kicked} = 1 if $p->{type} == KICK;
        hear_heartbeat($client, $now) if $p->{type} == HEARTBEAT;
    }
    if (!$open) {
        $client->{end} = $client->{kicked} ? 'kicked' : 'closed';
    } elsif ($now >= ($client->{give_up_at} // 1e12) && !$client->{waits}) {
        $client->{end} = 'gave up';
    } elsif ($now >= ($client->{send_at} // 1e12)) {
        delete $client->{send_at};
        $client->{give_up_at} = $now + $habits{ $client->{kind} }{patience};
        $client->heartbeat;
    }
    return;
}

# Lets the clients live until `done`.
sub live {
    my ($done, $what, @clients) = @_;
    my $deadline = time + 30;
    until ($done->()) {
        die "timed out waiting for $what\n" if time > $deadline;
        my $set = '';
        vec($set, fileno $_->{sock}, 1) = 1 for grep { !$_->{end} } @clients;
        select $set, undef, undef, 0.02;
        turn($_, time) for @clients;
    }
    return;
}

# n heartbeats more for each.
sub beats {
    my ($n, @clients) = @_;
    my %want = map { $_ => $_->{heard} + $n } @clients;
    return live(sub { !grep { !$_->{end} && $_->{heard} < $want{$_} } @clients },
        "$n heartbeats", @clients);
}

sub ends { return join ' ', map { "$_->{kind} $_->{end}" } grep { $_->{end} } @_ }

# --- idle intervals

my ($here, $there) = map { $_->worker } $daemon->client_on_each(2);
my @clients = map { enter($_, worker => $here) } sort keys %habits;
is join(' ', map { $_->{wrong} // () } @clients), '', 'all names are read';
my ($hasty) = grep { $_->{kind} eq 'hasty' } @clients;
my $began = time;
beats(5, @clients);
is ends(@clients), '', 'five heartbeats, and all are there';
cmp_ok $hasty->{heard}, '<=', 4 * (2 + (time - $began) / I),
    "no loop: $hasty->{heard} heartbeats to who answers at once";

# --- a reload, and a worker that stands still for three intervals

is +($daemon->reload)[0], 0, 'a reload';
beats(3, @clients);
is ends(@clients), '', 'they stay with the old worker';
$_->close for @clients;

($here, $there) = map { $_->worker } $daemon->client_on_each(2);
@clients = map { enter($_, worker => $here) } sort keys %habits;
my $clock = enter('pomelo', worker => $there, uid => 9_000_100);
my $pid   = $daemon->pid_of($clients[0]);
$_->{waits} = 1 for @clients; # what they would make of it is not the point
$daemon->halt($pid);
live(sub { $clock->{heard} >= 4 }, 'three intervals', $clock, @clients);
$daemon->unhalt($pid);
beats(3, @clients);
is ends(@clients), '', 'a worker that stood still throws nobody out';
$_->{waits} = 0 for @clients;

# --- who is sent away, and who only loses the connection

my $again = enter('libpitaya', worker => $there);
live(sub { ends(@clients) ne '' }, 'a kick', @clients);
is ends(@clients), 'libpitaya kicked', 'logged in elsewhere: a kick';
@clients = grep { !$_->{end} } @clients;

# A death and a stop: all connections end without a kick, so all come again.
sub all_come_again {
    my ($what) = @_;
    live(sub { !grep { !$_->{end} } @clients }, "the end of $what", @clients);
    is scalar(grep { $_->{end} ne 'closed' } @clients), 0,
        "$what: no kick, and nobody gave up";
    $daemon->wait_exit, $daemon->restart if $what eq 'a stop';
    # as often as it takes
    @clients = map { my $kind = $_->{kind};
        wait_for { eval { enter($kind) } } "a way in for $kind" } @clients;
    is join(' ', map { $_->{wrong} // () } @clients), '', 'they come again';
    beats(2, @clients);
    return is ends(@clients), '', 'and stay';
}

$daemon->kill_worker($pid);
all_come_again('a killed worker');
$daemon->signal('QUIT');
all_come_again('a stop');

done_testing;
