#!/usr/bin/perl

# Players drop and come back in each state of a desk, by each of the ways there
# are, to the same worker and to another.  The others hear that, and nothing
# else; who comes back sees all that he may see, is asked what he has not
# answered, and the match is played to its end.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());
my $daemon = sparrow('worker_processes 2;');
my $ways   = 0;

# A new connection of player i: by ReConnect or Login, ReJoin or ReEnter.
sub come_back {
    my ($table, $i) = @_;
    my $way = $ways++;
    my $old = $table->player($i);
    my $new = $daemon->client(worker => $way % 2);
    $new->{$_} = $old->{$_} for qw(uid guest heard hand que seen);
    my $login = $daemon->login_of($old->{guest});
    if ($way % 3) {
        $new->notify('DeskManager.ReConnect', $login);
    } else {
        $new->request('Manager.Login', $login);
        $new->expect('onCoinChange');
    }
    my $route = $way % 4 < 2 ? 'ReJoin' : 'ReEnter';
    $new->send_request("DeskManager.$route", { deskId => $table->no });
    return $table->{players}[$i] = $new;
}

sub drop {
    my ($table, $i) = @_;
    my ($other) = grep { $table->player($_)->{sock} && $_ != $i }
        0 .. $table->players - 1;
    my $count   = $table->heard($other, 'onPlayerOfflineStatus');
    $table->player($i)->close;
    $table->wait_until(sub {
        $count < $table->heard($other, 'onPlayerOfflineStatus') }, 'a drop');
    return $table->news;
}

# What is asked of a player now: his last hint, unless he has answered it.
sub hint_of {
    my ($table, $player) = @_;
    my ($left) = grep { $_->[0] == $player->{uid}
        && $_->[1] eq 'onOpTypeHint' } @{ $table->{left} // [] };
    return $left ? $left->[2] : undef;
}

# What he sees is what he knows, and no more.
sub is_sync {
    my ($table, $i, $sync, $state) = @_;
    my $me = $table->player($i);
    my %status = (dealing => 1, sorted => 2, playing => 3);
    is $sync->{status}, $status{$state}, "$state: the state";
    is_deeply $sync->{hint}, hint_of($table, $me),
        'what he has not answered, or nothing';
    my $tiles = $sync->{restCnt};
    my ($deal) = reverse $table->heard($i, 'onDuanPai');
    is $sync->{markerAcId}, $deal->{markerId}, 'the banker';
    for my $k (0 .. 3) {
        my $seat = $sync->{players}[$k];
        my $hand = $seat->{shouPaiIds};
        my $his  = $table->player($k)->{hand};
        is $seat->{acId}, $table->player($k)->{uid}, 'in order of the seats';
        is_deeply $hand, $k == $i ? $his : [ (-1) x @$his ],
            $k == $i ? 'his own hand' : 'the others hide theirs';
        ok $seat->{lastTile} <= 0, 'and what they have drawn' if $k != $i;
        $tiles += @$_ for $hand, @$seat{qw(chuPaiIds gangInfos)};
        is $seat->{que}, $state eq 'playing' ? $table->player($k)->{que} : 0,
            'no suit of others before all have chosen' if $k != $i;
        next if $k != $i || $state eq 'dealing';
        my $uid = $me->{uid};
        is $seat->{que}, $state eq 'playing' ? $me->{que}
            : $table->{chosen}{$uid} // -$table->{suggested}{$uid},
            'his suit, or the one suggested';
    }
    is $tiles, 108, 'no tile is missing';
    return;
}

# Player i drops and comes back; whatever else happens in between.
sub away {
    my ($table, $i, $state, $between) = @_;
    my $uid  = $table->player($i)->{uid};
    my @news = drop($table, $i);
    my @here = grep { $table->player($_)->{sock} } 0 .. $table->players - 1;
    for my $k (@here) {
        is_deeply $news[$k], [ [ 'onPlayerOfflineStatus',
            { uid => $uid, offline => $yes } ] ], "$state: he is gone";
    }
    $between->() if $between;
    $table->news;
    my $me = come_back($table, $i);
    @news = $table->news;
    my ($info, $enter, @more) = @{ $news[$i] };
    is_deeply $info, [ 'onDeskBasicInfo', { deskId => $table->no,
        title => $info->[1]{title}, desc => '自摸加番 3番封顶',
        mode => 4 } ], 'he comes back to his desk';
    is $enter->[0], 'onPlayerEnter', 'and hears who is there';
    is_deeply [ map { $_->{offline} } @{ $enter->[1]{data} } ],
        [ map { $_->{sock} ? $no : $yes } $table->players ],
        'and who is not';
    my $waits = $state =~ /created|between/;
    is join(' ', map { $_->[0] } @more),
        $waits ? 'onPlayerEnter' : 'onSyncDesk', 'and how things stand';
    ok $more[0][1]{data}[$i]{isReady}, 'he is ready' if $waits;
    is_sync($table, $i, $more[0][1], $state) if !$waits;
    for my $k (grep { $_ != $i } @here) {
        my ($back, @rest) = @{ $news[$k] };
        is_deeply $back, [ 'onPlayerOfflineStatus',
            { uid => $uid, offline => $no } ], 'the others hear it';
        is join(' ', map { $_->[0] } @rest), $waits ? 'onPlayerEnter' : '',
            'and no more';
    }
    is scalar @{ $me->{responses} }, 0, 'coming back has no answer';
    return;
}

my $table = $daemon->table(round => 4, players => [
    map { $daemon->players(1, worker => $_ % 2) } 0 .. 2 ]);
$table->news;
away($table, $_, 'created') for 0 .. 2;
away($table, $_, 'created, ready') for 0, 1;
$table->add($daemon->players(1, worker => 1));
$table->player(3)->notify('DeskManager.Ready', {});
$table->reach('dealing');
$table->news;
away($table, $_, 'dealing') for 0 .. 3;

$table->player(2)->notify('DeskManager.QiPaiFinished', {});
@{ $table->{left} } = grep { $_->[0] != $table->player(2)->{uid} }
    @{ $table->{left} };
$table->news;
away($table, 2, 'dealing');
$table->reach('sorted');
$table->{suggested} = { map { $_->[0] => $_->[2]{que} } @{ $table->{left} } };
$table->news;
away($table, $_, 'sorted') for 0 .. 3;
my $chooser = $table->player(1);
$chooser->notify('DeskManager.DingQue', { que => 3 });
$table->{chosen} = { $chooser->{uid} => 3 };
@{ $table->{left} } = grep { $_->[0] != $chooser->{uid} } @{ $table->{left} };
$table->news;
away($table, 1, 'sorted');

$table->reach('playing');
$table->news;
away($table, $_, 'playing') for 0 .. 3;
for (1 .. 40) { # hints of all kinds, at turns of all
    $table->reach('playing');
    $table->news;
    last if grep { $_->[0] eq 'onOpTypeDo' && $_->[1]{optype} == 4 }
        @{ $table->player(0)->{heard} };
    away($table, $_ % 4, 'playing');
    my $asked = $table->{left}[0][0];
    my ($his) = grep { $table->player($_)->{uid} == $asked } 0 .. 3;
    away($table, $his, 'playing');
}
my ($mine) = @{ $table->{left} };
my ($turn) = grep { $table->player($_)->{uid} == $mine->[0] } 0 .. 3;
drop($table, $turn);
$table->news;
come_back($table, $turn);
$table->news;

$table->reach('cleaned');
$table->news;
away($table, $_, 'between rounds') for 2, 0, 3;
drop($table, 1);
come_back($table, 1);
my @news = $table->news;
is join(' ', map { $_->[0] } @{ $news[0] }), join(' ', 'onPlayerOfflineStatus',
    qw(onPlayerEnter onDeskBasicInfo onDuanPai)),
    'the last one to come back starts the round';

note 'from two connections';
{
    my $both = $daemon->table(on => [ map { { worker => $_ } } 0, 1, 1, 1 ])
        ->ready;
    my ($i, $hint);
    do { # one is asked whose worker is not the owner's
        $both->reach('playing');
        my ($uid, undef, $body) = @{ $both->{left}[0] };
        ($i) = grep { $both->player($_)->{uid} == $uid } 0 .. 3;
        $hint = $body;
    } while $i == 0;
    $both->news;
    my $old = $both->player($i);
    my $pid = $daemon->pid_of($old);
    my $new = $daemon->client(worker => 0);
    $new->{$_} = $old->{$_} for qw(uid guest heard hand que seen);
    $daemon->halt($pid);
    $old->notify('DeskManager.OpChoose', $both->choice($old, $hint));
    $new->notify('DeskManager.ReConnect', $daemon->login_of($old->{guest}));
    $new->notify('DeskManager.ReJoin', { deskId => $both->no });
    my $sync = eval { $new->expect('onSyncDesk') };
    $daemon->unhalt($pid);
    is_deeply $sync->{hint}, $hint, 'the second one is asked the same';
    is $old->kicked, 'logged in elsewhere', 'the first is sent away';
    $both->{players}[$i] = $new;
    my @routes = map { $_->[0] } map { @$_ } $both->news;
    is scalar(grep { $_ eq 'onOpTypeDo' } @routes), 0,
        'and what it says late is not done';
    @{ $both->{left} } = grep { $_->[0] != $new->{uid} } @{ $both->{left} };
    $both->answer($new, 'onOpTypeHint', $hint);
    ok $both->go_on, 'the match is played to its end';
    $_->close for $both->players;
}

note 'all at once, and then once more';
delete $table->{left};
for (1, 2) {
    $_->close for $table->players;
    come_back($table, $_) for 3, 1, 0, 2;
}
$_->{seen} = @{ $_->{heard} } for $table->players;
ok $table->play, 'the match is played to its end';
my @ends = map { $table->heard($_, 'onGameEnd') } 0 .. 3;
is_deeply $ends[$_], $ends[0], 'all hear the same end' for 1 .. 3;
ok $ends[0]{isNormalFinished}, 'a normal one';
for my $player ($table->players) {
    my $late = $daemon->client;
    is $late->request('Manager.Login', $daemon->login_of($player->{guest}))
        ->{acId}, $player->{uid}, 'who comes later still';
    is $late->request('DeskManager.ReJoin', { deskId => $table->no })
        ->{code}, -1, 'finds it dissolved';
    $late->notify('DeskManager.ReEnter', { deskId => $table->no });
    ok $late->hears_nothing_of('onDeskBasicInfo'), 'and hears nothing of it';
}

done_testing;
