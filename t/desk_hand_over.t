#!/usr/bin/perl

# A worker dies in the middle of a hand-over, before or after it is committed,
# or its heir does, before or after it has the desk: no desk is lost or
# doubled, and each match is played to its end.

use lib 't/lib';
use Test::Sparrow;

my $killed = qr/exited on signal 9/;

# One case alone: SPARROW_TEST_CASE='adopt after 3'.
my $only = $ENV{SPARROW_TEST_CASE};
for my $case (map { my $name = $_; map { [ $name, $_ ] } 1, 3 }
    'hand over before', 'hand over after', 'adopt before', 'adopt after') {
    my ($name, $n) = @$case;
    next if defined $only && $only ne "$name $n";
    note "--- $name, time $n";
    my $daemon = sparrow(qq{worker_processes 2; fail_point "$name" $n;},
        store         => 'store_timeout 20s;',
        shared_memory => 'journal_keep on;', allow_log => [$killed]);
    my @tables = map {
        $daemon->table(on => [ map { { worker => $_ } } 0, 1, 0, 1 ])->ready
    } 1 .. 4;
    for my $table (@tables) {
        $table->play(until => sub { 6 <= $table->heard(0, 'onMoPai') });
    }
    is $daemon->exit_of('-s', 'reload'), 0, "$name $n: a reload";
    Test::Sparrow::Table::play_all(\@tables,
        done => sub { !grep { !$_->is_over } @tables });
    my %told;
    for my $table (@tables) {
        my @ends = map { $table->heard($_, 'onGameEnd') } 0 .. 3;
        ok scalar(@ends), 'a match is played to its end';
        is_deeply $ends[$_], $ends[0], 'all hear the same' for 1 .. $#ends;
        is scalar(grep { 1 < $table->heard($_, 'onGameEnd') } 0 .. 3), 0,
            'once';
        $told{ join ',', map { $_->{uid} } @{ $ends[0]{stats} } } = join ',',
            map { $_->{totalScore} } @{ $ends[0]{stats} };
        $_->close for $table->players;
    }
    my @found = $daemon->journals_at_rest;
    is join('; ', map { $_->{text} } grep { $_->{kind} eq 'bad' } @found),
        '', 'no journal is bad';
    is_deeply { map { $_->{uids} => $_->{scores} } grep { $_->{kind} eq 'desk' }
        @found }, \%told, 'the journals have the same scores';
    my @deaths = $daemon->log =~ /$killed/g;
    is scalar(@deaths), 1, 'one has died';
    $daemon->stop;
}

# The store process is the one that writes it down.  A worker that starts only
# then is not told of the death any more.
for my $gates ('that were told', 'that start later') {
    next if defined $only;
    note "--- one comes back, to gates $gates, before it is written down that "
        . 'the owner died';
    my $daemon = sparrow('worker_processes 2; fail_point "hand over before" 1;',
        store => 'store_timeout 20s;', allow_log => [$killed]);
    my $table = $daemon->table(
        on => [ map { { worker => $_ } } 0, 1, 0, 1 ])->ready;
    $table->play(until => sub { 6 <= $table->heard(0, 'onMoPai') });
    my %old = map { $_ => 1 } $daemon->workers;
    my ($store) = $daemon->pids('store');
    kill STOP => $store;
    $daemon->signal('HUP');
    $daemon->log_like($killed, 'the owner dies as it hands over');
    if ($gates eq 'that start later') {
        my @told = grep { !$old{$_} } $daemon->workers;
        is scalar(@told), 2, 'two gates were told';
        for my $pid (@told) {
            $daemon->kill_worker($pid);
            wait_for { 2 == grep { !$old{$_} } $daemon->workers }
                'its successor';
        }
    }
    for my $i (0, 2) {
        my $player = $table->come_back($i);
        ok $player->request('DeskManager.UnCompleteDesk')->{exist},
            'who comes back has a desk';
    }
    kill CONT => $store;
    ok $table->play(survive => 1), 'which is played to its end';
    $daemon->stop;
}

done_testing;
