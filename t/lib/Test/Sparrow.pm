package Test::Sparrow;

# The harness of the end-to-end tests: starts the daemon under a prefix and on
# ports of its own, speaks its protocols, and at the end checks what authors
# forget: a clean exit, nothing at alert, emerg or crit in the log, no
# sanitizer report, no process left.
#
#     use lib 't/lib';
#     use Test::Sparrow;
#
#     my $daemon = sparrow('worker_processes 2;');
#     my $client = $daemon->client;
#     is $client->request_raw('Echo.Ping', 'abc'), 'abc', 'echo';
#     done_testing;
#
# The program is $SPARROW, else objs/san/sparrow.  Every wait is for a
# condition and bounded by $SPARROW_TEST_TIMEOUT seconds; it fails at once when
# a master has ended that the test did not stop.  What a failed test leaves
# (conf, logs, data) stays in its folder and is named.

use strict;
use warnings;

use parent 'Exporter';

use File::Path qw(make_path remove_tree);
use File::Temp ();
use Test::More import => ['!done_testing'];
use Time::HiRes qw(time);

use Test::Sparrow::Client;
use Test::Sparrow::Codec ':all';
use Test::Sparrow::Conf qw(conf_text make_certificate);
use Test::Sparrow::HTTP;
use Test::Sparrow::Proc qw(adopt_orphans reap socket_owner spawn);
use Test::Sparrow::Table;

my @more = grep { $_ ne 'done_testing' } @Test::More::EXPORT;
our @EXPORT = (@more, qw(
    sparrow done_testing wait_for dies_with slurp spew library
    packet message HANDSHAKE ACK HEARTBEAT DATA KICK
    REQUEST NOTIFY RESPONSE PUSH
));

our $BOUND   = $Test::Sparrow::Stream::BOUND;
our $program = $ENV{SPARROW} // 'objs/san/sparrow';

my @daemons;
my $owner = $$;

sub import {
    strict->import;
    warnings->import;
    utf8->import if require utf8;
    __PACKAGE__->export_to_level(1, @_);
    return;
}

# Starts a daemon: lines for the main context, then by name what is added to
# the blocks events, shared_memory, store, game, server (the first game
# server, port {{game}}), servers (a list of more), http, http_server; tls and
# xxtea true (or a text) add those servers; conf is a whole file instead.
#
# start => 0 writes all and starts nothing; ready => 0 does not wait;
# files => { name => text } are put beside the conf; env goes to the daemon;
# wrap => [command] starts it through another program;
# allow_log => [qr//] excuses lines at alert and above.
sub sparrow {
    my $main = @_ % 2 ? shift : '';
    my $self = bless {
        ports => {}, env => {}, allow_log => [], mark => 0, @_ }, __PACKAGE__;
    $self->{prefix} //= File::Temp::tempdir('sparrow-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $self->{prefix};
    make_path(map { "$self->{prefix}/$_" } qw(conf logs run));
    make_certificate("$self->{prefix}/conf", 'cert') if $self->{tls};
    my $files = $self->{files} // {};
    spew("$self->{prefix}/conf/$_", $self->expand($files->{$_}))
        for keys %$files;
    $self->{template} = conf_text($main, %$self);
    $self->write_conf;
    push @daemons, $self;
    $self->start if $self->{start} // 1;
    return $self;
}

# Test::More's, after all daemons have been stopped and checked.
sub done_testing {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $_->stop for @daemons;
    return Test::More::done_testing(@_);
}

END {
    if ($$ == ($owner // 0)) {
        my $status = $?;
        $_->_end($status) for @daemons;
        $? = $status;
    }
}

# Polls until the code returns true, and returns that; dies at the bound, and
# when a daemon is lost.
sub wait_for(&$) {
    my ($code, $what) = @_;
    my $deadline = time + $BOUND;
    my $pause    = 0.002;
    while (1) {
        my $got = $code->();
        return $got if $got;
        $_->must_live($what) for @daemons;
        die "timed out waiting for $what\n", map { $_->last_words } @daemons
            if time > $deadline;
        select undef, undef, undef, $pause;
        $pause *= 1.5 if $pause < 0.05;
    }
}

# The code must die with a message like that.
sub dies_with(&$$) {
    my ($code, $like, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::fail($what) if eval { $code->(); 1 };
    return Test::More::like($@, $like, $what);
}

sub slurp {
    my ($path) = @_;
    open my $fh, '<:raw', $path or return '';
    local $/;
    return readline($fh) // '';
}

sub spew {
    my ($path, $text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    open my $fh, '>:raw', $path or die "$path: $!\n";
    print $fh $text;
    close $fh or die "$path: $!\n";
    return;
}

# --- life

sub start {
    my ($self) = @_;
    adopt_orphans();
    $self->{master} = spawn({
        output => "$self->{prefix}/output",
        env    => $self->_env,
        before => $self->{before},
    }, @{ $self->{wrap} // [] }, $program,
        '-p', "$self->{prefix}/", '-c', 'conf/sparrow.conf');
    $self->{session} = $self->{master};
    delete @$self{qw(status ends)};
    $self->ready if $self->{ready} // 1;
    return $self;
}

# A library may be loaded before those of the sanitizers.
sub _env {
    my ($self) = @_;
    my $asan = join ':', grep { defined } 'detect_stack_use_after_return=1',
        'verify_asan_link_order=0', $ENV{ASAN_OPTIONS};
    my $ubsan = join ':', grep { defined }
        'halt_on_error=1:print_stacktrace=1', $ENV{UBSAN_OPTIONS};
    return { ASAN_OPTIONS => $asan, UBSAN_OPTIONS => $ubsan,
        %{ $self->{env} } };
}

# Waits until each listener is served: a game client shakes hands, an HTTP
# request is answered.
sub ready {
    my ($self) = @_;
    for my $name (sort keys %{ $self->{ports} }) {
        my %listens = map { $_ => 1 } slurp($self->conf) =~ /listen\s+\S*:(\d+)/g;
        next if !$listens{ $self->port($name) };
        wait_for { eval { $self->_knock($name); 1 } }
            "a ready daemon on port $name";
    }
    return $self;
}

sub _knock {
    my ($self, $name) = @_;
    local $Test::Sparrow::Stream::BOUND = 5;
    return Test::Sparrow::Stream->new(port => $self->port($name))
        if $name !~ /^(?:game|xxtea|tls|http)$/;
    return $self->client(server => $name) if $name ne 'http';
    my ($status) = $self->http('GET', '/ping') or die "no answer\n";
    return $status;
}

# The master's wait status when it has ended, else nothing.  Who asks expects
# an end: no wait fails because of it.
sub exited {
    my ($self) = @_;
    $self->{ends} = 1;
    return $self->_status;
}

sub _status {
    my ($self) = @_;
    $self->{status} //= reap($self->{master}) if $self->{master};
    return $self->{status};
}

# Dies when the master has ended and the test has not asked for that.
sub must_live {
    my ($self, $what) = @_;
    return if $self->{ends} || !defined(my $status = $self->_status);
    my $how = $status & 127 ? 'on signal ' . ($status & 127)
        : 'with code ' . ($status >> 8);
    die "the master exited $how while waiting for $what\n", $self->last_words;
}

# What a daemon that runs, or is lost, has printed and logged last.
sub last_words {
    my ($self) = @_;
    return '' if !$self->{master} || $self->{checked};
    return join "\n    ", "$self->{prefix}:", $self->_last_lines(10), "\n";
}

sub _last_lines {
    my ($self, $n) = @_;
    return map {
        my @lines = split /\n/;
        splice @lines, 0, -$n if @lines > $n;
        @lines;
    } $self->output, $self->log;
}

# Waits for the master's end and returns its wait status.
sub wait_exit {
    my ($self) = @_;
    wait_for { defined $self->exited } 'the end of the master';
    return $self->{status};
}

# Stops the daemon (TERM unless told), and tests how it ended.
sub stop {
    my ($self, $signal) = @_;
    return if !$self->{master} || $self->{checked};
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $alive = !defined $self->exited;    # from here on it may end
    $self->signal($signal // 'TERM') if $alive;
    my $ended = eval { defined $self->wait_exit };
    my $good  = Test::More::is($ended ? $self->{status} : 'none',
        $self->{expect_status} // 0, 'the daemon exits clean');
    my @left = map { "$_->{pid} $_->{title} ($_->{state})" } $self->processes;
    $good &= Test::More::is("@left", '', 'no process is left') if $ended;
    $good &= $self->check_logs;
    $self->{checked} = 1;
    $self->{keep}    = 1 if !$good;
    return $good;
}

# Instead of stop() when the process that was started is gone before the
# others, as after kill -9 of the master: they must follow it.
sub orphans_gone {
    my ($self) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $self->wait_exit;
    my $gone = eval { wait_for { !$self->processes } 'the end of all'; 1 };
    $self->{checked} = 1;
    return Test::More::ok($gone, 'the others follow')
        && $self->check_logs;
}

# Kills all before any of them can put things in order: the master is stopped,
# not dead, until nobody is left who would notice its death and end clean.
sub crash {
    my ($self) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $self->signal('STOP');
    kill KILL => grep { $_ != $self->{master} }
        map { $_->{pid} } $self->processes;
    $self->signal('KILL');
    return $self->orphans_gone;
}

# Starts the daemon again under the same prefix after it was stopped.
sub restart {
    my ($self) = @_;
    delete @$self{qw(checked master status)};
    return $self->start;
}

sub check_logs {
    my ($self) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @bad = grep { /\[(?:emerg|alert|crit)\]/ } split /\n/, $self->log;
    for my $allowed (@{ $self->{allow_log} }) {
        @bad = grep { $_ !~ $allowed } @bad;
    }
    my $good = Test::More::is(join("\n", @bad), '',
        'nothing at alert in the log');
    my ($report) = ($self->output . $self->log) =~ /^(.*(?:
        ERROR:\ \w+Sanitizer | SUMMARY:\ \w+Sanitizer | runtime\ error:
        ).*(?:\n.*){0,30})/mx;
    return Test::More::is($report // '', '', 'no sanitizer report') && $good;
}

# Ends what is still there and removes the folder, unless something failed or
# the test died.
sub _end {
    my ($self, $status) = @_;
    for (1 .. 100) {
        my @left = $self->{session} ? $self->processes : ();
        kill KILL => map { $_->{pid} } @left;
        reap($_->{pid}) for @left;
        reap($self->{master}) if $self->{master};
        last if !@left;
        select undef, undef, undef, 0.02;
    }
    my $failed = $status || !Test::More->builder->is_passing
        || $self->{keep};
    if (!$failed && !$ENV{SPARROW_TEST_KEEP}) {
        remove_tree($self->{prefix});
        return;
    }
    Test::More::diag(join "\n", "kept: $self->{prefix}",
        $self->_last_lines(40)) if $failed;
    return;
}

# --- conf, files, command line

sub port   { return $_[0]{ports}{ $_[1] }{port} // die "no port $_[1]\n" }
sub prefix { return $_[0]{prefix} }
sub conf   { return "$_[0]{prefix}/conf/sparrow.conf" }
sub log    { return slurp("$_[0]{prefix}/logs/error.log") }
sub output { return slurp("$_[0]{prefix}/output") }

sub expand {
    my ($self, $text) = @_;
    return Test::Sparrow::Conf::expand($text, $self->{prefix},
        $self->{ports});
}

# Writes the conf again, changed by the code that gets its text in $_.
sub write_conf {
    my ($self, $change) = @_;
    local $_ = $self->{template};
    $change->() if $change;
    $self->{template} = $_;
    return spew($self->conf, $self->expand($_));
}

# Runs the program with our prefix and conf: (exit status, what it printed).
sub command {
    my ($self, @args) = @_;
    $self->{ends} = 1 if "@args" =~ /^-s (?:stop|quit)$/;
    return $self->run('-p', "$self->{prefix}/", '-c', 'conf/sparrow.conf',
        @args);
}

# The exit status alone.
sub exit_of { return (&command)[0] }

sub run {
    my ($self, @args) = @_;
    my $output = "$self->{prefix}/command";
    unlink $output;
    my $pid = spawn({ output => $output, env => $self->_env },
        $program, @args);
    my $status;
    my $done = eval {
        wait_for { defined($status = reap($pid)) } "the end of '@args'";
    };
    kill KILL => $pid if !$done;
    die $@ if !$done;
    return ($status & 127 ? "signal $status" : $status >> 8, slurp($output));
}

# Asks the daemon to reload and returns (exit status, output) of the verdict.
sub reload { return $_[0]->command('-s', 'reload') }

# --- processes

sub signal {
    my ($self, $signal, $pid) = @_;
    $self->{ends} = 1 if !defined $pid && $signal =~ /^(?:KILL|TERM|INT|QUIT)$/;
    return kill $signal => $pid // $self->{master};
}

sub processes {
    my ($self) = @_;
    return Test::Sparrow::Proc::processes($self->{session});
}

# The pids of a role, those that are shutting down left out.
sub pids {
    my ($self, $role) = @_;
    return map { $_->{pid} }
        grep { $_->{role} eq $role && !$_->{leaving} } $self->processes;
}

sub workers   { return $_[0]->pids('worker') }
sub store_pid { return ($_[0]->pids('store'))[0] }

# Kills a process of the daemon and waits until it is gone.
sub kill_worker {
    my ($self, $pid, $signal) = @_;
    $pid //= ($self->workers)[0];
    kill $signal // 'KILL', $pid;
    wait_for { !grep { $_->{pid} == $pid } $self->processes }
        "the end of process $pid";
    return $pid;
}

# Lets processes stand still.  Their master does, too: its watchdog would end
# them after ten seconds, which a busy machine may need for what is tested.
# unhalt() without a pid is for the master alone.
sub halt   { my ($self, @pids) = @_; return kill STOP => $self->{master}, @pids }
sub unhalt { my ($self, @pids) = @_; return kill CONT => @pids, $self->{master} }

# Has a process ended?  An orphan is ours to bury.
sub is_gone {
    my ($self, $pid) = @_;
    return defined reap($pid) || !kill 0 => $pid;
}

# The pid of the worker that has a client's connection.
sub pid_of {
    my ($self, $client) = @_;
    my @pids = map { $_->{pid} } $self->processes;
    return wait_for {
        socket_owner($client->{port}, $client->local_port, @pids)
    } 'the owner of a connection';
}

sub memory_kb { return Test::Sparrow::Proc::memory_kb(@_[1, 2]) }

# --- the log

# From here on log_like and wait_log see only what is new.
sub log_mark {
    my ($self) = @_;
    return $self->{mark} = length $self->log;
}

sub new_log { return substr $_[0]->log, $_[0]{mark} }

sub log_like {
    my ($self, $like, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $found = eval { $self->wait_log($like) };
    return Test::More::ok(1, $what // "the log has $like") if $found;
    return Test::More::like($self->new_log, $like, $what // 'the log');
}

sub log_unlike {
    my ($self, $like, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::unlike($self->new_log, $like, $what // 'the log');
}

# Waits for a line, returns it.
sub wait_log {
    my ($self, $like) = @_;
    return wait_for {
        my ($line) = grep { /$like/ } split /\n/, $self->new_log;
        $line;
    } "a log line like $like";
}

# --- clients

# A client that has shaken hands.  server => name of the port, worker => slot
# where it shall be, else as Test::Sparrow::Client.
sub client {
    my ($self, %opt) = @_;
    my $server = delete $opt{server} // ($opt{tls} ? 'tls' : 'game');
    my $slot   = delete $opt{worker};
    $opt{tls} //= 1 if $server eq 'tls';
    $opt{key} //= $Test::Sparrow::Conf::XXTEA_KEY if $server eq 'xxtea';
    my $new = sub { Test::Sparrow::Client->new(
        port => $self->port($server), daemon => $self, %opt) };
    return $new->() if !defined $slot;
    return wait_for {
        my $client = $new->();
        return $client if $client->worker == $slot;
        $client->close;
        return;
    } "a client on the worker of slot $slot";
}

# One client on each of the workers, in the order of their slots.
sub client_on_each {
    my ($self, $count, %opt) = @_;
    my %on;
    wait_for {
        my $client = $self->client(%opt);
        if ($on{ $client->worker }) {
            $client->close;
        } else {
            $on{ $client->worker } = $client;
        }
        keys %on == $count;
    } "clients on each of $count workers";
    return map { $on{$_} } sort { $a <=> $b } keys %on;
}

# A connection to a port that has said nothing yet.
sub raw {
    my ($self, %opt) = @_;
    return $self->client(handshake => 0, %opt);
}

# An HTTP connection that stays.
sub http_client {
    my ($self, %opt) = @_;
    my $port = $self->port(delete $opt{server} // 'http');
    return Test::Sparrow::HTTP->new(port => $port, daemon => $self, %opt);
}

# One request on a connection of its own: (status, headers, body).
sub http {
    my ($self, @request) = @_;
    return $self->http_client->request(@request);
}

# Logs a guest in over HTTP, on a connection of its own or on http => one that
# is open; the answer's body, and its status.
sub guest {
    my ($self, $imei, %opt) = @_;
    my $http = delete $opt{http} // $self->http_client;
    my ($status, undef, $body) = $http->request('POST',
        '/v1/user/login/guest', {
        appId => 'test', channelId => 'test', imei => $imei,
        device => { imei => $imei, os => 'linux', model => 'test',
            ip => '127.0.0.1', remote => '' },
        %opt,
    });
    return ref $body eq 'HASH' ? { status => $status, %$body } : $body;
}

# The payload of Manager.Login that belongs to a guest's answer.
sub login_of {
    my ($self, $guest) = @_;
    return { map { $_ => $guest->{$_} }
            qw(name uid headUrl sex fangka token) };
}

# One guest, logged in and in the lobby.
sub player {
    my ($self, $imei, %opt) = @_;
    my $guest  = $self->guest($imei);
    my $client = $self->client(%opt);
    $client->{uid}   = $guest->{uid};
    $client->{guest} = $guest;
    $client->{login} =
        $client->request('Manager.Login', $self->login_of($guest));
    return $client;
}

# n of them, each a guest of its own.
sub players {
    my ($self, $n, %opt) = @_;
    return map { $self->player('player-' . ++$self->{player}, %opt) } 1 .. $n;
}

# Builds t/lib/NAME.c, once; the path of what is built.
my %built;

sub _build {
    my ($name, @how) = @_;
    $built{$name} //= do {
        my $dir = File::Temp->newdir;
        chmod 0755, $dir;
        system($ENV{CC} // 'cc', qw(-std=gnu11 -D_GNU_SOURCE), '-o',
            "$dir/$name", "t/lib/$name.c", @how) == 0
            or die "cannot build t/lib/$name.c\n";
        $dir;
    };
    return "$built{$name}/$name";
}

# Runs t/lib/NAME.c, which looks into the environments beside the daemon, with
# the arguments: what it printed, or nothing if it failed.
sub tool {
    my ($self, $name, @args) = @_;
    my $objs = $ENV{OBJS} // 'objs';
    my $path = _build($name, '-fsanitize=address,undefined', '-I', 'src',
        '-I', $objs, "$objs/san/libsparrow.a",
        qw(-lmsgpackc -llmdb -ljansson -lpcre2-8 -lssl -lcrypto));
    open my $out, '-|', $path, @args or return;
    local $/;
    my $text = readline $out;
    return close $out ? $text : undef;
}

# The path of t/lib/NAME.c as a library, for LD_PRELOAD in env.
sub library { return _build($_[0], qw(-shared -fPIC)) }

# What the journals say became of the desks: a list of hashes, of the desks and
# of what is left over.
sub journals {
    my ($self) = @_;
    my $text = $self->tool('journal', map { "$self->{prefix}/$_" }
            qw(run/shared data)) // die "the journals cannot be read\n";
    my @found;
    for (split /\n/, $text) {
        my ($kind, @words) = split / /;
        push @found, $kind eq 'desk' ? { kind => $kind, records => @words }
            : $kind eq 'user' ? { kind => $kind, uid => $words[0],
                cards => $words[1] }
            : $kind eq 'left' ? { kind => $kind, @words }
            : { kind => $kind, text => "@words" };
    }
    return @found;
}

# The same when nothing is left of sessions and desks.
sub journals_at_rest {
    my ($self) = @_;
    my @found;
    wait_for {
        @found = $self->journals;
        my ($left) = grep { $_->{kind} eq 'left' } @found;
        !grep { $left->{$_} } qw(sessions seats desks journal open);
    } 'nothing to be left';
    return @found;
}

# A desk with its players: see Test::Sparrow::Table.
sub table { return Test::Sparrow::Table->new(@_) }

1;
