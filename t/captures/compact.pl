#!/usr/bin/perl

# Makes the records here from recorded conversations:
#
#     perl t/captures/compact.pl DIR/game-3-21.jsonl >t/captures/game-3-21.jsonl
#
# What no test reads is left out: HTTP, notes, heartbeats, most fields of what
# clients say.  A push that several players were told is one line, whose "p" is
# a list; what one player said and was told keeps its order.

use strict;
use warnings;

use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;

# Fields of the bodies that are kept, by direction and route.
my %fields = (
    'send Manager.Login'       => ['ip'],
    'recv Manager.Login'       => [qw(acId nickname headURL sex)],
    'send DeskManager.ReConnect' => ['uid'],
    'send DeskManager.CreateDesk' => ['options'],
    'send DeskManager.Join'    => ['deskId'],
    'recv DeskManager.CreateDesk' => [qw(code tableInfo)],
    'recv DeskManager.Join'    => [qw(code tableInfo)],
);
my %drop = map { $_ => 1 } qw(DeskManager.UnCompleteDesk Manager.CheckOrder
    ClubManager.ApplyClub Nope.Nope DeskManager.Nope);
my %timed = map { ("DeskManager.$_" => 1) }
    qw(Dissolve DissolveStatus ReJoin ReEnter Resume Exit);
my %private = map { $_ => 1 } qw(onOpTypeHint onDingQueHint onCoinChange);

my ($meta, @queue);

sub keep {
    my ($m) = @_;
    my $dir   = $m->{dir} // return;
    my $type  = $m->{type} // '';
    my $route = $m->{route} // '';
    return { dir => $dir } if $dir eq 'close';
    return { dir => $dir, type => $type }
        if $type eq 'handshake' && $dir eq 'send';
    return if $type !~ /^(?:request|response|notify|push)$/ || $drop{$route};
    my $body = $m->{body};
    if (my $names = $fields{"$dir $route"}) {
        $body = { map { $_ => $body->{$_} }
                grep { exists $body->{$_} } @$names };
    }
    return {
        dir => $dir, type => $type, route => $route, body => $body,
        $dir eq 'send' && $timed{$route} ? (t => int $m->{t}) : () };
}

my $index = 0;
while (<>) {
    my $m = $json->decode($_);
    if ($m->{meta}) {
        $meta = { map { $_ => $m->{meta}{$_} }
                grep { exists $m->{meta}{$_} } qw(flow mode options) };
        next;
    }
    my $kept = keep($m) or next;
    push @{ $queue[ $m->{p} ] }, {
        line  => $kept,
        index => $index++,
        push  => ($kept->{type} // '') eq 'push',
        key   => $json->encode($kept) };
}
$_ //= [] for @queue;

sub emit {
    my ($to, $line) = @_;
    print $json->encode({ %$line, p => @$to > 1 ? $to : $to->[0] }), "\n";
    return;
}

# How far ahead a player was told the same, with nothing that others were told
# before it.
sub ahead {
    my ($queue, $key) = @_;
    for my $i (0 .. $#$queue) {
        return $i if $queue->[$i]{key} eq $key;
        return if $queue->[$i]{push} && !$private{ $queue->[$i]{line}{route} };
    }
    return;
}

print $json->encode({ meta => $meta }), "\n";
while (1) {
    my ($p) = sort { $queue[$a][0]{index} <=> $queue[$b][0]{index} }
        grep { @{ $queue[$_] } } 0 .. $#queue;
    last if !defined $p;
    my $head = $queue[$p][0];
    my @to = ($p);
    if ($head->{push} && !$private{ $head->{line}{route} }) {
        for my $q (grep { $_ != $p } 0 .. $#queue) {
            my $n = ahead($queue[$q], $head->{key});
            next if !defined $n;
            emit([$q], $_->{line}) for splice @{ $queue[$q] }, 0, $n;
            push @to, $q;
        }
    }
    shift @{ $queue[$_] } for @to;
    emit([ sort { $a <=> $b } @to ], $head->{line});
}
