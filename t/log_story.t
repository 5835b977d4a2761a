#!/usr/bin/perl

# What the error log tells of a life: at notice what the daemon is, at info who
# comes and goes and what becomes of desks, at debug each message, once where
# the client is and once where the desk is.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Conf qw(make_certificate);

my $daemon = sparrow('worker_processes 2; error_log logs/error.log debug;',
    tls => 1);
my $port = $daemon->port('game');
my $start = $daemon->log;
like $start, qr{\[notice\] \S+ sparrow/\d}, 'the version';
like $start, qr/\[notice\] \S+ running as master with 2 workers/, 'the mode';
like $start, qr/listening on 127\.0\.0\.1:$port: game, serializer json, pipeline none/,
    'a listener of the game';
like $start,
    qr/listening on 127\.0\.0\.1:${\$daemon->port('tls')}: game, ssl, serializer json, pipeline none$/m,
    'one with TLS';
like $start, qr/listening on 127\.0\.0\.1:${\$daemon->port('http')}: http$/m, 'one of HTTP';
like $start, qr/component Manager: Login CheckOrder$/m, 'a component';
like $start, qr/component DeskManager: UnCompleteDesk .*\bReady .*\bRecordingVoice$/m,
    'one with routes of both kinds';
$daemon->log_like(qr/\[notice\] \S+ ready in \d+ ms$/m, 'and how long it took');
is scalar(() = $start =~ /component Manager/g), 1, 'once';

# --- a match

my $table = $daemon->table(round => 1,
    on => [ map { { worker => $_ } } 0, 0, 1, 1 ]);
my @uid = map { $_->{uid} } $table->players;
$table->ready;
ok $table->play, 'a match';
$daemon->log_like(qr/\[info\] .*desk \d+ is over, 1 of 1 rounds/, 'the desk is over');
my $log = $daemon->log;
my $no  = $table->no;
like $log, qr/\[info\] .*uid $_ logged in, .*client: /, 'a login' for @uid;
like $log, qr/\[info\] .*desk $no made by uid $uid[0]: 4 players, 1 rounds, 2 cards/,
    'the desk was made';
like $log, qr/\[info\] .*desk $no: round 1 of 1 is over/, 'its round is over';

sub lines { my ($like) = @_; return scalar(() = $log =~ /\[debug\] .*$like/g) }

for my $i (0 .. 3) {
    for my $route (qw(onMoPai onOpTypeDo onDuanPai onRoundEnd onGameEnd onHint)) {
        my @heard = $table->heard($i, $route);
        is lines(qr/push 0 "$route" uid $uid[$i]: \d+ bytes, /), scalar(@heard),
            "$route of uid $uid[$i], where the client is";
    }
    is lines(qr/notify 0 "DeskManager\.Ready" uid $uid[$i]: \d+ bytes, .*client:/),
        1, 'what is passed on, once';
    is lines(qr/notify 0 "DeskManager\.Ready" uid $uid[$i]: \d+ bytes, .*session:/),
        1, 'what the desk gets, once';
}
cmp_ok lines(qr/push "onMoPai" of desk [0-9a-f]{16} to \d sessions: \{/), '>=',
    scalar($table->heard(0, 'onMoPai')), 'what the desk says';
is lines(qr/push "onGameEnd" of desk/), 1, 'to all at once: one line';
is lines(qr/request \d+ "DeskManager\.CreateDesk" uid $uid[0]: \{/), 1, 'a request';
is lines(qr/response \d+ "DeskManager\.CreateDesk" uid $uid[0]: \{/), 1, 'its response';
is lines(qr/request \d+ "DeskManager\.Join" uid $uid[3]: \{.*client:/), 1,
    'a request that is passed on';
is lines(qr/response \d+ "DeskManager\.Join" uid $uid[3]: \{.*session:/), 1,
    'the response, where it is made';
is lines(qr/response \d+ "" uid $uid[3]: \d+ bytes, /), 1, 'and where it is sent';

# --- logouts

$table->player(0)->close;
$daemon->log_like(qr/\[info\] .*uid $uid[0] logged out: closed by the client/, 'a logout');
my $twice = $daemon->client;
$twice->request('Manager.Login', $daemon->login_of($table->player(1)->{guest}));
$daemon->log_like(qr/\[info\] .*uid $uid[1] logged out: closed by the server/,
    'one of who was kicked');
my $echo = $daemon->client;
is $echo->request_raw('Echo.Ping', 'x'), 'x', 'an answer without a struct';
$daemon->log_like(qr/\[debug\] .*response \d+ "Echo\.Ping" uid 0: 1 bytes/, 'is there, too');
$_->close for $echo, $twice;

# --- singleton mode, TLS, XXTEA

my $single = sparrow('worker_processes 2; master_process off; daemon off;',
    server => 'listen 127.0.0.1:{{game}}; pipeline xxtea abc;');
$single->log_like(qr/running in singleton mode/, 'singleton mode');
$single->log_like(qr/: game, serializer json, pipeline xxtea$/m, 'a pipeline');
$single->log_like(qr/ready in \d+ ms/, 'is ready, too');

done_testing;
