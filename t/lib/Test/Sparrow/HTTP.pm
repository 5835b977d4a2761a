package Test::Sparrow::HTTP;

# A raw HTTP/1.1 client on one connection: requests may be pipelined, sent
# byte by byte or be no requests at all.

use strict;
use warnings;

use parent 'Test::Sparrow::Stream';

use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# One request and its answer: (status, headers, body); the body decoded when
# the daemon says that it is JSON.
sub request {
    my ($self, @request) = @_;
    $self->send_raw(format_request(@request));
    return $self->response($request[0]);
}

# The text of a request.  A body that is data becomes JSON; headers override
# the ones that are given by default, undef leaves them out.
sub format_request {
    my ($method, $path, $body, %headers) = @_;
    my %h = (Host => 'localhost');
    if (defined $body) {
        if (ref $body) {
            $body = $json->encode($body);
            $h{'Content-Type'} = 'application/json';
        }
        $h{'Content-Length'} = length $body;
    }
    %h = (%h, %headers);
    return "$method $path HTTP/1.1\r\n"
        . join('', map { "$_: $h{$_}\r\n" }
            grep { defined $h{$_} } sort keys %h)
        . "\r\n"
        . ($body // '');
}

# Reads the next answer; nothing when the connection ends instead.  The
# method says whether a body follows.
sub response {
    my ($self, $method) = @_;
    my $head = $self->read_with(\&_take_head, 'an HTTP answer') // return;
    my ($line, @fields) = split /\r\n/, $head;
    my ($status) = $line =~ m{^HTTP/1\.[01] (\d{3}) }
        or die "no HTTP status line: $line\n";
    my %h;
    for (@fields) {
        /^([^:\s]+):\s*(.*?)\s*$/ or die "no HTTP header: $_\n";
        my $name = lc $1;
        die "$name twice\n" if $name eq 'content-length' && exists $h{$name};
        $h{$name} = exists $h{$name} ? "$h{$name}, $2" : $2;
    }
    my $body = $self->_body($method // 'GET', $status, \%h);
    $body = $json->decode($body)
        if ($h{'content-type'} // '') =~ m{^application/json} && $body ne '';
    return ($status, \%h, $body);
}

sub _take_head {
    my ($in) = @_;
    return $$in =~ s/\A(.*?)\r\n\r\n//s ? $1 : undef;
}

sub _body {
    my ($self, $method, $status, $h) = @_;
    return '' if $method eq 'HEAD' || $status =~ /^(?:1\d\d|204|304)$/;
    if (($h->{'transfer-encoding'} // '') eq 'chunked') {
        my $body = '';
        while (1) {
            my $size = $self->read_with(
                sub { ${ $_[0] } =~ s/\A([0-9a-fA-F]+)\r\n// ? hex $1 : undef },
                'a chunk') // die "closed inside a chunked body\n";
            my $piece = $self->read_bytes($size + 2)
                // die "closed inside a chunk\n";
            return $body if !$size;
            $body .= substr $piece, 0, $size;
        }
    }
    if (defined $h->{'content-length'}) {
        return $self->read_bytes($h->{'content-length'})
            // die "closed inside a body\n";
    }
    $self->closed or die "a body without end\n";
    return substr $self->{in}, 0, length $self->{in}, '';
}

1;
