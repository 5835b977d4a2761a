#!/usr/bin/perl

# The load tool against the daemon: every load, over every kind of server.

use lib 't/lib';
use JSON::PP;
use Test::Sparrow;

my $bench = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';

# (exit status, report) of the tool.
sub bench {
    my (@args) = @_;
    open my $out, '-|', $bench, @args or die "$bench: $!\n";
    local $/;
    my $report = eval { decode_json(readline $out) };
    close $out;
    return ($? >> 8, $report);
}

my $daemon = sparrow('worker_processes 2;', tls => 1, xxtea => 1);
my @pid    = ('-p', $daemon->{master});
my %at     = map { $_ => '127.0.0.1:' . $daemon->port($_) }
    qw(game xxtea tls http);
my %how = (game => [], tls => ['--tls'],
    xxtea => ['--xxtea', '7AEC4MA152BQE9HWQ7KB']);

for my $name (qw(game tls xxtea)) {
    my @args = (qw(-q --json), @pid, @{ $how{$name} });
    my ($status, $r) = bench('echo', qw(-c 20 -k 8 -n 4000), @args,
        $at{$name});
    is $status, 0, "echo on $name";
    is $r->{result}{answers}, 4000, 'every answer came';
    ok $r->{result}{server}{cpu_s} > 0, "the children's time is seen";

    ($status, $r) = bench('echo', qw(-c 5 -k 2 -n 1000 -s 3000
        --reconnect-after 20), @args, $at{$name});
    is $status, 0, "echo on $name, connections made anew";
    cmp_ok $r->{result}{reconnects}, '>=', 45, 'which they were';
}

for my $name (qw(game tls)) {
    my ($status, $r) = bench('idle', qw(-q --json -c 60 --step 20 -d 100ms
        --settle 10ms), @pid, @{ $how{$name} }, $at{$name});
    is $status, 0, "idle on $name";
    is $r->{connections}, 60, 'all are held';
    ok $r->{steps}[3]{rss_anon} > 0, 'memory is seen';
}

my ($status, $r) = bench('login', qw(-q --json -c 8 -n 200), @pid, $at{http});
is $status, 0, 'new guests';
is $r->{result}{answers}, 200, 'every answer came';
($status, $r) = bench('login', qw(-q --json -c 8 -n 400 --returning
    --users 50), @pid, $at{http});
is $status, 0, 'returning guests';

# The answer names the plain server; the others are named here.
my %game = (game => [], tls => ['--game', $at{tls}, '--game-tls'],
    xxtea => ['--game', $at{xxtea}, @{ $how{xxtea} }]);
for my $name (qw(game tls xxtea)) {
    ($status, $r) = bench('login', qw(-q --json -c 8 -n 100 --full), @pid,
        @{ $game{$name} }, $at{http});
    is $status, 0, "from the login to the lobby on $name";
    is $r->{result}{answers}, 100, 'everybody arrives';
}

# Whole matches, over each kind of server.
my %play = (game => [], tls => ['--game', $at{tls}, '--tls'],
    xxtea => $game{xxtea});
for my $name (qw(game tls xxtea)) {
    ($status, $r) = bench('play', qw(-q --json --desks 4 -n 12), @pid,
        @{ $play{$name} }, $at{http});
    is $status, 0, "matches on $name";
    is $r->{result}{matches}, 12, 'each is played';
    is $r->{result}{errors}{total}, 0, 'nothing is wrong';
    cmp_ok $r->{result}{actions}, '>', 12 * 10, 'actions are measured';
    ok $r->{result}{server}{ms_per_match} > 0, 'and what a match costs';
}

($status, $r) = bench('play', qw(-q --json --desks 4 -n 8 --mode 3 --rounds 4
    --think 3 --chaos), @pid, $at{http});
is $status, 0, 'matches of players who drop and come back';
is $r->{result}{matches}, 8, 'each is played';
cmp_ok $r->{result}{thrown_away}, '>', 0, 'some dropped';
cmp_ok $r->{result}{came_back}, '>', 0, 'and came back';

($status, $r) = bench('play', qw(-q --json --desks 2 -n 12 --returning
    --users 8), @pid, $at{http});
is $status, 0, 'matches of the same guests';
is $r->{result}{logins}, 8, 'who log in once';

# with desks for all of them, however slow the machine is
($status, $r) = bench('play', qw(-q --json --desks 12 --rate 20 -d 500ms),
    @pid, $at{http});
is $status, 0, 'matches that begin at a rate';
cmp_ok abs($r->{result}{matches} - 10), '<=', 2, 'which is kept';

($status, $r) = bench('play', qw(-q --json --desks 3 --sit --drop -d 100ms),
    @pid, $at{http});
is $status, 0, 'desks where nobody plays';
is $r->{result}{desks_in_a_round}, 3, 'are all in a round';
ok exists $r->{result}{bytes_per_desk}, 'memory each';

($status, $r) = bench('echo', qw(-q --json --timeout 5s -c 1 -n 10),
    '--xxtea', 'another key', $at{xxtea});
isnt $status, 0, 'echo with a wrong key';

# Who forgets the key, or gives one to a server without, is asked for it.
for ([ xxtea => [], qr/is the pipeline xxtea\? use --xxtea KEY/ ],
    [ game => $how{xxtea}, qr/not sealed: is the pipeline xxtea\?/ ],
    [ xxtea => [ '--xxtea', 'another' ], qr/is --xxtea the key\?|code 1006/ ]) {
    my ($name, $key, $like) = @$_;
    for my $load ([ qw(play --desks 1 --matches 1) ], [ qw(login --full -c 1 -n 1) ]) {
        my ($status, $r) = bench(@$load, qw(-q --json), @$key, '--game',
            $at{$name}, $at{http});
        is $status, 1, "$load->[0] on $name, with @$key";
        like join(' ', keys %{ $r->{result}{errors} // $r->{errors} }), $like,
            'asks';
    }
}

done_testing;
