/*
 * The state of a desk, and the steps that make it: a desk is its checkpoint
 * and the steps after it, nothing else.  A step is what one record of the
 * journal says; desk_state_apply() is used for the live desk and for a
 * replay, and gives the same state byte for byte.
 *
 * Beside the rules (mahjong/) the state has what belongs to the service: who
 * speaks for each seat and how far his messages are applied, who hears the
 * desk, what players are called, what the store knows of the desk.
 */
#ifndef GAME_DESK_STATE_H
#define GAME_DESK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "game/mahjong/action.h"
#include "game/mahjong/event.h"

struct journal_record;

enum { DESK_NAME = 64, DESK_URL = 256, DESK_IP = 48 };

struct desk_profile {
    char name[DESK_NAME];
    char head_url[DESK_URL];
    char ip[DESK_IP];
    uint8_t sex;
    uint8_t zero[7];
};

struct desk_seat {
    uint64_t session; /* who speaks for it; 0: nobody */
    uint64_t cseq;    /* his last message that is applied */
    /*
     * Who spoke for it when it was dropped, and his last message: he may
     * live, and what he has said come again.  0 when he has entered since,
     * or another speaks for it.
     */
    uint64_t dropped, dropped_cseq;
    uint8_t entered; /* he is in the group that hears the desk */
    uint8_t zero[7];
    struct desk_profile profile;
};

struct desk_state {
    struct mahjong_desk rules;
    struct desk_seat seat[MAHJONG_SEATS];
    uint64_t seq;      /* of the last step, from 1 */
    int64_t opened_ms; /* when the desk was made */
    int64_t dealt_ms;  /* ... when the running round was dealt */
    /* ... when each seat was asked last: for what mahjong_owes() says */
    int64_t asked_ms[MAHJONG_SEATS];
    /*
     * The number of each seat's last hint in the running round: the seq of the
     * step that asked.  0: none.
     */
    uint64_t hint_seq[MAHJONG_SEATS];
    uint64_t record_id; /* of the desk in the store; 0: none yet */
    uint8_t done;       /* rounds that are finished, void ones left out */
    uint8_t saved;      /* of these, how many the store has saved */
    uint8_t zero[2];
    /* what it costs, as it was said when it was made, and 1; 0: made by a
     * daemon that did not keep it */
    uint32_t price;
};

/* Numbers in the journal: never reused. */
enum desk_step_kind {
    DESK_CHECKPOINT = 1, /* the whole state; only first or between rounds */
    DESK_ACTION,         /* one of the rules' */
    DESK_ENTER,          /* a connection begins to hear the desk */
    DESK_RESUME,         /* ... comes back from a pause */
    DESK_DROP,           /* ... is gone */
    DESK_OPENED,         /* the store has taken the cards */
};

enum desk_enter {
    DESK_ENTER_FIRST = 1, /* ClientInitCompleted */
    DESK_ENTER_AGAIN,     /* the same, of one who re-enters: no push */
    DESK_ENTER_BACK,      /* ReJoin, ReEnter */
};

struct desk_step {
    uint8_t kind;
    uint8_t seat;     /* whose session it is; MAHJONG_NOBODY */
    int64_t time_ms;  /* of the daemon's clock: loop_clock_ms() */
    uint64_t session; /* whose message caused it; 0: nobody's */
    uint64_t cseq;
    struct mahjong_action action; /* ACTION */
    struct desk_profile profile;  /* ACTION: OPEN, SIT */
    uint32_t price;               /* ACTION: OPEN, as in the state */
    uint8_t enter;                /* ENTER: desk_enter */
    bool destroy;                 /* ACTION: LEAVE that says isDestroy */
    bool personal;                /* OPENED: the creator paid */
    uint64_t record_id;           /* OPENED */
    int64_t balance;              /* OPENED: what he has left */
    bool news; /* all hear of it though it changes nothing; not recorded */
};

/* Does a player leave his seat by it? */
static inline bool
desk_step_is_leave(const struct desk_step *step)
{
    return step->kind == DESK_ACTION && step->action.type == MAHJONG_LEAVE;
}

/*
 * Returns MAHJONG_OK, or the violation: then nothing has changed and there
 * are no events.
 */
enum mahjong_violation desk_state_apply(struct desk_state *st,
                                        const struct desk_step *step,
                                        struct mahjong_events *events);

/* The seat of a player, MAHJONG_NOBODY if he has none. */
unsigned desk_seat_of(const struct desk_state *st, uint64_t uid);

/* Can a checkpoint be taken now? */
bool desk_can_checkpoint(const struct desk_state *st);

/* For whom the server plays already is not waited for longer than that. */
enum {
    DESK_TRUSTEE_MS = 3000, /* he is there, and may take over again */
    DESK_AWAY_MS = 1000,
};

/*
 * When the server has to play for a seat, of the clock of time_ms; 0: not at
 * all.  It follows from the records alone, so it is the same whoever replays
 * them.
 */
int64_t desk_turn_deadline(const struct desk_state *st, unsigned seat);

/*
 * The step as data of its record, appended to out.  For a CHECKPOINT the data
 * is that of the state.
 */
void desk_step_encode(struct buf *out, const struct desk_step *step,
                      const struct desk_state *st);

/*
 * Applies a record to the state (the first must be an OPEN or a CHECKPOINT on
 * a zeroed state) and checks its hash.  Returns NULL, or what is wrong with
 * it.
 */
const char *desk_state_replay(struct desk_state *st,
                              const struct journal_record *record,
                              struct desk_step *step,
                              struct mahjong_events *events);

/* Of all but what a seat remembers of a drop: records that are older than
 * that lead to the same hash. */
uint32_t desk_state_hash(const struct desk_state *st);

#endif
