#!/usr/bin/perl

# Bytes of either environment that are not what LMDB wrote, drawn at random;
# see Test::Sparrow::Pages.  $PAGES_CASES of each kind, from $PAGES_SEED.  The
# damaged files of a case that failed are kept: $PAGES_FILES="shared FOLDER"
# starts a daemon with them.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Pages;

my $cases = $ENV{PAGES_CASES} // 4;
my $seed  = $ENV{PAGES_SEED} // 1;
srand $seed;
diag "PAGES_SEED=$seed PAGES_CASES=$cases";

if ($ENV{PAGES_FILES}) {
    replay(split ' ', $ENV{PAGES_FILES});
} else {
    for my $how (('flip', 'flip_head', 'noise_page', 'zero_page') x $cases) {
        for my $what (qw(shared store)) {
            at_rest($what, $how);
            in_play($what, $how);
        }
    }
}

done_testing;
