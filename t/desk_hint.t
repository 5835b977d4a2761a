#!/usr/bin/perl

# Which hint a choice answers.  A player passes on a peng, draws the tile that
# wins, and his pass comes again: that is no answer to the new hint, however
# the messages are cut, wherever he is connected, and whoever owns the desk by
# then.  The self-drawn win is still his.

use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();
use Socket qw(IPPROTO_TCP);

use constant TCP_QUICKACK => 12;
use constant { PENG => 2, HU => 4, PASS => 5 };

# With this wall one player comes into that situation, when all play as
# play_on() does.
my %conf   = (game => 'deal_seed "hint 56";', tls => 1);
my $json   = JSON::PP->new->canonical;
my $choose = 'DeskManager.OpChoose';
our $nth; # hints of the player, with that for the peng
my $who;  # the player

sub offers {
    my ($hint, $op) = @_;
    return scalar grep { $_->{op} == $op } @{ $hint->{ops} };
}

sub is_for_peng {
    my ($route, $hint) = @_;
    return $route eq 'onOpTypeHint' && offers($hint, PENG)
        && !offers($hint, HU);
}

# As the simple bots do, but nobody takes a peng.
sub play_on {
    my ($table, $player, $route, $body) = @_;
    return $table->answer($player, $route, $body)
        if !is_for_peng($route, $body);
    return $player->notify($choose, { optype => PASS });
}

# Who passes, and is asked next about a win with what he has drawn?
sub find_situation {
    my $daemon = sparrow('worker_processes 1;', %conf);
    my $table  = $daemon->table->ready;
    my %passed;
    $table->wait_until(sub { $table->is_over || defined $who },
        'the situation', sub {
            my ($player, $route, $body) = @_;
            my ($i)   = grep { $table->player($_) == $player } 0 .. 3;
            my $heard = @{ $player->{heard} };
            my @hints = $table->heard($i, 'onOpTypeHint');
            ($who, $nth) = ($i, @hints - 1) if $route eq 'onOpTypeHint'
                && offers($body, HU) && ($passed{$i} // -1) == $heard - 2
                && $player->{heard}[-2][0] eq 'onMoPai';
            $passed{$i} = $heard if is_for_peng($route, $body);
            play_on($table, @_);
        });
    ok $who, 'a pass, then a win with the own tile'
        or die "play_on() is another: another wall is needed\n";
    $daemon->stop;
    return;
}

sub hints {
    my ($table) = @_;
    return $table->heard($who, 'onOpTypeHint');
}

# A desk where the player is asked about the peng, and has not answered.
sub asked {
    my ($daemon, @on) = @_;
    my $table = $daemon->table(on => \@on)->ready;
    $table->wait_until(sub { $nth == hints($table) }, 'the peng', sub {
        my ($player, $route, $body) = @_;
        play_on($table, @_) if $player != $table->player($who)
            || $route ne 'onOpTypeHint' || $nth != hints($table);
    });
    $table->settle(sub { play_on($table, @_) });
    my ($peng) = (hints($table))[-1];
    die "no peng is offered\n" if !is_for_peng('onOpTypeHint', $peng);
    return ($table, $table->player($who), $peng->{hint});
}

# So many passes in one segment.  The hints that follow are acknowledged at
# once, before anybody can have read them.
sub passes {
    my ($player, $n, %named) = @_;
    my $bytes = packet(DATA, message(type => NOTIFY, route => $choose,
        payload => $player->encode({ optype => PASS, %named }))) x $n;
    $player->send_raw($bytes, chunk => length $bytes);
    setsockopt $player->{sock}, IPPROTO_TCP, TCP_QUICKACK, 1;
    return;
}

# The player has been asked about the win, so often at least, and about nothing
# else; the hint.  A new owner may have more to tell first, and then asks once
# for all that it has refused.
sub asked_for_win {
    my ($table, $times) = @_;
    $table->wait_until(sub { $nth + $times <= hints($table) },
        "the hint for the win, $times times");
    $table->settle;
    my @all   = hints($table);
    my @hints = map { $json->encode($_) } @all[ $nth .. $#all ];
    ok offers($all[$nth], HU), 'a win is offered';
    is_deeply \@hints, [ ($hints[0]) x @hints ],
        "... and nothing else, $times times";
    return $all[$nth];
}

# The win that is offered is there to be had.
sub wins {
    my ($table, $hint, %named) = @_;
    my $player = $table->player($who);
    my ($op) = grep { $_->{op} == HU } @{ $hint->{ops} };
    $player->notify($choose,
        { optype => HU, idx => $op->{mjidxs}[0], %named });
    $table->wait_until(sub { grep { $_->{optype} == HU
        && $_->{uid}[0] == $player->{uid} } $table->heard($who, 'onOpTypeDo') },
        'the win');
    pass 'the win counts';
    $_->close for $table->players;
    return;
}

find_situation();

# --- one owner

sub one_segment {
    my ($table, $player, $peng) = @_;
    passes($player, 3);
    my $hint = asked_for_win($table, 3);
    ok $hint->{hint} > $peng, 'the next hint has a greater number';
    return wins($table, $hint);
}

sub more_than_a_turn_takes {
    my ($table, $player) = @_;
    passes($player, 40);
    return wins($table, asked_for_win($table, 40));
}

sub with_the_number {
    my ($table, $player, $peng) = @_;
    passes($player, 1, hint => $peng);
    asked_for_win($table, 1);
    passes($player, 1, hint => $peng);
    asked_for_win($table, 2);
    my $answer = $player->request($choose, { optype => PASS, hint => $peng });
    is $answer->{code}, 1027, 'a request is refused';
    like $answer->{error}, qr/not an answer to this hint/, '... with a reason';
    my $hint = asked_for_win($table, 3);
    passes($player, 1, hint => $_)
        for -1, $hint->{hint} + 1, 9223372036854775807;
    asked_for_win($table, 6);
    return wins($table, $hint, hint => $hint->{hint});
}

# The client reads the hint for the peng, and nothing that comes behind it.
sub behind_a_full_pipe {
    my ($table, $player, $peng) = @_;
    my ($mate) = grep { $_ != $player } $table->players;
    my $heard  = sub {
        my ($route, $uid) = @_;
        return scalar grep { $_->[0] eq $route
            && (!$uid || $_->[1]{acId} == $uid) } @{ $mate->{heard} };
    };
    my $drawn = $heard->('onMoPai', $player->{uid});
    $player->{eof} = 1; # so pump() leaves it alone
    for my $n (1 .. 5) {
        $mate->notify('DeskManager.VoiceMessage', { words => 'v' x 47_000 });
        $table->wait_until(sub { $n == $heard->('onVoiceMessage') },
            'a voice');
    }
    passes($player, 1, hint => $peng - 1); # so it is sent again
    passes($player, 1);
    $table->wait_until(sub { $drawn < $heard->('onMoPai', $player->{uid}) },
        'the next tile: the hint was taken, whatever came behind it');
    passes($player, 1); # the hint for the win cannot be seen
    $mate->request_raw('Echo.Ping', '"fence"');
    $player->{eof} = 0;
    local $nth = $nth + 1; # with the hint for the peng again
    return wins($table, asked_for_win($table, 2));
}

sub synced {
    my ($table) = @_;
    $table->wait_until(sub { $table->heard($who, 'onSyncDesk') }, 'the desk');
    return ($table->heard($who, 'onSyncDesk'))[0];
}

# Who comes back is told the hint with the number that it had.
sub coming_back {
    my ($table, $player, $peng) = @_;
    passes($player, 1);
    my $hint = asked_for_win($table, 1);
    my $new  = $table->come_back($who);
    is_deeply synced($table)->{hint}, $hint, 'the hint of who comes back';
    passes($new, 1, hint => $peng);
    asked_for_win($table, 2);
    return wins($table, $hint);
}

# What he says before he has come back answers nothing.
sub before_coming_back {
    my ($table, $player) = @_;
    passes($player, 1);
    my $hint = asked_for_win($table, 1);
    my $new  = $table->{daemon}->client;
    $new->{$_} = $player->{$_} for qw(uid guest heard hand que seen);
    $new->notify('DeskManager.ReConnect', { map { $_ => $player->{guest}{$_} }
        qw(uid name headUrl sex token) });
    passes($new, 2);
    $new->notify('DeskManager.ReJoin', { deskId => $table->no });
    $table->{players}[$who] = $new;
    is_deeply synced($table)->{hint}, $hint, 'the win is still offered';
    return wins($table, $hint);
}

my @cases = (
    [ 'three passes in one segment'          => \&one_segment ],
    [ 'so many that one turn takes not all'  => \&more_than_a_turn_takes ],
    [ 'segment by segment, with the number'  => \&with_the_number ],
    [ 'a hint that the client does not take' => \&behind_a_full_pipe ],
    [ 'who comes back'                       => \&coming_back ],
    [ 'who says something before'            => \&before_coming_back ],
);

{
    my $daemon = sparrow('worker_processes 2;', %conf);
    for my $gate (0, 1) {
        for my $server (qw(game tls)) {
            for my $case (@cases) {
                my ($name, $run) = @$case;
                note "$name; gate $gate, $server";
                $run->(asked($daemon, { worker => 0 },
                    map { { worker => $gate, server => $server } } 1 .. 3));
            }
        }
    }
    $daemon->stop;
}

# --- another owner

# Before the answer: the gate keeps what it cannot deliver.
{
    my $daemon = sparrow('worker_processes 2;', %conf,
        allow_log => [qr/exited on signal 9/]);
    note 'the owner dies before it has read the passes';
    my @on = map { { worker => $_ } } 0, 1, 1, 1;
    my ($table, $player) = asked($daemon, @on);
    my $owner = $daemon->pid_of($table->player(0));
    $daemon->halt($owner);
    passes($player, 3);
    $player->request_raw('Echo.Ping', '"fence"');
    $daemon->unhalt;
    $daemon->kill_worker($owner);
    $table->come_back(0);
    wins($table, asked_for_win($table, 1));

    note 'the owner dies after the first';
    ($table, $player, my $peng) = asked($daemon, @on);
    passes($player, 1);
    asked_for_win($table, 1);
    $daemon->kill_worker($daemon->pid_of($table->player(0)));
    passes($player, 2, hint => $peng);
    $table->come_back(0);
    wins($table, asked_for_win($table, 2));
    $daemon->stop;
}

for my $when (qw(before after)) {
    note "the desk is handed over $when the first pass";
    my $daemon = sparrow('worker_processes 2;', %conf);
    my ($table, $player, $peng) =
        asked($daemon, map { { worker => $_ } } 0, 1, 1, 1);
    my $owner = $daemon->pid_of($table->player(0));
    passes($player, 1), asked_for_win($table, 1) if $when eq 'after';
    $table->come_back(0, worker => 1); # then it has only the desk
    $table->settle;
    is $daemon->exit_of('-s', 'reload'), 0, 'a reload';
    wait_for { $daemon->is_gone($owner) } 'the end of the owner';
    passes($player, 3, $when eq 'after' ? (hint => $peng) : ());
    wins($table, asked_for_win($table, $when eq 'after' ? 2 : 1));
    $daemon->stop;
}

# The hint is in the journal when the owner dies, and was told to nobody.
{
    note 'the next owner is the first to tell the hint';
    my $daemon = sparrow('worker_processes 2;', %conf,
        allow_log => [qr/exited on signal 9/]);
    my ($table, $player) =
        asked($daemon, map { { worker => $_ } } 0, 1, 1, 1);
    my $owner = $daemon->pid_of($table->player(0));
    $table->come_back(0, worker => 1);
    $table->settle;
    $daemon->write_conf(sub { s/^/fail_point "journal commit after" 1;\n/ });
    is $daemon->exit_of('-s', 'reload'), 0, 'a reload';
    wait_for { $daemon->is_gone($owner) } 'the end of the owner';
    passes($player, 1);
    $daemon->log_like(qr/exited on signal 9/, 'an owner dies');
    wins($table, asked_for_win($table, 1));
    $daemon->stop;
}

done_testing;
