/*
 * The desks that live in this worker.
 *
 * A turn of the loop is a turn of the desks: each action of a player, of a
 * timer or of the store is a step (desk_state.h), applied at once; its record
 * and what players hear of it wait for the end of the turn.  There all
 * records of all desks are committed in one transaction, and only then
 * anything leaves (desk_commit.c).  The transaction looks again whether each
 * desk is still ours: that is the fence.  If it fails the turn is undone: the
 * desks are as they were, nothing was said, requests get 1013, and notifies
 * stay with their gates, which send them again.
 *
 *   desks.c         the table of desks, steps, what follows from them
 *   desk_commit.c   the end of a turn: journal, fence, undo, delivery
 *   desk_load.c     coming back from the journal
 *   desk_resume.c   gates that come back: who missed what
 *   desk_replay.c   the journal once more, in slices, for both
 *   desk_hand_over.c  to another worker, when this one drains
 *   desk_poison.c   what to do about a desk at which workers die
 *   desk_money.c    what the store is asked: cards, rounds, ends
 *   desk_history.c  the rounds that the store has not saved yet
 *   desk_handlers.c what players may ask of a desk
 *   desk_manager.c  the component: what is decided before there is a desk
 */
#ifndef GAME_DESKS_DESK_H
#define GAME_DESKS_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/list.h"
#include "core/slots.h"
#include "event/loop.h"
#include "game/desk/pushes.h"
#include "game/desk/state.h"
#include "game/frames.h"
#include "game/store/op.h"
#include "game/store/shared.h"

struct desk_replay;
struct desks;
struct game;
struct handler;
struct request;

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
    uint64_t ends[MAHJONG_SEATS];
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
    struct buf row_bytes;    /* as it stands in shared memory */
    struct buf history;      /* of rounds that are not saved: desk_history.c */
    uint64_t first_seq;      /* of its journal */
    uint64_t checkpoint_seq; /* the last one */
    uint64_t next_checkpoint;         /* taken in this turn; 0 none */
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
    bool heir;          /* row.owner is another worker, from this turn on */
    uint64_t ends[MAHJONG_SEATS]; /* sessions that are to see its end */
    int64_t attach_ms;            /* deadline for gates; 0 none */
    int64_t retry_ms;             /* to ask the store again; 0 none */
    int64_t held_ms; /* a turn was refused: nothing is due before */
    int64_t end_ms;  /* destroyed: to go at the latest; 0 none */
};

/* A record, a message or a push that waits for the end of the turn. */
struct turn_record {
    struct desk *desk;
    uint64_t seq;
    size_t at, len; /* in turn.bytes */
};

struct turn_message {
    struct desk *desk;
    struct place gate;
    uint64_t session, cseq, mid, asked;
    uint8_t format; /* of its answer */
    bool wants;
    bool gone;
    bool kept;        /* by its gate */
    bool answers;     /* a question */
    bool undone;      /* it comes behind one that was undone */
    struct str route; /* of one that is not kept */
    size_t payload_at, payload_len;
};

struct turn_item {
    struct desk *desk;
    struct bound_item item; /* strings are offsets until it is delivered */
    size_t route_at, payload_at;
};

/* Items for another worker. */
struct turn_frame {
    struct place to;
    uint32_t count;
    struct buf body;
};

#define TURN_LIST(T)                                                          \
    struct {                                                                  \
        struct T *item;                                                       \
        size_t count, cap;                                                    \
    }

struct turn {
    TURN_LIST(turn_record) records;
    TURN_LIST(turn_message) messages;
    TURN_LIST(turn_item) items;
    struct buf bytes;
    bool only_ends; /* no room: only what gives some is written */
};

/* A walk over all desks, a slice at a time. */
/* A desk whose row is bad, one at a time. */
struct desks_damaged {
    uint32_t number; /* 0: none */
    int64_t since_ms;
    bool again; /* it still was in a later walk */
};

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
    unsigned heir;                /* the slot that got the last desk */
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

/* ---- desks.c ---- */

struct desks *desks_create(struct game *game,
                           const struct desk_manager_conf *conf);
void desks_destroy(struct desks *ds);

struct desk *desk_find(struct desks *ds, uint64_t uid);

/* A desk of this worker by its rows; NULL (logged) if it cannot be. */
struct desk *desk_add(struct desks *ds, uint32_t number,
                      const struct shared_desk *row);
void desk_remove(struct desk *desk);

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

/* Sets the timer to what is due first, and does what is due. */
void desk_set_timer(struct desk *desk);

/* What the state asks for beside messages: a deal, the store. */
void desk_go_on(struct desk *desk);

/*
 * Takes a checkpoint if the state allows one now: a journal may only lose
 * what made rounds that are saved.
 */
void desk_take_checkpoint(struct desk *desk);

/* The next round, if everybody is ready for it. */
void desk_deal(struct desk *desk);

/* The hint that a seat has not answered, again; when its gate is attached. */
void desk_hint_again(struct desk *desk, unsigned seat);

/* ---- desk_commit.c ---- */

/* Before the first change of a desk in a turn. */
void desk_touch(struct desk *desk);

void turn_record_add(struct desk *desk, const struct desk_step *step);

/* False: it is not to be done, as it comes behind one that was undone. */
bool turn_message_add(struct desk *desk, const struct bound_message *m,
                      const struct handler *h);

/* The session's gate sends again what was undone. */
void desk_forget_undone(struct desk *desk, uint64_t session);

/* A push or a response for sessions (0: none); kind, seq, ord, mid of item. */
void turn_item_add(struct desk *desk, const struct bound_item *item);

/* The hook at the end of a turn. */
void desks_commit(struct task *t);

/* Delivers one item at once, to whichever worker, and sends the frames. */
void desks_deliver(struct desks *ds, const struct bound_item *item);
void desks_flush(struct desks *ds);

/* The gates of its players look for it themselves. */
void desk_say_moved(struct desk *desk);

void turn_deinit(struct desks *ds);

/* ---- desk_load.c ---- */

/*
 * The desk with this uid, brought back if need be; NULL: not here, or not back
 * yet: then the gate is to ask again, as for a desk that has moved.
 */
struct desk *desk_get(struct desks *ds, uint32_t number, uint64_t uid);

/* Begins to bring back what a predecessor in this slot has left. */
void desks_load_start(struct desks *ds);
void desks_load_turn(struct task *t);
void desks_look_fired(struct timer *t);

/* Goes on with a desk that is loading; the desk once it is back. */
struct desk *desk_load_slice(struct desk *desk);

/*
 * A desk that cannot be played on: it alone is closed.  Its journal is set
 * aside, its cards go back; who called removes it.
 */
#define DESK_DAMAGED_TEXT "its row is damaged"
void desk_close_broken(struct desk *desk, const char *why);

/* The next slices of the replays that wait. */
void desks_replay_turn(struct task *t);

/* ---- desk_resume.c ---- */

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

/* ---- desk_hand_over.c ---- */

/* Begins to give all desks away. */
void desks_hand_over(struct desks *ds);

/* Has a draining worker desks, or may it have some? */
bool desks_are_left(struct desks *ds);
void desk_handed_over(struct desk *desk);

/* ---- desk_poison.c ---- */

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

/* ---- desk_history.c ---- */

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

/* ---- desk_money.c ---- */

/*
 * Asks the store for what is due, if anything; not in a turn that has changed
 * the desk, before that is committed.
 */
void desk_ask(struct desk *desk);

/* What a desk of so many rounds costs, if it is made now. */
int64_t desk_cost(const struct desks *ds, unsigned rounds);

#endif
