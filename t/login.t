#!/usr/bin/perl

# The service's first story: a client asks whether guests may log in, logs in
# over HTTP, connects to the game, and is in the lobby.

use utf8;
use lib 't/lib';
use Test::Sparrow;

my %device = (os => 'linux', model => 'bot', ip => '127.0.0.1', remote => '');

for my $workers (2, 4) {
    my $daemon = sparrow("worker_processes $workers;", tls => 1, xxtea => 1,
        game => 'client {
            endpoint 127.0.0.1:{{game}};
            version  1.9.3;
            message  "欢迎" "hello";
        }');
    for my $server (qw(game xxtea tls)) {
        my $where = "$server of $workers workers";
        my $ask   = { appId => 'app', channelId => 'test' };
        my ($status, $headers, $body) =
            $daemon->http('POST', '/v1/user/login/query', $ask);
        is_deeply $body, { code => 0, guest => JSON::PP::true },
            "guests may log in ($where)";
        is $headers->{'content-type'}, 'application/json; charset=utf-8',
            'the type';

        my $guest = $daemon->guest("story-$server");
        is $guest->{code}, 0, 'a guest is logged in';
        is $guest->{name}, "G$guest->{uid}", 'the name';
        is_deeply [ @$guest{qw(fangka ip port playerIp)} ],
            [ 10, '127.0.0.1', $daemon->port('game'), '127.0.0.1' ],
            'cards, endpoint, address';
        is_deeply $guest->{messages}, [ '欢迎', 'hello' ], 'messages';
        is_deeply $guest->{clubList}, [], 'no clubs';
        is_deeply [ sort keys %$guest ], [ sort qw(status code name uid
            headUrl fangka sex ip port playerIp config messages clubList debug
            token expires) ], 'the fields';
        is_deeply [ sort keys %{ $guest->{config} } ], [ sort qw(version
            android ios heartbeat forceUpdate title desc daili1 daili2 kefu1
            appId appKey) ], 'the fields of config';
        is $guest->{config}{version}, '1.9.3', 'the version';
        like $guest->{token},
            qr/^1\.[^.]+\.$guest->{uid}\.\d+\.\d+\.[\w-]{43}$/, 'a token';

        my $client = $daemon->client(server => $server);
        is $client->request('DeskManager.UnCompleteDesk')->{code}, 1005,
            'nothing without a login';
        my $login = $client->request('Manager.Login',
            $daemon->login_of($guest));
        is_deeply $login, {
            acId => $guest->{uid}, nickname => $guest->{name},
            headURL => $guest->{headUrl}, sex => $guest->{sex}, fangka => 10,
        }, 'logged in';
        is_deeply $client->expect('onCoinChange'), { coin => 10 }, 'cards';
        my $desk = $client->request('DeskManager.UnCompleteDesk');
        ok !$desk->{exist}, 'in the lobby, at no desk';
        is_deeply [ sort keys %{ $desk->{tableInfo} } ], [ sort qw(deskId
            createdAt creator title desc status round mode) ],
            'a desk of zeros';
        is $client->request('Manager.CheckOrder', { orderid => 'none' })
            ->{code}, 1025, 'an order that is not there';
    }
    is $daemon->guest('story-game')->{uid}, $daemon->guest('story-game')->{uid},
        'the same device is the same guest';
    $daemon->log_unlike(qr/story-/, 'no imei in the log');
    is $daemon->stop, 1, "$workers workers end well";
}

my $daemon = sparrow('worker_processes 2;', http_server => '
    location = /v1/user/login/guest {
        guest_login; guest_channels test konglai; guest_cards 3;
    }
    location = /off/query { guest_login_query; }
    location = /off/guest { guest_login; }');

# Who is who.
my $one = $daemon->guest('one');
is $one->{fangka}, 3, 'guest_cards';
is $daemon->guest('one')->{uid}, $one->{uid}, 'again';
is $daemon->guest('one', channelId => 'konglai')->{uid}, $one->{uid},
    'a channel makes no difference';
isnt $daemon->guest('two')->{uid}, $one->{uid}, 'another device';
isnt $daemon->guest('one', appId => 'other')->{uid}, $one->{uid},
    'another application';
isnt $daemon->guest('tone', appId => 'tes')->{uid},
    $daemon->guest('one', appId => 'test')->{uid}, 'no run-together';
ok $daemon->guest('x', device => undef)->{uid}, 'the device may be missing';
is $daemon->guest('one', device => { imei => 'two', %device })->{uid},
    $one->{uid}, 'the imei outside counts';

# Who may not.
for my $channel ('other', '', 'tes', 'test ') {
    my (undef, undef, $body) = $daemon->http('POST', '/v1/user/login/query',
        { appId => 'app', channelId => $channel });
    ok !$body->{guest}, "channel '$channel' has no guests";
    my $refused = $daemon->guest('three', channelId => $channel);
    isnt $refused->{code}, 0, 'and takes none';
    isnt $refused->{status}, 200, 'which is no success';
}
my (undef, undef, $off) = $daemon->http('POST', '/off/query',
    { appId => 'a', channelId => 'test' });
ok !$off->{guest}, 'without channels no guests';

# The imei: 1 to 128 bytes.
for my $imei ('x', 'x' x 128, '设备', "a\0b", ' ') {
    is $daemon->guest($imei)->{code}, 0, 'imei of ' . length($imei);
}
for my $imei ('', 'x' x 129, 'x' x 600, '设' x 43, undef, 5, [], {}) {
    my $refused = $daemon->guest($imei);
    is $refused->{code}, 1006, 'refused imei ' . length($imei // '');
    is $refused->{status}, 400, 'a bad request';
}

# First logins of one device, all at once: one account.
my @uids;
for my $round (1 .. 20) {
    my @http = map { $daemon->http_client } 1 .. 4;
    my $text = Test::Sparrow::HTTP::format_request('POST',
        '/v1/user/login/guest', { appId => 'test', channelId => 'test',
            imei => "race-$round", device => { %device } });
    $_->send_raw($text) for @http;
    my %uid = map { (($_->response)[2]{uid} // 'none') => 1 } @http;
    push @uids, keys %uid;
}
is scalar(@uids), 20, 'four first logins at once make one account';

# What was answered is there after a restart.
my %known = map { $_ => $daemon->guest("keep-$_")->{uid} } 1 .. 20;
$daemon->stop;
$daemon->restart;
is_deeply { map { $_ => $daemon->guest("keep-$_")->{uid} } 1 .. 20 }, \%known,
    'accounts survive a restart';

done_testing;
