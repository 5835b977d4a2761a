#!/usr/bin/perl

# Votes to dissolve a desk, in each of its states: who is asked, who has
# consented, who refuses, who is not there; and desks that have lived their
# time.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

use constant { NOT_NOW => 1027, APPLIED => '申请解散', AGREED => '同意解散',
    OFFLINE => '离线', WAITING => '等待中' };

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());
my $daemon  = sparrow('worker_processes 2;');
my %closed  = (acid => 0, isexit => $yes, exitType => 6, deskPos => 0);

sub table {
    my (%opt) = @_;
    my $mode = $opt{mode} // 4;
    return $daemon->table(round => 4, on => [ map { { worker => $_ % 2 } }
        1 .. $mode ], %opt);
}

# Players that sit at a desk which is not full.
sub few {
    my ($n) = @_;
    return table(players =>
        [ map { $daemon->players(1, worker => $_ % 2) } 1 .. $n ]);
}

sub in_state {
    my ($state) = @_;
    my $table = table();
    return $table->settle if $state eq 'created';
    $table->ready;
    $table->reach($_) for path($state);
    return $table;
}

# The states up to that one.
sub path {
    my ($state) = @_;
    my @path;
    for (qw(dealing sorted playing cleaned)) {
        push @path, $_;
        last if $_ eq $state;
    }
    return @path;
}

sub ask  { return $_[0]->notify('DeskManager.Dissolve', {}) }
sub vote {
    my ($player, $result) = @_;
    return $player->notify('DeskManager.DissolveStatus',
        { result => $result });
}

# All who are there have heard exactly these routes; the bodies of one of them.
sub all_hear {
    my ($table, $routes, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @news = $table->news;
    my ($one, @rest) = map { $news[$_] }
        grep { $table->player($_)->{sock} } 0 .. $#news;
    is join(' ', map { $_->[0] } @$one), $routes, $what;
    is_deeply $_, $one, 'so do the others' for @rest;
    return map { $_->[1] } @$one;
}

sub is_status {
    my ($body, $rest, @status) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply $body->{dissolveStatus}, [ map {
        { deskPos => $_ + 1, status => $status[$_] } } 0 .. $#status ],
        'who has said what';
    return ok $body->{restTime} > $rest - 10 && $body->{restTime} <= $rest,
        "$rest seconds at the most";
}

sub refused {
    my ($player, $route, $body, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is $player->request("DeskManager.$route", $body)->{code}, NOT_NOW,
        $what;
}

# It is over: nobody sits there, everybody may go elsewhere.
sub is_gone {
    my ($table) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $player (grep { $_->{sock} } $table->players) {
        ok !$player->request('DeskManager.UnCompleteDesk')->{exist},
            'nobody sits there';
        $player->notify("DeskManager.$_", {})
            for qw(Dissolve DissolveStatus Exit);
        is_deeply $player->expect('onDissolveSuccess'), {},
            'a vote is dissolved at once' for 1 .. 3;
    }
    is $table->player(0)->request('DeskManager.CreateDesk', {
        options => Test::Sparrow::Table::options() })->{code}, 0,
        'a new desk is made';
    $_->close for $table->players;
    return;
}

# One ends the match; what was won before stays.
sub is_end {
    my ($end, @total) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok !$end->{isNormalFinished}, 'not a normal one';
    is_deeply [ map { $_->{totalScore} } @{ $end->{stats} } ], \@total,
        'which counts whole rounds only';
    my @changes = @{ $end->{roundStats}{scoreChange} };
    is_deeply [ map { $_->{score} } @changes ], [ (0) x @total ],
        'the last one is void';
    is_deeply [ map { $_->{remain} - 1000 } @changes ], \@total,
        'and leaves all as it was';
    is_deeply [ map { @$_{qw(fanshu total desc)} }
        @{ $end->{roundStats}{stats} } ], [ (-2, 0, '') x @total ],
        'nobody has won';
    return;
}

note 'a refusal, in each state';
{
    my $table   = table();
    my @players = $table->players;
    for my $state ('created', path('cleaned')) {
        if ($state ne 'created') {
            $table->ready if $state eq 'dealing';
            $table->reach($state);
        }
        my $was = $players[1]->request('DeskManager.UnCompleteDesk');
        refused($players[2], 'DissolveStatus', { result => $_ },
            "$state: no vote is running") for $yes, $no;
        $table->news;
        ask($players[1]);
        my ($asked) = all_hear($table, 'onDissolveAgreement',
            "$state: all are asked");
        is $asked->{dissolveUid}, $players[1]{uid}, 'by whom';
        is_status($asked, 300, WAITING, APPLIED, WAITING, WAITING);
        refused($players[$_], 'Dissolve', {}, 'a vote is running') for 1, 2;
        refused($players[1], 'DissolveStatus', { result => $yes },
            'he has consented already');
        all_hear($table, '', 'nothing of it is heard');
        vote($players[3], $yes);
        my ($status) = all_hear($table, 'onDissolveStatus', 'one consents');
        is_status($status, 150, WAITING, APPLIED, WAITING, AGREED);
        vote($players[2], undef);
        my ($failed) = all_hear($table, 'onDissolveFailure', 'one refuses');
        is_deeply $failed, { deskPos => 3 }, 'who it was';
        vote($players[0], $_) for $yes, $no;
        all_hear($table, '', 'that was it');
        is_deeply $players[1]->request('DeskManager.UnCompleteDesk'), $was,
            'the desk is as it was';
    }
    ok $table->go_on, 'and the match is played to its end';
    ok +($table->heard(0, 'onGameEnd'))[0]{isNormalFinished}, 'a normal one';
    is_gone($table);
}

note 'consent, in each state';
for my $state ('created', path('cleaned')) {
    my $table   = in_state($state);
    my @players = $table->players;
    my @total   = map { $_->{total} } $state eq 'cleaned' ?
        @{ ($table->heard(0, 'onRoundEnd'))[0]{stats} } : ();
    @total = (0) x 4 if !@total;
    $table->news;
    ask($players[0]);
    all_hear($table, 'onDissolveAgreement', "$state: all are asked");
    vote($players[$_], $yes) for 2, 1;
    my @status = all_hear($table, 'onDissolveStatus onDissolveStatus',
        'two consent');
    is_status($status[1], 150, APPLIED, AGREED, AGREED, WAITING);
    vote($players[3], $yes);
    my ($status, $end) = all_hear($table, $state eq 'created'
        ? 'onDissolveStatus onDissolve' : 'onDissolveStatus onGameEnd',
        'all consent');
    is_status($status, 150, APPLIED, AGREED, AGREED, AGREED);
    if ($state eq 'created') {
        is_deeply $end, \%closed, 'the desk is closed';
    } else {
        is_end($end, @total);
    }
    is_deeply [ map { @{ $_->{shouPai} } } @{ $end->{roundStats}{tiles} } ],
        [], 'between rounds nobody has tiles' if $state eq 'cleaned';
    is_gone($table);
}

note 'at a desk that is not full';
for my $n (1 .. 3) {
    my $table   = few($n);
    my @players = $table->players;
    $table->news;
    ask($players[-1]);
    $table->settle;
    vote($_, $yes) for @players[ 0 .. $n - 2 ];
    my @heard = all_hear($table, join(' ', 'onDissolveAgreement',
        ('onDissolveStatus') x ($n - 1), 'onDissolve'), "$n of four consent");
    is_deeply $heard[-1], \%closed, 'the desk is closed';
    is_gone($table);
}

note 'a voter leaves';
{
    my $table = few(3);
    my ($ann, $bob, $cho) = $table->players;
    $table->news;
    ask($ann);
    $table->settle;
    vote($bob, $yes);
    all_hear($table, 'onDissolveAgreement onDissolveStatus', 'two of three');
    $cho->notify('DeskManager.Exit', {});
    $cho->expect('onPlayerExit');
    pop @{ $table->{players} };
    my @heard = all_hear($table, 'onPlayerExit onDissolve', 'the third goes');
    is_deeply $heard[1], \%closed, 'the others are of one mind';
    is_gone($table);

    $table = few(3);
    ($ann, $bob, $cho) = $table->players;
    ask($bob);
    $table->news;
    $bob->notify('DeskManager.Exit', {});
    $bob->expect('onPlayerExit');
    splice @{ $table->{players} }, 1, 1;
    all_hear($table, 'onPlayerExit', 'the applicant goes');
    vote($cho, $yes);
    my ($status) = all_hear($table, 'onDissolveStatus', 'one consents');
    is_status($status, 150, WAITING, AGREED);
    vote($ann, $no);
    my ($failed) = all_hear($table, 'onDissolveFailure', 'one refuses');
    is_deeply $failed, { deskPos => 1 }, 'who it was';

    ask($ann);
    $ann->notify('DeskManager.Exit', {});
    my (undef, $news) = $table->news;
    is join(' ', map { $_->[0] } @$news), 'onDissolveAgreement onPlayerExit',
        'the creator goes';
    $cho->notify('DeskManager.DissolveStatus', { result => $yes });
    ok $cho->expect('onDissolveSuccess'), 'the desk is gone, and the vote';
}

note 'voters drop and come back';
{
    my $table   = in_state('playing');
    my @players = $table->players;
    $table->news;
    $players[3]->close;
    $table->wait_until(sub { $table->heard(0, 'onPlayerOfflineStatus') },
        'a drop');
    $table->news;
    ask($players[1]);
    my ($asked) = all_hear($table, 'onDissolveAgreement', 'all are asked');
    is_status($asked, 300, WAITING, APPLIED, WAITING, OFFLINE);
    vote($players[$_], $yes) for 0, 2;
    my @status = all_hear($table, 'onDissolveStatus onDissolveStatus',
        'all who are there consent, which is not all');
    is_status($status[1], 150, AGREED, APPLIED, AGREED, OFFLINE);

    $players[1]->close;
    $table->wait_until(
        sub { 2 == $table->heard(0, 'onPlayerOfflineStatus') }, 'a drop');
    $table->news;
    $table->come_back(1, worker => 1);
    my @news = $table->news;
    is join(' ', map { $_->[0] } @{ $news[1] }), join(' ', qw(onDeskBasicInfo
        onPlayerEnter onSyncDesk onDissolveAgreement)),
        'who comes back is shown the vote';
    is $news[1][3][1]{dissolveUid}, $players[1]{uid}, 'his own';
    is_status($news[1][3][1], 150, AGREED, APPLIED, AGREED, OFFLINE);
    is join(' ', map { $_->[0] } @{ $news[$_] }),
        'onPlayerOfflineStatus onDissolveStatus', 'the others hear of him'
        for 0, 2;

    my $back = $table->come_back(3, worker => 0);
    @news = $table->news;
    is $news[3][-1][1]{dissolveUid}, 0, 'who has not consented is asked';
    is_status($news[3][-1][1], 150, AGREED, APPLIED, AGREED, WAITING);
    is_status($news[0][-1][1], 150, AGREED, APPLIED, AGREED, WAITING);

    $players[0]->notify('DeskManager.Pause', {});
    my ($off) = all_hear($table, 'onPlayerOfflineStatus', 'one pauses');
    is_deeply $off, { uid => $players[0]{uid}, offline => $yes }, 'he does';
    $players[0]->notify('DeskManager.Resume', {});
    my ($on, $status) = all_hear($table,
        'onPlayerOfflineStatus onDissolveStatus', 'he resumes');
    is_deeply $on, { uid => $players[0]{uid}, offline => $no }, 'he does';
    is_status($status, 150, AGREED, APPLIED, AGREED, WAITING);
    refused($players[0], 'Resume', {}, 'once');

    vote($back, $yes);
    (undef, my $end) = all_hear($table, 'onDissolveStatus onGameEnd',
        'the last one consents');
    is_end($end, (0) x 4);
    is_gone($table);
}

note 'a pause at a desk that is not full';
{
    my $table = few(2);
    my ($ann, $bob) = $table->players;
    ask($ann);
    $table->news;
    $bob->notify("DeskManager.$_", {}) for qw(Pause Resume);
    all_hear($table, 'onPlayerOfflineStatus onPlayerOfflineStatus',
        'no word of the vote');
    vote($bob, $yes);
    all_hear($table, 'onDissolveStatus onDissolve', 'which still runs');
}

note 'the end of a round';
{
    my $table   = in_state('playing');
    my @players = $table->players;
    ask($players[2]);
    $table->settle;
    vote($players[0], $yes);
    $table->news;
    $table->reach('cleaned');
    my %heard = map { $_->[0] => 1 } map { @$_ } $table->news;
    ok !$heard{$_}, "no $_" for qw(onDissolveStatus onDissolveFailure
        onDissolveAgreement onGameEnd);
    refused($players[1], 'DissolveStatus', { result => $yes },
        'it has ended the vote');
    ask($players[1]);
    my ($asked) = all_hear($table, 'onDissolveAgreement', 'a new one');
    is_status($asked, 300, WAITING, APPLIED, WAITING, WAITING);
}
$daemon->stop;

note 'desks grow old';
$daemon = sparrow('worker_processes 2;', game => 'desk_lifetime 3s;');
my %old = map { my $state = $_; $state => eval { in_state($state) } }
    'created', path('cleaned');
for my $state (sort keys %old) {
    my $table = $old{$state};
    my $route = $state eq 'created' ? 'onDissolve' : 'onGameEnd';
    SKIP: { # three seconds are not long
        skip "no time to see $state", 1 if !$table;
        $table->wait_until(sub { 4 == grep { $table->heard($_, $route) }
            0 .. 3 }, 'its end');
        my ($end) = $table->heard(2, $route);
        is_deeply $end, \%closed, 'a desk is closed after its time'
            if $state eq 'created';
        ok !$end->{isNormalFinished}, "and so is a match, $state"
            if $state ne 'created';
        is_gone($table);
    }
}

done_testing;
