#!/usr/bin/perl

# Bytes of the store that are not what LMDB wrote: the daemon stops and names
# the file, or goes on without what it cannot read; see Test::Sparrow::Pages.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Pages;

$Test::Sparrow::program = 'objs/sparrow' if !defined $ENV{SPARROW};
srand 1;

at_rest('store', $_)
    for qw(noise_page journal overflow no_leaf dirty lower upper room pointer
    free names roots_moved roots_gone roots_none depth counters last_page
    last_page_low root txnid half metas zeros empty);
in_play('store', $_)
    for qw(numbers leaves overflow lower roots_gone last_page root
    half metas zeros);

done_testing;
