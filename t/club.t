#!/usr/bin/perl

# ClubManager: who wants to become a member of a club is written down once,
# and answered when that is on the disk, also over the death of the store; an
# answer that comes too late for its session is nobody's.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use constant {
    CLUB => 100001, OTHER => 100002, THIRD => 100003, NONE => 123456 };

my $route  = 'ClubManager.ApplyClub';
my %good   = (code => 0, data => 'success');

sub again {
    my ($text) = @_;
    utf8::decode($text);
    return { code => -1, error => $text };
}
my $killed = qr/exited on signal 9/;

sub unknown {
    my ($id) = @_;
    my $text = "ID为${id}的俱乐部不存在，请检查是否输入错误";
    utf8::decode($text);
    return { code => -1, error => $text };
}

my $daemon = sparrow('worker_processes 2;', store => 'store_timeout 20s;',
    allow_log => [$killed]);
my $ann = $daemon->player('ann');
my $bob = $daemon->player('bob');

sub status { return rows($daemon, 'status', 'data', $_[0], $_[1]{uid}) }

# --- clubs there are not

is_deeply $ann->request($route, { clubId => $_ }), unknown($_), "no club $_"
    for NONE, 0, -5, 9223372036854775807;
is_deeply $ann->request($route, {}), unknown(0), 'no number';
is_deeply $ann->request($route, { clubId => undef }), unknown(0), 'null';
for my $bad ('"100001"', '1.5', '[]', '{}', 'true', '1e30') {
    is $ann->request_raw($route, qq({"clubId":$bad})) =~ /"code":(\d+)/ && $1,
        1006, "clubId $bad";
}
is $ann->request_raw($route, $_) =~ /"code":(\d+)/ && $1, 1006, "payload $_"
    for '[]', '{"clubId":', '7';
is $daemon->client->request($route, { clubId => CLUB })->{code}, 1005,
    'one who is not logged in';

# --- a club

sub club_list { return $daemon->guest($_[0])->{clubList} }

rows($daemon, 'club', 'data', $_) // BAIL_OUT('no club') for CLUB, OTHER;
is status(CLUB, $ann), 0, 'she is no member';
is_deeply $ann->request($route, { clubId => CLUB }), \%good, 'she applies';
is status(CLUB, $ann), 1, 'that is written down';
is_deeply $ann->request($route, { clubId => CLUB }),
    again('你已申请加入该俱乐部，等待部长同意'), 'again';
is status(CLUB, $ann), 1, 'nothing changes';
is status($_->[0], $_->[1]), 0, 'nor for another'
    for [ OTHER, $ann ], [ CLUB, $bob ];

rows($daemon, 'member', 'data', CLUB, $bob->{uid}) // BAIL_OUT('no member');
is_deeply $bob->request($route, { clubId => CLUB }),
    again('你已经是该俱乐部的成员'), 'a member applies';
is status(CLUB, $bob), 2, 'and stays one';

# --- the clubs of a player, as the login over HTTP tells them

sub a_club {
    my ($id, $members) = @_;
    return { id => $id, name => 'club', desc => '', member => $members,
        maxMember => 9 };
}
is_deeply club_list('bob'), [ a_club(CLUB, 1) ], 'the club of a member';
is_deeply club_list('ann'), [], 'no club of one who only wants to be one';
rows($daemon, 'club', 'data', THIRD);
rows($daemon, 'member', 'data', $_->[0], $_->[1]{uid})
    for [ THIRD, $bob ], [ THIRD, $ann ], [ THIRD, $ann ], [ NONE, $ann ];
is_deeply club_list('bob'), [ a_club(CLUB, 1), a_club(THIRD, 2) ], 'two clubs';
is_deeply club_list('ann'), [ a_club(THIRD, 2) ], 'none that is not there';
rows($daemon, 'applied', 'data', THIRD, $_->{uid}) for $ann, $ann;
is_deeply club_list('ann'), [], 'who is a member no more';
is_deeply club_list('bob'), [ a_club(CLUB, 1), a_club(THIRD, 1) ],
    'is not counted';
rows($daemon, 'club', 'data', 200_000 + $_) for 1 .. 20;
my $joiner = $daemon->guest('joiner');
rows($daemon, 'member', 'data', 200_000 + $_, $joiner->{uid}) for 1 .. 20;
is scalar @{ club_list('joiner') }, 16, 'at most sixteen clubs';

# --- a notify

$bob->notify($route, { clubId => NONE });
$bob->notify($route, { clubId => OTHER });
wait_for { status(OTHER, $bob) == 1 } 'a notify is done';
is $bob->request('Echo.Ping', { a => 1 })->{a}, 1, 'and not answered';

# --- several at a time on one connection

my @players = $daemon->players(4);
my @asked   = map { my $p = $_;
    map { [ $p, $_, $p->send_request($route, { clubId => $_ }) ] }
        CLUB, OTHER, NONE } @players;
is_deeply $_->[0]->response($_->[2]), $_->[1] == NONE ? unknown(NONE) : \%good,
    "its own answer to each question ($_->[1])" for @asked;
is status(CLUB, $_) . status(OTHER, $_), '11', 'both are written down'
    for @players;

# --- the store does not answer, and dies

my ($eve, $dan, $tom) = map { $daemon->player($_) } qw(eve dan tom);
my $store = $daemon->store_pid;
$daemon->halt($store);
my $asked = $eve->send_request($route, { clubId => CLUB });
$dan->send_request($route, { clubId => CLUB });
$_->request_raw('Echo.Ping', 'fence') for $eve, $dan;
$dan->close;
$tom->send_request($route, { clubId => CLUB });
$tom->request_raw('Echo.Ping', 'fence');
my $new = $daemon->client;
$new->request('Manager.Login', $daemon->login_of($tom->{guest}));
is $tom->kicked, 'logged in elsewhere', 'one is kicked meanwhile';
$daemon->unhalt;
$daemon->kill_worker($store);
is_deeply $eve->response($asked), \%good, 'a new store answers';
is status(CLUB, $eve), 1, 'and what was asked is done';
wait_for { status(CLUB, $dan) == 1 && status(CLUB, $tom) == 1 }
    'what the others have asked, from another worker';
$new->request_raw('Echo.Ping', 'fence');
is_deeply $new->{responses}, [], 'nobody has an answer of another session';

# --- a worker ends while it waits

my $last = $daemon->player('last');
$store = $daemon->store_pid;
kill STOP => $store;
$last->send_request($route, { clubId => CLUB });
$last->request_raw('Echo.Ping', 'fence');
$daemon->kill_worker($_, 'TERM') for $daemon->workers;
kill CONT => $store;
wait_for { status(CLUB, $last) == 1 } 'it is done all the same';
$daemon->stop;

# --- the store is late

$daemon = sparrow('worker_processes 1;', store => 'store_timeout 100ms;',
    allow_log => [qr/did not answer \d+ operations in time/]);
rows($daemon, 'club', 'data', CLUB) // BAIL_OUT('no club');
$ann   = $daemon->player('ann');
$store = $daemon->store_pid;
$daemon->halt($store);
is $ann->request($route, { clubId => CLUB })->{code}, 1013, 'a clear error';
is $ann->request('Echo.Ping', { a => 1 })->{a}, 1, 'the rest goes on';
$daemon->unhalt($store);
wait_for { status(CLUB, $ann) == 1 } 'it is done all the same';
is_deeply $ann->request($route, { clubId => CLUB }),
    again('你已申请加入该俱乐部，等待部长同意'), 'and said later';

done_testing;
