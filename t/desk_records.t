#!/usr/bin/perl

# A desk that was paid for and is gone with the daemon: its record is closed
# at the next start and the cards are back; one that is still there stays.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

my $closed = qr/1 desks of an earlier life closed, 3 cards returned/;
my $daemon = sparrow('worker_processes 1;');
my $ann    = $daemon->guest('ann');
is $ann->{fangka}, 10, 'cards of a new guest';
ok defined rows($daemon, 'open', 'data', $ann->{uid}, 12345),
    'she pays for a desk';
ok defined rows($daemon, 'seat', 'run/shared', $ann->{uid}, 12345),
    'and sits at it';
is $daemon->guest('ann')->{fangka}, 7, 'some are gone';

$daemon->stop;
$daemon->restart;
is $daemon->guest('ann')->{fangka}, 7, 'after a restart the desk is there';
$daemon->log_unlike($closed, 'and open');

$daemon->stop;
unlink $daemon->prefix . "/run/shared/$_" for qw(data.mdb lock.mdb);
$daemon->restart;
is $daemon->guest('ann')->{fangka}, 10, 'without it the cards are back';
$daemon->log_like($closed, 'and the log says so');

$daemon->stop;
$daemon->log_mark;
$daemon->restart;
is $daemon->guest('ann')->{fangka}, 10, 'they come back once';
$daemon->log_unlike(qr/earlier life closed/, 'and no more is said');

done_testing;
