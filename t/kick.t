#!/usr/bin/perl

# A uid is logged in once in the whole daemon: the later login kicks the
# earlier, in whatever worker it is.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', tls => 1);
my ($slot_a, $slot_b) = map { $_->worker } $daemon->client_on_each(2);

sub login {
    my ($client, $guest) = @_;
    return $client->request('Manager.Login', $daemon->login_of($guest));
}

# Another worker, the same worker, the same session.
for my $slot ($slot_b, $slot_a) {
    my $guest = $daemon->guest("plain-$slot");
    my $old   = $daemon->client(worker => $slot_a);
    my $new   = $daemon->client(worker => $slot);
    is login($old, $guest)->{acId}, $guest->{uid}, 'the first is in';
    is login($old, $guest)->{acId}, $guest->{uid}, 'and may say so again';
    is login($new, $guest)->{acId}, $guest->{uid}, 'the second is in';
    ok $old->kicked, 'the first is kicked, with a reason';
    ok defined $new->request('DeskManager.UnCompleteDesk')->{exist},
        'the second is served';
}

# Another uid on the same session releases the first.
my ($ann, $bob) = map { $daemon->guest($_) } qw(ann bob);
my $client = $daemon->client(worker => $slot_a);
my $other  = $daemon->client(worker => $slot_b);
login($client, $ann);
is login($client, $bob)->{acId}, $bob->{uid}, 'another uid';
is login($other, $ann)->{acId}, $ann->{uid}, 'the first is free';
is $client->request_raw('Echo.Ping', 'x'), 'x', 'and nobody is kicked for it';
login($daemon->client(worker => $slot_b), $bob);
ok $client->kicked, 'the second is held';

# A close frees the uid; a late close of an old session does not.
$other->close;
my $guest = $daemon->guest('late');
my $old   = $daemon->client(worker => $slot_a);
login($old, $guest);
my $pid = $daemon->pid_of($old);
my $new = $daemon->client(worker => $slot_b);
$daemon->halt($pid);
is login($new, $guest)->{acId}, $guest->{uid},
    'a login does not wait for the kick';
$daemon->unhalt($pid);
ok $old->kicked, 'which comes later';
my $third = $daemon->client(worker => $slot_a);
$old->close;
$third->request_raw('Echo.Ping', 'the close has been seen before this');
is login($third, $guest)->{acId}, $guest->{uid}, 'a third';
ok $new->kicked, 'kicks the second: the late close took nothing from it';

# Two at once, behind a barrier: exactly one lives, and the row names it.
my $rounds = $ENV{SPARROW_TEST_ROUNDS} // 1000;
my (%worse, $named);
my $http = $daemon->http_client;
for my $round (1 .. $rounds) {
    my $twin = $daemon->guest("twin-$round", http => $http);
    my @pair = (
        $daemon->client(worker => $slot_a),
        $daemon->client(worker => $slot_b));
    @pair = reverse @pair if $round % 2;
    my $packet = packet(DATA, message(type => REQUEST, id => 1,
        route => 'Manager.Login',
        payload => $pair[0]->encode($daemon->login_of($twin))));
    $_->send_raw($packet) for @pair;
    my $loser = wait_for {
        (grep { !$_->is_open } @pair)[0];
    } "a loser in round $round";
    my ($winner) = grep { $_ != $loser } @pair;
    $worse{'loser not kicked'}++ if !$loser->kicked;
    $worse{'winner not in'}++
        if ($winner->response(1)->{acId} // 0) != $twin->{uid};
    $worse{'winner not served'}++
        if !defined $winner->request('DeskManager.UnCompleteDesk')->{exist};
    if ($round % 10 == 0) {
        my $next = $daemon->client;
        login($next, $twin);
        $winner->kicked ? $named++ : $worse{'the row names another'}++;
        $next->close;
    }
    $winner->close;
}
is_deeply \%worse, {}, "one of two lives, $rounds times";
is $named, int $rounds / 10, 'the row names the one that lives';

# Who closes and comes back at once is no war, even if the close is seen last.
my $hasty = $daemon->guest('hasty');
my $gate  = $daemon->client(worker => $slot_a);
$pid = $daemon->pid_of($gate);
my @here  = map { $daemon->client(worker => $slot_a) } 1 .. 8;
my @there = map { $daemon->client(worker => $slot_b) } 1 .. 8;
my $talk  = join '', map { packet(DATA, message(type => NOTIFY,
        route => 'Echo.Ping', payload => 'x')) } 1 .. 200;
my @answers;
for my $i (0 .. 7) {
    login($here[$i], $hasty)->{acId} // last;
    $here[$i]->expect('onCoinChange');
    $daemon->halt($pid);
    $here[$i]->send_raw($talk);
    $here[$i]->close;
    push @answers, login($there[$i], $hasty)->{acId};
    $daemon->unhalt($pid);
    $gate->request_raw('Echo.Ping', 'the close has been seen before this');
    $there[$i]->close;
}
is_deeply \@answers, [ ($hasty->{uid}) x 8 ], 'a quick return is no war';

# Two devices at war: after five kicks within ten seconds the uid rests.
my $war = $daemon->guest('war');
my @army  = map { $daemon->client } 1 .. 9;
my @codes = map {
    my $code = login($army[$_], $war)->{code} // 0;
    ok $army[ $_ - 1 ]->kicked, "kick $_" if $_ && !$code;
    $code;
} 0 .. $#army;
is_deeply \@codes, [ (0) x 7, (1030) x 2 ], 'six kicks in a row are a war';
is login($daemon->client, $daemon->guest('peace'))->{code}, undef,
    'others are not concerned';

# What comes with a login in one go is looked at when the login is through,
# or is not.
sub login_and_more {
    my ($client, $guest) = @_;
    $client->send_raw(join '', map { packet(DATA, message(type => REQUEST,
        id => 100 + $_->[0], route => $_->[1], payload => $_->[2])) }
        [ 1, 'Manager.Login', $client->encode($daemon->login_of($guest)) ],
        [ 2, 'DeskManager.UnCompleteDesk', '{}' ],
        [ 3, 'Echo.Ping', 'x' ]);
    return +(map { $client->response(100 + $_) } 1, 2),
        $client->response_raw(103);
}

for my $tls (0, 1) {
    my $client = $daemon->client(tls => $tls);
    my ($in, $desk, $echo)
        = login_and_more($client, $daemon->guest("hurry-$tls"));
    ok $in->{acId} > 0 && defined $desk->{exist} && $echo eq 'x',
        'served in the same breath';
    $client = $daemon->client(tls => $tls);
    ($in, $desk) = login_and_more($client, $war);
    is $in->{code}, 1030, 'the login is refused';
    is $desk->{code}, 1005, 'and what comes with it is a stranger\'s';
    is_deeply $client->{pushes}, [], 'who was told nothing';
}

done_testing;
