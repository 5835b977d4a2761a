#!/usr/bin/perl

# One in so many allocations fails, in workers and store, while matches are
# played: whoever has no memory ends, with a line that says so, and what it had
# comes back.  Nobody takes it for damage, and nobody is told that a token, a
# seat or a desk is not theirs.

use lib 't/lib';
use Test::Sparrow;

# sanitizers take malloc for themselves
$Test::Sparrow::program = $ENV{SPARROW_PLAIN} // 'objs/sparrow';

my $one_in = $ENV{SPARROW_MEMORY} // 10_000;
my $least  = 3;    # deaths
my $dir    = File::Temp->newdir;
my $memory = "$dir/memory";

sub one_in {
    open my $fh, -e $memory ? '+<' : '>', $memory or die "$memory: $!\n";
    syswrite($fh, pack 'q<', $_[0]) == 8 or die "$memory: $!\n";
    return truncate $fh, 16;
}

one_in(0);
chmod 0666, $memory;
my $out    = qr/exited with code 3, out of memory/;
my $daemon = sparrow('worker_processes 2;',
    store         => 'store_timeout 20s;',
    shared_memory => 'journal_keep on;',
    env => { LD_PRELOAD => library('memory'), MEMORY => $memory },
    allow_log => [ $out, qr/out of memory$/,
        qr/died before it was ready; starting it again/ ]);

my (@tables, @ends);
one_in($one_in);
for (1 .. 40) {
    @ends = $daemon->log =~ /($out)/g;
    last if @ends >= $least;
    one_in(0);    # whoever comes in has no desk yet to come back to
    my @new = map { $daemon->table(mode => 4, round => 4) } 1 .. 4;
    one_in($one_in);
    $_->ready for @new;
    Test::Sparrow::Table::play_all(\@new,
        done => sub { !grep { !$_->is_over } @new });
    push @tables, @new;
}
one_in(0);

ok !(grep { $_->{late} } map { $_->players } @tables),
    'each player hears the end of the match';
cmp_ok scalar(@ends), '>=', $least, 'processes ended for lack of memory';
is scalar(() = $daemon->output =~ /out of memory$/mg), scalar @ends,
    'each at the one place';
$daemon->log_unlike(
    qr/bad (?:frame|message|resume|items|operation|result|row|signature)|
        checksum|is\ no\ record|auth|is\ closed:|not\ (?:yours|ours)/x,
    'nobody takes it for anything else');
$_->close for map { $_->players } @tables;
my @found = $daemon->journals_at_rest;
is join('; ', map { $_->{text} } grep { $_->{kind} eq 'bad' } @found), '',
    'no journal is bad';
is scalar(grep { $_->{kind} eq 'desk' } @found), scalar @tables,
    'there is the journal of each desk';

done_testing;
