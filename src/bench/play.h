/*
 * Bots that play whole matches, and check whatever they are told.
 *
 *   play.c        the command: tables are kept busy, figures
 *   play_bot.c    one player: login, lobby, desk, coming back
 *   play_view.c   what a bot knows, from the pushes alone; the checks
 *   play_shape.c  the fields and types of each message
 */
#ifndef BENCH_PLAY_H
#define BENCH_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "bench/client.h"
#include "bench/run.h"
#include "core/buf.h"
#include "core/str.h"
#include "game/mahjong/action.h"
#include "game/mahjong/desk.h"
#include "game/mahjong/view.h"

struct play;
struct table;

enum { PLAY_SEATS = 4 };

struct play_conf {
    struct load load;
    unsigned desks;
    unsigned rounds;
    unsigned mode;
    unsigned matches; /* 0: no limit */
    unsigned think_ms;
    unsigned rate; /* matches begun in a second; 0: as fast as they end */
    unsigned stall_s;
    unsigned seed;
    bool chaos;
    bool sit; /* stops after the deal */
    const char *game;
    const char *xxtea;
    const char *channel;
};

/* What a bot knows of the round and of the match. */
struct play_view {
    struct mahjong_view rules; /* what mahjong_bot() looks at */
    int64_t uid[PLAY_SEATS];
    unsigned seats;
    unsigned me;
    bool dealt;                    /* a round runs, as far as he has heard */
    bool synced;                   /* he has missed nothing since */
    uint8_t place[MAHJONG_WALL];   /* enum tile_place */
    int last_discard;              /* -1 none */
    int64_t round_sum[PLAY_SEATS]; /* of all rounds heard */
    unsigned rounds_heard;
    int64_t remain[PLAY_SEATS];
};

enum bot_state {
    BOT_IDLE,   /* his table does not need him yet */
    BOT_LOGIN,  /* on the way into the lobby */
    BOT_LOBBY,  /* there */
    BOT_SEATED, /* at the desk */
    BOT_AWAY,   /* lost his connection, or threw it away */
    BOT_BACK,   /* asks for his desk again */
    BOT_OVER    /* heard the end, or found the desk gone */
};

struct bot {
    struct client game; /* first: the callbacks get this */
    struct table *table;
    unsigned seat; /* by joining: 0 creates */
    enum bot_state state;
    bool shaken;
    bool missed; /* came back too late for the end */
    int64_t uid;
    uint64_t user; /* makes his imei */
    uint64_t mid;
    uint64_t due_ns; /* to answer, or to come back; 0 nothing */
    struct bot *next_due;
    char token[192];
    struct buf in;
    struct play_view view;
    struct mahjong_action answer; /* thought of, not sent */
    char *end;                    /* the onGameEnd that he heard */
};

struct table {
    struct client http; /* first */
    struct play *play;
    struct buf in;
    unsigned index;
    bool busy;     /* a match is played */
    unsigned turn; /* matches so far: who creates goes around */
    unsigned logged_in;
    unsigned seated;
    char number[8];
    uint64_t begun_ns;
    uint64_t moved_ns; /* anybody heard anything */
    /* the action that is under way, by seat: when, how many have heard */
    uint64_t acted_ns[PLAY_SEATS];
    uint8_t acted_heard[PLAY_SEATS];
    struct bot bot[PLAY_SEATS];
};

struct play {
    const struct play_conf *conf;
    struct endpoint http;
    struct endpoints games;
    struct client_loop loop;
    struct table *tables;
    struct run *run;
    struct hist logins;
    struct bot *due; /* sorted list of those who think; NULL */
    uint64_t random;
    uint64_t salt;
    bool ending;
    uint64_t begun, ended, voided; /* matches */
    uint64_t messages_in, messages_out, arrivals, came_back;
};

/* ---- play.c ---- */

void play_bot_over(struct bot *b, uint64_t now);
void play_table_failed(struct table *t, uint64_t now);
uint64_t play_random(struct play *p, uint64_t below);
void play_wait(struct bot *b, uint64_t due_ns);

/* ---- play_bot.c ---- */

void bot_init(struct bot *b, struct table *t, unsigned seat);
void bot_deinit(struct bot *b);
void bot_enter(struct bot *b, const struct endpoint *to);
void bot_sit_down(struct bot *b, uint64_t now);
void bot_ready(struct bot *b, uint64_t now);
void bot_due(struct bot *b, uint64_t now);

/* Counts something that the server did wrong. */
void bot_wrong(struct bot *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- play_view.c ---- */

/* What the bot has to do after a push. */
enum play_todo {
    TODO_NOTHING,
    TODO_SORT,
    TODO_QUE,
    TODO_CHOOSE,
    TODO_READY,
    TODO_OVER,
};

void view_begin(struct play_view *v);

/* Takes a push; what is wrong with it is counted. */
enum play_todo view_push(struct bot *b, struct str route, json_t *body,
                         struct str text);

/* ---- play_shape.c ---- */

/* NULL, or what is wrong with the fields or types of the route's body. */
const char *shape_check(struct str route, const json_t *body);

#endif
