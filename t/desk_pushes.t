#!/usr/bin/perl

# Whatever the game says in whole matches and in all that may happen beside
# them has the fields and the types of the original server's messages, no more
# and no less.

use lib 't/lib';
use JSON::PP ();
use Test::Sparrow;
use Test::Sparrow::Shape;

my $json   = JSON::PP->new->utf8->allow_nonref;
my $shapes = read_shapes('t/captures/shapes.json');

# --- where ours differ

# (sparrow) a hint has a number
$shapes->{'push onOpTypeHint'}{hint} = 'number';
# [fixed] the hint of who comes back is his unanswered one, whatever it offers,
# or null
$shapes->{'push onSyncDesk'}{hint} = {
    'or null' => $shapes->{'push onOpTypeHint'} };
# what the client said goes out as it came; the recording has only one
$shapes->{'push onVoiceMessage'} = { words => ['string'] };
# (sparrow) errors that the original does not answer, and Echo; what is done
# looks as it does there
my $error = { code => 'number', error => 'string' };
my $table = $shapes->{'response DeskManager.Join'}{tableInfo};
my %ours = (
    'response DeskManager.Ready'     => $error,
    'response DeskManager.OpChoose'  => $error,
    'response DeskManager.Exit'      => $error,
    'response DeskManager.Resume'    => $error,
    'response DeskManager.DissolveStatus' => $error,
    'response Nope.Nope'             => $error,
    'response DeskManager.UnCompleteDesk' => {
        %$error, exist => 'bool', tableInfo => $table },
);
# not from a desk: an operator's broadcast, over HTTP
my %elsewhere = map { $_ => 1 } 'push onBroadcast';

# --- checking

my (%seen, %failed, %bad);

# What one player heard: [dir, type, route, payload].
sub check_trace {
    my ($trace) = @_;
    for my $m (grep { $_->[0] eq 'recv' } @$trace) {
        my (undef, $type, $route, $payload) = @$m;
        my $name = "$type $route";
        next if $name eq 'response Echo.Ping';
        $seen{$name}++;
        my $body   = $json->decode($payload);
        my $failed = ref $body eq 'HASH' && $body->{code};
        my $shape  = $failed && $ours{$name} || $shapes->{$name};
        $failed{$name}++ if $failed;
        # decoded anew, for a look at a value may change its type
        my $why = $shape ? why_not($shape, $json->decode($payload))
            : 'has no shape';
        $bad{"$name: $why"} //= $payload if defined $why;
    }
    return;
}

my $daemon = sparrow('worker_processes 2;', game => 'deal_seed "pushes";');

sub traced {
    my (%opt) = @_;
    my @traces = map { [] } 1 .. $opt{mode};
    my $table  = $daemon->table(%opt,
        on => [ map { { worker => $_ % 2, trace => $traces[$_] } }
                0 .. $opt{mode} - 1 ]);
    $table->{traces} = \@traces;
    $table->wait_heard('onPlayerEnter');
    return $table;
}

sub leave {
    my ($table, $name) = @_;
    my $n = 0;
    for my $player ($table->players) {
        $player->request_raw('Echo.Ping', 'fence') if !$player->{eof};
        $player->close;
    }
    check_trace($_), $n += @$_ for @{ $table->{traces} };
    ok $n, "$name: $n messages";
    return;
}

my $true  = JSON::PP::true();
my $false = JSON::PP::false();

for my $case (
    [ 'four players', mode => 4, round => 4, maxFan => 16, menqing => $true,
        jiangdui => $true, jiaxin => $true, pengpeng => $true,
        yaojiu => $true ],
    [ 'three players', mode => 3, round => 4, zimo => 'di',
        pinghu => $true ]) {
    my ($name, %opt) = @$case;
    my $desk = traced(%opt);
    $desk->ready;
    ok $desk->play, "$name: a match is played";
    is scalar($desk->heard(0, 'onRoundEnd')), 3, 'three rounds end';
    leave($desk, $name);
}

# Another connection for player i, in the lobby; it is traced as well.
sub log_in_again {
    my ($desk, $i) = @_;
    my $old = $desk->player($i);
    push @{ $desk->{traces} }, [];
    my $new = $daemon->client(worker => $i % 2, trace => $desk->{traces}[-1]);
    $new->{$_} = $old->{$_} for qw(uid guest heard hand);
    $old->close;
    $new->request('Manager.Login', $daemon->login_of($old->{guest}));
    return $desk->{players}[$i] = $new;
}

for my $mode (3, 4) {
    my $desk = traced(mode => $mode);
    my ($ann, $bob, $eve) = $desk->players;
    $ann->request('DeskManager.CreateDesk', { version => '1.9.3',
        clubId => -1, options => Test::Sparrow::Table::options() });
    $ann->request('DeskManager.Join',
        { version => '1.9.3', deskId => $desk->no });
    $ann->request('DeskManager.UnCompleteDesk', {});

    $ann->notify('DeskManager.RecordingVoice', { fileId => 'file-1' });
    $bob->notify('DeskManager.VoiceMessage', { words => [qw(da jia hao)] });
    $desk->wait_heard($_) for qw(onRecordingVoice onVoiceMessage);

    $eve->notify('DeskManager.Pause', {});
    $desk->wait_heard('onPlayerOfflineStatus', 1);
    $eve->notify('DeskManager.Resume', {});
    $desk->wait_heard('onPlayerOfflineStatus', 2);
    $eve->request('DeskManager.Resume', {});

    $bob->notify('DeskManager.Exit', { isDestroy => $false });
    $desk->wait_heard('onPlayerExit');
    $bob->notify('DeskManager.Exit', { isDestroy => $false });
    $desk->wait_until(sub { $desk->heard(1, 'onDissolveSuccess') },
        'onDissolveSuccess');
    $bob->request('DeskManager.ReJoin', { deskId => $desk->no });
    $bob = log_in_again($desk, 1) if $mode == 4; # else as he is
    is $bob->request('DeskManager.Join',
        { version => '1.9.3', deskId => $desk->no })->{code}, 0,
        'who has left may come again';
    $bob->notify('DeskManager.ClientInitCompleted', { isReenter => $false });
    $eve->notify('DeskManager.Ready', {});
    $eve->notify('DeskManager.Exit', { isDestroy => $false });
    $desk->wait_until(sub { 2 == $desk->heard($_, 'onPlayerExit') },
        'the second exit') for 0, 2;
    is scalar($desk->heard(1, 'onDissolve')), 1,
        'who leaves and is not ready hears onDissolve too';
    is scalar($desk->heard(2, 'onDissolve')), 0, '... and who is ready not';
    $ann->notify('DeskManager.Exit', { isDestroy => $true });
    $desk->wait_until(sub { 2 == $desk->heard(0, 'onDissolve') },
        'onDissolve');
    leave($desk, "$mode players, leaving");
}

# A refusal, then everybody consents.
sub dissolve {
    my ($desk, $n, $route) = @_;
    my ($ann, @others) = $desk->players;
    my $asked = $desk->heard(0, 'onDissolveAgreement');
    $ann->notify('DeskManager.Dissolve', {});
    $desk->wait_heard('onDissolveAgreement', $asked + 1);
    $others[0]->notify('DeskManager.DissolveStatus', { result => $false });
    $desk->wait_heard('onDissolveFailure');
    $ann->notify('DeskManager.Dissolve', {});
    $desk->wait_heard('onDissolveAgreement', $asked + 2);
    for my $i (0 .. $#others) {
        $others[$i]->notify('DeskManager.DissolveStatus', { result => $true });
        $desk->wait_heard('onDissolveStatus', $i + 1);
    }
    return $desk->wait_heard($route);
}

for my $mode (3, 4) {
    my $desk = traced(mode => $mode);
    ok dissolve($desk, $mode, 'onDissolve'), 'dissolved before a round';
    leave($desk, "$mode players, dissolved before a round");

    $desk = traced(mode => $mode, round => 4);
    $desk->ready;
    $desk->play(until => sub { 10 <= $desk->heard(0, 'onMoPai') });
    $desk->player(1)->request('DeskManager.OpChoose',
        { optype => 1, idx => 1000 });
    $desk->player(1)->request('DeskManager.Exit', { isDestroy => $false });
    $desk->player(1)->request('DeskManager.DissolveStatus',
        { result => $true });
    ok dissolve($desk, $mode, 'onGameEnd'), 'dissolved in a round';
    my ($end) = $desk->heard(0, 'onGameEnd');
    ok !$end->{isNormalFinished}, 'no normal end';
    leave($desk, "$mode players, dissolved in a round");

    $desk = traced(mode => $mode, round => 4);
    $desk->ready;
    $desk->wait_until(sub { 1 <= $desk->heard(0, 'onRoundEnd') }, 'a round',
        sub { $desk->answer(@_) if $_[1] ne 'onRoundEnd' });
    $desk->wait_heard('onRoundEnd', 1);
    ok dissolve($desk, $mode, 'onGameEnd'), 'dissolved between rounds';
    ($end) = $desk->heard(0, 'onGameEnd');
    is_deeply [ map { $_->{shouPai} } @{ $end->{roundStats}{tiles} } ],
        [ map { [] } 1 .. $mode ], 'nobody holds tiles';
    leave($desk, "$mode players, dissolved between rounds");
}

# Comes back by a new connection, which is traced as well.
sub come_back {
    my ($desk, $i) = @_;
    push @{ $desk->{traces} }, [];
    return $desk->come_back($i, worker => $i % 2,
        trace => $desk->{traces}[-1]);
}

for my $mode (3, 4) {
    my $desk = traced(mode => $mode, round => 4);
    $desk->ready;
    for my $draws (3, 6, 10) {
        $desk->play(until => sub { $draws <= $desk->heard(0, 'onMoPai') });
        come_back($desk, $_) for 1, 2;
    }
    # what is asked while they vote is answered then: a round's end would
    # cancel the vote
    my %asked;
    my $until = sub {
        my ($i, $route, $n) = @_;
        $desk->wait_until(sub { $n <= $desk->heard($i, $route) },
            "$n $route", sub {
                my ($player, @push) = @_;
                $asked{ $player->{uid} } = \@push
                    if $push[0] =~ /^on(?:OpTypeHint|SyncDesk|DuanPai|DingQueHint|RoundEnd)$/;
            });
    };
    $desk->player(0)->notify('DeskManager.Dissolve', {});
    $until->(1, 'onDissolveAgreement', 1);
    come_back($desk, 1);
    $until->(1, 'onDissolveAgreement', 2);
    $desk->player(2)->notify('DeskManager.Pause', {});
    $desk->player(2)->notify('DeskManager.Resume', {});
    $until->(2, 'onDissolveStatus', 2);
    $desk->player(2)->notify('DeskManager.DissolveStatus',
        { result => $false });
    $until->($_, 'onDissolveFailure', 1) for 0 .. $mode - 1;
    for my $player ($desk->players) {
        my $ask = $asked{ $player->{uid} } or next;
        $desk->answer($player, @$ask);
    }
    $_->request('DeskManager.UnCompleteDesk', {}) for $desk->players;
    ok $desk->play, "$mode players: who comes back plays on";
    $desk->player(0)->request('DeskManager.ReJoin', { deskId => $desk->no });
    leave($desk, "$mode players, coming back");
}

{
    my @trace;
    my $ann = $daemon->player('stranger', trace => \@trace);
    $ann->request('Manager.CheckOrder', { orderid => 'none' });
    $ann->request('ClubManager.ApplyClub', { clubId => 123456 });
    $ann->request('DeskManager.Join',
        { version => '1.9.3', deskId => '000000' });
    $ann->request('DeskManager.CreateDesk', { version => '1.9.3',
        clubId => -1, options => { mode => 5 } });
    $ann->request('DeskManager.Ready', {});
    $ann->request('Nope.Nope', {});
    my $nobody = $daemon->client(trace => \@trace);
    $nobody->request('DeskManager.UnCompleteDesk', {});
    $nobody->close;
    $ann->notify('DeskManager.Dissolve', {});
    $ann->expect('onDissolveSuccess');
    $ann->close;
    check_trace(\@trace);
}

is $bad{$_}, undef, $_ for sort keys %bad;
is scalar(keys %bad), 0, 'every message has its shape';
for my $name (sort keys %$shapes) {
    next if $elsewhere{$name};
    ok $seen{$name}, "$name was heard " . ($seen{$name} // 0) . ' times';
}
ok $failed{$_}, "$_ was refused" for sort keys %ours;

done_testing;
