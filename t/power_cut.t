#!/usr/bin/perl

# The power is cut, again and again, at a random moment, while guests come in
# and matches are played; disks that are slow to sync make for more that is
# not synced.  The store has whatever anybody was told, and is whole; shared
# memory, which is not synced, is set aside; cards of matches that went with
# it are given back.
#
# SPARROW_POWER_CUTS is how often, SPARROW_TEST_SEED says when.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Fault;
use Test::Sparrow::Power;
use Test::Sparrow::Proc qw(reap spawn);

use List::Util qw(shuffle);
use Time::HiRes qw(time);

use constant { CONNECTIONS => 8, CHECKED => 200 };

my $bench = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';
my $cuts  = $ENV{SPARROW_POWER_CUTS} // 10;
my $seed  = $ENV{SPARROW_TEST_SEED} // 7;
srand $seed;
note "seed $seed";

my $fault  = Test::Sparrow::Fault->new;
my $power  = Test::Sparrow::Power->new;
my $daemon = sparrow('worker_processes 2;', start => 0,
    store => 'store_timeout 20s;',
    env => { $fault->env, $power->env,
        LD_PRELOAD => join ':', library('power'), library('fault') });

# --- what players were told: uids of devices

my %uid;

sub login {
    return Test::Sparrow::HTTP::format_request('POST', '/v1/user/login/guest',
        { appId => 'test', channelId => 'test', imei => $_[0] });
}

# New guests come in, one after the other on each connection; until told.
my $devices = 0;

sub come_in_until {
    my ($end) = @_;
    my @open = map { { http => $daemon->http_client } } 1 .. CONNECTIONS;
    my $told = 0;
    my $ask = sub { $_[0]{http}->send_raw(
        login($_[0]{device} = 'device-' . ++$devices)) };
    $ask->($_) for @open;
    while (time < $end) {
        my $set = '';
        vec($set, fileno $_->{http}{sock}, 1) = 1 for @open;
        select $set, undef, undef, 0.01;
        for my $c (grep { vec $set, fileno $_->{http}{sock}, 1 } @open) {
            my (undef, undef, $guest) = $c->{http}->response;
            $uid{ $c->{device} } = $guest->{uid};
            $told++;
            $ask->($c);
        }
    }
    return $told;
}

# Who was told of an account has it; of many some are asked.
sub check_accounts {
    my ($what, @devices) = @_;
    my $http = $daemon->http_client;
    my %found;
    for (@devices) {
        my $guest = $daemon->guest($_, http => $http);
        $found{$_} = $guest->{uid} // "code $guest->{code}";
    }
    return is_deeply \%found, { map { $_ => $uid{$_} } @devices }, $what;
}

sub is_whole {
    my ($what, $folder) = @_;
    return ok defined $daemon->tool('whole', $what,
        $daemon->prefix . "/$folder"), "$what: each row and page is there";
}

# --- a match that was played to its end is paid for, whatever comes

$power->on($daemon);
my $table = $daemon->table(round => 1)->ready;
$table->play;
$_->close for $table->players;
$daemon->journals_at_rest;
my $owner = $table->player(0)->{uid};

for my $cut (1 .. $cuts) {
    $fault->set(store_slow => (0, 5, 40)[ rand 3 ]);
    my $begun = $daemon->table(mode => 4, round => 4)->ready;
    $begun->reach('dealing');
    my $play = spawn({ output => $daemon->prefix . '/play' }, $bench,
        qw(play -q --chaos --desks 3 --think 5 -d 60 --seed), $seed + $cut,
        '--game', '127.0.0.1:' . $daemon->port('game'),
        '127.0.0.1:' . $daemon->port('http'));
    my $told = come_in_until(time + 0.1 + rand 0.7);
    kill KILL => $play;
    $power->cut($daemon);
    wait_for { defined reap($play) } 'the end of play';
    $fault->set;
    is_whole('store', 'data');
    $daemon->log_mark;
    $power->on($daemon);
    $daemon->log_like(qr/shared memory "\S*" .*running desks .* are lost/,
        "cut $cut: shared memory is set aside");
    my @devices = shuffle keys %uid;
    splice @devices, CHECKED if @devices > CHECKED;
    check_accounts("cut $cut: what $told of " . keys(%uid)
        . ' accounts were told is there', @devices);
    my @found  = $daemon->journals;
    my ($left) = grep { $_->{kind} eq 'left' } @found;
    my %cards  = map { $_->{uid} => $_->{cards} }
        grep { $_->{kind} eq 'user' } @found;
    is $left->{open}, 0, 'no desk is open';
    my $maker = $begun->player(0)->{uid};
    is "@cards{ $owner, $maker }", '8 10',
        'a match that ended is paid for, one that was lost is not';
    $table = $daemon->table(round => 1)->ready;
    ok $table->play, 'and matches are played';
    $_->close for $table->players;
}
check_accounts('all that were ever told are there', keys %uid);
cmp_ok $power->torn, '>', 0, 'writes were torn: ' . $power->torn;

done_testing;
