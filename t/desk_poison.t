#!/usr/bin/perl

# A message that makes a worker fault is refused when it comes again, and a
# desk at which workers fault twice is closed: all the others play on, and no
# worker after the other goes down.  Who kills a worker is no fault of a desk.

use lib 't/lib';
use Test::Sparrow;

my $faults = qr/exited on signal 6/;
my $killed = qr/exited on signal 9/;
my $voice  = 'DeskManager.RecordingVoice';
my $point  = qq{fail_point "desk message $voice"};

# A desk of the worker in slot 0, with half of its players on the other.
sub table {
    my ($daemon) = @_;
    my $table = $daemon->table(on => [ map { { worker => $_ } } 0, 0, 1, 1 ]);
    return more($table->ready, 5);
}

# Plays until n more tiles are drawn; who loses his connection comes back.
sub more {
    my ($table, $n) = @_;
    my $from = $table->heard(2, 'onMoPai');
    $table->play(survive => 1, until => sub {
        $from + $n <= $table->heard(2, 'onMoPai') || $table->is_over });
    return $table;
}

sub speak {
    my ($table, $i) = @_;
    return $table->player($i)->request($voice, { fileId => 'x' });
}

sub deaths {
    my ($daemon, $how) = @_;
    my @deaths = $daemon->log =~ /$how/g;
    return scalar @deaths;
}

note 'a message that kills';
{
    my $daemon = sparrow("worker_processes 2; $point 1+ abort;",
        allow_log => [$faults]);
    my ($bad, $once, $good) = map { table($daemon) } 1 .. 3;
    my $no = $bad->no;

    is speak($bad, 2)->{code}, 1013, 'it is refused when it comes again';
    $daemon->log_like(qr/desk [0-9a-f]{16} was in hand: death 1 counts/,
        'the death is the first of the desk');
    $daemon->log_like(
        qr/desk $no: "$voice" of uid $bad->{players}[2]{uid} is refused: a worker died at it/,
        'the log says what was refused');
    is deaths($daemon, $faults), 1, 'and nobody dies at it again';
    more($bad, 3);
    ok !$bad->is_over, 'the desk plays on';

    is speak($once, 3)->{code}, 1013, 'the same at another desk';
    is deaths($daemon, $faults), 2, 'one more has died';

    $bad->player(3)->notify($voice, { fileId => 'x' });
    $daemon->log_like(
        qr/desk $no is closed: workers died at it; the journal of [0-9a-f]{16} is set aside/,
        'the second death closes the desk');
    for my $i (2, 3) {
        $bad->wait_until(sub { $bad->heard($i, 'onDissolve') }, 'the end');
        is +($bad->heard($i, 'onDissolve'))[0]{exitType}, 6, 'who stayed is told';
        ok !$bad->player($i)->request('DeskManager.UnCompleteDesk')->{exist},
            'he sits nowhere';
    }
    $bad->come_back(0);
    is $bad->player(0)->request('DeskManager.ReJoin', { deskId => $no })->{code},
        -1, 'so is who comes back';
    wait_for { $daemon->guest('player-1')->{fangka} == 10 } 'the cards';
    ok 1, 'the cards are back';
    ok $_->play(survive => 1), 'another desk is played to its end'
        for $good, $once;
    is deaths($daemon, $faults), 3, 'three workers have died, and no more';
    $daemon->log_unlike(qr/shared memory is set aside/,
        'and shared memory is not to blame');
    is scalar(grep { $_->{kind} eq 'desk' && $_->{records} > 20 }
        $daemon->journals), 1, 'the journal is there to be looked at';
    $daemon->stop;
}

# After a start of the daemon something of one desk is deadly each time.
sub restart_deadly {
    my ($daemon, $what, $bad, $good) = @_;
    my $no = $bad->no;

    $daemon->stop;
    $daemon->write_conf(sub { s/^/fail_point "$what $no" 1+ abort;\n/ });
    $daemon->restart;
    $daemon->log_like(qr/desk $no is closed: workers died at it/,
        'the second death closes the desk');
    $good->come_back($_) for 0 .. 3;
    ok $good->play(survive => 1), 'the other one is played to its end';
    is deaths($daemon, $faults), 2, 'two workers have died, and no more';
    return;
}

note 'a record that kills';
{
    my $daemon = sparrow('worker_processes 3;', allow_log => [$faults]);
    my ($bad, $good) = map { table($daemon) } 1 .. 2;
    my $no = $bad->no;

    restart_deadly($daemon, 'desk replay', $bad, $good);
    $bad->come_back(1);
    is $bad->player(1)->request('DeskManager.ReJoin', { deskId => $no })->{code},
        -1, 'its players are told';
    $daemon->stop;
}

note 'a push that kills';
{
    my $daemon = sparrow(
        'worker_processes 2; fail_point "desk push onMoPai" 30 abort;',
        allow_log => [$faults]);
    my @tables = map { table($daemon) } 1, 2;

    ok $_->play(survive => 1), 'a desk is played to its end' for @tables;
    is deaths($daemon, $faults), 1, 'a worker has died';
    $daemon->log_like(qr/desk [0-9a-f]{16} was in hand: death 1 counts/,
        'at a desk that was in hand');
    $daemon->stop;
}

note 'a vote that kills when its time is out';
{
    my $daemon = sparrow('worker_processes 2;', allow_log => [$faults],
        game => 'dissolve_timeout 2s;');
    my ($bad, $good) = map { table($daemon) } 1 .. 2;

    $bad->player(2)->notify('DeskManager.Dissolve', {});
    $bad->wait_until(sub { $bad->heard(3, 'onDissolveAgreement') }, 'a vote');
    restart_deadly($daemon, 'desk vote', $bad, $good);
    $daemon->stop;
}

note 'a message at which a worker stands still';
{
    my $daemon = sparrow("worker_processes 2; $point 1 hang;",
        allow_log => [$faults, qr/event loop is stuck/]);
    my $table = table($daemon);

    is speak($table, 2)->{code}, 1013, 'the watchdog ends it';
    $daemon->log_like(qr/desk [0-9a-f]{16} was in hand: death 1 counts/,
        'which counts as well');
    ok $table->play(survive => 1), 'the desk is played to its end';
    $daemon->stop;
}

note 'a kill, with a message in hand';
{
    my $daemon = sparrow('worker_processes 2;'
        . ' fail_point "desk message DeskManager.Pause" 1 kill;',
        allow_log => [$killed]);
    my $table = table($daemon);

    $table->player(2)->notify('DeskManager.Pause', {});
    $table->play(survive => 1, until => sub {
        grep { $_->{uid} == $table->player(2)->{uid} && $_->{offline} }
            $table->heard(3, 'onPlayerOfflineStatus') });
    $table->player(2)->notify('DeskManager.Resume', {});
    is deaths($daemon, $killed), 1, 'a worker was killed at it';
    $daemon->log_unlike(qr/was in hand/, 'but the desk is not to blame');
    ok $table->play(survive => 1), 'it is played to its end';
    $daemon->stop;
}

done_testing;
