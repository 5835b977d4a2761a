#!/usr/bin/perl

# So much is said at once that workers drop what waits for one of them: no
# worker dies of it, whatever is numbered is heard once and in order, and
# everybody is served afterwards.

use lib 't/lib';
use Test::Sparrow;
use Test::Sparrow::Codec qw(packet message DATA NOTIFY);

use JSON::PP ();

my $full = qr/does not take its frames/;

# So many desks of players of the first worker, each with so many of another.
sub desks {
    my ($daemon, $desks, $guests) = @_;
    my ($slot, $there) = map { $_->worker } $daemon->client_on_each(2);
    my @makers = $daemon->players($desks, worker => $slot);
    my @guests;
    for my $maker (@makers) {
        my $no = $maker->request('DeskManager.CreateDesk', { clubId => -1,
            version => '1.9.3', options => Test::Sparrow::Table::options() }
        )->{tableInfo}{deskId};
        for my $guest ($daemon->players($guests, worker => $there)) {
            $guest->request('DeskManager.Join', { version => '1.9.3',
                deskId => $no });
            $guest->notify('DeskManager.ClientInitCompleted',
                { isReenter => JSON::PP::false() });
            $guest->expect('onPlayerEnter');
            push @guests, $guest;
        }
    }
    return \@makers, \@guests;
}

sub said {
    my ($client, @notifies) = @_;
    $client->send_raw(join '', map {
        my ($route, $payload) = @$_;
        packet(DATA, message(type => NOTIFY, route => "DeskManager.$route",
            payload => $payload // '{}'));
    } @notifies);
    return;
}

note 'from gates to an owner';
{
    my $daemon = sparrow('worker_processes 2;');
    my ($makers, $guests) = desks($daemon, 32, 3);
    my $owner = $daemon->pid_of($makers->[0]);
    $daemon->halt($owner);
    said($_, map { [ 'VoiceMessage', 'v' x 47_000 ] } 1 .. 3) for @$guests;
    $daemon->wait_log($full);
    $daemon->unhalt($owner);
    is scalar(grep { $_->request_raw('Echo.Ping', 'x') eq 'x' }
        @$makers, @$guests), 4 * 32, 'everybody is served';
    $daemon->stop;
}

note 'from an owner to a gate';
{
    my $daemon = sparrow('worker_processes 2;');
    my ($makers, $guests) = desks($daemon, 20, 1);
    my $gate = $daemon->pid_of($guests->[0]);
    $daemon->halt($gate);
    my $voice = [ 'VoiceMessage', 'v' x 40_000 ];
    for (1 .. 8) {
        said($_, $voice, ['Pause'], $voice, ['Resume']) for @$makers;
    }
    $daemon->wait_log($full);
    $_->request_raw('Echo.Ping', 'x') for @$makers;
    $daemon->unhalt($gate);
    my @wrong;
    for my $guest (@$guests) {
        my $heard = '';
        while (length $heard < 16) {
            my $push = $guest->expect('onPlayerOfflineStatus');
            $heard .= $push->{offline} ? 'P' : 'R';
        }
        push @wrong, $heard if $heard ne 'PR' x 8;
    }
    is "@wrong", '', 'all that is numbered is heard, in order';
    $daemon->stop;
}

done_testing;
