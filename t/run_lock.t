#!/usr/bin/perl

# Whoever can open run/lock can hold up starts and reloads: nobody but the user
# of the daemon may, also when the file was there before.

use lib 't/lib';
use Test::Sparrow;

sub mode { return sprintf '%o', (stat $_[0])[2] & 07777 }

my $daemon = sparrow('worker_processes 1;');
my ($lock, $bus) = map { $daemon->prefix . "/run/$_" } qw(lock bus);
is mode($lock), '600', 'a new one';
is mode($bus), '700', 'the folder of the bus';
$daemon->stop;

chmod 0644, $lock;
chmod 0755, $bus;
$daemon->start;
is mode($lock), '600', 'one that was there';
is mode($bus), '700', 'and the folder';
is +($daemon->reload)[0], 0, 'a reload finds its master';
chmod 0644, $lock;
$daemon->kill_worker(($daemon->workers)[0]);
wait_for { mode($lock) eq '600' } 'a new worker';
pass 'workers see to it, too';
$daemon->stop;

sub refused {
    my ($how, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $output) = $daemon->command;
    is $status, 1, "no start: $what";
    like $output, qr{open\(\) "\Q$lock\E" failed \($how}, 'and why';
    return;
}

link $lock, "$lock.too" or die "link: $!\n";
refused(qr/1: /, 'it has two names');
unlink $lock;
symlink "$lock.too", $lock or die "symlink: $!\n";
refused(qr/40: /, 'it is a link');
unlink $lock, "$lock.too";
my ($status, $output) = $daemon->command('-s', 'stop');
is $status, 1, 'no daemon to be stopped';
like $output, qr/no sparrow runs/, 'says so';
ok !-e $lock, 'and leaves no file behind';
SKIP: {
    skip 'not root', 2 if $> != 0;
    spew($lock, '');
    chown scalar(getpwnam 'nobody'), -1, $lock;
    refused(qr/1: /, 'it is of another user');
    unlink $lock;
}
$daemon->start;
pass 'without it all is well';

done_testing;
