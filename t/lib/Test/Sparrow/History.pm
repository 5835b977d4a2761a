package Test::Sparrow::History;

# What the store of a daemon keeps of the rounds, by t/lib/history.c, and what
# players heard of them, in the same shape.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(kept rounds_heard);

my $json = JSON::PP->new->utf8;

# { desk => [...], history => [...], user => [...] }: the lines of the tool.
sub kept {
    my ($daemon) = @_;
    my $said = $daemon->tool('history', $daemon->prefix . '/data')
        // die "the store cannot be read\n";
    my %kept = map { $_ => [] } qw(desk history user);
    for my $line (map { $json->decode($_) } split /\n/, $said) {
        push @{ $kept{ $line->{kind} } }, $line;
    }
    return \%kept;
}

my %list = (
    onOpTypeDo        => 'do',
    onGangScoreChange => 'gangScoreChanges',
    onHuScoreChange   => 'huScoreChanges',
);

# The rounds as somebody heard them, from his pushes [route, body]: snapshots,
# if all tiles were shown to him.
sub rounds_heard {
    my (@pushes) = @_;
    my (@rounds, $enter, $info, $now);
    for my $push (@pushes) {
        my ($route, $body) = @$push;
        $enter = $body if $route eq 'onPlayerEnter';
        $info  = $body if $route eq 'onDeskBasicInfo';
        push @rounds, $now = { enter => $enter, basicInfo => $info,
            duanPai => $body, map { $_ => undef } values %list }
            if $route eq 'onDuanPai';
        push @{ $now->{do} }, { uid => [ $body->{acId} ], optype => 500,
            hutype => 0, mjs => $body->{mjids} } if $route eq 'onMoPai';
        push @{ $now->{ $list{$route} } }, $body if $list{$route};
        $now->{end} = $body if $route eq 'onRoundEnd';
        $now->{end} = $body->{roundStats} if $route eq 'onGameEnd';
    }
    return @rounds;
}

1;
