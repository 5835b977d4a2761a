#!/usr/bin/perl

# Tokens: who has none, or one that is forged, expired, somebody else's, does
# not get in.

use lib 't/lib';
use Test::Sparrow;

use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);

my $daemon = sparrow('worker_processes 2;', game => 'token_key token.key;');
my ($keys) = grep { -f } map { $daemon->prefix . "/$_" }
    qw(token.key run/token.key conf/token.key);
my ($kid, $hex) = slurp($keys) =~ /^(\S+) ([0-9a-f]{64})$/m;
is +(stat $keys)[2] & 0077, 0, 'only the owner may read the key';

my $ann = $daemon->guest('ann');
my $bob = $daemon->guest('bob');

# A token made here.
sub token {
    my (%t) = (version => 1, kid => $kid, uid => $ann->{uid},
        issued => time, expires => time + 100, secret => pack('H*', $hex), @_);
    my $text = join '.', @t{qw(version kid uid issued expires)};
    return "$text." . encode_base64url(hmac_sha256($text, $t{secret}));
}

# Is that token refused, and whoever brings it kept out?
sub refused {
    my ($token, $name, %claims) = @_;
    my $client = $daemon->client;
    my $login  = { %{ $daemon->login_of($ann) }, token => $token, %claims };
    delete $login->{token} if !defined $token;
    my $answer = $client->request('Manager.Login', $login);
    is $answer->{code}, 1005, "$name: refused";
    is $client->request('DeskManager.UnCompleteDesk')->{code}, 1005,
        'and not in';
    $client->close;
}

sub taken {
    my ($token, $name) = @_;
    my $client = $daemon->client;
    my $answer = $client->request('Manager.Login',
        { %{ $daemon->login_of($ann) }, token => $token });
    is $answer->{acId}, $ann->{uid}, "$name: taken";
    $client->close;
}

taken($ann->{token}, 'the one that was given');
taken(token(), 'one that is made by the page');
like $ann->{token}, qr/^1\.\Q$kid\E\./, 'signed with that key';
my ($issued, $expires) = $ann->{token} =~ /\.(\d+)\.(\d+)\.[^.]+$/;
is $expires - $issued, 21600, 'it lasts six hours';
is $ann->{expires}, $expires, 'and the answer says so';

refused(undef, 'none');
refused('',    'an empty one');
refused($bob->{token}, 'another\'s');
refused($ann->{token}, 'another\'s uid', uid => $bob->{uid});
refused(token(expires => time - 1, issued => time - 100), 'an expired one');
refused(token(secret => 'x' x 32), 'a foreign key');
refused(token(kid => 'other'), 'an unknown key');
refused(token(version => 2), 'another version');
refused(token(uid => "0$ann->{uid}"), 'a zero before the uid');
refused(token(uid => "+$ann->{uid}"), 'a sign before the uid');
refused(token(uid => 2**64 + $ann->{uid}), 'a uid out of range');
refused(token(expires => '9' x 30), 'an end out of range');
refused(token(expires => -1), 'an end before the beginning of time');
refused(substr(token(), 0, -1), 'a signature cut short');
refused(token() . 'A',   'one that is too long');
refused(token() . '=',   'padding');
refused(token() . "\n",  'a newline');
refused(' ' . token(),   'a blank');
refused('x' x 3000, 'a long text');
refused('.' x 50,        'dots');
my $good = token();
my @flipped = grep {
    my $bad = $good;
    substr($bad, $_, 1) ^= "\1";
    my $client = $daemon->client;
    my $answer = $client->request('Manager.Login',
        { %{ $daemon->login_of($ann) }, token => $bad });
    $client->close;
    ($answer->{code} // 0) != 1005 && $_ != length($good) - 1;
} 0 .. length($good) - 1;
is_deeply \@flipped, [], 'one bit is wrong, anywhere';
$daemon->log_unlike(qr/\Q${\ substr $good, -43 }\E/, 'no signature in the log');
$daemon->log_unlike(qr/\Q$hex\E/, 'no key in the log');

# A token of the wrong type.
is $daemon->client->request('Manager.Login',
    { uid => $ann->{uid}, token => 5 })->{code}, 1006, 'a number is no token';

# Kept over a restart; a second key is accepted, the first one signs.
$daemon->stop;
my $second = 'ab' x 32;
spew($keys, "new $second\n$kid $hex\n");
chmod 0600, $keys;
$daemon->restart;
taken($good, 'after a restart');
my $next = $daemon->guest('ann');
like $next->{token}, qr/^1\.new\./, 'the first key signs';
taken($next->{token}, 'the new key');
$daemon->stop;
spew($keys, "new $second\n");
$daemon->restart;
refused($good, 'a key that was dropped');
taken($next->{token}, 'the key that stayed');

# token_expires, and login_token accept.
$daemon = sparrow('', game => 'token_expires 1s; login_token accept;');
$ann = $daemon->guest('ann');
$bob = $daemon->guest('bob');
is $ann->{expires} - time <= 1, 1, 'a short life';
wait_for {
    my $client = $daemon->client;
    my $answer = $client->request('Manager.Login', $daemon->login_of($ann));
    $client->close;
    ($answer->{code} // 0) == 1005;
} 'the end of a token';
my $client = $daemon->client;
my $answer = $client->request('Manager.Login', {
    uid => $ann->{uid}, name => 'Anna', headUrl => 'http://x/y', sex => 2,
    fangka => 7 });
is $answer->{acId}, $ann->{uid}, 'accept believes who brings none';
refused($bob->{token}, 'but a wrong one is refused');

done_testing;
