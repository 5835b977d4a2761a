#!/usr/bin/perl

# sparrow-protocol(7) and sparrow-rules(7) against the daemon and its source:
# routes, pushes, endpoints, error codes, and the fields of each payload.
#
# An entry begins with ".It Ic NAME"; a field that it explains is ".Va NAME".

use lib 't/lib';
use Test::Sparrow;

use File::Find;

my %source;
find({ no_chdir => 1, wanted => sub {
    $source{$_} = slurp($_) if /\.[ch]$/ && !m{^src/bench/};
} }, 'src');
cmp_ok scalar keys %source, '>', 100, 'source files';
my $all = join "\n", map { $source{$_} } sort keys %source;

# --- the page

my $page = slurp('man/sparrow-protocol.7');
my (%entries, %text);    # section => names; name => its lines
{
    my ($section, $name);
    for (split /\n/, $page) {
        ($section, $name) = ($1) if /^\.Sh (.+)/;
        $name = undef if /^\.(?:Ss|El)/;
        if (/^\.It Ic (.+)/) {
            $name = $1;
            push @{ $entries{$section} }, $name;
        }
        $text{$name} .= "$_\n" if defined $name;
    }
}
is_deeply [ sort keys %entries ], [qw(HTTP PUSHES REQUESTS)], 'sections with entries';

sub fields_told {
    my ($name) = @_;
    my %told = map { $_ => 1 } ($text{$name} // '') =~ /^\.Va (?:\( )?(\w+)/mg;
    return \%told;
}

# --- routes

my @components = $all =~ /struct component \w+ = \{\s*\.name = "(\w+)"/g;
my $daemon = sparrow('', components => \@components, game => 'heartbeat 30s;');
my @routes;
for (split /\n/, $daemon->log) {
    my ($component, $methods) = /component (\w+):((?: \w+)+)$/ or next;
    push @routes, map { "$component.$_" } split ' ', $methods;
}
cmp_ok scalar @routes, '>', 15, 'routes';
is_deeply [ sort grep { /\./ } @{ $entries{REQUESTS} } ], [ sort @routes ], 'each route has an entry, and each entry a route';

# --- pushes

my %push = map { $_ => 1 } $all =~ /"(on[A-Z]\w*)"/g;
cmp_ok scalar keys %push, '>', 15, 'pushes';
is_deeply [ sort @{ $entries{PUSHES} } ], [ sort keys %push ], 'each push has an entry, and each entry a push';

# --- codes

my ($texts) = $source{'src/game/errors.c'} =~ /\btexts\[\] = \{(.*?)\};/s;
my ($first) = $source{'src/game/errors.h'} =~ /ERROR_UNKNOWN = (\d+),/;
my @codes = map { [ $first++, $_ ] } $texts =~ /"([^"]+)"/g;
cmp_ok scalar @codes, '>', 40, 'codes';
is_deeply [ map { [ split / Ta / ] } $page =~ /^\.It (1\d{3} Ta .+)$/mg ], \@codes, 'each code has its text';
for my $code ($all =~ /\bDESK_[A-Z_]+ = (3000\d)/g) {
    like $page, qr/^\.It $code Ta /m, "code $code";
}

# --- endpoints

my %http;    # endpoint => entry
for (map { slurp($_) } 'conf/api.conf', 'conf/operator.conf') {
    while (/^location (=|\^~) (\S+) \{\s+(\w+);/mg) {
        $http{$3} = $1 eq '=' ? $2 : "$2NUMBER";
    }
}
my %file_of;
for my $file (sort keys %source) {
    my $endpoint = qr/struct http_endpoint \w+ = \{\s*\.name = "(\w+)",\s*\.methods = METHOD_(\w+)/;
    while ($source{$file} =~ /$endpoint/g) {
        $http{$1} = "$2 $http{$1}";
        push @{ $file_of{$file} }, $1;
    }
}
cmp_ok scalar keys %http, '>', 5, 'endpoints';
is_deeply [ sort @{ $entries{HTTP} } ], [ sort values %http ], 'each endpoint has an entry, and each entry an endpoint';
for (sort keys %http) {
    like $text{ $http{$_} }, qr/^Endpoint\n\.Ic \Q$_\E \.$/m, "the entry names $_";
}

# --- the tables of fields

my (%table, %home, %here);    # name => [ name, inner table ]; its file; the same of a file
for my $file (sort keys %source) {
    next if $file =~ /\.h$/;
    while ($source{$file} =~ /^(static )?FIELDS\((\w+),(.*?)\);$/msg) {
        my ($name, $rows, $is_own) = ($2, $3, $1);
        my @rows;
        while ($rows =~ /(FIELD\w*)\(\w+, (\w+)((?:,\s*[\w"]+)*)\)/g) {
            my ($macro, $field, $rest) = ($1, $2, $3);
            my @more = $rest =~ /[\w"]+/g;
            my ($json) = @more ? $more[0] =~ /"(\w+)"/ : $field;
            push @rows, [ $json, $macro =~ /OBJECT|POINTER/ ? $more[1] : undef ];
        }
        is scalar @rows, scalar(() = $rows =~ /\bFIELD\w*\(/g), "rows of $name";
        $here{$file}{$name} = \@rows;
        ($table{$name}, $home{$name}) = (\@rows, $file) if !$is_own;
    }
}

# What a table of the file holds, with the tables inside it but those that
# have an entry.
my (%has_entry, %reached);

sub fields_of {
    my ($file, $name, $names) = @_;
    $file = $home{$name} if !$here{$file}{$name} && $home{$name};
    my $rows = $here{$file}{$name} or die "no table $name";
    $reached{ 0 + $rows } = 1;
    for (@$rows) {
        my ($field, $inner) = @$_;
        $names->{$field} = 1;
        fields_of($file, $inner, $names) if defined $inner && !$has_entry{$inner};
    }
    return $names;
}

# The tables of routes and pushes; these are not beside the name.
my @tables = (
    [ tableInfo => '', 'table_info' ],
    [ onDingQue => '', 'que_choice' ],
    [ onRecordingVoice => '', 'recording_voice' ],
    map {
        my $wanted = $_;
        map { [ $wanted->[0], $_, $wanted->[1] ] } grep { $here{$_}{ $wanted->[1] } } keys %here
    } [ 'ClubManager.ApplyClub', 'apply_failure' ], [ 'DeskManager.UnCompleteDesk', 'uncomplete_failure' ]);
my $method = join '|', map { /\.(\w+)/ } @routes;
for my $file (sort keys %source) {
    for ($source{$file} =~ /struct handler \w+\[\w*\] = \{(.*?)^\};/msg) {
        for (split /(?="(?:$method)")/) {
            my ($name) = /^"(\w+)"/ or next;
            my ($route) = grep { /\.$name$/ } @routes;
            push @tables, map { [ $route, $file, $_ ] } /&(\w+)_fields/g;
        }
    }
    while ($source{$file} =~ /STR\("(on\w+)"\),\s*&(\w+)_fields/g) {
        push @tables, [ $1, $file, $2 ] if $2 ne 'empty';
    }
}
$has_entry{ $_->[2] } = 1 for grep { $_->[0] =~ /^(?:tableInfo|on)/ } @tables;

my %has;
for (@tables) {
    my ($entry, $file, $name) = @$_;
    fields_of($file, $name, $has{$entry} //= {});
}
cmp_ok scalar keys %has, '>', 35, 'payloads';
for my $entry (sort keys %has) {
    is_deeply [ sort keys %{ fields_told($entry) } ], [ sort keys %{ $has{$entry} } ], "the fields of $entry";
}
for my $entry (map { @$_ } @entries{ 'REQUESTS', 'PUSHES' }) {
    is_deeply fields_told($entry), {}, "$entry has no fields" if !$has{$entry};
}

# Of an endpoint all that its file puts and takes.
for my $file (sort keys %file_of) {
    my (%names, %told);
    for (sort keys %{ $here{$file} }, $source{$file} =~ /&(\w+)_fields\b/g) {
        fields_of($file, $_, \%names);
    }
    $names{$_} = 1 for $source{$file} =~ /\\"(\w+)\\":/g;
    %told = (%told, %{ fields_told($http{$_}) }) for @{ $file_of{$file} };
    is_deeply [ sort keys %told ], [ sort keys %names ], "the fields of @{ $file_of{$file} }";
}

for my $file (sort keys %here) {
    # the body of a refusal is told where the codes are
    delete $here{$file}{error_body};
    is_deeply [ grep { !$reached{ 0 + $here{$file}{$_} } } sort keys %{ $here{$file} } ], [], "each table of $file has an entry";
}

# --- the examples

my ($example) = $page =~ /^\.Sh EXAMPLES.*?^\.Bd -literal.*?\n(.+?)^\.Ed/ms;
my $client = $daemon->raw;
my $packets = 0;
for (split /\n(?=[cs])/, $example =~ s/\\&//gr) {
    my ($from, $rest) = /^(client|server) (.+)/s or die $_;
    my $bytes = '';
    $bytes .= defined $1 ? $1 : chr hex $2 while $rest =~ /'(.*?)'|([0-9a-f]{2})/g;
    my (undef, $high, $low) = unpack 'CCn', $bytes;
    is $high << 16 | $low, length($bytes) - 4, "the length in $_";
    $packets++;
    if ($from eq 'client') {
        $client->send_raw($bytes);
    } elsif ($bytes =~ /servertime/) {
        my $packet = $client->read_packet;
        is $packet->{type}, ord $bytes, 'a handshake comes';
        my ($hello, $want) = ($packet->{body}, substr $bytes, 4);
        s/"servertime":\d+|,"worker":\d+//g for $hello, $want;
        is $hello, $want, 'as shown';
    } else {
        is unpack('H*', $client->read_bytes(length $bytes)), unpack('H*', $bytes), "the server sends $_";
    }
}
cmp_ok $packets, '>', 8, 'packets in the example';

# --- the rules

my $rules = slurp('man/sparrow-rules.7');
my %options = map { $_->[0] => 1 } map { @{ $_->{create_options} // [] } } values %here;
is_deeply [ sort $rules =~ /^\.It Va (\w+)$/mg ], [ sort keys %options ], 'the options of a desk';
my $value = $source{'src/game/mahjong/value.c'};
my ($words) = $value =~ /desc_text\[DESCS\] = \{(.*?)\};/s;
my %pattern = $words =~ /\[(DESC_\w+)\] = "([^"]+)"/g;
cmp_ok scalar keys %pattern, '>', 15, 'patterns';
for (sort keys %pattern) {
    like $rules, qr/ Ta \Q$pattern{$_}\E(?: Ta |$)/m, "the pattern $pattern{$_}" if !/GEN/;
}
my %fan = $value =~ /\badd\(&?\w+, (DESC_\w+), (\d)\)/g;
cmp_ok scalar keys %fan, '>', 10, 'patterns of a fixed value';
for (sort keys %fan) {
    my ($told) = $rules =~ / Ta \Q$pattern{$_}\E(?: Ta \+?(\d) Ta .*)?$/m;
    is $told // 1, $fan{$_}, "the fan of $pattern{$_}";
}

done_testing;
