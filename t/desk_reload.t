#!/usr/bin/perl

# Reloads while matches are played: the new workers take the desks, the old
# ones stay gates for whom they have, and no player notices.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

my $daemon = sparrow('worker_processes 2;',
    shared_memory => 'journal_keep on; size 128m;');

# Plays on until player 0 has heard n more draws, or the match is over.
sub play_on {
    my ($table, $n) = @_;
    my $to = $n + $table->heard(0, 'onMoPai');
    $table->play(until => sub {
        $to <= $table->heard(0, 'onMoPai') || $table->is_over });
    return;
}

# Where the desk lives, and how often it has moved.
sub home {
    my ($table) = @_;
    my ($slot, $epoch) = split ' ', rows($daemon, 'desk', 'run/shared',
        $table->no);
    return { slot => $slot, epoch => $epoch };
}

my @tables  = map { $daemon->table(round => 4)->ready } 1 .. 4;
for my $next (4, 2, 3, 2) {
    play_on($_, 7) for @tables;
    my %old  = map { $_ => 1 } $daemon->workers;
    my @home = map { home($_) } @tables;
    $daemon->write_conf(sub { s/worker_processes \d+/worker_processes $next/ });
    is $daemon->exit_of('-s', 'reload'), 0, "a reload, with $next workers";
    is scalar(grep { $old{$_} } $daemon->workers), 0, 'the workers are new';
    for my $i (0 .. $#tables) {
        my $at = wait_for {
            my $now = home($tables[$i]);
            $now->{slot} != $home[$i]{slot} && $now;
        } 'a desk that has moved';
        is $at->{epoch}, $home[$i]{epoch} + 1, 'a desk moves once';
    }
    play_on($_, 7) for @tables;
}
for my $table (@tables) {
    ok $table->play, 'a match goes to its end';
    is scalar(grep { !$_->is_open } $table->players), 0,
        'nobody lost his connection';
    my @ends = map { $table->heard($_, 'onGameEnd') } 0 .. 3;
    is scalar(@ends), 4, 'each heard the end, once';
    is_deeply $ends[$_], $ends[0], 'the same' for 1 .. 3;
    is scalar($table->heard(0, 'onRoundEnd')), 3, 'of four rounds';
    is scalar(grep { $table->heard($_, 'onPlayerOfflineStatus') } 0 .. 3), 0,
        'nobody seemed to be away';
}

# A new desk, made by one whose worker is going.
my $old = $tables[0]->player(0);
my $created = $old->request('DeskManager.CreateDesk', {
    version => '1.9.3', clubId => -1,
    options => Test::Sparrow::Table::options() });
is $created->{code}, 0, 'an old gate still makes desks';
my $friend = $daemon->player('friend');
is $friend->request('DeskManager.Join', { version => '1.9.3',
    deskId => $created->{tableInfo}{deskId} })->{code}, 0, 'others join it';
$old->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() });
$_->close for $friend, map { $_->players } @tables;
wait_for { !grep { $_->{leaving} } $daemon->processes } 'the end of the old';

# Desks of workers that die while they drain, and of slots nobody lives in.
my $table = $daemon->table(round => 4)->ready;
play_on($table, 5);
my @old = $daemon->workers;
is $daemon->exit_of('-s', 'reload'), 0, 'a reload';
kill KILL => @old;
push @{ $daemon->{allow_log} }, qr/exited on signal 9/;
ok $table->play(survive => 1), 'the match goes on after the old workers died';
my ($bad) = grep { $_->{kind} eq 'bad' } $daemon->journals;
is $bad, undef, 'journals are good';

done_testing;
