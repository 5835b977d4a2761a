package Test::Sparrow::Rows;

# t/lib/rows.c, which puts rows into the environments of a daemon that runs.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(rows);

# rows($daemon, 'seat', 'run/shared', UID, NUMBER): what it wrote, without the
# newline; undef when it failed.
sub rows {
    my ($daemon, $what, $folder, @args) = @_;
    my $text = $daemon->tool('rows', $what, $daemon->prefix . "/$folder",
        @args) // return;
    chomp $text;
    return $text;
}

1;
