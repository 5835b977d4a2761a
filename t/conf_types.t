#!/usr/bin/perl

# A directive whose field has another type must not compile; one whose type
# fits must.  The compiler is CC, or cc.

use strict;
use warnings;

use Test::More;

my $cc = $ENV{CC} || 'cc';

# What the compiler says of a table with this line.
sub complaint {
    my ($directive) = @_;

    open my $to, '|-', "$cc -std=gnu11 -D_GNU_SOURCE -Isrc -Wall -Wextra"
        . ' -fsyntax-only -x c - 2>/dev/null'
        or die "$cc: $!\n";
    print {$to} <<"END";
#include "core/conf.h"
enum word { ONE, TWO };
struct obj {
    bool flag;
    unsigned number;
    uint64_t big;
    int with_sign;
    unsigned short narrow;
    char *writable;
    const char *text;
    const char *const *texts;
    enum word word;
};
extern const struct conf_enum words[];
extern const struct conf_directive table[];
const struct conf_directive table[] = { $directive, CONF_END };
END
    return !close $to;
}

my %fits = (
    CONF_FLAG => ['flag'],
    CONF_UINT => [ 'number', 'big' ],
    CONF_SIZE => [ 'number', 'big' ],
    CONF_MSEC => [ 'number', 'big' ],
    CONF_STR  => ['text'],
    CONF_TEXT => ['text'],
    CONF_STRS => ['texts'],
    CONF_ENUM => [ 'word', 'number' ],
);
my %more = (
    CONF_UINT => ', 0, 1',
    CONF_SIZE => ', 0, 1',
    CONF_MSEC => ', 0, 1',
    CONF_ENUM => ', words',
);

for my $kind (sort keys %fits) {
    my %fit = map { $_ => 1 } @{ $fits{$kind} };
    for my $field (
        qw(flag number big with_sign narrow writable text texts word)) {
        # To C an enum without negative values is an unsigned.
        next if $field eq 'word' && $fit{number};
        my $bad = complaint(
            qq{$kind("x", struct obj, $field@{[ $more{$kind} // '' ]})});
        ok $fit{$field} ? !$bad : $bad,
            "$kind on $field " . ($fit{$field} ? 'compiles' : 'does not compile');
    }
}
done_testing;
