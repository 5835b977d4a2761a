package Test::Sparrow::Conf;

# Conf files for tests: a small daemon that listens on loopback, to which a
# test adds the lines it is about.  A default gives way to the same directive
# in the test's own text.  {{name}} stands for a free port, the same wherever
# the name is used; {{prefix}} for the folder.
#
# Clients may send as much as they like, and be silent as long: on a busy
# machine a test is slow to shake hands, to log in and to answer a heartbeat,
# and must not be closed for that.  limits => 1 leaves it all at the daemon's
# own defaults; a test of a time-out sets that one itself.

use strict;
use warnings;

use Exporter 'import';
use Socket qw(AF_INET SOCK_STREAM SOL_SOCKET SO_REUSEADDR SO_REUSEPORT
    INADDR_LOOPBACK pack_sockaddr_in unpack_sockaddr_in);

our @EXPORT_OK = qw(conf_text expand reserve_port make_certificate);

my @patient_game = ('limit_message off', 'heartbeat 1h',
    'handshake_timeout 1h', 'login_timeout 0');
my @patient_http = ('keepalive_timeout 1h', 'client_header_timeout 1h',
    'client_body_timeout 1h');

our $XXTEA_KEY = '7AEC4MA152BQE9HWQ7KB';

# The text of a whole conf, placeholders still in it.
sub conf_text {
    my ($main, %opt) = @_;
    return $opt{conf} if defined $opt{conf};
    my @servers = (
        _block('server', $opt{server}, 'listen 127.0.0.1:{{game}}'),
        map { _block('server', $_) } @{ $opt{servers} // [] });
    push @servers, _block('server', "pipeline xxtea $XXTEA_KEY;",
        'listen 127.0.0.1:{{xxtea}}') if $opt{xxtea};
    push @servers, _block('server', $opt{tls} =~ /\D/ ? $opt{tls} : '',
        'listen 127.0.0.1:{{tls}} ssl', 'ssl_certificate cert.pem',
        'ssl_certificate_key cert.key') if $opt{tls};
    my @components = ($opt{game} // '') =~ /\bcomponent\b/ ? ()
        : map { "component $_" } @{ $opt{components}
            // [qw(Manager DeskManager ClubManager Echo)] };
    my $client = ($opt{game} // '') =~ /\bclient\s*\{/ ? ''
        : _block('client', 'message "hello";', 'endpoint 127.0.0.1:{{game}}');
    return _lines($main, 'daemon off', 'pid run/sparrow.pid',
            'error_log logs/error.log info')
        . _block('events', $opt{events}, 'worker_connections 1024')
        . _block('shared_memory', $opt{shared_memory},
            'path run/shared', 'size 64m')
        . _block('store', $opt{store}, 'path data', 'size 64m')
        . _block('game', ($opt{game} // '') . join("\n", '', $client, @servers),
            'debug on', $opt{limits} ? () : @patient_game, @components)
        . (exists $opt{http} && !defined $opt{http} ? '' : _http(\%opt));
}

sub _http {
    my ($opt) = @_;
    my $server = $opt->{http_server} // '';
    my @locations = (
        ['= /v1/user/login/query', 'guest_login_query; guest_channels test;'],
        ['= /v1/user/login/guest', 'guest_login; guest_channels test;'],
        ['= /v1/version',          'version;'],
        ['= /ping',                'ping;'],
    );
    for (@locations) {
        my ($path, $text) = @$_;
        $server .= _block("location $path", $text)
            if $server !~ /\blocation\s+\Q$path\E\s/;
    }
    $server = _block('server', $server, 'listen 127.0.0.1:{{http}}');
    return _block('http', ($opt->{http} // '') . $server,
        $opt->{limits} ? () : @patient_http);
}

sub _block {
    my ($name, $text, @defaults) = @_;
    my $inner = _lines($text, @defaults);
    $inner =~ s/^(?=.)/    /mg;
    return "$name {\n$inner}\n";
}

# The text, and in front of it the defaults that it does not set itself.  What
# stands in inner blocks does not count.
sub _lines {
    my ($text, @defaults) = @_;
    $text //= '';
    my $own = $text;
    $own =~ s/\{\{\w+\}\}/X/g;
    1 while $own =~ s/\{[^{}]*\}/;/;
    @defaults = grep {
        my ($name) = /^(\S+)/;
        $own !~ /(?:^|[;{}])\s*\Q$name\E\b/m || $name eq 'component';
    } @defaults;
    $text .= "\n" if $text ne '' && $text !~ /\n\z/;
    return join('', map { "$_;\n" } @defaults) . $text;
}

# Puts ports and folder into the text.  $ports is filled with new names.
sub expand {
    my ($text, $prefix, $ports) = @_;
    $text =~ s/\{\{prefix\}\}/$prefix/g;
    $text =~ s/\{\{(\w+)\}\}/($ports->{$1} \/\/= reserve_port())->{port}/ge;
    return $text;
}

# A free port of loopback, held by a socket that is bound but does not listen:
# sockets that ask to reuse it, as the daemon's, may join; nobody who asks for
# any free port gets it.
sub reserve_port {
    socket my $sock, AF_INET, SOCK_STREAM, 0 or die "socket: $!\n";
    setsockopt $sock, SOL_SOCKET, $_, 1 or die "setsockopt: $!\n"
        for SO_REUSEADDR, SO_REUSEPORT;
    bind $sock, pack_sockaddr_in(0, INADDR_LOOPBACK) or die "bind: $!\n";
    return { socket => $sock, port => (unpack_sockaddr_in getsockname $sock)[0] };
}

# A self-signed pair, NAME.pem and NAME.key, in the folder.
sub make_certificate {
    my ($dir, $name, $subject) = @_;
    require IO::Socket::SSL::Utils;
    my ($cert, $key) = IO::Socket::SSL::Utils::CERT_create(
        subject      => { commonName => $subject // 'localhost' },
        subjectAltNames => [ [ DNS => 'localhost' ], [ IP => '127.0.0.1' ] ],
        CA           => 1,
        key          => IO::Socket::SSL::Utils::KEY_create_ec('prime256v1'),
    );
    IO::Socket::SSL::Utils::PEM_cert2file($cert, "$dir/$name.pem");
    IO::Socket::SSL::Utils::PEM_key2file($key, "$dir/$name.key");
    chmod 0600, "$dir/$name.key";
    return;
}

1;
