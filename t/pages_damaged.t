#!/usr/bin/perl

# Bytes of the environments that are not what LMDB wrote, while the daemon is
# down, and while it runs: LMDB maps the files, so its processes see it.
# Shared memory is set aside and the daemon serves with none; for the store it
# stops and names the file, or what it cannot do is answered by an error.
# Never does it die again and again, hang, or fail without a name.
#
# $PAGES_CASES cases of each kind are drawn, from $PAGES_SEED; $PAGES_ONLY is a
# regex of the kinds to try ("shared in play, zeros").  The program is
# the release: LMDB walks into memory that is not its own, which is what a
# sanitizer is there to report.

use lib 't/lib';
use Test::Sparrow;
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use Time::HiRes qw(time);

use constant PAGE => 4096;
use constant {BRANCH => 1, LEAF => 2, META => 8};

$Test::Sparrow::program = 'objs/sparrow' if !defined $ENV{SPARROW};
my $cases = $ENV{PAGES_CASES} // 4;
my $only  = $ENV{PAGES_ONLY} // '';
my $seed  = $ENV{PAGES_SEED} // 1;
srand $seed;
diag "PAGES_SEED=$seed PAGES_CASES=$cases";

my %file = (shared => 'run/shared/data.mdb', store => 'data/data.mdb');

# --- damage

sub pages {
    my ($path) = @_;
    my $bytes = slurp($path);
    return map { { at => $_ * PAGE, flags => unpack 'x10v', substr $bytes, $_ * PAGE, 12 } }
        0 .. length($bytes) / PAGE - 1;
}

sub put {
    my ($path, $at, $bytes) = @_;
    open my $fh, '+<:raw', $path or die "$path: $!\n";
    sysseek $fh, $at, 0;
    syswrite($fh, $bytes) == length $bytes or die "$path: $!\n";
    close $fh;
    return;
}

sub noise { return join '', map { chr int rand 256 } 1 .. $_[0] }

# A page that is of such a kind, and not a meta page unless it is to be.
sub a_page {
    my ($path, $flags) = @_;
    my @pages = grep { $_->{flags} & $flags } pages($path);
    return $pages[ rand @pages ]{at};
}

sub flip {
    my ($path) = @_;
    my $at   = int rand -s $path;
    my $was  = ord substr slurp($path), $at, 1;
    my $bits = rand 2 < 1 ? 1 << rand 8 : 1 + int rand 255;
    put($path, $at, chr($was ^ $bits));
    return sprintf 'byte %d of %d, page offset %d, ^ %02x', $at, -s $path,
        $at % PAGE, $bits;
}

# Most of a file is free, or the middle of a value: here what LMDB goes by.
sub flip_head {
    my ($path) = @_;
    my $page = a_page($path, BRANCH | LEAF);
    my $at   = $page + int rand 64;
    my $was  = ord substr slurp($path), $at, 1;
    my $bits = 1 + int rand 255;
    put($path, $at, chr($was ^ $bits));
    return sprintf 'byte %d of page %d, ^ %02x', $at - $page, $page / PAGE, $bits;
}

my %damage = (
    flip      => \&flip,
    flip_head => \&flip_head,
    zero_page => sub {
        my $at = a_page($_[0], BRANCH | LEAF);
        put($_[0], $at, "\0" x PAGE);
        return 'page ' . $at / PAGE;
    },
    noise_page => sub {
        my $at = a_page($_[0], BRANCH | LEAF);
        put($_[0], $at, noise(PAGE));
        return 'page ' . $at / PAGE;
    },
    # the leaves of journals: keys of two numbers, a desk and a record
    journal => sub {
        my $bytes = slurp($_[0]);
        my @at = grep {
            my $node = unpack 'v', substr $bytes, $_ + 16, 2;
            unpack('v', substr $bytes, $_ + $node + 6, 2) == 16
        } map { $_->{at} } grep { $_->{flags} == LEAF } pages($_[0]);
        put($_[0], $_ + 16, noise(PAGE - 16)) for @at;
        return scalar(@at) . ' pages';
    },
    # each page has the number of one beyond all files
    numbers => sub {
        my @at = map { $_->{at} } grep { $_->{flags} & LEAF } pages($_[0]);
        put($_[0], $_ + 5, "\x76") for @at;
        return scalar(@at) . ' pages';
    },
    # all inner pages
    branches => sub {
        my @at = map { $_->{at} } grep { $_->{flags} & BRANCH } pages($_[0]);
        put($_[0], $_ + 16, noise(PAGE - 16)) for @at;
        return scalar(@at) . ' pages';
    },
    leaves => sub {
        my @at = map { $_->{at} } grep { $_->{flags} & LEAF } pages($_[0]);
        put($_[0], $_ + 12, noise(PAGE - 12)) for @at;
        return scalar(@at) . ' pages';
    },
    half  => sub { truncate $_[0], int((-s $_[0]) / 2 / PAGE) * PAGE; 'truncated' },
    metas => sub { put($_[0], 16, noise(2 * PAGE - 16)); 'both' },
    zeros => sub { put($_[0], 0, "\0" x -s $_[0]); 'all' },
    empty => sub { truncate $_[0], 0; 'empty' },
);

# --- the daemon

my @allowed = (
    qr/exited on signal (?:4|6|7|8|11)\b/, qr/exited with code (?:2|4)\b/,
    qr/died before it was ready/, qr/died in "\S+data\.mdb": death \d+ counts/,
    qr/the store does not start/,
    qr/\[crit\].*data\.mdb/, qr/not started: /,
    qr/processes die in (?:shared memory|the store)/,
    qr/\d of \d workers serve, giving up/, qr/shared memory got no clean mark/,
    qr/does not stop, killing it/,
);

sub daemon {
    my (%opt) = @_;
    return sparrow('worker_processes 2;', shared_memory => 'size 8m;',
        store => 'size 8m;', allow_log => \@allowed, %opt);
}

# A daemon with accounts and a desk at play.
sub filled {
    my $daemon = daemon();
    my $table  = $daemon->table(round => 4)->ready;
    $table->play(until => sub { 25 <= $table->heard(0, 'onMoPai') });
    $daemon->guest("filler-$_") for 1 .. 40;
    return ($daemon, $table);
}

sub deaths {
    my ($daemon) = @_;
    my @deaths = $daemon->log =~ /exited (?:on signal|with code [24])/g;
    return scalar @deaths;
}

# Does a new player get in, log in and have a desk?
sub is_serving {
    my ($daemon) = @_;
    local $Test::Sparrow::Stream::BOUND = 4;
    my $n = ++$daemon->{newcomer};
    return eval {
        my $player = $daemon->player("newcomer-$n");
        defined $player->{login}{acId}
            && defined $player->request('DeskManager.UnCompleteDesk')->{exist};
    };
}

# Does it answer, be it by an error, for which the file is named?
sub is_answering {
    my ($daemon) = @_;
    local $Test::Sparrow::Stream::BOUND = 4;
    return eval {
        my ($ping) = $daemon->http('GET', '/ping');
        my ($login) = $daemon->http('POST', '/v1/user/login/guest',
            { appId => 'test', channelId => 'test',
                imei => 'asks-' . ++$daemon->{asking} });
        $ping == 200 && ($login == 200
            || $daemon->log =~ m{\[(?:crit|alert|error)\].*\Q$file{store}\E});
    };
}

# What becomes of it: serves, three times in a row, or stops and says why.
sub is_well {
    my ($daemon, $what, $name) = @_;
    my $deadline = time + 45;
    my ($served, $end) = 0;
    until ($end) {
        my $serves = defined $daemon->exited ? 0
            : $what eq 'shared' ? is_serving($daemon) : is_answering($daemon);
        $served = $serves ? $served + 1 : 0;
        $end = defined $daemon->exited ? 'stopped'
            : $served == 3         ? 'serves'
            : time > $deadline     ? 'hangs'
            :                        undef;
        select undef, undef, undef, 0.1 if !$end;
    }
    my $log  = $daemon->log;
    my $good = $end eq 'serves'
        || ($end eq 'stopped' && $what eq 'store'
            && $daemon->exited == 1 << 8
            && $log =~ m{\[(?:emerg|crit)\].*\Q$file{store}\E});
    $good &&= deaths($daemon) <= 14;
    $good &&= scalar(() = $log =~ /set aside as/g) <= 1;
    # a start that fails tells who sits there
    $good &&= $daemon->output =~ m{not started: .*\Q$file{store}\E}
        if $end eq 'stopped' && $log !~ /ready in/;
    ok $good, "$name: $end after " . deaths($daemon) . ' deaths'
        or diag $log;
    return $end;
}

sub finish {
    my ($daemon, $end) = @_;
    $daemon->{expect_status} = $end eq 'stopped' ? 1 << 8 : 0;
    $daemon->stop;
    return;
}

# --- at rest

my ($model, $table) = filled();
$model->stop;

sub at_rest {
    my ($what, $how) = @_;
    return if "$what at rest, $how" !~ $only;
    my $daemon = daemon(start => 0);
    for my $dir ('run/shared', 'data') {
        make_path($daemon->prefix . "/$dir");
        copy($model->prefix . "/$dir/data.mdb", $daemon->prefix . "/$dir/data.mdb")
            or die "copy: $!\n";
    }
    my $path = $daemon->prefix . "/$file{$what}";
    my $told = $damage{$how}->($path);
    $daemon->{ready} = 0;
    $daemon->start;
    finish($daemon, is_well($daemon, $what, "$what at rest, $how, $told"));
    return;
}

sub in_play {
    my ($what, $how) = @_;
    return if "$what in play, $how" !~ $only;
    my ($daemon, $table) = filled();
    my $path = $daemon->prefix . "/$file{$what}";
    my $told = $damage{$how}->($path);
    {
        local $Test::Sparrow::Stream::BOUND = 1;
        eval { $table->play(until => sub { 45 <= $table->heard(0, 'onMoPai') }) };
        eval { $daemon->guest("filler-$_") } for 1, 20, 40;
    }
    kill KILL => ($daemon->workers)[0] // ();
    push @{ $daemon->{allow_log} }, qr/exited on signal 9/;
    finish($daemon, is_well($daemon, $what, "$what in play, $how, $told"));
    return;
}

my @whole = qw(zero_page noise_page numbers journal branches leaves half metas zeros empty);
for my $what (qw(shared store)) {
    at_rest($what, $_) for @whole, map { ('flip', 'flip_head') } 1 .. $cases;
    in_play($what, $_) for @whole, map { ('flip', 'flip_head') } 1 .. $cases / 2;
}

done_testing;
