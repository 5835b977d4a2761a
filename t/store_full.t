#!/usr/bin/perl

# No room: a full disk and a full map, for both environments.  Who needs the
# room is told so, in the log once and with the directive that helps; all
# others are served, nothing that was answered is lost, and once there is
# room all is well again.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Proc qw(reap spawn);

use constant { CLONE_NEWNS => 0x20000, TIMEOUT => 1013 };

my $no_room = qr/no room on the file system of/;
my $full    = qr/data\.mdb" is full, raise "size" in/;
my $scratch = File::Temp->newdir;
my $reader  = "$scratch/reader";
my $mounts  = own_mounts();

system($ENV{CC} // 'cc', '-o', $reader, 't/lib/reader.c', '-llmdb') == 0
    or BAIL_OUT('cannot build t/lib/reader.c');

# From here on what is mounted is seen by nobody else, and ends with us.
sub own_mounts {
    my %unshare = (x86_64 => 272, aarch64 => 97, riscv64 => 97);
    my $nr = $unshare{ (POSIX::uname())[4] } or return 0;
    return 0 if syscall($nr, CLONE_NEWNS) != 0;
    return system('mount --make-rprivate / 2>/dev/null') == 0;
}

# A file system of so many KB at a place under the prefix of a daemon that is
# not started yet.
sub small_disk {
    my ($daemon, $place, $kb) = @_;
    my $path = $daemon->prefix . "/$place";
    File::Path::make_path($path);
    system('mount', '-t', 'tmpfs', '-o', "size=${kb}k", 'tmpfs', $path) == 0
        or die "mount failed\n";
    return $path;
}

# Takes what room is left on it.
sub fill {
    my ($path) = @_;
    open my $fh, '>', "$path/ballast" or die "$path/ballast: $!\n";
    1 while defined syswrite $fh, 'x' x 4096;
    return close $fh;
}

# A process that reads and does not end.
sub standing_reader {
    my ($path) = @_;
    my $said = "$scratch/said";
    unlink $said;
    my $pid = spawn({ output => $said }, $reader, $path);
    wait_for { slurp($said) eq "reading\n" } 'a standing reader';
    return $pid;
}

sub end_reader {
    my ($pid) = @_;
    kill KILL => $pid;
    return wait_for { defined reap($pid) } 'the end of the reader';
}

# Many guests at once.
sub crowd {
    my ($daemon) = @_;
    my $pid = spawn({ output => "$scratch/bench" },
        $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench',
        qw(login -q -c 20 -n 1500), '127.0.0.1:' . $daemon->port('http'));
    my $status;
    wait_for { defined($status = reap($pid)) } 'a crowd';
    is $status, 0, 'a crowd comes in' or diag slurp("$scratch/bench");
    return;
}

# New guests until one is refused, on one connection: those that were taken,
# { imei => uid }, and the one that was not.
sub guests_until_refused {
    my ($daemon, $name) = @_;
    my $http = $daemon->http_client;
    my %taken;
    for my $n (1 .. 20000) {
        my $guest = $daemon->guest("$name-$n", http => $http);
        return (\%taken, $guest) if $guest->{code};
        $taken{"$name-$n"} = $guest->{uid};
    }
    die "nobody is ever refused\n";
}

# The store has no room: new guests are refused, nothing else.  Returns some
# that were taken.
sub store_is_full {
    my ($daemon, $like, $take_room, $make_room) = @_;
    my $player = $daemon->player('first');
    my %taken  = map { $_ => $daemon->guest($_)->{uid} } 'a' .. 'z';
    $take_room->();
    my ($late, $refused) = guests_until_refused($daemon, 'new');
    my @late = sort keys %$late;
    splice @late, 50;
    @taken{@late} = @$late{@late};
    is $refused->{status}, 503, 'no room for a new guest';
    is $refused->{code}, TIMEOUT, 'which is no fault of his';
    $daemon->log_like(qr/\[crit\].*$like.*"store"/, 'the log tells, and what to do');
    # one that fits into the pages there are may still get in
    my %codes;
    for (my $n = 1; ($codes{+TIMEOUT} // 0) < 5 && $n < 2000; $n++) {
        $codes{ $daemon->guest("more-$n")->{code} }++;
    }
    is $codes{+TIMEOUT}, 5, 'nor for others';
    delete @codes{ 0, TIMEOUT };
    is_deeply \%codes, {}, 'and nobody hears of anything else';
    is $daemon->guest('first')->{uid}, $player->{uid},
        'who was here before comes in';
    is $daemon->client->request('Manager.Login',
        $daemon->login_of($player->{guest}))->{acId}, $player->{uid},
        'and into the lobby';
    ok $player->kicked, 'which kicks as ever';
    my $lines = () = $daemon->log =~ /\[crit\]/g;
    my $again = () = $daemon->log =~ /\[notice\].*works again/g;
    ok $lines - $again <= 1, 'the log tells it once, until it works again';
    if ($make_room) {
        $make_room->();
        is $daemon->guest('later')->{code}, 0, 'with room all is well again';
        my $later = 0;
        wait_for {
            $daemon->guest('later-' . ++$later);
            $daemon->log =~ /\[notice\].*works again/;
        } 'a line in the log that says so, after a while';
    }
    my $http = $daemon->http_client;
    my %now  = map { $_ => $daemon->guest($_, http => $http)->{uid} }
        keys %taken;
    is_deeply \%now, \%taken, 'nobody was lost';
    return \%taken;
}

# Shared memory has no room: logins are refused, nothing else.
sub shared_memory_is_full {
    my ($daemon, $like, $make_room, $quiet, $pause) = @_;
    my @players = $daemon->players(2);
    my ($refused, $client, $guest);
    for my $n (1 .. 1000) {
        select undef, undef, undef, $pause if $pause;
        $guest   = $daemon->guest("late-$n");
        $client  = $daemon->client;
        $refused = $client->request('Manager.Login',
            $daemon->login_of($guest));
        last if $refused->{code};
    }
    is $refused->{code}, TIMEOUT, 'no room for a login';
    $daemon->log_like(qr/$like.*"shared_memory"/,
        'the log tells, and what to do');
    is $client->request_raw('Echo.Ping', 'x'), 'x',
        'who is refused stays connected';
    is $client->request('DeskManager.UnCompleteDesk')->{code}, 1005,
        'but is not in';
    is scalar(grep { defined
        $_->request('DeskManager.UnCompleteDesk')->{exist} } @players), 2,
        'who is in is served';
    is $daemon->guest('other')->{code}, 0, 'and so is HTTP';
    $make_room->();
    wait_for {
        my $in = $client->request('Manager.Login', $daemon->login_of($guest));
        ($in->{acId} // 0) == $guest->{uid};
    } 'a login';
    pass 'with room all is well again';
    $quiet->() if $quiet;
    return if $daemon->log !~ /\[crit\]/; # none failed that could work again
    my $later = 0;
    wait_for {
        $daemon->client->request('Manager.Login',
            $daemon->login_of($daemon->guest('later-' . ++$later)));
        $daemon->log =~ /\[notice\].*works again/;
    } 'a line in the log that says so, after a while';
    return;
}

SKIP: {
    skip 'a full disk: no right to mount a small one', 1 if !$mounts;

    my $daemon = sparrow('worker_processes 2;', start => 0,
        allow_log => [$no_room]);
    my $disk = small_disk($daemon, 'data', 1024);
    $daemon->start;
    my $taken = store_is_full($daemon, $no_room, sub { fill($disk) },
        sub { unlink "$disk/ballast" });
    $daemon->stop;
    $daemon->restart;
    my %now = map { $_ => $daemon->guest($_)->{uid} } keys %$taken;
    is_deeply \%now, $taken, 'nor after a restart';
    $daemon->stop;
    system('umount', '-l', $disk);

    $daemon = sparrow('worker_processes 2;', start => 0,
        allow_log => [$no_room]);
    $disk = small_disk($daemon, 'run/shared', 1024);
    $daemon->start;
    my $pid = standing_reader($disk); # what was freed is not free yet
    fill($disk);
    shared_memory_is_full($daemon, qr/\[crit\].*$no_room/,
        sub { unlink "$disk/ballast" },
        sub { end_reader($pid) });
    $daemon->stop;
    system('umount', '-l', $disk);
}

my $daemon = sparrow('worker_processes 2;', store => 'size 1m;',
    allow_log => [$full]);
my $taken = store_is_full($daemon, $full, sub { crowd($daemon) });
$daemon->log_like(qr/\[warn\].*\d\d% of "size" of "store" are in use/,
    'it was announced');
$daemon->stop;
$daemon->write_conf(sub { s/size 1m/size 2m/ });
$daemon->restart;
is $daemon->guest('after')->{code}, 0, 'a larger size after a restart helps';
$daemon->stop;

# It is full at a login, or the look of each second finds it over full first.
# The second is likely when logins take their time; the reader dies unseen
# then.
my $pid;
for my $pause (0, 0.03) {
    $daemon = sparrow('worker_processes 2;', shared_memory => 'size 1m;',
        allow_log => [$full]);
    $pid = standing_reader($daemon->prefix . '/run/shared');
    shared_memory_is_full($daemon,
        qr/\[crit\].*$full|\[error\].*logins refused: more than "size" of/,
        sub { end_reader($pid) }, undef, $pause);
    $daemon->stop;
}

# Who reads for ten thousand transactions is named.
$daemon = sparrow('worker_processes 2;', shared_memory => 'size 512m;');
$pid = standing_reader($daemon->prefix . '/run/shared');
my $client = $daemon->client;
my @logins = map { $client->encode($daemon->login_of($daemon->guest($_))) }
    qw(ann bob);
my $id = 0;
for (1 .. 54) { # a transaction each: the one goes out, the other comes in
    my @ids = map { ++$id } 1 .. 200;
    $client->send_raw(join '', map { packet(DATA, message(type => REQUEST,
        id => $_, route => 'Manager.Login', payload => $logins[ $_ % 2 ])) }
        @ids);
    $client->response($_) for @ids;
    @{ $client->{pushes} } = ();
}
$daemon->log_like(qr/process $pid has been reading ".*shared\/data\.mdb" for \d+/,
    'a standing reader is reported');
end_reader($pid);

done_testing;
