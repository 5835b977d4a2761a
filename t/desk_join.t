#!/usr/bin/perl

# Who gets a seat at which desk: one seat for each player, however many
# connections he has and however fast they are; and who loses it.

use utf8;
use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::History 'kept';

use JSON::PP ();

my $daemon = sparrow('worker_processes 2;', http_server => '
    location = /v1/user/login/guest { guest_login; guest_channels test; }
    location = /poor/guest {
        guest_login; guest_channels test; guest_cards 1;
    }');
my %no_table = (deskId => '', title => '', desc => '',
    map { $_ => 0 } qw(createdAt creator status round mode));

sub create_body {
    my (%opt) = @_;
    return { version => '1.9.3', clubId => delete $opt{club} // -1,
        options => Test::Sparrow::Table::options(%opt) };
}

sub create {
    my ($player, %opt) = @_;
    return $player->request('DeskManager.CreateDesk', create_body(%opt));
}

sub join_desk {
    my ($player, $no) = @_;
    return $player->request('DeskManager.Join',
        { version => '1.9.3', deskId => $no });
}

# Refused with that code, a text, and no table.
sub refused {
    my ($answer, $code, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is $answer->{code}, $code, $what;
    isnt $answer->{error}, '', 'with a reason';
    is_deeply $answer->{tableInfo}, \%no_table, 'and an empty table';
    return;
}

# The number of the desk where he sits, as he is told; '' for none.
sub desk_of {
    my ($player) = @_;
    my $answer = $player->request('DeskManager.UnCompleteDesk');
    return $answer->{exist} ? $answer->{tableInfo}{deskId} : '';
}

# Another connection of the same player; it has not logged in.
sub second {
    my ($player, %opt) = @_;
    my $client = $daemon->client(%opt);
    $client->{$_} = $player->{$_} for qw(uid guest);
    return $client;
}

sub login {
    my ($client) = @_;
    return $client->send_request('Manager.Login',
        $daemon->login_of($client->{guest}));
}

sub kicked { return ($_[0]->kicked // 'closed') eq 'logged in elsewhere' }

# Processes of the daemon stand still while the code runs.
sub halted {
    my ($code, @pids) = @_;
    $daemon->halt(@pids);
    my $done = eval { $code->(); 1 };
    my $why  = $@;
    $daemon->unhalt(@pids);
    return $done || die $why;
}

note 'a full desk, the own desk, another desk';
my $table = $daemon->table(mode => 3, on => [ map { { worker => $_ } } 0, 1, 1 ]);
my ($ann, $bob, $cho) = $table->players;
my ($dan, $eve) = $daemon->players(2);
like $table->no, qr/^[1-9]\d{5}$/, 'six digits';
refused(join_desk($dan, $table->no), -1, 'a full desk');
is desk_of($dan), '', 'he sits nowhere';
for my $player ($table->players) {
    my $again = join_desk($player, $table->no);
    is $again->{code}, 0, 'the own desk again, which is full';
    is_deeply $again->{tableInfo},
        $player->request('DeskManager.UnCompleteDesk')->{tableInfo},
        'as it stands there';
}
my $other = create($dan)->{tableInfo}{deskId};
isnt $other, $table->no, 'another desk has another number';
is join_desk($dan, $other)->{code}, 0, 'the own desk again, which is not';
refused(join_desk($bob, $other), 30003, 'another desk while seated');
refused(join_desk($dan, $table->no), 30003, 'a full one while seated');
refused(create($bob), 30003, 'a desk of his own while seated');
is desk_of($bob), $table->no, 'he sits where he sat';

note 'numbers that there are not';
my @numbers = ('', '12345', '1234567', 'abcdef', "00000\x{661}", '000000',
    '+12345', '-12345', ' 12345', '12345 ', "12345\0", '1e0005', '0x1234',
    '١٢٣٤٥٦', '１２３４５６', "\x{7f}" x 6, '9' x 5000, "$other\0",
    " $other", "${other}0");
for my $number (@numbers) {
    my $name = Test::More::explain(substr $number, 0, 12);
    refused(join_desk($eve, $number), 1043, "no desk \"$name\"");
    refused(join_desk($bob, $number), 30003, 'nor for one who sits');
}
$dan->notify('DeskManager.Exit', {});
ok $dan->expect('onPlayerExit'), 'the creator leaves';
is desk_of($dan), '', 'and sits nowhere';
refused(join_desk($eve, $other), 1043, 'a desk that is no more');

note 'leaving';
is create($dan)->{code}, 0, 'he may make the next one';
$other = desk_of($dan);
is join_desk($_, $other)->{code}, 0, 'three sit down' for $eve,
    my @more = $daemon->players(2);
for my $player ($dan, $eve, @more) {
    $player->notify('DeskManager.ClientInitCompleted', {});
    $player->expect('onPlayerEnter');
}
$more[0]->notify('DeskManager.Ready', {});
$eve->notify('DeskManager.Ready', {});
desk_of($eve);
$dan->notify('DeskManager.Ready', {});
my %ready;
until (($ready{ $dan->{uid} } // 0) && $ready{ $eve->{uid} }) {
    %ready = map { $_->{acId} => $_->{isReady} }
        @{ $dan->expect('onPlayerEnter')->{data} };
}
$eve->notify('DeskManager.Exit', {});
my $exit = $dan->expect('onPlayerExit');
is_deeply $exit, { acid => $eve->{uid}, isexit => JSON::PP::true(),
    exitType => -1, deskPos => 1 }, 'all hear who leaves';
is_deeply $_->expect('onPlayerExit'), $exit, 'and so do the others'
    for $eve, @more;
ok $eve->hears_nothing_of('onDissolve'), 'who was ready hears no more';
$more[1]->notify('DeskManager.Exit', {});
is_deeply $more[1]->expect($_), { %$exit, acid => $more[1]{uid},
    deskPos => 2 }, "who was not hears $_" for qw(onDissolve onPlayerExit);
is $dan->expect('onPlayerExit')->{deskPos}, 2, 'the later ones have moved up';
is join_desk($eve, $other)->{code}, 0, 'a leaver comes again';
$eve->notify('DeskManager.ClientInitCompleted', {});
my @seats;
until (@seats == 3) {
    @seats = @{ $dan->expect('onPlayerEnter')->{data} };
    @seats = () if $seats[2] && $seats[2]{acId} != $eve->{uid}
        || $seats[1]{acId} != $more[0]{uid};
}
is_deeply [ map { [ @$_{qw(deskPos acId)} ] } @seats ], [ [ 0, $dan->{uid} ],
    [ 1, $more[0]{uid} ], [ 2, $eve->{uid} ] ], 'and sits behind the others';
ok !$seats[2]{isReady}, 'not ready any more';
for my $player ($dan, $eve, $more[0]) {
    desk_of($player);
    @{ $player->{pushes} } = ();
}
$eve->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() });
is $_->expect('onDissolve')->{acid}, $eve->{uid},
    'isDestroy makes it an onDissolve' for $dan, $more[0], $eve;
desk_of($eve);
is join(' ', map { $_->{route} } @{ $eve->{pushes} }), 'onDissolve',
    'who was not ready hears two';
$dan->notify('DeskManager.Exit', {});
is $more[0]->expect('onPlayerExit')->{acid}, $dan->{uid}, 'the creator leaves';
is desk_of($_), '', 'all have left' for $dan, $eve, @more;
is create($more[0])->{code}, 0, 'and are free';
$more[0]->notify('DeskManager.Exit', {});
$more[0]->expect('onPlayerExit');

note 'leaving when all are ready';
my $full = $daemon->table(round => 1);
halted(sub {
    # the cards are not taken yet, so nothing is dealt
    $full->ready->settle;
    cmp_ok $full->player(1)->request('DeskManager.Exit', {})->{code}, '>', 0,
        'the match is about to begin: it is refused';
    $full->player(2)->notify('DeskManager.Exit',
        { isDestroy => JSON::PP::true() });
    $full->settle;
}, $daemon->store_pid);
$full->wait_heard('onDuanPai');
is scalar(map { ($full->heard($_, 'onPlayerExit'),
    $full->heard($_, 'onDissolve')) } 0 .. 3), 0, 'nobody hears of it';
my ($record) = grep { $_->{number} == $full->no } @{ kept($daemon)->{desk} };
is_deeply $record->{player}, [ map { $_->{uid} } $full->players ],
    'the record has those who play';
is desk_of($_), $full->no, 'and each sits there' for $full->players;

note 'two at once, on one connection';
my @ids = map { $eve->send_request('DeskManager.CreateDesk', create_body()) }
    1, 2;
my ($first, $next) = map { $eve->response($_) } @ids;
is $first->{code}, 0, 'the first desk is made';
refused($next, 30003, 'the second is not');
is desk_of($eve), $first->{tableInfo}{deskId}, 'he sits at the first';
is create($dan)->{code}, 0, 'another desk';
@ids = map { $more[0]->send_request('DeskManager.Join', { deskId => $_ }) }
    desk_of($eve), desk_of($dan);
($first, $next) = map { $more[0]->response($_) } @ids;
is $first->{code}, 0, 'the first is joined';
refused($next, 30003, 'the second is not');
is desk_of($more[0]), desk_of($eve), 'he sits at the first';

note 'two at once, on two connections';
for my $round (1 .. 12) {
    my ($old) = $daemon->players(1, worker => $round % 2);
    my $new   = second($old, worker => $round % 4 < 2 ? 0 : 1);
    my ($in, $id, @wait);
    my $both = sub {
        @wait = $old->send_request('DeskManager.CreateDesk', create_body())
            if $round % 3 == 0;
        $in = login($new);
        $id = $new->send_request('DeskManager.CreateDesk', create_body());
        @wait = $old->send_request('DeskManager.CreateDesk', create_body())
            if !@wait;
    };
    # in each second round both are there before anybody looks
    halted($both, $round % 2 ? ()
        : map { $daemon->pid_of($_) } $old, $new);
    my $one = eval { $old->response($wait[0]) };
    my $why = $@;
    is $new->response($in)->{acId}, $old->{uid}, 'the second is in';
    my $two = $new->response($id);
    my @made = grep { $_->{code} == 0 } grep { $_ } $one, $two;
    my @told = grep { $_ } $one, $two; # the first may be ousted by then
    is scalar(grep { !/^(?:0|30003|1005)$/ } map { $_->{code} } @told), 0,
        'each is told yes or no';
    ok @made == 1 || (!$one && !@made), 'one desk at the most is told of';
    like desk_of($new), qr/^\d{6}$/, 'and there he sits';
    is desk_of($new), $made[0]{tableInfo}{deskId}, 'at this one' if @made;
    ok $why =~ /logged in elsewhere/ || kicked($old),
        'the first connection is kicked';
    $_->close for $old, $new;
}

note 'two for the last seat';
for my $round (1 .. 6) {
    my ($host, $guest, @rivals) = map { $daemon->players(1, worker => $_ % 2) }
        0 .. 3;
    my $no = create($host, mode => 3)->{tableInfo}{deskId};
    is join_desk($guest, $no)->{code}, 0, 'two sit there';
    my @id = map { $_->send_request('DeskManager.Join', { deskId => $no }) }
        @rivals;
    my @codes = map { $rivals[$_]->response($id[$_])->{code} } 0, 1;
    is join(' ', sort { $a <=> $b } @codes), '-1 0', 'one gets the last seat';
    is desk_of($rivals[$_]), $codes[$_] ? '' : $no, 'and knows it' for 0, 1;
    $_->close for $host, $guest, @rivals;
}

note 'right after the login';
my $quick = second(($daemon->players(1))[0]);
my ($in, $made) = (login($quick), $quick->send_request(
    'DeskManager.CreateDesk', create_body()));
is $quick->response($in)->{fangka}, 10, 'the cards are there';
is $quick->response($made)->{code}, 0, 'and a desk in the same breath';

note 'cards';
my $poor = $daemon->client;
my (undef, undef, $guest) = $daemon->http('POST', '/poor/guest', {
    appId => 'test', channelId => 'test', imei => 'poor' });
is $poor->request('Manager.Login', $daemon->login_of($guest))->{fangka}, 1,
    'one card';
refused(create($poor, round => $_), 30002, "too few for $_ rounds")
    for 1, 4, 8, 16;
is join_desk($poor, desk_of($eve))->{code}, 0, 'to join costs nothing';

note 'a club';
sub rows {
    my ($what, @args) = @_;
    return $daemon->tool('rows', $what, $daemon->prefix . '/data', @args);
}
my ($owner, $member, $wants, $none) = $daemon->players(4);
refused(create($owner, club => 7), 30002, 'a club that there is not');
rows('club', 7, -100);
rows('member', 7, $_->{uid}) for $owner, $member;
rows('applied', 7, $wants->{uid});
refused(create($owner, club => 7), 30002, 'a club that owes a hundred cards');
rows('club', 7, -99);
is create($owner, club => 7)->{code}, 0, 'one that owes less';
my $no = desk_of($owner);
is join_desk($member, $no)->{code}, 0, 'a member joins';
refused(join_desk($_, $no), -1, 'who is none does not') for $wants, $none;
is desk_of($_), '', 'and sits nowhere' for $wants, $none;
is create($none, club => -7)->{code}, 0, 'a club below 0 is none';

note 'the first connection comes late';
my $host = $daemon->player('host', worker => 0); # where the desk lives
my $late = $daemon->player('late', worker => 1);
my $new  = second($late, worker => 0);
$no = create($host)->{tableInfo}{deskId};
join_desk($late, $no);
for my $player ($host, $late) {
    $player->notify('DeskManager.ClientInitCompleted', {});
    $player->expect('onPlayerEnter');
}
halted(sub {
    $late->notify("DeskManager.$_", {}) for qw(Dissolve Exit);
    $new->response(login($new));
    $new->notify('DeskManager.ReEnter', { deskId => $no });
    $new->expect('onPlayerEnter');
}, $daemon->pid_of($late));
ok kicked($late), 'the first connection is kicked';
is desk_of($new), $no, 'its late messages do nothing';
is join_desk($new, $no)->{code}, 0, 'the second one has the seat';
for my $route (qw(onPlayerExit onDissolve onDissolveAgreement)) {
    ok $host->hears_nothing_of($route), "the others hear no $route";
}
my @news = map { $_->{payload} } grep {
    $_->{route} eq 'onPlayerOfflineStatus' } @{ $host->{pushes} };
ok !grep({ /"offline":true/ } @news), 'nor that he is gone';

note 'a message that crosses the end of the desk';
my $far = $daemon->player('far', worker => 1);
is join_desk($far, $no)->{code}, 0, 'one joins';
$far->notify('DeskManager.ClientInitCompleted', {});
$far->expect('onPlayerEnter');
my $crossing;
halted(sub {
    $host->notify('DeskManager.Exit', {});
    $far->notify('DeskManager.Ready', {});
    $crossing = $far->send_request('DeskManager.Ready', {});
    $far->request_raw('Echo.Ping', 'it is on its way');
}, $daemon->pid_of($host));
is $far->expect('onPlayerExit')->{acid}, $host->{uid}, 'the desk is no more';
my $answer = eval { local $Test::Sparrow::Stream::BOUND = 5;
    $far->response($crossing) };
ok $answer && $answer->{code}, 'a request that came too late is told so';
is desk_of($far), '', 'nobody sits there';
ok $far->hears_nothing_of('onDissolve'), 'that was all';
is create($far)->{code}, 0, 'he may make one';
ok $far->hears_nothing_of('onDissolve'), 'and hears no more of the other';

done_testing;
