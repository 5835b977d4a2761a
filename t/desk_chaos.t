#!/usr/bin/perl

# Matches of many desks, and all the time something is killed: a worker, which
# is owner of some desks and gate of players of others; one that is leaving
# after a reload; the store; the master, which takes all others with it and is
# started again.  Every three seconds a reload, and the players drop by
# themselves, too.  They are sparrow-bench play, which checks each message that
# they hear.  In the end every match has been played, the independent replay
# of each journal has the scores that players were told, cards add up, nothing
# is left over, and nothing died that was not killed here.
#
# SPARROW_CHAOS_TIME is for how many seconds at least, SPARROW_CHAOS the least
# number of blows, SPARROW_TEST_SEED orders them.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Proc qw(reap spawn);
use Time::HiRes qw(time);

my $bench = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';
my $seed  = $ENV{SPARROW_TEST_SEED} // 11;
my $least = $ENV{SPARROW_CHAOS_TIME} // 60;
my $blows = $ENV{SPARROW_CHAOS} // 150;
my $each  = 10;                             # of each kind
my ($matches, $recoveries) = (200, 500);    # at least
srand $seed;
note "seed $seed";

my $killed = qr/exited on signal 9|died before it was ready/;
my $daemon = sparrow('worker_processes 3;',
    store         => 'store_timeout 20s;',
    shared_memory => 'journal_keep on; size 512m;',
    allow_log     => [$killed]);

# --- blows

my %blows = map { $_ => 0 } qw(owner gate store master);
my $children = 0;    # killed by us, whose deaths a master may tell
my ($next_blow, $next_reload, $reloads, $starts) = (0, time + 3, 0, 0);

sub blows { my $n = 0; $n += $_ for values %blows; return $n }

# How many desks have come back from their journals so far.
sub recovered {
    my $n = 0;
    $n += $_ for $daemon->log =~ /(\d+) desks are back/g;
    return $n;
}

# All follow the master; another one takes their place.
sub strike_master {
    $daemon->signal('KILL');
    $daemon->wait_exit;
    wait_for { !$daemon->processes } 'the end of all';
    $daemon->restart;
    $starts++;
    $next_reload = time + 3;
    return 1;
}

# A worker; for gates one that is leaving, if there is one.
sub strike_worker {
    my ($kind)  = @_;
    my @workers = grep { $_->{role} eq 'worker' } $daemon->processes;
    my @fit     = grep { $_->{leaving} == ($kind eq 'gate') } @workers;
    @fit = @workers if !@fit;
    return @fit ? kill KILL => $fit[ rand @fit ]{pid} : 0;
}

# The master falls once for twelve others; those are struck in turn.
sub strike {
    my ($kind) = sort { $blows{$a} <=> $blows{$b} || $a cmp $b }
        qw(owner gate store);
    $kind = 'master' if $blows{master} < int(blows() / 13);
    my $store = $kind eq 'store' && $daemon->store_pid;
    my $done = $kind eq 'master' ? strike_master()
        : $kind eq 'store' ? $store && kill KILL => $store
        : strike_worker($kind);
    return if !$done;
    $blows{$kind}++;
    $children++ if $kind ne 'master';
    return;
}

sub trouble {
    if (time >= $next_blow) {
        strike();
        $next_blow = time + 0.2 + rand 0.2;
    }
    if (time >= $next_reload) {
        $daemon->signal('HUP');
        $reloads++;
        $next_reload = time + 3;
    }
    return;
}

# --- matches, a run of the players after the other

my ($ended, $unheard, $runs) = (0, 0, 0);
my @told; # uids and scores

sub play {
    my ($seconds) = @_;
    my ($output, $results) = map { $daemon->prefix . "/$_" } qw(play results);
    unlink $output, $results;
    my $pid = spawn({ output => $output }, $bench, qw(play -q --chaos),
        '--desks', 30, '-d', $seconds, '--think', 10, '--stall', 60, '--seed',
        $seed + $runs++, '--results', $results,
        '--game', '127.0.0.1:' . $daemon->port('game'),
        '127.0.0.1:' . $daemon->port('http'));
    my $end = time + $seconds;
    my $status;
    until (defined($status = reap($pid))) {
        trouble() if time < $end;
        select undef, undef, undef, 0.01;
    }
    my $text = slurp($output);
    is $status, 0, "run $runs: all that players heard was right"
        or diag $text;
    note $text;
    my ($n, $voided) = $text =~ /^play: (\d+) matches .*, (\d+) given up/m;
    is $voided, 0, 'no match was given up';
    $ended   += $n // 0;
    $unheard += $text =~ /(\d+) matches ended while all were away/ ? $1 : 0;
    push @told, split /\n/, slurp($results);
    return $status == 0;
}

sub is_enough {
    return blows() >= $blows && $ended >= $matches
        && recovered() >= $recoveries && !grep { $_ < $each } values %blows;
}

my $began = time;
1 while play($least < 30 ? $least : 30)
    && (time < $began + $least || !is_enough());

# --- what is there

my @found = $daemon->journals_at_rest;
ok 1, 'nothing is left over';
is join('; ', map { $_->{text} } grep { $_->{kind} eq 'bad' } @found), '',
    'no journal is bad';
my @desks = grep { $_->{kind} eq 'desk' } @found;
my @done  = grep { $_->{done} } @desks;
my %replayed;
$replayed{"$_->{uids} $_->{scores}"}++ for @done;
is join("\n", grep { !$replayed{$_}-- } @told), '',
    'each score equals the replay of its journal';
is scalar(@done), $ended, 'all matches are there';
is @told + $unheard, $ended, 'somebody heard the end of the others';
is scalar(grep { $_->{saved} ne $_->{scores} } @done), 0,
    'and the record';
is scalar(grep { !$_->{dismissed} } @done), 0,
    'all records are closed';
my (%cards, %paid);
$cards{ $_->{uid} } = $_->{cards} for grep { $_->{kind} eq 'user' } @found;
$paid{ (split /,/, $_->{uids})[0] } += 2 for grep { $_->{deals} } @desks;
is_deeply \%cards, { map { $_ => 10 - ($paid{$_} // 0) } keys %cards },
    'cards were taken once for each match';

# --- what the log says

my @deaths = $daemon->log =~ /exited on signal (\d+)/g;
is scalar(grep { $_ != 9 } @deaths), 0, 'nothing died by itself';
cmp_ok scalar(@deaths), '<=', $children, 'nor was anything else killed';
cmp_ok $blows{$_}, '>=', $each, "blows at each kind: $_" for sort keys %blows;
cmp_ok blows(), '>=', $blows, 'blows enough';
cmp_ok $ended, '>=', $matches, 'matches enough';
cmp_ok recovered(), '>=', $recoveries, 'recoveries enough';
note sprintf '%.0f s, %d matches, %d of them ended while all were away; '
    . 'blows: %s; %d reloads, %d new starts, %d desks came back',
    time - $began, $ended, $unheard,
    join(', ', map { "$_ $blows{$_}" } sort keys %blows), $reloads, $starts,
    recovered();

done_testing;
