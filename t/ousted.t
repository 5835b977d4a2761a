#!/usr/bin/perl

# A session whose uid is logged in elsewhere takes no desk and no seat any
# more, though it has not heard of it: its worker stood still meanwhile, or the
# login comes while the worker waits to write.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use constant ROUNDS => 4;

my $daemon = sparrow('worker_processes 2;');
my ($host) = $daemon->players(1, worker => 0);
my $table  = $daemon->table(players => [$host]);
my @create = ('DeskManager.CreateDesk', { version => '1.9.3', clubId => -1,
        options => Test::Sparrow::Table::options() });
my @join = ('DeskManager.Join', { version => '1.9.3', deskId => $table->no });

# The codes of the answers to it before the connection ends, and the kick.
sub last_words {
    my ($client, $id) = @_;
    my $kick = $client->kicked;
    return ([ map { $_->{payload} =~ /"code":(-?\d+)/ ? $1 : 0 }
        grep { $_->{id} == $id } @{ $client->{responses} } ], $kick);
}

sub sits_nowhere {
    my ($client, $what) = @_;
    my $found = $client->request('DeskManager.UnCompleteDesk');
    ok !$found->{exist}, $what;
    return;
}

my $n = 0;
for my $round (1 .. ROUNDS) {
    for my $ask (\@create, \@join) {
        note "$ask->[0], its worker stood still, $round";
        my $name = 'still-' . ++$n;
        my $old  = $daemon->player($name, worker => $round % 2);
        my $pid  = $daemon->pid_of($old);
        my $new  = $daemon->client(worker => 1 - $round % 2);
        $daemon->halt($pid);
        my $id = $old->send_request(@$ask);
        is $new->request('Manager.Login', $daemon->login_of($old->{guest}))
            ->{acId}, $old->{uid}, 'logged in elsewhere';
        $daemon->unhalt($pid);
        my ($codes, $kick) = last_words($old, $id);
        is $kick, 'logged in elsewhere', 'kicked';
        is scalar(grep { $_ != 1005 && $_ != 1013 } @$codes), 0,
            'and has got nothing';
        sits_nowhere($new, 'nowhere');
        is $new->request(@create)->{code}, 0, 'who has the uid gets a desk';
    }
}

# A client that changes its network is back before its first worker has read
# what it sent by the connection that it has closed.
for my $round (1 .. ROUNDS) {
    note "a login of a connection that is closed, $round";
    my $first = $daemon->client(worker => $round % 2);
    my $other = $daemon->client(worker => $round % 2);
    my $new   = $daemon->client(worker => 1 - $round % 2);
    my $login = $daemon->login_of($daemon->guest("late $round"));
    my $pid   = $daemon->pid_of($first);
    $daemon->halt($pid);
    $first->notify('DeskManager.ReConnect', $login);
    $first->close;
    is $new->request('Manager.Login', $login)->{acId}, $login->{uid},
        'logged in by the next one';
    $daemon->unhalt($pid);
    $other->request_raw('Echo.Ping', 'x') for 1 .. 3;
    $new->request_raw('Echo.Ping', 'x');
    is $new->request(@create)->{code}, 0, 'which stays';
}

note 'the login comes while the worker waits to write';
{
    my $old = $daemon->player('waits', worker => 1);
    my $pid = $daemon->pid_of($old);
    kill STOP => $pid;
    my $id = $old->send_request(@create);
    ok defined rows($daemon, 'oust', 'run/shared', $old->{uid}, $pid),
        'it waits';
    my ($codes, $kick) = last_words($old, $id);
    is "@$codes", 1005, 'no desk';
    is $kick, 'logged in elsewhere', 'but a kick';
    sits_nowhere($daemon->player('waits'), 'nowhere');

    for my $worker (0, 1) {
        my ($new) = $daemon->players(1, worker => $worker);
        my $owner = $daemon->pid_of($host);
        kill STOP => $owner;
        $id = $new->send_request(@join);
        # from another gate it is there when that has answered what came later
        $new->request_raw('Echo.Ping', 'x') if $worker == 1;
        ok defined rows($daemon, 'oust', 'run/shared', $new->{uid}, $owner),
            "it waits, the session is of worker $worker";
        like $new->response_raw($id), qr/"code":1013\b/, 'no seat';
        $host->request('DeskManager.UnCompleteDesk');
        is scalar(grep { $_->{payload} =~ /\b$new->{uid}\b/ }
            @{ $host->{pushes} }), 0, 'nobody has heard of it';
    }
    is $daemon->player('other')->request(@join)->{code}, 0, 'others get a seat';
}

done_testing;
