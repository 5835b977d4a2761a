#!/usr/bin/perl

# The journal of a desk stays short whatever its players send: what changes
# nothing is no record, and is pushed to the player who asked alone; between
# rounds checkpoints are taken by number of records; within a round steps that
# could repeat without end are refused; a desk that is too long is closed.

use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

use constant { KEPT => 2 * 512 + 100, REPEAT => 2048, MAX => 8192 };

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());
my $daemon = sparrow('worker_processes 2;',
    allow_log => [qr/exited on signal 9/]);

# The one desk there is, from its journal.
sub desk {
    my @desks = grep { $_->{kind} eq 'desk' } $daemon->journals;
    return $desks[0];
}

# Sends the notifies so many times and waits until all are handled.
sub repeat {
    my ($player, $times, @notifies) = @_;
    for my $n (1 .. $times) {
        $player->notify(@$_) for @notifies;
        $player->request('DeskManager.UnCompleteDesk', {}) if $n % 16 == 0;
    }
    settled($player);
    return;
}

# A refused request behind them all: the desk has handled what came before.
sub settled {
    my ($player) = @_;
    return $player->request('DeskManager.DingQue', { que => 9 });
}

my @pause_resume = map { [ "DeskManager.$_", {} ] } qw(Pause Resume);
my @enter = ([ 'DeskManager.ClientInitCompleted', { isReenter => $no } ]);

note 'what changes nothing';
my ($ann, $bob) = my @pair = map { $daemon->players(1, worker => $_) } 0, 1;
my $table = $daemon->table(players => \@pair, mode => 3);
$table->player(0)->notify('DeskManager.Ready', {});
settled($ann);
$table->settle;
$_->{pushes} = [] for @pair;
my $records = desk()->{records};
for my $player (@pair) {
    my ($other) = grep { $_ != $player } @pair;
    repeat($player, 40, @enter);
    my $entered = () = map { $_->{route} eq 'onPlayerEnter' ? 1 : () }
        @{ $player->{pushes} };
    cmp_ok $entered, '>=', 1, 'a client that enters again hears who is there';
    cmp_ok $entered, '<=', 30, 'but not as often as it likes';
    repeat($player, 3, [ 'DeskManager.ReJoin', { deskId => $table->no } ])
        if $player == $ann;
    settled($other);
    is_deeply [ grep { $_->{route} =~ /^onPlayer/ } @{ $other->{pushes} } ], [],
        'the other player hears nothing of it';
    @{ $player->{pushes} } = ();
}
is desk()->{records}, $records, 'and nothing of it is written';
$bob->notify('DeskManager.Ready', {});
settled($bob);
is desk()->{records}, $records + 1, 'to be ready is written';
repeat($bob, 20, [ 'DeskManager.Ready', {} ], @enter);
is desk()->{records}, $records + 1, 'to be ready again is not';
settled($ann);
is scalar(grep { $_->{route} eq 'onPlayerEnter' } @{ $ann->{pushes} }), 1,
    'and only the first time is pushed to the other player';

note 'a desk before its first round';
repeat($_, 1500, @pause_resume) for @pair;
my $kept = desk();
cmp_ok $kept->{records}, '<', KEPT, 'a journal is cut by checkpoints';
cmp_ok $kept->{checkpoint}, '>', 4000, '... one after the other';
my $stranger = $daemon->player('a stranger', worker => 1);
for (1 .. 700) {
    $stranger->request('DeskManager.Join',
        { version => '1.9.3', deskId => $table->no });
    $stranger->notify('DeskManager.Exit', { isDestroy => $no });
}
settled($stranger);
cmp_ok desk()->{records}, '<', KEPT, 'a stranger does not make it longer';
my $last = desk();
$daemon->kill_worker($daemon->pid_of($ann));
$table->come_back(0);
settled($bob);
my $back = desk();
is $back->{$_}, $last->{$_}, "after the owner's death: the same $_"
    for qw(uids scores status);
@{ $_->{pushes} } = () for $table->players;
$table->add($daemon->players(1, worker => 0));
$table->ready;
$table->reach('playing');

note 'within a round';
my $flooder = $table->player(1);
repeat($flooder, 1200, @pause_resume);
my $long = desk();
cmp_ok $long->{records}, '<', REPEAT + KEPT, 'repeated steps come to an end';
is $flooder->request('DeskManager.Pause', {})->{code}, 1030,
    'and the player is told so';
is $flooder->request('DeskManager.Dissolve', {})->{code}, 1030,
    'of others that repeat too';
my @lost = grep { $table->player($_)->worker == 0 } 0 .. 2;
$daemon->kill_worker($daemon->pid_of($daemon->client(worker => 0)));
$table->come_back($_) for @lost;
$daemon->wait_log(qr/ is back, of 2\d\d\d records, in \d+ slices/);
pass 'the desk comes back in slices, others are served between them';
ok $table->go_on(survive => 1), 'the round is played to its end all the same';
$_->close for $table->players;
wait_for { !desk() } 'the end of that desk';

note 'too many records in one round';
$table = $daemon->table(mode => 3, on => [ map { { worker => $_ } } 0, 1, 0 ]);
$table->ready;
$table->reach('playing');
my ($in, $out) = map { $table->player($_) } 1, 2;
my $login = $daemon->login_of($out->{guest});
my $ended;
for (1 .. MAX) {
    $out->close;
    $out = $daemon->client(worker => 0);
    $out->notify('DeskManager.ReConnect', $login);
    $out->notify('DeskManager.ReJoin', { deskId => $table->no });
    my $info = $out->request('DeskManager.UnCompleteDesk', {});
    $ended = !$info->{exist};
    last if $ended;
}
ok $ended, 'a desk without end is closed';
ok $in->expect('onGameEnd'), 'its players are told';
$daemon->log_like(qr/desk \d+ has too many records in one round, closing it/,
    'and the operator why');
$_->close for $in, $out, $table->player(0);
wait_for { my ($left) = grep { $_->{kind} eq 'left' } $daemon->journals;
    !$left->{journal} } 'nothing is left of its journal';

done_testing;
