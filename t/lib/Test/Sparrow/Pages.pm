package Test::Sparrow::Pages;

# Damage in the files of the environments, while the daemon is down and while
# it runs: LMDB maps the files, so its processes see it.  Shared memory is set
# aside and the daemon serves with none; for the store it stops and names the
# file, or what it cannot do is answered by an error.  Never does it die again
# and again, hang, or fail without a name.
#
#   at_rest('shared', 'zero_page');     # files of a match, damaged, a start
#   in_play('store', 'flip');           # damaged under a match
#   each_kind('shared');                # both, for each kind, the same always
#   replay('store', 'FOLDER');          # files that a failed case has kept
#
# The program is the release: LMDB walks into memory that is not its own, which
# is what a sanitizer is there to report.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp ();
use Test::More ();
use Test::Sparrow;
use Time::HiRes qw(time);

our @EXPORT = qw(at_rest in_play each_kind replay);

$Test::Sparrow::program = 'objs/sparrow' if !defined $ENV{SPARROW};

use constant PAGE => 4096;
use constant {BRANCH => 1, LEAF => 2};
use constant {BIG => 1, SUB => 2}; # flags of a node

my %file = (shared => 'run/shared/data.mdb', store => 'data/data.mdb');

# --- the pages that are in use

# A page and all below it: its place, its flags, the table it is of.
sub tree {
    my ($bytes, $root, $table, $pages) = @_;
    return if $root == ~0;
    die "page $root\n" if length $bytes < ($root + 1) * PAGE;
    my $page = substr $bytes, $root * PAGE, PAGE;
    my ($flags, $lower) = unpack 'x10 v v', $page;
    push @$pages, { at => $root * PAGE, flags => $flags, table => $table };
    for my $at (unpack 'x16 v' . ($lower - 16) / 2, $page) {
        my ($low, $high, $bits, $len) = unpack "x$at v4", $page;
        my $data = $at + 8 + $len;
        if ($flags & BRANCH) {
            tree($bytes, $low | $high << 16 | $bits << 32, $table, $pages);
        } elsif ($bits & SUB) {
            my $name = substr $page, $at + 8, $len;
            my ($below) = unpack 'Q<', substr $page, $data + 40, 8;
            push @{ $pages->[0]{records} }, $root * PAGE + $data;
            tree($bytes, $below, $name, $pages);
        }
    }
    return;
}

# The newer meta page's place, and what it leads to.
sub meta {
    my ($bytes) = @_;
    my @txn = map { unpack 'Q<', substr $bytes, $_ * PAGE + 144, 8 } 0, 1;
    return $txn[1] > $txn[0] ? PAGE : 0;
}

# While the daemon writes, the file may be read half changed.
sub pages {
    my ($path) = @_;
    for my $try (1 .. 20) {
        my @pages = eval { pages_of(slurp($path)) };
        return @pages if @pages;
    }
    die "$path: $@";
}

sub pages_of {
    my ($bytes) = @_;
    my $meta  = meta($bytes);
    my @pages;
    my @roots = map { unpack 'Q<', substr $bytes, $meta + $_, 8 } 80, 128;
    tree($bytes, $roots[0], 'free', \@pages);
    tree($bytes, $roots[1], 'names', \@pages);
    return @pages;
}

# --- damage

sub put {
    my ($path, $at, $bytes) = @_;
    open my $fh, '+<:raw', $path or die "$path: $!\n";
    sysseek $fh, $at, 0;
    syswrite($fh, $bytes) == length $bytes or die "$path: $!\n";
    close $fh;
    return;
}

sub noise { return join '', map { chr int rand 256 } 1 .. $_[0] }

# A page of such a kind; with $table, the first one of that table.
sub a_page {
    my ($path, $flags, $table) = @_;
    my @pages = grep { $_->{flags} & $flags } pages($path);
    return $pages[ rand @pages ]{at} if !defined $table;
    my ($page) = grep { $_->{table} eq $table } @pages;
    return $page->{at};
}

sub xor_at {
    my ($path, $at, $bits) = @_;
    put($path, $at, chr($bits ^ ord substr slurp($path), $at, 1));
    return;
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

# One byte of each page of every table.
sub each_page {
    my ($path, $byte, $bits) = @_;
    my @pages = grep { $_->{table} !~ /^(?:names|free)$/ } pages($path);
    xor_at($path, $_->{at} + $byte, $bits) for @pages;
    return @pages . ' pages';
}

# A byte of what the newer meta page says.
sub in_meta {
    my ($path, $byte, $bits) = @_;
    xor_at($path, meta(slurp($path)) + $byte, $bits);
    return "byte $byte";
}

# Bytes of the record of each table.
sub each_record {
    my ($path, $bits, @bytes) = @_;
    my @records = map { @{ $_->{records} // [] } } pages($path);
    for my $record (@records) {
        xor_at($path, $record + $_, $bits) for @bytes;
    }
    return @records . ' tables';
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
    # with other flags: a leaf as long as its bounds, taken for a number, say
    overflow => sub { each_page($_[0], 10, 0x4c) },
    no_leaf  => sub { each_page($_[0], 10, 0x03) },
    dirty    => sub { each_page($_[0], 10, 0x10) },
    lower    => sub { each_page($_[0], 12, 0xf0) },
    upper    => sub { each_page($_[0], 15, 0x70) },
    # less than none is left: LMDB takes it for 64 KB, and writes there
    room => sub {
        my $bytes = slurp($_[0]);
        my @at = map { $_->{at} } grep { $_->{table} ne 'names' } pages($_[0]);
        put($_[0], $_ + 14, pack 'v', unpack('v', substr $bytes, $_ + 12, 2) - 4)
            for @at;
        return @at . ' pages';
    },
    pointer  => sub { each_page($_[0], 17, 0x35) },
    free     => sub {
        my ($at) = map { $_->{at} } grep { $_->{table} eq 'free' } pages($_[0]);
        put($_[0], $at + 16, noise(PAGE - 16));
        return 'page ' . $at / PAGE;
    },
    names => sub {
        my ($at) = map { $_->{at} } grep { $_->{table} eq 'names' } pages($_[0]);
        put($_[0], $at + 16, noise(PAGE - 16));
        return 'page ' . $at / PAGE;
    },
    # the tables' roots: another page, one too far, none
    roots_moved => sub { each_record($_[0], 0x07, 40) },
    roots_gone  => sub { each_record($_[0], 0x40, 44) },
    roots_none  => sub { each_record($_[0], 0xff, 40 .. 47) },
    depth       => sub { each_record($_[0], 0x41, 6) },
    counters    => sub { each_record($_[0], 0xff, 18) },
    last_page   => sub { in_meta($_[0], 137, 0x07) },
    last_page_low => sub { in_meta($_[0], 136, 0x10) },
    root        => sub { in_meta($_[0], 128, 0x03) },
    txnid       => sub { in_meta($_[0], 147, 0x40) },
    half  => sub { truncate $_[0], int((-s $_[0]) / 2 / PAGE) * PAGE; 'truncated' },
    metas => sub { put($_[0], 16, noise(2 * PAGE - 16)); 'both' },
    zeros => sub { put($_[0], 0, "\0" x -s $_[0]); 'all' },
    empty => sub { truncate $_[0], 0; 'empty' },
);

# Both environments as they are now; they stay when the case fails.
sub keep {
    my ($daemon) = @_;
    my $dir = File::Temp->newdir('pages_damaged.XXXXXX', TMPDIR => 1);
    for my $path (values %file) {
        make_path("$dir/" . dirname($path));
        copy($daemon->prefix . "/$path", "$dir/$path");
    }
    return $dir;
}

sub unlink_not {
    my ($dir) = @_;
    $dir->unlink_on_destroy(0);
    return "$dir";
}

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
        ($ping // 0) == 200 && (($login // 0) == 200
            || $daemon->log =~ m{\[(?:crit|alert|error)\].*\Q$file{store}\E});
    };
}

# What becomes of it: serves, three times in a row, or stops and says why.
sub is_well {
    my ($daemon, $what, $name, $kept) = @_;
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
    Test::More::ok $good, "$name: $end after " . deaths($daemon) . ' deaths'
        . ($log =~ /set aside as/ ? ', set aside' : '')
        or Test::More::diag $log, "\nthe damaged files: ", unlink_not($kept);
    return $end;
}

sub finish {
    my ($daemon, $end) = @_;
    $daemon->{expect_status} = $end eq 'stopped' ? 1 << 8 : 0;
    $daemon->stop;
    return;
}

# --- at rest

my $model;

sub model {
    return $model if $model;
    ($model) = filled();
    $model->stop;
    return $model;
}

# A start with the files of another daemon.
sub start_with {
    my ($from, $damage) = @_;
    my $daemon = daemon(start => 0);
    for my $path (values %file) {
        make_path(dirname($daemon->prefix . "/$path"));
        copy("$from/$path", $daemon->prefix . "/$path") or die "copy: $!\n";
    }
    $damage->($daemon->prefix);
    my $kept = keep($daemon);
    $daemon->{ready} = 0;
    $daemon->start;
    return ($daemon, $kept);
}

sub at_rest {
    my ($what, $how) = @_;
    my $told;
    my ($daemon, $kept) = start_with(model()->prefix,
        sub { $told = $damage{$how}->("$_[0]/$file{$what}") });
    finish($daemon, is_well($daemon, $what, "$what at rest, $how, $told", $kept));
    return;
}

sub replay {
    my ($what, $dir) = @_;
    my ($daemon, $kept) = start_with($dir, sub { });
    finish($daemon, is_well($daemon, $what, "$what of $dir", $kept));
    return;
}

sub in_play {
    my ($what, $how) = @_;
    my ($daemon, $table) = filled();
    my $path = $daemon->prefix . "/$file{$what}";
    my $told = $damage{$how}->($path);
    my $kept = keep($daemon);
    {
        local $Test::Sparrow::Stream::BOUND = 1;
        eval { $table->play(until => sub { 45 <= $table->heard(0, 'onMoPai') }) };
        eval { $daemon->guest("filler-$_") } for 1, 20, 40;
    }
    kill KILL => ($daemon->workers)[0] // ();
    push @{ $daemon->{allow_log} }, qr/exited on signal 9/;
    finish($daemon, is_well($daemon, $what, "$what in play, $how, $told", $kept));
    return;
}


sub each_kind {
    my ($what) = @_;
    srand 1;
    at_rest($what, $_)
        for qw(noise_page journal overflow no_leaf dirty lower upper room
        pointer free names roots_moved roots_gone roots_none depth counters
        last_page last_page_low root txnid half metas zeros empty);
    in_play($what, $_)
        for qw(numbers leaves overflow lower roots_gone last_page root half
        metas zeros);
    return;
}

1;
