#!/usr/bin/perl

# A reload changes everything for those who come and nothing for those who
# are there.

use lib 't/lib';
use Test::Sparrow;

use JSON::PP;
use Test::Sparrow::Conf qw(make_certificate);

my $bench  = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';
my $daemon = sparrow('worker_processes 2;', tls => 1, game => 'heartbeat 31s;',
    allow_log => [
    qr/none\.pem/, qr/bind\(\) to 192\.0\.2\.1/, qr/needs a restart/,
    qr/unknown directive/ ]);

sub reload { return $daemon->exit_of('-s', 'reload') }

# --- who is there stays, who comes meets the new generation
my ($ann) = $daemon->players(1);
my $old   = $daemon->pid_of($ann);
my @olds  = $daemon->workers;
$daemon->write_conf(sub { s/heartbeat 31s/heartbeat 32s/ });
is reload(), 0, 'a good conf is taken';
is $ann->request_raw('Echo.Ping', 'x'), 'x', 'a client stays';
is $daemon->pid_of($ann), $old, 'where it was';
ok defined $ann->request('DeskManager.UnCompleteDesk')->{exist},
    'and who it was';
my $new = $daemon->client;
is $new->{hello}{sys}{heartbeat}, 32, 'a new one meets the new conf';
ok !grep({ $_ == $daemon->pid_of($new) } @olds), 'in a new process';
my ($leaving) = grep { $_->{pid} == $old } $daemon->processes;
ok $leaving->{leaving}, 'the old one is shutting down';
my $again = $daemon->client;
is $again->request('Manager.Login', $daemon->login_of($ann->{guest}))->{acId},
    $ann->{uid}, 'a login in the new generation';
ok $ann->kicked, 'kicks the one in the old';
wait_for { !grep { $_->{leaving} } $daemon->processes } 'the end of the old';
is scalar($daemon->workers), 2, 'two workers, as before';

# --- a bad conf changes nothing
my @before = $daemon->workers;
my $good   = $daemon->{template};
for my $case (
    [ 'a mistake',           sub { s/worker_processes 2/worker_process 2/ }, qr/sparrow\.conf:\d+: unknown directive/ ],
    [ 'no such certificate', sub { s/cert\.pem/none.pem/ },                  qr/none\.pem/ ],
    [ 'an address of another', sub { s/listen 127\.0\.0\.1:\{\{game/listen 192.0.2.1:{{game/ }, qr/192\.0\.2\.1/ ],
    [ 'another store',       sub { s/path data;/path data2;/ },              qr/restart/ ],
    [ 'another size',        sub { s/size 64m/size 128m/ },                  qr/restart/ ],
    [ 'another user',        sub { $_ = "user daemon;\n$_" },                qr/restart/ ]) {
    my ($name, $change, $why) = @$case;
    next if $name =~ /user/ && $>;
    $daemon->{template} = $good;
    $daemon->write_conf($change);
    $daemon->log_mark;
    my ($status, $said) = $daemon->reload;
    is $status, 1, "$name is refused";
    like $said . $daemon->new_log, $why, 'and told';
}
is_deeply [ $daemon->workers ], \@before, 'the workers are the same';
is $again->request_raw('Echo.Ping', 'x'), 'x', 'and serve';
$daemon->{template} = $good;
$daemon->write_conf;
is reload(), 0, 'a good one again';

# --- listeners come and go
$daemon->write_conf(sub { s/listen 127\.0\.0\.1:\{\{game\}\};/$& listen 127.0.0.1:{{more}};/ });
is reload(), 0, 'one more listener';
is $daemon->client(server => 'more')->request_raw('Echo.Ping', 'x'), 'x', 'serves';
$daemon->write_conf(sub { s/listen 127\.0\.0\.1:\{\{more\}\};// });
is reload(), 0, 'one less';
dies_with { $daemon->raw(server => 'more') } qr/refused/, 'is closed';

# --- a new certificate
is $daemon->client(tls => 1)->certificate,
    slurp($daemon->prefix . '/conf/cert.pem'), 'the first certificate';
make_certificate($daemon->prefix . '/conf', 'cert');
is reload(), 0, 'another one in its place';
is $daemon->client(tls => 1)->certificate,
    slurp($daemon->prefix . '/conf/cert.pem'), 'is shown after the reload';

# --- who waits in the queue of a worker that stands still is not lost
my ($worker) = $daemon->workers;
kill STOP => $worker;
my @queue = map { $daemon->raw } 1 .. 100;
is reload(), 0, 'a reload while a worker stands still';
is scalar(grep { $_->handshake->{code} == 200 } @queue), 100,
    'all who waited in its queue shake hands';
kill CONT => $worker;
$_->close for @queue;

# --- more workers and fewer
for my $count (4, 2, 1, 3) {
    $daemon->write_conf(sub { s/worker_processes \d/worker_processes $count/ });
    my @waiting = map { $daemon->raw } 1 .. 50;
    is reload(), 0, "$count workers";
    is scalar(grep { $_->handshake->{code} == 200 } @waiting), 50,
        'who came before is served';
    is scalar(grep { $_->{hello}{code} == 200 }
        map { $daemon->client } 1 .. 50), 50, 'who comes after is';
    is scalar($daemon->workers), $count, 'so many there are';
}

# --- many at once
$_->close for $new, $again;
$daemon->signal('HUP') for 1 .. 5;
is reload(), 0, 'after five hangups a sixth';
wait_for { $daemon->workers == 3 && !grep { $_->{leaving} } $daemon->processes }
    'the last generation';
is $daemon->client->request_raw('Echo.Ping', 'x'), 'x', 'which serves';

# --- 20 reloads under load, without one error
my %load = (
    echo  => [ qw(-c 10 -k 2 --reconnect-after 100 -d 12s),
        '127.0.0.1:' . $daemon->port('game') ],
    login => [ qw(-c 4 -d 12s), '127.0.0.1:' . $daemon->port('http') ],
);
for my $name (sort keys %load) {
    my $report = $daemon->prefix . "/bench.$name";
    my $pid = Test::Sparrow::Proc::spawn({ output => $report },
        $bench, $name, qw(-q --json), @{ $load{$name} });
    is scalar(grep { reload() == 0 } 1 .. 20), 20, "20 reloads under $name";
    my $status;
    wait_for { defined($status = Test::Sparrow::Proc::reap($pid)) } 'its end';
    is $status, 0, 'the load is content';
    my $result = eval { decode_json(slurp($report)) } // {};
    is $result->{result}{errors}{total} // slurp($report), 0, 'not one error';
    cmp_ok $result->{result}{answers} // 0, '>', 100, 'and many answers';
}

# --- a graceful end
my $last = $daemon->client;
$daemon->signal('QUIT');
is scalar($last->kicked), undef, 'QUIT closes, and does not kick';
is $daemon->wait_exit, 0, 'and ends';

done_testing;
