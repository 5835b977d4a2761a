/*
 * A desk: one match of Sichuan mahjong (fight to the end) as a pure state
 * machine.
 *
 * `mahjong_apply(desk, action, events)` is the whole interface: an action is
 * what somebody did (a player, a timer, the one who shuffles), events are what
 * follows from it, in the order in which players hear of it.  There is no
 * clock, no randomness and no allocation in here; the wall and the time come
 * with the actions.  The same actions make the same desk, byte for byte, so a
 * desk can be rebuilt from its journal (action.h).
 *
 * After a replay the desk itself says what is due: a DEAL when all are ready
 * in created or cleaned, a VOTE_TIMEOUT at vote_deadline_ms while voting, an
 * answer of each seat that owes one (mahjong_owes).
 *
 * An action that the rules do not allow returns the violation and changes
 * nothing.  An all-zero desk is the empty one; OPEN or CHECKPOINT must come
 * first.
 *
 * Where the rules are:
 *
 *   desk.c      options, seats, ready, the order of the states, time-outs
 *   round.c     dealing, 定缺, the turn: draw, self-check, discard
 *   claims.c    what a discard lets the others do: hu, 过手胡, peng, 一炮多响
 *   kong.c      the three kongs, 抢杠胡
 *   settle.c    who pays whom: wins, 下雨 刮风, 转雨, compensation (查叫)
 *   ending.c    who waits at the end (花猪), results, statistics, banker
 *   dissolve.c  votes
 *   value.c     what a hand is worth, 海底 to 全幺九
 *   hand.c      complete, waits
 *   view.c      what a seat may know
 */
#ifndef GAME_MAHJONG_DESK_H
#define GAME_MAHJONG_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "game/mahjong/value.h"

enum {
    MAHJONG_SEATS = 4,
    MAHJONG_WALL = 108, /* ids 0..107; three players use 0..71 */
    MAHJONG_HAND = 14,
    MAHJONG_MELDS = 4,
    /* One discard per draw and the banker's first; claimed ones are out. */
    MAHJONG_RIVER = 56,
    MAHJONG_KONGS = 8, /* kongs that one hint can offer */
    MAHJONG_NOBODY = 255,
    MAHJONG_NO_TILE = 255,
    MAHJONG_EVERYBODY = 255,
    MAHJONG_START_SCORE = 1000,
    MAHJONG_VOTE_MS = 300000,      /* unless the desk has its own times */
    MAHJONG_VOTE_LAST_MS = 150000, /* ... */
    MAHJONG_TIME_MAX = 86400000,   /* of each of a desk's times */
};

enum mahjong_zimo {
    MAHJONG_ZIMO_FAN, /* a self-drawn win has one fan more */
    MAHJONG_ZIMO_DI,  /* ... pays one point more */
};

struct mahjong_options {
    uint8_t mode;    /* 3 or 4 players */
    uint8_t max_fan; /* 1..16 */
    uint8_t zimo;
    uint8_t rules; /* enum rule */
};

/*
 * How long the desk waits, in milliseconds.  It is opened with these and keeps
 * them: whoever replays its journal, under whatever configuration, comes to
 * the same desk.
 */
struct mahjong_times {
    uint32_t vote_ms;      /* a vote, from the request; 0: MAHJONG_VOTE_MS */
    uint32_t vote_last_ms; /* from the first consent; 0: .._VOTE_LAST_MS */
    uint32_t turn_ms;      /* for an answer; 0: for ever.  Only kept here */
};

/*
 * Versions of the rules.  A desk keeps the version that it was opened with to
 * the end of its match, and whoever replays an old journal gets what was
 * played.
 */
enum mahjong_version {
    MAHJONG_VERSION_1 = 1,
    /*
     * 转雨: a winner who had paid for the kong pays the other winners, too.
     * 炮王: a tile counts as often as it was won on.
     */
    MAHJONG_VERSION_2,
    MAHJONG_VERSION = MAHJONG_VERSION_2, /* of new desks */
};

/* What clients know as `status`. */
enum mahjong_status {
    MAHJONG_CREATED,
    MAHJONG_DEALING,
    MAHJONG_SORTED,
    MAHJONG_PLAYING,
    MAHJONG_ROUND_OVER,
    MAHJONG_INTERRUPTED,
    MAHJONG_DESTROYED,
    MAHJONG_CLEANED,
};

/* What clients know as `op`; also bits (1 << op) of an offer. */
enum mahjong_op {
    MAHJONG_DISCARD = 1,
    MAHJONG_PENG = 2,
    MAHJONG_GANG = 3,
    MAHJONG_HU = 4,
    MAHJONG_PASS = 5,
};

/* What the players who owe an answer are asked. */
enum mahjong_phase {
    MAHJONG_ASK_NOTHING,
    MAHJONG_ASK_SELF,    /* kong or win with the own tiles, or pass */
    MAHJONG_ASK_DISCARD, /* which tile */
    MAHJONG_ASK_CLAIM,   /* claim the discard */
    MAHJONG_ASK_ROB,     /* win on an added kong */
};

enum mahjong_meld_kind {
    MAHJONG_NO_MELD,
    MAHJONG_TRIPLET,        /* peng */
    MAHJONG_DISCARD_KONG,   /* on a discard, with three in hand */
    MAHJONG_CONCEALED_KONG, /* four in hand */
    MAHJONG_ADDED_KONG,     /* the fourth added to a triplet */
};

/* What clients know as `bannerType` and `huType`. */
enum mahjong_banner {
    MAHJONG_BANNER_NONE,
    MAHJONG_BANNER_SELF_DRAWN,
    MAHJONG_BANNER_WON,
    MAHJONG_BANNER_PAID,
    MAHJONG_BANNER_COMPENSATED,
};

/* What clients know as `huPaiType`. */
enum mahjong_win {
    MAHJONG_WIN_DISCARD, /* or a robbed kong */
    MAHJONG_WIN_SELF_DRAWN,
    MAHJONG_WIN_COMPENSATION,
};

struct mahjong_meld {
    uint8_t kind;
    uint8_t tile[4]; /* own tiles, the claimed one, at the end an added one */
    uint8_t from;    /* whose discard was claimed; the own seat if none was */
    uint8_t payers;  /* bits of the seats whose payment the konger keeps */
    uint8_t pays;    /* what each of them paid */
    uint8_t added;   /* an added kong: the how manieth of the player's */
};

/* Finished rounds only. */
struct mahjong_stats {
    uint8_t self_drawn;
    uint8_t won;  /* self-drawn wins too */
    uint8_t lost; /* wins that he paid for as discarder or konger */
    uint8_t concealed_kongs;
    uint8_t open_kongs; /* on discards and added, not the robbed ones */
};

struct mahjong_seat {
    int64_t uid;
    /* the match */
    int32_t score; /* without the running round */
    /* the round */
    int32_t won;        /* points of wins, losses and compensations */
    uint32_t passed;    /* 过手胡: kinds he may not win on, as bits */
    uint32_t descs;     /* of the hand he won with, bits of value_desc */
    struct hand tiles;  /* of the hand, by kind */
    struct hand melded; /* of the melds, by kind */
    int16_t rain;       /* 下雨: points of concealed and discard kongs */
    int16_t wind;       /* 刮风: points of added kongs */
    uint8_t que;        /* 1..3, 0 not chosen */
    uint8_t melds;
    uint8_t last_draw;
    uint8_t banner;
    uint8_t win_tile; /* MAHJONG_NO_TILE while he plays */
    uint8_t win_fan;
    uint8_t lost;   /* wins that he paid for as discarder or konger */
    uint8_t offer;  /* bits of what he is asked and has not answered */
    uint8_t answer; /* the op he chose, 0 none */
    uint8_t hand_len;
    uint8_t hand[MAHJONG_HAND]; /* as dealt, draws appended */
    struct mahjong_meld meld[MAHJONG_MELDS];
    struct mahjong_stats stats; /* of the match */
    uint8_t zero[3];            /* instead of padding */
};

struct mahjong_desk {
    struct mahjong_seat seat[MAHJONG_SEATS];
    int64_t vote_deadline_ms;
    struct mahjong_times times;
    uint32_t version; /* mahjong_version; 0: not opened */
    struct mahjong_options options;
    /* the match */
    uint8_t status;
    uint8_t seats; /* how many players it is for; 0: not opened */
    uint8_t seated;
    uint8_t rounds;
    uint8_t round; /* 0 before the first */
    uint8_t banker;
    uint8_t ready; /* these are bits of seats */
    uint8_t offline;
    uint8_t trustee; /* the server plays for them */
    /* a vote to dissolve */
    uint8_t voting;
    uint8_t vote_by; /* the applicant; MAHJONG_NOBODY if he left */
    uint8_t agreed;  /* bits, the applicant among them */
    uint8_t consent; /* somebody besides the applicant has agreed */
    /* the round */
    uint8_t sorted; /* bits */
    uint8_t phase;
    uint8_t turn;        /* who drew or claimed last and discards */
    uint8_t after_kong;  /* the turn's player has just made a kong */
    uint8_t kong_meld;   /* the last kong of the turn's player */
    uint8_t claim_tile;  /* the discard or added kong that is asked about */
    uint8_t claim_kong;  /* that discard came right after a kong */
    uint8_t hu_asked;    /* bits: who could win on it */
    uint8_t peng_seat;   /* who can claim it, MAHJONG_NOBODY */
    uint8_t peng_offer;  /* bits of ops */
    uint8_t next_banker; /* as the wins so far make it, MAHJONG_NOBODY */
    uint8_t last_discard;
    uint8_t last_discard_seat;
    uint8_t dice[2];
    uint8_t wall_next;
    uint8_t wall_len;
    uint8_t river_len;
    uint8_t zero; /* instead of padding */
    uint8_t wall[MAHJONG_WALL];
    uint8_t river[MAHJONG_RIVER]; /* discards that nobody claimed */
    uint8_t river_seat[MAHJONG_RIVER];
};

/* Are all seats taken, and all their players ready? */
static inline bool
mahjong_all_ready(const struct mahjong_desk *desk)
{
    return desk->seated == desk->seats &&
           desk->ready == (1u << desk->seats) - 1;
}

/* Why an action is refused. */
enum mahjong_violation {
    MAHJONG_OK,
    MAHJONG_NOT_NOW,     /* the desk is in another state */
    MAHJONG_NO_SEAT,     /* nobody sits there */
    MAHJONG_FULL,        /* all seats are taken */
    MAHJONG_SEATED,      /* that player sits here already */
    MAHJONG_BAD_VALUE,   /* a value that no rule knows */
    MAHJONG_AGAIN,       /* has been done already */
    MAHJONG_NOT_ASKED,   /* it is not his turn */
    MAHJONG_NOT_OFFERED, /* the hint does not have it */
    MAHJONG_NOT_HELD,    /* the tile is not in his hand, or not of the hint */
    MAHJONG_VOTE_RUNS,
    MAHJONG_NO_VOTE,
    MAHJONG_TOO_EARLY, /* the vote's time is not over */
};

struct mahjong_action;
struct mahjong_events;
struct mahjong_hint;

/*
 * Returns MAHJONG_OK, or the violation: then the desk has not changed by a
 * byte and `events` is empty.
 */
enum mahjong_violation mahjong_apply(struct mahjong_desk *desk,
                                     const struct mahjong_action *action,
                                     struct mahjong_events *events);

/* A few English words about a violation, for logs and answers. */
const char *mahjong_violation_text(enum mahjong_violation violation);

/* Is the desk waiting for `seat`: to sort, to name a suit, to answer? */
bool mahjong_owes(const struct mahjong_desk *desk, unsigned seat);

/* What `seat` is asked and has not answered; hint->offer 0 if nothing. */
void mahjong_hint(const struct mahjong_desk *desk, unsigned seat,
                  struct mahjong_hint *hint);

/*
 * How the vote stands: the time left, and mahjong_vote_status by seat; 0 and
 * nothing written when none runs.
 */
uint32_t mahjong_vote(const struct mahjong_desk *desk, int64_t now_ms,
                      uint8_t status[MAHJONG_SEATS]);

/* The same on every machine for the same desk. */
uint32_t mahjong_hash(const struct mahjong_desk *desk);

#endif
