/*
 * Tiles and the four ways to number them.
 *
 *   id     0..107   one tile of the wall; four of each kind
 *   kind   0..26    id / 4: what is printed on it
 *   suit   0..2     kind / 9: 条 tiao (bamboo), 筒 tong (dots), 万 wan
 *   rank   0..8     kind % 9: the number printed on it, less one
 *   index  1..29    suit * 10 + rank + 1: what clients and records see
 *
 * Three players play with the ids 0..71 (no wan), four with all.
 */

#ifndef GAME_MAHJONG_TILE_H
#define GAME_MAHJONG_TILE_H

#include <stdbool.h>

enum {
    TILES = 108,
    TILES_OF_THREE = 72, /* tiles in a game of three players */
    COPIES = 4,          /* tiles of one kind */
    KINDS = 27,
    SUITS = 3,
    RANKS = 9,
    HAND_TILES = 13,      /* in a hand without melds, waiting */
    HAND_TILES_FULL = 14, /* the same with the tile drawn */
};

enum suit { SUIT_TIAO, SUIT_TONG, SUIT_WAN };

static inline int
tile_kind(int id)
{
    return id / COPIES;
}

static inline int
kind_suit(int kind)
{
    return kind / RANKS;
}

static inline int
kind_rank(int kind)
{
    return kind % RANKS;
}

static inline int
kind_index(int kind)
{
    return kind_suit(kind) * 10 + kind_rank(kind) + 1;
}

static inline int
tile_index(int id)
{
    return kind_index(tile_kind(id));
}

static inline int
tile_suit(int id)
{
    return kind_suit(tile_kind(id));
}

static inline bool
is_index(int index)
{
    return index >= 1 && index <= 29 && index % 10 != 0;
}

/* The index must be one: is_index(). */
static inline int
index_kind(int index)
{
    return index / 10 * RANKS + index % 10 - 1;
}

#endif
