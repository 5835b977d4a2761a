package Test::Sparrow::Client;

# A client of the game port.  Requests are matched with their answers by id;
# pushes that arrive meanwhile wait until somebody expects them.  Heartbeats
# are answered as pomelo's clients in JavaScript do it: an interval later; here
# by whatever waits at that time, or reads next.

use strict;
use warnings;

use parent 'Test::Sparrow::Stream';

use JSON::PP ();
use Test::Sparrow::Codec ':all';
use Time::HiRes qw(time);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# Stream's options, and (key => XXTEA key), (handshake => JSON data, or 0 to
# stay silent), (ack => 0), (trace => []: gets [dir, type, route, payload] of
# each message, dir send or recv).
sub new {
    my ($class, %opt) = @_;
    my $self = $class->SUPER::new(%opt);
    $self->{next_id} = 1;
    $self->{read_at} = time;
    $self->{$_} = [] for qw(pushes responses);
    return $self if defined $opt{handshake} && !$opt{handshake};
    $self->handshake($opt{handshake});
    $self->ack if $opt{ack} // 1;
    return $self;
}

# Shakes hands; the answer is kept in ->{hello} and returned.
sub handshake {
    my ($self, $body) = @_;
    $body = $json->encode($body // { sys => {}, user => {} })
        if !defined $body || ref $body;
    $self->send_packet(HANDSHAKE, $body);
    my $answer = $self->read_packet or die "closed during the handshake\n";
    die "packet type $answer->{type} instead of a handshake\n"
        if $answer->{type} != HANDSHAKE;
    return $self->{hello} = $json->decode($answer->{body});
}

sub ack         { return $_[0]->send_packet(ACK) }
sub heartbeat   { return $_[0]->send_packet(HEARTBEAT) }
sub send_packet { return $_[0]->send_raw(packet(@_[1, 2])) }

# The slot of the worker that we talk to; known in debug mode only.
sub worker { return $_[0]{hello}{sys}{worker} }

# The next packet, whatever it is: { type, body }; nothing at the end.
sub read_packet {
    my ($self) = @_;
    return $self->read_with(\&unpacket, 'a packet');
}

# Sends a request and returns what it was answered, decoded.
sub request {
    my ($self, $route, $payload) = @_;
    return $self->response($self->send_request($route, $payload));
}

# The same with the answer's bytes as they are.
sub request_raw {
    my ($self, $route, $payload) = @_;
    return $self->response_raw($self->send_request($route, $payload));
}

# Sends a request and returns its id at once.
sub send_request {
    my ($self, $route, $payload) = @_;
    my $id = $self->{next_id}++;
    $self->{asked}{$id} = $route;
    $self->send_message(type => REQUEST, id => $id, route => $route,
        payload => $self->encode($payload));
    return $id;
}

sub notify {
    my ($self, $route, $payload) = @_;
    return $self->send_message(type => NOTIFY, route => $route,
        payload => $self->encode($payload));
}

# Any message; the payload is taken as it is.
sub send_message {
    my ($self, %m) = @_;
    $self->_trace('send', \%m);
    return $self->send_packet(DATA, message(%m));
}

sub response { return $json->decode(&response_raw) }

sub response_raw {
    my ($self, $id) = @_;
    my $m = $self->_await('responses', sub { $_[0]{id} == $id },
        "the answer to request $id, " . ($self->{asked}{$id} // 'sent raw'));
    return $m->{payload};
}

# Waits for a push and returns its payload, decoded; others are kept.
sub expect { return $json->decode(&expect_raw) }

sub expect_raw {
    my ($self, $route) = @_;
    my $m = $self->_await('pushes', sub { $_[0]{route} eq $route },
        "push $route");
    return $m->{payload};
}

# True when no push of the route has come before a round trip ends: the
# condition that stands for "nothing comes".
sub hears_nothing_of {
    my ($self, $route) = @_;
    $self->request_raw('Echo.Ping', 'fence');
    return !grep { $_->{route} eq $route } @{ $self->{pushes} };
}

# Waits for the kick and the close behind it; its reason, '' for an empty
# one.  Returns nothing when the connection ends without a kick.
sub kicked {
    my ($self) = @_;
    while (my $p = $self->read_packet) {
        if ($p->{type} == KICK) {
            $self->closed or die "kicked, but not closed\n";
            return '' if $p->{body} eq '';
            return $json->decode($p->{body})->{reason};
        }
        $self->_keep($p);
    }
    return;
}

# What becomes of a payload on its way out and in.
sub encode {
    my ($self, $payload) = @_;
    $payload = $json->encode($payload) if ref $payload;
    $payload //= '';
    return $self->{key} ? seal($payload, $self->{key}) : $payload;
}

sub decode {
    my ($self, $payload) = @_;
    return $payload if !$self->{key};
    return unseal($payload, $self->{key})
        // die "a payload that does not decrypt\n";
}

sub _await {
    my ($self, $queue, $match, $what) = @_;
    my $deadline = time + $Test::Sparrow::Stream::BOUND;
    while (1) {
        my $kept = $self->{$queue};
        for my $i (0 .. $#$kept) {
            return splice @$kept, $i, 1 if $match->($kept->[$i]);
        }
        my $p = $self->read_with(\&unpacket, $what, $deadline - time)
            or die "closed by the daemon before $what\n";
        die "kicked ($p->{body}) before $what\n" if $p->{type} == KICK;
        $self->_keep($p);
    }
}

my @types = qw(request notify response push);

sub _trace {
    my ($self, $dir, $m) = @_;
    my $trace = $self->{trace} or return;
    my $route = $m->{route} // $self->{asked}{ $m->{id} };
    push @$trace, [ $dir, $types[ $m->{type} ], $route, $m->{payload} ];
    return;
}

# A heartbeat came after what was read before it, maybe long ago.  A test that
# shakes hands by itself has no interval here.
sub _answer_later {
    my ($self) = @_;
    my $interval = $self->{hello}{sys}{heartbeat} // 30;
    $self->{beat_at} //= ($self->{read_at} // time) + $interval;
    return $self->beat_when_due;
}

# For those who wait on sockets of several clients.
sub beat_when_due {
    my ($self) = @_;
    return if time < ($self->{beat_at} // return);
    delete $self->{beat_at};
    return $self->heartbeat;
}

sub _wait {
    my ($self, $write, $deadline) = @_;
    my $due = $self->{beat_at};
    if (!$write && defined $due && $due < $deadline) {
        return 1 if $self->SUPER::_wait($write, $due);
        $self->beat_when_due;
    }
    return $self->SUPER::_wait($write, $deadline);
}

# Files a message.
sub _keep {
    my ($self, $p) = @_;
    return $self->_answer_later if $p->{type} == HEARTBEAT;
    $self->{read_at} = time;
    $self->beat_when_due;
    die "unexpected packet type $p->{type}\n" if $p->{type} != DATA;
    my $m = unmessage($p->{body});
    $m->{payload} = $self->decode($m->{payload});
    $self->_trace('recv', $m);
    push @{ $self->{ $m->{type} == PUSH ? 'pushes' : 'responses' } }, $m;
    return;
}

1;
