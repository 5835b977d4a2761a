#!/usr/bin/perl

# Processes die at the places that matter while a match is played by players
# on all workers: each match is played to its end, what was told stays true,
# scores, journals, records and cards agree.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

my $killed = qr/exited on signal 9/;

my @cases = map { my $name = $_; map { [ $name, $_ ] } 1, 7, 23, 60 }
    'journal commit before', 'journal commit after', 'send before',
    'send half', 'send after';
push @cases, map { my $name = $_; map { [ $name, $_ ] } 1, 2 }
    'store commit before', 'store commit after', 'store answer before',
    'checkpoint before', 'checkpoint after';
push @cases, [ 'claim after', 1 ];
# the desk is handed over at each reload
my @moves = map { ("$_ before", "$_ after") } 'hand over', 'adopt';
push @cases, map { my $name = $_; map { [ $name, $_ ] } 1, 3 } @moves;

# One case alone: SPARROW_TEST_CASE='send half 7'.
my $only = $ENV{SPARROW_TEST_CASE};
@cases = grep { "@$_" eq $only } @cases if defined $only;

# The desk is made again until it stands: who is killed at it never answers.
sub table {
    my ($daemon, @players) = @_;
    return wait_for {
        my $table = eval { $daemon->table(round => 4, players => \@players) };
        return $table if $table;
        note $@;
        @players = map { back($daemon, $_) } @players;
        return;
    } 'a table that stands';
}

# A player in the lobby again, and at no desk: its owner takes a while to let a
# player go.
sub back {
    my ($daemon, $old) = @_;
    return wait_for {
        eval {
            my $player = $daemon->client;
            $player->{$_} = $old->{$_} for qw(uid guest);
            $player->request('Manager.Login', $daemon->login_of($old->{guest}));
            my $desk = $player->request('DeskManager.UnCompleteDesk');
            return $player if !$desk->{exist};
            $player->notify('DeskManager.ReJoin',
                { deskId => $desk->{tableInfo}{deskId} });
            $player->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() });
            $player->request_raw('Echo.Ping', 'x');
            return;
        }
    } 'a player who is back';
}

# Plays to the end, with a reload after each ten draws, ten at the most; the
# desk has moved before the next.
sub play_and_reload {
    my ($daemon, $table) = @_;
    my ($reloads, $next) = (0, 10);
    my $home = sub { rows($daemon, 'desk', 'run/shared', $table->no) };
    my $was  = '';
    return $table->play(survive => 1, until => sub {
        my $draws = $table->heard(0, 'onMoPai');
        if ($reloads < 10 && $draws >= $next) {
            wait_for { $home->() ne $was } 'the desk to move';
            $was = $home->();
            $daemon->signal('HUP');
            $reloads++;
            $next = $draws + 10;
        }
        $table->is_over;
    });
}

for my $case (@cases) {
    my ($name, $n) = @$case;
    note "--- $name, time $n";
    my $daemon = sparrow(qq{worker_processes 3; fail_point "$name" $n;},
        store         => 'store_timeout 20s;',
        shared_memory => 'journal_keep on;',
        allow_log     => [$killed]);
    my @guests = map { wait_for { my $g = eval { $daemon->guest("p$_") };
            $g && !$g->{code} && $g } 'a guest' } 1 .. 4;
    my @players = map { back($daemon, { uid => $_->{uid}, guest => $_ }) }
        @guests;
    my $table = table($daemon, @players);
    $table->ready;
    my $moves = grep { $_ eq $name } @moves;
    ok $moves ? play_and_reload($daemon, $table) : $table->play(survive => 1),
        "$name $n: the match ends";
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] // () } 0 .. 3;
    is_deeply $ends[$_], $ends[0], 'all hear the same end' for 1 .. $#ends;
    is scalar(grep { 1 < $table->heard($_, 'onGameEnd') } 0 .. 3), 0, 'once';
    my @deaths = $daemon->log =~ /$killed/g;
    cmp_ok scalar(@deaths), '<=', 1, 'one death at the most';
    cmp_ok scalar(@deaths), '>=', $moves, 'a hand-over is one';
    note 'nobody passed it so often' if !@deaths;
    my @told = map { $_->{totalScore} } @{ $ends[0]{stats} };
    $_->close for $table->players;
    my @found = $daemon->journals_at_rest;
    is join('; ', map { $_->{text} } grep { $_->{kind} eq 'bad' } @found),
        '', 'no journal is bad';
    my ($desk) = grep { $_->{kind} eq 'desk' && $_->{done} == 4 } @found;
    is $desk->{scores}, join(',', @told), 'the journal has the same scores';
    is $desk->{saved}, $desk->{scores}, 'so has the record';
    is "$desk->{'rounds-saved'} $desk->{dismissed} $desk->{cards}", '4 1 2',
        'of four rounds, closed, paid';
    is "$desk->{histories} $desk->{same}", '4 4',
        'four histories, of the rounds that the journal has';
    my %cards = map { $_->{uid} => $_->{cards} }
        grep { $_->{kind} eq 'user' } @found;
    is $cards{ $table->player(0)->{uid} }, 8, 'the cards were taken once';
    is $cards{ $table->player(1)->{uid} }, 10, 'and from nobody else';
    $daemon->stop;
}

done_testing;
