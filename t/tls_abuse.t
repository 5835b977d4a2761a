#!/usr/bin/perl

# What clients of the TLS port can cost before they have shaken hands, and
# after it by what TLS answers itself: a bounded share of each turn, a bounded
# number of bytes, and memory that counts.

use lib 't/lib';
use Test::Sparrow;

use File::Temp ();
use Net::SSLeay ();
use Test::Sparrow::Proc qw(spawn reap);
use Test::Sparrow::Stream;
use Time::HiRes qw(time);

use constant LONGEST => 0.1; # seconds that somebody else may wait

# To fill a socket by answers of a few bytes takes a busy machine long.
$Test::Sparrow::BOUND = 120;

my $patient = 'heartbeat 1h; login_timeout 0;'; # the others
my $daemon = sparrow('worker_processes 1;', tls => 1, game => $patient);
my ($worker) = $daemon->workers;
my $other = $daemon->client;

# What a client says first.
sub hello {
    my $ctx = Net::SSLeay::CTX_new_with_method(Net::SSLeay::TLS_client_method());
    my $ssl = Net::SSLeay::new($ctx);
    my ($in, $out) = map { Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem()) } 1, 2;
    Net::SSLeay::set_bio($ssl, $in, $out);
    Net::SSLeay::set_connect_state($ssl);
    Net::SSLeay::do_handshake($ssl);
    my $hello = Net::SSLeay::BIO_read($out);
    Net::SSLeay::free($ssl);
    Net::SSLeay::CTX_free($ctx);
    Net::SSLeay::ERR_clear_error();
    return $hello;
}

# The head of a hello of that many bytes; the first 47 bytes of it all.
sub claim { return pack('CnnCCn', 22, 0x301, 42, 1, $_[0] >> 16, $_[0]) . "\3\3" . "\0" x 36 }

# A record for each byte.
sub split_up { return join '', map { pack 'Cnna', 22, 0x301, 1, $_ } split //, $_[0] }

sub connections {
    my ($daemon, $n) = @_;
    return map { Test::Sparrow::Stream->new(port => $daemon->port('tls')) } 1 .. $n;
}

# The longest that the other client waits for an echo until the condition
# holds.
sub longest_until(&) {
    my ($done) = @_;
    my $longest = 0;
    wait_for {
        my $begin = time;
        $other->request_raw('Echo.Ping', 'x') eq 'x' or die "no echo\n";
        my $spent = time - $begin;
        $longest = $spent if $spent > $longest;
        $done->();
    } 'the end of a load';
    return $longest;
}

# The machine may be busy: one of three tries has to be good.
sub nobody_waits {
    my ($what, $try) = @_;
    my @longest;
    do { push @longest, $try->() } while $longest[-1] > LONGEST && @longest < 3;
    ok $longest[-1] <= LONGEST, "nobody else waits for $what"
        or diag "waited @longest s";
    return;
}

my $hello = hello();

note 'hellos';
my ($slow) = connections($daemon, 1);
$slow->send_raw(split_up(substr $hello, 5));
ok $slow->read_bytes(100), 'one in records of one byte is taken';

nobody_waits('50 without end, in records of one byte', sub {
    my @evil  = connections($daemon, 50);
    my $bytes = split_up("\1" . pack('Cn', 0, 60000) . "\3\3" . "\0" x 12000);
    $_->send_raw($bytes) for @evil;
    return longest_until { !grep { $_->is_open } @evil };
});

my @many;
nobody_waits('300 hellos at once', sub {
    @many = connections($daemon, 300);
    $_->send_raw($hello) for @many;
    return longest_until { !grep { length $_->{in} < 100 && $_->is_open } @many };
});
is scalar(grep { length $_->{in} >= 100 } @many), 300, 'each is answered';
$_->close for @many;

note 'claims';
my @claims = connections($daemon, 200);
$_->send_raw(claim(131380)) for @claims;
is scalar(grep { ($_->read_bytes(7) // '') eq "\x15\3\3\0\2\2\x2f" } @claims),
    200, 'a hello of 131,380 bytes is refused by its head';
ok $_->closed, 'and the connection closed' for $claims[0];
$daemon->log_like(qr/TLS handshake failed: excessive message size.*client: /,
    'and logged, as what it is');

note 'a client that does not read';
my $scratch = File::Temp->newdir;
my ($deaf, $said) = map { "$scratch/$_" } qw(deaf said);
system($ENV{CC} // 'cc', '-o', $deaf, 't/lib/deaf.c', qw(-lssl -lcrypto)) == 0
    or BAIL_OUT('cannot build t/lib/deaf.c');
my $pid;
nobody_waits('a client who asks for keys all the time', sub {
    end_deaf() if $pid;
    spew($said, '');
    $pid = spawn({ output => $said }, $deaf, $daemon->port('tls'));
    return longest_until {
        defined reap($pid) and die "t/lib/deaf.c ended\n";
        slurp($said) eq "full\n";
    };
});
my ($at, $used) = (time, cpu($worker));
wait_for {
    return 0 if time - $at < 0.5;
    my $share = (cpu($worker) - $used) / (time - $at);
    ($at, $used) = (time, cpu($worker));
    $share < 0.1;
} 'a worker at rest';
pass 'when it is not read any more the worker rests';
end_deaf();
is $other->request_raw('Echo.Ping', 'x'), 'x', 'others are served';

sub end_deaf {
    kill KILL => $pid;
    return wait_for { defined reap($pid) } 'the end of the client';
}

# Seconds of CPU that a process has used.
sub cpu {
    my @stat = split ' ', slurp("/proc/$_[0]/stat") =~ s/.*\) //sr;
    return ($stat[11] + $stat[12]) / 100;
}

note 'memory_limit';
my $tight = sparrow('worker_processes 1; memory_limit 1m;', tls => 1,
    game => $patient,
    http => 'client_max_body_size 2m;');
$other = $tight->client;
for my $case (
    [ 'half a hello', 40, 'tls', claim(200) ],
    [ 'half a body', 8, 'http', "POST /v1/user/login/query HTTP/1.1\r\n"
            . "Host: x\r\nContent-Length: 400000\r\n\r\n" . 'x' x 200000 ],
    [ 'half a chunked body', 8, 'http', "POST /v1/user/login/query HTTP/1.1\r\n"
            . "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            . "30d40\r\n" . 'x' x 190000 ])
{
    my ($what, $n, $port, $bytes) = @$case;
    my @all = map { Test::Sparrow::Stream->new(port => $tight->port($port)) } 1 .. $n;
    $_->send_raw($bytes) for @all;
    wait_for { grep { !$_->is_open } @all } "the end of who holds most: $what";
    pass "$what counts";
    my $open = grep { $_->is_open } @all;
    ok $open > 0 && $open < $n, 'the largest are closed, the others stay';
    is $other->request_raw('Echo.Ping', 'x'), 'x', 'others are served';
    $_->close for @all;
}

$tight->log_like(qr/closed for memory_limit: it holds \d+ bytes.*client: /,
    'the log says why');

# What is over counts no more: as much again, one after the other.
$tight->log_mark;
for (1 .. 40) {
    my ($one) = connections($tight, 1);
    $one->send_raw($hello);
    $one->read_bytes(100);
    $one->close;
}
is $tight->client(tls => 1)->request_raw('Echo.Ping', 'x'), 'x', 'a handshake';
$tight->log_unlike(qr/memory_limit/, 'what is over counts no more');

done_testing;
