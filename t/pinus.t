#!/usr/bin/perl

# An independent implementation of packets and messages, the npm package
# pinus-protocol, against the daemon: what it encodes is understood, what the
# daemon sends it decodes.

use lib 't/lib';
use Test::Sparrow;

use Cwd ();
use JSON::PP ();
use Test::Sparrow::Proc qw(reap spawn);

my $objs    = $ENV{OBJS} // 'objs';
my $package = Cwd::abs_path("$objs/npm/node_modules/pinus-protocol");
plan skip_all => 'pinus-protocol is not there: make test fetches it by npm'
    if !$package || !-f "$package/package.json";
plan skip_all => 'no node here' if system 'node -e 0 >/dev/null 2>&1';

my $json   = JSON::PP->new->utf8->canonical->allow_nonref;
my $daemon = sparrow('worker_processes 2;', game => 'heartbeat 1s;');
my $guest  = $daemon->guest('pinus');
my $output = $daemon->prefix . '/node';
my $pid    = spawn({ output => $output }, 'node', 't/lib/pinus.js', $package,
    $daemon->port('game'), $json->encode($daemon->login_of($guest)));
my $status;
my $ended = eval { wait_for { defined($status = reap($pid)) } 'the end of node' };
kill KILL => $pid if !$ended;
is $status, 0, 'the client ends well' or diag slurp($output);
my $seen = eval { $json->decode(slurp($output)) } // {};

is $seen->{handshake}{type}, HANDSHAKE, 'a handshake';
is $seen->{handshake}{body}{code}, 200, 'is answered';
ok defined $seen->{handshake}{body}{sys}{heartbeat}, 'with a heartbeat';
is $seen->{echo}, '11 of 11', 'ids of every length, bodies of many sizes';
is_deeply $seen->{notified}, { type => PUSH, id => 0, route => 'onPing',
    body => 'notified' }, 'a notify, and the push it causes';
is $seen->{unknown}{id}, 21, 'nothing for a notify to nowhere, for a request';
ok $seen->{unknown}{body}{code}, 'an error';
is_deeply $seen->{login}, { type => RESPONSE, id => 22, route => undef, body => {
    acId => $guest->{uid}, nickname => $guest->{name}, fangka => 10,
    headURL => $guest->{headUrl}, sex => $guest->{sex} } }, 'logged in';
is_deeply $seen->{push}, { type => PUSH, id => 0, route => 'onCoinChange',
    body => { coin => 10 } }, 'a push with its route';
is $seen->{desk}{id}, 23, 'a request without a body';
is_deeply $seen->{desk}{body}{exist}, JSON::PP::false, 'in the lobby';
is $seen->{after_heartbeats}, 24, 'five heartbeats, and it is still there';
is $seen->{other}{body}{acId}, $guest->{uid}, 'logged in elsewhere';
is $seen->{kick}{type}, KICK, 'a kick';
ok length $seen->{kick}{body}{reason}, 'says why';
is $seen->{end}, 'close', 'and the connection ends';

done_testing;
