#!/usr/bin/perl

# A message field of a C type that has no place in JSON, or of another one
# than its macro says, must not compile.  The compiler is CC, or cc.

use strict;
use warnings;

use Test::More;

my $cc = $ENV{CC} || 'cc';

# Does the compiler refuse a table with this field?
sub is_refused {
    my ($field) = @_;

    open my $to, '|-', "$cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror"
        . ' -Isrc -fsyntax-only -x c - 2>/dev/null'
        or die "$cc: $!\n";
    print {$to} <<"END";
#include "game/fields.h"

struct leaf { int n; };
FIELDS(leaf, FIELD(leaf, n));

struct twig { int n; };
FIELDS(twig, FIELD(twig, n));

struct tree {
    bool b; int i; int64_t l; struct str s; struct int_list ints;
    struct int64_list longs; struct leaf leaf, *pointer;
    FIELDS_LIST(leaf) leaves;
    unsigned u; char c; char *text; double d; int64_t *where; short few;
};
FIELDS(tree, $field);
END
    return !close $to;
}

ok !is_refused($_), "$_ compiles"
    for map({"FIELD(tree, $_)"} qw(b i l s ints longs)),
    'FIELD_NAMED(tree, s, "S")',
    'FIELD_FLAGS(tree, s, "s", FIELD_SECRET | FIELD_NULLABLE)',
    'FIELD_OBJECT(tree, leaf, "leaf", leaf)',
    'FIELD_POINTER(tree, pointer, "pointer", leaf)',
    'FIELD_OBJECTS(tree, leaves, "leaves", leaf)',
    join(', ', ('FIELD(tree, i)') x 32);

ok is_refused($_), "$_ does not"
    for map({"FIELD(tree, $_)"}
    qw(u c text d where few leaf pointer leaves nothing)),
    'FIELD_OBJECT(tree, leaf, "leaf", twig)',
    'FIELD_OBJECT(tree, pointer, "pointer", leaf)',
    'FIELD_OBJECT(tree, i, "i", leaf)',
    'FIELD_POINTER(tree, leaf, "leaf", leaf)',
    'FIELD_POINTER(tree, pointer, "pointer", twig)',
    'FIELD_OBJECTS(tree, leaves, "leaves", twig)',
    'FIELD_OBJECTS(tree, ints, "ints", leaf)',
    join(', ', ('FIELD(tree, i)') x 33);

done_testing;
