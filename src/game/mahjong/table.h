/*
 * What is known of one suit by itself, for every suit of at most 14 tiles.
 *
 * Runs and triplets never cross suits, so a hand is complete when its suits
 * are: each of them sets only, but one with the pair.  What three look-ups
 * tell is put together by hand.c and value.c.
 *
 * A suit is nine octal digits (hand.h).  There are 405,350 suits of at most
 * 14 tiles with at most four of a rank, and the facts about one take 16 bits;
 * the way from the digits to the place of the facts is in two halves.  The
 * ranks 5-9 are numbered by how many tiles they have, fewest first (`order`),
 * so that those that go with given ranks 1-4 without exceeding 14 tiles are
 * the first ones.  Hence the facts of all suits with the same ranks 1-4 stand
 * together, from `base` on, without a hole.
 */

#ifndef GAME_MAHJONG_TABLE_H
#define GAME_MAHJONG_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The facts about a suit.  SETS and PAIR are apart by two bits so that the
 * sum of three facts counts both: see FACT_COMPLETE.
 */
enum {
    FACT_SETS = 1 << 0,      /* it is runs and triplets, or empty */
    FACT_PAIR = 1 << 2,      /* it is runs, triplets and one pair */
    FACT_WAITS = 1 << 4,     /* nine bits: one more of rank r and it is either
                                of the two; a fifth copy counts */
    FACT_YAOJIU = 1 << 13,   /* it can be read with a 1 or 9 in each of them */
    FACT_RUN_456 = 1 << 14,  /* it can be read with a run 4-5-6 */
    FACT_TRIPLETS = 1 << 15, /* it can be read without a run */

    FACT_WAITS_SHIFT = 4,
    FACT_WAITS_MASK = 0777,
};

/* The sum of the facts of three suits tells: two SETS and one PAIR. */
enum {
    FACT_COUNT_MASK = 3 * FACT_SETS + 3 * FACT_PAIR,
    FACT_COMPLETE = 2 * FACT_SETS + FACT_PAIR,
};

enum {
    SUIT_VECTORS = 405350, /* suits of at most 14 tiles */
    LOW_BITS = 3 * 4,      /* ranks 1-4 */
    HIGH_BITS = 3 * 5,     /* ranks 5-9 */
    HIGH_VECTORS = 3125,   /* 5^5 */
};

struct suit_tables {
    uint32_t base[1 << LOW_BITS];
    uint16_t order[1 << HIGH_BITS];

    /* Longer than needed, so that no suit at all reads beyond the end. */
    uint16_t facts[SUIT_VECTORS + HIGH_VECTORS];
};

/* Constant after mahjong_tables_init(). */
extern struct suit_tables suit_tables;

/*
 * Fills the tables; a second call does nothing.  To be called before anything
 * in hand.h and value.h, and before fork(), so that all processes share them.
 */
void mahjong_tables_init(void);

/* The size of all tables in bytes. */
size_t mahjong_tables_size(void);

/* The facts of a suit of at most 14 tiles and at most four of a rank. */
static inline uint32_t
suit_facts(uint32_t suit)
{
    uint32_t low = suit & ((1 << LOW_BITS) - 1);
    uint32_t high = suit >> LOW_BITS & ((1 << HIGH_BITS) - 1);

    return suit_tables.facts[suit_tables.base[low] + suit_tables.order[high]];
}

#endif
