#!/usr/bin/perl

# Bytes of shared memory that are not what LMDB wrote: it is set aside and
# the daemon serves with none; see Test::Sparrow::Pages.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Pages;

each_kind('shared');

done_testing;
