/*
 * The pushes of a step: those of its events, in the order and with the tiles
 * that each seat may know.  The same step on the same state makes the same
 * pushes, so that a replay can make again what a client has missed.
 *
 * Pushes of a step are numbered by `ord`; the numbers do not depend on the
 * audience.
 */
#ifndef GAME_DESK_PUSHES_H
#define GAME_DESK_PUSHES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "game/desk/state.h"

struct arena;

/* Who gets pushes, by seat, as they sat before the step. */
struct desk_audience {
    uint64_t session[MAHJONG_SEATS]; /* 0: nobody */
    uint8_t entered;                 /* bits: the seat is in the group */
    uint8_t open;                    /* bits: its client sees all tiles */
    uint8_t format[MAHJONG_SEATS];   /* enum format: what its client reads */
};

struct desk_pusher {
    const struct desk_state *st; /* after the step */
    struct desk_audience audience;
    uint32_t number;
    struct arena *arena;
    struct buf text; /* scratch of the payloads */
    bool quiet;      /* only who would hear what: payloads are empty */
    uint64_t asks;   /* the number of the hint in the push; 0: it has none */
    /* One push for seats (bits) of `audience`, all of one format; the payload
     * borrows.  Where there are more formats it is called for each. */
    void (*push)(struct desk_pusher *p, unsigned seats, unsigned ord,
                 struct str route, struct str payload);
};

/* The sessions of the seats as they are now; the rest stays as it is. */
void desk_audience_of(struct desk_audience *audience,
                      const struct desk_state *st);

void desk_push_step(struct desk_pusher *p, const struct desk_step *step,
                    const struct mahjong_events *events);

/* The hint that the seat has not answered, again; nothing without one. */
void desk_push_hint(struct desk_pusher *p, unsigned seat);

#endif
