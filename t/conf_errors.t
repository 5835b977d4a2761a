#!/usr/bin/perl

# Every class of mistake in a conf file is told with file and line, and with
# what was expected.  A daemon with such a conf does not start.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow(start => 0, http => undef, files => {
    'good.conf' => "worker_processes 2;\n",
    'bad.conf'  => "\n\nworker_process 2;\n",
    'self.conf' => "include self.conf;\n",
});

# The line that a conf is refused with; '' when it is taken.
sub refused {
    my ($text) = @_;
    $daemon->write_conf(sub { $_ = $text });
    my ($status, $output) = $daemon->command('-t');
    return '' if $status == 0;
    is $status, 1, 'exit status';
    my ($line) = $output =~ /([^\s"]*\.conf:\d+: .*)/;
    return $line // $output;
}

my $events = "events { worker_connections 64; }\n";
my $game   = "game { component Echo; server { listen 127.0.0.1:{{game}}; } }\n";
my $whole  = "daemon off;\n$events$game";
is refused($whole), '', 'a small conf is taken';
is refused("include good.conf;\n$whole"), '', 'an include is';
is refused("include no-such-*.conf;\n$whole"), '', 'so is a pattern for none';
is refused("# ;{}\n$whole# no newline at the end"), '', 'comments';

# [ name, text, line, reason ]
my @cases = (
    [ 'unknown directive', "\nworker_process 2;\n", 2, qr/unknown directive "worker_process"/ ],
    [ 'duplicate', "daemon off;\n\ndaemon on;\n", 3, qr/duplicate.*sparrow\.conf:1/ ],
    [ 'wrong context', "worker_connections 5;\n", 1, qr/"worker_connections" is not allowed here.*events/ ],
    [ 'wrong context, inner', "events {\n daemon off;\n}\n", 2, qr/"daemon" is not allowed here.*main/ ],
    [ 'no argument', "daemon;\n", 1, qr/"daemon" takes 1 argument, not 0/ ],
    [ 'too many', "daemon on off;\n", 1, qr/"daemon" takes 1 argument, not 2/ ],
    [ 'a missing ;', "daemon off\nmaster_process on;\n", 1, qr/is a ";" missing/ ],
    [ 'not on or off', "daemon yes;\n", 1, qr/must be on or off, not "yes"/ ],
    [ 'not a number', "worker_processes many;\n", 1, qr/must be "auto" or a number/ ],
    [ 'too small', "worker_processes 0;\n", 1, qr/between 1 and/ ],
    [ 'too large', "worker_processes 99999999999999999999;\n", 1, qr/between 1 and/ ],
    [ 'negative', "worker_rlimit_nofile -1;\n", 1, qr/must be a number/ ],
    [ 'not a size', "memory_limit 5x;\n", 1, qr/must be a size such as/ ],
    [ 'a size out of range', "memory_limit 1k;\n", 1, qr/between 1m and/ ],
    [ 'not a time', "worker_shutdown_timeout soon;\n", 1, qr/must be a time such as/ ],
    [ 'a time out of range', "worker_shutdown_timeout 2d;\n", 1, qr/between 1s and 1d/ ],
    [ 'unknown level', "error_log logs/error.log loud;\n", 1, qr/unknown level "loud".*debug, info/ ],
    [ 'heartbeat', "game {\n\n heartbeat 1ms;\n}\n", 3, qr/"heartbeat" must be between \S+ and \S+/ ],
    [ 'limit_message on', "game { limit_message on; }\n", 1, qr/"limit_message" must be "off" or "rate=N burst=N"/ ],
    [ 'limit_message off off', "game { limit_message off off; }\n", 1, qr/"limit_message" must be "off" or "rate=N burst=N"/ ],
    [ 'limit_message 100', "game { limit_message 100; }\n", 1, qr/"limit_message" must be "off" or "rate=N burst=N"/ ],
    [ 'limit_message rate=0 burst=1', "game { limit_message rate=0 burst=1; }\n", 1, qr/"limit_message" must be "off" or "rate=N burst=N"/ ],
    [ 'limit_message rate=1 burst=0', "game { limit_message rate=1 burst=0; }\n", 1, qr/"limit_message" must be "off" or "rate=N burst=N"/ ],
    [ 'limit_message rate=100', "game { limit_message rate=100; }\n", 1, qr/"limit_message" must be "off" or "rate=N burst=N"/ ],
    [ 'limit_message rate=1 burst=1000001', "game { limit_message rate=1 burst=1000001; }\n", 1, qr/"limit_message" must be "off" or "rate=N burst=N"/ ],
    [ 'limit_conn 0', "game { limit_conn 0; }\n", 1, qr/"limit_conn" must be "off" or a number from 1/ ],
    [ 'limit_conn many', "http { limit_conn many; }\n", 1, qr/"limit_conn" must be "off" or a number from 1/ ],
    [ 'limit_conn 1000001', "game { limit_conn 1000001; }\n", 1, qr/"limit_conn" must be "off" or a number from 1/ ],
    [ 'a missing {', "daemon off;\nevents\n worker_connections 64;\n}\n", 2, qr/"events" has no opening "\{"/ ],
    [ 'a missing {, inner', "game {\n server\n  listen 127.0.0.1:1;\n }\n}\n", 2, qr/"server" has no opening "\{"/ ],
    [ 'syslog', "error_log syslog:server=unix:/dev/log;\n", 1, qr/"error_log" names syslog, which is not supported yet/ ],
    [ 'a variable in a path', "pid run/\$x.pid;\n", 1, qr/"pid" has a "\$" in a path/ ],
    [ 'one in a log', "http {\n access_log logs/\$host;\n}\n", 2, qr/"access_log" has a "\$" in a path/ ],
    [ 'one in a certificate', "game {\n server {\n  ssl_certificate \$x.pem;\n }\n}\n", 3, qr/"ssl_certificate" has a "\$" in a path/ ],
    [ 'an empty path', "store {\n path '';\n}\n", 2, qr/"path" must not be empty/ ],
    [ 'a UNIX socket', "game {\n server {\n  listen unix:run/x.sock;\n }\n}\n", 3, qr/"listen" on a UNIX socket is not supported yet/ ],
    [ 'a block with ;', "events;\n", 1, qr/"events" has no opening "\{"/ ],
    [ 'a directive with {', "daemon { }\n", 1, qr/"daemon" (?:takes|is not terminated)/ ],
    [ 'open block', "events {\n worker_connections 5;\n", 3, qr/unexpected end of file.*"events" of line 1/ ],
    [ 'a } too much', "events { }\n}\n", 2, qr/unexpected "\}"/ ],
    [ 'a ; too much', "daemon off;;\n", 1, qr/unexpected ";"/ ],
    [ 'a { of nothing', "{ }\n", 1, qr/unexpected "\{"/ ],
    [ 'cut off', "daemon off", 1, qr/unexpected end of file, expecting ";"/ ],
    [ 'open quote', "pid \"run/x;\n\n\n", 1, qr/unexpected end of file.*" that closes/ ],
    [ 'text after a quote', "pid \"run/x\"y;\n", 1, qr/after a closing quote/ ],
    [ 'a control byte', "pid run/\1x;\n", 1, qr/control byte 0x01/ ],
    [ 'a NUL', "pid run/\0x;\n", 1, qr/control byte 0x00/ ],
    [ 'a huge word', "pid " . 'x' x 5000 . ";\n", 1, qr/longer than 4096/ ],
    [ 'too deep', 'game {' x 40 . '}' x 40, 1, qr/deeper than 32/ ],
    [ 'too many arguments', 'daemon' . ' x' x 100 . ";\n", 1, qr/more than 64 arguments/ ],
    [ 'duplicate block', "${events}events { }\n", 2, qr/duplicate/ ],
    [ 'missing include', "\ninclude no-such.conf;\n", 2, qr/open\(\) ".*no-such\.conf" failed \(2: No such file or directory\)/ ],
    [ 'unknown component', "game {\n component\n  Nothing;\n}\n", 2, qr/"component".*Nothing/ ],
    [ 'a port that is none', "game {\n server {\n  listen 127.0.0.1:99999;\n }\n}\n", 3, qr/"listen" / ],
    [ 'no port', "game {\n server {\n  listen 127.0.0.1:;\n }\n}\n", 3, qr/"listen" / ],
    [ 'no address', "game {\n server {\n  listen 1.2.3:5;\n }\n}\n", 3, qr/"listen" / ],
    [ 'an unknown word', "game {\n server {\n  listen 127.0.0.1:1 fast;\n }\n}\n", 3, qr/"listen".*fast/ ],
    [ 'an unknown serializer', "game {\n server {\n  serializer xml;\n }\n}\n", 3, qr/"serializer" must be .*not "xml"/ ],
    [ 'XXTEA without key', "game {\n server {\n  pipeline xxtea;\n }\n}\n", 3, qr/"pipeline"/ ],
);
for my $case (@cases) {
    my ($name, $text, $line, $like) = @$case;
    my $said = refused($text . ($text =~ /[{]|[^\n]\z/ ? '' : $whole));
    like $said, qr/sparrow\.conf:$line: .*$like|sparrow\.conf:$line: $like/, $name;
}
like refused("include bad.conf;\n$whole"),
    qr/bad\.conf:3: .*unknown directive "worker_process"/,
    'an included file is named';

like refused("include self.conf;\n$whole"),
    qr/self\.conf:1: .*includes itself/, 'an include of itself';

is refused($whole), '', 'all is well again';

# A file is named whole; a conf that does nothing is good, but warned of.
my $path = $daemon->conf;
like refused("nonsense;\n"), qr/^\Q$path\E:1: /, 'the whole path';
for my $nothing ('', "daemon off;\n", "game { component Echo; }\n") {
    $daemon->write_conf(sub { $_ = $nothing });
    my ($good, $said) = $daemon->command('-t');
    is $good, 0, 'a conf without listeners';
    like $said, qr/\[warn\] .*"\Q$path\E" has no "listen"/, 'gets a warning';
}
$daemon->write_conf(sub { $_ = $whole });
my ($status, $output) = $daemon->command('-t', '-g', 'worker_process 2;');
like $output, qr/-g:1: unknown directive/, 'so is -g';

# What is refused by -t does not start either.
$daemon->write_conf(sub { $_ = "daemon off;\nfoo;\n" });
($status, $output) = $daemon->command();
is $status, 1, 'a bad conf does not start';
like $output, qr/\[emerg\] .*sparrow\.conf:2: unknown directive "foo"/,
    'and says so at emerg';

done_testing;
