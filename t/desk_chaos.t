#!/usr/bin/perl

# Many desks, and every 300 ms or so something is killed: a worker, which is
# owner of some desks and gate of players of others, one that is leaving after a
# reload, or the store; and every three seconds a reload.  In the end
# every match has been played, the independent replay of each journal has the
# scores that players were told, cards add up, nothing is left over, and
# nothing died that was not killed here.
#
# SPARROW_CHAOS is the number of blows, SPARROW_TEST_SEED orders them.

use lib 't/lib';
use Test::Sparrow;

use Time::HiRes qw(time);

my $seed  = $ENV{SPARROW_TEST_SEED} // 11;
my $blows = $ENV{SPARROW_CHAOS} // 75;
srand $seed;
note "seed $seed";

my $killed = qr/exited on signal 9|died before it was ready/;
my $daemon = sparrow('worker_processes 3;',
    store         => 'store_timeout 20s;',
    shared_memory => 'journal_keep on; size 256m;',
    allow_log     => [$killed]);

my (@tables, @over, %killed, @guests);
my ($next_blow, $next_reload, $reloads) = (0, time + 3, 0);

# A player in the lobby; what is killed meanwhile is tried again.
sub player {
    my ($guest) = @_;
    return wait_for {
        eval {
            my $player = $daemon->client;
            $player->{uid}   = $guest->{uid};
            $player->{guest} = $guest;
            $player->request('Manager.Login', $daemon->login_of($guest));
            my $desk = $player->request('DeskManager.UnCompleteDesk');
            return leave($player, $desk) if $desk->{exist};
            $player;
        }
    } 'a player in the lobby';
}

# From a desk that was made and never came to be a table.
sub leave {
    my ($player, $desk) = @_;
    $player->notify('DeskManager.ReJoin',
        { deskId => $desk->{tableInfo}{deskId} });
    $player->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() });
    $player->request_raw('Echo.Ping', 'x');
    $player->close;
    return;
}

sub guests {
    return map {
        my $imei = 'chaos-' . ++$daemon->{made};
        wait_for { my $g = eval { $daemon->guest($imei) };
            ref $g && !$g->{code} && $g } 'a guest';
    } 1 .. 4;
}

sub new_table {
    my @four = guests();
    push @guests, @four;
    for (1 .. 20) {
        my $table = eval {
            $daemon->table(round => 1, players => [ map { player($_) } @four ])
        };
        next if !$table;
        $table->ready;
        return $table;
    }
    die "no table stands: $@";
}

# How many desks have come back from their journals so far.
sub recovered {
    my $n = 0;
    $n += $_ for $daemon->log =~ /(\d+) desks are back/g;
    return $n;
}

# One blow; in turn, so that each kind has its share.
sub strike {
    my $kind    = keys(%killed) ? (sort { $killed{$a} <=> $killed{$b} }
        qw(owner gate store))[0] : 'owner';
    my ($table) = grep { !$_->is_over } @tables[ map { rand @tables } 1 .. 20 ];
    return if !$table;
    my @workers = grep { $_->{role} eq 'worker' } $daemon->processes;
    my @leaving = grep { $_->{leaving} } @workers;
    @workers = @leaving if $kind eq 'gate' && @leaving;
    my $pid = $kind eq 'store' ? $daemon->store_pid
        : @workers ? $workers[ rand @workers ]{pid} : undef;
    return if !$pid;
    kill KILL => $pid;
    $killed{$kind}++;
    return;
}

$killed{$_} = 0 for qw(owner gate store);
push @tables, new_table() for 1 .. 30;
my $total = sub { my $n = 0; $n += $_ for values %killed; $n };

Test::Sparrow::Table::play_all(\@tables,
    tick => sub {
        if (time >= $next_blow && $total->() < $blows) {
            strike();
            $next_blow = time + 0.2 + rand 0.2;
        }
        if (time >= $next_reload && $total->() < $blows) {
            $daemon->signal('HUP');
            $reloads++;
            $next_reload = time + 3;
        }
        for my $table (@tables) {
            next if !$table->is_over;
            push @over, $table;
            $_->close for $table->players;
            $table = new_table();
        }
    },
    done => sub {
        return if $total->() < $blows || @over < 100;
        return 1 if recovered() >= 300 || $blows >= 300;
        $blows += 10; # few desks were hit: more of it
        return;
    });
Test::Sparrow::Table::play_all(\@tables,
    done => sub { !grep { !$_->is_over } @tables });
push @over, @tables;
$_->close for map { $_->players } @tables;
note scalar(@over) . ' matches; killed: ' . join ', ',
    map({ "$_ $killed{$_}" } sort keys %killed), "$reloads reloads";

# --- what was told

my (%told, $differ, $unheard);
for my $table (@over) {
    my @ends = map { $table->heard($_, 'onGameEnd') } 0 .. 3;
    $unheard++ if !@ends;
    my %ends = map { join(',', map { "$_->{uid} $_->{totalScore}" }
            @{ $_->{stats} }) => 1 } @ends;
    $differ++ if keys %ends > 1;
    my @late = grep { $_->{late} } $table->players;
    $differ++ if @ends + @late != 4;
    $told{ join ',', map { $_->{uid} } @{ $ends[0]{stats} } } =
        join ',', map { $_->{totalScore} } @{ $ends[0]{stats} } if @ends;
}
is $unheard // 0, 0, 'somebody heard the end of each match';
is $differ // 0, 0, 'all of a table heard the same, and once';

# --- what is there

my @found;
wait_for {
    @found = $daemon->journals;
    my ($left) = grep { $_->{kind} eq 'left' } @found;
    !grep { $left->{$_} } qw(sessions seats desks journal open);
} 'nothing to be left over';
ok 1, 'nothing is left over';
is join('; ', map { $_->{text} } grep { $_->{kind} eq 'bad' } @found), '',
    'no journal is bad';
my @desks = grep { $_->{kind} eq 'desk' } @found;
my %replayed = map { $_->{uids} => $_->{scores} } grep { $_->{done} } @desks;
is_deeply \%replayed, \%told, 'each score equals the replay of its journal';
is scalar(grep { $_->{done} && $_->{saved} ne $_->{scores} } @desks), 0,
    'and the record';
is scalar(grep { $_->{done} && !$_->{dismissed} } @desks), 0,
    'all records are closed';
my %cards = map { $_->{uid} => $_->{cards} } grep { $_->{kind} eq 'user' } @found;
my %paid;
$paid{ (split /,/, $_->{uids})[0] } += 2 for grep { $_->{deals} } @desks;
is_deeply { map { $_->{uid} => $cards{ $_->{uid} } } @guests },
    { map { $_->{uid} => 10 - ($paid{ $_->{uid} } // 0) } @guests },
    'cards were taken once for each match';

# --- what the log says

my $log    = $daemon->log;
my @deaths = $log =~ /exited on signal (\d+)/g;
is scalar(grep { $_ != 9 } @deaths), 0, 'nothing died by itself';
cmp_ok scalar(@deaths), '<=', $total->(), 'nor was anything else killed';
note recovered() . ' desks came back';
cmp_ok scalar(@over), '>=', 100, 'matches enough';
cmp_ok recovered(), '>=', 300, 'recoveries enough';

done_testing;
