#!/usr/bin/perl

# The slot of a desk's owner stays empty: the gates of its players carry the
# desk on.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', allow_log => [
    qr/exited on signal 9/, qr/socketpair\(\) failed/, qr/starting it again/ ]);

# The master can start no process until it may open files again.
sub hold_master {
    my ($files) = @_;
    system(prlimit => '--pid', $daemon->{master}, "--nofile=$files:") == 0
        or die "prlimit: $?\n";
    return;
}

# Two on the worker of slot 0 play at a desk of slot 1, whose worker dies, and
# stays away until the code given has run.
sub adopted {
    my ($name, $told, $meanwhile) = @_;
    my $table = $daemon->table(mode => 3,
        players => [ map { $daemon->players(1, worker => $_) } 1, 0 ]);
    my $other = $daemon->table(mode => 3,
        players => [ map { $daemon->players(1, worker => 0) } 0 .. 2 ]);
    $table->add($daemon->players(1, worker => 0));
    $_->settle for $table, $other;
    my $gate = $daemon->pid_of($table->player(1));
    hold_master(1);
    $daemon->log_mark;
    $daemon->kill_worker($daemon->pid_of($table->player(0)));
    $daemon->wait_log(qr/died before it was ready; starting it again/);
    $meanwhile->($table, $other, $gate);
    $daemon->wait_log(qr/desk @{[ $table->no ]} adopted/);
    $table->player($_)->expect($told) && pass "$name: player $_ is told"
        for 1, 2;
    hold_master(1024);
    wait_for { eval { $daemon->client(worker => 1)->close; 1 } }
        'a worker in the slot again';
    $table->come_back(0) if $told ne 'onDissolve';
    return $table, $other;
}

my ($table) = adopted('ready', 'onPlayerEnter', sub {
    my ($table) = @_;
    pass 'asked while nobody has the desk';
    $table->player($_)->notify('DeskManager.Ready', {}) for 1, 2;
});
$table->player(0)->notify('DeskManager.Ready', {});
ok $table->play, 'the match is played to its end';
$_->close for $table->players;

# In the turn in which it takes the desk the gate ends one of its own.
(undef, my $other) = adopted('a desk ends meanwhile', 'onDissolve', sub {
    my ($table, $other, $gate) = @_;
    my $busy = $daemon->client(worker => 0);
    my $yes = JSON::PP::true();
    $table->player(1)->notify('DeskManager.Exit', { isDestroy => $yes });
    $table->player(1)->request_raw('Echo.Ping', 'x');
    # stopped while it is busy, it hears what comes, and that the time is
    # over, in one turn
    $busy->send_raw("\x03\0\0\0" x 16_000);
    kill STOP => $gate;
    $other->player(0)->notify('DeskManager.Exit', { isDestroy => $yes });
    $daemon->wait_log(qr/starting it again in 1600 ms/);
    kill CONT => $gate;
});
$other->player($_)->expect('onDissolve') && pass "so is $_ of the other desk"
    for 0 .. 2;

# All its players were in the worker that died: no gate asks for the desk.
$table = $daemon->table(mode => 3,
    on => [ map { { worker => 1 } } 0 .. 2 ])->settle;
hold_master(1);
$daemon->log_mark;
$daemon->kill_worker($daemon->pid_of($table->player(0)));
$daemon->log_like(qr/desk ${\ $table->no } adopted/,
    'a desk that nobody asks for');
$table->come_back($_, worker => 0) for 0 .. 2;
$table->ready;
ok $table->play, 'and its match is played to its end';
hold_master(1024);
wait_for { eval { $daemon->client(worker => 1)->close; 1 } }
    'a worker in the slot again';
$daemon->stop;

# Each successor dies when it has just claimed the slot, and what it owns.
$daemon = sparrow('worker_processes 2; fail_point "worker claim after" 3+;',
    allow_log => [ qr/exited on signal 9/, qr/died before it was ready/ ]);
$table = $daemon->table(mode => 3,
    players => [ map { $daemon->players(1, worker => $_) } 1, 0, 0 ])->settle;
$daemon->log_mark;
$daemon->kill_worker($daemon->pid_of($table->player(0)));
$daemon->log_like(qr/died before it was ready/, 'a successor dies early');
$daemon->log_like(qr/desk ${\ $table->no } adopted/, 'its desk is adopted');
$table->come_back(0, worker => 0);
$table->ready;
ok $table->play, 'and its match is played to its end';

done_testing;
