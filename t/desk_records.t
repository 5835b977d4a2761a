#!/usr/bin/perl

# A desk that was paid for and is gone with the daemon: its record is closed
# at the next start and the cards are back; one that is still there stays.  So
# it is with one that ends while the store is asked for its cards, and with one
# that is gone while the daemon runs.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

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
$daemon->stop;

# The store takes the cards of a desk that is no more.
sub end_while_asked {
    my ($what, $timeout, $then) = @_;
    note $what;
    my $daemon = sparrow('worker_processes 1;',
        store => "store_timeout $timeout;", allow_log => [qr/on signal 9/]);
    my $table = $daemon->table;
    my $store = $daemon->store_pid;
    $table->settle;
    $daemon->halt($store);
    my $done = eval {
        $table->ready->settle;
        $table->player(0)->notify('DeskManager.Exit', {});
        $table->wait_until(sub { $table->heard(1, 'onPlayerExit') }, 'the end');
        $daemon->unhalt;
        $then->($daemon, $table);
        1;
    };
    my $why = $@;
    $daemon->unhalt($store);
    die $why if !$done;
    $_->close for $table->players;
    my ($user) = grep { $_->{kind} eq 'user'
        && $_->{uid} == $table->player(0)->{uid} } $daemon->journals_at_rest;
    is $user->{cards}, 10, "$what: the cards are back";
    $daemon->stop;
    return;
}

end_while_asked('who has asked dies', '20s', sub {
    my ($daemon, $table) = @_;
    $daemon->kill_worker($daemon->pid_of($table->player(0)));
});
end_while_asked('who has asked gives the desk away', '20s', sub {
    my ($daemon, $table) = @_;
    is $daemon->exit_of(qw(-s reload)), 0, 'a reload';
    wait_for { (rows($daemon, 'desk', 'run/shared', $table->no) // '')
            !~ /^0 / } 'another owner';
});
end_while_asked('the store does not answer in time', '1s', sub {
    my ($daemon) = @_;
    $daemon->wait_log(qr/the store did not do "open desk"/);
});

note 'a desk is gone while the daemon runs, and nobody has said so';
$daemon = sparrow('worker_processes 1;', allow_log => [qr/on signal 9/]);
my @tables = map { $daemon->table->ready->reach('dealing') } 1, 2;
ok defined rows($daemon, 'gone', 'run/shared', $tables[0]->no), 'gone';
$daemon->kill_worker($daemon->store_pid);
$daemon->log_like(qr/1 desks that are no more closed, 2 cards returned/,
    'the next store finds out');
is $daemon->guest('player-1')->{fangka}, 10, 'its cards are back';
is $daemon->guest('player-5')->{fangka}, 8, 'those of another are not';
ok $tables[1]->go_on, 'which is played to its end';

done_testing;
