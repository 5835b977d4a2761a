#!/usr/bin/perl

# "login_token accept" and players whom the store does not know: what a client
# says it is, is what it is told at login, and what the others see, in whatever
# worker they are.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

my $daemon = sparrow('worker_processes 2;', game => 'login_token accept;');
my ($here, $there) = map { $_->worker } $daemon->client_on_each(2);
my $face = "\x{1f600}";
my $uid  = 9_000_000;

# What it says, and what it is then called.
my @cases = (
    [ 'a name',          { name => "小明$face" },   "小明$face" ],
    [ 'no name',         {},                        undef ],
    [ 'a name with NUL', { name => "ab\0cd" },      'ab' ],
    [ 'a long name',     { name => $face x 20 },    $face x 15 ],
);
my (@players, @answers);
for my $i (0 .. $#cases) {
    my ($name, $said, $called) = @{ $cases[$i] };
    my $client = $daemon->client(worker => $i % 2 ? $there : $here);
    $client->{uid} = $uid + $i;
    my $answer = $client->request('Manager.Login', { uid => $client->{uid},
        headUrl => "http://x/$i", sex => 1 + $i % 2, fangka => 7, %$said });
    is_deeply $answer, { acId => $client->{uid}, fangka => 7,
        nickname => $called // "G$client->{uid}", headURL => "http://x/$i",
        sex => 1 + $i % 2 }, "$name: the answer";
    is_deeply $client->expect('onCoinChange'), { coin => 7 }, 'the cards';
    push @players, $client;
    push @answers, $answer;
}

# The first player hears of all who have come in.
sub all_at {
    my (%opt) = @_;
    my $table = $daemon->table(%opt);
    my $enter;
    $table->wait_until(sub {
        ($enter) = grep { @{ $_->{data} } == $table->players }
            $table->heard(0, 'onPlayerEnter');
    }, 'all of them');
    return @{ $enter->{data} };
}

my @seen = all_at(players => \@players);
for my $i (0 .. $#cases) {
    my ($seen) = grep { $_->{acId} == $players[$i]{uid} } @seen;
    is_deeply { map { $_ => $seen->{$_} } qw(acId nickname headURL sex) },
        { map { $_ => $answers[$i]{$_} } qw(acId nickname headURL sex) },
        "$cases[$i][0]: the others see the same";
}

# By way of ReConnect, too; and a player whom the store knows is as it says.
my $back = $daemon->client(worker => $there);
$back->notify('DeskManager.ReConnect', { uid => $uid + 10, name => '回来',
    headUrl => 'http://y', sex => 2 });
$back->{uid} = $uid + 10;
my $known = $daemon->guest('known');
my $ann   = $daemon->client(worker => $here);
is $ann->request('Manager.Login', { uid => $known->{uid}, name => 'Anna' })
    ->{nickname}, $known->{name}, 'the store knows better';
$ann->{uid} = $known->{uid};
@seen = all_at(players => [ $ann, $back ], mode => 3);
is_deeply [ map { @$_{qw(nickname headURL sex)} } @seen ],
    [ @$known{qw(name headUrl sex)}, '回来', 'http://y', 2 ],
    'so the others see them';

done_testing;
