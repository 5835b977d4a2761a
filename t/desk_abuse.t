#!/usr/bin/perl

# What no client of ours sends to DeskManager: fields that are missing, of a
# wrong type, hostile; at the wrong time; by somebody who does not sit there.
# A request is told so, a notify nothing, and the desk is as it was.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

my $daemon = sparrow('worker_processes 2;');
my %no_table = (deskId => '', title => '', desc => '',
    map { $_ => 0 } qw(createdAt creator status round mode));
my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());

my %fields = (
    CreateDesk          => { version => 'text', clubId => 'long',
        options => 'object' },
    Join                => { version => 'text', deskId => 'text' },
    ReJoin              => { deskId => 'text' },
    ReEnter             => { deskId => 'text' },
    ClientInitCompleted => { isReenter => 'flag' },
    DingQue             => { que => 'int' },
    OpChoose            => { optype => 'int', idx => 'long', hint => 'long' },
    Exit                => { isDestroy => 'flag' },
    DissolveStatus      => { result => 'flag' },
    RecordingVoice      => { fileId => 'text' },
);
my @bare = qw(Ready QiPaiFinished Pause Resume Dissolve);

# JSON that is not of the type.
my $digits = '9' x 400;
my @numbers = ('"3"', '1.5', '1.0', 'true', '[]', '[1]', '{}', $digits,
    "-$digits", '1e400', '9223372036854775808', '-9223372036854775809');
my %wrong = (
    int    => [ @numbers, '2147483648', '-2147483649', '4294967297' ],
    long   => \@numbers,
    text   => [ '5', '1.5', 'false', '[]', '{}', '["123456"]', '"\ud80"',
        "\xff" ],
    flag   => [ '0', '1', '"true"', '""', '[]', '{}' ],
    object => [ '5', '"x"', 'true', '[]', '[{}]',
        map { "{$_}" } '"mode":"4"', '"round":[8]', '"maxFan":1.5',
        '"zimo":1', map { "\"$_\":1" }
            qw(menqing jiangdui jiaxin pengpeng pinghu yaojiu) ],
);
my @no_object = ('', ' ', 'x', '[]', '1', '"x"', '{', '{}}', '{"a"}',
    "\xff\xfe", "{}\0", '[' x 5000, '{"x":' x 300 . '1' . '}' x 300);

# Every payload that a route cannot take.
sub bad_payloads {
    my ($route) = @_;
    my $fields = $fields{$route};
    return @no_object, map {
        my $name = $_;
        map { "{\"$name\":$_}" } @{ $wrong{ $fields->{$name} } };
    } sort keys %$fields;
}

sub is_bare_table {
    my ($answer, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply $answer->{tableInfo}, \%no_table, $what;
}

# All that is malformed, on every route: 1006, and nothing to a notify.
sub malformed {
    my ($client, $when) = @_;
    for my $route (sort keys %fields) {
        my @wrong;
        for my $payload (bad_payloads($route)) {
            $client->notify("DeskManager.$route", $payload);
            my $answer = $client->request("DeskManager.$route", $payload);
            push @wrong, substr($payload, 0, 60) . " => $answer->{code}"
                if $answer->{code} != 1006
                || $answer->{error} !~ /^illegal parameter: ./
                || ($route =~ /^(?:CreateDesk|Join)$/)
                    != exists $answer->{tableInfo};
        }
        is "@wrong", '', "$when: $route with bad fields is refused";
    }
    return;
}

# A route that nothing is done for: the code of each.
sub refused {
    my ($client, $when, %code) = @_;
    for my $route (sort keys %code) {
        my ($code, $payload) = ref $code{$route} ? @{ $code{$route} }
            : ($code{$route}, {});
        $client->notify("DeskManager.$route", $payload);
        my $answer = $client->request("DeskManager.$route", $payload);
        is $answer->{code}, $code, "$when: $route";
        isnt $answer->{error}, '', 'with a reason';
        is_bare_table($answer, 'and an empty table')
            if $route =~ /^(?:CreateDesk|Join)$/;
    }
    return;
}

sub pushes {
    my ($client) = @_;
    $client->request('DeskManager.DingQue', {});
    return join ' ', map { $_->{route} } splice @{ $client->{pushes} };
}

note 'before the login';
my $client = $daemon->client;
for my $route (sort keys %fields, @bare, qw(UnCompleteDesk VoiceMessage)) {
    for my $payload ('{}', '', '[') {
        $client->notify("DeskManager.$route", $payload);
        my $answer = $client->request("DeskManager.$route", $payload);
        is $answer->{code}, 1005, "$route before the login";
        is_bare_table($answer, 'with an empty table') if $route =~
            /^(?:CreateDesk|Join|UnCompleteDesk)$/;
    }
}
is pushes($client), '', 'nothing else is heard';
for my $payload ('[', q({"uid":"5"}), q({"token":5})) {
    $client->notify('DeskManager.ReConnect', $payload);
    is $client->request('DeskManager.ReConnect', $payload)->{code}, 1006,
        "a ReConnect that does not decode: $payload";
}
for my $body ({}, { uid => 5 }, { uid => -1 },
    { uid => 9007199254740991, token => 'x' }) {
    my $refused = $daemon->client;
    my $id = $refused->send_request('DeskManager.ReConnect', $body);
    is $refused->kicked, 'auth failed', 'a refused ReConnect: a kick';
    is $refused->response($id)->{code}, ($body->{uid} // 0) > 0 ? 1005 : 1006,
        'and as a request an answer before';
}

note 'without a desk';
my ($ann) = $daemon->players(1);
pushes($ann);
malformed($ann, 'no desk');
is pushes($ann), '', 'nothing else is heard';
my %elsewhere = map { $_ => 1043 } @bare, qw(ClientInitCompleted DingQue
    OpChoose RecordingVoice VoiceMessage Join);
delete $elsewhere{Dissolve};
refused($ann, 'no desk', %elsewhere, ReJoin => -1);
is pushes($ann), '', 'nothing else is heard';
for my $route (qw(Exit Dissolve DissolveStatus)) {
    $ann->notify("DeskManager.$route", {});
    is_deeply $ann->expect('onDissolveSuccess'), {}, "$route: it is dissolved";
    is pushes($ann), '', 'and that is all';
}

note 'options that there are not';
my $options = Test::Sparrow::Table::options();
my %mapped  = (mode => [ 0, 2, 5, -3, 2**31 - 1 ],
    round => [ 0, 2, 3, 5, 17, -1, 256, 257, 260 ],
    maxFan => [ 0, 17, -1, 256, 257, 259 ],
    zimo => [ '', 'FAN', 'Di', 'fan ', "fan\0", 'dí', 'x' x 4000 ]);
my @bad_options = ({}, undef, { %$options, mode => undef });
for my $name (sort keys %mapped) {
    my %less = %$options;
    delete $less{$name};
    push @bad_options, \%less,
        map { { %$options, $name => $_ } } @{ $mapped{$name} };
}
for my $bad (@bad_options) {
    my $answer = $ann->request('DeskManager.CreateDesk',
        { version => '1.9.3', clubId => -1, options => $bad });
    is $answer->{code}, 1006, 'bad options: ' . substr JSON::PP->new->canonical
        ->encode([$bad]), 0, 160;
    is_bare_table($answer, 'no table');
}
is $ann->request('DeskManager.CreateDesk', {})->{code}, 1006, 'no options';
ok !$ann->request('DeskManager.UnCompleteDesk')->{exist}, 'no desk was made';

# From the first state to the last, by one who sits there and two who do not.
sub unmoved {
    my ($table, $when, $code, %also) = @_;
    my ($in, $stranger, $left) = @$table{qw(in stranger gone)};
    $table->settle;
    my @heard = map { scalar @{ $_->{heard} } } $table->players;
    my $was   = $in->request('DeskManager.UnCompleteDesk');
    malformed($in, $when);
    my %hint = map { $_ => $code } qw(OpChoose DingQue);
    refused($in, $when, %hint, DingQue => $when =~ /sorted/ ? 1006 : $code,
        CreateDesk => [ 30003, { options => $options } ],
        DissolveStatus => $code, ReJoin => -1, %also);
    for my $out ($stranger, $left) {
        refused($out, "$when, a stranger", %elsewhere,
            map { $_ => [ -1, { deskId => $table->no } ] } 'ReJoin');
        $out->notify('DeskManager.ReEnter', { deskId => $table->no });
        is pushes($out), '', 'who hears nothing of it';
        $out->notify("DeskManager.$_", {}) for qw(Exit Dissolve);
        $out->notify('DeskManager.DissolveStatus', { result => $yes });
        is pushes($out), join(' ', ('onDissolveSuccess') x 3),
            'nor dissolves it';
    }
    if ($was->{tableInfo}{status} || $table->{full}) {
        my ($late) = $daemon->players(1); # who has not tried too often
        refused($late, "$when, one too many", Join => [ -1, {
            version => '1.9.3', deskId => $table->no } ]);
        $late->close;
    }
    $table->settle;
    for my $i (0 .. $table->players - 1) {
        my $player = $table->player($i);
        my @new    = map { $_->[0] } @{ $player->{heard} }[
            $heard[$i] .. $#{ $player->{heard} } ];
        @new = grep { $_ ne 'onOpTypeHint' } @new if $player == $in;
        is "@new", '', 'nobody at the desk hears anything';
    }
    is_deeply $in->request('DeskManager.UnCompleteDesk'), $was,
        'and it is as it was';
    return;
}

for my $mode (3, 4) {
    my ($stranger, $gone) = $daemon->players(2);
    my $table = $daemon->table(mode => $mode, round => 4, players => [
        map { $daemon->players(1, worker => $_ % 2) } 1 .. $mode - 1 ]);
    @$table{qw(stranger gone in)} = ($stranger, $gone, $table->player(1));
    $gone->request('DeskManager.Join', { deskId => $table->no });
    $gone->notify('DeskManager.Exit', {});
    $gone->expect('onPlayerExit');
    pushes($_) for $stranger, $gone;
    my $early = 1027; # request failed: not now
    unmoved($table, "$mode players, created", $early, QiPaiFinished => $early,
        Resume => $early);
    $table->add($daemon->players(1));
    $table->{full} = 1;
    unmoved($table, "$mode players, full", $early, QiPaiFinished => $early,
        Resume => $early);
    $table->ready;
    my %late = map { $_ => $early } qw(Ready Exit Resume);
    $table->reach('dealing');
    unmoved($table, "$mode players, dealing", $early, %late);
    if ($mode == 4) {
        $table->reach('sorted');
        unmoved($table, "$mode players, sorted", $early, %late,
            QiPaiFinished => $early);
    }
    $table->reach('playing');
    unmoved($table, "$mode players, playing", $early, %late,
        QiPaiFinished => $early);
    $table->reach('cleaned');
    unmoved($table, "$mode players, between rounds", $early,
        Exit => $early, Resume => $early, QiPaiFinished => $early);
    ok $table->go_on, 'the match is played to its end';
    $table->settle;
    my ($end) = $table->heard(0, 'onGameEnd');
    ok $end->{isNormalFinished}, 'a normal one';
    for my $player ($table->players) {
        refused($player, 'after the end', %elsewhere, ReJoin => [ -1,
            { deskId => $table->no } ], Join => [ 1043,
            { deskId => $table->no } ]);
        $player->close;
    }
}

note 'what is taken';
my $answer = $ann->request('DeskManager.CreateDesk', { VERSION => 'x' x 9000,
    options => { %$options, more => [ 1, { x => [] } ], '' => undef },
    clubid => undef, extra => { a => { b => [] } }, tableInfo => 'mine' });
is $answer->{code}, 0, 'more fields, names without case, a club of null';
is $ann->request('DeskManager.Join', { deskId => $answer->{tableInfo}{deskId},
    more => 1 })->{code}, 0, 'and so with Join';
$ann->notify('DeskManager.ClientInitCompleted', { isReenter => undef,
    x => 1 });
is $ann->expect('onPlayerEnter')->{data}[0]{acId}, $ann->{uid},
    'null is false';
$ann->notify("DeskManager.$_", "\xff[") for qw(Ready Pause Resume);
ok $ann->expect('onPlayerEnter')->{data}[0]{isReady},
    'no payload is no matter';
is_deeply $ann->expect('onPlayerOfflineStatus'), { uid => $ann->{uid},
    offline => $_ }, 'nor here' for $yes, $no;

done_testing;
