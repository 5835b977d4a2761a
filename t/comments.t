#!/usr/bin/perl

# auto/comments, by which lint finds what comments and documents name and is
# not there, comments that are too wide, and headings in two styles.

use lib 't/lib';
use Test::Sparrow;

use Cwd qw(getcwd);
use File::Temp qw(tempdir);

my $comments = getcwd . '/auto/comments';
my $tree = tempdir(CLEANUP => 1);
mkdir "$tree/$_" or die for qw(src man auto t t/vectors);
spew("$tree/src/good.h", <<'.');
/*
 * As src/good.h, good.h, sparrow-some(7), THE END, and man/sparrow-some.7 say,
 * the standard of LMDB's files, and run/token.key of the daemon.
 */

/* ---- the end ---- */

/* --option: this is no heading, and "a.b.c" no file. */
int good = "/* a long text in a string, not a comment, with none.h in it, as NOTHING 1";
.
spew("$tree/man/sparrow-some.7", ".Sh THE END\n.Ss Of it\n.Xr sparrow-some 7\n.Xr other 1\n");
spew("$tree/auto/good", "# --- the end\n# Plain words.\nx=1 # --- this is code\n");
spew("$tree/t/vectors/any.h", "/* --- names none.h */\n");

# What is said of a text in a file of that name; the others are good.
sub said_of {
    my ($name, $text) = @_;
    spew("$tree/$name", $text);
    my $said = `cd '$tree' && '$comments' src/good.h man/sparrow-some.7 auto/good t/vectors/any.h '$name'`;
    unlink "$tree/$name";
    return $said;
}

is said_of('src/fine.c', "/* fine */\n"), '', 'nothing is said of what is good';

my $wide = 'as wide as ' . 'it can be ' x 8;
for (
    [ '/* see none.h */',              qr/names none\.h, which/ ],
    [ '/* see src/none.c */',          qr/names src\/none\.c, which/ ],
    [ '/* see man/sparrow-none.7 */',  qr/names man\/sparrow-none\.7, which/ ],
    [ '/* as sparrow-none(7) says */', qr/names sparrow-none\(7\), which/ ],
    [ '/* sparrow-some(7), NONE */',   qr/names NONE of sparrow-some\(7\), which/ ],
    [ '/* as PROTOCOL 3 has it */',    qr/names "PROTOCOL 3", which/ ],
    [ '/* PROTOCOL, section 3 */',     qr/names "PROTOCOL, section 3", which/ ],
    [ '/* what RULES says */',         qr/names "RULES says", which/ ],
    [ "/* $wide */",                   qr/a comment wider than 79 columns/ ],
    [ '/* --- the end ----------- */', qr/a heading is \/\* ---- words ---- \*\// ],
) {
    my ($text, $want) = @$_;
    like said_of('src/bad.c', "int i;\n/*\n * A.\n */\n$text\n"), qr/^src\/bad\.c:5: $want/, $text;
}
like said_of('src/bad.c', "/* first\n * see none.h */\n"), qr/^src\/bad\.c:2: names none\.h/, 'in a long comment';
like said_of('auto/bad', "#!/bin/sh\n# $wide\n"), qr/^auto\/bad:2: a comment wider/, 'in a script';
like said_of('auto/bad', "# ==\n# ---- the end ----\n"), qr/^auto\/bad:2: a heading is # --- words/, 'a heading of a script';
like said_of('README', "See\n  none.conf\n"), qr/^README:2: names none\.conf/, 'in a document';
like said_of('man/bad.1', ".Sh The end\n"), qr/^man\/bad\.1:1: a section is in capitals/, 'a section';
like said_of('man/bad.1', ".Ss THE END\n"), qr/^man\/bad\.1:1: a subsection is not/, 'a subsection';
like said_of('man/bad.1', ".Xr sparrow-none 7\n"), qr/^man\/bad\.1:1: names sparrow-none\(7\)/, 'a page of ours';
is said_of('src/fine.c', "/* " . '血' x 70 . " */\n"), '', 'characters are counted, not bytes';

done_testing;
