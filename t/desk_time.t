#!/usr/bin/perl

# The daemon's clock stands still while the daemon is stopped, also when the
# machine starts again meanwhile: a desk has the time that it had left.  After
# a kill time has gone on.  What another boot left uncleanly is not trusted.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

# The machine's clock is set by a namespace of our own.
sub can_shift {
    return $> == 0 && system(
        'unshare --time --boottime 100 true >/dev/null 2>&1') == 0;
}

plan skip_all => 'nobody but root has a clock of his own' if !can_shift();

# From the next start on the machine seems to run for so many seconds more.
sub shift_clock {
    my ($daemon, $seconds) = @_;
    $daemon->{wrap} = [ qw(unshare --time --boottime), $seconds ];
    return;
}

sub boot_id {
    my ($daemon, $clean) = @_;
    return defined rows($daemon, 'boot', 'run/shared', $clean);
}

# A table in mid-round where a vote runs.
sub voting {
    my ($daemon) = @_;
    my $table = $daemon->table(round => 4)->ready;
    $table->play(until => sub { 5 <= $table->heard(0, 'onMoPai') });
    $table->player(1)->notify('DeskManager.Dissolve', {});
    $table->play(until => sub {
        !grep { !$table->heard($_, 'onDissolveAgreement') } 0 .. 3 });
    return $table;
}

# All come back; what the vote has left, as the last of them is told.
sub all_back {
    my ($table) = @_;
    my $told = $table->heard(3, 'onDissolveAgreement');
    $table->come_back($_) for 0 .. 3;
    $table->play(until => sub {
        $told < $table->heard(3, 'onDissolveAgreement') });
    return +($table->heard(3, 'onDissolveAgreement'))[-1]{restTime};
}

my $year = 365 * 86400;
my $lost = qr/is of another boot and was not closed cleanly/;

note 'a clean stop, and another boot';
{
    my $daemon = sparrow('worker_processes 2;',
        shared_memory => 'size 64m;', allow_log => [qr/exited on signal 9/],
        game => 'desk_lifetime 1h;');
    my $table = voting($daemon);
    for my $seconds ($year, 100, 3 * $year) {
        note "the machine runs for $seconds s more";
        $daemon->stop('QUIT');
        ok boot_id($daemon, 1), 'another boot';
        shift_clock($daemon, $seconds);
        $daemon->restart;
        $daemon->log_unlike($lost, 'what is shared is trusted');
        my $left = all_back($table);
        cmp_ok $left, '<=', 300, 'the vote has no more time than it had';
        cmp_ok $left, '>', 0, 'and it has some';
    }
    $table->player(2)->notify('DeskManager.DissolveStatus',
        { result => JSON::PP::false() });
    ok $table->play, 'the match is played to its end';
    ok $table->heard(0, 'onDissolveFailure'), 'in spite of the vote';

    $table = voting($daemon);
    $daemon->crash;
    shift_clock($daemon, 3 * $year + 301);
    $daemon->restart;
    $daemon->log_unlike($lost, 'after a kill in one boot it is trusted, too');
    my $player = $daemon->player('player-' . $daemon->{player});
    is $player->{uid}, $table->player(3)->{uid}, 'who comes back';
    wait_for { !$player->request('DeskManager.UnCompleteDesk')->{exist} }
        'the end of the vote';
    ok 1, 'finds that the vote has ended meanwhile';
    $daemon->stop;
}

note 'a boot without a clean stop';
{
    my $daemon = sparrow('worker_processes 2;', shared_memory => 'size 64m;',
        allow_log => [qr/exited on signal 9/]);
    my $cards = sub { $daemon->guest('player-1')->{fangka} };
    my $table = voting($daemon);
    is $cards->(), 8, 'the cards are taken';

    $daemon->crash;
    ok boot_id($daemon, 0), 'another boot';
    $daemon->restart;
    $daemon->log_like($lost, 'what was shared is set aside');
    my @bad = glob $daemon->prefix . '/run/shared/data.mdb.bad.*';
    is scalar(@bad), 1, 'and kept';
    $daemon->log_like(qr/1 desks of an earlier life closed, 2 cards returned/,
        'the record is closed');
    my $player = $daemon->player('player-1');
    ok !$player->request('DeskManager.UnCompleteDesk')->{exist},
        'who comes back sits nowhere';
    is $player->request('DeskManager.ReJoin', { deskId => $table->no })->{code},
        -1, 'and is told so';
    is $cards->(), 10, 'the cards are back';
    my ($left) = grep { $_->{kind} eq 'left' } $daemon->journals;
    is $left->{open}, 0, 'no record is open';

    $daemon->stop;
    $daemon->restart;
    is $cards->(), 10, 'and not once more';
    is $daemon->player('player-2')->request('DeskManager.CreateDesk', {
        version => '1.9.3', clubId => -1,
        options => Test::Sparrow::Table::options() })->{code}, 0,
        'its players may play again';
    $daemon->stop;
}

done_testing;
