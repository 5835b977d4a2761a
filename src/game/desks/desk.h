/*
 * A desk in its owner, and what can be done with it in a turn.
 */
#ifndef GAME_DESKS_DESK_H
#define GAME_DESKS_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/list.h"
#include "event/loop.h"
#include "game/desk/state.h"
#include "game/store/op.h"
#include "game/store/shared.h"

struct bound_message;
struct desk_replay;
struct desks;

enum {
    DESK_ATTACH_MS = 2500,   /* for gates to show their sessions after a death,
                            * and again when they were told */
    DESK_RETRY_MS = 1000,    /* to ask the store again, to try a turn again */
    DESK_END_MS = 10000,     /* for gates to see the end of a desk */
    DESK_LOAD_MS = 2,        /* of a turn, for replays */
    DESK_LOOK_MS = 1000,     /* between two looks for desks of dead slots */
    DESK_ORPHAN_MS = 3000,   /* a slot that is dead for so long stays away */
    DESK_DAMAGED_MS = 5000,  /* an owner sees in it that its row is bad */
    DESK_REFUSED_MS = 60000, /* between two lines that no desks are made */
    /*
     * Records of a journal since its last checkpoint.  A round has some 700
     * at most.  Between rounds a checkpoint is taken after so many; within a
     * round steps that players can repeat without end are refused after so
     * many; a desk that has so many all the same is closed.
     */
    DESK_RECORDS_CHECKPOINT = 512,
    DESK_RECORDS_REPEAT = 2048,
    DESK_RECORDS_MAX = 8192,
    DESK_AGAIN_MAX = 10, /* repeated pushes to a seat in a second */
    DESK_UNDONE = 8,     /* sessions whose messages were undone */
};

/* As it was before the turn. */
struct desk_undo {
    struct desk_state st;
    struct shared_desk row;
    size_t history_len;
    uint8_t open, attached;
    uint8_t format[MAHJONG_SEATS];
    uint64_t end_sessions[MAHJONG_SEATS];
    uint64_t told_seq[MAHJONG_SEATS], told_ord[MAHJONG_SEATS];
    int64_t end_ms;
};

/*
 * A session's messages from cseq on are not done until its gate resumes: it
 * does so within BINDING_PATIENCE_MS, if it is there.
 */
struct desk_undone {
    uint64_t session, cseq;
    int64_t since_ms;
};

/* What the transaction found out about a desk. */
enum desk_verdict {
    DESK_GOOD,
    DESK_FENCED,  /* it is not ours any more */
    DESK_REFUSED, /* who sat down sits, or is logged in, elsewhere by now */
};

struct desk {
    struct desk_state st;
    struct desks *desks;
    struct list all;
    struct desk *next; /* in its hash chain */
    uint32_t number;
    uint64_t uid;
    struct shared_desk row;
    struct buf row_bytes;     /* as it stands in shared memory */
    struct buf history;       /* of rounds that are not saved: history.c */
    uint64_t first_seq;       /* of its journal */
    uint64_t checkpoint_seq;  /* the last one */
    uint64_t next_checkpoint; /* taken in this turn; 0 none */
    uint64_t told_seq[MAHJONG_SEATS]; /* what each seat was told last */
    uint64_t told_ord[MAHJONG_SEATS];
    struct desk_replay *loading; /* not NULL: it is not back yet */
    struct list touched;         /* in desks->touched */
    struct desk_undo *undo;      /* not NULL: touched in this turn */
    uint64_t session, cseq;      /* its last message of the turn; 0 none */
    struct timer timer;
    uint8_t open;                  /* seats that see all tiles */
    uint8_t format[MAHJONG_SEATS]; /* enum format: what their clients read */
    struct {
        int64_t since_ms;
        unsigned count;
    } again[MAHJONG_SEATS]; /* pushes that repeat what has not changed */
    /*
     * Seats whose gate is known to be there and to have heard all so far.
     * Nothing is sent to the others: what they miss they are told when their
     * gate has said what it heard last (desk_resume).
     */
    uint8_t attached;
    uint8_t nudged;  /* not attached in time: their gates were told */
    uint8_t unasked; /* to be asked again when they are attached */
    uint8_t asking;  /* the kind of operation that is under way */
    uint8_t asked_round;
    uint8_t ask_id[STORE_OP_ID];
    uint8_t verdict;    /* enum desk_verdict, of the turn */
    uint8_t unanswered; /* seats whose answers were refused in this turn */
    struct desk_undone undone[DESK_UNDONE];
    unsigned undone_at; /* where the next one goes */
    bool closed;        /* the store knows that it is over */
    bool over;          /* destroyed, and all that is left has been done */
    bool is_damaged;    /* fenced, since its row is bad */
    bool handing_over;  /* row.owner is another worker, from this turn on */
    uint64_t
        end_sessions[MAHJONG_SEATS]; /* sessions that are to see its end */
    int64_t attach_ms;               /* deadline for gates; 0 none */
    int64_t retry_ms;                /* to ask the store again; 0 none */
    int64_t held_ms; /* a turn was refused: nothing is due before */
    int64_t end_ms;  /* destroyed: to go at the latest; 0 none */
};

/* ---- steps.c ---- */

/*
 * What a step says beside its kind; time and seat numbers are filled in.  A
 * step that changes nothing is no record, and only its own player is told
 * again what it asks for.
 */
enum mahjong_violation desk_do(struct desk *desk, struct desk_step *step);

/*
 * Is the step one that players can repeat without end, and is the journal so
 * long that no more of them are taken?
 */
bool desk_is_worn_by(const struct desk *desk, const struct desk_step *step);

/* An action of the rules that nobody sent. */
enum mahjong_violation desk_do_action(struct desk *desk,
                                      struct mahjong_action *action);

/* The seat's gate is not there, or has missed something, whatever becomes of
 * the turn. */
void desk_detach(struct desk *desk, unsigned seat);

/* What the seat's client may see, and what its gate writes to it. */
void desk_set_view(struct desk *desk, unsigned seat, bool open,
                   uint8_t format);

/* The connection of a seat is gone. */
void desk_drop(struct desk *desk, unsigned seat);

/* The hint that a seat has not answered, again; when its gate is attached. */
void desk_hint_again(struct desk *desk, unsigned seat);

/* ---- deal.c ---- */

/* The next round, if everybody is ready for it. */
void desk_deal(struct desk *desk);

/* What the state asks for beside messages: a deal, the store. */
void desk_go_on(struct desk *desk);

/* ---- due.c ---- */

/* Sets the timer to what is due first, and does what is due. */
void desk_set_timer(struct desk *desk);

/*
 * Takes a checkpoint if the state allows one now: a journal may only lose
 * what made rounds that are saved.
 */
void desk_take_checkpoint(struct desk *desk);

/* ---- hand_over.c ---- */

void desk_handed_over(struct desk *desk);

/* ---- poison.c ---- */

/*
 * The desk is in hand until it is let go, with its last message of the turn:
 * a fault of ours counts against it.
 */
void desk_hold(struct desk *desk);
void desks_let_go(struct desks *ds);

/* Has a process died at this message? */
bool desk_is_poison(const struct desk *desk, const struct bound_message *m);

/* So many have died at the desk that it is to be closed unseen. */
bool desk_is_deadly(const struct desk *desk);

/* ---- load.c ---- */

/* Goes on with a desk that is loading; the desk once it is back. */
struct desk *desk_load_slice(struct desk *desk);

/*
 * A desk that cannot be played on: it alone is closed.  Its journal is set
 * aside, its cards go back; who called removes it.
 */
#define DESK_DAMAGED_TEXT "its row is damaged"
void desk_close_broken(struct desk *desk, const char *why);

/* ---- money.c ---- */

/*
 * Asks the store for what is due, if anything; not in a turn that has changed
 * the desk, before that is committed.
 */
void desk_ask(struct desk *desk);

#endif
