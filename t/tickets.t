#!/usr/bin/perl

# Session tickets: whom one worker has seen, another one knows, also one of
# the next generation.

use lib 't/lib';
use Test::Sparrow;

use IO::Socket::SSL;

my $daemon = sparrow('worker_processes 2;', tls => 1,
    allow_log => [qr/exited on signal 9/], servers => [ '
    listen               127.0.0.1:{{without}} ssl;
    ssl_certificate      cert.pem;
    ssl_certificate_key  cert.key;
    ssl_session_tickets  off;' ]);

# What a client keeps of its visits: a context with a cache of sessions.
sub memory {
    my ($version) = @_;
    return IO::Socket::SSL::SSL_Context->new(
        SSL_version            => $version,
        SSL_verify_mode        => SSL_VERIFY_NONE,
        SSL_session_cache_size => 10,
    ) || die "no context: $SSL_ERROR\n";
}

# One visit: its worker, and was the session resumed?  The ticket of TLS 1.3
# comes with the first bytes of the server.
sub visit {
    my ($memory, $server) = @_;
    my $client = $daemon->client(server => $server // 'tls', tls => {
        SSL_reuse_ctx => $memory, SSL_session_key => 'daemon' });
    $client->request_raw('Echo.Ping', 'x');
    my @seen = ($client->worker, $client->{sock}->get_session_reused ? 1 : 0);
    $client->close;
    return @seen;
}

# Is a session that one worker began resumed by another?
sub resumed {
    my ($version, $first, $second) = @_;
    for (1 .. 200) {
        my $memory = memory($version);
        my ($began)        = visit($memory);
        my ($went, $again) = visit($memory);
        return $again if $began == $first && $went == $second;
    }
    die "no visit to slot $first and then to $second\n";
}

for my $version (qw(TLSv1_2 TLSv1_3)) {
    my ($one, $two) = map { $_->worker } $daemon->client_on_each(2);
    my $memory = memory($version);
    is +(visit($memory))[1], 0, "$version: nothing to resume at first";
    is_deeply [ map { (visit($memory))[1] } 1 .. 4 ], [ (1) x 4 ],
        'then each visit, also of a client that uses a ticket once';
    is resumed($version, $one, $one), 1, 'resumed by the same worker';
    is resumed($version, $one, $two), 1, 'by another';
    is $daemon->exit_of('-s', 'reload'), 0, 'a reload';
    is +(visit($memory))[1], 1, 'by one of the next generation';
    visit($memory = memory($version));
    $daemon->kill_worker($_) for $daemon->workers;
    wait_for { eval { $daemon->client } } 'workers in their place';
    is +(visit($memory))[1], 1, 'and by one that replaces the dead';
    visit($memory = memory($version), 'without');
    is +(visit($memory, 'without'))[1], 0, 'not when tickets are off';
}

done_testing;
