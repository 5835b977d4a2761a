package Test::Sparrow::Fault;

# t/lib/fault.c, which makes the disk of a daemon sick, and its control file.
#
#     my $fault  = Test::Sparrow::Fault->new;
#     my $daemon = sparrow(env => { $fault->env });
#     $fault->set(store_write => EIO);
#     $fault->set;                     # all is well again
#     $fault->failed;                  # so many calls had a fault until now

use strict;
use warnings;

use Errno qw(ENOSPC);
use File::Temp ();

my @names = qw(shared_write store_write log_write shared_sync store_sync
    shared_slow store_slow short spared);

use constant HEADERS => 2 * 4096;    # of an environment

sub new {
    my ($class) = @_;
    my $file = File::Temp->new;
    syswrite $file, "\0" x (8 * (@names + 1));
    chmod 0666, $file->filename;
    return bless { file => $file }, $class;
}

sub env {
    my ($self) = @_;
    return (LD_PRELOAD => Test::Sparrow::library('fault'),
        FAULT => $self->{file}->filename);
}

# From now on only what is named is amiss.
sub set {
    my ($self, %what) = @_;
    my $bytes = pack 'q<*', map { delete $what{$_} // 0 } @names;
    die "no fault: @{[ keys %what ]}\n" if %what;
    sysseek $self->{file}, 0, 0;
    syswrite($self->{file}, $bytes) == length $bytes or die "fault: $!\n";
    return;
}

# A disk that is full: what overwrites a header has room already.
sub fill { return $_[0]->set("$_[1]_write" => ENOSPC, spared => HEADERS) }

sub failed {
    my ($self) = @_;
    sysseek $self->{file}, 8 * @names, 0;
    sysread $self->{file}, my $bytes, 8;
    return unpack 'q<', $bytes;
}

1;
