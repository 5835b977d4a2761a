#!/usr/bin/perl

# One flipped bit in one row: whose row it is gets an error, and nothing that
# is somebody else's; the log names file, table and key.  Nobody becomes
# another, no balance moves, and all the others play on.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

my $daemon = sparrow('worker_processes 2;', shared_memory => 'size 64m;',
    allow_log => [ qr/bad row/, qr/exited on signal 9/, qr/exited with code 2/,
        qr/environment unusable/, qr/commit failed: .*run\/shared/,
        qr/is closed: its row is damaged/ ],
    http_server => 'location = /v1/gm/desks { gm_desks; }
        location ^~ /v1/gm/desks/ { gm_desk; }');

sub flip {
    my (@row) = @_;
    $daemon->log_mark;
    my ($bit, $bits) = split ' ', rows($daemon, 'flip', @row) // '';
    ok $bits, "a bit of a row of \"$row[1]\"";
    return $bit;
}

sub keys_of { return split ' ', rows($daemon, 'keys', @_) }

sub is_named {
    my ($folder, $table, $key) = @_;
    $daemon->log_like(qr/\[crit\] .*bad row "$key" of table "$table" in "\S*$folder\/data.mdb": row has a wrong checksum/,
        'the log names file, table and key');
    return;
}

sub login {
    my ($guest, %on) = @_;
    my $client = $daemon->client(%on);
    my $answer = $client->request('Manager.Login', $daemon->login_of($guest));
    $client->close;
    return $answer;
}

sub is_known {
    my ($name, $guest) = @_;
    my $again = $daemon->guest($name);
    is_deeply [ @$again{qw(code uid fangka)} ], [ 0, @$guest{qw(uid fangka)} ],
        "$name is who he was";
    return;
}

my @create = ('DeskManager.CreateDesk', { version => '1.9.3', clubId => -1,
        options => Test::Sparrow::Table::options() });

sub sits_nowhere {
    my ($client) = @_;
    ok !$client->request('DeskManager.UnCompleteDesk')->{exist},
        'who was there sits nowhere';
    return;
}

# Four players in a round, two at each worker; and where the desk is.
sub table {
    my ($name) = @_;
    my $table = $daemon->table(players => [
        map { $daemon->player("$name-$_", worker => $_ > 1) } 0 .. 3 ])->ready;
    return more($table, 5);
}

sub more {
    my ($table, $n) = @_;
    my $to = $n + $table->heard(2, 'onMoPai');
    $table->play(survive => 1, until => sub {
        $to <= $table->heard(2, 'onMoPai') || $table->is_over });
    return $table;
}

note 'an account';
my %guest = map { $_ => $daemon->guest($_) } 'one', 'two';
my ($one, $two) = @guest{qw(one two)};
my $http = $daemon->http_client;
my $named;
for my $at ([0], [11], [], [1e9]) {
    my @row = ('data', 'users', $one->{uid});
    my $bit = flip(@row, @$at);
    my $answer = $daemon->guest('one');
    is $answer->{code}, 1013, 'its guest login is refused';
    is $answer->{status}, 500, 'as a fault of the server';
    is login($one)->{code}, 1013, 'so is its login';
    is_named('data', 'users', $one->{uid}) if !$named++;
    is login($two)->{acId}, $two->{uid}, 'another one logs in';
    flip(@row, $bit);
    is_known('one', $one);
}

note 'a device';
my %device = map { $_ => 1 } keys_of('data', 'guests');
my $three  = $daemon->guest('three');
my ($key)  = grep { !$device{$_} } keys_of('data', 'guests');
my $users  = keys_of('data', 'users');
my $bit    = flip('data', 'guests', $key);
is $daemon->guest('three')->{code}, 1013, 'its login is refused';
is_named('data', 'guests', $key);
is scalar(keys_of('data', 'users')), $users, 'it gets no new uid';
is login($three)->{acId}, $three->{uid}, 'its token is good';
is_known('two', $two);
flip('data', 'guests', $key, $bit);
is_known('three', $three);

note 'a session';
my ($old, $new) = map { $daemon->client(worker => $_) } 0, 1;
$old->request('Manager.Login', $daemon->login_of($two));
flip('run/shared', 'sessions', $two->{uid});
is $old->request(@create)->{code}, 1013, 'it takes no desk';
is_named('run/shared', 'sessions', $two->{uid});
is $new->request('Manager.Login', $daemon->login_of($two))->{acId},
    $two->{uid}, 'the next login takes its place';
sits_nowhere($new);
is $new->request(@create)->{code}, 0, 'and a desk';
$_->close for $old, $new;

note 'a desk, in play';
my ($bad, $good) = map { table($_) } 'bad', 'good';
my $no = $bad->no;
flip('run/shared', 'desks', $no);
my $status = ($http->request('GET', "/v1/gm/desks/$no"))[0];
ok $status == 500 || $status == 404, 'an operator is told: not now, or no more';
is +($http->request('GET', '/v1/gm/desks'))[0], 200, 'or of the others';
$daemon->wait_log(qr/desk $no is closed: its row is damaged; the journal of [0-9a-f]{16} is set aside/);
is_named('run/shared', 'desks', $no);
for my $i (0 .. 3) {
    $bad->wait_until(sub { $bad->heard($i, 'onDissolve') }, 'the end');
    sits_nowhere($bad->player($i));
}
wait_for { $daemon->guest('bad-0')->{fangka} == 10 } 'the cards';
is $bad->player(1)->request(@create)->{code}, 0, 'who plays again';
is scalar(grep { $_ eq sprintf 'x%016x', $no }
    keys_of('run/shared', 'desks')), 0, 'its number is free';
$_->close for $bad->players;
more($good, 3);

note 'a desk, by a message that is for it';
$bad = table('told');
$no  = $bad->no;
kill STOP => my $pid = $daemon->pid_of($bad->player(0));
$bad->player(2)->notify('DeskManager.Pause', {});
flip('run/shared', 'desks', $no, 77);
kill CONT => $pid;
$daemon->log_like(qr/desk $no is closed: its row is damaged; the journal/,
    'its owner closes it');
for my $i (0 .. 3) {
    $bad->wait_until(sub { $bad->heard($i, 'onDissolve') }, 'the end');
}
$_->close for $bad->players;

note 'a desk of nobody';
$bad = table('orphan');
$no  = $bad->no;
kill STOP => $pid = $daemon->pid_of($bad->player(0));
flip('run/shared', 'desks', $no);
$daemon->kill_worker($pid);
is $bad->player(2)->request('DeskManager.UnCompleteDesk')->{code}, 1013,
    'meanwhile nobody knows where its players sit';
$daemon->log_like(
    qr/desk $no is closed: its row is damaged, and it is nobody's/, 'it goes');
for my $i (2, 3) {
    $bad->wait_until(sub { $bad->heard($i, 'onDissolve') }, 'the end');
    sits_nowhere($bad->player($i));
}
my @said = $daemon->new_log =~ /bad row .* of table "desks"/g;
cmp_ok scalar(@said), '<=', 4, 'each process has said it once';
$_->close for $bad->players;

note 'a slot';
$good->come_back($_) for grep { !$good->player($_)->is_open } 0 .. 3;
my $at = $daemon->client(worker => 0);
$pid = $daemon->pid_of($at);
$at->close;
flip('run/shared', 'slots', 0);
ok $good->play(survive => 1), 'the match is played to its end';
ok $daemon->is_gone($pid), 'by the next process';
is_named('run/shared', 'slots', 0);
$_->close for $good->players;

note 'a seat, and a restart over all of it';
($bad, $good) = map { table($_) } 'last', 'kept';
my $uid = $bad->player(3)->{uid};
flip('run/shared', 'seats', $uid);
is $bad->player(3)->request('DeskManager.UnCompleteDesk')->{code}, 1013,
    'where its player sits nobody knows';
is_named('run/shared', 'seats', $uid);
my $alone = $daemon->player('last-3');
is $alone->request(@create)->{code}, 1013, 'he gets no second seat';
is $alone->request('DeskManager.Join', { version => '1.9.3',
    deskId => $good->no })->{code}, 1013, 'nowhere';
is +($daemon->http_client->request('GET', "/v1/gm/desks?uid=$uid"))[0], 500,
    'the operator is told';
$no = $good->no;
$_->close for $alone, $bad->players, $good->players;
$daemon->stop;
flip('run/shared', 'desks', $bad->no);
flip('run/shared', 'slots', 1);
flip('data', 'users', $one->{uid}, 100);
$daemon->restart;
$daemon->log_like(qr/bad row ".*" of table "$_"/, "the start meets the $_")
    for 'desks', 'slots';
is $daemon->guest('one')->{code}, 1013, 'the account has its error';
is_known('two', { %$two });
my $free = $daemon->player('last-3');
sits_nowhere($free);
is $free->request(@create)->{code}, 0, 'who had no seat that counts plays';
wait_for { $daemon->guest('last-0')->{fangka} == 10 } 'the cards';
ok 1, 'the cards of the lost desk are back';
$good->come_back($_, worker => $_ > 1) for 0 .. 3;
is $good->no, $no, 'the other desk is there';
ok $good->play(survive => 1), 'and is played to its end';
$daemon->stop;

done_testing;
