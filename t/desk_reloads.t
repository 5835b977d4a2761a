#!/usr/bin/perl

# Reload after reload, with 4, 2 and 3 workers in turn, while matches are
# played by bots that check what they hear and may lose no connection: no match
# is disturbed, no message lost or doubled.  In the end the daemon has no more
# processes, sockets, open files, rows and memory than after the first six.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Proc qw(reap spawn);

my $bench  = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';
my $daemon = sparrow('worker_processes 3;',
    # what is freed shall not count for long
    env => { ASAN_OPTIONS => 'detect_stack_use_after_return=1:'
        . 'quarantine_size_mb=1:thread_local_quarantine_size_kb=64' });

my ($workers, $reloads) = (3, 0);

sub reload {
    $workers = { 3 => 4, 4 => 2, 2 => 3 }->{$workers};
    $daemon->write_conf(
        sub { s/worker_processes \d+/worker_processes $workers/ });
    $reloads++;
    return $daemon->exit_of('-s', 'reload') == 0;
}

# Matches are played until there were so many reloads; all of them end.
sub play {
    my ($until) = @_;
    while ($reloads < $until) {
        my $output = $daemon->prefix . '/play';
        unlink $output;
        my $pid = spawn({ output => $output }, $bench, qw(play -q --desks 20),
            qw(-n 40 --rounds 4 --think 3 --seed), $reloads + 1,
            '--game', '127.0.0.1:' . $daemon->port('game'),
            '127.0.0.1:' . $daemon->port('http'));
        my $status;
        until (defined($status = reap($pid))) {
            if ($reloads < $until) {
                reload() or ok 0, "reload $reloads is taken";
            } else {
                select undef, undef, undef, 0.02;
            }
        }
        is $status, 0, "up to reload $reloads all was right"
            or diag slurp($output);
        like slurp($output), qr/^play: 40 matches of 4 rounds, 0 given up/m,
            'all matches were played';
    }
    return;
}

# LISTEN sockets of the daemon's ports.
sub listening {
    my %port = map { sprintf('%04X', $daemon->port($_)) => 1 } qw(game http);
    return scalar grep { /^\s*\d+: [0-9A-F]+:([0-9A-F]+) \S+ 0A/ && $port{$1} }
        split /\n/, slurp('/proc/net/tcp');
}

# What there is when nobody plays.
sub have {
    wait_for { !grep { $_->{leaving} } $daemon->processes } 'the end of the old';
    my ($left) = grep { $_->{kind} eq 'left' } $daemon->journals_at_rest;
    my @files = glob "/proc/$daemon->{master}/fd/*";
    my @processes = $daemon->processes;
    return {
        processes => scalar(@processes),
        files     => @files - $left->{slots}, # one is a slot's
        listening => listening(),
        slots     => $left->{slots},
    };
}

play(6);
my $before = have();
my $kb     = $daemon->memory_kb($daemon->{master}, 'RssAnon');
play(27);
my $after = have();
my $more  = $daemon->memory_kb($daemon->{master}, 'RssAnon') - $kb;
is $reloads, 27, 'twenty-one reloads more';
is $after->{$_}, $before->{$_}, "as many as before: $_"
    for qw(processes files listening);
# as many as ever lived at a time, which takes chance; else 3 for each reload
cmp_ok $after->{slots}, '<', 40, "$after->{slots} slots: they are used again";
is $after->{listening}, 2 * 4, 'listeners for the most workers there were';
is $after->{processes}, 1 + 3 + 1, 'a master, three workers, the store';
# the sanitizers keep more than the daemon does, for a while
cmp_ok $more, '<', 4096, "the master grew by $more KB";
my ($lines) = map { join "\n", grep { /kicked|closed: |not ours|nobody lives/ }
        split /\n/ } $daemon->log;
is $lines, '', 'nobody was sent away, and no desk was nobody\'s';

done_testing;
