/*
 * Bots that play whole matches over the real protocol, and check whatever
 * they are told.  A table is four (or three) bots that play one match after
 * the other; all tables are on one loop.
 *
 *   play.c        the command: options, the run
 *   play_table.c  matches: who sits there, when they begin and end, whether
 *                 they stand still, how long an action takes
 *   play_guest.c  logging guests in over HTTP
 *   play_bot.c    one player's connection, how it is lost and comes back
 *   play_hear.c   what he hears and makes of it
 *   play_talk.c   what a player says
 *   play_sit.c    tables that stop after the deal, for memory and recovery
 *   play_report.c figures
 *
 * What a bot knows and checks is in play_view.h, which knows nothing of this.
 */
#ifndef BENCH_PLAY_H
#define BENCH_PLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/client.h"
#include "bench/nano.h"
#include "bench/play_push.h"
#include "bench/play_view.h"
#include "bench/run.h"
#include "core/buf.h"
#include "event/timers.h"

struct play;
struct table;

enum {
    PLAY_SEATS = MAHJONG_SEATS,
    PLAY_GROUPS = 4,    /* of guests who take turns at a table */
    PLAY_EVIDENCE = 10, /* errors that are told in full */
    PLAY_RELOAD_S = 5,  /* before and after a reload: told apart */
};

struct play_conf {
    struct load load;
    unsigned desks;
    unsigned rounds;
    unsigned mode;
    unsigned matches; /* 0: no limit */
    unsigned think_ms;
    unsigned rate; /* matches begun in a second; 0: as fast as they end */
    unsigned stall_s;
    unsigned reload_s; /* the server is to reload then; 0: never */
    unsigned seed;
    unsigned users; /* with returning */
    bool returning;
    bool chaos;
    bool survive;
    bool sit;
    bool drop;
    const char *game;
    const char *xxtea;
    const char *channel;
    const char *record;
    const char *results;
};

enum bot_state {
    BOT_IDLE,   /* no match needs him yet */
    BOT_ENTERS, /* on the way into the lobby */
    BOT_LOBBY,  /* there; waits for the desk's number */
    BOT_SITS,   /* has asked for a seat */
    BOT_SEATED, /* at the desk */
    BOT_AWAY,   /* has lost his connection, or thrown it away */
    BOT_BACK,   /* has asked for his desk, and has heard nothing yet */
    BOT_OVER,   /* has heard the end, or found the desk gone */
};

/* The request that is not answered yet. */
enum bot_ask {
    ASK_NOTHING,
    ASK_LOGIN,
    ASK_UNCOMPLETE,
    ASK_SEAT, /* CreateDesk, Join */
    ASK_REJOIN,
};

/* Somebody who has logged in over HTTP. */
struct guest {
    uint64_t user; /* makes his imei */
    int64_t uid;   /* 0: has not logged in */
    const struct endpoint *to;
    char token[160];
};

struct bot {
    struct client game; /* first: the callbacks get this */
    struct table *table;
    struct guest *guest; /* who plays this match */
    struct timer timer;  /* he thinks, or is away */
    uint8_t index;       /* at the table */
    uint8_t state;       /* enum bot_state */
    uint8_t asked;       /* enum bot_ask */
    bool shaken;
    bool has_sat;       /* has a seat at the desk of this match */
    bool may_sit;       /* has asked for one, and heard no answer */
    uint64_t mid;       /* of the request */
    uint64_t thrown_ns; /* --chaos: the last time */
    struct buf in;      /* the beginning of a packet */
    struct play_view view;
    struct mahjong_action answer; /* thought of, not sent; type 0: none */
};

struct table {
    struct client http; /* first */
    struct play *play;
    struct table *next_free;
    struct buf in;
    unsigned index;
    unsigned logging_in; /* the bot whose login is under way */
    bool busy;           /* a match is played */
    bool is_dealt;       /* --sit: all have heard the deal */
    bool is_told;        /* somebody has heard the end of the match */
    uint64_t turn;       /* matches so far */
    unsigned creates;    /* the bot who makes the desk */
    uint32_t number;     /* of the desk; 0: not known yet */
    int64_t creator;     /* uid */
    uint8_t away;        /* bits of bots who came back too late for the end */
    uint64_t moved_ns;   /* somebody heard something */
    uint64_t gone_ns;    /* somebody was told that the desk is gone */
    /* latency: see table_hears() */
    uint64_t act_ns, turn_ns, from_ns, to_ns;
    uint64_t longest_ns; /* action around the reload */
    struct play_results results;
    struct guest guests[PLAY_GROUPS * PLAY_SEATS];
    struct bot bot[PLAY_SEATS];
};

struct play {
    const struct play_conf *conf;
    struct endpoint http;
    struct endpoints games;
    struct client_loop loop;
    struct timers timers; /* deadlines are those of now_ns(), in ms */
    struct table *tables;
    struct table *free; /* without a match */
    struct run *run;
    struct procs *procs; /* NULL: none named */
    struct errors lost;  /* connections lost to a dying server */
    struct str key;
    FILE *record, *results;
    uint64_t random, salt, next_begin_ns;
    bool ending;
    unsigned evidence;
    /* figures */
    uint64_t begun, ended, voided; /* matches */
    uint64_t unheard;              /* ended while all were away */
    uint64_t reload_ns;            /* when it is; UINT64_MAX: never */
    bool has_reloaded;
    struct hist before, around; /* latency before the reload and after */
    uint64_t logins, in, out, arrivals, thrown, came_back;
    unsigned dealt; /* --sit: tables, and when the last one was */
    uint64_t dealt_ns;
    uint64_t rss_before, rss_after;
    /* scratch */
    struct push push;
    struct buf packets, plain, text;
};

/* ---- play.c ---- */

uint64_t play_random(struct play *p, uint64_t below);

/* One turn of the loop, at most until `until`, and the timers. */
void play_turn(struct play *p, uint64_t until);

/* ---- play_table.c ---- */

void tables_create(struct play *p);
void tables_destroy(struct play *p);

/* Begins matches as far as they are due. */
void tables_begin(struct play *p, uint64_t now);
void tables_check_stalls(struct play *p, uint64_t now);

/* All of the table have tokens. */
void table_enter(struct table *t);

/* The desk is there. */
void table_stands(struct table *t, uint32_t number, int64_t creator,
                  uint64_t now);

/* A bot's match is over. */
void table_over(struct table *t, uint64_t now);

/* The match is given up; the error is counted already. */
void table_fail(struct table *t, uint64_t now);

/* A bot answers a question, or hears a push: for the latency. */
void table_acts(struct table *t, const struct bot *b, uint64_t now);
void table_hears(struct table *t, const struct bot *b, const struct push *push,
                 uint64_t now);
void table_forgets(struct table *t);

/* ---- play_guest.c ---- */

void guests_init(struct table *t);
void guests_deinit(struct table *t);

/* Chooses who plays, and logs in whoever has no token. */
void guests_seat(struct table *t, uint64_t now);

/* They may still sit at a desk: others play on. */
void guests_dismiss(struct table *t);

/* ---- play_bot.c ---- */

void bot_init(struct bot *b, struct table *t, unsigned index);
void bot_deinit(struct bot *b);
void bot_enter(struct bot *b);

/* Asks for a seat at the table's desk, or to make it. */
void bot_sit_down(struct bot *b, uint64_t now);
void bot_leave(struct bot *b);

/* Counts something that the server did wrong, and tells the first ones. */
void bot_wrong(struct bot *b, struct str evidence, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

const char *bot_state_name(const struct bot *b);

/* He is called again after so long: due() of play_bot.c. */
void bot_wait(struct bot *b, uint64_t now, uint64_t ms);

/* --chaos: by one chance in `odds` he has thrown his connection away. */
bool bot_chaos(struct bot *b, unsigned odds, uint64_t now);

/* ---- play_hear.c ---- */

enum {
    ODDS_PUSH = 200,
    ODDS_ANSWER = 60,
    ODDS_BACK = 12,
};

void bot_push(struct bot *b, struct str route, struct str text, uint64_t now);
void bot_response(struct bot *b, uint64_t id, struct str body, uint64_t now);

/* Says what he has thought of. */
void bot_answer(struct bot *b, uint64_t now);

/* ---- play_talk.c: each sends, and may end in client_fail() ---- */

void talk_login(struct bot *b, uint64_t now);
void talk_uncomplete(struct bot *b, uint64_t now);
void talk_seat(struct bot *b, uint64_t now);
void talk_seated(struct bot *b, uint64_t now);
void talk_rejoin(struct bot *b, uint64_t now);
void talk_reenter(struct bot *b, uint64_t now);
void talk_answer(struct bot *b, uint64_t now);
void talk_heartbeat(struct bot *b, uint64_t now);

enum talk_dir { TALK_SEND, TALK_RECV, TALK_CLOSE };

/* For --record, of the first table; the body is JSON. */
void talk_record(struct bot *b, enum talk_dir dir, const char *type,
                 struct str route, struct str body);

/* ---- play_sit.c ---- */

/* Seats all tables and stops there; returns whether all was right. */
bool play_sit(struct play *p);

/* ---- play_report.c ---- */

void play_report(const struct play *p, bool ok);

#endif
