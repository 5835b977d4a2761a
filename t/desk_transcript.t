#!/usr/bin/perl

# A match of several rounds with walls from a seed is always the same, but for
# the numbers of players and desk: what each player says in
# t/captures/transcript-4.jsonl brings all of them the messages that are there.
# Over TCP, and over TLS.
#
# A line is one message as in the recordings beside it.  Whoever is to say
# something has heard all that stands before it, so the order is the same in
# every run.  TRANSCRIPT=make has it made anew, by bots.

use lib 't/lib';
use JSON::PP ();
use Test::Sparrow;
use Test::Sparrow::History qw(kept rounds_heard);

my $path  = 't/captures/transcript-4.jsonl';
my $json  = JSON::PP->new->utf8->canonical->allow_nonref;
my %conf  = (game => 'deal_seed "test";');
my %fake  = (desk => '123456', uid => 1000);
my %is_uid = map { $_ => 1 } qw(acId uid acid creator markerId dissolveUid
    lastMoPaiAcId markerAcId lastChuPaiUid);

# The names of this run in those of the transcript, without the numbers of
# hints: they depend on when the store answers, for that is in the journal too.
sub normal {
    my ($names, $value, $key) = @_;
    if (ref $value eq 'HASH') {
        return { map { $_ => normal($names, $value->{$_}, $_) }
                grep { !$value->{ops} || $_ ne 'hint' } keys %$value };
    }
    return [ map { normal($names, $_, $key) } @$value ]
        if ref $value eq 'ARRAY';
    return $value if !defined $value || !defined $key || ref $value;
    return 0 if $key eq 'createdAt';
    return $names->{uid}{$value} // $value if $is_uid{$key};
    return $value =~ s/G(\d+)/'G' . ($names->{uid}{$1} \/\/ $1)/er
        if $key eq 'nickname' || $key eq 'account';
    return $value =~ s/\Q$names->{desk}\E/$fake{desk}/r
        if $key eq 'deskId' || $key eq 'title';
    return $value;
}

sub line_of {
    my ($names, $p, $dir, $type, $route, $payload) = @_;
    return { p => $p, dir => $dir, type => $type, route => $route,
        body => normal($names, $json->decode($payload)) };
}

# Four players in the lobby, who have heard what that brings.
sub players {
    my ($daemon, $on) = @_;
    my @players = map { $daemon->players(1, trace => [], %$_) } @$on;
    $_->expect('onCoinChange') for @players;
    @{ $_->{trace} } = () for @players;
    return @players;
}

sub names_of {
    my (@players) = @_;
    return { desk => 'none',
        uid => { map { $players[$_]{uid} => $fake{uid} + $_ } 0 .. 3 } };
}

# --- making it

# What has been said and heard, once all messages under way are done: there is
# one worker, who answers in order.
sub settle {
    my ($first, @others) = @_;
    $_->request_raw('Echo.Ping', '"fence"') for $first, @others;
    return;
}

# What several of them have heard next is one line.
sub drain {
    my ($lines, $names, $players, @order) = @_;
    my @queue = map { [] } @$players;
    settle(map { $players->[$_] } @order);
    for my $p (@order) {
        $queue[$p] = [ map { line_of($names, $p, @$_) }
                grep { $_->[2] ne 'Echo.Ping' }
                splice @{ $players->[$p]{trace} } ];
    }
    my $text = sub { $json->encode({ %{ $queue[ $_[0] ][0] }, p => 0 }) };
    for my $p (@order) {
        while (@{ $queue[$p] }) {
            my $same = $text->($p);
            my @to = grep { @{ $queue[$_] } && $text->($_) eq $same }
                0 .. $#queue;
            my ($line) = map { shift @{ $queue[$_] } } @to;
            $line->{p} = \@to if @to > 1;
            push @$lines, $line;
        }
    }
    return;
}

sub make {
    my $daemon  = sparrow('worker_processes 1;', %conf);
    my @players = players($daemon, [ map { {} } 0 .. 3 ]);
    my $names   = names_of(@players);
    my $desk    = $daemon->table(mode => 4, round => 4, maxFan => 4,
        menqing => JSON::PP::true(), jiaxin => JSON::PP::true(),
        players => \@players, in => 0);
    my @lines;
    $names->{desk} = $desk->no;
    drain(\@lines, $names, \@players, $_) for 0 .. 3;
    my $say = sub {
        my ($p, $code) = @_;
        $code->($players[$p]);
        drain(\@lines, $names, \@players, $p, grep { $_ != $p } 0 .. 3);
    };
    for my $p (0 .. 3) {
        $say->($p, sub { $_[0]->notify('DeskManager.ClientInitCompleted',
            { isReenter => JSON::PP::false() }) });
    }
    for my $p (0 .. 3) {
        $say->($p, sub { $_[0]->notify('DeskManager.Ready', {}) });
    }
    my @asked;
    my $hear = sub {
        $desk->pump(sub {
            my ($player, $route, $body) = @_;
            my ($p) = grep { $players[$_] == $player } 0 .. 3;
            push @{ $asked[$p] }, [ $route, $body ]
                if $route =~ /^on(?:DuanPai|DingQueHint|OpTypeHint|RoundEnd)$/;
        }, 0);
    };
    # the store takes the cards meanwhile
    wait_for { $hear->(); 4 == grep { $_ && @$_ } @asked[ 0 .. 3 ] }
        'the first hands';
    drain(\@lines, $names, \@players, 0 .. 3);
    until ($desk->heard(0, 'onGameEnd')) {
        for my $p (0 .. 3) {
            $hear->();
            my $ask = shift @{ $asked[$p] } or next;
            $say->($p, sub { $desk->answer($_[0], @$ask) });
        }
        $hear->();
    }
    spew($path, join '', map { $json->encode($_) . "\n" } @lines);
    note scalar(@lines), " lines\n";
    return;
}

# --- following it

# The next message that the player hears, whatever it is.
sub next_message {
    my ($player) = @_;
    while (1) {
        my $m = shift @{ $player->{trace} };
        return $m if $m && $m->[0] eq 'recv';
        next if $m;
        my $p = $player->read_packet or die "closed by the daemon\n";
        die "kicked: $p->{body}\n" if $p->{type} == KICK;
        $player->_keep($p);
    }
}

sub say_line {
    my ($names, $player, $line) = @_;
    my %body = %{ $line->{body} };
    $body{deskId} = $names->{desk} if exists $body{deskId};
    return $line->{type} eq 'request'
        ? $player->send_request($line->{route}, \%body)
        : $player->notify($line->{route}, \%body);
}

# The number of messages that were heard; dies at the first that is wrong.
sub follow {
    my ($daemon, $on, @lines) = @_;
    my @players = players($daemon, $on);
    my $names   = names_of(@players);
    my $heard   = 0;
    for my $n (1 .. @lines) {
        my $line = $lines[ $n - 1 ];
        for my $p (ref $line->{p} ? @{ $line->{p} } : $line->{p}) {
            if ($line->{dir} eq 'send') {
                say_line($names, $players[$p], $line);
                next;
            }
            my $m = next_message($players[$p]);
            $names->{desk} = $json->decode($m->[3])->{tableInfo}{deskId}
                if $m->[2] eq 'DeskManager.CreateDesk';
            my ($got, $want) = map { $json->encode($_) }
                line_of($names, $p, @$m), { %$line, p => $p };
            die "line $n: $got\n     not: $want\n" if $got ne $want;
            $heard++;
        }
    }
    for my $player (@players) {
        $player->request_raw('Echo.Ping', '"fence"');
        my @more = grep { $_->[0] eq 'recv' && $_->[2] ne 'Echo.Ping' }
            @{ $player->{trace} };
        die 'more is said: ' . $json->encode(\@more) . "\n" if @more;
        $player->close;
    }
    return $heard;
}

# --- what is kept of it

# What is the same for all players, whatever tiles they see: text of each
# round.
sub same_for_all {
    return map {
        my $round = $_;
        $json->encode([ map { $round->{$_} } qw(basicInfo end gangScoreChanges
            huScoreChanges), [ grep { $_->{optype} != 500 } @{ $round->{do} } ] ])
    } @_;
}

# The histories of each desk in the store, as those of the transcript.
sub histories {
    my ($daemon) = @_;
    my $text = JSON::PP->new;
    my $kept = kept($daemon);
    my %desk = map { $_->{id} => $_ } @{ $kept->{desk} };
    my %found = map { $_ => [] } keys %desk;
    for my $history (@{ $kept->{history} }) {
        my $desk  = $desk{ $history->{desk} };
        my $names = { desk => $desk->{number}, uid => {
            map { $desk->{player}[$_] => $fake{uid} + $_ } 0 .. 3 } };
        push @{ $found{ $desk->{id} } },
            normal($names, $text->decode($history->{snapshot}));
    }
    return map { $found{$_} } sort { $a <=> $b } keys %found;
}

make() if ($ENV{TRANSCRIPT} // '') eq 'make';

my @lines  = map { $json->decode($_) } split /\n/, slurp($path);
my $all    = 0;
$all += ref $_->{p} ? @{ $_->{p} } : 1 for grep { $_->{dir} eq 'recv' } @lines;
my $rounds = grep { $_->{route} eq 'onDuanPai' && grep { $_ eq '0' }
        ref $_->{p} ? @{ $_->{p} } : $_->{p} } @lines;
is $rounds, 4, 'the transcript has four rounds';
my $daemon = sparrow('worker_processes 2;', %conf, tls => 1);

for my $case (
    [ 'TCP', map { { worker => $_ } } 0, 1, 0, 1 ],
    [ 'TLS', map { { server => 'tls', worker => $_ } } 0, 1, 1, 0 ]) {
    my ($name, @on) = @$case;
    my $heard = eval { follow($daemon, \@on, @lines) };
    is $heard, $all, "$name: $all messages as in the transcript"
        or diag $@;
}

my @told = rounds_heard(map { [ $_->{route}, $_->{body} ] }
    grep { $_->{dir} eq 'recv' && grep { $_ eq '0' }
        ref $_->{p} ? @{ $_->{p} } : $_->{p} } @lines);
wait_for { 8 == @{ kept($daemon)->{history} } } 'all rounds to be saved';
my @kept = histories($daemon);
is scalar @kept, 2, 'both matches are kept';
for my $i (0 .. $#kept) {
    is_deeply [ same_for_all(@{ $kept[$i] }) ], [ same_for_all(@told) ],
        "match $i: the histories are of the rounds of the transcript";
}
is_deeply $kept[1], $kept[0], 'and the same, tile by tile';

done_testing;
