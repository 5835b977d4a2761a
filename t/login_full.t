#!/usr/bin/perl

# More than all of "size" of shared memory is in use: what is left is for the
# desks that run, so nobody new comes in, and whoever is there stays: also by
# another connection, and back at a desk.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use constant SIZE => 4 << 20;

my $daemon = sparrow('worker_processes 1;', shared_memory => 'size 4m;');
my $table  = $daemon->table(mode => 3);
my $ann    = $table->player(0);
my $bob    = $daemon->player('bob');
my $cid    = $daemon->player('cid');
$cid->close;

sub login {
    my ($guest) = @_;
    my $client = $daemon->client;
    my $answer = $client->request('Manager.Login', $daemon->login_of($guest));
    return ($answer->{code} // 0, $client);
}

ok defined rows($daemon, 'ballast', 'run/shared', SIZE, 4500), 'ballast';
my $refused = 0;
wait_for { $refused = (login($daemon->guest('new-' . ++$daemon->{new})))[0] }
    'a login that is refused';
is $refused, 1013, 'nobody new comes in';
is +(login($cid->{guest}))[0], 1013, 'nor who was there before' for 1 .. 20;
is scalar(() = $daemon->log
        =~ /\[err\w*\] .*logins refused: more than "size" of "shared_memory"/g), 1,
    'the operator is told, once';

my ($code, $again) = login($bob->{guest});
is $code, 0, 'who has a session comes by another connection';
is $bob->kicked, 'logged in elsewhere', 'which takes the place of the first';
ok !$again->request('DeskManager.UnCompleteDesk')->{exist}, 'and is served';
$ann->close;
$table->wait_until(sub { $table->heard(1, 'onPlayerOfflineStatus') }, 'a drop');
$table->come_back(0);
pass 'who sits at a desk comes back';
ok $table->ready->play(until => sub { 2 <= $table->heard(0, 'onMoPai') }),
    'and plays';

ok defined rows($daemon, 'unload', 'run/shared', SIZE), 'the ballast is gone';
# what the last write has freed counts until the next
ok $table->play(until => sub { 4 <= $table->heard(0, 'onMoPai') }),
    'the desk goes on';
wait_for { !(login($cid->{guest}))[0] } 'a login';
pass 'with room again everybody may come';

done_testing;
