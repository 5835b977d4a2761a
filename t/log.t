#!/usr/bin/perl

# The error log: its form, what clients can do to it, and its reopening.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('
    error_log logs/error.log info;
    error_log logs/warn.log warn;', http => undef);
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

done_testing;
