#!/usr/bin/perl

# Another `user` after a stop: what the last one owned is the new one's, and
# nothing else is.

use lib 't/lib';
use Test::Sparrow;

Test::More::plan(skip_all => 'needs root') if $> != 0;
my $nobody = getpwnam 'nobody';
my ($other) = grep { defined } map { scalar getpwnam $_ } qw(daemon bin games);

my $daemon = sparrow('user nobody;',
    allow_log => [ qr/cannot be given to user/, qr/not started/ ]);
my $prefix = $daemon->prefix;
my $name   = getpwuid $other;

sub owners {
    return join ' ', map { (stat "$prefix/$_")[4] } qw(data data/data.mdb
        data/lock.mdb run/shared run/shared/data.mdb run/bus);
}

is owners(), join(' ', ($nobody) x 6), 'all is of the first user';
spew("$prefix/data/notes", "root's\n");
is $daemon->exit_of('-s', 'reload'), 0, "a file of root's in there";
is $daemon->exit_of('-t'), 0, 'does not matter';
unlink "$prefix/data/notes";
my $ann = $daemon->guest('ann');
is $ann->{code}, 0, 'a guest';
$daemon->stop;

$daemon->write_conf(sub { s/user nobody;/user $name;/ });
$daemon->restart;
is owners(), join(' ', ($other) x 6), 'then of the second';
is $daemon->guest('ann')->{uid}, $ann->{uid}, 'who finds the accounts';
$daemon->stop;

# From one who is root, and back.
$daemon->write_conf(sub { s/user $name;/user root;/ });
$daemon->restart;
is $daemon->guest('ann')->{uid}, $ann->{uid}, 'root does';
$daemon->stop;
$daemon->write_conf(sub { s/user root;/user nobody;/ });
$daemon->restart;
is $daemon->guest('ann')->{uid}, $ann->{uid}, 'and the first again';
$daemon->stop;

# A link that the last user left there does not give away what it leads to.
spew("$prefix/secret", "root's\n");
link "$prefix/secret", "$prefix/data/trap" or die "link: $!\n";
$daemon->write_conf(sub { s/user nobody;/user $name;/ });
my ($status, $output) = $daemon->command;
is $status, 1, 'a second name of a file of root is refused';
like $output, qr{"$prefix/data/trap" cannot be given to user "$name"}, 'and named';
is +(stat "$prefix/secret")[4], 0, 'which stays with root';
unlink "$prefix/data/trap";
symlink "$prefix/secret", "$prefix/data/trap" or die "symlink: $!\n";
$daemon->restart;
is $daemon->guest('ann')->{uid}, $ann->{uid}, 'a symbolic link does not matter';
is +(stat "$prefix/secret")[4], 0, 'and leads to no gift';


# Folders and files that others may read are narrowed, by who owns them.
{
    my $daemon = sparrow('worker_processes 1;');
    $daemon->stop;
    for my $dir (map { $daemon->prefix . "/$_" } qw(data run/shared)) {
        chmod 0755, $dir;
        chmod 0644, map { "$dir/$_" } qw(data.mdb lock.mdb);
    }
    $daemon->restart;
    for my $dir (map { $daemon->prefix . "/$_" } qw(data run/shared)) {
        is join(' ', map { sprintf '%o', (stat)[2] & 07777 } $dir,
            map { "$dir/$_" } qw(data.mdb lock.mdb)), '700 600 600',
            "$dir is narrowed";
        $daemon->log_like(
            qr{\[notice\] .*"\Q$dir\E/data\.mdb" had mode 0644, made 0600},
            'and the log says so');
    }
    $daemon->stop;
}

done_testing;
