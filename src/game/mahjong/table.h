/*
 * What is known of one suit by itself, for every suit of at most 14 tiles.
 *
 * Runs and triplets never cross suits, so a hand is complete when its suits
 * are: each of them sets only, but one with the pair.  What three look-ups
 * tell is put together by hand.c and value.c.
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
    FACT_YAOJIU = 1 << 13,   /* SETS or PAIR, a 1 or 9 in each of them */
    FACT_RUN_456 = 1 << 14,  /* SETS or PAIR, and one run may be 4-5-6 */
    FACT_TRIPLETS = 1 << 15, /* SETS or PAIR, without a run */
};

enum {
    FACT_WAITS_SHIFT = 4,
    FACT_WAITS_MASK = 0777,

    /* The sum of the facts of three suits: two SETS, one PAIR. */
    FACT_COUNT_MASK = 017,
    FACT_COMPLETE = 2 * FACT_SETS + FACT_PAIR,
};

/*
 * Fills the tables; a second call does nothing.  To be called before anything
 * in hand.h and value.h, and before fork(), so that all processes share them.
 */
void mahjong_tables_init(void);

/* The size of all tables in bytes. */
size_t mahjong_tables_size(void);

/* The facts of a suit of at most 14 tiles and at most four of a rank. */
uint32_t suit_facts(uint32_t suit);

#endif
