/*
 * Actions: all that can happen to a desk, and their bytes for the journal.
 *
 * The encoding is one version byte, one type byte and the fields of that type,
 * numbers of more than a byte as base-128 varints (least significant group
 * first, shortest form only, signed ones zigzag).  Decoding accepts exactly
 * what encoding produces, so that bytes and actions are one to one; whether an
 * action fits the desk is for mahjong_apply() to say.
 *
 * The version of the rules is not among the bytes: whoever keeps them keeps it
 * beside them (store/journal.h), and sets it in an OPEN or CHECKPOINT that was
 * decoded.
 *
 * Version 2 of the bytes is version 1 with the times of the desk behind an
 * OPEN or a CHECKPOINT; what has none is written as version 1, so that
 * journals from before there were times read as ever.
 */
#ifndef GAME_MAHJONG_ACTION_H
#define GAME_MAHJONG_ACTION_H

#include <stddef.h>
#include <stdint.h>

#include "game/mahjong/desk.h"

enum {
    MAHJONG_ACTION_VERSION = 1,
    MAHJONG_ACTION_VERSION_TIMES = 2,
    MAHJONG_ACTION_MAX = 256, /* bytes that any action fits in */
};

enum mahjong_action_type {
    MAHJONG_OPEN = 1, /* a desk is created; the creator takes seat 0 */
    MAHJONG_SIT,      /* a player joins */
    MAHJONG_LEAVE,    /* ... leaves, before the first round only */
    MAHJONG_READY,
    MAHJONG_DEAL,         /* the wall of the next round */
    MAHJONG_SORT,         /* a client has sorted its tiles */
    MAHJONG_QUE,          /* names the suit to do without */
    MAHJONG_CHOOSE,       /* answers a hint */
    MAHJONG_DISSOLVE,     /* asks for a vote */
    MAHJONG_VOTE,         /* consents or refuses */
    MAHJONG_VOTE_TIMEOUT, /* the vote's time is over: counts as consent */
    MAHJONG_TURN_TIMEOUT, /* a seat did not answer: the server plays */
    MAHJONG_EXPIRE,       /* the desk has lived too long */
    MAHJONG_OFFLINE,      /* a player's connection dropped or pauses */
    MAHJONG_ONLINE,
    MAHJONG_CHECKPOINT, /* on an empty desk: what a round inherits */
};

/* A desk between two rounds, or before the first. */
struct mahjong_checkpoint {
    struct mahjong_times times;
    struct mahjong_options options;
    uint8_t rounds, round, banker;
    uint8_t seated, ready, offline, trustee;
    uint8_t voting, vote_by, agreed, consent;
    int64_t vote_deadline_ms;
    int64_t uid[MAHJONG_SEATS];
    int32_t score[MAHJONG_SEATS];
    struct mahjong_stats stats[MAHJONG_SEATS];
};

struct mahjong_action {
    uint8_t type;
    uint8_t seat;
    uint8_t op;   /* CHOOSE: mahjong_op */
    uint8_t que;  /* QUE */
    bool consent; /* VOTE */
    /*
     * CHOOSE: the tile's id; MAHJONG_NO_TILE for anything that is none, as
     * mahjong_tile_id() makes of a client's number.
     */
    uint8_t tile;
    /*
     * DISSOLVE, VOTE, VOTE_TIMEOUT: milliseconds of a clock that never goes
     * back while the desk lives; only differences matter.
     */
    int64_t now_ms;
    int64_t uid;                    /* OPEN, SIT */
    uint32_t version;               /* OPEN, CHECKPOINT: mahjong_version */
    uint8_t rounds;                 /* OPEN */
    struct mahjong_options options; /* OPEN */
    struct mahjong_times times;     /* OPEN */
    /* DEAL: in order of drawing, wall_len tiles */
    uint8_t wall[MAHJONG_WALL];
    uint8_t wall_len;
    uint8_t dice[2];
    uint8_t banker; /* counts in the first round only */
    struct mahjong_checkpoint checkpoint;
};

static inline uint8_t
mahjong_tile_id(int64_t number)
{
    return number >= 0 && number < MAHJONG_WALL ? (uint8_t) number
                                                : MAHJONG_NO_TILE;
}

/* Has a desk times of its own? */
static inline bool
mahjong_has_times(const struct mahjong_times *times)
{
    return times->vote_ms != 0 || times->vote_last_ms != 0 ||
           times->turn_ms != 0;
}

/* Returns the bytes written, 0 if they do not fit in `size`. */
size_t mahjong_action_encode(const struct mahjong_action *action,
                             uint8_t *data, size_t size);

/*
 * Returns the bytes consumed, 0 if more are needed, -1 if they can never be an
 * action.  Fields that the type does not have are zero.
 */
int mahjong_action_decode(struct mahjong_action *action, const uint8_t *data,
                          size_t len);

/*
 * The checkpoint of a desk that is created or cleaned; -1 while a round runs
 * or when the desk is gone.  It stands for all records before the moment it
 * is taken at; the natural one is right after a ROUND_END.
 */
int mahjong_checkpoint(const struct mahjong_desk *desk,
                       struct mahjong_action *action);

#endif
