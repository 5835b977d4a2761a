#!/usr/bin/perl

# A desk is played to its end by the version of the rules that it was made
# under, though the daemon knows a newer one by now: its journal tells which.
# (desk_version.c has such a journal, and what the versions say.)

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

# A seed with which two win on one tile after the first round.
my $daemon = sparrow('worker_processes 2;', shared_memory => 'size 64m;',
    game => 'deal_seed s3;');

# 炮 by seat, from what seat 0 has heard: the tiles that were paid for, and the
# wins on them.
sub paid {
    my ($table) = @_;
    my %seat = map { $table->player($_)->{uid} => $_ } 0 .. 3;
    my ($tile, @tiles, @wins) = 0;
    @tiles = @wins = (0) x 4;
    for (@{ $table->player(0)->{heard} }) {
        my ($route, $body) = @$_;
        $tile++ if $route eq 'onMoPai' || $route eq 'onDuanPai';
        next if $route ne 'onHuScoreChange' || $body->{huPaiType} != 0;
        my $payer = $seat{ $body->{scoreChange}[0]{acId} };
        $wins[$payer]++;
        $tiles[$payer]++ if $tile;
        $tile = 0;
    }
    return (\@tiles, \@wins);
}

sub versions {
    my ($from) = @_;
    my @found = $daemon->journals;
    is scalar(grep { $_->{kind} eq 'bad' } @found), 0, 'no journal is bad';
    return [ sort map { $_->{version} } grep { $_->{kind} eq 'desk' } @found ];
}

sub pao {
    my ($table) = @_;
    my ($end) = $table->heard(0, 'onGameEnd');
    return [ map { $_->{pao} } @{ $end->{stats} } ];
}

my @on = (on => [ map { { worker => $_ } } 0, 1, 0, 1 ]);
my $old = $daemon->table(round => 4, @on)->ready->reach('playing');
is_deeply versions(), [2], 'a new desk has the newest version';
ok $daemon->stop('QUIT'), 'a stop';
ok defined rows($daemon, 'first', 'run/shared', $old->no),
    'the desk was made by a daemon that knew one version';
is_deeply versions(), [1], 'its journal says so';
$daemon->restart;
$old->come_back($_, worker => $_ % 2) for 0 .. 3;
for my $round (1 .. 3) {
    $old->reach('cleaned');
    wait_for {
        my ($desk) = grep { $_->{kind} eq 'desk' } $daemon->journals;
        $desk && $desk->{'rounds-saved'} == $round && $desk->{checkpoint};
    } 'the checkpoint after a round';
    is_deeply versions(), [1], "round $round: the desk has its version";
    next if $round != 2;
    note 'it is loaded from its checkpoint';
    $daemon->stop('QUIT');
    $daemon->restart;
    $old->come_back($_, worker => $_ % 2) for 0 .. 3;
}
ok $old->go_on, 'the match is played to its end';
my ($tiles, $wins) = paid($old);
isnt "@$tiles", "@$wins", 'two have won on one tile';
is_deeply pao($old), $tiles, 'it counts once';
$_->close for $old->players;

my $new = $daemon->table(round => 4, @on)->ready->reach('playing');
is_deeply [ grep { $_ == 2 } @{ versions() } ], [2], 'a new desk: the newest';
ok $new->go_on, 'it is played to its end';
($tiles, $wins) = paid($new);
isnt "@$tiles", "@$wins", 'two have won on one tile';
is_deeply pao($new), $wins, 'which counts twice';

done_testing;
