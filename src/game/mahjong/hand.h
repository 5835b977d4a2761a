/*
 * A hand: how many tiles of each kind, and what can be read from it.
 *
 * A suit is one number of nine octal digits, the digit of a rank being how
 * many tiles of it there are; the rightmost digit is rank 1.  111 234 55 is
 * 0000021113.  The four copies of a kind need three bits, so a tile is added
 * by one addition, and questions about many ranks at once ("no 1 and no 9",
 * "only pairs") are one mask, written in octal so that it can be read.
 * A suit without tiles is 0: that is also how to ask for 定缺 que.
 *
 * The same struct serves for the tiles of the melds of a player.
 *
 * The functions look suits up in tables: mahjong_tables_init() (table.h) has
 * to be called once before, in the process or in the one it was forked from.
 * They hold for hands of at most 14 tiles with at most four of a kind; others
 * give a meaningless answer, but never a read outside the tables.  Only
 * hand_is_complete() takes five of one kind, because a wait for a fifth copy
 * is a wait (hand_waits).
 */

#ifndef GAME_MAHJONG_HAND_H
#define GAME_MAHJONG_HAND_H

#include <stdbool.h>
#include <stdint.h>

#include "game/mahjong/tile.h"

struct hand {
    uint32_t suit[SUITS]; /* nine octal digits each */
};

/* One tile of a rank. */
static inline uint32_t
suit_one(int rank)
{
    return UINT32_C(1) << 3 * rank;
}

static inline int
hand_count(const struct hand *hand, int kind)
{
    return hand->suit[kind_suit(kind)] >> 3 * kind_rank(kind) & 7;
}

/* At most four of a kind: the caller's business. */
static inline void
hand_add(struct hand *hand, int kind, int n)
{
    hand->suit[kind_suit(kind)] += n * suit_one(kind_rank(kind));
}

/* There must be n of the kind. */
static inline void
hand_remove(struct hand *hand, int kind, int n)
{
    hand->suit[kind_suit(kind)] -= n * suit_one(kind_rank(kind));
}

/*
 * The tiles of a suit, that is the sum of its digits.  They are added in
 * pairs, each a digit in base 64; and 64 is 1 modulo 63, so the remainder is
 * the sum of these.
 */
static inline int
suit_tiles(uint32_t suit)
{
    return ((suit & 0707070707) + (suit >> 3 & 0707070707)) % 63;
}

/* The tiles of a hand. */
int hand_tiles(const struct hand *hand);

/*
 * Is the hand a winning one: sets (runs and triplets) and one pair, or seven
 * pairs?  Any hand of 2, 5, 8, 11 or 14 tiles; melds are not part of it.
 * Que and fan are the caller's business.
 */
bool hand_is_complete(const struct hand *hand);

/*
 * What a hand of 1, 4, 7, 10 or 13 tiles waits for (听牌): bit k is set when
 * one more tile of kind k makes it complete; 0: it does not wait.  A fifth
 * copy counts: a hand that holds all four may wait for one more.
 */
uint32_t hand_waits(const struct hand *hand);

/*
 * The hint for a discard, for a hand of 2, 5, 8, 11 or 14 tiles: bit k of the
 * result is set when discarding kind k leaves the hand waiting, and then
 * waits[k] is what it waits for, as hand_waits() tells it.  The other elements
 * of waits are not written.
 */
uint32_t hand_hints(const struct hand *hand, uint32_t waits[KINDS]);

#endif
