#!/usr/bin/perl

# The error log: its form, what clients can do to it, and its reopening.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('
    error_log logs/error.log info;
    error_log logs/warn.log warn;', http => undef,
    allow_log => [ qr/chdir\(\) to / ]);
my $logs = $daemon->prefix . '/logs';

my @bad = grep {
    !m{^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: \S} }
    split /\n/, $daemon->log;
is_deeply \@bad, [], 'every line has time, level, pid and slot';
is slurp("$logs/warn.log") =~ /\[(?:notice|info|debug)\]/, '',
    'a target takes what its level lets through';
is +(stat "$logs/error.log")[2] & 0007, 0, 'others may not read it';

# What a client sends cannot forge a line.
my $client = $daemon->client;
$client->notify("A.b\n2026/01/01 00:00:00 [alert] 1#1: forged\e[31m\r\0\x7f\"", {});
$client->request_raw('Echo.Ping', 'x');
$daemon->log_like(qr/A\.b\\x0A2026/, 'a newline is escaped');
$daemon->log_unlike(qr/^2026\/01\/01/m, 'it does not begin a line');
$daemon->log_unlike(qr/[\0\e\r\x7f]/, 'no control byte gets through');

# A flood costs ten lines a second of a kind, and the rest is counted.
$daemon->log_mark;
my $before = time;
$client->notify("Flood.$_", {}) for 1 .. 3000;
is $client->request_raw('Echo.Ping', 'x'), 'x', '3000 bad routes';
my $seconds = time - $before + 2;
my $lines   = () = $daemon->new_log =~ /^.*Flood\.\d+/mg;
cmp_ok $lines, '>=', 1, 'some are logged';
cmp_ok $lines, '<=', 10 * $seconds, 'not more than ten a second';
my $hidden;
wait_for {
    $client->notify('Flood.more', {});
    $client->request_raw('Echo.Ping', 'x');
    my $log = $daemon->new_log;
    $lines  = () = $log =~ /^.*Flood\.\d+/mg;
    $hidden = 0;
    $hidden += $_ for $log =~ /(\d+) more lines like/g;
    $lines + $hidden >= 3000;
} 'all are accounted for';
cmp_ok $hidden, '>', $lines, 'most of them by their number';

# Rotation: rename, reopen, and the next line is in the new file.
rename "$logs/error.log", "$logs/error.log.1" or die "rename: $!\n";
$daemon->{mark} = 0;
$daemon->signal('USR1');
wait_for { -e "$logs/error.log" } 'the new log';
wait_for {
    $client->notify('After.rotation', {});
    $client->request_raw('Echo.Ping', 'x');
    $daemon->log =~ /After\.rotation/;
} 'a line of a worker in the new log';
pass 'the workers write to the new log';
unlike slurp("$logs/warn.log"), qr/After/, 'the other keeps its level';

# A reload to other logs closes those of before; a refused one opens none.
sub open_logs {
    my @open = map { readlink } glob "/proc/$daemon->{master}/fd/*";
    return join ' ', sort grep { s{^\Q$logs\E/}{} } @open;
}

my $conf = $daemon->{template};
is open_logs(), 'error.log warn.log', 'the logs of the conf';
$daemon->write_conf(sub { s/warn\.log/second.log/ });
is +($daemon->reload)[0], 0, 'a reload to another log';
is open_logs(), 'error.log second.log', 'the one that is dropped is closed';
unlink "$logs/warn.log";
$daemon->write_conf(sub {
    s/second\.log/third.log/; s{^}{working_directory {{prefix}}/none;\n} });
my $folder = readlink "/proc/$daemon->{master}/cwd";
is +($daemon->reload)[0], 1, 'a reload that is refused at its end';
is open_logs(), 'error.log second.log', 'leaves the logs as they were';
is readlink("/proc/$daemon->{master}/cwd"), $folder, 'and the folder';
$daemon->write_conf(sub { $_ = $conf; s/warn\.log/fourth.log/ });
is +($daemon->reload)[0], 0, 'one more';
$daemon->signal('USR1');
$daemon->log_mark;
is +($daemon->reload)[0], 0, 'all logs are opened anew';
ok !-e "$logs/warn.log", 'but those that are dropped';
is slurp("$logs/error.log") =~ /\[debug\]/, '', 'levels stay';
$client->close;

done_testing;
