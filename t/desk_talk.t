#!/usr/bin/perl

# Voices go to all who are at the desk as they came, up to their limit, but not
# to a player who reads too slowly, who misses nothing else; who goes away for
# a moment says so; who asks and does not read at all is sent away, and the
# others play on.

use utf8;
use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Codec qw(packet message DATA REQUEST);

use JSON::PP ();

use constant { BAD => 1006, NOT_NOW => 1027, MOST => 48_000 };

my ($yes, $no) = (JSON::PP::true(), JSON::PP::false());

my $daemon  = sparrow('worker_processes 2;', xxtea => 1, tls => 1);
my $table   = $daemon->table(mode => 4, round => 4, on => [ { worker => 0 },
    { worker => 1 }, { server => 'xxtea' }, { server => 'tls' } ]);
my @players = $table->players;
my ($joined) = $daemon->players(1);

# A round trip through the desk.
sub fence { return $_[0]->request('DeskManager.DingQue', {}) }

# All hear the voice of one, and nobody hears more of it.
sub all_hear {
    my ($voice, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @wrong = grep {
        $players[$_]->expect_raw('onVoiceMessage') ne $voice } 0 .. 3;
    return is "@wrong", '', $what;
}

sub nobody_hears {
    my ($what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    fence($_) for @players, @players;
    my @heard = map { $_->{route} } grep { $_->{route} =~ /Voice/ }
        map { @{ $_->{pushes} } } @players;
    return is "@heard", '', $what;
}

note 'voices';
for my $voice ('', '{}', '{"data":"AAAA"}', 'null', "\0", join('', map { chr }
    0 .. 255), '"', 'x' x 4096, '"' . 'v' x (MOST - 2) . '"', "\xff" x MOST) {
    my $what = length($voice) . ' bytes';
    $players[0]->notify('DeskManager.VoiceMessage', $voice);
    all_hear($voice, "$what are heard by all");
    $players[$_]->send_request('DeskManager.VoiceMessage', $voice) for 2, 3;
    all_hear($voice, 'over XXTEA, TLS and as a request, too') for 2, 3;
}
is_deeply [ map { @{ $_->{responses} } } @players ], [],
    'which has no answer';
for my $voice ('x' x (MOST + 1), "\xff" x (MOST + 1), 'x' x 49_000) {
    for my $player (@players) {
        $player->notify('DeskManager.VoiceMessage', $voice);
        is $player->request('DeskManager.VoiceMessage', $voice)->{code}, BAD,
            length($voice) . ' bytes are too many';
    }
}
nobody_hears('and nobody hears them');
my $longest = 65_536 - length message(type => NOTIFY,
    route => 'DeskManager.VoiceMessage', payload => '');
is $players[1]->request('DeskManager.VoiceMessage', 'x' x ($longest - 1))
    ->{code}, BAD, 'nor what just fits into a packet';

note 'recordings';
for my $id ('', 'abc', '录音', "\t\"\\\x{1f004}", 'x' x 30_000) {
    $players[1]->notify('DeskManager.RecordingVoice', { fileId => $id });
    is_deeply $_->expect('onRecordingVoice'),
        { uid => $players[1]{uid}, fileId => $id },
        length($id) . ' characters are heard by all' for @players;
}
$players[2]->notify('DeskManager.RecordingVoice', { fileId => undef,
    uid => 1 });
is_deeply $_->expect('onRecordingVoice'), { uid => $players[2]{uid},
    fileId => '' }, 'nothing, by whom it was' for @players;

note 'who hears it';
my $few = $daemon->table(players => [ $daemon->players(2) ]);
is $joined->request('DeskManager.Join', { deskId => $few->no })->{code}, 0,
    'one has joined, but not come in';
$joined->notify('DeskManager.VoiceMessage', 'hello');
is $_->expect_raw('onVoiceMessage'), 'hello', 'he is heard'
    for $few->players;
fence($joined);
ok $joined->hears_nothing_of('onVoiceMessage'), 'and hears nothing';
$players[0]->notify('DeskManager.VoiceMessage', 'far');
all_hear('far', 'another desk hears its own');
fence($_) for $few->players;
ok $_->hears_nothing_of('onVoiceMessage'), 'and this one nothing'
    for $few->players;

note 'a moment away';
$table->ready;
$table->reach('playing');
$table->news;
for my $i (0 .. 3) {
    my $player = $players[$i];
    is $player->request('DeskManager.Resume')->{code}, NOT_NOW,
        'who has not paused does not resume';
    $player->notify('DeskManager.Pause', 'anything');
    is $player->request('DeskManager.Pause')->{code}, NOT_NOW,
        'who has does not again';
    is_deeply $_, [ [ 'onPlayerOfflineStatus', { uid => $player->{uid},
        offline => $yes } ] ], 'all hear that he is away' for $table->news;
    $player->notify('DeskManager.Resume', '[');
    is_deeply $_, [ [ 'onPlayerOfflineStatus', { uid => $player->{uid},
        offline => $no } ] ], 'and that he is back' for $table->news;
}
$players[0]->notify('DeskManager.Pause', {});
ok $table->go_on, 'who is away may play';
is_deeply +($table->heard(3, 'onGameEnd'))[0], +($table->heard(0,
    'onGameEnd'))[0], 'to the end';
$daemon->stop;

note 'who does not read';
$daemon = sparrow('worker_processes 2;', game => 'send_buffer_limit 128k;');
my $ping = packet(DATA, message(type => REQUEST, id => 1,
    route => 'Echo.Ping', payload => 'y' x 40_000));
for my $where (0, 1) {
    $table   = $daemon->table(mode => 4, on => [ { worker => 0 },
        { worker => 1 }, { worker => $where, rcvbuf => 65_536 }, {} ]);
    @players = $table->players;
    $table->ready;
    $table->reach('playing');
    $table->news;
    my $deaf   = $players[2];
    my @others = @players[ 0, 1, 3 ];
    my $voice  = 'v' x 46_000;
    my $said   = 250;
    $daemon->log_mark;
    for my $n (1 .. $said) {
        $others[ $n % 2 ]->notify('DeskManager.VoiceMessage', $voice);
        $_->expect_raw('onVoiceMessage') for @others;
        next if $n <= $said - 10;
        $others[2]->notify("DeskManager.$_", {}) for qw(Pause Resume);
    }
    fence($_) for @others;
    $daemon->log_unlike(qr/does not read/, 'voices send nobody away');
    is_deeply [ map { $deaf->expect('onPlayerOfflineStatus')->{offline} }
        1 .. 20 ], [ ($yes, $no) x 10 ], 'what is no voice is kept for him';
    my $heard = grep { $_->{route} eq 'onVoiceMessage' }
        splice @{ $deaf->{pushes} };
    cmp_ok $heard, '<', $said, 'of the voices he misses some';
    $others[0]->notify('DeskManager.VoiceMessage', 'again');
    is $_->expect_raw('onVoiceMessage'), 'again', 'and hears them again'
        for @players;
    $table->news;

    splice @{ $table->{players} }, 2, 1;
    $table->wait_until(sub {
        $deaf->send_until_full($ping);
        $table->heard(0, 'onPlayerOfflineStatus') > 20 }, 'his end');
    is_deeply +($table->heard(0, 'onPlayerOfflineStatus'))[-1],
        { uid => $deaf->{uid}, offline => $yes },
        'who asks and does not read is sent away';
    ok $_->is_open, 'the others are not' for $table->players;
    my $port = $deaf->local_port;
    $daemon->log_like(qr/client does not read.*client: 127\.0\.0\.1:$port\b/,
        'and the log tells why');
    splice @{ $table->{players} }, 2, 0, $deaf;
    $table->come_back(2, worker => $where);
    ok $table->go_on, 'and when he is back they play on to the end';
    ok +($table->heard($_, 'onGameEnd'))[0]{isNormalFinished}, 'a normal one'
        for 0 .. 3;
    $_->close for $table->players;
}

done_testing;
