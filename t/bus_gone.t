#!/usr/bin/perl

# Somebody clears run/bus/, or removes it: each process binds its socket anew,
# also one that is started later, and messages between workers and store go on.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;',
    allow_log => [qr/exited on signal 9/]);
my $bus = $daemon->prefix . '/run/bus';

sub sockets { return grep { -S "$bus/$_" } 0, 1, 1024 }

# A login at one worker sends the client of the other away.
sub kicks {
    my ($what) = @_;
    my ($one, $two) = $daemon->client_on_each(2);
    my $guest = $daemon->guest($what);
    for my $client ($one, $two) {
        $client->request('Manager.Login', $daemon->login_of($guest));
    }
    return ok $one->kicked, "$what: workers and store hear each other";
}

for my $round (1 .. 2) {
    unlink map { "$bus/$_" } 0, 1, 1024;
    # connections that were there before are of no use to who is new
    my ($pid) = $daemon->workers;
    kicks("sockets gone, $round");
    wait_for { sockets() == 3 } 'new sockets';
    pass 'the sockets are back';
    $daemon->kill_worker($pid);
    wait_for { $daemon->workers == 2 } 'a new worker';
    kicks("a new worker, $round");
}
$daemon->log_like(qr/\[warn\].* bus socket of slot \d+ was gone: bound anew/,
    'the log says so');


for my $round (1 .. 2) {
    unlink map { "$bus/$_" } 0, 1, 1024;
    rmdir $bus or BAIL_OUT("rmdir $bus: $!");
    my ($pid) = $daemon->workers;
    wait_for { sockets() == 3 } 'a new folder with sockets';
    is sprintf('%o', (stat $bus)[2] & 07777), '700', 'the folder is back';
    is +(stat _)[4], (stat $daemon->prefix . '/run/shared')[4], 'its owner';
    kicks("folder gone, $round");
    $daemon->kill_worker($pid);
    wait_for { $daemon->workers == 2 } 'a new worker';
    kicks("a new worker after that, $round");
}
$daemon->log_like(qr{\[warn\].* folder "\S*run/bus" was gone: made anew},
    'the log says that, too');

done_testing;
