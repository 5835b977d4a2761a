#!/usr/bin/perl

# The lobby: the desk that a player still sits at, and tokens that an operator
# has made void.  No route writes these rows yet, t/lib/rows.c does.

use lib 't/lib';
use Test::Sparrow;

use Test::Sparrow::Rows 'rows';

my $daemon = sparrow('worker_processes 2;');

my %nothing = (deskId => '', createdAt => 0, creator => 0, title => '',
    desc => '', status => 0, round => 0, mode => 0);

# --- a desk

my $ann  = $daemon->player('ann');
my $uid  = $ann->{uid};
my @ask  = ('DeskManager.UnCompleteDesk', {});
is_deeply $ann->request(@ask),
    { exist => JSON::PP::false(), tableInfo => \%nothing }, 'no desk';

ok defined rows($daemon, 'seat', 'run/shared', $uid, 12345), 'a seat';
my $table = {
    deskId => '012345', createdAt => 1700000000, creator => $uid,
    title => '房号: 012345 局数: 2/8',
    desc => '自摸加底 4番封顶 门清中张 全幺九',
    status => 3, round => 2, mode => 4 };
my $seen = $ann->request(@ask);
utf8::decode($_) for values %$table;
is_deeply $seen, { exist => JSON::PP::true(), tableInfo => $table },
    'the desk he sits at';
is_deeply $daemon->player('ann', worker => $_)->request(@ask), $seen,
    "the same on worker $_" for 0, 1;

ok defined rows($daemon, 'stale', 'run/shared', $uid, 12345), 'the number is another desk now';
is_deeply $daemon->player('ann')->request(@ask),
    { exist => JSON::PP::false(), tableInfo => \%nothing }, 'no desk again';

# --- tokens

sub login_code {
    my ($guest) = @_;
    my $answer = $daemon->client->request('Manager.Login',
        $daemon->login_of($guest));
    return $answer->{code} // 0;
}

my $old = $daemon->guest('bob');
is login_code($old), 0, 'a token is taken';
ok defined rows($daemon, 'void', 'data', $old->{uid}), 'an operator makes it void';
is login_code($old), 1005, 'it is taken no more';
my $new = $daemon->guest('bob');
is login_code($new), 0, 'the next one is';
is $new->{uid}, $old->{uid}, 'and the guest is the same';
is login_code($daemon->guest('ann')), 0, 'nobody else is touched';

done_testing;
