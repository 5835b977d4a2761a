#!/usr/bin/perl

# A turn that cannot be written has not been: who asked for it is told so, the
# others nothing, the desk is as it was; and when it is asked for again it is
# done.  What nobody was to be told of is done later without.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use JSON::PP ();
use Time::HiRes qw(time);

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());

# What is written for three to sit at a desk, one message at a time: five.
use constant LAST => 5;

sub table {
    my ($daemon) = @_;
    my ($ann) = $daemon->players(1, worker => 0);
    my $table = $daemon->table(players => [$ann]);
    $ann->expect('onPlayerEnter');
    $table->add($daemon->players(1, worker => $_)) for 0, 1;
    $table->news;
    return $table;
}

sub desk_of {
    my ($player) = @_;
    my $answer = $player->request('DeskManager.UnCompleteDesk');
    return $answer->{exist} ? $answer->{tableInfo}{deskId} : '';
}

sub routes {
    my ($table) = @_;
    return join '; ', map { join ' ', map { $_->[0] } @$_ } $table->news;
}

# Player $i asks for it in vain, and again: what all hear then.
sub undone {
    my ($i, $route, $body, $heard, $after) = @_;
    note "$route of player $i";
    my $daemon = sparrow('worker_processes 2; fail_point "journal refused" '
        . (LAST + 1) . ';');
    my $table  = table($daemon);
    my $player = $table->player($i);
    my $was    = $player->request('DeskManager.UnCompleteDesk');
    is $player->request("DeskManager.$route", $body)->{code}, 1013,
        'it is not done';
    is_deeply $player->request('DeskManager.UnCompleteDesk'), $was,
        'the desk is as it was';
    # nobody else has to speak before he hears
    my ($next) = grep { $_ != $i } 0 .. 2;
    $table->player($next)->notify('DeskManager.Pause', {});
    $table->wait_until(sub { 3 == grep {
        $table->heard($_, 'onPlayerOfflineStatus') } 0 .. 2 }, 'what follows');
    is routes($table), join('; ', ('onPlayerOfflineStatus') x 3),
        'nobody hears of it, all hear what comes then';
    $player->notify("DeskManager.$route", $body);
    $table->settle for 1, 2;
    is routes($table), $heard, 'and it is done when it is asked for again';
    $after->($table) if $after;
    $daemon->stop;
    return;
}

undone(1, 'Ready', {}, join '; ', ('onPlayerEnter') x 3);
undone(2, 'Pause', {}, join '; ', ('onPlayerOfflineStatus') x 3);
undone(1, 'Exit', {}, 'onPlayerExit; onDissolve onPlayerExit; onPlayerExit',
    sub {
        my ($table) = @_;
        is desk_of($table->player(1)), '', 'he sits nowhere';
        is desk_of($table->player(2)), $table->no, 'the others do';
        is $table->player(1)->request('DeskManager.CreateDesk', {
            options => Test::Sparrow::Table::options() })->{code}, 0,
            'and he may make a desk';
    });
undone(2, 'Dissolve', {}, join '; ', ('onDissolveAgreement') x 3);
undone(0, 'Exit', { isDestroy => $yes }, 'onDissolve onDissolve; onDissolve; '
    . 'onDissolve', sub {
        my ($table) = @_;
        is desk_of($_), '', 'nobody sits there' for $table->players;
    });

note 'sitting down';
{
    my $daemon = sparrow('worker_processes 2; fail_point "journal refused" '
        . (LAST + 1) . ';');
    my $table = table($daemon);
    my ($dan) = $daemon->players(1, worker => 1);
    my $join  = sub { $dan->request('DeskManager.Join', {
        version => '1.9.3', deskId => $table->no }) };
    my $refused = $join->();
    is $refused->{code}, 1013, 'it is not done';
    is $refused->{tableInfo}{deskId}, '', 'its answer has a table, as each of Join';
    is desk_of($dan), '', 'he does not sit there';
    is routes($table), '; ; ', 'nobody hears of it';
    is $join->()->{code}, 0, 'and it is done when he asks again';
    is desk_of($dan), $table->no, 'there he sits';
    $daemon->stop;
}

note 'a connection that ends';
for my $i (1, 2) {
    my $daemon = sparrow('worker_processes 2; fail_point "journal refused" '
        . (LAST + 1) . ';');
    my $table = table($daemon);
    $table->player($i)->close;
    $table->wait_until(sub { $table->heard(0, 'onPlayerOfflineStatus') },
        'a drop');
    is_deeply [ $table->heard(0, 'onPlayerOfflineStatus') ],
        [ { uid => $table->player($i)->{uid}, offline => $yes } ],
        'is told, later';
    $daemon->stop;
}

note 'the end of a desk';
{
    my $daemon = sparrow('worker_processes 2; fail_point "journal refused" '
        . (LAST + 2) . ';');
    my $table = table($daemon);
    $table->player(0)->notify('DeskManager.Exit', { isDestroy => $yes });
    $table->wait_until(sub { $table->heard(1, 'onDissolve') }, 'the end');
    wait_for {
        my ($left) = grep { $_->{kind} eq 'left' } $daemon->journals;
        !grep { $left->{$_} } qw(seats desks journal);
    } 'nothing to be left';
    pass 'it goes when it is tried again';
    $daemon->stop;
}

note 'a hand-over';
{
    my $daemon = sparrow('worker_processes 2; fail_point "journal refused" '
        . (LAST + 1) . ';');
    my $table = table($daemon);
    my $home  = sub { rows($daemon, 'desk', 'run/shared', $table->no) };
    is $home->(), '0 1', 'it lives there';
    is $daemon->exit_of('-s', 'reload'), 0, 'a reload';
    wait_for { $home->() =~ / 2$/ } 'another owner';
    $table->player(1)->notify('DeskManager.Pause', {});
    is routes($table), join('; ', ('onPlayerOfflineStatus') x 3),
        'it is handed over when it is tried again';
    $daemon->stop;
}

note 'a gate that dies in the same turn';
{
    my $daemon = sparrow('worker_processes 3; fail_point "journal refused" '
        . (LAST + 1) . ';', allow_log => [qr/exited on signal 9/]);
    my ($ann) = $daemon->players(1, worker => 0);
    my $table = $daemon->table(players => [$ann]);
    $ann->expect('onPlayerEnter');
    $table->add($daemon->players(1, worker => $_)) for 1, 2;
    $table->news;
    my ($owner, $gate) = map { $daemon->pid_of($table->player($_)) } 0, 2;
    kill STOP => $owner;
    $table->player(1)->notify('DeskManager.Pause', {});
    $table->player(1)->request_raw('Echo.Ping', 'x');
    $daemon->log_mark;
    kill KILL => $gate;
    $daemon->wait_log(qr/start worker process/);
    kill CONT => $owner;
    $table->wait_until(sub { 2 == $table->heard(0, 'onPlayerOfflineStatus') },
        'a drop');
    is_deeply [ map { [ @$_{qw(uid offline)} ] } sort { $a->{uid} <=> $b->{uid} }
            $table->heard(0, 'onPlayerOfflineStatus') ],
        [ map { [ $table->player($_)->{uid}, $yes ] } 1, 2 ],
        'whom it had is not there, and what was undone is done';
    $daemon->stop;
}

note 'a notify';
for my $i (0 .. 2) {
    for my $case ([ Pause => {}, 'onPlayerOfflineStatus' ],
        [ Dissolve => {}, 'onDissolveAgreement' ]) {
        my ($route, $body, $push) = @$case;
        my $daemon = sparrow('worker_processes 2; fail_point '
            . '"journal refused" ' . (LAST + 1) . ';');
        my $table  = table($daemon);
        $table->player($i)->notify("DeskManager.$route", $body);
        $table->player($i)->notify('DeskManager.Resume', {});
        $table->wait_until(sub { 3 == grep { $table->heard($_, $push) }
            0 .. 2 }, $route);
        is routes($table), join('; ', (join ' ', $push, $route eq 'Pause'
            ? 'onPlayerOfflineStatus' : ()) x 3),
            "$route of player $i is done once, and what comes behind it";
        $daemon->stop;
    }
}

note 'many on their way';
for my $i (1, 2) {
    my $daemon = sparrow('worker_processes 2; fail_point "journal refused" '
        . (LAST + 1) . ';');
    my $table  = table($daemon);
    my $player = $table->player($i);
    for (1 .. 100) {
        $player->notify("DeskManager.$_", {}) for qw(Pause Resume);
    }
    my $heard = sub { map { $_->{offline} ? 1 : 0 }
            $table->heard(0, 'onPlayerOfflineStatus') };
    $table->wait_until(sub { 200 <= $heard->() }, 'what was sent');
    is join('', $heard->()), '10' x 100, "all of player $i, in order";
    $daemon->stop;
}

# The second is on its way when the first is undone: its owner does not read
# both in one turn.
note 'two notifies in two turns';
{
    my $daemon = sparrow('worker_processes 2; fail_point "journal refused" '
        . (LAST + 1) . ';');
    my $table  = table($daemon);
    my $player = $table->player(2);
    my $owner  = $daemon->pid_of($table->player(0));
    my $other  = $daemon->client(worker => 1);
    kill STOP => $owner;
    # more than the bus reads at once
    $player->notify("DeskManager.$_", { x => 'x' x 40_000 })
        for qw(Pause Resume);
    $other->request_raw('Echo.Ping', 'x') for 1 .. 6; # so many turns
    kill CONT => $owner;
    $table->wait_until(sub { 2 <= $table->heard(0, 'onPlayerOfflineStatus') },
        'both');
    is join('', map { $_->{offline} ? 1 : 0 }
        $table->heard(0, 'onPlayerOfflineStatus')), '10', 'in order';
    $daemon->stop;
}

note 'time-outs';
{
    my $daemon = sparrow('worker_processes 1; fail_point "journal refused" 40+;',
        game => 'turn_timeout 1s;');
    my $table = $daemon->table->ready;
    $table->reach('playing');
    my ($asked) = map { $_->[0] } @{ $table->{left} };
    my ($other) = grep { $_->{uid} != $asked } $table->players;
    for (1 .. 20) {
        $other->send_request("DeskManager.$_", {}), $table->settle
            for qw(Pause Resume);
    }
    my ($pid) = $daemon->workers;
    my $used  = sub { my @stat = split ' ', slurp("/proc/$pid/stat");
        $stat[13] + $stat[14] };
    my ($was, $end) = ($used->(), time + 2.5);
    $table->wait_until(sub { time > $end }, 'time-outs');
    cmp_ok $used->() - $was, '<', 100,
        'are not done again and again at once';
    is scalar(grep { $table->heard($_, 'onOpTypeDo') } 0 .. 3), 0,
        'nor told';
    $daemon->stop;
}

done_testing;
