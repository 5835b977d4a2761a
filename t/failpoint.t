#!/usr/bin/perl

# The list of fail points: a process dies there, at the first time and at a
# later one, and nothing that was answered is lost: one account for each
# device, one session for each uid, no row of the dead.  A frame that is lost
# is made good by the next heartbeat.

use lib 't/lib';
use Test::Sparrow;

my $killed = qr/exited on signal 9/;
my $early  = qr/died before it was ready/;

# Asks for the devices, two at a time and each twice at once, over four
# connections.  What was answered: { imei => { uid => times } }, and how many
# questions stayed without an answer.
sub ask {
    my ($daemon, @imeis) = @_;
    my (%answered, @http, $lost);
    while (my @pair = splice @imeis, 0, 2) {
        my @asked = (@pair, @pair);
        for my $i (0 .. $#asked) {
            $http[$i] //= $daemon->http_client;
            $http[$i]->send_raw(Test::Sparrow::HTTP::format_request('POST',
                '/v1/user/login/guest', { appId => 'test',
                    channelId => 'test', imei => $asked[$i] }));
        }
        for my $i (0 .. $#asked) {
            my (undef, undef, $body) = $http[$i]->response;
            $answered{ $asked[$i] }{ $body->{uid} // "code $body->{code}" }++
                if ref $body;
            next if ref $body;
            $lost++;
            undef $http[$i];
        }
    }
    return (\%answered, $lost // 0);
}

# Logs them in over the game port: each with its client, its slot, and whether
# it was told that it is in.
sub enter {
    my ($daemon, @guests) = @_;
    my @players;
    for my $guest (@guests) {
        my $client = $daemon->client;
        my $answer = eval { $client->request('Manager.Login',
            $daemon->login_of($guest)) };
        push @players, { guest => $guest, client => $client,
            slot => $client->worker, in => ref $answer && !$answer->{code} };
    }
    return @players;
}

# Who sits where is known, and who died from the log: the rows that were
# cleared away are the ones of the dead worker, all of them.  Returns the
# players of the others; those that came after the death, to a successor in
# the same slot, are among them.
sub check_rows {
    my ($daemon, $name, @players) = @_;
    my $line = $daemon->wait_log(qr/process \d+ of slot \d+ $killed/);
    my ($slot) = $line =~ /of slot (\d+)/;
    my ($last) = grep { !$players[$_]{in} } 0 .. $#players;
    my @before = @players[ 0 .. $last // $#players ];
    my @theirs = grep { $_->{slot} == $slot } @before;
    my $rows   = grep { $_->{in} } @theirs;
    $rows++ if $name eq 'session claim after';
    $daemon->log_like(qr/\b$rows rows of slot $slot generation \d+ cleared/,
        'the rows of the dead are gone');
    ok !(grep { !$_->{client}->closed } @theirs), 'its clients are closed';
    my %theirs = map { $_ => 1 } @theirs;
    return grep { !$theirs{$_} } @players;
}

# Each player comes again: whoever is still there is kicked, nobody else.
sub check_sessions {
    my ($daemon, $players, $alive) = @_;
    my $served = grep {
        defined $_->{client}->request('DeskManager.UnCompleteDesk')->{exist}
    } @$alive;
    is $served, @$alive, 'those of the others are served';
    my @again = enter($daemon, map { $_->{guest} } @$players);
    is scalar(grep { $_->{in} } @again), @again, 'everybody may come again';
    is scalar(grep { defined $_->{client}->kicked } @$alive), @$alive,
        'and takes his own session over';
    $served = grep {
        defined $_->{client}->request('DeskManager.UnCompleteDesk')->{exist}
    } @again;
    is $served, @again, 'which is the one that counts';
    return;
}

my @imeis = map { "device-$_" } 1 .. 10;

for my $case (
    [ 'store commit before',  1 ], [ 'store commit before',  4 ],
    [ 'store commit after',   1 ], [ 'store commit after',   4 ],
    [ 'store answer before',  1 ], [ 'store answer before',  7 ],
    [ 'session claim before', 1 ], [ 'session claim before', 6 ],
    [ 'session claim after',  1 ], [ 'session claim after',  6 ],
    [ 'worker claim after',   1 ], [ 'worker claim after',   3 ]) {
    my ($name, $n) = @$case;
    note "--- $name, time $n";
    my $daemon = sparrow(qq{worker_processes 2; fail_point "$name" $n;},
        store => 'store_timeout 20s;', allow_log => [$killed, $early]);

    my ($answered, $lost) = ask($daemon, @imeis);
    is $lost, 0, 'each question is answered';
    my %guest = map { $_ => $daemon->guest($_) } @imeis;
    is_deeply $answered, { map { $_ => { $guest{$_}{uid} => 2 } } @imeis },
        'with one account for each device';
    my @uids = sort { $a <=> $b } map { $_->{uid} } values %guest;
    is_deeply [ @uids, $daemon->guest('next')->{uid} ],
        [ $uids[0] .. $uids[0] + @imeis ], 'and not one more was made';

    my @players = enter($daemon, map { $guest{$_} } @imeis);
    my @alive   = @players;
    if ($name =~ /^worker/ && $n == 3) {
        my $victim = ($daemon->workers)[0];
        $daemon->kill_worker($victim);
        @alive = check_rows($daemon, $name, @players);
        $daemon->log_like($early, 'its successor dies too, early');
    } elsif ($name =~ /^session/) {
        is scalar(grep { !$_->{in} } @players), 1, 'one login is not answered';
        @alive = check_rows($daemon, $name, @players);
    } elsif ($name =~ /^worker/) {
        $daemon->log_like($early, 'a worker that dies early starts again');
    } else {
        $daemon->log_like(qr/store process \d+ .*$killed/, 'the store died');
    }
    wait_for { $daemon->workers == 2 && $daemon->store_pid } 'all processes';
    $daemon->client_on_each(2);
    check_sessions($daemon, \@players, \@alive);
    is $daemon->guest('after')->{code}, 0, 'guests come as before';
    my @deaths = $daemon->log =~ /$killed/g;
    is scalar(@deaths), $name =~ /^worker/ && $n == 3 ? 2 : 1,
        'nobody else died';
    $daemon->stop;
}

# The frame that kicks is lost: the old session learns it from its row.
my $daemon = sparrow('worker_processes 2; fail_point "kick frame" 1;',
    game => 'heartbeat 5s;');
my ($old, $new) = $daemon->client_on_each(2);
my $guest = $daemon->guest('twice');
for my $client ($old, $new) {
    is $client->request('Manager.Login', $daemon->login_of($guest))->{acId},
        $guest->{uid}, 'logged in';
}
ok $new->hears_nothing_of('onCoin') && $old->hears_nothing_of('onCoin'),
    'both are served for a while';
ok $old->kicked, 'a heartbeat later the old one is kicked';
ok defined $new->request('DeskManager.UnCompleteDesk')->{exist},
    'the new one stays';
my $third = $daemon->client(worker => $old->worker);
$third->request('Manager.Login', $daemon->login_of($guest));
ok $new->kicked, 'its row was not touched by the late close of the old';

done_testing;
