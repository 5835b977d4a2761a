#!/usr/bin/perl

# Choices that nobody was asked for, or that were not offered.  Whatever is
# refused changes nothing: who is asked hears the same hint again, and the
# match goes on to its normal end.

use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

use constant { DISCARD => 1, PENG => 2, GANG => 3, HU => 4, PASS => 5 };
use constant { NOT_NOW => 1027, BAD => 1006 };

my $json   = JSON::PP->new->canonical;
my $daemon = sparrow('worker_processes 2;');

# What was tried in which situation: "discard", "self", "claim", ... => times.
my (%tried, @wrong);
my $yes = JSON::PP::true();

# A request that must be refused with that code.
sub refused {
    my ($player, $route, $payload, $code, $what) = @_;
    my $answer = $player->request("DeskManager.$route", $payload);
    push @wrong, "$what: " . $json->encode([ $route, $payload, $answer ])
        if $answer->{code} != $code || $answer->{error} !~ /: ./;
    return;
}

# All that the player has been sent is here; hints that were repeated are
# taken out.  How many there were of each.
sub hints {
    my ($player) = @_;
    $player->request('DeskManager.DingQue', {});
    my ($route, $body) = @{ $player->{heard}[-1] // [''] };
    my $last = $route eq 'onOpTypeHint' ? $json->encode($body) : '';
    my (%times, @kept);
    for my $push (splice @{ $player->{pushes} }) {
        my $hint = $push->{route} ne 'onOpTypeHint' ? ''
            : $json->encode($json->decode($push->{payload}));
        $times{$hint}++ if $hint;
        push @kept, $push if !$hint || $hint ne $last;
        $last = $hint;
    }
    @{ $player->{pushes} } = @kept;
    return \%times;
}

# A tile that is not in the hand, of a kind that is not either.
sub foreign_tile {
    my ($player) = @_;
    my %kinds = map { int($_ / 4) => 1 } @{ $player->{hand} };
    my ($kind) = grep { !$kinds{$_} } 0 .. 17;
    return 4 * $kind;
}

# What is wrong with this hint in hand: [optype, idx, code].
sub wrong_choices {
    my ($player, $hint) = @_;
    my %offered = map { $_->{op} => 1 } @{ $hint->{ops} };
    my $held    = $player->{hand}[0] // 0;
    my @choices = map { [ $_, $held, NOT_NOW ] }
        -1, 0, 6, 99, 257, 260, 500, 2147483647,
        grep { !$offered{$_} } DISCARD, PENG, GANG, HU, PASS;
    my $foreign = foreign_tile($player);
    push @choices, map { [ DISCARD, $_, BAD ] } $foreign, -1, -7, 108, 255,
        256 + $held, 1000, 4294967296 + $held, 9223372036854775807
        if $offered{+DISCARD};
    push @choices, map { [ GANG, $_, BAD ] } $foreign, -7, 1000
        if $offered{+GANG} && !$offered{+PENG};
    return @choices;
}

# What a player who wants to win would do.
sub choice {
    my ($table, $player, $hint) = @_;
    my $choice = $table->choice($player, $hint);
    return $choice if $choice->{optype} != DISCARD;
    my @hand = @{ $player->{hand} };
    my $que  = $player->{que} // 0;
    my ($ting) = map { $_->{index} } @{ $hint->{tings} };
    my %cost = map {
        my $tile = $_;
        my @near = grep { int($_ / 36) == int($tile / 36)
            && abs(int($_ / 4) - int($tile / 4)) < 3 } @hand;
        my $kind  = int($tile / 4);
        my $index = 10 * int($kind / 9) + $kind % 9 + 1;
        $tile => int($tile / 36) + 1 == $que ? -100
            : $index == ($ting // 0) ? -50 : @near
            + grep { int($_ / 4) == $kind } @hand;
    } @hand;
    ($choice->{idx}) = sort { $cost{$a} <=> $cost{$b} || $a <=> $b } @hand;
    return $choice;
}

sub situation {
    my ($hint) = @_;
    return join ' ', sort { $a <=> $b } map { $_->{op} } @{ $hint->{ops} };
}

# Tries all that is wrong, then does what the bot does, in part twice.
sub abuse {
    my ($table, $player, $hint) = @_;
    my $text  = $json->encode($hint);
    my $when  = situation($hint);
    my $asked = 0;
    hints($player);
    if ($tried{$when}++ < 12) {
        for my $choice (wrong_choices($player, $hint)) {
            my ($op, $idx, $code) = @$choice;
            my $body = { optype => $op, idx => $idx };
            $player->notify('DeskManager.OpChoose', $body);
            refused($player, 'OpChoose', $body, $code, "asked for $when");
            $asked += 2;
        }
        my $times = hints($player);
        push @wrong, "asked for $when, $asked refused: "
            . $json->encode($times)
            if keys %$times != 1 || ($times->{$text} // 0) != $asked;
        for my $other (grep { $_ != $player } $table->players) {
            my $tile = $other->{hand}[0] // 0;
            refused($other, 'OpChoose', { optype => DISCARD, idx => $tile },
                NOT_NOW, $other->{won} ? 'after winning' : 'out of turn');
            refused($other, 'OpChoose', { optype => $_, idx => $tile },
                NOT_NOW, 'after winning')
                for $other->{won} ? (PENG, GANG, HU, PASS) : ();
            $tried{ $other->{won} ? 'after winning' : 'out of turn' }++;
            hints($other);
        }
    }
    my $choice = choice($table, $player, $hint);
    my $op     = $choice->{optype};
    $choice->{idx} = -7 if $op != DISCARD && $op != GANG;
    $player->notify('DeskManager.OpChoose', $choice);
    return if $op == PASS || $op == GANG || $tried{"$op twice"}++ >= 12;
    my $answer = $player->request('DeskManager.OpChoose', $choice);
    push @wrong, "$op twice: $answer->{code}" if $answer->{code} !=
        ($op == DISCARD && $answer->{error} =~ /tile/ ? BAD : NOT_NOW);
    hints($player);
    return;
}

for my $mode (4, 3) {
    my $name  = "$mode players";
    my $table = $daemon->table(mode => $mode, round => 8, pinghu => $yes,
        on => [ map { { worker => $_ % 2 } } 1 .. $mode ]);
    my @players = $table->players;
    my $ann     = $players[1];

    for my $player (@players) {
        refused($player, 'OpChoose', { optype => $_, idx => 3 }, NOT_NOW,
            'created') for 0 .. 6;
        refused($player, 'QiPaiFinished', {}, NOT_NOW, 'created');
        refused($player, 'DingQue', { que => 1 }, NOT_NOW, 'created');
    }
    $table->ready;
    $table->reach('dealing');
    for my $player (@players) {
        refused($player, 'OpChoose', { optype => DISCARD,
            idx => $player->{hand}[0] }, NOT_NOW, 'dealing');
        refused($player, 'DingQue', { que => 1 }, NOT_NOW, 'dealing');
        refused($player, 'Ready', {}, NOT_NOW, 'dealing');
    }
    $ann->notify('DeskManager.QiPaiFinished', {});
    refused($ann, 'QiPaiFinished', {}, NOT_NOW, 'sorted twice');
    if ($mode == 4) {
        $table->reach('sorted');
        for my $player (@players) {
            refused($player, 'DingQue', { que => $_ }, BAD, 'sorted')
                for 0, 4, -1, 5, 256, 257, 2147483647;
            refused($player, 'OpChoose', { optype => DISCARD,
                idx => $player->{hand}[0] }, NOT_NOW, 'sorted');
            refused($player, 'QiPaiFinished', {}, NOT_NOW, 'sorted');
        }
        $ann->notify('DeskManager.DingQue', { que => $_ }) for 3, 1, 2;
        @{ $table->{left} } = grep { $_->[0] != $ann->{uid} }
            @{ $table->{left} };
    }
    $table->reach('playing');
    if ($mode == 4) {
        my ($que) = grep { $_->{uid} == $ann->{uid} }
            map { @$_ } $table->heard(0, 'onDingQue');
        is $que->{que}, 2, 'the last choice counts, and its like is taken';
    }
    for my $player (@players) {
        refused($player, 'DingQue', { que => 1 }, NOT_NOW, 'playing');
        refused($player, 'QiPaiFinished', {}, NOT_NOW, 'playing');
    }
    is scalar($table->heard(0, 'onDingQue')), $mode == 4 ? 1 : 0,
        'a late choice is told to nobody';
    is "@wrong", '', "$name: all that comes early or late is refused";

    my ($asked) = @{ delete $table->{left} };
    abuse($table, (grep { $_->{uid} == $asked->[0] } @players), $asked->[2]);
    $table->wait_until(
        sub { !grep { !$table->heard($_, 'onGameEnd') } 0 .. $mode - 1 },
        'the end of the match', sub {
            my ($player, $route, $body) = @_;
            $player->{won} = 1 if $route eq 'onOpTypeDo'
                && $body->{optype} == HU
                && grep { $_ == $player->{uid} } @{ $body->{uid} };
            $player->{won} = 0 if $route eq 'onDuanPai';
            return abuse($table, $player, $body) if $route eq 'onOpTypeHint';
            $table->answer(@_);
        });
    is "@wrong", '', "$name: only what was offered is accepted";
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. $mode - 1;
    is_deeply $ends[$_], $ends[0], 'all hear the same end' for 1 .. $mode - 1;
    ok $ends[0]{isNormalFinished}, 'a normal one';
    is scalar($table->heard(0, 'onRoundEnd')), 7, 'of eight rounds';
    my %discards;
    for my $push (@{ $players[0]{heard} }) {
        my ($route, $body) = @$push;
        %discards = () if $route eq 'onDuanPai';
        next if $route ne 'onOpTypeDo' || $body->{optype} != DISCARD;
        push @wrong, "discarded twice: $body->{mjs}[0]"
            if $discards{ $body->{mjs}[0] }++;
    }
    is "@wrong", '', 'no tile was discarded twice';
}

for my $when ('1', '2 5', '3 5', '4 5', 'out of turn', 'after winning',
    map { "$_ twice" } DISCARD, PENG, HU) {
    ok $tried{$when}, "it was tried: $when" or diag explain \%tried;
}

done_testing;
