package Test::Sparrow::Rows;

# t/lib/rows.c, which puts rows into the environments of a daemon that runs.

use strict;
use warnings;

use Exporter 'import';
use File::Temp;

our @EXPORT_OK = qw(rows);

my $dir;

sub _build {
    my $objs = $ENV{OBJS} // 'objs';
    $dir = File::Temp->newdir;
    return system($ENV{CC} // 'cc', '-std=gnu11', '-D_GNU_SOURCE',
        '-fsanitize=address,undefined', '-I', 'src', '-I', $objs,
        '-o', "$dir/rows", 't/lib/rows.c', "$objs/san/libsparrow.a",
        '-lmsgpackc', '-llmdb', '-ljansson', '-lpcre2-8', '-lssl',
        '-lcrypto') == 0;
}

# rows($daemon, 'seat', 'run/shared', UID, NUMBER): what it wrote, without the
# newline; undef when it failed.
sub rows {
    my ($daemon, $what, $folder, @args) = @_;
    $dir or _build() or die "cannot build t/lib/rows.c\n";
    open my $out, '-|', "$dir/rows", $what, $daemon->prefix . "/$folder", @args
        or die "rows: $!\n";
    my $text = do { local $/; <$out> } // '';
    chomp $text;
    return close($out) ? $text : undef;
}

1;
