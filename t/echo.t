#!/usr/bin/perl

# The way of a message: a request and its answer, a notify and its push, in
# every size and in every cut of the stream.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', http => undef);
my ($ann, $bob) = $daemon->client_on_each(2);

is $ann->request_raw('Echo.Ping', 'abc'), 'abc', 'a request is answered';
is $ann->request_raw('Echo.Ping', ''), '', 'nothing is answered by nothing';
my $bytes = join '', map { chr } 0 .. 255;
is $ann->request_raw('Echo.Ping', $bytes), $bytes, 'any byte comes back';
is $bob->request_raw('Echo.Ping', '{"a'), '{"a', 'it need not be JSON';
isnt $daemon->pid_of($ann), $daemon->pid_of($bob), 'the two have two workers';

$ann->notify('Echo.Ping', 'xyz');
is $ann->expect_raw('onPing'), 'xyz', 'a notify is answered by a push';
ok $bob->hears_nothing_of('onPing'), 'which only its sender hears';

is $ann->request_raw('Echo.Ping', 'x' x $_), 'x' x $_, "a payload of $_ bytes"
    for 1, 127, 128, 4000;

# Ids of every length of a varint, and twice the same.
for my $id (0, 127, 128, 16384, 1 << 32, (1 << 53) + 1, ~0, 7, 7) {
    $ann->send_message(type => REQUEST, id => $id, route => 'Echo.Ping',
        payload => $id);
    is $ann->response_raw($id), $id, "id $id";
}

# Many at once: nothing lost, nothing mixed up, the order kept.
my @ids = map { $ann->send_request('Echo.Ping', "payload $_") } 1 .. 500;
my @answers = map { $ann->response_raw($_) } @ids;
is_deeply \@answers, [ map { "payload $_" } 1 .. 500 ], '500 in flight';

my $ping = packet(DATA, message(type => REQUEST, id => 1000,
    route => 'Echo.Ping', payload => 'slow'));
$ann->send_raw($ping, chunk => 1);
is $ann->response_raw(1000), 'slow', 'byte by byte';

$ann->send_raw(substr $ping, 0, 4);
is $bob->request_raw('Echo.Ping', 'b'), 'b', 'another goes on meanwhile';
ok $ann->is_open, 'a header may come alone';
$ann->send_raw(substr $ping, 4);
is $ann->response_raw(1000), 'slow', 'and its body later';

my @cut;
for my $cut (1 .. length($ping) - 1) {
    $bob->send_raw($ping . substr $ping, 0, $cut);
    $bob->send_raw(substr $ping, $cut);
    push @cut, grep { $bob->response_raw(1000) ne 'slow' } 1, 2;
}
is_deeply \@cut, [], 'two packets in every cut of the second';

# Who stops sending still gets what he asked for.
my $last = $ann->send_request('Echo.Ping', 'the last');
$ann->shutdown_write;
is $ann->response_raw($last), 'the last', 'an answer after a half close';
ok $ann->closed, 'then the daemon closes';

# Who leaves in the middle harms nobody.
my $rude = $daemon->client;
$rude->send_request('Echo.Ping', 'x' x 1000) for 1 .. 50;
$rude->reset;
is $bob->request_raw('Echo.Ping', 'still'), 'still', 'a reset harms nobody';

done_testing;
