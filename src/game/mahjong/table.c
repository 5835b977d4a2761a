/*
 * Makes the tables: not by taking every suit apart, but by putting together
 * every choice of at most four sets and at most one pair, and noting at the
 * suit that it makes, and at those that lack one tile of it, what is true.
 */

#include "game/mahjong/table.h"

#include <stdbool.h>

#include "game/mahjong/hand.h"
#include "game/mahjong/tile.h"

enum {
    LOW_VECTORS = 625, /* 5^4 */
    SETS_MAX = 4,
    RUNS = 7, /* 1-2-3 to 7-8-9 */
    SETS = RUNS + RANKS,
};

#define DIGITS UINT32_C(0111111111) /* times n: n of every rank */

struct suit_tables suit_tables;

/* The digits of a number written in base 5, as octal ones. */
static uint32_t
vector_digits(unsigned vector)
{
    uint32_t digits = 0;
    int shift = 0;

    for (; vector > 0; vector /= COPIES + 1, shift += 3)
        digits |= vector % (COPIES + 1) << shift;
    return digits;
}

/*
 * Numbers the ranks 5-9 by their tiles; at_most[n] becomes how many vectors
 * of them have n tiles or less.
 */
static void
make_order(unsigned at_most[HAND_TILES_FULL + 1])
{
    unsigned next = 0;

    for (int n = 0; n <= COPIES * 5; n++) {
        for (unsigned i = 0; i < HIGH_VECTORS; i++) {
            uint32_t high = vector_digits(i);

            if (suit_tiles(high) == n)
                suit_tables.order[high] = next++;
        }
        if (n <= HAND_TILES_FULL)
            at_most[n] = next;
    }
}

static void
make_base(const unsigned at_most[HAND_TILES_FULL + 1])
{
    unsigned next = 0;

    for (unsigned i = 0; i < LOW_VECTORS; i++) {
        uint32_t low = vector_digits(i);
        int tiles = suit_tiles(low);

        if (tiles > HAND_TILES_FULL)
            continue;
        suit_tables.base[low] = next;
        next += at_most[HAND_TILES_FULL - tiles];
    }
}

static void
note(uint32_t suit, uint32_t facts)
{
    uint32_t low = suit & ((1 << LOW_BITS) - 1);

    suit_tables.facts[suit_tables.base[low] +
                      suit_tables.order[suit >> LOW_BITS]] |= facts;
}

/* The ranks of which there are five. */
static uint32_t
fives(uint32_t suit)
{
    return suit >> 2 & suit & DIGITS;
}

/* Six of a rank, or five of two: no suit, not even one tile less. */
static bool
is_too_many(uint32_t suit)
{
    uint32_t five = fives(suit);

    return (suit >> 2 & suit >> 1 & DIGITS) != 0 || (five & (five - 1)) != 0;
}

/*
 * Could a triplet be added without making six of its rank?  To be asked
 * before, as more than seven do not fit in a digit.
 */
static bool
has_room(uint32_t suit, int set)
{
    return set < RUNS || (suit >> 3 * (set - RUNS) & 7) <= 2;
}

/*
 * A suit put together.  With five of a rank it cannot be held, but four can,
 * and wait for the fifth.
 */
static void
note_complete(uint32_t suit, uint32_t facts)
{
    uint32_t five = fives(suit);

    if (five == 0)
        note(suit, facts);
    for (int r = 0; r < RANKS; r++) {
        uint32_t one = suit_one(r);

        if ((suit & 7 * one) != 0 && (five & ~one) == 0)
            note(suit - one, FACT_WAITS << r);
    }
}

static bool
is_1_or_9(int rank)
{
    return rank == 0 || rank == RANKS - 1;
}

/* The tiles of a set; facts loses what is not true of it. */
static uint32_t
set_tiles(int set, uint32_t *facts)
{
    if (set >= RUNS) {
        int rank = set - RUNS;

        if (!is_1_or_9(rank))
            *facts &= ~(uint32_t) FACT_YAOJIU;
        return 3 * suit_one(rank);
    }
    *facts &= ~(uint32_t) FACT_TRIPLETS;
    if (set == 3)
        *facts |= FACT_RUN_456;
    if (set != 0 && set != RUNS - 1)
        *facts &= ~(uint32_t) FACT_YAOJIU;
    return 0111 * suit_one(set);
}

/* Adds up to n more sets, of this number or a higher one each. */
static void
add_sets(uint32_t suit, uint32_t facts, int first, int n)
{
    if (is_too_many(suit))
        return;
    note_complete(suit, facts);
    if (n == 0)
        return;
    for (int set = first; set < SETS; set++) {
        uint32_t with = facts;
        uint32_t tiles = set_tiles(set, &with);

        if (!has_room(suit, set))
            continue;
        add_sets(suit + tiles, with, set, n - 1);
    }
}

void
mahjong_tables_init(void)
{
    const uint32_t all = FACT_YAOJIU | FACT_TRIPLETS;
    unsigned at_most[HAND_TILES_FULL + 1];

    if (suit_facts(0) != 0)
        return;
    make_order(at_most);
    make_base(at_most);
    add_sets(0, FACT_SETS | all, 0, SETS_MAX);
    for (int r = 0; r < RANKS; r++) {
        uint32_t facts = is_1_or_9(r) ? all : FACT_TRIPLETS;

        add_sets(2 * suit_one(r), FACT_PAIR | facts, 0, SETS_MAX);
    }
}

size_t
mahjong_tables_size(void)
{
    return sizeof(suit_tables);
}
