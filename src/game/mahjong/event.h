/*
 * Events: what follows from an action, in the order in which players hear of
 * it.  Each says all that a push, the round's record or the statistics need;
 * nobody has to look into the desk for them.
 *
 * Who may see it: `to` is MAHJONG_EVERYBODY or the only seat that may hear of
 * the event at all.  Two events are for everybody but hold tiles that only
 * their owner may see: DEAL (`hand[i]` is for seat i) and DRAW (`tile` is for
 * `seat`).
 */
#ifndef GAME_MAHJONG_EVENT_H
#define GAME_MAHJONG_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "game/mahjong/desk.h"

enum {
    MAHJONG_EVENTS = 32, /* no action makes more */
};

enum mahjong_event_type {
    MAHJONG_EV_OPENED = 1,
    MAHJONG_EV_SAT,         /* uid */
    MAHJONG_EV_LEFT,        /* left: `seat` is where he sat */
    MAHJONG_EV_READY,       /* onPlayerEnter */
    MAHJONG_EV_ALL_READY,   /* the next DEAL is due; no push */
    MAHJONG_EV_DEAL,        /* onDeskBasicInfo, onDuanPai */
    MAHJONG_EV_QUE_HINT,    /* onDingQueHint: que[seat] */
    MAHJONG_EV_QUE,         /* onDingQue */
    MAHJONG_EV_DRAW,        /* onMoPai */
    MAHJONG_EV_HINT,        /* onOpTypeHint */
    MAHJONG_EV_DO,          /* onOpTypeDo */
    MAHJONG_EV_KONG_SCORE,  /* onGangScoreChange: konger first */
    MAHJONG_EV_WIN_SCORE,   /* onHuScoreChange: payers in seat order */
    MAHJONG_EV_RAIN_PASSED, /* 转雨, no push: change[] of rain or wind */
    MAHJONG_EV_KONG_REFUND, /* at the end, no push: change[] */
    MAHJONG_EV_ROUND_END,   /* onRoundEnd, unless `last` */
    MAHJONG_EV_GAME_END,    /* onGameEnd, with the ROUND_END before it */
    MAHJONG_EV_PRESENCE,    /* onPlayerOfflineStatus */
    MAHJONG_EV_TRUSTEE,     /* onTrustee */
    MAHJONG_EV_VOTE_OPENED, /* onDissolveAgreement */
    MAHJONG_EV_VOTE_STATUS, /* onDissolveStatus */
    MAHJONG_EV_VOTE_FAILED, /* onDissolveFailure */
    MAHJONG_EV_VOTE_CLOSED, /* no push: its timer is not needed any more */
    MAHJONG_EV_DISSOLVED, /* onDissolve, exitType 6: before the first round */
    MAHJONG_EV_DESTROYED, /* no push: the desk is gone */
};

/* 申请解散, 同意解散, 离线, 等待中. */
enum mahjong_vote_status {
    MAHJONG_VOTE_APPLIED,
    MAHJONG_VOTE_AGREED,
    MAHJONG_VOTE_OFFLINE,
    MAHJONG_VOTE_WAITING,
};

/* "Discard a tile of this kind and you wait for these" (kinds as bits). */
struct mahjong_ting {
    uint8_t kind;
    uint32_t waits;
};

/*
 * What a seat is asked.  In the order of the message: ASK_DISCARD 1; ASK_SELF
 * one 3 per entry of kong[], 4, 5; ASK_CLAIM with a win 4, 5, 2, 3 and without
 * 5, 2, 3; ASK_ROB 4, 5; each only if its bit is in `offer`.
 */
struct mahjong_hint {
    uint8_t phase;
    uint8_t offer; /* bits (1 << op); 0: nothing is asked */
    uint8_t tile;  /* of op 2, 3 (ASK_CLAIM) and 4 */
    uint8_t kongs; /* ASK_SELF */
    uint8_t kong[MAHJONG_KONGS];
    uint8_t tings; /* ASK_DISCARD, by kind */
    struct mahjong_ting ting[MAHJONG_HAND];
};

struct mahjong_round_seat {
    int64_t uid;
    int32_t total; /* points of the round */
    int32_t score; /* after it */
    int16_t rain, wind;
    int16_t fan; /* -1 at or above the cap, -2 did not win */
    uint8_t banner;
    uint32_t descs; /* bits of value_desc; shown lowest first */
    uint8_t hand_len;
    uint8_t win_tile; /* MAHJONG_NO_TILE */
    bool ting;
    uint8_t hand[MAHJONG_HAND]; /* without the melds and the win tile */
};

struct mahjong_event {
    uint8_t type;
    uint8_t seat; /* who did it or whom it concerns */
    uint8_t to;
    union {
        int64_t uid; /* SAT */
        struct {     /* LEFT */
            int64_t uid;
            bool ready;
            bool creator;
        } left;
        struct { /* DEAL */
            uint8_t round, banker, dice[2];
            uint8_t hand_len[MAHJONG_SEATS];
            uint8_t hand[MAHJONG_SEATS][MAHJONG_HAND];
        } deal;
        uint8_t que[MAHJONG_SEATS]; /* QUE_HINT, QUE */
        uint8_t tile;               /* DRAW */
        struct mahjong_hint hint;   /* HINT */
        struct {                    /* DO */
            uint8_t op, tiles, tile[4];
        } act;
        struct {            /* *_SCORE, RAIN_PASSED, REFUND */
            uint8_t kind;   /* mahjong_win of WIN_SCORE, else meld kind */
            uint8_t payers; /* bits */
            int32_t change[MAHJONG_SEATS];
        } score;
        struct { /* ROUND_END */
            uint8_t round;
            bool last;  /* a GAME_END follows */
            bool whole; /* false: interrupted, void */
            bool dealt; /* false: interrupted between rounds */
            struct mahjong_round_seat seat[MAHJONG_SEATS];
        } round;
        struct { /* GAME_END */
            bool normal;
            uint8_t best;  /* 大赢家, bits */
            uint8_t worst; /* 炮王, bits */
            int32_t total[MAHJONG_SEATS];
            struct mahjong_stats stats[MAHJONG_SEATS];
        } game;
        bool on; /* PRESENCE: online; TRUSTEE */
        struct { /* VOTE_OPENED, VOTE_STATUS */
            uint8_t status[MAHJONG_SEATS];
            uint32_t rest_ms;
        } vote;
    };
};

struct mahjong_events {
    uint32_t count;
    struct mahjong_event event[MAHJONG_EVENTS];
};

#endif
