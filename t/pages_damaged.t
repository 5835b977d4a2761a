#!/usr/bin/perl

# Bytes of shared memory that are not what LMDB wrote: it is set aside and
# the daemon serves with none; see Test::Sparrow::Pages.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Pages;

$Test::Sparrow::program = 'objs/sparrow' if !defined $ENV{SPARROW};
srand 1;

at_rest('shared', $_)
    for qw(noise_page journal overflow no_leaf dirty lower upper room pointer
    free names roots_moved roots_gone roots_none depth counters last_page
    last_page_low root txnid half metas zeros empty);
in_play('shared', $_)
    for qw(numbers leaves overflow lower roots_gone last_page root
    half metas zeros);

done_testing;
