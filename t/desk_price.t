#!/usr/bin/perl

# Reloads that change what desks are made of: a desk costs what it was when it
# was made, and a conf without the component of desks is refused while there
# are any.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

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


# --- an heir has the component

# Nobody sits at a desk when the component goes; then those who are still with
# the old worker make one.
$daemon = sparrow('worker_processes 1;');
my @players = $daemon->players(4);
my $with = slurp($daemon->conf);
spew($daemon->conf, $with =~ s/component DeskManager.*?;//r);
($status, $said) = $daemon->reload;
is $status, 0, 'a reload without the component, and without desks' or diag $said;
my $last = $daemon->table(players => \@players, round => 1)->ready;
my $home = sub { rows($daemon, 'desk', 'run/shared', $last->no) };
ok $last->play(until => sub { 3 <= $last->heard(0, 'onMoPai') }), 'a desk is played at';
is $home->(), '0 1', 'in the old worker: no other has the component';
spew($daemon->conf, $with);
is +($daemon->reload)[0], 0, 'a reload with it';
wait_for { $home->() ne '0 1' } 'an heir';
ok $last->play, 'which has it: the match is played to its end';

done_testing;
