#!/usr/bin/perl

# A gate stands still while the owner of a desk dies, for longer than the next
# owner waits: its players are dropped, and they live.  What they had done is
# not done again, and they come back to hear what they have missed.

use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

# What is written for four to sit at a desk, one message at a time: seven.
my $daemon = sparrow(
    'worker_processes 3; fail_point "journal commit after" 8;',
    allow_log => [qr/exited on signal 9/]);
my ($ann) = $daemon->players(1, worker => 0);
my $table = $daemon->table(players => [$ann]);
$ann->expect('onPlayerEnter');
$table->add($daemon->players(1, worker => $_)) for 2, 1, 1;
$table->news;
my ($bob, $cid, $dan) = map { $table->player($_) } 1 .. 3;
my ($owner, $gate) = map { $daemon->pid_of($_) } $ann, $cid;

sub presence_of {
    my ($player) = @_;
    return join ' ', map { $_->{offline} ? 'gone' : 'there' }
        grep { $_->{uid} == $player->{uid} }
        $table->heard(1, 'onPlayerOfflineStatus');
}

sub hears {
    my ($route) = @_;
    return $table->wait_until(sub { $table->heard(1, $route) }, $route);
}

# As his gate would say it; so far behind the last message of his seat.
sub resume {
    my ($player, $cseq) = @_;
    defined $daemon->tool('bus', 'say', $daemon->prefix . '/run', $table->no,
        $player->{uid}, 0, 0, $cseq, 'DeskManager.Resume', '{}')
        or die "the bus does not take it\n";
    return;
}

resume($dan, 0); # nothing, but what says it is built by now
note 'the owner dies before it has acknowledged what it has done';
kill STOP => $owner;
$cid->notify('DeskManager.Dissolve', {});
# the second is answered after the turn of the first, in which it was sent on
$cid->request_raw('Echo.Ping', 'x') for 1, 2;
kill STOP => $gate;
kill CONT => $owner;
hears('onDissolveAgreement');
$bob->notify('DeskManager.DissolveStatus', { result => JSON::PP::false() });
hears('onDissolveFailure');

note 'two players of the gate are dropped; one has said more meanwhile';
$table->wait_until(sub {
    !grep { presence_of($_) ne 'gone' } $cid, $dan }, 'the drops');
resume($dan, $_) for 1 .. 20; # the first that is new to the desk counts
$table->wait_until(sub { presence_of($dan) ne 'gone' }, 'what he has said');
pass 'it is done';

kill CONT => $gate;
is scalar($_->kicked), undef, 'who was dropped is closed, to come anew'
    for $cid, $dan;
$daemon->log_like(qr/uid $_->{uid} closed: dropped meanwhile/, 'it says why')
    for $cid, $dan;
$_->close for $cid, $dan;
$table->wait_until(sub { presence_of($dan) =~ /gone$/ }, 'their end');
$table->come_back($_) for 0, 2, 3;
$table->news;
is scalar(my @votes = $table->heard(1, 'onDissolveAgreement')), 1,
    'what was sent again was not done again';
is presence_of($cid), 'gone there', 'one is back';
is presence_of($dan), 'gone there gone there', 'so is the other';
$table->ready;
ok $table->play, 'the match is played to its end';
is scalar($table->heard($_, 'onGameEnd')), 1, "player $_ hears it"
    for 0 .. 3;

done_testing;
