/*
 * A desk as its journal tells it, for who only looks: any process may read,
 * whoever owns the desk, dead or alive.  Nothing is changed, nobody is told.
 *
 * The journal is followed in slices.  The owner may go on meanwhile, and a
 * checkpoint of his may take away records that were not read yet: the reading
 * begins anew with it.
 */
#ifndef GAME_DESK_READ_H
#define GAME_DESK_READ_H

#include <stdint.h>

#include "game/desk/state.h"

struct env;

struct desk_reading {
    uint64_t desk_uid;
    struct desk_state st;  /* after the last record that was read */
    uint64_t first_seq;    /* of the journal; 0: it has no records */
    uint64_t last_seq;     /* the last one that was read */
    uint64_t records;      /* from first_seq on */
    int64_t last_ms;       /* its time, as of a step */
    const char *why;       /* what is wrong with a record ... */
    uint64_t bad_seq;      /* ... with this one */
    unsigned left;         /* of the slice */
    struct desk_step step; /* scratch */
    struct mahjong_events events;
};

void desk_reading_init(struct desk_reading *r, uint64_t desk_uid);

/*
 * Follows at most JOURNAL_SLICE records: 1 there is more, 0 done, -1 it cannot
 * be read (logged), or no further because of r->why.
 */
int desk_reading_go_on(struct desk_reading *r, struct env *shared);

#endif
