#!/usr/bin/perl

# Sick disks.  A sync that takes longer than a process may stand still; writes
# of the store that fail for a while, again and again, while matches are
# played: the process is left alone, the log says what is slow or fails, and
# the matches go on where they were.

use lib 't/lib';
use Test::Sparrow;

use Errno qw(EIO ENOSPC);
use Time::HiRes ();

# the program that is loaded into may be one with sanitizers
$ENV{ASAN_OPTIONS} = join ':', grep { length } $ENV{ASAN_OPTIONS} // '',
    'verify_asan_link_order=0';

my $dir   = File::Temp->newdir;
my $fault = "$dir/fault";
my @names = qw(shared_write store_write shared_sync store_sync failed);

# From now on only what is named is amiss.
sub fault {
    my (%what) = @_;
    open my $fh, -e $fault ? '+<' : '>', $fault or die "$fault: $!\n";
    my $bytes = pack 'q<*', map { $what{$_} // 0 } @names;
    syswrite($fh, $bytes) == length $bytes or die "$fault: $!\n";
    return;
}

sub failed { return (unpack 'q<*', slurp($fault))[-1] }

fault();
chmod 0666, $fault;
my $daemon = sparrow('worker_processes 2;',
    store => 'store_timeout 20s;',
    env   => { LD_PRELOAD => library('fault'), FAULT => $fault },
    allow_log => [ qr/no room on the file system|Input\/output error/ ]);
my $store = $daemon->store_pid;

# --- a sync of 12 s: the watchdog's bound is 10 s
my $http = $daemon->http_client;
$daemon->guest('before');
fault(store_sync => 12_000);
$http->send_raw(Test::Sparrow::HTTP::format_request('POST',
    '/v1/user/login/guest',
    { appId => 'test', channelId => 'test', imei => 'meanwhile' }));
wait_for { failed() } 'a sync';
fault();
my (undef, undef, $guest) = $http->response;
is $guest->{code}, 0, 'who waited for a sync of 12 s is answered';
is $daemon->store_pid, $store, 'by the store that was asked';
$daemon->log_like(
    qr/\[warn\].* a sync of "\S*data\/data\.mdb" took 1[2-9]\d{3} ms/,
    'the log says that the disk is slow');
$daemon->log_unlike(qr/event loop is stuck/, 'nobody is taken for stuck');

# --- writes fail, again and again, while matches are played
my @kinds = map { my $which = $_; map { { $which => $_ } } EIO, ENOSPC }
    qw(shared_write store_write);
for my $kind (@kinds) {
    my ($which, $err) = %$kind;
    my $what   = "$which " . ($err == EIO ? 'EIO' : 'ENOSPC');
    my @tables = map { $daemon->table(mode => 4, round => 1) } 1 .. 2;
    my ($from, $failures, $on) = (Time::HiRes::time(), 0, 0);
    $_->ready for @tables;
    my $tick = sub {
        my $seen = $failures + ($on ? failed() : 0);
        my $want = !$seen
            || int((Time::HiRes::time() - $from) / 0.2) % 4 == 1;
        return if $want == $on;
        fault($want ? %$kind : ());
        ($failures, $on) = ($seen, $want);
    };
    Test::Sparrow::Table::play_all(\@tables, tick => $tick,
        done => sub { $failures && !grep { !$_->is_over } @tables });
    fault();
    ok !(grep { $_->{late} } map { $_->players } @tables),
        "$what: each match is played to its end";
    $_->close for map { $_->players } @tables;
}
is scalar(() = $daemon->log =~ /exited on signal|event loop is stuck/g), 0,
    'no process died of it';
ok $daemon->journals_at_rest, 'nothing is left over';

done_testing;
