#!/usr/bin/perl

# The load tool against a bare loop and against servers that do wrong: what
# one gets wrong the tool must say, by its kind, and exit non-zero.

use strict;
use warnings;
use lib 't/lib';

use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Test::Sparrow::Codec ':all';

my $bench = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';

# Runs the tool: (exit status, its JSON or its text, what it said beside).
sub bench {
    my (@args) = @_;
    pipe my $out, my $in or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>&', $in or die "stdout: $!\n";
        open STDERR, '>&', $in or die "stderr: $!\n" if $args[0] eq '2>&1';
        shift @args if $args[0] eq '2>&1';
        exec $bench, @args or exit 126;
    }
    close $in;
    local $/;
    my $text = readline $out;
    waitpid $pid, 0;
    my $json = eval { decode_json($text) };
    return ($? & 127 ? "signal $?" : $? >> 8, $json // $text);
}

# A server on loopback whose behaviour is a function from each packet
# (type, body, number of answers before) to the bytes to send; no bytes:
# nothing, undef: close.
sub serve(&) {
    my ($answer) = @_;
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', Listen => 64) or die "listen: $!\n";
    my $pid = fork // die "fork: $!\n";
    return { pid => $pid, target => '127.0.0.1:' . $listener->sockport }
        if $pid;
    $SIG{ALRM} = 'DEFAULT';
    alarm 60;
    my $select = IO::Select->new($listener);
    my (%in, %count);
    while (1) {
        for my $sock ($select->can_read) {
            if ($sock == $listener) {
                my $new = $listener->accept or next;
                $in{$new}    = '';
                $count{$new} = 0;
                $select->add($new);
                next;
            }
            my $open = sysread $sock, $in{$sock}, 65536, length $in{$sock};
            while ($open && (my @got = $answer->(\$in{$sock}, $count{$sock}))) {
                my ($bytes, $counts) = @got;
                $open = 0 if !defined $bytes;
                syswrite $sock, $bytes if $open && length $bytes;
                $count{$sock} += $counts // 0;
            }
            next if $open;
            $select->remove($sock);
            delete $in{$sock};
            close $sock;
        }
    }
}

sub stop {
    my ($server) = @_;
    kill KILL => $server->{pid};
    waitpid $server->{pid}, 0;
    return;
}

# The first packet of $$in, taken off: (type, body), or nothing.
sub take {
    my ($in) = @_;
    return if length $$in < 4;
    my $len = unpack 'N', "\0" . substr $$in, 1, 3;
    return if length $$in < 4 + $len;
    my @got = (ord $$in, substr $$in, 4, $len);
    substr $$in, 0, 4 + $len, '';
    return @got;
}

# A game server; `wrong` gets each answer's number, id and payload, and says
# what is sent instead.
sub game(&) {
    my ($wrong) = @_;
    return serve {
        my ($in, $n) = @_;
        my ($type, $body) = take($in) or return;
        return (packet(HANDSHAKE, '{"code":200,"sys":{"heartbeat":30}}'))
            if $type == HANDSHAKE;
        return ('') if $type != DATA;
        my ($a, $b) = unpack 'x C C', $body;
        my $payload = substr $body, 4 + ord substr $body, 3, 1;
        return ($wrong->($n, ($a & 127) | $b << 7, $payload), 1);
    };
}

sub reply {
    return packet(DATA, message(
    type => RESPONSE, id => $_[0], payload => $_[1]));
}

subtest 'a bare loop' => sub {
    my ($status, $r) = bench(qw(echo --baseline --rounds 2 -q --json
        -c 20 -k 4 -n 4000));
    is $status, 0, 'all is right';
    is $r->{rounds}[$_]{bare}{answers}, 4000, 'each round has its answers'
        for 0, 1;
    my $one = $r->{rounds}[0]{bare};
    is $one->{errors}{total}, 0, 'no errors';
    ok $one->{latency_us}{p50} > 0
        && $one->{latency_us}{p50} <= $one->{latency_us}{p99}
        && $one->{latency_us}{p99} <= $one->{latency_us}{max},
        'percentiles rise';
    ok $one->{server}{cpu_us} > 0, 'the server used its processor';
    ok $r->{ok}, 'and the report says so';
};

subtest 'a bare loop that breaks a byte' => sub {
    my ($status, $r) = bench(qw(echo --baseline --rounds 1 -q --json
        -c 2 -n 1000 --corrupt 100));
    is $status, 1, 'the exit status tells';
    ok $r->{rounds}[0]{bare}{errors}{'wrong bytes'} > 0, 'the kind is named';
    ok !$r->{ok}, 'and the report says so';
};

subtest 'a server that is right' => sub {
    my $server = game { reply(@_[1, 2]) };
    my ($status, $r) = bench(qw(echo -q --json -c 5 -k 8 -n 2000 -p),
        $server->{pid}, $server->{target});
    is $status, 0, 'all is right';
    is $r->{result}{answers}, 2000, 'all answers came';
    is $r->{result}{errors}{total}, 0, 'no errors';
    ($status, $r) = bench(qw(echo -q --json -c 5 -k 3 -n 1000
        --reconnect-after 20), $server->{target});
    is $status, 0, 'also with connections made anew';
    cmp_ok $r->{result}{reconnects}, '>=', 40, 'which they were';
    ($status, $r) = bench(qw(echo -q --json -c 2 -n 50 -s 0), $server->{target});
    is $status, 0, 'also without payload';
    ($status, $r) = bench(qw(echo -q --json --baseline --rounds 1 -c 2 -n 200
        -p), $server->{pid}, $server->{target});
    is $status, 0, 'also beside a bare loop';
    ok $r->{ratio}{server_cpu} > 0 && $r->{ratio}{throughput} > 0, 'a ratio';
    stop($server);
};

subtest 'heartbeats between answers, in pieces' => sub {
    my $server = game {
        my ($n, $id, $payload) = @_;
        packet(HEARTBEAT, '') . reply($id, $payload)
            . ($n % 3 ? '' : packet(HEARTBEAT, '') x 2);
    };
    my ($status, $r) = bench(qw(echo -q --json -c 5 -k 4 -n 1000),
        $server->{target});
    is $status, 0, 'are no errors';
    is $r->{result}{answers}, 1000, 'all answers came';
    stop($server);
};

my @late;
my @wrongs = (
    ['a wrong byte', 'wrong bytes', sub {
        my ($n, $id, $payload) = @_;
        substr($payload, 40, 1) ^= "\1" if $n == 50;
        reply($id, $payload);
    }],
    ['a wrong id', 'wrong id', sub {
        reply($_[1] + ($_[0] == 50), $_[2]);
    }],
    ['a shorter answer', 'wrong packet', sub {
        reply($_[1], $_[0] == 50 ? substr $_[2], 1 : $_[2]);
    }],
    ['an answer twice', qr/^(?:wrong id|answer to nothing)$/, sub {
        reply(@_[1, 2]) x ($_[0] == 50 ? 2 : 1);
    }],
    ['an answer less', qr/^(?:wrong id|timeout)$/, sub {
        $_[0] == 50 ? '' : reply(@_[1, 2]);
    }],
    ['answers out of order', 'wrong id', sub {
        push @late, reply(@_[1, 2]);
        return '' if $_[0] % 2 == 0;
        return join '', reverse splice @late if $_[0] == 51;
        return join '', splice @late;
    }],
    ['a push', 'wrong packet', sub {
        ($_[0] == 50 ? packet(DATA,
            message(type => PUSH, route => 'x', payload => '{}')) : '')
            . reply(@_[1, 2]);
    }],
    ['a kick', 'kicked', sub {
        $_[0] == 50 ? packet(KICK, '') : reply(@_[1, 2]);
    }],
    # a reset, if a request that it has not read lies there when it closes
    ['an early end',
        qr/^(?:closed by the server|receive: Connection reset by peer)$/, sub {
        $_[0] == 50 ? undef : reply(@_[1, 2]);
    }],
);
for (@wrongs) {
    my ($what, $kind, $wrong) = @$_;
    subtest "a server with $what" => sub {
        my $server = game { $wrong->(@_) };
        my ($status, $r) = bench(qw(echo -q --json -c 1 -k 2 -n 120
            --timeout 500ms), $server->{target});
        is $status, 1, 'the exit status tells';
        my @kinds = grep { $_ =~ (ref $kind ? $kind : qr/^\Q$kind\E$/) }
            keys %{ $r->{result}{errors} };
        ok @kinds, 'the kind is named'
            or diag encode_json($r->{result}{errors});
        stop($server);
    };
}

subtest 'a server that refuses or is not there' => sub {
    my $server = serve {
        my ($in) = @_;
        return if !length $$in;
        $$in = '';
        return (packet(HANDSHAKE, '{"code":501}'));
    };
    my ($status, $text) = bench('2>&1', qw(echo -q -c 1 -n 1 --timeout 300ms),
        $server->{target});
    is $status, 1, 'a refused handshake';
    like $text, qr/handshake: refused/, 'is named';
    stop($server);
    ($status, $text) = bench('2>&1', qw(echo -q -c 1 -n 1 --timeout 300ms),
        $server->{target});
    is $status, 1, 'nobody listens';
    like $text, qr/refused/, 'is named';
};

subtest 'rounds in the rules engine' => sub {
    my ($status, $text) = bench(qw(rounds -d 10ms --seed 2));
    is $status, 0, 'all is right';
    like $text, qr/^rounds of four bots: \d+ a minute .* \d+\.\d us each$/m,
        'how many';
    ($status, $text) = bench('2>&1', qw(rounds 10));
    is $status, 2, 'an operand is none of it';
    like $text, qr/rounds takes no operand/, 'which is said';
};

subtest 'the sockets alone' => sub {
    my ($status, $text) = bench(qw(sockets -d 100ms --desks 3 --workers 2));
    is $status, 0, 'all is right';
    my ($rate) = $text =~ /^sockets: (\d+) actions\/s, each a read and 3 writes/;
    ok $rate, 'desks play';
    like $text, qr/server: \d+\.\d\d ms CPU \(user \d+\.\d\d\) for the \d+ /,
        'what it takes';
    ($status, $text) = bench('2>&1', qw(sockets --workers 17));
    is $status, 2, 'too many';
    is system("ulimit -Sn 64; exec $bench sockets -d 10ms --desks 50 "
            . '>/dev/null'), 0, 'and takes the open files it may have';
};

subtest 'idle connections' => sub {
    my $server = serve {
        my ($in) = @_;
        my ($type) = take($in) or return;
        return (packet(HANDSHAKE, '{"code":200}')) if $type == HANDSHAKE;
        return (packet(HEARTBEAT, '')) if $type == ACK;
        return ('');
    };
    my ($status, $r) = bench(qw(idle -q --json -c 25 --step 10 --settle 10ms
        -d 50ms -p), $server->{pid}, $server->{target});
    is $status, 0, 'all is right';
    is_deeply [map { $_->{connections} } @{ $r->{steps} }], [0, 10, 20, 25],
        'the steps';
    is $r->{heartbeats}, 25, 'heartbeats are taken';
    ok exists $r->{bytes_per_connection}, 'memory each';
    stop($server);
};

# A server that answers each heartbeat, as pomelo's does: one in a second.
subtest 'heartbeats are answered an interval later' => sub {
    my $server = serve {
        my ($in) = @_;
        my ($type) = take($in) or return;
        return (packet(HANDSHAKE, '{"code":200,"sys":{"heartbeat":1}}'))
            if $type == HANDSHAKE;
        return (packet(HEARTBEAT, ''));
    };
    my ($status, $r) = bench(qw(idle -q --json -c 5 --settle 10ms -d 2500ms),
        $server->{target});
    is $status, 0, 'all is right';
    cmp_ok $r->{heartbeats}, '>=', 10, 'two of each at the least';
    cmp_ok $r->{heartbeats}, '<=', 15, 'and three at the most';
    stop($server);
};

# An HTTP server; `uid` says which uid the n-th request for an imei gets.
sub http(&;%) {
    my ($uid, %opt) = @_;
    my %known;
    return serve {
        my ($in, $n) = @_;
        return if $$in !~ /\r\n\r\n/ || $$in !~ /Content-Length: (\d+)/;
        my ($head, $body) = split /\r\n\r\n/, $$in, 2;
        return if length $body < $1;
        $$in = '';
        my $imei = decode_json($body)->{imei};
        my $json = encode_json({ code => 0, token => 't{"uid":"',
            clubList => [{ uid => 9, code => 8 }], ip => '127.0.0.1',
            port => $opt{port} // 0, uid => $uid->($imei, \%known, $n) });
        my $status = $opt{status} // 200;
        return ("HTTP/1.1 $status X\r\nContent-Length: " . length($json)
            . "\r\n\r\n$json", 1);
    };
}

subtest 'guest logins' => sub {
    my $server = http { $_[1]{ $_[0] } //= 1 + keys %{ $_[1] } };
    my ($status, $r) = bench(qw(login -q --json -c 4 -n 100),
        $server->{target});
    is $status, 0, 'new guests';
    is $r->{result}{answers}, 100, 'all answers came';
    ($status, $r) = bench(qw(login -q --json -c 4 -n 100 --returning
        --users 10), $server->{target});
    is $status, 0, 'returning guests';
    stop($server);

    $server = http { 7 };
    ($status, $r) = bench(qw(login -q --json -c 1 -n 10), $server->{target});
    is $status, 1, 'one uid for all is wrong';
    is $r->{result}{errors}{'uid given twice'}, 9, 'and named';
    stop($server);

    my $next = 0;
    $server = http { ++$next };
    ($status, $r) = bench(qw(login -q --json -c 1 -n 10 --returning
        --users 5), $server->{target});
    is $status, 1, 'another uid than before is wrong';
    is $r->{result}{errors}{'login: another uid'}, 10, 'and named';
    stop($server);

    $server = http { 1 } status => 429;
    ($status, $r) = bench(qw(login -q --json -c 1 -n 2), $server->{target});
    is $status, 1, 'a status other than 200 is wrong';
    is $r->{result}{errors}{'status 429'}, 2, 'and named';
    stop($server);
};

# A game server with a lobby; `acid` says which acId a uid gets.
sub lobby(&;$) {
    my ($acid, $key) = @_;
    my $seal = sub { defined $key ? seal($_[0], $key) : $_[0] };
    return serve {
        my ($in) = @_;
        my ($type, $body) = take($in) or return;
        return (packet(HANDSHAKE, '{"code":200}')) if $type == HANDSHAKE;
        return ('') if $type != DATA;
        my ($id, $len) = unpack 'x C C', $body;
        my ($route, $load) = (substr($body, 3, $len), substr $body, 3 + $len);
        $load = unseal($load, $key) if defined $key;
        return (reply($id, $seal->('{"exist":false,"tableInfo":{}}')))
            if $route eq 'DeskManager.UnCompleteDesk';
        $load = decode_json($load);
        return (undef) if $route ne 'Manager.Login'
            || $load->{token} ne 't{"uid":"';
        my $answer = encode_json({ acId => $acid->($load->{uid}) });
        return (reply($id, $seal->($answer)) . packet(DATA, message(
            type => PUSH, route => 'onCoinChange', payload => $seal->('{}'))));
    };
}

subtest 'the whole way into the lobby' => sub {
    for my $key (undef, '7AEC4MA152BQE9HWQ7KB') {
        my $lobby = lobby { $_[0] } $key;
        my ($port) = $lobby->{target} =~ /(\d+)$/;
        my $server = http { $_[1]{ $_[0] } //= 1 + keys %{ $_[1] } }
            port => $port;
        my ($status, $r) = bench(qw(login --full -q --json -c 4 -n 100),
            (defined $key ? ('--xxtea', $key) : ()), $server->{target});
        is $status, 0, 'all is right ' . (defined $key ? 'sealed' : 'plain');
        is $r->{result}{answers}, 100, 'all came through';
        stop($_) for $server, $lobby;
    }
    my $lobby  = lobby { $_[0] == 5 ? 6 : $_[0] };
    my $server = http { $_[1]{ $_[0] } //= 1 + keys %{ $_[1] } };
    my ($status, $r) = bench(qw(login --full -q --json -c 1 -n 10 --game),
        $lobby->{target}, $server->{target});
    is $status, 1, 'another acId is wrong';
    is $r->{result}{errors}{'game: wrong acId'}, 1, 'and named';
    is $r->{result}{answers}, 9, 'the others came through';
    stop($_) for $server, $lobby;
};

subtest 'options' => sub {
    for my $args (['echo', '--nonsense'], ['echo', '-c', '0', '127.0.0.1:1'],
        ['echo', '-c'], ['echo'], ['idle'], ['login'], ['nothing'],
        ['echo', '-d', '5x', '127.0.0.1:1'], ['echo', 'nowhere'],
        ['echo', '--pid', '0', '127.0.0.1:1'], ['play'],
        ['play', '--rounds', '2', '127.0.0.1:1'],
        ['play', '--mode', '5', '127.0.0.1:1'],
        ['play', '--drop', '127.0.0.1:1'],
        ['play', '--users', '100', '127.0.0.1:1'],
        ['play', '--returning', '--users', '99', '127.0.0.1:1'],
        ['play', '--record', '/nowhere/x', '127.0.0.1:1'],
        ['echo', '--baseline', '--tls', '127.0.0.1:1']) {
        my ($status, $text) = bench('2>&1', @$args);
        is $status, 2, "@$args";
        like $text, qr/sparrow-bench/, 'with a word why';
    }
    is +(bench($_, '--help'))[0], 0, "$_ --help" for qw(echo idle login play);
    is +(bench($_))[0], 0, "$_ alone" for qw(-h --help -V --version);
};

done_testing;
