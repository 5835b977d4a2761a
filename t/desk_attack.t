#!/usr/bin/perl

# Guests who want to harm others: they flood desks with all that can be sent
# there, at their own and at other people's, within the default limits and
# without any.  Nobody else waits for long, no process dies, shared memory
# stays small, and a match beside it is played to its end.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Codec qw(packet message DATA NOTIFY);

use JSON::PP ();
use Time::HiRes qw(time);

use constant LONGEST => 0.1; # seconds

my $no = JSON::PP::false();

# Records in the journals of all desks.
sub records {
    my ($daemon) = @_;
    my ($left) = grep { $_->{kind} eq 'left' } $daemon->journals;
    return $left->{journal};
}

sub notifies {
    my ($times, @list) = @_;
    return join('', map { packet(DATA, message(type => NOTIFY,
        route => "DeskManager.$_->[0]",
        payload => JSON::PP->new->encode($_->[1] // {}))) } @list) x $times;
}

# Writes as much as the socket takes, of bytes that come again and again.
sub push_more {
    my ($attacker) = @_;
    my $sock = $attacker->{sock};
    $sock->blocking(0);
    $attacker->{left} = $attacker->{bytes} if !length($attacker->{left} // '');
    my $n = syswrite $sock, $attacker->{left};
    substr $attacker->{left}, 0, $n, '' if $n;
    my $answers;
    1 while sysread $sock, $answers, 65536;
    return;
}

# All attack while others ask for echoes; the longest that one of them waits.
sub attack {
    my ($others, $rounds, @attackers) = @_;
    my $longest = 0;
    for my $other ((@$others) x $rounds) {
        push_more($_) for @attackers;
        my $begin = time;
        $other->request_raw('Echo.Ping', 'x') eq 'x' or die "no echo\n";
        my $spent = time - $begin;
        $longest = $spent if $spent > $longest;
    }
    return $longest;
}

for my $limits (1, 0) {
    note $limits ? 'within the limits' : 'without limits';
    my $daemon = sparrow('worker_processes 2;', limits => $limits,
        shared_memory => 'size 16m;');
    my @pids   = sort $daemon->workers;
    my $other  = $daemon->client(worker => 0);
    my $match  = $daemon->table(mode => 3, on => [ map { { worker => 0 } } 0 .. 2 ])
        ->ready;
    my $victim = $daemon->player('the victim', worker => 0);
    my $number = $victim->request('DeskManager.CreateDesk', { version => '1.9.3',
        clubId => -1, options => Test::Sparrow::Table::options() })
        ->{tableInfo}{deskId};
    $victim->notify('DeskManager.ClientInitCompleted', { isReenter => $no });

    my @attackers = map { $daemon->player("attacker $_", worker => 0) } 1 .. 4;
    my %join = (version => '1.9.3', deskId => $number);
    my ($one, $two, $three, $four) = @attackers;
    $_->request('DeskManager.CreateDesk', { version => '1.9.3', clubId => -1,
        options => Test::Sparrow::Table::options() }) for $one, $two;
    $one->{bytes} = notifies(200, ['Pause'], ['Resume']);
    $two->{bytes} = notifies(200, [ 'ClientInitCompleted', { isReenter => $no } ],
        ['Ready'], ['Dissolve'], [ 'DissolveStatus', { result => $no } ]);
    $three->{bytes} = notifies(200, [ 'Join', \%join ],
        [ 'ClientInitCompleted', { isReenter => $no } ],
        [ 'Exit', { isDestroy => $no } ]);
    $four->{bytes} = notifies(200, [ 'Join', { %join, deskId => '000000' } ],
        [ 'ReJoin', { deskId => $number } ], [ 'OpChoose', { optype => 1 } ],
        [ 'VoiceMessage', { words => 'v' x 500 } ]);
    my @longest;
    do {
        push @longest, attack([ $other, $victim ], 200, @attackers);
    } while $longest[-1] > LONGEST && @longest < 3;
    ok $longest[-1] <= LONGEST, 'nobody else waits'
        or diag "waited @longest s";
    cmp_ok records($daemon), '<', 4 * 1200, 'journals stay short';
    is_deeply [ sort $daemon->workers ], \@pids, 'no process dies';
    ok $match->go_on, 'a match beside it is played to its end';
    $_->close for @attackers;
    $victim->{pushes} = [];
    $victim->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() });
    ok $victim->expect('onDissolve'), 'and the desk they wanted is still there';
    $daemon->stop;
}

done_testing;
