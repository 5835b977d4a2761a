#!/usr/bin/perl

# Shared memory without any room: nothing more is written but ends.  Desks end,
# processes start and stop, and with the room that this gives all is well
# again, without a restart.  A long journal goes in slices, and takes nobody's
# time; if the one who deletes it dies, another goes on.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Rows 'rows';

use constant { SIZE => 4 << 20, DESKS => 24 };

my $full   = qr/data\.mdb" is full, raise "size" in "shared_memory"/;
my $daemon = sparrow('worker_processes 2;', shared_memory => 'size 4m;',
    allow_log => [ $full, qr/exited on signal 9/ ]);

sub desk_of {
    my ($player) = @_;
    my $made = $player->request('DeskManager.CreateDesk', { version => '1.9.3',
        clubId => -1, options => Test::Sparrow::Table::options(round => 4) });
    $player->{desk} = $made->{tableInfo}{deskId};
    return $made->{code};
}

# Is a message refused for want of room?  One that is taken has no answer.
sub is_refused {
    my ($player) = @_;
    my $id = $player->send_request('DeskManager.Pause', {});
    $player->notify('DeskManager.Resume', {});
    $player->request('DeskManager.UnCompleteDesk', {}) for 1, 2;
    return grep { $_->{id} == $id && $_->{payload} =~ /"code":1013\b/ }
        @{ $player->{responses} };
}

sub left { return (grep { $_->{kind} eq 'left' } $daemon->journals)[0] }

note 'no room at all';
my @makers = map { $daemon->players(1, worker => $_ % 2) } 0 .. DESKS - 1;
is_deeply [ map { desk_of($_) } @makers ], [ (0) x DESKS ], 'there are desks';
for my $player (@makers) {
    for (1 .. 20) {
        $player->notify("DeskManager.$_", {}) for qw(Pause Resume);
    }
    $player->request('DeskManager.UnCompleteDesk', {});
}
my @all   = @makers;
my $stays = shift @makers;
ok defined rows($daemon, 'ballast', 'run/shared', SIZE), 'ballast';
my $refused = grep { is_refused($stays) } 1 .. 100;
ok $refused, 'what would need room is refused';
$daemon->log_like($full, 'the log names the directive');
my $lines = () = $daemon->log =~ /commit failed/g;
my $pids  = $daemon->workers;
cmp_ok $lines, '<=', $pids + 1, 'each process says so once';
my $again = () = $daemon->log =~ /works again/g;
is $again, 0, 'and not that it works in between';

note 'a worker dies and another starts';
my ($lost) = grep { $_->worker == 1 } @makers;
$daemon->kill_worker($daemon->pid_of($lost));
@makers = grep { $_->worker == 0 } @makers;
$_->close for grep { $_->worker == 1 } @all;
is $daemon->client(worker => 1)->request_raw('Echo.Ping', 'x'), 'x',
    'though there is no room';

note 'desks end';
for my $player (@makers) {
    $player->notify('DeskManager.Exit', { isDestroy => JSON::PP::true() });
    $player->expect('onDissolve');
    $player->expect('onDissolve');
}
pass 'though there is no room';
wait_for { left()->{desks} <= DESKS - @makers } 'the end of their rows';
wait_for { !is_refused($stays) && $daemon->log =~ /works again/ } 'room';
pass 'there is room again, and the log says so';
is $stays->request('DeskManager.UnCompleteDesk', {})->{exist}, JSON::PP::true(),
    'the desk that stayed is as it was';

done_testing;
