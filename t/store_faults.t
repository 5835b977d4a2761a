#!/usr/bin/perl

# A full disk, a full map, a file system that is read-only, a damaged file,
# another boot: a clear line that names file and directive, a clear error to
# the player, and what can go on goes on.

use lib 't/lib';
use Test::Sparrow;

# In a mount namespace of its own, so that nothing stays mounted.
if (!$> && !$ENV{SPARROW_TEST_MOUNTS}
    && !system 'unshare -m true 2>/dev/null') {
    $ENV{SPARROW_TEST_MOUNTS} = 1;
    exec 'unshare', '-m', $^X, $0;
}

my @trouble = (qr/no room on the file system/, qr/is full, raise "size"/,
    qr/cannot be written/);

my (@held, @mounted);

# --- the map of the store is full
{
    my $daemon = sparrow('worker_processes 1;', store => 'size 1m;',
        allow_log => \@trouble);
    my $http = $daemon->http_client;
    my @kept = ($daemon->guest('first', http => $http));
    my $full;
    for my $n (1 .. 20000) {
        my $guest = $daemon->guest("many-$n", http => $http);
        $full = $guest, last if $guest->{code};
        push @kept, $guest;
    }
    ok $full->{code} == 1013 || $full->{code} == 1014,
        'a clear error to who is new';
    is $full->{status}, $full->{code} == 1013 ? 503 : 500,
        'which is the server\'s';
    $daemon->log_like(qr/"\S*data\/data\.mdb".* "size"|"\S*data\/data\.mdb".*"store"/,
        'the log names file and directive');
    is $daemon->guest('first', http => $http)->{uid}, $kept[0]{uid},
        'who is known logs in';
    my $player = $daemon->client;
    is $player->request('Manager.Login', $daemon->login_of($kept[0]))->{acId},
        $kept[0]{uid}, 'and plays';
    $player->close;
    $daemon->stop;

    # With more room all is well again.
    $daemon->write_conf(sub { s/size 1m;/size 8m;/ });
    $daemon->restart;
    $http = $daemon->http_client;
    is $daemon->guest('another', http => $http)->{code}, 0,
        'a larger size helps';
    is $daemon->guest('many-1', http => $http)->{uid}, $kept[1]{uid},
        'nobody was lost';
    $daemon->stop;
}

# --- damaged files
{
    my $daemon = sparrow('worker_processes 1;',
        allow_log => [ qr/data\.mdb/, qr/the store does not start/, qr/store process/ ]);
    my $guest  = $daemon->guest('guest');
    my $prefix = $daemon->prefix;
    for my $damage (
        [ 'noise',  sub { substr $_[0], 0, 8192, pack 'N*', map { $_ * 2654435761 & 0xffffffff } 1 .. 2048 } ],
        [ 'cut off', sub { substr $_[0], 5000, length $_[0], '' } ],
        [ 'empty',   sub { $_[0] = '' } ]) {
        my ($name, $spoil) = @$damage;
        $daemon->stop;
        my $bytes = slurp("$prefix/run/shared/data.mdb");
        $spoil->($bytes);
        spew("$prefix/run/shared/data.mdb", $bytes);
        $daemon->log_mark;
        $daemon->restart;
        my $client = $daemon->client;
        is $client->request('Manager.Login', $daemon->login_of($guest))
            ->{acId}, $guest->{uid}, "shared memory is $name: it starts anew";
        $daemon->log_like(qr/shared memory ".*data\.mdb"/, 'and says so')
            if $name ne 'empty';
    }
    $daemon->stop;

    my $good = slurp("$prefix/data/data.mdb");
    my $bad  = $good;
    substr $bad, 0, 8192, 'x' x 8192;
    spew("$prefix/data/data.mdb", $bad);
    $daemon->{ready} = 0;
    $daemon->restart;
    isnt $daemon->wait_exit, 0, 'a damaged store: no start';
    like $daemon->log . $daemon->output, qr/"\S*data\/data\.mdb".*store/,
        'the log names file and directive';
    is slurp("$prefix/data/data.mdb"), $bad, 'the file is left as it was';
    $daemon->{expect_status} = $daemon->{status};
    $daemon->stop;
    spew("$prefix/data/data.mdb", $good);
    delete @$daemon{qw(expect_status ready)};
    $daemon->restart;
    is $daemon->guest('guest')->{uid}, $guest->{uid}, 'with the good one it starts';
    $daemon->stop;
}

# --- a header that a worker could not write: LMDB serves it nothing more
{
    my $meta   = File::Temp->new;
    chmod 0644, "$meta";
    my $daemon = sparrow('worker_processes 2;',
        env => { META => "$meta", LD_PRELOAD => library('meta') },
        allow_log => [ qr/run\/shared\/data\.mdb/, qr/environment unusable/,
            qr/exited with code 2/ ]);
    my $table = $daemon->table(
        on => [ map { { worker => $_ } } 0, 1, 0, 1 ])->ready;
    $table->play(until => sub { 6 <= $table->heard(0, 'onMoPai') });
    my $pid = $daemon->pid_of($table->player(0));
    spew("$meta", $pid);
    ok $table->play(survive => 1), 'the match is played to its end';
    ok $daemon->is_gone($pid), 'by another worker';
    $daemon->log_like(qr/LMDB environment unusable/,
        'which the log explains');
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. 3;
    is_deeply $ends[$_], $ends[0], 'all hear the same' for 1 .. 3;
    ok $_->{login}{acId}, 'and there are logins' for $daemon->players(4);
    $daemon->stop;
}

SKIP: {
    skip 'mounting takes root', 1 if !$ENV{SPARROW_TEST_MOUNTS};
    skip 'no mount here', 1 if !can_mount();
    full_disk($_) for 'store', 'shared_memory';
    read_only();
    other_boot();
}

# Is a mount allowed, as in a container it may not be?
sub can_mount {
    my $dir = File::Temp::tempdir(CLEANUP => 1);
    return 0 if system("mount -t tmpfs -o size=64k none $dir 2>/dev/null");
    return !system("umount $dir");
}

# A daemon one of whose environments is on a small file system of its own.
sub on_tmpfs {
    my ($which) = @_;
    my $daemon = sparrow('worker_processes 1;', start => 0,
        $which => 'path {{prefix}}/disk/env;', allow_log => \@trouble);
    my $disk = $daemon->prefix . '/disk';
    mkdir $disk or die "mkdir: $!\n";
    system("mount -t tmpfs -o size=2m,mode=755 none $disk") == 0
        or die "mount failed\n";
    push @mounted, $disk;
    $daemon->start;
    return ($daemon, $disk);
}

sub fill {
    my ($disk) = @_;
    open my $fh, '>', "$disk/ballast" or die "ballast: $!\n";
    1 while syswrite $fh, "\0" x 4096;
    close $fh;
    return;
}

sub full_disk {
    my ($which) = @_;
    my ($daemon, $disk) = on_tmpfs($which);
    my $http  = $daemon->http_client;
    my $guest = $daemon->guest('guest', http => $http);
    my $ann   = $daemon->player('ann');
    fill($disk);
    my $n = 0;
    my $refused = wait_for {
        if ($which eq 'store') {
            my $answer = $daemon->guest('full-' . ++$n, http => $http);
            return $answer->{code} ? $answer : undef;
        }
        my $client = $daemon->client;
        my $answer = $client->request('Manager.Login',
            $daemon->login_of($daemon->guest('full-' . ++$n, http => $http)));
        push @held, $client;
        return $answer->{code} ? $answer : undef;
    } "a full disk under $which";
    is $refused->{code}, 1013, "$which on a full disk: a clear error";
    $daemon->log_like(qr/no room on the file system of "\S*disk\/env\/data\.mdb" \("path" in "$which"\)/,
        'the log names file and directive');
    is $ann->request_raw('Echo.Ping', 'x'), 'x', 'who is in plays on';
    is $daemon->guest('guest', http => $http)->{uid}, $guest->{uid},
        'who is known logs in';
    unlink "$disk/ballast";
    my $again = wait_for {
        my $client = $daemon->client;
        my $answer = $client->request('Manager.Login',
            $daemon->login_of($daemon->guest('later', http => $http)));
        $answer->{acId};
    } 'room again';
    ok $again, 'with room again all is well';
    wait_for {
        $daemon->client->request('Manager.Login',
            $daemon->login_of($daemon->guest('log ' . ++$n)));
        $daemon->log =~ /works again/;
    } 'a line in the log that says so, after a while';
    @held = ();
    $daemon->stop;
    return;
}

sub read_only {
    my ($daemon, $disk) = on_tmpfs('store');
    my $guest = $daemon->guest('guest');
    $daemon->stop;
    system("mount -o remount,ro $disk") == 0 or die "remount failed\n";
    $daemon->{ready} = 0;
    push @{ $daemon->{allow_log} }, qr/disk\/env/, qr/the store does not start/,
        qr/store process .*(?:exited with code 2|died before it was ready)/;
    $daemon->restart;
    isnt $daemon->wait_exit, 0, 'a store that cannot be written: no start';
    like $daemon->log . $daemon->output,
        qr/"\S*disk\/env\S*".*Read-only file system/, 'the log says where';
    $daemon->{expect_status} = $daemon->{status};
    $daemon->stop;
    system("mount -o remount,rw $disk") == 0 or die "remount failed\n";
    delete @$daemon{qw(expect_status ready)};
    $daemon->restart;
    is $daemon->guest('guest')->{uid}, $guest->{uid}, 'with rights it starts';
    $daemon->stop;
    return;
}

# The boot id is another than the one that shared memory was written under.
sub other_boot {
    my $daemon = sparrow('worker_processes 1;', start => 0);
    my $prefix = $daemon->prefix;
    my $boot   = sub {
        my ($id) = @_;
        spew("$prefix/boot_id", "$id\n");
        spew("$prefix/wrap", "#!/bin/sh\n"
            . "mount --bind $prefix/boot_id /proc/sys/kernel/random/boot_id &&\n"
            . "exec \"\$@\"\n");
        chmod 0755, "$prefix/wrap";
        # once more, because the test's own /proc shall stay as it is
        $daemon->{wrap} = [ 'unshare', '-m', "$prefix/wrap" ];
    };
    $boot->('11111111-1111-1111-1111-111111111111');
    $daemon->start;
    my $guest = $daemon->guest('guest');

    # A clean stop, then another boot: trusted.
    $daemon->stop;
    $boot->('22222222-2222-2222-2222-222222222222');
    $daemon->log_mark;
    $daemon->restart;
    $daemon->log_unlike(qr/set aside/, 'another boot after a clean stop');

    # Killed, then the same boot: trusted.
    $daemon->crash;
    $daemon->log_mark;
    $daemon->restart;
    $daemon->log_unlike(qr/set aside/, 'the same boot after a crash');

    # Killed, then another boot: not trusted.
    $daemon->crash;
    $boot->('33333333-3333-3333-3333-333333333333');
    $daemon->log_mark;
    $daemon->restart;
    $daemon->log_like(qr/set aside/, 'another boot after a crash');
    is $daemon->guest('guest')->{uid}, $guest->{uid}, 'the store is trusted';
    my $client = $daemon->client;
    is $client->request('Manager.Login', $daemon->login_of($guest))->{acId},
        $guest->{uid}, 'and players come back';
    $daemon->stop;
    return;
}

END {
    system("umount -l $_ 2>/dev/null") for @mounted;
}

done_testing;
