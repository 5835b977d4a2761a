/*
 * A replay of a desk's journal, in slices: when the desk comes back from it,
 * and when a gate is told what its client has missed.  The replay has a state
 * of its own; the desk is only looked at.
 */
#ifndef GAME_DESKS_REPLAY_H
#define GAME_DESKS_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/list.h"
#include "game/desk/pushes.h"
#include "game/desk/state.h"
#include "game/frames.h"

struct desk;

struct desk_replay {
    struct list
        link; /* in desks->replays, while it waits for its next slice */
    struct desk *desk;
    struct desk_pusher pusher;
    struct desk_state st;
    struct desk_step step;
    struct mahjong_events events;
    uint64_t from; /* the next record */
    uint64_t at;   /* the record in hand */
    uint64_t seq;  /* the last one that was good; 0 before the first */
    unsigned records, slices; /* so far */
    const char *why;          /* it went wrong at `at` */
    int64_t until_us;
    /* what is told goes to one session, from behind (seq, ord) of `resume` */
    uint64_t session;
    struct place gate;
    struct bound_resume resume;
    /* the desk is loading: nothing is told, but remembered by seat */
    bool loading;
    uint64_t first_seq, checkpoint_seq;
    struct buf history;
};

enum desk_replay_result {
    DESK_REPLAY_UNREADABLE = -1, /* the journal cannot be read now (logged) */
    DESK_REPLAY_DONE,            /* there are no more records */
    DESK_REPLAY_BAD,             /* record `at` is no good: `why` */
    DESK_REPLAY_MORE             /* the time is up */
};

/* From record `from` on: the first one of the desk, or a checkpoint. */
struct desk_replay *desk_replay_create(struct desk *desk, uint64_t from);
void desk_replay_destroy(struct desk_replay *r);

/*
 * Replays records for what is left of DESK_LOAD_MS in this turn, which all
 * replays share.
 */
enum desk_replay_result desk_replay_run(struct desk_replay *r);

/* It goes on in the next turn, by desk_load_slice() or desk_resume_slice(). */
void desk_replay_later(struct desk_replay *r);

#endif
