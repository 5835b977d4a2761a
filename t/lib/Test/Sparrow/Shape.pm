package Test::Sparrow::Shape;

# The shapes of messages: which fields a body has and of which JSON types, at
# every depth.  A shape is
#
#     "number" "string" "bool" "null"     of JSON; a number is an integer
#     [SHAPE]                             all elements are like that; [] none
#     { "field": SHAPE, ... }             exactly these fields
#     { "or null": SHAPE }                that, or null
#     { "one of": [SHAPE, ...] }          for whole bodies only
#
# t/captures/shapes.json holds those of the original server, by what they are:
# "push onMoPai", "response DeskManager.Join".  It is made of recorded
# conversations:
#
#     perl -It/lib -MTest::Sparrow::Shape -e make_shapes DIR/*.jsonl

use strict;
use warnings;

use parent 'Exporter';

use B ();
use JSON::PP ();

our @EXPORT = qw(make_shapes read_shapes shape_of why_not);

my $json   = JSON::PP->new->utf8->allow_nonref;
my $pretty = JSON::PP->new->utf8->canonical;

# The shape of a value that was just decoded: using it may change its type.
sub shape_of {
    my ($value) = @_;
    return 'null' if !defined $value;
    return 'bool' if JSON::PP::is_bool($value);
    if (ref $value eq 'HASH') {
        return { map { $_ => shape_of($value->{$_}) } keys %$value };
    }
    if (ref $value eq 'ARRAY') {
        my @shapes = map { shape_of($_) } @$value;
        my $all    = shift @shapes // return [];
        $all = merge($all, $_) for @shapes;
        return [$all];
    }
    my $flags = B::svref_2object(\$value)->FLAGS;
    return 'string' if $flags & B::SVf_POK;
    return $flags & B::SVf_IOK ? 'number' : 'real';
}

sub same { return $pretty->encode([ $_[0] ]) eq $pretty->encode([ $_[1] ]) }

sub or_null {
    my ($shape) = @_;
    return $shape if ref $shape eq 'HASH' && exists $shape->{'or null'};
    return { 'or null' => $shape };
}

sub same_fields {
    my ($a, $b) = @_;
    return keys %$a == keys %$b && !grep { !exists $b->{$_} } keys %$a;
}

# The shape that both have; dies if there is none.
sub merge {
    my ($a, $b) = @_;
    return $a if same($a, $b);
    return or_null($b) if $a eq 'null';
    return or_null($a) if $b eq 'null';
    if (ref $a eq 'ARRAY' && ref $b eq 'ARRAY') {
        return $b if !@$a;
        return $a if !@$b;
        return [ merge($a->[0], $b->[0]) ];
    }
    if (ref $a eq 'HASH' && ref $b eq 'HASH') {
        for my $pair ([ $a, $b ], [ $b, $a ]) {
            my ($one, $other) = @$pair;
            next if !exists $one->{'or null'};
            $other = $other->{'or null'} if exists $other->{'or null'};
            return or_null(merge($one->{'or null'}, $other));
        }
        return { map { $_ => merge($a->{$_}, $b->{$_}) } keys %$a }
            if same_fields($a, $b);
    }
    return or_null(merge($a->{'or null'}, $b))
        if ref $a eq 'HASH' && exists $a->{'or null'};
    return or_null(merge($a, $b->{'or null'}))
        if ref $b eq 'HASH' && exists $b->{'or null'};
    die 'shapes differ: ' . $pretty->encode([ $a, $b ]) . "\n";
}

# Nothing when a value that was just decoded has the shape, else what is wrong.
sub why_not {
    my ($shape, $value, $at) = @_;
    $at //= '';
    if (ref $shape eq 'HASH' && $shape->{'one of'}) {
        my @why = map { why_not($_, $value, $at) // return }
            @{ $shape->{'one of'} };
        return join ' or ', @why;
    }
    if (ref $shape eq 'HASH' && exists $shape->{'or null'}) {
        return if !defined $value;
        return why_not($shape->{'or null'}, $value, $at);
    }
    if (ref $shape eq 'HASH') {
        return "$at is no object" if ref $value ne 'HASH';
        my ($missing) = grep { !exists $value->{$_} } sort keys %$shape;
        return "$at has no $missing" if defined $missing;
        my ($extra) = grep { !exists $shape->{$_} } sort keys %$value;
        return "$at has $extra" if defined $extra;
        for my $field (sort keys %$shape) {
            my $why = why_not($shape->{$field}, $value->{$field},
                "$at.$field");
            return $why if defined $why;
        }
        return;
    }
    if (ref $shape eq 'ARRAY') {
        return "$at is no array" if ref $value ne 'ARRAY';
        return @$value ? "$at is not empty" : undef if !@$shape;
        for my $i (0 .. $#$value) {
            my $why = why_not($shape->[0], $value->[$i], "$at\[$i]");
            return $why if defined $why;
        }
        return;
    }
    my $is = shape_of($value);
    return if $is eq $shape;
    return "$at is " . (ref $is ? $json->encode($is) : $is) . ", not $shape";
}

sub read_shapes {
    my ($path) = @_;
    open my $fh, '<:raw', $path or die "$path: $!\n";
    local $/;
    return $json->decode(readline $fh);
}

# Prints the shapes of what the files have of pushes and responses.
sub make_shapes {
    my %shapes;
    while (my $line = readline ARGV) {
        my $m = $json->decode($line);
        next if ($m->{type} // '') !~ /^(?:push|response)$/;
        my $shape = shape_of($m->{body});
        my $known = $shapes{"$m->{type} $m->{route}"} //= [];
        my ($like) = grep { ref ne 'HASH' || same_fields($_, $shape) } @$known;
        @$known = map { $like && $_ == $like ? merge($_, $shape) : $_ }
            $like ? @$known : (@$known, $shape);
    }
    my @lines = map {
        my @known = sort { $pretty->encode($a) cmp $pretty->encode($b) }
            @{ $shapes{$_} };
        $pretty->allow_nonref->encode($_) . ':'
            . $pretty->encode(@known > 1 ? { 'one of' => \@known } : @known)
    } sort keys %shapes;
    print "{\n", join(",\n", @lines), "\n}\n";
    return;
}

1;
