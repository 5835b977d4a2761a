#!/usr/bin/perl

# One connection that asks for two desks in one breath, as one player, as
# another, and as the first again: he sits at one of them, whatever their
# owner sees of it at once.  And one that asks for the same desk as others: the
# last of them sits there, too, also when its owner dies meanwhile.

use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

my $killed = qr/exited on signal 9/;
my $daemon = sparrow('worker_processes 2;', allow_log => [$killed],
    http_server => 'location = /desks { gm_desks; }');
my ($slot, $there) = map { $_->worker } $daemon->client_on_each(2);

# Who sits at how many desks.
sub seats {
    my %seats;
    my (undef, undef, $list) = $daemon->http(GET => '/desks');
    $seats{ $_->{uid} }++ for map { @{ $_->{players} } } @{ $list->{data} };
    return \%seats;
}

# The desk of each.
sub desks_of {
    return map { $_->request('DeskManager.CreateDesk', { clubId => -1,
        version => '1.9.3', options => Test::Sparrow::Table::options() }
    )->{tableInfo}{deskId} } @_;
}

sub join_of {
    return [ 'DeskManager.Join', { version => '1.9.3', deskId => $_[0] } ];
}

sub login_of { return [ 'Manager.Login', $daemon->login_of($_[0]) ] }

# Requests in one breath, with the ids 101 and so on.
sub burst {
    my ($player, @requests) = @_;
    my $id = 100;
    return $player->send_raw(join '', map {
        my ($route, $body) = @$_;
        packet(DATA, message(type => REQUEST, id => ++$id,
            route => $route, payload => $player->encode($body)));
    } @requests);
}

for my $turn (1 .. 3) {
    my @makers = $daemon->players(2, worker => $slot);
    my @desks  = desks_of(@makers);
    my ($player) = $daemon->players(1, worker => $there);
    my $other = $daemon->guest("other-$turn");

    my $owner = $daemon->pid_of($makers[0]);
    $daemon->halt($owner);
    burst($player, join_of($desks[0]), login_of($other),
        login_of($player->{guest}), join_of($desks[1]));
    is $player->response(103)->{acId}, $player->{uid}, 'he is himself again';
    $player->request_raw('Echo.Ping', 'all of it is on its way');
    $daemon->unhalt($owner);
    my $code = $player->response(104)->{code};
    ok $code == 0 || $code == 30003 || $code == 1013, "an answer: $code";
    my $seats = seats();
    is $seats->{ $player->{uid} }, 1, 'he sits at one desk';
    ok !$seats->{ $other->{uid} }, 'the other at none';
    ok $player->request('DeskManager.UnCompleteDesk')->{exist},
        'and knows it';
    $_->close for @makers, $player;
}

for my $signal ('CONT', 'KILL') {
    my ($maker)  = $daemon->players(1, worker => $slot);
    my ($desk)   = desks_of($maker);
    my ($player) = $daemon->players(1, worker => $there);
    my @others = map { $daemon->guest("$_-$signal") } 'second', 'third';
    my $join   = join_of($desk);
    is $player->request(@$join)->{code}, 0, 'he sits there';
    my $owner = $daemon->pid_of($maker);
    $daemon->halt($owner);
    burst($player, map { (login_of($_), $join) } @others);
    is $player->response(102)->{code}, 1013, 'one of them is in a hurry';
    is $player->response(103)->{acId}, $others[1]{uid}, 'he is the other';
    $player->request_raw('Echo.Ping', 'all of it is on its way');
    kill $signal => $owner;
    $daemon->unhalt;
    is $player->response(104)->{code}, 0, 'who sits down';
    my $seats = seats();
    is join(' ', map { $seats->{$_} // 0 } $player->{uid},
        map { $_->{uid} } @others), '1 0 1', 'beside him';
    $player->notify('DeskManager.Exit', { isDestroy => JSON::PP::false() });
    ok $player->expect('onPlayerExit'), 'and may leave';
    $player->request(@{ login_of($player->{guest}) });
    is $player->request(@$join)->{code}, 0, 'himself again, he is back';
    $_->close for $maker, $player;
}

# Another for a moment, and then back at his desk, whose owner dies before it
# has heard of it.
{
    my ($maker)  = $daemon->players(1, worker => $slot);
    my ($desk)   = desks_of($maker);
    my ($player) = $daemon->players(1, worker => $there);
    my $other    = $daemon->guest('for a moment');
    is $player->request(@{ join_of($desk) })->{code}, 0, 'he sits there';
    $player->notify('DeskManager.ClientInitCompleted',
        { isReenter => JSON::PP::false() });
    $player->expect('onPlayerEnter');
    my $owner = $daemon->pid_of($maker);
    $daemon->halt($owner);
    burst($player, login_of($other), login_of($player->{guest}),
        [ 'DeskManager.ReJoin', { deskId => $desk } ]);
    is $player->response(102)->{acId}, $player->{uid}, 'he is himself again';
    $player->request_raw('Echo.Ping', 'all of it is on its way');
    $daemon->unhalt;
    $daemon->kill_worker($owner);
    ok $player->expect('onDeskBasicInfo'), 'and back at the desk';
    $_->close for $maker, $player;
}

# Nothing of that is left: workers that are leaving wait for nobody.
my %old = map { $_ => 1 } $daemon->workers;
is +($daemon->reload)[0], 0, 'a reload';
wait_for { !grep { $old{ $_->{pid} } } $daemon->processes }
    'the end of the old workers';

done_testing;
