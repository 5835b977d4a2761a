# Lets libFuzzer at each target of t/fuzz, from its corpus, for FUZZ_TIME
# seconds: three here, a minute each by `make fuzz`.  What it finds new stays
# in objs/fuzz/corpus and is used the next time; an input that breaks a target
# is left in objs/fuzz and named.

use strict;
use warnings;

use File::Path qw(make_path);
use Test::More;

my $objs    = $ENV{OBJS} // 'objs';
my $seconds = $ENV{FUZZ_TIME} // 3;
my @targets = map { m{([^/]+)\.c$} } sort glob 't/fuzz/*.c';

plan skip_all => 'no fuzz targets' unless @targets;

for my $target (@targets) {
    my $found = "$objs/fuzz/corpus/$target";
    my @seeds = grep { -d } "t/fuzz/corpus/$target";

    ok @seeds, "$target has a corpus";
    make_path($found);
    # a short run always takes the same way, a long one another each time
    my @options = $ENV{FUZZ_TIME} ? () : ('-seed=1');
    my $said = run("$objs/fuzz/$target", @options,
        "-max_total_time=$seconds", '-timeout=10', '-rss_limit_mb=2048',
        '-print_final_stats=1', "-artifact_prefix=$objs/fuzz/$target-",
        $found, @seeds);
    my $status = $?;

    my ($runs) = $said =~ /number_of_executed_units:\s*(\d+)/;
    is $status, 0, "$target holds" or diag last_lines($said);
    cmp_ok $runs // 0, '>', 0, "$target ran";
    note sprintf '%s: %d inputs in %d s', $target, $runs // 0, $seconds;
}
done_testing;

# What the command says, on either channel.
sub run {
    my @command = @_;

    my $pid = open(my $from, '-|') // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT or die "stderr: $!";
        exec @command or die "$command[0]: $!";
    }
    my $said = do { local $/; <$from> } // '';
    close $from;
    return $said;
}

sub last_lines {
    my @lines = split /\n/, shift;
    return join "\n", @lines > 60 ? @lines[-60 .. -1] : @lines;
}
