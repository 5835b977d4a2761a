#!/usr/bin/perl

# Whoever guesses the numbers of desks is soon told nothing any more: Joins
# that come to nothing are limited for a session and for an address.

use lib 't/lib';
use Test::Sparrow;

use Time::HiRes qw(time);

use constant { NONE => 1043, LIMITED => 1030, FULL => -1 };

my $daemon = sparrow('worker_processes 2;');
my ($here, $there) = map { $_->worker } $daemon->client_on_each(2);
my %no_table = (deskId => '', title => '', desc => '',
    map { $_ => 0 } qw(createdAt creator status round mode));

sub try_desk {
    my ($player, $no) = @_;
    return $player->request('DeskManager.Join',
        { version => '1.9.3', deskId => $no });
}

# The codes of so many Joins.
sub codes {
    my ($player, $n, $no) = @_;
    return join ' ', map { try_desk($player, $no)->{code} } 1 .. $n;
}

sub on { return $daemon->players(1, worker => $_[0]) }

sub new_desk {
    my ($player) = @_;
    return $player->request('DeskManager.CreateDesk', { version => '1.9.3',
        clubId => -1, options => Test::Sparrow::Table::options(mode => 3) }
    )->{tableInfo}{deskId};
}

# A number that no desk has.
sub free_number {
    my %taken = map { $_ => 1 } @_;
    my ($free) = grep { !$taken{$_} } 100_000 .. 999_999;
    return "$free";
}

my ($host) = on($here);
my $desk = new_desk($host);
my $none = free_number($desk);

note 'one session';
my ($ann) = on($here);
is codes($ann, 10, '12345'), join(' ', (NONE) x 10),
    'what is no number is no guess';
my $begun = time;
is codes($ann, 5, $none), join(' ', (NONE) x 5), 'five are told';
my $answer = try_desk($ann, $none);
SKIP: {
    skip 'this took too long', 4 if time - $begun > 10;
    is $answer->{code}, LIMITED, 'the sixth is not';
    isnt $answer->{error}, '', 'with a reason';
    is_deeply $answer->{tableInfo}, \%no_table, 'and an empty table';
    is try_desk($ann, $desk)->{code}, LIMITED,
        'the number is not looked at: neither is one that is right';
}
my ($bob) = on($here);
is try_desk($bob, $desk)->{code}, 0, 'another session joins';
is codes($bob, 8, $desk), join(' ', (0) x 8), 'the own desk is no guess';
for (1 .. 8) {
    $bob->notify('DeskManager.Exit', {});
    $bob->expect('onPlayerExit');
    push @{ $bob->{again} }, try_desk($bob, $desk)->{code};
}
is "@{ $bob->{again} }", join(' ', (0) x 8), 'nor is one that is joined';

note 'answers that tell that there is a desk';
my ($cho) = on($here);
is try_desk($cho, $desk)->{code}, 0, 'three sit there';
for my $where ($here, $there) {
    my ($dan) = on($where);
    $begun = time;
    is codes($dan, 5, $desk), join(' ', (FULL) x 5),
        "five times it is full, from worker $where";
    my $code = try_desk($dan, $desk)->{code};
    is $code, LIMITED, 'then nothing is told' if time - $begun < 10;
}
my ($dan) = on($here);
is_deeply $dan->request('DeskManager.ReJoin', { deskId => $desk }),
    $dan->request('DeskManager.ReJoin', { deskId => $none }),
    'ReJoin answers a stranger the same, whether there is a desk or not';

note 'one address';
$begun = time;
my $told = 0;
for (1 .. 15) {
    my ($guesser) = $daemon->players(1, worker => $here,
        from => '127.0.0.7');
    $told += grep { $_ == NONE } split / /, codes($guesser, 5, $none);
    $guesser->close;
}
cmp_ok $told, '>=', 60, 'sixty are told';
cmp_ok $told, '<=', 61 + (time - $begun), 'and one more each second';
my ($eve) = $daemon->players(1, worker => $here, from => '127.0.0.8');
is try_desk($eve, $none)->{code}, NONE, 'another address may ask';

note 'later';
wait_for { try_desk($ann, $none)->{code} == NONE } 'a guess that is answered';
pass 'who has waited may ask again';

done_testing;
