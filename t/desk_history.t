#!/usr/bin/perl

# Each finished round leaves one history in the store, whose snapshot says
# what players heard, can be played again, and has the shape of the original
# server's; void rounds leave none.  So it is when the store stands still for
# several rounds, and when it and the owner of the desk die meanwhile.

use lib 't/lib';
use JSON::PP ();
use Test::Sparrow;
use Test::Sparrow::History qw(kept rounds_heard);
use Test::Sparrow::Shape;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $text = JSON::PP->new->allow_nonref;
my %yes  = (result => JSON::PP::true());
my %open = (game => 'hidden_tiles off; deal_seed "test";');

my $original = $json->decode(slurp('t/captures/history-1.json'));
my $shape    = shape_of($text->decode($original->{history}{snapshot}));

# What the store keeps when the only desk is closed and its match counted.
sub closed {
    my ($daemon) = @_;
    return wait_for {
        my $now = kept($daemon);
        $now->{user}[0]{matches} && $now
    } 'the desk to be closed';
}

# --- a client that replays

# Plays a snapshot: nothing, or what cannot be.  A tile is in one place.
sub replay {
    my ($s) = @_;
    my (%place, %hand, %total, $last);
    my $move = sub {
        my ($tile, $from, $to) = @_;
        my $is = delete $place{$tile} // 'nowhere';
        die "$tile is $is, not $from\n" if $is ne $from;
        $place{$tile} = $to;
    };
    for my $account (@{ $s->{duanPai}{accountInfo} }) {
        $move->($_, 'nowhere', "hand $account->{acId}")
            for @{ $account->{mjs} };
    }
    for my $do (@{ $s->{do} }) {
        my $uid  = $do->{uid}[0];
        my $hand = "hand $uid";
        my ($tile, @more) = @{ $do->{mjs} };
        my %by = (
            500 => sub { $move->($tile, 'nowhere', $hand) },
            1   => sub { $move->($tile, $hand, 'river') },
            2   => sub {
                $move->($tile, 'river', "meld $uid");
                $move->($_, $hand, "meld $uid") for @more;
            },
            4 => sub {
                # several may win on one tile; and a kong may be robbed
                $move->($tile, $place{$tile}, 'won');
            },
        );
        $by{3} = sub {
            $move->($tile, $place{$tile} eq 'river' && @more ? 'river' : $hand,
                "meld $uid");
            $move->($_, $hand, "meld $uid") for @more;
        };
        ($by{ $do->{optype} } // die "optype $do->{optype}\n")->();
        die "$tile is won on, but is not the last\n"
            if $do->{optype} == 4 && $tile != $last;
        $last = $tile;
    }
    for my $seat (@{ $s->{end}{tiles} }) {
        my @held = sort { $a <=> $b }
            grep { $place{$_} eq "hand $seat->{acId}" } keys %place;
        my @told = sort { $a <=> $b } @{ $seat->{shouPai} };
        die "$seat->{acId} has @held, not @told\n" if "@held" ne "@told";
    }
    for my $change (@{ $s->{huScoreChanges} // [] }) {
        $total{ $change->{acId} } += $change->{totalWinScore};
        $total{ $_->{acId} } += $_->{score} for @{ $change->{scoreChange} };
    }
    my ($seats, $sum) = ($s->{end}{scoreChange}, 0);
    for my $i (0 .. $#$seats) {
        my $stats = $s->{end}{stats}[$i];
        my $is = ($total{ $seats->[$i]{acId} } // 0) + $stats->{feng}
            + $stats->{yu};
        die "seat $i has $seats->[$i]{score}, not $is\n"
            if $is != $seats->[$i]{score} || $is != $stats->{total};
        die "seat $i began with another score\n"
            if $s->{enter}{data}[$i]{score} + $is != $seats->[$i]{remain};
        $sum += $is;
    }
    die "points come from nowhere: $sum\n" if $sum;
    return;
}

# --- checking

sub check_shape {
    my ($raw, $name) = @_;
    my @order = $raw =~ /"(enter|basicInfo|duanPai|end|do|gangScoreChanges|huScoreChanges)":/g;
    is "@order", 'enter basicInfo duanPai end do gangScoreChanges '
        . 'huScoreChanges', "$name: the parts are in order";
    my $snapshot = $text->decode($raw);
    my %may = %$shape;
    $may{$_} = { 'or null' => $may{$_} }
        for qw(gangScoreChanges huScoreChanges);
    is why_not(\%may, $snapshot), undef, "$name: the original's shape";
    return;
}

# The histories of the only desk are those of the rounds, in order.
sub check {
    my ($kept, $table, $rounds, $name) = @_;
    my ($desk) = @{ $kept->{desk} };
    my @histories = @{ $kept->{history} };
    is join(' ', map { $_->{round} } @histories), join(' ', 1 .. $rounds),
        "$name: a history of each round";
    is_deeply $desk->{history}, [ map { $_->{id} } @histories ],
        "$name: whose ids the desk has";
    my @sum = (0) x 4;
    for my $h (@histories) {
        my $what = "$name, round $h->{round}";
        is $h->{why}, undef, "$what: it can be read";
        $sum[$_] += $h->{score}[$_] for 0 .. 3;
        cmp_ok $h->{begin}, '<=', $h->{end}, "$what: it takes time";
        cmp_ok $h->{bytes}, '<', 800, "$what: and is short";
        my $s = $json->decode($json->encode($text->decode($h->{snapshot})));
        is eval { replay($s); 'good' } // $@, 'good', "$what: it plays";
        is_deeply [ map { $_->{score} } @{ $s->{end}{scoreChange} } ],
            [ @{ $h->{score} }[ 0 .. $table->{mode} - 1 ] ],
            "$what: to the scores of the history";
    }
    is "@{ $desk->{score} }", "@sum", "$name: the desk has the sum";
    return @histories;
}

# --- whole matches

for my $case ([ 4, 4, 'four players' ], [ 3, 1, 'three players' ]) {
    my ($mode, $rounds, $name) = @$case;
    my $daemon = sparrow('worker_processes 2;', %open);
    my $table  = $daemon->table(mode => $mode, round => $rounds,
        maxFan => 4, menqing => JSON::PP::true(),
        on => [ map { { worker => $_ % 2 } } 0 .. $mode - 1 ]);
    $table->ready->play;
    my $kept = closed($daemon);
    my @histories = check($kept, $table, $rounds, $name);
    my @heard = rounds_heard(@{ $table->player(1)->{heard} });
    for my $i (0 .. $rounds - 1) {
        my $s = $text->decode($histories[$i]{snapshot});
        is $json->encode($s), $json->encode($heard[$i]),
            "$name, round " . ($i + 1) . ': it says what was heard';
    }
    check_shape($histories[0]{snapshot}, $name);

    my ($desk) = @{ $kept->{desk} };
    my @uids = map { $_->{uid} } $table->players;
    is "$desk->{number} $desk->{creator} $desk->{rounds}",
        join(' ', $table->no, $uids[0], $rounds), "$name: the record";
    is_deeply $desk->{player}, \@uids, "$name: its players";
    is_deeply $desk->{name}, [ map({ "G$_" } @uids), ('') x (4 - $mode) ],
        "$name: and what they are called";
    my %user = map { $_->{uid} => $_ } @{ $kept->{user} };
    my @days = map { $user{$_}{days} } @uids;
    is_deeply [ map { scalar @$_ } @days ], [ (1) x $mode ],
        "$name: a day of each player";
    is $_->[0]{at} % 86_400_000, 0, "$name: it begins at midnight" for $days[0];
    is_deeply [ map { $_->[0]{score} } @days ],
        [ @{ $desk->{score} }[ 0 .. $mode - 1 ] ], "$name: has his score";
    is_deeply [ map { "$_->[0]{matches} $_->[0]{creator}" } @days ],
        [ '1 1', ('1 0') x ($mode - 1) ], "$name: one match, of the creator's";
    is_deeply [ map { $_->[0]{wins} } @days ],
        [ map { $_ > 0 ? 1 : 0 } @{ $desk->{score} }[ 0 .. $mode - 1 ] ],
        "$name: won or not";
    is_deeply [ map { $user{$_}{desks} } @uids ],
        [ ([ $desk->{id} ]) x $mode ], "$name: each finds his desk";
    $_->close for $table->players;
    $daemon->stop;
}

# --- a void round

{
    my $daemon = sparrow('worker_processes 1;', %open);
    my $table  = $daemon->table(round => 4)->ready;
    $table->play(until => sub {
        4 == grep { $table->heard($_, 'onRoundEnd') } 0 .. 3 });
    $table->wait_heard('onDuanPai', 2);
    $table->player(0)->notify('DeskManager.Dissolve', {});
    $table->wait_heard('onDissolveAgreement');
    $table->player($_)->notify('DeskManager.DissolveStatus', {%yes})
        for 1 .. 3;
    $table->wait_heard('onGameEnd');
    my $kept = closed($daemon);
    my @histories = check($kept, $table, 1, 'a void round');
    is_deeply $text->decode($histories[0]{snapshot})->{end}{scoreChange},
        ($table->heard(2, 'onRoundEnd'))[0]{scoreChange},
        'the round before it is there';
    $_->close for $table->players;
    $daemon->stop;
}

# --- the store stands still, and processes die

{
    my $killed = qr/exited on signal 9/;
    my $daemon = sparrow('worker_processes 2;', game => 'deal_seed "test";',
        store         => 'store_timeout 60s;',
        shared_memory => 'journal_keep on;',
        allow_log     => [$killed]);
    my $table = $daemon->table(round => 4,
        on => [ map { { worker => $_ % 2 } } 0 .. 3 ])->ready;
    $table->play(until => sub {
        4 == grep { $table->heard($_, 'onDuanPai') } 0 .. 3 });
    my $store = $daemon->store_pid;
    $daemon->halt($store);
    $table->play(until => sub { 2 == $table->heard(0, 'onRoundEnd') });
    is scalar @{ kept($daemon)->{history} }, 0,
        'a store that stands still saves nothing';
    $daemon->unhalt;
    kill KILL => $daemon->workers;
    $table->play(survive => 1, until => sub {
        $table->is_over
            || grep { 2 < $table->heard($_, 'onRoundEnd') } 0 .. 3 });
    kill KILL => $store;
    ok $table->play(survive => 1), 'the match ends all the same';
    check(closed($daemon), $table, 4, 'after the deaths');
    $_->close for $table->players;
    my ($desk) = grep { $_->{kind} eq 'desk' } $daemon->journals;
    is "$desk->{histories} $desk->{same}", '4 4',
        'all are what the journal makes of the rounds';
    $daemon->stop;
}

# --- a turn that is undone

# Nobody hears of a move that could not be written before it is; then it is
# done, and nobody is asked again.
for my $n (30, 45, 60) {
    my $daemon = sparrow(
        qq{worker_processes 1; fail_point "journal refused" $n;}, %open,
        shared_memory => 'journal_keep on;');
    my $table = $daemon->table->ready;
    $table->play;
    my $kept = closed($daemon);
    my ($h)  = check($kept, $table, 1, "turn $n undone");
    is $json->encode($text->decode($h->{snapshot})),
        $json->encode((rounds_heard(@{ $table->player(2)->{heard} }))[0]),
        'the snapshot says what was heard';
    my $again = 0;
    for my $i (0 .. 3) {
        my @hints = map { $json->encode($_) } $table->heard($i, 'onOpTypeHint');
        $again += grep { $hints[$_] eq $hints[ $_ - 1 ] } 1 .. $#hints;
    }
    is $again, 0, 'and nobody was asked twice';
    $_->close for $table->players;
    my ($desk) = grep { $_->{kind} eq 'desk' } $daemon->journals;
    is "$desk->{histories} $desk->{same}", '1 1', 'so says the journal';
    $daemon->stop;
}

# --- a journal may only lose what is saved

# The store comes back between two rounds, when three are to be saved: the
# first checkpoint is that of the third, so there is no second to die behind.
{
    my $daemon = sparrow('worker_processes 1; fail_point "checkpoint after" 2;',
        store     => 'store_timeout 60s;',
        allow_log => [qr/exited on signal 9/]);
    my $table = $daemon->table(round => 4)->ready;
    $table->play(until => sub {
        4 == grep { $table->heard($_, 'onDuanPai') } 0 .. 3 });
    my $store = $daemon->store_pid;
    $daemon->halt($store);
    my %ends;
    $table->wait_until(
        sub { 4 == grep { 3 == $table->heard($_, 'onRoundEnd') } 0 .. 3 },
        'three rounds', sub {
            my ($player, $route, $body) = @_;
            return if $route eq 'onRoundEnd' && 3 == ++$ends{$player};
            $table->answer($player, $route, $body);
        });
    $daemon->unhalt($store);
    wait_for { 3 == @{ kept($daemon)->{history} } } 'three histories';
    $table->ready->play(survive => 1);
    check(closed($daemon), $table, 4, 'three at once');
    $_->close for $table->players;
    $daemon->stop;
}

done_testing;
