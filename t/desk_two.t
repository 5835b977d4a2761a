#!/usr/bin/perl

# One connection that asks for two desks in one breath, as one player, as
# another, and as the first again: he sits at one of them, whatever their
# owner sees of it at once.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;',
    http_server => 'location = /desks { gm_desks; }');
my ($slot, $there) = map { $_->worker } $daemon->client_on_each(2);

# Who sits at how many desks.
sub seats {
    my %seats;
    my (undef, undef, $list) = $daemon->http(GET => '/desks');
    $seats{ $_->{uid} }++ for map { @{ $_->{players} } } @{ $list->{data} };
    return \%seats;
}

for my $turn (1 .. 3) {
    my @makers = $daemon->players(2, worker => $slot);
    my @desks  = map { $_->request('DeskManager.CreateDesk', { clubId => -1,
        version => '1.9.3', options => Test::Sparrow::Table::options() }
    )->{tableInfo}{deskId} } @makers;
    my ($player) = $daemon->players(1, worker => $there);
    my $other = $daemon->guest("other-$turn");
    my $id    = 100;
    my $burst = join '', map {
        my ($route, $body) = @$_;
        packet(DATA, message(type => REQUEST, id => ++$id,
            route => $route, payload => $player->encode($body)));
    } [ 'DeskManager.Join', { version => '1.9.3', deskId => $desks[0] } ],
      [ 'Manager.Login', $daemon->login_of($other) ],
      [ 'Manager.Login', $daemon->login_of($player->{guest}) ],
      [ 'DeskManager.Join', { version => '1.9.3', deskId => $desks[1] } ];

    my $owner = $daemon->pid_of($makers[0]);
    kill STOP => $owner;
    $player->send_raw($burst);
    is $player->response(103)->{acId}, $player->{uid}, 'he is himself again';
    $player->request_raw('Echo.Ping', 'all of it is on its way');
    kill CONT => $owner;
    my $code = $player->response(104)->{code};
    ok $code == 0 || $code == 30003 || $code == 1013, "an answer: $code";
    my $seats = seats();
    is $seats->{ $player->{uid} }, 1, 'he sits at one desk';
    ok !$seats->{ $other->{uid} }, 'the other at none';
    ok $player->request('DeskManager.UnCompleteDesk')->{exist},
        'and knows it';
    $_->close for @makers, $player;
}

done_testing;
