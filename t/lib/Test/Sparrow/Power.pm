package Test::Sparrow::Power;

# Cuts the power of a daemon: everything of it ends at once, and its files
# become what a disk may hold then.  See t/lib/power.c.
#
#     my $power  = Test::Sparrow::Power->new;
#     my $daemon = sparrow(start => 0, env => { $power->env });
#     $power->on($daemon);             # starts it, in another boot
#     ...
#     $power->cut($daemon);
#
# What was synced is there.  Of what was written since, each write is at random
# there, or not, or torn: some of its sectors are there.  They may have reached
# the disk in any order, and the file may have grown before.  rand() decides.

use strict;
use warnings;

use File::Temp ();
use List::Util qw(shuffle);

use constant { SECTOR => 512, WRITE => 0, WRITE_SYNCED => 1, SYNC => 2 };

my @files = qw(data/data.mdb);

sub new {
    my ($class) = @_;
    my $dir = File::Temp->newdir;
    chmod 0777, $dir;
    return bless { dir => $dir, path => "$dir/power", boots => 0, torn => 0 },
        $class;
}

sub env { return (POWER => $_[0]{path}) }

# So many writes have been torn.
sub torn { return $_[0]{torn} }

sub on {
    my ($self, $daemon) = @_;
    Test::Sparrow::spew($self->{path}, '');
    Test::Sparrow::spew("$self->{path}.boot", sprintf
        "%08x-0000-4000-8000-000000000000\n", ++$self->{boots});
    chmod 0666, $self->{path};
    for (map { $daemon->prefix . "/$_" } @files) {
        my $inode = (stat)[1];
        $self->{base}{$_} = [ $inode // 0, Test::Sparrow::slurp($_) ];
    }
    return $daemon->restart;
}

sub cut {
    my ($self, $daemon) = @_;
    kill KILL => -$daemon->{master};
    $daemon->wait_exit;
    Test::Sparrow::wait_for(sub { !$daemon->processes }, 'the end of all');
    my $records = Test::Sparrow::slurp($self->{path});
    for my $path (map { $daemon->prefix . "/$_" } @files) {
        my $inode = (stat $path)[1] // next;
        my $base  = $self->{base}{$path};
        my $disk  = $base->[0] == $inode ? $base->[1] : '';
        Test::Sparrow::spew($path, $self->_settle($disk, $inode, \$records));
    }
    return;
}

# What a disk that had that holds after those records.
sub _settle {
    my ($self, $disk, $inode, $records) = @_;
    my @unsynced;
    my $size = length $disk;
    my $from = 0;
    while ($from + 32 <= length $$records) {
        my ($of, $kind, $at, $len) = unpack 'Q<4', substr $$records, $from, 32;
        my $bytes = substr $$records, $from + 32, $len;
        $from += 32 + $len;
        next if $of != $inode;
        $size = $at + $len if $kind != SYNC && $size < $at + $len;
        push @unsynced, [ $at, $bytes ] if $kind == WRITE;
        _put(\$disk, $at, $bytes) if $kind == WRITE_SYNCED;
        _put(\$disk, @$_) for $kind == SYNC ? splice @unsynced : ();
    }
    _put(\$disk, $size, '') if rand() < 0.5;
    for my $write (shuffle @unsynced) {
        my $fate = int rand 3;
        _put(\$disk, @$write) if $fate == 0;
        $self->_tear(\$disk, @$write) if $fate == 1;
    }
    return $disk;
}

sub _tear {
    my ($self, $disk, $at, $bytes) = @_;
    my $to = $at + length $bytes;
    $self->{torn}++;
    for (my $from = $at; $from < $to;) {
        my $next = ($from - $from % SECTOR) + SECTOR;
        $next = $to if $next > $to;
        _put($disk, $from, substr $bytes, $from - $at, $next - $from)
            if rand() < 0.5;
        $from = $next;
    }
    return;
}

sub _put {
    my ($disk, $at, $bytes) = @_;
    my $short = $at + length($bytes) - length $$disk;
    $$disk .= "\0" x $short if $short > 0;
    substr $$disk, $at, length $bytes, $bytes;
    return;
}

1;
