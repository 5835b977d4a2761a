#!/usr/bin/perl

# Bytes of the store that are not what LMDB wrote: the daemon stops and names
# the file, or goes on without what it cannot read; see Test::Sparrow::Pages.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Pages;

each_kind('store');

done_testing;
