package Test::Sparrow::Stream;

# One connection to the daemon, TCP or TLS, with a read buffer: what the game
# client and the HTTP client are made of.  The socket never blocks; every wait
# has the one bound of the harness and ends in a die that says what was waited
# for.  While a send has to wait, what arrives is read, so that two full pipes
# cannot hold each other.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR);
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

our $BOUND = $ENV{SPARROW_TEST_TIMEOUT} // 30;

# (port => N), (addr => '127.0.0.1'), (from => local address),
# (rcvbuf => bytes), (tls => 1 or { IO::Socket::SSL options }),
# (daemon => whose last words a time-out tells).
sub new {
    my ($class, %opt) = @_;
    my $sock = IO::Socket::INET->new(
        PeerAddr => $opt{addr} // '127.0.0.1',
        PeerPort => $opt{port},
        $opt{from} ? (LocalAddr => $opt{from}) : (),
        Proto   => 'tcp',
        Timeout => $BOUND,
    ) or die "connect to port $opt{port}: $@\n";
    setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;
    setsockopt $sock, SOL_SOCKET, SO_RCVBUF, $opt{rcvbuf} if $opt{rcvbuf};
    my $self = bless { %opt, sock => $sock, in => '', eof => 0 }, $class;
    $self->{local_port} = $sock->sockport;
    $self->start_tls($opt{tls}) if $opt{tls};
    $sock->blocking(0);
    return $self;
}

# From here on TLS.  The certificates of the tests are self-signed, so they
# are not verified unless the options say so.
sub start_tls {
    my ($self, $tls) = @_;
    require IO::Socket::SSL;
    $self->{sock}->blocking(1);
    IO::Socket::SSL->start_SSL(
        $self->{sock},
        SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_NONE(),
        SSL_hostname    => '',
        Timeout         => $BOUND,
        ref $tls ? %$tls : (),
    ) or die "TLS handshake: $IO::Socket::SSL::SSL_ERROR\n";
    $self->{ssl} = 1;
    $self->{sock}->blocking(0);
    return $self;
}

# Sends the bytes; (chunk => N) cuts them into writes of N.  Returns false
# when the peer has closed meanwhile.
sub send_raw {
    my ($self, $bytes, %opt) = @_;
    my $deadline = time + $BOUND;
    my $chunk    = $opt{chunk} // 65536;
    my $at       = 0;
    local $SIG{PIPE} = 'IGNORE';
    while ($at < length $bytes) {
        my $n = $self->{sock}->syswrite($bytes, $chunk, $at);
        if (defined $n) {
            $at += $n;
        } elsif ($self->_again) {
            $self->_fill(0) if !$opt{deaf};
            $self->_wait(1, $deadline)
                or die "the daemon takes no more: $at of "
                . length($bytes) . " bytes sent\n", $self->_last_words;
        } else {
            return 0;
        }
    }
    return 1;
}

# Sends the bytes again and again until the socket takes no more now, without
# reading; what was cut off goes first the next time.
sub send_until_full {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    while (1) {
        $self->{cut} = $bytes if ($self->{cut} // '') eq '';
        my $n = $self->{sock}->syswrite($self->{cut}) // return;
        substr $self->{cut}, 0, $n, '';
    }
}

# Waits until the parser, called with the buffer, returns something.  Returns
# nothing when the peer closes first; dies at the bound.
sub read_with {
    my ($self, $parse, $what, $bound) = @_;
    my $deadline = time + ($bound // $BOUND);
    while (1) {
        my $got = $parse->(\$self->{in});
        return $got if defined $got;
        return      if $self->{eof};
        $self->_fill($deadline)
            or die "timed out waiting for $what\n", $self->_last_words;
    }
}

sub _last_words {
    my ($self) = @_;
    return $self->{daemon} ? $self->{daemon}->last_words : '';
}

# The next n bytes; nothing when the peer closes first.
sub read_bytes {
    my ($self, $n) = @_;
    return $self->read_with(
        sub { length ${ $_[0] } < $n ? undef : substr ${ $_[0] }, 0, $n, '' },
        "$n bytes");
}

# True when the daemon closes the connection; what comes before stays in the
# buffer.  False at the bound.
sub closed {
    my ($self) = @_;
    my $deadline = time + $BOUND;
    while (!$self->{eof}) {
        $self->_fill($deadline) or return 0;
    }
    return 1;
}

# True when the connection is open now: nothing of its end has arrived.
sub is_open {
    my ($self) = @_;
    1 while !$self->{eof} && $self->_fill(0);
    return !$self->{eof};
}

sub close {
    my ($self) = @_;
    my $sock = delete $self->{sock} or return;
    $sock->blocking(1) if $self->{ssl};
    $self->{eof} = 1;
    return $self->{ssl} ? $sock->close(SSL_fast_shutdown => 1) : $sock->close;
}

# Closes with a reset instead of an orderly end.
sub reset {
    my ($self) = @_;
    setsockopt $self->{sock}, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0;
    return CORE::close($self->{sock});
}

# The certificate that the daemon showed, as PEM.
sub certificate {
    my ($self) = @_;
    require IO::Socket::SSL::Utils;
    return IO::Socket::SSL::Utils::PEM_cert2string(
        $self->{sock}->peer_certificate);
}

# No more bytes will come from here, but we still listen.
sub shutdown_write { return CORE::shutdown $_[0]{sock}, 1 }

sub local_port { return $_[0]{local_port} }

# Reads once.  False when nothing came before the deadline (0: do not wait).
sub _fill {
    my ($self, $deadline) = @_;
    while (1) {
        my $n = $self->{sock}->sysread($self->{in}, 65536, length $self->{in});
        if (!defined $n && $self->_again) {
            return 0 if !$deadline || !$self->_wait(0, $deadline);
            next;
        }
        $self->{eof} = 1 if !$n;
        return 1;
    }
}

# Why the last call on the socket failed: only for now?
sub _again {
    my ($self) = @_;
    return $! == EINTR || $! == EAGAIN if !$self->{ssl};
    my $error = $IO::Socket::SSL::SSL_ERROR;
    return $error == IO::Socket::SSL::SSL_WANT_READ()
        || $error == IO::Socket::SSL::SSL_WANT_WRITE();
}

sub _wait {
    my ($self, $write, $deadline) = @_;
    my $left = $deadline - time;
    return 0 if $left <= 0;
    my $set = '';
    vec($set, fileno $self->{sock}, 1) = 1;
    my $read = $set;
    my $out  = $write ? $set : undef;
    return 0 < select $read, $out, undef, $left;
}

1;
