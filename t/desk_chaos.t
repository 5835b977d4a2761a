#!/usr/bin/perl

# Matches of many desks, and all the time there is a blow at random.  Killed is
# a worker, which is owner of some desks and gate of players of others; one
# that is leaving after a reload; the store; the master, which takes all others
# with it and is started again.  One of them is stopped for a while; the disk
# is full for a while, for shared memory, the store or the logs.  Every three
# seconds a reload, and the players drop by themselves, too.  They are
# sparrow-bench play, which checks each message that they hear.  In the end
# every match has been played, the independent replay of each journal has the
# scores that players were told, cards add up, nothing is left over, and
# nothing died that was not killed here.
#
# SPARROW_CHAOS_TIME is for how many seconds at least, SPARROW_CHAOS the least
# number of blows, SPARROW_TEST_SEED chooses them.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Fault;
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
# a worker that starts while shared memory is full has no slot, and tries again
my $full = qr/no room on the file system|exited with code 2/;
my $fault  = Test::Sparrow::Fault->new;
my $daemon = sparrow('worker_processes 3;',
    store         => 'store_timeout 20s;',
    shared_memory => 'journal_keep on; size 512m;',
    env           => { $fault->env },
    allow_log     => [ $killed, $full ]);

# --- blows

my %blows = map { $_ => 0 } qw(owner gate store master stop disk);
my $children = 0;    # killed by us, whose deaths a master may tell
my ($next_blow, $next_reload, $reloads, $starts) = (0, time + 3, 0, 0);

sub blows { my $n = 0; $n += $_ for values %blows; return $n }

# How many desks have come back from their journals so far.
sub recovered {
    my $n = 0;
    $n += $_ for $daemon->log =~ /(\d+) desks are back/g;
    return $n;
}

# What is for a while: when it is over, and how.
my %lasting;

sub begin {
    my ($kind, $seconds, $over) = @_;
    $lasting{$kind} = [ time + $seconds, $over ];
    return 1;
}

sub end_lasting {
    my ($now) = @_;
    for (grep { $lasting{$_}[0] <= $now } keys %lasting) {
        (delete $lasting{$_})->[1]->();
    }
    return;
}

# All follow the master; another one takes their place.  A stopped one cannot
# follow, and none starts on a full disk.
sub strike_master {
    end_lasting('inf');
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

sub strike_store {
    my $store = $daemon->store_pid // return;
    return kill KILL => $store;
}

# One at a time, so that nobody waits for them longer than the watchdog does.
sub strike_stop {
    my @fit = grep { $_->{role} =~ /^(?:worker|store)$/ } $daemon->processes;
    return if $lasting{stop} || !@fit;
    my $pid = $fit[ rand @fit ]{pid};
    kill STOP => $pid or return;
    return begin('stop', 0.1 + rand 2.9, sub { kill CONT => $pid });
}

sub strike_disk {
    return if $lasting{disk};
    $fault->fill((qw(shared store log))[ rand 3 ]);
    return begin('disk', 0.3 + rand 1.7, sub { $fault->set });
}

my %strikes = (
    owner  => \&strike_worker,
    gate   => \&strike_worker,
    store  => \&strike_store,
    master => \&strike_master,
    stop   => \&strike_stop,
    disk   => \&strike_disk,
);

# The master falls once for twelve others.
sub strike {
    my @others = grep { $_ ne 'master' } sort keys %strikes;
    my $kind   = $blows{master} < int(blows() / 13) ? 'master'
        : $others[ rand @others ];
    $strikes{$kind}->($kind) or return;
    $blows{$kind}++;
    $children++ if $kind =~ /^(?:owner|gate|store)$/;
    return;
}

sub trouble {
    end_lasting(time);
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
        time < $end ? trouble() : end_lasting('inf');
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
