#!/usr/bin/perl

# A logout that cannot be written is tried again until it is, and needs no room
# of its own; a worker's death ends no denial of logins.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Fault;
use Test::Sparrow::Rows 'rows';

use constant SIZE => 4 << 20;

sub sessions {
    my ($daemon) = @_;
    my ($left) = grep { $_->{kind} eq 'left' } $daemon->journals;
    return $left->{sessions};
}

note 'a disk that is full for a moment';
{
    my $fault  = Test::Sparrow::Fault->new;
    my $daemon = sparrow('worker_processes 2;', env => { $fault->env },
        allow_log => [qr/No space left on device/]);
    my @players = map { $daemon->players(1, worker => $_) } 0, 1, 0;
    my $stays = $players[2];
    $fault->fill('shared');
    $_->close for @players[ 0, 1 ];
    wait_for { $fault->failed >= 2 } 'logouts that are refused';
    is sessions($daemon), 3, 'they cannot be written';
    $fault->set;
    wait_for { sessions($daemon) == 1 } 'the logouts';
    is $stays->request_raw('Echo.Ping', 'x'), 'x', 'who is there stays';

    # the same connection, the same uid: its logout is past when it is tried
    # again, together with that of another
    my ($last) = $daemon->players(1, worker => $stays->worker);
    my $other  = $daemon->guest('other');
    my $was    = $fault->failed;
    $fault->fill('shared');
    $last->close;
    is $stays->request('Manager.Login', $daemon->login_of($other))->{code},
        1013, 'logged in as another: in vain';
    wait_for { $fault->failed >= 2 + $was } 'the logouts';
    $fault->set;
    is $stays->request('Manager.Login', $daemon->login_of($stays->{guest}))
        ->{acId}, $stays->{uid}, 'and as before';
    wait_for { sessions($daemon) < 2 } 'the logout of the other';
    is sessions($daemon), 1, 'there it is';
    ok !$stays->request('DeskManager.UnCompleteDesk')->{exist}, 'and served';
    $daemon->stop;
}

note 'a worker dies while the disk is full, and nobody takes its slot';
{
    my $fault  = Test::Sparrow::Fault->new;
    my $daemon = sparrow('worker_processes 1;', env => { $fault->env },
        allow_log => [ qr/No space left on device/, qr/exited on signal 9/ ]);
    my ($player) = $daemon->players(1);
    my $pid = $daemon->pid_of($player);
    is +($daemon->reload)[0], 0, 'a reload';
    $fault->fill('shared');
    my $was = $fault->failed;
    $daemon->kill_worker($pid);
    wait_for { $fault->failed > $was } 'a death that cannot be written';
    $fault->set;
    wait_for { !sessions($daemon) } 'the end of what it has left';
    pass 'it is written as soon as it can be';
    $daemon->stop;
}

note 'shared memory that is full';
{
    my $daemon = sparrow('worker_processes 1;', shared_memory => 'size 4m;',
        allow_log => [qr/data\.mdb" is full, raise "size"/]);
    my @players = $daemon->players(3);
    ok defined rows($daemon, 'ballast', 'run/shared', SIZE), 'ballast';
    my $late = $daemon->client;
    wait_for { ($late->request('Manager.Login',
        $daemon->login_of($daemon->guest('late-' . ++$daemon->{late})))->{code}
        // 0) == 1013 } 'a login that is refused';
    my $was = sessions($daemon);
    $_->close for @players;
    wait_for { sessions($daemon) == $was - 3 } 'the logouts';
    pass 'logouts need no room';
    $daemon->stop;
}

note 'a worker dies in a kick war';
{
    my $daemon = sparrow('worker_processes 2;',
        allow_log => [qr/exited on signal 9/]);
    my $guest = $daemon->guest('war');
    my (@codes, $last);
    for (1 .. 9) {
        my $client = $daemon->client(worker => 1);
        my $in = $client->request('Manager.Login', $daemon->login_of($guest));
        push @codes, $in->{code} // 0;
        $last->kicked if $last && !$codes[-1];
        $last = $client if !$codes[-1];
    }
    is $codes[-1], 1030, 'a war';
    $daemon->kill_worker($daemon->pid_of($last));
    wait_for { !sessions($daemon) } 'the end of what the dead has left';
    for my $worker (0, 1) {
        is $daemon->client(worker => $worker)->request('Manager.Login',
            $daemon->login_of($guest))->{code}, 1030,
            "it goes on, at worker $worker";
    }
    $daemon->stop;
}

done_testing;
