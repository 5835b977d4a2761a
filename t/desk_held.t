#!/usr/bin/perl

# A disk that is full for a moment: what could not be written is done when it
# can be again, in order and once, whether the gate is the owner of the desk or
# not; requests are refused at once.  If it takes too long, clients are closed,
# and come back.

use utf8;
use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Fault;
use Test::Sparrow::Proc qw(reap spawn);

use JSON::PP ();
use Time::HiRes qw(time sleep);

use constant BURST => 0.3;

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());
my $fault  = Test::Sparrow::Fault->new;
my $daemon = sparrow('worker_processes 2;', env => { $fault->env },
    allow_log => [qr/No space left on device/]);

sub refused { return $fault->failed }
sub fill    { return $fault->fill('shared') }
sub empty   { return $fault->set }

# Does it while the disk is full.
sub full_for {
    my ($seconds, $code) = @_;
    my $was = refused();
    fill();
    $code->();
    sleep $seconds;
    wait_for { refused() > $was } 'something that is not written';
    empty();
    return;
}

sub table {
    return $daemon->table(round => 1, @_,
        on => [ map { { worker => $_ } } 0, 0, 1, 1 ])->settle;
}

# The hints that a player has heard more than once.
sub doubles {
    my ($table) = @_;
    my $json = JSON::PP->new->canonical;
    return map { my $i = $_; my %n;
        $n{ $json->encode($_) }++ for $table->heard($i, 'onOpTypeHint');
        grep { $n{$_} > 1 } sort keys %n } 0 .. 3;
}

note 'a match';
{
    my $table = table();
    full_for(BURST, sub { $table->ready });
    for my $state (qw(dealing sorted playing)) {
        $table->reach($state);
        pass "up to $state";
        full_for(BURST, sub { $table->_answer_left });
    }
    for (1 .. 3) {
        my $draws = 3 + $table->heard(0, 'onMoPai');
        $table->play(until => sub { $table->heard(0, 'onMoPai') >= $draws });
        my ($was, $end) = (refused(), time + BURST);
        fill();
        $table->play(until => sub { refused() > $was && time > $end });
        empty();
    }
    ok $table->play, 'to its end';
    is_deeply [ doubles($table) ], [], 'nobody was asked anything twice';
    $_->close for $table->players;
}

sub offline {
    my ($table, $i, $of) = @_;
    return join ' ', map { $_->{offline} ? 1 : 0 }
        grep { $_->{uid} == $of->{uid} }
        $table->heard($i, 'onPlayerOfflineStatus');
}

for my $i (1, 2) {
    note 'several in a row, of player ', $i;
    my $table  = table();
    my $player = $table->player($i);
    full_for(BURST, sub {
        $player->notify("DeskManager.$_", {}) for qw(Pause Resume Pause);
        is $table->player($i == 1 ? 0 : 3)->request('DeskManager.Pause', {})
            ->{code}, 1013, "a request of another is refused meanwhile";
    });
    $table->wait_until(sub { offline($table, 0, $player) =~ /1$/
        && offline($table, 3, $player) =~ /1.*1/ }, 'what was sent');
    $table->settle;
    is offline($table, $_, $player), '1 0 1', 'in order, and once' for 0 .. 3;

    note 'and then it is gone';
    full_for(BURST, sub {
        $player->notify("DeskManager.$_", {}) for qw(Resume Pause Resume);
        $player->close;
    });
    $table->wait_until(sub { offline($table, 0, $player) =~ /^1 0 1 0 1 0 1$/
        && offline($table, 3, $player) =~ /^1 0 1 0 1 0 1$/ },
        'what it has sent, and its end');
    pass 'all of it is done, in order';
    my ($other) = grep { $_ != $i } 1, 2;
    full_for(BURST, sub {
        $table->player($other)->notify('DeskManager.Dissolve', {}) });
    $table->wait_until(sub { $table->heard(0, 'onDissolveAgreement') },
        'a vote');
    full_for(BURST, sub {
        $table->player(0)->notify('DeskManager.DissolveStatus',
            { result => $yes });
        $table->player(3)->notify('DeskManager.DissolveStatus',
            { result => $yes });
    });
    $table->wait_until(sub { my ($last) = reverse
        $table->heard(0, 'onDissolveStatus');
        $last && 2 == grep { $_->{status} eq '同意解散' }
            @{ $last->{dissolveStatus} } }, 'two votes');
    pass 'votes, too';
    $_->close for grep { $_->{sock} } $table->players;
}

note 'it takes too long';
{
    my $table = table();
    my ($near, $far) = map { $table->player($_) } 1, 2;
    fill();
    $_->notify('DeskManager.Pause', {}) for $near, $far;
    is $_->kicked, undef, 'closed, but not kicked' for $near, $far;
    is scalar(grep { $_->is_open } map { $table->player($_) } 0, 3), 2,
        'those who have sent nothing stay';
    empty();
    $table->come_back($_) for 1, 2;
    $table->wait_until(sub { !grep { !$table->heard($_, 'onPlayerEnter') }
        1, 2 }, 'those who came back');
    $table->ready;
    ok $table->play, 'and the match is played';
    is_deeply [ doubles($table) ], [], 'nobody was asked anything twice';
    $_->close for $table->players;
}

note 'sparrow-bench';
{
    my $bench  = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';
    my $output = $daemon->prefix . '/play';
    $daemon->log_mark;
    my $pid    = spawn({ output => $output }, $bench, qw(play -q --desks 3
        --rounds 16 -n 3), map { '127.0.0.1:' . $daemon->port($_) } qw(http));
    my ($status, $bursts, $is_full) = (undef, 0, 0);
    wait_for { 3 <= (() = $daemon->new_log =~ /round 1 of 16 is over/g) }
        'matches of players who are all logged in';
    my $next = time + BURST;
    wait_for {
        if (time > $next) {
            $is_full = !$is_full;
            $is_full ? ($bursts++, fill()) : empty();
            $next = time + ($is_full ? BURST : 3 * BURST);
        }
        defined($status = reap($pid));
    } 'the end of play';
    empty();
    my $text = slurp($output);
    is $status, 0, "matches through $bursts bursts" or diag $text;
    like $text, qr/^play: 3 matches of 16 rounds, 0 given up/m, 'all of them';
}

done_testing;
