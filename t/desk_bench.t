#!/usr/bin/perl

# sparrow-bench play: whole matches over each kind of server, with players who
# drop and come back, or are played for meanwhile; it tells when something is
# wrong.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Proc qw(reap spawn);

my $bench  = $ENV{SPARROW_BENCH} // 'objs/san/sparrow-bench';
my $daemon = sparrow('worker_processes 2;', xxtea => 1, tls => 1,
    servers => ['listen 127.0.0.1:{{hasty}}; turn_timeout 40ms;']);

# (exit status, what it printed)
sub play {
    my (@args) = @_;
    my $output = $daemon->prefix . '/play';
    my $pid    = spawn({ output => $output }, $bench, 'play', '-q', @args,
        '127.0.0.1:' . $daemon->port('http'));
    my $status;
    wait_for { defined($status = reap($pid)) } "the end of play @args";
    return ($status >> 8, slurp($output));
}

my %at = map { $_ => '127.0.0.1:' . $daemon->port($_) } qw(game xxtea tls hasty);
for my $case (
    [ 'plain', '--game', $at{game}, '--rounds', 4 ],
    [ 'three players', '--game', $at{game}, '--mode', 3 ],
    [ 'xxtea', '--game', $at{xxtea}, '--xxtea', '7AEC4MA152BQE9HWQ7KB' ],
    [ 'tls', '--game', $at{tls}, '--tls' ],
    [ 'chaos', '--game', $at{game}, '--rounds', 4, '--chaos' ],
    [ 'played for', '--game', $at{hasty}, '--rounds', 4, '--chaos' ]) {
    my ($name, @args) = @$case;
    my ($status, $text) = play(@args, '--desks', 3, '-n', 6);
    is $status, 0, "$name: all was right" or diag $text;
    like $text, qr/^play: 6 matches of \d rounds, 0 given up/m, 'six matches';
}

# A record says everything but the token.
my $record = $daemon->prefix . '/record';
is +(play('--game', $at{game}, '--desks', 1, '-n', 1, '--record', $record))[0],
    0, 'a match is recorded';
my @said = map { $_->{body} // () } map { JSON::PP::decode_json($_) }
    split /\n/, slurp($record);
my @logins = grep { ref eq 'HASH' && exists $_->{token} } @said;
is_deeply [ map { $_->{token} } @logins ], [ ('***') x 4 ],
    'the tokens of four logins are masked';
unlike slurp($record), qr/1\.k1\.\d+\.\d+\.\d+/, 'and are nowhere else';

# Without hidden tiles the bots see what they should not.
my $open = sparrow('', game => 'hidden_tiles off;');
$daemon = $open;
my ($status, $text) = play('--desks', 1, '-n', 1);
is $status, 1, 'tiles that are shown are an error';
like $text, qr/another's tile is shown/, 'which is named';

done_testing;
