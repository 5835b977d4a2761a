/*
 * What a game server pushes and answers, as structs: one for each route with
 * the fields and types of the protocol, no others.
 */
#ifndef BENCH_PLAY_PUSH_H
#define BENCH_PLAY_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"
#include "game/mahjong/desk.h"
#include "game/mahjong/tile.h"

enum push_route {
    PUSH_DRAW,       /* onMoPai */
    PUSH_DO,         /* onOpTypeDo */
    PUSH_HINT,       /* onOpTypeHint */
    PUSH_PLAYERS,    /* onPlayerEnter */
    PUSH_QUE,        /* onDingQue */
    PUSH_QUE_HINT,   /* onDingQueHint */
    PUSH_WIN_SCORE,  /* onHuScoreChange */
    PUSH_KONG_SCORE, /* onGangScoreChange */
    PUSH_BASIC,      /* onDeskBasicInfo */
    PUSH_DEAL,       /* onDuanPai */
    PUSH_GAME_END,   /* onGameEnd */
    PUSH_ROUND_END,  /* onRoundEnd */
    PUSH_COINS,      /* onCoinChange */
    PUSH_SYNC,       /* onSyncDesk */
    PUSH_PRESENCE,   /* onPlayerOfflineStatus */
    PUSH_TRUSTEE,    /* onTrustee */
    PUSH_BROADCAST,  /* onBroadcast */
    PUSH_EXIT,       /* onPlayerExit */
    PUSH_DISSOLVE,   /* onDissolve */
    PUSH_VOTE,       /* onDissolveAgreement */
    PUSH_VOTE_STATUS,
    PUSH_VOTE_FAILED,
    PUSH_VOTE_DONE, /* onDissolveSuccess */
    PUSH_ROUTES,
};

enum {
    PUSH_OPS = MAHJONG_KONGS + 4,
    PUSH_TILES = 4, /* of one onOpTypeDo */
};

struct push_tiles {
    int n; /* -1: null */
    int64_t at[PUSH_TILES];
};

struct push_hand {
    int n;
    int64_t at[MAHJONG_HAND];
};

struct push_score {
    int64_t uid, score;
};

struct push_scores {
    int n;
    struct push_score at[MAHJONG_SEATS];
};

struct push_draw {
    int64_t uid;
    struct push_tiles tiles;
};

struct push_do {
    struct push_tiles uid;
    int64_t op, hutype;
    struct push_tiles tiles;
};

struct push_op {
    int64_t op;
    struct push_tiles tiles;
};

struct push_ting {
    int64_t index;
    struct {
        int n;
        int64_t at[KINDS];
    } waits;
};

struct push_hint {
    struct {
        int n;
        struct push_op at[PUSH_OPS];
    } ops;
    struct {
        int n;
        struct push_ting at[MAHJONG_HAND];
    } tings;
    int64_t uid;
    int64_t number;
};

struct push_player {
    int64_t pos, uid, sex, score;
    struct str name, picture, ip;
    bool ready, exit, offline;
};

struct push_players {
    int n;
    struct push_player at[MAHJONG_SEATS];
};

struct push_que {
    int64_t uid, que;
};

struct push_ques {
    int n;
    struct push_que at[MAHJONG_SEATS];
};

struct push_win_score {
    int64_t uid, kind, total;
    struct push_scores payers;
};

struct push_kong_score {
    bool rain;
    struct push_scores changes;
};

struct push_basic {
    struct str number, title, desc;
    int64_t mode;
};

struct push_dealt {
    int64_t uid;
    struct push_hand tiles;
};

struct push_deal {
    int64_t banker, dice[2];
    struct {
        int n;
        struct push_dealt at[MAHJONG_SEATS];
    } hands;
};

struct push_lay {
    int64_t uid, win_tile;
    struct push_hand hand;
    bool ting;
};

struct push_result {
    int64_t fan, wind, rain, total, banner;
    struct str desc;
};

struct push_remain {
    int64_t uid, score, remain;
};

struct push_round_end {
    struct str title, round;
    struct {
        int n;
        struct push_lay at[MAHJONG_SEATS];
    } lay;
    struct {
        int n;
        struct push_result at[MAHJONG_SEATS];
    } results;
    struct {
        int n;
        struct push_remain at[MAHJONG_SEATS];
    } scores;
};

struct push_total {
    int64_t self_drawn, won, lost, concealed_kongs, open_kongs, total, uid;
    struct str name;
    bool is_worst, is_best, is_creator;
};

struct push_game_end {
    struct push_round_end round;
    struct {
        int n;
        struct push_total at[MAHJONG_SEATS];
    } totals;
    struct str title;
    bool normal;
};

struct push_sync_player {
    int64_t uid, last_draw, win_tile, banner, que, score;
    struct push_hand hand;
    struct {
        int n;
        int64_t at[MAHJONG_RIVER];
    } river;
    struct {
        int n;
        int64_t at[4 * MAHJONG_MELDS];
    } melds;
    bool won;
};

struct push_sync {
    int64_t status, banker, turn, rest, dice[2];
    int64_t last_discard, last_discard_uid;
    struct {
        int n;
        struct push_sync_player at[MAHJONG_SEATS];
    } players;
    struct push_scores scores;
    int has_hint;
    struct push_hint hint;
};

struct push_flag { /* onPlayerOfflineStatus, onTrustee */
    int64_t uid;
    bool on;
};

struct push_exit {
    int64_t uid, type, pos;
    bool exit;
};

struct push_vote {
    int64_t uid, rest;
    struct {
        int n;
        struct push_vote_seat {
            int64_t pos;
            struct str status;
        } at[MAHJONG_SEATS];
    } seats;
};

struct push_number { /* of a route with one number */
    int64_t value;
    struct str text;
};

struct push {
    enum push_route route;
    union {
        struct push_draw draw;
        struct push_do act;
        struct push_hint hint;
        struct push_players players;
        struct push_ques ques;
        struct push_win_score win;
        struct push_kong_score kong;
        struct push_basic basic;
        struct push_deal deal;
        struct push_round_end round;
        struct push_game_end game;
        struct push_sync sync;
        struct push_flag flag;
        struct push_exit exit;
        struct push_vote vote;
        struct push_number number;
    };
};

/*
 * The push of the route, read from its payload; strings borrow from it.
 * Returns NULL, or what is wrong; *field is where, if anywhere.
 */
const char *push_read(struct push *p, struct str route, struct str payload,
                      struct str *field);

/* ---- answers ---- */

struct push_table {
    struct str number, title, desc;
    int64_t created_at, creator, status, round, mode;
};

struct answer {
    int64_t code;
    struct str error;
    /* Manager.Login */
    int64_t uid, sex, cards;
    struct str name, picture;
    /* CreateDesk, Join, UnCompleteDesk */
    bool exist;
    struct push_table table;
};

enum answer_kind {
    ANSWER_LOGIN,
    ANSWER_UNCOMPLETE,
    ANSWER_TABLE, /* CreateDesk, Join, also when they fail */
    ANSWER_ERROR, /* a failure of any other */
};

/* As push_read(); what the kind does not have is zero. */
const char *answer_read(struct answer *a, enum answer_kind kind,
                        struct str payload, struct str *field);

#endif
