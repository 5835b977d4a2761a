#!/usr/bin/perl

# Friends play whole matches, wherever they are connected.

use lib 't/lib';
use Test::Sparrow;

my $daemon = sparrow('worker_processes 2;', xxtea => 1, tls => 1);

for my $case (
    [ 'one worker, four players', mode => 4, on => [ map { { worker => 0 } } 1 .. 4 ] ],
    [ 'two workers, four players', mode => 4, round => 4,
        on => [ map { { worker => $_ } } 0, 1, 0, 1 ] ],
    [ 'all others elsewhere', mode => 4,
        on => [ map { { worker => $_ } } 0, 1, 1, 1 ] ],
    [ 'three players, xxtea and TLS', mode => 3, round => 1,
        on => [ {}, { server => 'xxtea' }, { server => 'tls' } ] ]) {
    my ($name, %opt) = @$case;
    note $name;
    my $table = $daemon->table(%opt);
    my $n     = $opt{mode};
    $table->ready;
    ok $table->play, "$name: a match is played to its end";
    my @ends = map { ($table->heard($_, 'onGameEnd'))[0] } 0 .. $n - 1;
    is_deeply $ends[$_], $ends[0], 'all hear the same end' for 1 .. $n - 1;
    ok $ends[0]{isNormalFinished}, 'a normal one';
    my $sum = 0;
    $sum += $_->{totalScore} for @{ $ends[0]{stats} };
    is $sum, 0, 'what some win others lose';
    is scalar($table->heard(0, 'onCoinChange')), 2,
        'the creator hears of his cards';
    for my $player ($table->players) {
        ok !$player->request('DeskManager.UnCompleteDesk')->{exist},
            'the desk is over';
        $player->close;
    }
}

note 'a server that hides no tiles';
{
    my $open  = sparrow('worker_processes 2;', game => 'hidden_tiles off;');
    my $table = $open->table(on => [ map { { worker => $_ } } 0, 1, 0, 1 ])
        ->ready;
    $table->wait_heard('onDuanPai');
    my @deals = map { ($table->heard($_, 'onDuanPai'))[0] } 0 .. 3;
    ok !(grep { $_ < 0 } map { @{ $_->{mjs} } } @{ $deals[0]{accountInfo} }),
        'who made the desk sees all tiles';
    is_deeply $deals[$_], $deals[0], 'and so do the others' for 1 .. 3;
}

done_testing;
