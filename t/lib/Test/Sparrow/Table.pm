package Test::Sparrow::Table;

# A desk with its players, for tests: they come in, play as simple bots do,
# and everything that each of them hears is kept.
#
#     my $table = Test::Sparrow::Table->new($daemon, mode => 4, round => 1);
#     $table->ready;
#     $table->play;                   # up to onGameEnd
#     my @ends = $table->heard(0, 'onGameEnd');
#
# A player is a Test::Sparrow::Client; ->{heard} has [route, body] of each push
# in order, ->{hand} his tiles as he knows them.

use strict;
use warnings;

use JSON::PP ();
use Test::Sparrow::Codec ':all';
use Time::HiRes qw(time);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub options {
    my (%opt) = @_;
    my %options = (mode => 4, round => 1, maxFan => 3, zimo => 'fan',
        map { $_ => JSON::PP::false() }
            qw(menqing jiangdui jiaxin pengpeng pinghu yaojiu));
    $options{$_} = $opt{$_} for grep { exists $opt{$_} } keys %options;
    return \%options;
}

# on => [client options of each player], players => [those that are there,
# some may still be missing], club => id, in => 0: they sit, but do not say so;
# the rest are options of the desk.
sub new {
    my ($class, $daemon, %opt) = @_;
    my $mode = $opt{mode} // 4;
    my $self = bless { daemon => $daemon, mode => $mode }, $class;
    $self->{players} = $opt{players} // [
        map { $daemon->players(1, %{ $opt{on}[$_] // {} }) } 0 .. $mode - 1 ];
    $_->{heard} = [], $_->{hand} = [] for @{ $self->{players} };
    my $created = $self->player(0)->request('DeskManager.CreateDesk', {
        version => '1.9.3', clubId => $opt{club} // -1,
        options => options(%opt, mode => $mode) });
    die 'no desk: ' . $json->encode($created) . "\n" if $created->{code};
    $self->{no} = $created->{tableInfo}{deskId};
    $self->_join($_)
        for @{ $self->{players} }[ 1 .. $#{ $self->{players} } ];
    $self->come_in if $opt{in} // 1;
    return $self;
}

sub _join {
    my ($self, $player) = @_;
    my $joined = $player->request('DeskManager.Join',
        { version => '1.9.3', deskId => $self->{no} });
    die 'not joined: ' . $json->encode($joined) . "\n" if $joined->{code};
    return;
}

# One more sits down, and comes in.
sub add {
    my ($self, $player) = @_;
    $player->{heard} = [];
    $player->{hand}  = [];
    $self->_join($player);
    push @{ $self->{players} }, $player;
    $player->notify('DeskManager.ClientInitCompleted',
        { isReenter => JSON::PP::false() });
    return $self->settle;
}

sub no      { return $_[0]{no} }
sub player  { return $_[0]{players}[ $_[1] ] }
sub players { return @{ $_[0]{players} } }

sub come_in {
    my ($self) = @_;
    $_->notify('DeskManager.ClientInitCompleted',
        { isReenter => JSON::PP::false() }) for $self->players;
    return $self;
}

sub ready {
    my ($self) = @_;
    $_->notify('DeskManager.Ready', {}) for $self->players;
    return $self;
}

# What a player has heard so far of a route: the bodies.
sub heard {
    my ($self, $i, $route) = @_;
    return map { $_->[1] } grep { $_->[0] eq $route }
        @{ $self->player($i)->{heard} };
}

# Takes what has arrived at all players; `on` is called for each push with
# (player, route, body).  Waits for at most `wait` seconds for anything.
sub pump {
    my ($self, $on, $wait) = @_;
    my @open = grep { $_->{sock} && !$_->{eof} } $self->players;
    my $some = $self->_take($on, @open);
    return $some if $some;
    my $set = '';
    vec($set, fileno $_->{sock}, 1) = 1 for @open;
    select $set, undef, undef, $wait // 0.5 if @open;
    $_->is_open for @open;
    return $self->_take($on, @open);
}

sub _take {
    my ($self, $on, @players) = @_;
    my $n = 0;
    for my $player (@players) {
        $player->beat_when_due;
        for my $m (splice @{ $player->{pushes} }) {
            $n++;
            $self->_hear($on, $player, $m);
        }
        while (my $p = unpacket(\$player->{in})) {
            $n++;
            die "kicked: $p->{body}\n" if $p->{type} == KICK;
            $player->_keep($p);
            $self->_hear($on, $player, $_) for splice @{ $player->{pushes} };
        }
    }
    return $n;
}

sub _hear {
    my ($self, $on, $player, $m) = @_;
    my $body = $json->decode($m->{payload});
    push @{ $player->{heard} }, [ $m->{route}, $body ];
    $self->_note($player, $m->{route}, $body);
    $on->($player, $m->{route}, $body) if $on;
    return;
}

# Waits until the code returns true, answering nothing.
sub wait_until {
    my ($self, $done, $what, $on) = @_;
    my $deadline = time + $Test::Sparrow::Stream::BOUND;
    until ($done->()) {
        $self->pump($on);
        $self->{daemon}->must_live($what);
        die "timed out waiting for $what", $self->_state, "\n",
            $self->{daemon}->last_words
            if time > $deadline;
    }
    return 1;
}

# Everybody has heard the route n times.
sub wait_heard {
    my ($self, $route, $n) = @_;
    $n //= 1;
    return $self->wait_until(
        sub { !grep { $n > $self->heard($_, $route) } 0 .. $self->{mode} - 1 },
        "$n $route at each player");
}

# Plays until everybody has heard onGameEnd, or `until` returns true.  With
# survive => 1 whoever loses his connection comes back; one who finds his desk
# gone has missed the end, which somebody else must have heard.
sub play {
    my ($self, %opt) = @_;
    my $until = $opt{until} // sub { $self->is_over };
    return $self->wait_until(
        sub { $self->_survive if $opt{survive}; $until->() },
        'the end of the match', sub { $self->answer(@_) });
}

# Plays at many tables at once, until `done` returns true; `tick` is called
# between.  Everybody survives.
sub play_all {
    my ($tables, %opt) = @_;
    my $moved = time;
    until ($opt{done}->()) {
        my $some = 0;
        for my $table (@$tables) {
            $table->_survive;
            $some += $table->pump(sub { $table->answer(@_) }, 0);
        }
        $opt{tick}->() if $opt{tick};
        $moved = time if $some;
        my ($daemon) = map { $_->{daemon} } @$tables;
        $daemon->must_live('matches');
        die "nothing moves: ", map({ $_->_state } @$tables), "\n",
            $daemon->last_words
            if time > $moved + $Test::Sparrow::Stream::BOUND;
        select undef, undef, undef, 0.002 if !$some;
    }
    return 1;
}

# What each player heard last, for people.
sub _state {
    my ($self) = @_;
    return '' if $self->is_over;
    return join "\n    ", "\ndesk $self->{no}", map {
        my $last = $_->{heard}[-1];
        "uid $_->{uid} " . ($_->{late} ? 'late' : $_->{eof} ? 'closed' : 'open')
            . ($last ? " $last->[0] " . $json->encode($last->[1]) : '')
    } $self->players;
}

# Everybody has heard the end, or came back too late for it.
sub is_over {
    my ($self) = @_;
    return !grep { !$self->heard($_, 'onGameEnd') && !$self->player($_)->{late} }
        0 .. $self->players - 1;
}

sub _survive {
    my ($self) = @_;
    for my $i (0 .. $self->{mode} - 1) {
        my $player = $self->player($i);
        next if $player->{late} || !$player->{eof}
            || $self->heard($i, 'onGameEnd');
        eval { $self->come_back($i); 1 } or next;
        my $desk = eval {
            $self->player($i)->request('DeskManager.UnCompleteDesk') };
        $self->player($i)->{late} = 1 if $desk && !$desk->{exist};
    }
    return;
}

# --- one state after the other

# Waits until whatever was sent has had its effect and all have heard of it:
# a choice of no suit is refused in every state, and changes nothing.
sub settle {
    my ($self, $on) = @_;
    for (1, 2) {
        $_->request('DeskManager.DingQue', {}) for grep {
            $_->{sock} && !$_->{eof} } $self->players;
    }
    1 while $self->pump($on, 0);
    return $self;
}

# Settles; what each player has heard since the last time: a list of
# [route, body] for each.
sub news {
    my ($self) = @_;
    $self->settle;
    return map {
        my $from = $_->{seen} // 0;
        my $to   = $_->{seen} = @{ $_->{heard} };
        [ @{ $_->{heard} }[ $from .. $to - 1 ] ];
    } $self->players;
}

# Plays up to a state: dealing, sorted, playing, cleaned (between rounds) or
# over; what is asked for there is left to the next reach() or go_on().
sub reach {
    my ($self, $state) = @_;
    my %last = (dealing => 'onDuanPai', sorted => 'onDingQueHint',
        playing => 'onOpTypeHint', cleaned => 'onRoundEnd',
        over => 'onGameEnd');
    my $last = $last{$state} // die "no state $state\n";
    my $all  = $state eq 'playing' ? 1 : $self->{mode};
    my @left;
    $self->_answer_left;
    my $take = sub {
        my ($player, $route, $body) = @_;
        return $self->answer(@_) if $route ne $last;
        push @left, [ $player->{uid}, $route, $body ];
    };
    $self->wait_until(sub { @left >= $all }, "the state $state", $take);
    $self->{left} = \@left;
    return $self->settle($take);
}

# Plays on after reach(), to the end as play() does.
sub go_on {
    my ($self, %opt) = @_;
    $self->_answer_left;
    return $self->play(%opt);
}

sub _answer_left {
    my ($self) = @_;
    for my $left (@{ delete $self->{left} // [] }) {
        my ($uid, $route, $body) = @$left;
        my ($player) = grep { $_->{uid} == $uid } $self->players;
        $self->answer($player, $route, $body);
    }
    return;
}

# --- the bot

# What he holds, from what he hears.
sub _note {
    my ($self, $player, $route, $body) = @_;
    my $uid  = $player->{uid};
    my $hand = $player->{hand};
    if ($route eq 'onDuanPai') {
        my ($own) = grep { $_->{acId} == $uid } @{ $body->{accountInfo} };
        @$hand = @{ $own->{mjs} };
        delete $player->{que};
    } elsif ($route eq 'onMoPai' && $body->{acId} == $uid) {
        push @$hand, @{ $body->{mjids} };
    } elsif ($route eq 'onOpTypeDo' && grep { $_ == $uid } @{ $body->{uid} }) {
        my %gone = map { $_ => 1 } @{ $body->{mjs} };
        @$hand = grep { !$gone{$_} } @$hand;
    } elsif ($route eq 'onDingQue') {
        my ($own) = grep { $_->{uid} == $uid } @$body;
        $player->{que} = $own->{que};
    } elsif ($route eq 'onSyncDesk') {
        my ($own) = grep { $_->{acId} == $uid } @{ $body->{players} };
        @$hand = @{ $own->{shouPaiIds} };
        $player->{que} = abs $own->{que} if $own->{que};
    }
    return;
}

# Does what the push asks for.
sub answer {
    my ($self, $player, $route, $body) = @_;
    if ($route eq 'onDuanPai') {
        $player->notify('DeskManager.QiPaiFinished', {});
    } elsif ($route eq 'onDingQueHint') {
        $player->notify('DeskManager.DingQue', { que => $body->{que} });
    } elsif ($route eq 'onOpTypeHint') {
        $player->notify('DeskManager.OpChoose', $self->choice($player, $body));
    } elsif ($route eq 'onSyncDesk') {
        $self->_go_on($player, $body);
    } elsif ($route eq 'onRoundEnd') {
        $player->notify('DeskManager.Ready', {});
    }
    return;
}

# After a ReJoin: what is asked now.
sub _go_on {
    my ($self, $player, $body) = @_;
    my ($own) = grep { $_->{acId} == $player->{uid} } @{ $body->{players} };
    if ($body->{status} == 1) {
        $player->notify('DeskManager.QiPaiFinished', {});
    } elsif ($body->{status} == 2 && $own->{que} < 0) {
        $player->notify('DeskManager.DingQue', { que => -$own->{que} });
    } elsif ($body->{hint}) {
        $player->notify('DeskManager.OpChoose',
            $self->choice($player, $body->{hint}));
    }
    return;
}

# Wins, kongs, pengs whenever he can.
sub choice {
    my ($self, $player, $hint) = @_;
    my %op = map { $_->{op} => $_ } reverse @{ $hint->{ops} };
    for my $op (4, 3, 2, 5) {
        next if !$op{$op};
        return { optype => $op, idx => ($op{$op}{mjidxs} // [0])->[0] };
    }
    return { optype => 1, idx => discard($player, $hint) };
}

# A tile of the que suit; one that leaves the hand waiting; the loneliest.
sub discard {
    my ($player, $hint) = @_;
    my @hand = @{ $player->{hand} };
    my $que  = $player->{que};
    my ($tile) = $que ? grep { int($_ / 36) + 1 == $que } @hand : ();
    return $tile if defined $tile;
    my ($ting) = sort { @{ $b->{hu} } <=> @{ $a->{hu} } } @{ $hint->{tings} };
    my %count;
    $count{ _index($_) }++ for @hand;
    my %worth = map {
        my $i = $_;
        ($i => 4 * $count{$i} + 2 * (($count{ $i - 1 } // 0)
            + ($count{ $i + 1 } // 0)) + ($count{ $i - 2 } // 0)
            + ($count{ $i + 2 } // 0))
    } keys %count;
    $worth{ $ting->{index} } = -1 if $ting;
    my ($least) = sort {
        $worth{ _index($a) } <=> $worth{ _index($b) } || $a <=> $b } @hand;
    return $least;
}

sub _index { return int($_[0] / 36) * 10 + int($_[0] / 4) % 9 + 1 }

# Player i comes again over a new connection: by ReConnect and ReJoin.
sub come_back {
    my ($self, $i, %opt) = @_;
    my $old    = $self->player($i);
    my $client = $self->{daemon}->client(%opt);
    $client->{$_} = $old->{$_} for qw(uid guest heard hand que seen);
    $client->notify('DeskManager.ReConnect', {
        map { $_ => $old->{guest}{$_} } qw(uid name headUrl sex token) });
    $client->notify('DeskManager.ReJoin', { deskId => $self->no });
    $old->close if $old->{sock};
    $self->{players}[$i] = $client;
    return $client;
}

1;
