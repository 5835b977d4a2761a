/*
 * Walls: from a 32-byte seed the wall, the dice and the first banker of a
 * round.  Anybody who knows the seed can recompute them in any language:
 *
 *   stream   block(i) = HMAC-SHA-256(key = seed,
 *                                    data = "sparrow wall 1" || i),
 *            i a 32-bit big-endian number counting from 0; the stream is
 *            block(0) || block(1) || ..., read byte by byte.
 *   below(n) (1 <= n <= 256) takes the next byte b of the stream again and
 *            again until b < 256 - 256 % n, then gives b % n.
 *   wall     of L tiles (72 for three players, 108 for four): w[k] = k; for
 *            i = L - 1 down to 1: j = below(i + 1), swap w[i] and w[j].
 *   dice     then dice[0] = 1 + below(6), dice[1] = 1 + below(6).
 *   banker   then banker = below(players).
 *
 * Test vectors: t/unit/wall.c.  A seed is a secret until its round is over:
 * it is never logged.
 */
#ifndef GAME_WALL_H
#define GAME_WALL_H

#include <stdint.h>

enum {
    WALL_SEED_LEN = 32,
    WALL_TILES = 108,
};

struct wall {
    uint8_t tile[WALL_TILES];
    uint8_t len;
    uint8_t dice[2];
    uint8_t banker;
};

/* A seed from the system's randomness; -1 if there is none to be had. */
int wall_seed(uint8_t seed[WALL_SEED_LEN]);

/* For 3 or 4 players; -1 if OpenSSL fails or there are others. */
int wall_make(struct wall *wall, const uint8_t seed[WALL_SEED_LEN],
              unsigned players);

#endif
