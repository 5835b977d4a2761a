#!/usr/bin/perl

# The wall clock steps a day ahead and a day back, in the middle of play, of a
# vote, between two heartbeats, in the life of a desk and of a token.  What
# waits for time to pass does not notice; what is dated has the date.  Time
# that passes is made as well, by moving the time since boot.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Codec qw(unpacket);

use JSON::PP ();
use POSIX qw(strftime);

use constant DAY => 86_400;

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());
my $dir   = File::Temp->newdir;
my $clock = "$dir/clock";
my ($wall, $boot);

# To so many seconds from the wall time, and from the time since boot.
sub clocks {
    ($wall, $boot) = @_;
    open my $fh, -e $clock ? '+<' : '>', $clock or die "$clock: $!\n";
    syswrite($fh, pack 'q<2', 1000 * $wall, 1000 * $boot) == 16
        or die "$clock: $!\n";
    return;
}

sub wall { return clocks($_[0], $boot) }
sub elapse { return clocks($wall, $boot + $_[0]) }

# A daemon whose clocks are right so far.
sub daemon {
    clocks(0, 0);
    return sparrow('worker_processes 2;', @_,
        env => { CLOCK => $clock, LD_PRELOAD => library('clock') });
}

# The time is so many seconds from ours, but for what the test itself takes.
sub is_about {
    my ($time, $from, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok abs($time - time - $from) < DAY / 4, $what;
}

sub table {
    my ($daemon, %opt) = @_;
    return $daemon->table(round => 4, on => [ map { { worker => $_ } }
        0, 1, 0, 1 ], %opt);
}

# Players and the owner of their desk are all awake, and have nothing to say.
sub is_quiet {
    my ($table, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is join(' ', map { $_->[0] } map { @$_ } $table->news), '', $what;
}

note 'play';
{
    my $daemon = daemon(shared_memory => 'journal_keep on;');
    wall(DAY);
    my $table = table($daemon)->ready;
    is_about($table->player(0)->request('DeskManager.UnCompleteDesk')
        ->{tableInfo}{createdAt}, DAY, 'a desk has the date of the day');
    my $heard = 0;
    for my $step (0, -DAY, 0, DAY, -DAY, DAY, -DAY) {
        $heard += 12;
        ok $table->play(until => sub {
            $heard <= $table->heard(0, 'onMoPai') }), 'they play';
        wall($step);
    }
    ok $table->play, 'a match goes to its end';
    for my $route (qw(onPlayerOfflineStatus onTrustee onDissolve)) {
        is scalar(grep { $table->heard($_, $route) } 0 .. 3), 0, "no $route";
    }
    is scalar(grep { !$_->is_open } $table->players), 0, 'nobody is sent away';
    my @ends = map { $table->heard($_, 'onGameEnd') } 0 .. 3;
    is_deeply $ends[$_], $ends[0], 'all hear the same end' for 1 .. 3;
    ok $ends[0]{isNormalFinished}, 'a normal one';
    $_->close for $table->players;
    my ($desk, $bad);
    wait_for {
        my @found = $daemon->journals;
        ($bad)  = grep { $_->{kind} eq 'bad' } @found;
        ($desk) = grep { $_->{kind} eq 'desk' } @found;
        $bad || ($desk && $desk->{dismissed});
    } 'the end of the desk';
    is $bad, undef, 'the journal is good';
    is $desk->{saved}, join(',', map { $_->{totalScore} }
        @{ $ends[0]{stats} }), 'the record has the scores';
    is_about($desk->{created} / 1000, DAY, 'and when it was made');
    is_about($desk->{$_} / 1000, -(DAY), "and $_, which is before")
        for qw(until closed);
    my (undef, $head) = $daemon->http('GET', '/ping');
    like $head->{date}, qr/^\w+, (?:${\ join '|', map { strftime '%d %b %Y',
        gmtime(time - DAY + $_) } -60, 0 }) /, 'and an answer over HTTP';
    $daemon->stop;
    my ($line) = reverse split /\n/, $daemon->log;
    like $line, qr{^(?:${\ join '|', map { strftime '%Y/%m/%d',
        gmtime(time - DAY + $_) } -60, 0 }) }, 'and so has the log';
}

note 'a vote';
for my $state (qw(created playing)) {
    my $daemon = daemon(game => 'heartbeat 1h;',
        allow_log => [qr/exited on signal 9/]);
    my $table  = table($daemon)->settle;
    my ($end)  = $state eq 'created' ? 'onDissolve' : 'onGameEnd';
    $table->ready, $table->reach('playing') if $state ne 'created';
    my $rest = sub {
        my ($from, $what) = @_;
        $table->player(3)->notify("DeskManager.$_", {}) for qw(Pause Resume);
        my ($status) = ($table->news)[0][-1];
        is $status->[0], 'onDissolveStatus', $what;
        my $left = $status->[1]{restTime};
        ok $left <= $from && $left > $from - 100, "$from seconds are left";
    };
    for my $consent (0, 1) {
        wall(0);
        $table->news;
        $table->player(1)->notify('DeskManager.Dissolve', {});
        $table->player(2)->notify('DeskManager.DissolveStatus',
            { result => $yes }) if $table->settle && $consent;
        $table->settle;
        my $all = $consent ? 150 : 300;
        for my $step (DAY, -DAY, 0) {
            wall($step);
            $rest->($all, "$state: a vote runs, whatever the date");
        }
        elapse($all - 1 - 20);
        $rest->(21, 'and all but some seconds later');
        last if $consent;
        wall(-DAY);
        $table->player(0)->notify('DeskManager.DissolveStatus',
            { result => $no });
        $table->settle;
        is scalar($table->heard(3, 'onDissolveFailure')), 1, 'one refuses';
    }
    wall(-DAY);
    $daemon->kill_worker($daemon->pid_of($table->player(0)));
    my $asked = $table->heard(0, 'onDissolveAgreement');
    $table->come_back($_, worker => 0) for 0, 2;
    $table->wait_until(sub {
        $asked < $table->heard(0, 'onDissolveAgreement') }, 'what runs');
    my ($left) = map { $_->{restTime} }
        reverse $table->heard(0, 'onDissolveAgreement');
    ok $left > 0 && $left <= 21, 'another owner does not ask the wall clock';
    $table->settle; # all gates have found the owner
    ok !$table->heard(1, $end), 'it is not over';
    elapse(22);
    $table->settle;
    $table->wait_until(sub { 4 == grep { $table->heard($_, $end) } 0 .. 3 },
        'the end');
    is scalar($table->heard(1, $end)), 1, 'it ends when its time is over';
    $daemon->stop;
}

note 'heartbeats';
{
    my $daemon = daemon(http => undef, game => 'heartbeat 10m;
        login_timeout 0;');
    my ($lively, $silent) = map { $daemon->client(worker => 0) } 1, 2;
    my $beats = sub {
        my ($client) = @_;
        $client->is_open or return -1;
        my $n = 0;
        while (my $p = unpacket(\$client->{in})) {
            $n++ if $p->{type} == HEARTBEAT;
        }
        return $n;
    };
    # of both, when the worker has been awake; who is silent stays so
    my $heard = sub {
        my ($answers) = @_;
        $lively->send_request('Echo.Ping', 'x');
        my $n = 0;
        while (my $p = $lively->read_packet) {
            last if $p->{type} == DATA;
            $n++ if $p->{type} == HEARTBEAT;
        }
        return "$n " . $beats->($silent);
    };
    is $heard->(), '1 1', 'one when hands are shaken';
    for my $step (DAY, -DAY, 0, DAY) {
        wall($step);
        is $heard->(), '0 0', 'none is sent because of a date';
    }
    elapse(601);
    $heard->();
    wall(-DAY);
    is $heard->() =~ /-1/ ? 'closed' : 'open', 'open',
        'a day less is nothing either';
    for (1, 2) {
        elapse(601);
        $heard->();
    }
    $lively->send_request('Echo.Ping', 'x');
    ok $silent->closed, 'who is silent for long is sent away';
    ok $lively->is_open, 'who is not stays';
    $daemon->stop;
}

note 'the life of a desk';
{
    my $daemon = daemon(game => 'heartbeat 1h; desk_lifetime 2h;');
    my $table  = table($daemon)->ready;
    $table->reach('playing');
    $table->news;
    for my $step (DAY, -DAY, 0, DAY) {
        wall($step);
        is_quiet($table, 'a desk does not grow old by a date');
    }
    elapse(3000), is_quiet($table, 'it lives') for 1, 2;
    elapse(1300);
    $table->settle;
    $table->wait_heard('onGameEnd');
    ok !+($table->heard(0, 'onGameEnd'))[0]{isNormalFinished},
        'but by time that passes';
    $daemon->stop;
}

note 'a reload, with a player who has only made his desk';
{
    my $daemon = daemon(game => 'heartbeat 1h;');
    my @players = map { $daemon->players(1, worker => $_) } 0, 1;
    my $desk = $players[0]->request('DeskManager.CreateDesk', { clubId => -1,
        version => '1.9.3', options => Test::Sparrow::Table::options() }
    )->{tableInfo}{deskId};
    is $players[1]->request('DeskManager.Join', { version => '1.9.3',
        deskId => $desk })->{code}, 0, 'another comes';
    $players[1]->notify('DeskManager.ClientInitCompleted', { isReenter => $no });
    $players[1]->expect('onPlayerEnter');
    is $daemon->exit_of('-s', 'reload'), 0, 'a reload';
    for (1 .. 3) {
        elapse(3 * $_);
        $players[1]->request('DeskManager.DingQue', {}) for 1, 2;
    }
    is scalar(grep { $_->{route} eq 'onPlayerOfflineStatus' }
        @{ $players[1]{pushes} }), 0, 'he is still there';
    $daemon->stop;
}

note 'a desk that has ended, and cannot be closed yet';
{
    my $daemon = daemon(game => 'heartbeat 1h;',
        allow_log => [qr/asking again|no answer/]);
    my $table = table($daemon)->ready;
    $table->reach('playing');
    my $store = $daemon->store_pid;
    $daemon->halt($store);
    $table->player(0)->notify('DeskManager.Dissolve', {});
    $table->settle;
    $table->player($_)->notify('DeskManager.DissolveStatus',
        { result => $yes }) for 1 .. 3;
    $table->wait_heard('onGameEnd');
    elapse(20);
    $table->settle for 1, 2;
    ok 1, 'its worker serves others';
    $daemon->unhalt($store);
    $_->close for $table->players;
    my @found = $daemon->journals_at_rest;
    is scalar(grep { $_->{kind} eq 'bad' } @found), 0, 'then it goes';
    $daemon->stop;
}

note 'tokens';
{
    my $daemon = daemon();
    my $guest  = $daemon->guest('ann');
    my $first  = $daemon->player('ann');
    my $code   = sub {
        my ($who) = @_;
        my $client = $daemon->client;
        my $answer = $client->request('Manager.Login', $daemon->login_of($who));
        $client->close;
        return $answer->{code} // 0;
    };
    my $bob = $daemon->guest('bob');
    wall(DAY);
    is $code->($bob), 1005, 'a day later a token is over';
    ok !$first->request('DeskManager.UnCompleteDesk')->{exist},
        'who is logged in stays in';
    my $later = $daemon->guest('bob');
    is_about($later->{expires}, DAY + 6 * 3600, 'a new one is of that day');
    is $code->($later), 0, 'and good';
    wall(0);
    is $code->($later), 0, 'also before it was given';
    wall(-DAY);
    is $code->($bob), 0, 'the old one is good again';
    elapse(7 * 3600);
    is $code->($bob), 0, 'however much time has passed since';
    $daemon->stop;
}

done_testing;
