#!/usr/bin/perl

# A desk that was paid for and is gone with the daemon: its record is closed
# at the next start and the cards are back; one that is still there stays.

use lib 't/lib';
use Test::Sparrow;

my $closed = qr/1 desks of an earlier life closed, 2 cards returned/;
my $daemon = sparrow('worker_processes 1;');
my $table  = $daemon->table->ready;
$table->wait_heard('onDuanPai');
my $imei = 'player-1';
is $daemon->guest($imei)->{fangka}, 8, 'the creator has paid for his desk';

$daemon->stop;
$daemon->restart;
is $daemon->guest($imei)->{fangka}, 8, 'after a restart the desk is there';
ok $daemon->player($imei)->request('DeskManager.UnCompleteDesk')->{exist},
    'as he is told';
$daemon->log_unlike($closed, 'and its record is open');

$daemon->stop;
unlink $daemon->prefix . "/run/shared/$_" for qw(data.mdb lock.mdb);
$daemon->restart;
is $daemon->guest($imei)->{fangka}, 10, 'without it the cards are back';
$daemon->log_like($closed, 'and the log says so');
my $back = $daemon->player($imei);
is $back->request('DeskManager.ReJoin', { deskId => $table->no })->{code}, -1,
    'who comes back is told that it is gone';

$daemon->stop;
$daemon->log_mark;
$daemon->restart;
is $daemon->guest($imei)->{fangka}, 10, 'they come back once';
$daemon->log_unlike(qr/earlier life closed/, 'and no more is said');

done_testing;
