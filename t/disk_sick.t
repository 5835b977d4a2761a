#!/usr/bin/perl

# Sick disks.  A sync that takes longer than a process may stand still; writes
# of the store that fail for a while, again and again, while matches are
# played: the process is left alone, the log says what is slow or fails, and
# the matches go on where they were.

use lib 't/lib';
use Test::Sparrow;

use Errno qw(EIO ENOSPC);
use Test::Sparrow::Fault;
use Time::HiRes ();

my $fault  = Test::Sparrow::Fault->new;
my $daemon = sparrow('worker_processes 2;',
    store => 'store_timeout 20s;',
    env   => { $fault->env },
    allow_log => [ qr/no room on the file system|Input\/output error/,
        qr/event loop is stuck|exited on signal 6|died in "\S+shared\/data\.mdb"/,
        qr/shared memory got no clean mark/ ]);
my $store = $daemon->store_pid;

# --- a sync of 12 s: the watchdog's bound is 10 s
my $http = $daemon->http_client;
my $before = $daemon->guest('before');
$fault->set(store_slow => 12_000);
$http->send_raw(Test::Sparrow::HTTP::format_request('POST',
    '/v1/user/login/guest',
    { appId => 'test', channelId => 'test', imei => 'meanwhile' }));
wait_for { $fault->failed } 'a sync';
$fault->set;
my (undef, undef, $guest) = $http->response;
is $guest->{code}, 0, 'who waited for a sync of 12 s is answered';
is $daemon->store_pid, $store, 'by the store that was asked';
$daemon->log_like(
    qr/\[warn\].* a sync of "\S*data\/data\.mdb" took 1[2-9]\d{3} ms/,
    'the log says that the disk is slow');
$daemon->log_unlike(qr/event loop is stuck/, 'nobody is taken for stuck');

# --- writes fail, again and again, while matches are played
my %kinds = (
    map({ my $which = $_;
        ("$which EIO"   => { "${which}_write" => EIO },
        "$which ENOSPC" => { "${which}_write" => ENOSPC },
        "$which short"  => { "${which}_write" => EIO, short => 1 })
    } qw(shared store)),
    'store sync' => { store_sync => EIO },
    'log ENOSPC' => { log_write => ENOSPC },
    'log short'  => { log_write => EIO, short => 1 },
);
for my $what (sort keys %kinds) {
    my @tables = map { $daemon->table(mode => 4, round => 1) } 1 .. 2;
    my ($from, $was, $on) = (Time::HiRes::time(), $fault->failed, 0);
    $_->ready for @tables;
    my $tick = sub {
        my $want = $fault->failed == $was
            || int((Time::HiRes::time() - $from) / 0.2) % 4 == 1;
        return if $want == $on;
        $fault->set($want ? %{ $kinds{$what} } : ());
        $on = $want;
    };
    Test::Sparrow::Table::play_all(\@tables, tick => $tick, done => sub {
        $fault->failed > $was && !grep { !$_->is_over } @tables });
    $fault->set;
    ok !(grep { $_->{late} } map { $_->players } @tables),
        "$what: each match is played to its end";
    $_->close for map { $_->players } @tables;
}
is scalar(() = $daemon->log =~ /exited on signal|event loop is stuck/g), 0,
    'no process died of it';

# --- one that goes round in the file, and does not wait for a disk
$fault->set(shared_write => -1);
eval { $daemon->player('spins') };
wait_for { $daemon->log =~ /event loop is stuck/ } 'the watchdog';
$fault->set;
wait_for { $daemon->log =~ m{died in "\S+shared/data\.mdb": death 1 counts} }
    'what the master says of it';
wait_for { eval { $daemon->player('later') } } 'a worker that serves';
pass 'who is aborted while it uses the processor counts against the file';

ok $daemon->journals_at_rest, 'nothing is left over';

# --- the last sync of shared memory fails
$fault->set(shared_sync => EIO);
$daemon->stop;
$daemon->log_like(qr/shared memory got no clean mark/,
    'a stop says that the next boot cannot trust shared memory');
$fault->set;
$daemon->restart;
is $daemon->guest('before')->{uid}, $before->{uid}, 'the store is as it was';

done_testing;
