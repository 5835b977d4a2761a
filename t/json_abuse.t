#!/usr/bin/perl

# Payloads that are no JSON, or not the JSON that a route takes.  A request
# is told why, a notify is logged; the client stays.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

my $daemon = sparrow('worker_processes 1;', game => 'login_token accept;');
my $guest  = $daemon->guest('json');
my $uid    = $guest->{uid};
my $client = $daemon->client;
my ($ann)  = $daemon->players(1);

my @bad = (
    [ 'nothing',             '' ],
    [ 'a blank',             ' ' ],
    [ 'a word',              'login' ],
    [ 'half an object',      '{"uid":1' ],
    [ 'half a string',       '{"name":"x' ],
    [ 'a bracket too much',  '{"uid":1}}' ],
    [ 'two objects',         '{"uid":1}{"uid":2}' ],
    [ 'a comma too much',    '{"uid":1,}' ],
    [ 'no quotes',           '{uid:1}' ],
    [ 'single quotes',       "{'uid':1}" ],
    [ 'a comment',           '{"uid":1/**/}' ],
    [ 'a leading zero',      '{"uid":01}' ],
    [ 'a plus',              '{"uid":+1}' ],
    [ 'hexadecimal',         '{"uid":0x1}' ],
    [ 'NaN',                 '{"uid":NaN}' ],
    [ 'an array',            '[]' ],
    [ 'a string',            '"x"' ],
    [ 'a number',            '1' ],
    [ 'null',                'null' ],
    [ 'no UTF-8, no JSON',   "{\"name\":\"\xff\xfe}" ],
    [ 'a byte order mark',   "\xef\xbb\xbf{\"uid\":1}" ],
    [ 'half an escape',      '{"name":"\ud80"}' ],
    [ 'a control byte',      "{\"name\":\"a\1b\"}" ],
    [ 'a bad escape',        '{"name":"\x41"}' ],
    [ 'a NUL behind',        "{\"uid\":1}\0" ],
    [ 'UTF-16',              "\xff\xfe{\0}\0" ],
    [ 'text for a number',   '{"uid":"1"}' ],
    [ 'a fraction',          '{"uid":1.5}' ],
    [ 'a fraction of zero',  '{"uid":1.0}' ],
    [ 'true for a number',   '{"uid":true}' ],
    [ 'an object',           '{"uid":{}}' ],
    [ 'an array for a text', '{"name":[]}' ],
    [ 'a number for a text', '{"name":1}' ],
    [ '2^63',                '{"uid":9223372036854775808}' ],
    [ '1e400',               '{"uid":1e400}' ],
    [ 'a number of 400 digits', '{"uid":' . '9' x 400 . '}' ],
    [ 'deep arrays',         '{"x":' . '[' x 1500 . ']' x 1500 . '}' ],
    [ 'deep objects',        '{"x":' x 600 . '1' . '}' x 600 ],
    [ 'deep and open',       '[' x 4000 ],
);
for my $case (@bad) {
    my ($name, $payload) = @$case;
    my $answer = $client->request('Manager.Login', $payload);
    is $answer->{code}, 1006, "$name is refused";
    like $answer->{error}, qr/^illegal parameter: ./, 'with a reason';
}
is $client->request('DeskManager.UnCompleteDesk')->{code}, 1005,
    'nothing of that is a login';
$daemon->log_mark;
wait_for {
    $client->notify('Manager.Login', $_->[1]) for @bad;
    $client->request_raw('Echo.Ping', 'x') eq 'x'
        && $daemon->new_log =~ /\[info\] .*Manager\.Login/;
} 'a line about a bad notify';
pass 'a notify is told nothing, but logged';

# What is taken: unknown fields, missing and null ones, names without case.
for my $case (
    [ 'more fields',       qq({"uid":$uid,"more":[1,{"x":[]}],"":null}) ],
    [ 'blanks',            qq( {\t"uid" :\r\n $uid } ) ],
    [ 'null for a text',   qq({"uid":$uid,"name":null,"token":null}) ],
    [ 'names without case', qq({"UID":$uid,"HeadURL":"x"}) ],
    [ 'escapes',           qq({"u\\u0069d":$uid,"name":"\\ud83c\\udc04"}) ],
    [ 'huge numbers that nobody asks for',
        qq({"a":1e400,"b":{"uid":[18446744073709551616]},"uid":$uid}) ],
    [ 'no UTF-8',            "{\"uid\":$uid,\"x\":\"\xff\xc0\xaf\"}" ],
    [ 'CESU-8',
        "{\"uid\":$uid,\"x\":\"\xed\xa0\xbd\xed\xb8\x80\"}" ],
    [ 'half an emoji',       qq({"uid":$uid,"x":"\\ud83d"}) ],
    [ 'the last counts',   qq({"uid":5,"uid":$uid}) ],
    [ 'the exact name goes first', qq({"uid":$uid,"UID":5}) ]) {
    my ($name, $payload) = @$case;
    my $answer = $client->request('Manager.Login', $payload);
    is $answer->{acId} // $answer->{error}, $uid, $name;
}

# Texts as clients write them: joined, replaced, never refused.
my $face = "\x{1f600}";
for my $case (
    [ 'UTF-8',             "\xf0\x9f\x98\x80",         $face ],
    [ 'CESU-8',            "\xed\xa0\xbd\xed\xb8\x80", $face ],
    [ 'escapes',           '\ud83d\ude00',             $face ],
    [ 'half an emoji',     '\ud83d',                   "\x{fffd}" ],
    [ 'half of CESU-8',    "\xed\xa0\xbd",             "\x{fffd}" x 3 ],
    [ 'Latin-1',           "\xe4",                     "\x{fffd}" ],
    [ 'an overlong slash', "\xc0\xaf",                 "\x{fffd}" x 2 ]) {
    my ($name, $text, $read) = @$case;
    my $stranger = $daemon->client;
    my $answer = $stranger->response_raw($stranger->send_request(
        'Manager.Login', qq({"uid":9000001,"name":"a${text}z"})));
    unlike $answer, qr/[\xf0-\xff]/, "$name: no sequence of four bytes";
    my $login = JSON::PP->new->utf8->decode($answer);
    is $login->{nickname}, "a${read}z", 'the name is read';
    my ($status, undef, $body) = $daemon->http('POST', '/v1/user/login/guest',
        qq({"appId":"app","channelId":"test","imei":"$text",)
            . qq("x":-1e999,"device":{"os":"$text","model":"$text"}}));
    is "$status $body->{code}", '200 0', 'and over HTTP';
}

# Routes without a payload do not look at it.
for my $payload ('', '{}', '[', "\xff", 'null') {
    ok exists $ann->request('DeskManager.UnCompleteDesk', $payload)->{exist},
        'a route without a payload takes anything';
}

# The same over HTTP.
for my $case (@bad) {
    my ($name, $payload) = @$case;
    next if $payload =~ /uid|name|"x"/;
    my ($status, undef, $body) = $daemon->http('POST',
        '/v1/user/login/guest', $payload);
    is "$status $body->{code}", '400 1006', "$name over HTTP";
}
for my $body ({ imei => 5 }, { imei => [] }, { imei => 'x', appId => 5 },
    { imei => 'x', device => 'x' }, { imei => 'x', device => [] },
    { imei => 'x', device => { os => 5 } }) {
    my ($status, undef, $answer) = $daemon->http('POST',
        '/v1/user/login/guest', { channelId => 'test', %$body });
    is "$status $answer->{code}", '400 1006', 'a wrong type over HTTP';
}

done_testing;
