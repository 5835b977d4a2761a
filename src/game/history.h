/*
 * The history of a round in few bytes: the deal, every draw, what players
 * did, who paid whom, the result; all that a snapshot shows (desk/snapshot.h)
 * and nothing that follows from it.  A round takes 300 to 600 bytes.
 *
 * The owner of a desk appends to it event by event (history_add), so it is
 * there when the round ends, costs next to nothing, and is cut back when a
 * turn is undone.  The store keeps the bytes for years: they do not depend
 * on the rules that made them, and whoever reads them trusts nothing.
 *
 *     u8 version (1)  u8 round  u8 players (3, 4)  u8 offline (bits of seats)
 *     u8 banker  u8 dice[2]  varint begin (wall ms)
 *     by seat: u8 n, n tiles
 *     events, the last is the result
 *
 * An event begins with a byte: bits 5-7 what (enum in history.c), 2-4 a
 * number n, 0-1 the seat.
 *
 *     draw (n 1), discard (1), peng, gang, hu (1): n tiles
 *     kong score (n: kind of meld), win score (n: enum mahjong_win):
 *         u8 payers (bits), signed change of the seat, then of each payer
 *     result (n 0): varint end (wall ms), then by seat: signed total, score
 *         after it, rain, wind, fan; u8 banner, waiting << 7; varint descs;
 *         u8 tile won with; u8 n, n tiles
 *
 * A varint is base-128, least significant group first, at most ten bytes; a
 * signed one is zigzag.  The bits of descs are those of enum value_desc.
 */
#ifndef GAME_HISTORY_H
#define GAME_HISTORY_H

#include <stdint.h>

#include "core/buf.h"
#include "game/mahjong/event.h"

/*
 * No round is longer: 55 draws, 72 discards, four melds of each player (at
 * most a peng, a kong on it and what is paid for that), wins, compensations
 * and the result are below 1300 bytes.
 */
enum { HISTORY_MAX = 1536 };

/*
 * Appends the event of that desk (after the step), if it is in a history.  A
 * DEAL begins a round, a ROUND_END that is whole ends it; one that is void
 * leaves the round as it is, without an end.
 */
void history_add(struct buf *out, const struct mahjong_desk *rules,
                 const struct mahjong_event *event, int64_t wall_ms);

struct history {
    uint8_t round, seats;
    uint8_t offline; /* when it was dealt */
    int64_t begin_ms, end_ms;
    struct str rest;    /* not read yet */
    const char *broken; /* what is wrong with it; NULL: nothing so far */
};

/*
 * Begins to read: *deal is the DEAL.  Returns 1, or -1 (h->broken).  Bytes
 * behind the end of the round are left alone.
 */
int history_open(struct history *h, struct str data,
                 struct mahjong_event *deal);

/*
 * The next event, which is DRAW, DO, KONG_SCORE, WIN_SCORE or ROUND_END, with
 * all that it says filled in but the uids.  1; 0 where the bytes end before
 * the ROUND_END; -1 (h->broken) if they are no good.  After the ROUND_END
 * h->rest is what is behind it, and there is no more to ask for.
 */
int history_next(struct history *h, struct mahjong_event *event);

/*
 * Reads up to the end of the first round in `data`: its length in bytes with
 * the ROUND_END in *end, 0 if it has none (yet), -1 if it is no good.
 */
int history_measure(struct history *h, struct str data,
                    struct mahjong_event *end);

#endif
