#!/usr/bin/perl

# The file system of run/ is full, or what is in run/ has been removed: a
# reload still says how it went.

use lib 't/lib';
use Test::Sparrow;

# In a mount namespace of its own, so that nothing stays mounted.
if (!$> && !$ENV{SPARROW_TEST_MOUNTS}
    && !system 'unshare -m true 2>/dev/null') {
    $ENV{SPARROW_TEST_MOUNTS} = 1;
    exec 'unshare', '-m', $^X, $0;
}

my $daemon = sparrow('worker_processes 1;', start => 0,
    shared_memory => 'path shared;');
my $run = $daemon->prefix . '/run';
my $mounted = $ENV{SPARROW_TEST_MOUNTS}
    && !system 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', $run;
$daemon->start;

SKIP: {
    skip 'no mounts', 6 if !$mounted;
    open my $fill, '>', "$run/fill" or die "$run/fill: $!\n";
    1 while syswrite $fill, 'x' x 4096;
    ok $!{ENOSPC}, 'run/ is full';
    is +($daemon->reload)[0], 0, 'a reload that succeeds says so';
    $daemon->write_conf(sub { s/^/nonsense;/ });
    my ($status, $text) = $daemon->reload;
    is $status, 1, 'one that fails says so';
    like $text, qr/nonsense/, 'and why';
    $daemon->write_conf(sub { s/nonsense;// });
    is +($daemon->reload)[0], 0, 'the next one succeeds again';
    close $fill;
    ok unlink("$run/fill"), 'there is room again';
}

unlink "$run/reload";
is +($daemon->reload)[0], 0, 'a reload without the file of verdicts';
like Test::Sparrow::slurp("$run/reload"), qr/ok/, 'which is made anew';

$daemon->stop;
system 'umount', $run if $mounted;
done_testing;
