package Test::Sparrow::Proc;

# Processes as /proc shows them.  The test makes itself the reaper of all that
# its daemons leave behind, and each daemon starts in a session of its own:
# whoever escapes its master is still found, and ended with the test.

use strict;
use warnings;

use Exporter 'import';
use POSIX ();

our @EXPORT_OK = qw(
    adopt_orphans spawn processes reap socket_owner
    memory_kb
);

use constant { PR_SET_PDEATHSIG => 1, PR_SET_CHILD_SUBREAPER => 36 };

my %sys_prctl = (x86_64 => 157, aarch64 => 167, riscv64 => 167, i686 => 172);

sub _prctl {
    my ($what, $value) = @_;
    my $nr = $sys_prctl{ (POSIX::uname())[4] } or return;
    return syscall $nr, $what, $value, 0, 0, 0;
}

sub adopt_orphans { return _prctl(PR_SET_CHILD_SUBREAPER, 1) }

# Starts a program in a session of its own: (output => file) for what it
# prints, (env => {...}), (input => file).  Returns its pid.
sub spawn {
    my ($opt, @command) = @_;
    my $parent = $$;
    my $pid    = fork // die "fork: $!\n";
    return $pid if $pid;
    POSIX::setsid();
    _prctl(PR_SET_PDEATHSIG, 9);
    POSIX::_exit(127) if getppid != $parent;
    open STDIN,  '<',  '/dev/null'    or POSIX::_exit(126);
    open STDOUT, '>>', $opt->{output} or POSIX::_exit(126);
    open STDERR, '>&', \*STDOUT       or POSIX::_exit(126);
    $ENV{$_} = $opt->{env}{$_} for keys %{ $opt->{env} // {} };
    $SIG{$_} = 'DEFAULT' for qw(PIPE ALRM CHLD);
    $opt->{before}->() if $opt->{before};
    { no warnings 'exec'; exec { $command[0] } @command }
    print STDERR "exec $command[0]: $!\n";
    POSIX::_exit(127);
}

# The living processes of a session: { pid, parent, state, title, role,
# leaving }.
sub processes {
    my ($session) = @_;
    my @found;
    for my $dir (glob '/proc/[0-9]*') {
        my $stat = _slurp("$dir/stat") // next;
        my ($pid, $rest) = $stat =~ /^(\d+) \(.*\) (.*)$/s or next;
        my ($state, $parent, undef, $sid) = split ' ', $rest;
        next if $sid != $session || $state =~ /[ZX]/;
        my $title = _slurp("$dir/cmdline") // next;
        $title =~ tr/\0/ /;
        $title =~ s/ +$//;
        my ($role) = $title =~ /^sparrow: (\w+) process/;
        push @found, {
            pid     => $pid,
            parent  => $parent,
            state   => $state,
            title   => $title,
            role    => $role // '',
            leaving => $title =~ /is shutting down/ ? 1 : 0,
        };
    }
    return sort { $a->{pid} <=> $b->{pid} } @found;
}

# Buries a child, or an orphan that became ours: its wait status when it is
# dead, nothing while it lives.
sub reap {
    my ($pid) = @_;
    my $got = waitpid $pid, POSIX::WNOHANG();
    return $got == $pid ? $? : undef;
}

# Which of the pids holds the daemon's end of a TCP connection, given both
# ports; nothing while it waits in an accept queue.
sub socket_owner {
    my ($server_port, $client_port, @pids) = @_;
    my ($from, $to) = map { sprintf ':%04X', $_ } $server_port, $client_port;
    my $table = (_slurp('/proc/net/tcp') // '') . (_slurp('/proc/net/tcp6') // '');
    for my $row (split /\n/, $table) {
        my @f = split ' ', $row;
        next if @f < 10 || $f[1] !~ /$from$/ || $f[2] !~ /$to$/ || !$f[9];
        for my $pid (@pids) {
            for my $fd (glob "/proc/$pid/fd/*") {
                return $pid if (readlink($fd) // '') eq "socket:[$f[9]]";
            }
        }
    }
    return;
}

# A figure of /proc/PID/status in KB, such as RssAnon.
sub memory_kb {
    my ($pid, $field) = @_;
    my $status = _slurp("/proc/$pid/status") // return;
    return $status =~ /^\Q$field\E:\s+(\d+)/m ? $1 : undef;
}

# Files of /proc vanish between two calls; that is no error.
sub _slurp {
    my ($path) = @_;
    open my $fh, '<', $path or return;
    local $/;
    return readline $fh;
}

1;
