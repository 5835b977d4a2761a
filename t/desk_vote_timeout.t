#!/usr/bin/perl

# Votes to dissolve that nobody ends: before the first round and later, with
# the owner killed or replaced in the middle, with other times after a reload.

use utf8;
use lib 't/lib';
use Test::Sparrow;

use JSON::PP ();

my $yes    = JSON::PP::true();
my %closed = (acid => 0, isexit => $yes, exitType => 6, deskPos => 0);
my $daemon = sparrow('worker_processes 2;',
    allow_log => [qr/exited on signal 9/],
    game      => 'dissolve_timeout 2s; dissolve_consent_timeout 1s;',
    servers   => ['listen 127.0.0.1:{{slow}}; dissolve_timeout 1h;',
        'listen 127.0.0.1:{{some}}; dissolve_timeout 1d;
            dissolve_consent_timeout 2s;']);

# The maker of the desk is in the worker 0, its owner, the others in 1; after
# a reload anywhere.
my @workers = (0, 1, 1, 1);

sub table {
    my (%opt) = @_;
    my $server = delete $opt{server} // 'game';
    return $daemon->table(round => 4, %opt, on => [ map {
        { server => $server, defined $_ ? (worker => $_) : () } } @workers ]
    )->settle;
}

sub ask {
    my ($table, $i) = @_;
    $table->player($i)->notify('DeskManager.Dissolve', {});
    $table->wait_heard('onDissolveAgreement');
    return map { ($table->heard($_, 'onDissolveAgreement'))[0]{restTime} }
        0 .. 3;
}

sub consent {
    my ($table, $i) = @_;
    $table->player($i)->notify('DeskManager.DissolveStatus',
        { result => $yes });
    $table->wait_heard('onDissolveStatus');
    return ($table->heard(0, 'onDissolveStatus'))[0]{restTime};
}

# The last words of a desk, to those who are there.
sub is_dissolved {
    my ($table, $route, @who) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    @who = 0 .. 3 if !@who;
    $table->wait_until(sub { !grep { !$table->heard($_, $route) } @who },
        $route);
    my ($end) = $table->heard($who[0], $route);
    is_deeply [ $table->heard($_, $route) ], [$end], "$route, once" for @who;
    if ($route eq 'onDissolve') {
        is_deeply $end, \%closed, 'the desk is closed';
    } else {
        ok !$end->{isNormalFinished}, 'the match is no normal one';
        is_deeply [ map { $_->{score} }
            @{ $end->{roundStats}{scoreChange} } ], [ (0) x 4 ],
            'and the round void';
    }
    is scalar($table->heard($who[-1], 'onDissolveFailure')), 0,
        'nobody has refused';
    my $player = $table->player($who[0]);
    ok !$player->request('DeskManager.UnCompleteDesk')->{exist},
        'the desk is gone';
    $_->close for $table->players;
    return;
}

note 'the time runs out';
{
    my $table = table();
    is_deeply [ ask($table, 1) ], [ (2) x 4 ], 'before the first round';
    is_dissolved($table, 'onDissolve');

    $table = table()->ready;
    $table->reach('playing');
    is_deeply [ ask($table, 2) ], [ (2) x 4 ], 'in the first round';
    is_dissolved($table, 'onGameEnd');

    $table = table()->ready;
    $table->reach($_) for qw(cleaned playing);
    ask($table, 0);
    is_dissolved($table, 'onGameEnd');
}

note 'a consent';
for my $state ('created', 'sorted') {
    my $table = table(server => 'some');
    if ($state ne 'created') {
        $table->ready;
        $table->reach('sorted');
    }
    is_deeply [ ask($table, 1) ], [ (86400) x 4 ], "$state: a day";
    is consent($table, 3), 2, 'a consent makes it two seconds';
    is_dissolved($table, $state eq 'created' ? 'onDissolve' : 'onGameEnd');
}

# A vote whose time began anew with each death, or each reload, would never
# end while they follow each other faster than that.
note 'the owner is killed again and again';
for my $state ('created', 'dealing') {
    my $table = table();
    if ($state ne 'created') {
        $table->ready;
        $table->reach('dealing');
    }
    my $route = $state eq 'created' ? 'onDissolve' : 'onGameEnd';
    ask($table, 2);
    my $killed = 0;
    $table->wait_until(sub {
        return 1 if $table->heard(1, $route);
        my $client = eval { $daemon->client(worker => 0) } or return;
        $daemon->kill_worker($daemon->pid_of($client));
        $killed++;
        0;
    }, $route);
    ok $killed > 0, "killed $killed times, $state: the vote still ends";
    is_dissolved($table, $route, 1, 2, 3);
}

note 'other times';
{
    my $slow = table(server => 'slow');
    is_deeply [ ask($slow, 0) ], [ (3600) x 4 ], 'a vote of an hour';
    my $later = table(server => 'slow')->ready;
    $later->reach('playing');
    $daemon->write_conf(sub {
        s/dissolve_timeout 1h/dissolve_timeout 3s/ or die;
        s/dissolve_timeout 2s/dissolve_timeout 1m/ or die;
    });
    is $daemon->exit_of('-s', 'reload'), 0, 'a reload';
    @workers = (undef) x 4;
    my $new = table(server => 'slow');
    is_deeply [ ask($new, 2) ], [ (3) x 4 ], 'a desk of the new conf';
    is_deeply [ ask($later, 3) ], [ (3600) x 4 ],
        'a desk from before keeps its time, for a vote that comes later';
    is_dissolved($new, 'onDissolve');
    $slow->come_back(3);
    $slow->settle;
    my ($asked) = reverse $slow->heard(3, 'onDissolveAgreement');
    ok $asked->{restTime} > 60, 'and for one that ran';
    is_deeply [ ask(table(), 1) ], [ (60) x 4 ],
        'each server has its own times';

    $_->close for map { $_->players } $slow, $later;
    my $last = table(server => 'slow');
    ask($last, 1);
    my $reloads = 0;
    $last->wait_until(sub {
        return 1 if $last->heard(1, 'onDissolve');
        $reloads++ if $daemon->exit_of('-s', 'reload') == 0;
        0;
    }, 'onDissolve');
    ok $reloads > 0, "$reloads reloads: the vote still ends";
    is_dissolved($last, 'onDissolve');
}

$daemon->log_unlike(qr/is closed: record/, 'every journal could be followed');

done_testing;
