#!/usr/bin/perl

# turn_timeout: the server plays for who does not answer, tells the desk that
# it does, and stops when he does something himself; whatever becomes of the
# owner of the desk meanwhile.

use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();
use Time::HiRes qw(time);

use constant { NOT_NOW => 1027, TURN => 0.5, SLOW => 3 };

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());
my $daemon = sparrow('worker_processes 2;',
    allow_log => [qr/exited on signal 9/],
    game      => 'turn_timeout 500ms; deal_seed "one";',
    servers   => [
        'listen 127.0.0.1:{{never}}; turn_timeout 0;',
        'listen 127.0.0.1:{{fast}}; turn_timeout 20ms;',
        'listen 127.0.0.1:{{slow}}; turn_timeout 3s;' ]);

# The maker of the desk is in the worker 0, its owner, the others in 1; after
# a reload anywhere.
my @workers = (0, 1, 1, 1);

sub table {
    my (%opt) = @_;
    my $server = delete $opt{server} // 'game';
    return $daemon->table(%opt, on => [ map {
        { server => $server, defined $_ ? (worker => $_) : () } } @workers ]
    )->settle;
}

# Answers for all but one.
sub but {
    my ($table, $silent) = @_;
    my $uid = $table->player($silent)->{uid};
    return sub {
        my ($player) = @_;
        $table->answer(@_) if $player->{uid} != $uid;
    };
}

# When the server began and ceased to play for player i, as j heard it.
sub trustee {
    my ($table, $i, $j) = @_;
    my $uid = $table->player($i)->{uid};
    return join ' ', map { $_->{on} ? 'on' : 'off' }
        grep { $_->{uid} == $uid } $table->heard($j, 'onTrustee');
}

# What player i did, as he heard it.
sub acts {
    my ($table, $i, $op) = @_;
    my $uid = $table->player($i)->{uid};
    return grep { $_->{uid}[0] == $uid && $_->{optype} == $op }
        $table->heard($i, 'onOpTypeDo');
}

# What player i was offered, op by op.
sub offered {
    my ($table, $i) = @_;
    my %op = map { $_->{op} => 1 } map { @{ $_->{ops} } }
        $table->heard($i, 'onOpTypeHint');
    return sort keys %op;
}

# What is discarded for a player: the tile drawn last, those of his que suit
# first, the last of them.
sub is_discard {
    my ($player, $tile) = @_;
    my $que = $player->{que};
    my @que = $que ? grep { int($_ / 36) + 1 == $que } @{ $player->{before} }
        : ();
    return $tile == (@que ? $que[-1] : $player->{before}[-1]);
}

# Watches the hand of player i: how many discards were as they should be.
sub watch {
    my ($table, $i, $on, $count) = @_;
    my $player = $table->player($i);
    return sub {
        my ($to, $route, $body) = @_;
        if ($to == $player && $route eq 'onOpTypeDo'
            && $body->{uid}[0] == $player->{uid} && $body->{optype} == 1) {
            $count->{ is_discard($player, $body->{mjs}[0])
                ? 'right' : 'wrong' }++;
        }
        $player->{before} = [ @{ $player->{hand} } ];
        $on->(@_) if $on;
    };
}

sub turns { return scalar acts(@_, 1) }

for my $mode (3, 4) {
    note "one of $mode says nothing";
    my $table  = table(mode => $mode, pinghu => $yes)->ready;
    my $silent = $table->player(1);
    my %count;
    $table->wait_until(sub { $table->is_over
        || turns($table, 1) >= 3 && (offered($table, 1))[1] },
        'three turns, and more', watch($table, 1, but($table, 1), \%count));
    cmp_ok $count{right}, '>=', 3, 'his turns are played';
    is $count{wrong}, undef, 'the tile drawn is discarded, que tiles first';
    is trustee($table, 1, $_), 'on', 'all are told, once'
        for 0 .. $mode - 1;
    my ($first) = grep { $_->[1]{uid} == $silent->{uid} }
        grep { $_->[0] eq 'onTrustee' } @{ $silent->{heard} };
    is_deeply $first->[1], { uid => $silent->{uid}, on => $yes },
        'what they are told';
    my ($hint) = $table->heard(1, 'onDingQueHint');
    my ($que) = grep { $_->{uid} == $silent->{uid} } map { @$_ }
        $table->heard(1, 'onDingQue');
    is $que->{que}, $mode == 4 ? $hint->{que} : undef,
        'the suit that was suggested is taken';
    ok +(offered($table, 1))[1], 'he was offered more than to discard';
    is scalar(map { acts($table, 1, $_) } 2 .. 4), 0, 'which is passed';

    $table->wait_until(sub {
        !grep { trustee($table, 1, $_) !~ /^on off/ } 0 .. $mode - 1 },
        'the end of it', sub { $table->answer(@_) });
    ok 1, 'an answer of his ends it';
    ok $table->play, 'the match goes on to its end';
    ok +($table->heard(1, 'onGameEnd'))[0]{isNormalFinished}, 'a normal one';
    my @news = map { my $i = $_; join ' ', map { "$_->{uid} $_->{on}" }
        $table->heard($i, 'onTrustee') } 0 .. $mode - 1;
    is $news[$_], $news[0], 'all have heard the same' for 1 .. $mode - 1;
    $_->close for $table->players;
}

note 'other things that he does, or is';
{
    my $table = table(server => 'slow')->ready;
    $table->reach('dealing');
    $table->wait_until(sub { 4 == $table->heard(3, 'onTrustee') },
        'all sorted');
    is trustee($table, $_, 3), 'on', 'all are played for' for 0 .. 3;
    my $bob = $table->player(1);
    $bob->notify('DeskManager.Pause', {});
    $bob->notify('DeskManager.Resume', {});
    is $bob->request('DeskManager.OpChoose', { optype => 9 })->{code},
        NOT_NOW, 'what is refused';
    $table->settle;
    is trustee($table, 1, 3), 'on', 'is not enough, nor is to be there';
    $bob->notify('DeskManager.Dissolve', {});
    $table->wait_heard('onDissolveAgreement');
    like trustee($table, 1, 3), qr/^on off/, 'a request for a vote is';
    my @routes = map { $_->[0] } @{ $table->player(3)->{heard} };
    my ($at) = grep { $routes[$_] eq 'onDissolveAgreement' } 0 .. $#routes;
    is $routes[ $at - 1 ], 'onTrustee', 'it is told before what he did';

    $table->player(2)->close;
    my $back = $table->come_back(2);
    $table->wait_until(sub { $table->heard(2, 'onSyncDesk') }, 'a return');
    $table->settle;
    my @heard = @{ $back->{heard} };
    shift @heard while $heard[0][0] ne 'onSyncDesk';
    is_deeply [ sort { $a->{uid} <=> $b->{uid} } map { $_->[1] }
        grep { $_->[0] eq 'onTrustee' } @heard ],
        [ map { { uid => $table->player($_)->{uid}, on => $yes } }
        grep { trustee($table, $_, 3) =~ /on$/ } 0 .. 3 ],
        'who comes back is told for whom the server plays';
    is trustee($table, 2, 0), 'on', 'himself among them: that did not end it';
    $_->close for $table->players;
}

note 'all are away';
{
    my $kept = table(round => 4, server => 'never')->ready;
    $kept->reach('dealing');
    my $table = table(round => 4, server => 'fast')->ready;
    $table->wait_heard('onDuanPai');
    $_->close for $table->players;
    my $watch = $daemon->client;
    my $guest = $table->player(0)->{guest};
    $watch->notify('DeskManager.ReConnect', {
        map { $_ => $guest->{$_} } qw(uid name headUrl sex token) });
    my $info = sub {
        $watch->request('DeskManager.UnCompleteDesk')->{tableInfo} };
    wait_for { $info->()->{status} == 7 } 'the end of a round';
    like $info->()->{title}, qr{1/4}, 'the round plays itself to its end';
    $watch->close;
    is scalar($table->heard(0, 'onDuanPai')), 1, 'one has been dealt';
    $table->come_back($_) for 0 .. 3;
    $table->wait_until(sub { 2 == $table->heard(3, 'onDuanPai') },
        'the second one');
    ok 1, 'the next one waits until they are back';
    is scalar($kept->heard(2, 'onTrustee')), 0,
        'without a time nobody is played for';
    $kept->reach('playing');
    ok 1, 'and all wait';
    $_->close for $table->players, $kept->players;
}

# An answer and the time-out in the same turn of the loop.
note 'both at the same moment';
for my $mode (3, 4) {
    my $table = table(mode => $mode, server => 'slow')->ready;
    my $hint;
    my $owner = $daemon->pid_of($table->player(0));
    my $at = sub {
        my ($player, $route, $body) = @_;
        return $table->answer(@_)
            if $player != $table->player(0) || $route ne 'onOpTypeHint'
            || $body->{ops}[0]{op} != 1;
        $hint = $body;
    };
    $table->wait_until(sub { $hint || $table->is_over }, 'his turn', $at);
    my $player = $table->player(0);
    my $tile   = $player->{hand}[0];
    my $turns  = turns($table, 0);
    $daemon->halt($owner);
    $player->notify('DeskManager.OpChoose', { optype => 1, idx => $tile });
    my $until = time + SLOW + 0.5;
    wait_for { time > $until } 'the end of his time';
    $daemon->unhalt($owner);
    $table->wait_until(sub { turns($table, 0) > $turns }, 'his discard',
        but($table, 0));
    is +(acts($table, 0, 1))[$turns]{mjs}[0], $tile,
        'the answer that is there is taken';
    $_->close for $table->players;
}

# About that moment, either way: one of the two is done.
note 'about the same moment';
{
    my $table = table(mode => 3, round => 4)->ready;
    my $player = $table->player(0);
    my (%done, %seen, $hint, $heard);
    my $on = sub {
        my ($to, $route, $body) = @_;
        return $table->answer(@_)
            if $to != $player || $route ne 'onOpTypeHint'
            || $body->{ops}[0]{op} != 1;
        ($hint, $heard) = ($body, time);
    };
    for my $n (1 .. 12) {
        undef $hint;
        $table->wait_until(sub { $hint || $table->is_over }, 'his turn', $on);
        last if $table->is_over;
        my $turns = turns($table, 0);
        my $tile  = $player->{hand}[0];
        my $late  = $heard + TURN + ($n % 5 - 2) / 100;
        select undef, undef, undef, 0.001 while time < $late;
        $player->notify('DeskManager.OpChoose',
            { optype => 1, idx => $tile });
        $table->wait_until(sub { turns($table, 0) > $turns }, 'a discard',
            $on);
        my $did = (acts($table, 0, 1))[$turns]{mjs}[0];
        $done{ $did == $tile ? 'his' : 'the server\'s' }++;
    }
    note join ', ', map { "$_: $done{$_}" } sort keys %done;
    my $round = 0;
    for (@{ $player->{heard} }) {
        $round++ if $_->[0] eq 'onDuanPai';
        $seen{"$round $_->[1]{mjs}[0]"}++
            if $_->[0] eq 'onOpTypeDo' && $_->[1]{optype} == 1;
    }
    is scalar(grep { $_ > 1 } values %seen), 0, 'no tile is discarded twice';
    $_->close for $table->players;
}

# A time that began anew with each death, or each reload, would never end
# while they follow each other faster than that.
note 'the owner is killed again and again';
{
    my $table = table(server => 'slow')->ready;
    $table->reach('sorted');
    my $killed = 0;
    $table->wait_until(sub {
        return 1 if $table->heard(1, 'onDingQue');
        my $client = eval { $daemon->client(worker => 0) } or return;
        $daemon->kill_worker($daemon->pid_of($client));
        $killed++;
        0;
    }, 'what is done for them');
    ok $killed > 0, "killed $killed times: the server plays in time";
    $table->wait_until(sub { !grep { trustee($table, $_, 1) ne 'on' } 0 .. 3 },
        'the news');
    $table->come_back(0);
    ok $table->play, 'all of them go on';
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. 3;
    is_deeply $ends[$_], $ends[0], 'to the same end' for 1 .. 3;
    $_->close for $table->players;
}

note 'reload after reload';
{
    my $table = table(server => 'slow')->ready;
    $table->reach('sorted');
    $daemon->write_conf(sub { s/turn_timeout 3s/turn_timeout 1h/ or die });
    my $reloads = 0;
    $table->wait_until(sub {
        return 1 if $table->heard(1, 'onDingQue');
        $reloads++ if $daemon->exit_of('-s', 'reload') == 0;
        0;
    }, 'what is done for them');
    ok $reloads > 0, "$reloads reloads: the server plays in time";
    is trustee($table, 0, 1), 'on', 'all are told';
    @workers = (undef) x 4;
    my $new = table(server => 'slow')->ready;
    $new->reach('sorted');
    ok $table->play, 'a desk keeps its time, and goes to its end';
    is scalar($new->heard(0, 'onTrustee')), 0, 'a new one has that of the conf';
    $_->close for $table->players, $new->players;
}

$daemon->log_unlike(qr/is closed: record/, 'every journal could be followed');
$daemon->stop;

note 'the desk has lived its time while the server plays';
{
    $daemon = sparrow('worker_processes 2;', game =>
        'turn_timeout 400ms; desk_lifetime 4s; deal_seed "one";');
    my $table = $daemon->table(round => 16,
        on => [ map { { worker => $_ } } 0, 1, 1, 1 ])->ready;
    $table->wait_until(sub { 4 == grep { $table->heard($_, 'onGameEnd') }
        0 .. 3 }, 'its end', sub { });
    is trustee($table, 0, 1), 'on', 'it plays for them';
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. 3;
    ok !$ends[0]{isNormalFinished}, 'the match ends before its time';
    is_deeply $ends[$_], $ends[0], 'and all hear it' for 1 .. 3;
    ok !$_->request('DeskManager.UnCompleteDesk')->{exist},
        'nobody sits there' for $table->players;
    $_->close for $table->players;
    my @found = $daemon->journals_at_rest;
    is scalar(grep { $_->{kind} eq 'bad' } @found), 0, 'nothing is left';
    $daemon->stop;
}

done_testing;
