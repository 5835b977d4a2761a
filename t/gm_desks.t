#!/usr/bin/perl

# What an operator may know of the desks over HTTP: who may ask, the list in
# pages, one desk in each state, of a dead owner, of a broken journal; and
# nowhere a tile that somebody does not know.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use constant { TOKEN => 'a-token-for-operators', READS => 'a-token-that-reads' };

my $daemon = sparrow('worker_processes 2;', start => 0,
    shared_memory => 'size 64m;', allow_log => [qr/exited on signal 9/],
    files => { '../gm.tokens' => "# who\n\nann write ${\TOKEN}\nbob\tread  ${\READS}\n" },
    http_server => <<'END');
access_log logs/access.log;
location = /v1/gm/desks   { gm_desks; allow 127.0.0.1; deny all; }
location ^~ /v1/gm/desks/ { gm_desk; allow ~ ^127\.; deny all; }
location = /denied        { gm_desks; allow 10.0.0.0/8; deny all; }
location = /token         { gm_desks; allow 127.0.0.1; deny all; operator_token gm.tokens; }
location = /both          { gm_desks; deny all; operator_token gm.tokens; }
location = /made          { gm_desks; operator_token keys/operator.tokens; }
location = /post          { guest_login; operator_token gm.tokens; cors on; }
END
chmod 0600, $daemon->prefix . '/gm.tokens';
$daemon->start;
my $http = $daemon->http_client;

sub get {
    my ($path, %headers) = @_;
    return $http->request('GET', $path, undef, %headers);
}

sub data {
    my ($path) = @_;
    my ($status, undef, $body) = get($path);
    is $status, 200, $path;
    return $body;
}

# --- who may ask

is_deeply data('/v1/gm/desks'), { code => 0, data => [], next => 0 },
    'no desks';
is +(get('/denied'))[0], 403, 'from another address';
my ($status, $headers, $body) = get('/token');
is $status, 401, 'without a token';
is $headers->{'www-authenticate'}, 'Bearer', 'what is wanted';
is_deeply [ sort keys %$body ], [qw(code error)], 'an error object';
for my $wrong ('Bearer', 'Bearer ', 'Bearer x', 'Basic ' . TOKEN, TOKEN,
    'Bearer ' . TOKEN . 'x', 'Bearer ' . substr(TOKEN, 1),
    'Bearer ' . 'x' x 5000) {
    is +(get('/token', Authorization => $wrong))[0], 401,
        'not with "' . substr($wrong, 0, 30) . '"';
}
is +(get('/token', Authorization => $_ . TOKEN))[0], 200, "with $_"
    for 'Bearer ', 'bearer ';
is +(get('/both', Authorization => 'Bearer ' . TOKEN))[0], 403,
    'a token does not help at a wrong address';
is +(get('/token', Authorization => 'Bearer ' . READS))[0], 200,
    'a token that reads, to read';
is_deeply [ map { ($http->request('POST', '/post', {}, Authorization => "Bearer $_"))[0] }
        READS, TOKEN ], [ 403, 400 ], 'to change something it must write';
my $made = $daemon->prefix . '/keys/operator.tokens';
is +(stat $made)[2] & 0777, 0600, 'the first start makes the file, for its owner';
my ($token) = slurp($made) =~ /\Aoperator write ([0-9a-f]{64})\n\z/;
is +(get('/made', Authorization => "Bearer $token"))[0], 200, 'its token is good';
is +(get('/made', Authorization => 'Bearer ' . TOKEN))[0], 401, 'another file\'s is not';
is +($http->request('POST', '/post', {}))[0], 401,
    'any endpoint can ask for it';
is +($http->request('OPTIONS', '/post'))[0], 200,
    'but not of browsers that ask what is allowed';
unlike slurp($daemon->prefix . '/logs/access.log'), qr/\Q${\TOKEN}\E/,
    'it is not in the access log';

# --- arguments

for my $query (qw(count=0 count=65 count=x count= after=1000000 after=-1
    status=8 status=%00 club=99999999999999999999 uid=1.5 uid=%zz)) {
    is +(get("/v1/gm/desks?$query"))[0], 400, $query;
}
for my $path ('', qw(12345 1234567 abcdef 12345x 1%2f2 %00), '..%2f..') {
    ok +(get("/v1/gm/desks/$path"))[0] =~ /^40[04]$/, "desk \"$path\"";
    $http = $daemon->http_client if !$http->is_open;
}
is +(get('/v1/gm/desks/123456'))[0], 404, 'no such desk';
for my $path (qw(/v1/gm/desks /v1/gm/desks/123456)) {
    ($status, $headers) = $http->request('POST', $path, {});
    is $status, 405, "POST $path";
    is $headers->{allow}, 'GET, HEAD', 'what is allowed';
}

# --- a desk as it goes

my $table = $daemon->table(round => 4,
    on => [ map { { worker => $_ } } 0, 0, 1, 1 ]);
my $path = '/v1/gm/desks/' . $table->no;
my @uids = map { $_->{uid} } $table->players;

# Every list that is there is one that is known: none can be of tiles.
sub check_no_tiles {
    my ($node, $where) = @_;
    if (ref $node eq 'HASH') {
        ok $_ !~ /tile|hand|mjs|hint|offer|river|meld|draw|wall(?!_left)/,
            "$where.$_" for keys %$node;
        check_no_tiles($node->{$_}, "$where.$_") for keys %$node;
    }
    elsif (ref $node eq 'ARRAY') {
        like $where, qr/\.(?:seats|players|asked|dice|status|data)\z/,
            "the list $where";
        cmp_ok scalar @$node, '<=', 4, 'is short' if $where !~ /^list/;
        check_no_tiles($_, "$where\[]") for @$node;
    }
    return;
}

my $one = data($path)->{data};
check_no_tiles($one, 'one');
is_deeply [ @{ $one->{desk} }{qw(number mode round rounds status status_name creator club)} ],
    [ $table->no, 4, 0, 4, 0, 'created', $uids[0], 0 ], 'a new desk';
like $one->{desk}{uid}, qr/^[0-9a-f]{16}$/, 'its uid';
is_deeply $one->{desk}{players}, [ map { { uid => $_, name => "G$_" } } @uids ],
    'its players';
my $pid = $daemon->pid_of($table->player(0));
is_deeply [ @{ $one->{desk}{owner} }{qw(slot pid alive)} ],
    [ $table->player(0)->worker, $pid, JSON::PP::true() ], 'its owner';
is_deeply [ map { $_->{score} } @{ $one->{seats} } ], [ (1000) x 4 ], 'scores';
ok !$one->{match}{vote}, 'no vote';
cmp_ok $one->{journal}{records}, '>=', 4, 'a journal';

$table->ready;
$table->reach('playing');
$one = data($path)->{data};
check_no_tiles($one, 'one');
is $one->{match}{status_name}, 'playing', 'it is played';
my $turn = $one->{match}{turn};
is_deeply $one->{match}{asked}, [$turn], 'whose turn it is';
my %asked = map { $_->[0] => 1 } @{ $table->{left} };
ok $asked{ $uids[$turn] }, 'he was asked indeed';
is $one->{match}{wall_left}, 108 - 53 - ($table->heard(0, 'onMoPai')
        ? scalar(() = $table->heard(0, 'onMoPai')) : 0), 'the tiles left';
is_deeply [ map { $_->{entered} } @{ $one->{seats} } ],
    [ (JSON::PP::true()) x 4 ], 'all have entered';

# --- HEAD; a client that goes

is_deeply [ ($http->request('HEAD', $path))[ 0, 2 ] ], [ 200, '' ], 'HEAD';
my @gone = map { $daemon->http_client } 1 .. 20;
$_->send_raw(Test::Sparrow::HTTP::format_request('GET', $path) x 20), $_->close
    for @gone;
data($path);

# --- pages

my @more = map { $daemon->player("maker-$_") } 1 .. 70;
my @numbers = ($table->no, map {
    $_->request('DeskManager.CreateDesk', { version => '1.9.3', clubId => -1,
        options => Test::Sparrow::Table::options() })->{tableInfo}{deskId}
} @more);
for my $count (1, 7, 64) {
    my ($after, $pages, @got) = (0, 0);
    do {
        my ($status, undef, $page) = get("/v1/gm/desks?after=$after&count=$count");
        is $status, 200, "a page of $count" if !$pages++;
        cmp_ok scalar @{ $page->{data} }, '<=', $count, 'not more'
            if @{ $page->{data} } > $count;
        push @got, map { $_->{number} } @{ $page->{data} };
        $after = $page->{next};
    } while $after;
    is_deeply \@got, [ sort @numbers ], "all desks, $count a page";
}
check_no_tiles(data('/v1/gm/desks'), 'list');
sub numbers { return [ map { $_->{number} } @{ data("/v1/gm/desks?$_[0]")->{data} } ] }
is_deeply numbers("uid=$uids[2]"), [ $table->no ], 'the desk of a player';
is_deeply numbers('uid=123456789'), [], 'who sits nowhere';
is_deeply numbers('club=77'), [], 'of a club that has none';
for my $case ([ 3, $table->no ], [ 0, @numbers[ 1 .. 70 ] ]) {
    my ($of, @want) = @$case;
    my ($after, @got) = 0;
    do {
        my (undef, undef, $page) = get("/v1/gm/desks?status=$of&after=$after");
        push @got, map { $_->{number} } @{ $page->{data} };
        $after = $page->{next};
    } while $after;
    is_deeply \@got, [ sort @want ], "those of status $of";
}

# --- a desk while its owner is dead, and after it

my $there;
wait_for {
    $there = $daemon->http_client;
    $daemon->pid_of($there) != $pid;
} 'HTTP at the other worker';
$daemon->halt($pid);
($status, undef, $body) = $there->request('GET', $path);
is $status, 200, 'of an owner that hangs';
is_deeply $body->{data}{match}, $one->{match}, 'it is the same';
$daemon->unhalt($pid);
my $epoch = $one->{desk}{epoch};
$daemon->kill_worker($pid);
($status, undef, $body) = $there->request('GET', $path);
is $status, 200, 'of an owner that is dead';
is $body->{data}{desk}{uid}, $one->{desk}{uid}, 'it is the same desk';

# --- a broken journal

$table->come_back($_) for 0, 1;
$there = $daemon->http_client;
wait_for { ($there->request('GET', $path))[0] == 200 } 'the desk';
ok defined rows($daemon, 'spoil', 'run/shared', $table->no, 3), 'damage';
($status, undef, $body) = $there->request('GET', $path);
is $status, 500, 'a broken journal is told';
is $body->{error}, q(server internal: record 3 of the desk's journal has a wrong checksum),
    'and where';
$http = $daemon->http_client;
is_deeply numbers("uid=$uids[3]"), [ $table->no ], 'the list has it still';

# --- the conf

for my $case (
    [ 'operator_token file=x;', 'names the file without "file="' ],
    [ 'operator_token empty;', 'no operator token in ".*/empty"' ],
    [ 'operator_token long;', 'long": line 1 is not "NAME read\|write TOKEN"' ],
    [ 'operator_token role;', 'role": line 2 is not "NAME read\|write TOKEN"' ],
    [ 'operator_token words;', 'words": line 1 is not' ],
    [ 'operator_token many;', 'many": line 65 is not .* or behind 64 others' ],
    [ 'operator_token open;', 'can be read by others', 0 ],
    [ 'operator_token none;', 'successful', 0 ],
    [ 'gm_desks x;', 'gm_desks' ], [ 'gm_desk;', 'second endpoint' ]) {
    my ($line, $like, $want) = @$case;
    my $bad = sparrow('', start => 0, files => {
        '../empty' => "\n", '../long' => 'x write ' . 'secret' x 50,
        '../role' => "a read b\nb writes secret\n", '../words' => "a write se cret\n",
        '../many' => join('', map { "n$_ read secret$_\n" } 1 .. 65),
        '../open' => "a read secret\n" },
        http_server => "location = /x { gm_desks; $line }");
    chmod 0644, $bad->prefix . '/open';
    my ($status, $output) = $bad->run('-t', '-p', $bad->prefix, '-c', $bad->conf);
    like $output, qr/$like/, $line;
    is !!$status, !defined $want, 'is it an error?';
    unlike $output, qr/secret/, 'the token is not told';
    ok !-e $bad->prefix . '/none', 'a check makes no file';
}

done_testing;
