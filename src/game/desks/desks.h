/*
 * The desks that live in this worker.
 *
 * A turn of the loop is a turn of the desks: each action of a player, of a
 * timer or of the store is a step (desk/state.h), applied at once; its record
 * and its pushes wait for the end of the turn.  There all records of all desks
 * are committed in one transaction, and only then anything leaves (commit.c).
 * The transaction looks again whether each desk is still ours: that is the
 * fence.  If it fails the turn is undone: the desks are as they were, nothing
 * was sent, requests get 1013, and notifies stay with their gates, which send
 * them again.
 *
 *   table.c      the desks by their uids
 *   steps.c      what is done at a desk; deal.c: the next round; due.c: what
 *                is due by time
 *   gather.c     what a turn has to write and to send
 *   commit.c     journal, fence, undo; deliver.c: what leaves
 *   load.c       coming back from the journal
 *   resume.c     gates that come back: who missed what
 *   replay.c     the journal once more, in slices, for both
 *   hand_over.c  to another worker, when this one drains
 *   poison.c     what to do about a desk at which workers die
 *   money.c      what the store is asked: cards, rounds, ends
 *   history.c    the rounds that the store has not saved yet
 *
 * Each uses what stands above it in a turn's way (steps, gather, commit,
 * deliver); the one circle is that of what is due: a step sets the timer, the
 * timer asks the store (money.c), and its answer is a step.
 */
#ifndef GAME_DESKS_DESKS_H
#define GAME_DESKS_DESKS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/list.h"
#include "core/slots.h"
#include "event/loop.h"
#include "game/desks/desk.h"
#include "game/desks/turn.h"
#include "game/store/shared.h"

struct arena;
struct component;
struct game;

/* A desk whose row is bad, one at a time. */
struct desks_damaged {
    uint32_t number; /* 0: none */
    int64_t since_ms;
    bool again; /* it still was in a later walk */
};

/* A walk over all desks, a slice at a time. */
struct desks_walk {
    uint32_t from; /* goes on at this number */
    unsigned count, at;
    uint32_t number[SHARED_SLICE]; /* those of the slice that matter */
    uint64_t uid[SHARED_SLICE];
};

struct desks_loading {
    struct desks_walk walk;
    unsigned loaded; /* so far */
    unsigned records;
    int64_t since_ms;
    int64_t used_us;
};

/* Desks that were not made, for want of room. */
struct desks_refused {
    uint64_t count;
    int64_t said_ms; /* when the log was told last that there are such */
    bool said;       /* ... and not yet that it is over */
};

enum {
    DESK_CARD_RULES = 8,
    DESK_CARDS_DEFAULT = 2, /* of a desk whose rounds no rule names */
};

/* card_consume: what a desk of so many rounds costs. */
struct desk_card_rule {
    unsigned rounds;
    int64_t cards;
};

/* The block of DeskManager in the conf. */
struct desk_manager_conf {
    struct desk_card_rule card_rule[DESK_CARD_RULES];
    unsigned card_rules;
};

struct desks {
    struct game *game;
    const struct component *component; /* whose desks they are */
    const struct desk_manager_conf *conf;
    struct list all;
    unsigned count;
    struct desk **by_uid; /* hash: a power of two */
    unsigned by_uid_size;
    struct list touched;
    struct turn turn;
    struct task commit;
    struct task load;
    struct list replays; /* that wait for their next slice */
    struct task replay;
    int64_t replay_ms; /* of the turn */
    int64_t replay_us; /* ... what replays have taken of it */
    struct timer look;
    struct timer hand_over;
    unsigned last_heir;           /* the slot that got the last desk */
    bool looked;                  /* has a drained one looked for more? */
    TURN_LIST(turn_frame) frames; /* to other workers */
    struct desks_loading loading;
    struct desks_walk orphans; /* desks of dead slots */
    struct desks_damaged damaged;
    struct desks_refused refused;
    int64_t dead_ms[SLOT_WORKERS]; /* since when each is; 0: it lives */
    struct buf scratch;
    struct buf data;              /* of the record in hand */
    struct arena *arena;          /* of the turn */
    struct mahjong_events events; /* of the step */
};

/* ---- table.c ---- */

struct desks *desks_create(struct game *game,
                           const struct component *component,
                           const struct desk_manager_conf *conf);
void desks_destroy(struct desks *ds);

struct desk *desk_find(struct desks *ds, uint64_t uid);

/* A desk of this worker by its rows; NULL (logged) if it cannot be. */
struct desk *desk_add(struct desks *ds, uint32_t number,
                      const struct shared_desk *row);
void desk_remove(struct desk *desk);

/* ---- load.c ---- */

/*
 * The desk with this uid, brought back if need be; NULL: not here, or not back
 * yet: then the gate is to ask again, as for a desk that has moved.
 */
struct desk *desk_get(struct desks *ds, uint32_t number, uint64_t uid);

/* Begins to bring back what a predecessor in this slot has left. */
void desks_load_start(struct desks *ds);
void desks_load_turn(struct task *t);
void desks_look_fired(struct timer *t);

/* The next slices of the replays that wait. */
void desks_replay_turn(struct task *t);

/* ---- resume.c ---- */

/* A gate shows a session, and what it heard last. */
void desk_resume(struct desks *ds, struct place gate, uint64_t session,
                 const struct bound_resume *resume);

/* What was sent to a slot may be lost: its gate has to resume. */
void desks_detach(struct desks *ds, struct place gate);

/* A gate has told a session the end of a desk; a gate is no more. */
void desk_end_seen(struct desks *ds, uint64_t session, uint64_t uid);
void desks_gate_died(struct desks *ds, struct place place);

/* Goes on with telling a gate; the replay may be freed. */
void desk_resume_slice(struct desk_replay *r);

/* ---- hand_over.c ---- */

/* Begins to give all desks away. */
void desks_hand_over(struct desks *ds);

/* Has a draining worker desks, or may it have some? */
bool desks_are_left(struct desks *ds);

/* ---- history.c ---- */

/*
 * Takes the events of a step into a history; it belongs to who replays or to
 * a desk.
 */
void desk_history_add(const struct desks *ds, struct buf *history,
                      const struct desk_state *st,
                      const struct desk_step *step,
                      const struct mahjong_events *events);

/* Forgets the rounds that the store has saved. */
void desk_history_trim(struct buf *history, unsigned saved);

/* The round that is to be saved next; without a history only its totals. */
void desk_history_fill(const struct desk *desk, struct store_save_round *args);

/* ---- money.c ---- */

/* What a desk of so many rounds costs, if it is made now. */
int64_t desk_cost(const struct desks *ds, unsigned rounds);

#endif
