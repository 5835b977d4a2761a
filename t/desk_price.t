#!/usr/bin/perl

# Reloads that change what desks are made of: a desk costs what it was when it
# was made, and a conf without the component of desks is refused while there
# are any.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;',
    allow_log => [qr/there are \d desks, and no component/]);

sub reload_with {
    my ($component) = @_;
    $daemon->write_conf(sub {
        s/component DeskManager(?:;| \{.*?\})/$component/ or die 'no component' });
    return $daemon->reload;
}

# --- the price

is +(reload_with('component DeskManager { card_consume 1/3; }'))[0], 0, 'one costs 3';
my $table = $daemon->table;
is +(reload_with('component DeskManager { card_consume 1/100; }'))[0], 0, 'the next 100';
my $poor = $daemon->player('poor');
is $poor->request('DeskManager.CreateDesk', { version => '1.9.3', clubId => -1,
    options => Test::Sparrow::Table::options() })->{code}, 30002,
    'which a guest does not have';
$table->ready;
$table->wait_heard('onDuanPai');
is $daemon->guest('player-1')->{fangka}, 7, 'the first desk costs 3 still';

is +(reload_with('component DeskManager { card_consume 1/4; }'))[0], 0, 'one costs 4';
my $other = $daemon->table;
is +(reload_with('component DeskManager { card_consume 1/0; }'))[0], 0, 'the next nothing';
$daemon->stop;
$daemon->restart;
$other->come_back($_) for 0 .. 3;
$other->ready;
$other->wait_heard('onDuanPai');
my $imei = 'player-5';
is $daemon->guest($imei)->{fangka}, 6, 'the second desk costs 4, also of another life';
my $free = $daemon->table->ready;
$free->wait_heard('onDuanPai');
is $daemon->guest('player-9')->{fangka}, 10, 'a third is for nothing';

# --- the component

my ($status, $said);
$daemon->log_mark;
$daemon->write_conf(sub { s/component DeskManager.*// });
($status, $said) = $daemon->reload;
is $status, 1, 'a reload without the component is refused';
wait_for { $said = ($daemon->reload)[1]; $said !~ /[12] desks/ } 'the number of now';
like $said, qr/there are 3 desks, and no component/, 'with the number of desks';
wait_for { $daemon->workers == 2 } 'the workers of before';
is $free->player(0)->request('DeskManager.UnCompleteDesk', {})->{exist},
    JSON::PP::true(), 'they are as they were';

done_testing;
