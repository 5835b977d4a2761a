/*
 * Each thing that a bot can find wrong, and a change that makes it: what one
 * push of a conversation says, or (poke) what the bot has heard before, in
 * ways that a conversation of a server that is right does not have.
 */
#ifndef T_UNIT_PLAY_WRONGS_H
#define T_UNIT_PLAY_WRONGS_H

#include <string.h>

#include "bench/play_view.h"

enum { ANY = -1 };

enum wrong_how {
    SET,    /* path to value; NULL removes */
    DROP,   /* the push does not come */
    TWICE,  /* it comes twice */
    BEFORE, /* the push `path` with the body `value` comes before it */
    POKE,   /* only the poke */
};

enum wrong_turn { WHOSE, MINE, OTHERS };

struct wrong {
    const char *error;
    const char *route;
    const char *when; /* holds() of the body */
    enum wrong_how how;
    const char *path, *value;
    int at; /* ... and in this step of the view */
    enum wrong_turn turn;
    void (*poke)(struct play_view *v); /* before the push */
};

/* ---- pokes ---- */

static void
all_seen(struct play_view *v)
{
    for (unsigned i = 0; i < MAHJONG_WALL; i++)
        if (v->place[i] == PLACE_UNKNOWN)
            v->place[i] = PLACE_RIVER;
}

static void
not_held(struct play_view *v)
{
    v->place[v->chosen_tile] = PLACE_UNKNOWN;
}

static void
no_hands(struct play_view *v)
{
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (i != v->rules.seat)
            v->rules.player[i].hand_len = 0;
}

static void
short_hand(struct play_view *v)
{
    v->rules.player[v->rules.seat].hand_len--;
}

static void
other_hand_order(struct play_view *v)
{
    struct mahjong_seat_view *me = &v->rules.player[v->rules.seat];

    for (unsigned i = 0; i < me->hand_len / 2u; i++) {
        int8_t t = me->hand[i];

        me->hand[i] = me->hand[me->hand_len - 1 - i];
        me->hand[me->hand_len - 1 - i] = t;
    }
}

static void
in_turn(struct play_view *v)
{
    v->step = VIEW_TURN;
}

static void
after_win(struct play_view *v)
{
    v->step = VIEW_WON;
}

static void
nowhere(struct play_view *v)
{
    v->step = VIEW_NOWHERE;
}

static void
late_round(struct play_view *v)
{
    v->rules.round = 9;
}

static void
one_round(struct play_view *v)
{
    v->rules.round = v->rules.rounds = 1;
}

static void
late_hint(struct play_view *v)
{
    v->asked.number = 1000000;
}

static void
empty_wall(struct play_view *v)
{
    v->rules.rest = 0;
}

static void
paid_more_often(struct play_view *v)
{
    v->lost[0] += 9;
    v->heard_rounds = v->rules.rounds;
}

static void
other_wind(struct play_view *v)
{
    v->wind[0]++;
    v->whole = true;
}

static void
asked(struct play_view *v)
{
    v->rules.hint.offer = 1 << MAHJONG_PASS;
}

static void
chose_win(struct play_view *v)
{
    v->chosen_op = MAHJONG_HU;
}

static void
chose_nothing(struct play_view *v)
{
    v->chosen_op = 0;
    v->resumed = false;
}

static void
chose_another(struct play_view *v)
{
    v->chosen_tile ^= 1;
}

static void
has_not_drawn(struct play_view *v)
{
    v->can_self = false;
}

static void
other_claim(struct play_view *v)
{
    v->claim_tile ^= 1;
}

/* The suit of the tile at stake is that to do without, for everybody. */
static void
other_que(struct play_view *v)
{
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        v->rules.player[i].que = (int8_t) (tile_suit(v->claim_tile) + 1);
}

static void
no_triplets(struct play_view *v)
{
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        for (unsigned k = 0; k < MAHJONG_MELDS; k++)
            v->rules.player[i].meld[k].kind = MAHJONG_DISCARD_KONG;
}

static void
last_in_order(struct play_view *v)
{
    v->winner = (uint8_t) ((v->rules.turn + v->rules.seats - 1u) %
                           v->rules.seats);
}

/* The first tile of the hand could be added to a triplet. */
static void
has_kong(struct play_view *v)
{
    struct mahjong_seat_view *me = &v->rules.player[v->rules.seat];

    me->que = 0;
    me->melds = 1;
    me->meld[0].kind = MAHJONG_TRIPLET;
    me->meld[0].tile[0] = (uint8_t) me->hand[0];
    v->can_self = true;
    v->self_asked = v->resumed = false;
}

static void
i_won(struct play_view *v)
{
    v->rules.player[v->rules.seat].won = true;
}

static void
other_points(struct play_view *v)
{
    v->points[0]++;
    v->whole = true;
}

/* ---- the changes ---- */

#define CHANGE(error, route, when, path, value)                               \
    {                                                                         \
        error, route, when, SET, path, value, ANY, WHOSE, NULL                \
    }
#define CHANGE_AT(error, route, when, path, value, at, turn)                  \
    {                                                                         \
        error, route, when, SET, path, value, at, turn, NULL                  \
    }
#define AGAIN(error, route, when)                                             \
    {                                                                         \
        error, route, when, TWICE, "", NULL, ANY, WHOSE, NULL                 \
    }
#define HEARD(error, route, when, at, turn, poke)                             \
    {                                                                         \
        error, route, when, POKE, "", NULL, at, turn, poke                    \
    }
#define INSERT(error, route, push, body)                                      \
    {                                                                         \
        error, route, "", BEFORE, push, body, ANY, WHOSE, NULL                \
    }

#define ROUND(path) "roundStats." path
#define OUT         "{\"acid\":0,\"isexit\":true,\"exitType\":6,\"deskPos\":0}"
#define VOTES       "\"dissolveStatus\":[],\"restTime\":300}"

static const struct wrong wrongs[] = {
    /* the desk */
    CHANGE("another desk's number", "onDeskBasicInfo", "", "deskId",
           "\"000001\""),
    CHANGE("onDeskBasicInfo: a wrong title", "onDeskBasicInfo", "", "title",
           "\"房号: 000001 局数: 1/1\""),
    CHANGE("onDeskBasicInfo: a wrong title", "onDeskBasicInfo", "", "title",
           "\"\""),
    CHANGE("onDeskBasicInfo: a wrong mode", "onDeskBasicInfo", "", "mode",
           "5"),
    HEARD("onDeskBasicInfo: a wrong round", "onDeskBasicInfo", "",
          VIEW_NOWHERE, WHOSE, late_round),
    HEARD("onDeskBasicInfo: not before a round", "onDeskBasicInfo", "",
          VIEW_BETWEEN, WHOSE, late_round),
    {"onDuanPai: not now", "onDeskBasicInfo", "", DROP, "", NULL, VIEW_BETWEEN,
     WHOSE, NULL},
    {"a push to one who is not in the group", "onDeskBasicInfo", "", DROP, "",
     NULL, VIEW_NOWHERE, WHOSE, NULL},
    {"the deal does not follow onDeskBasicInfo", "onDeskBasicInfo", "", TWICE,
     "", NULL, VIEW_BETWEEN, WHOSE, NULL},
    CHANGE("onPlayerEnter: a wrong deskPos", "onPlayerEnter", "",
           "data.0.deskPos", "1"),
    CHANGE("onPlayerEnter: seats change", "onPlayerEnter", "",
           "data.other.acId", "stranger"),
    CHANGE("onPlayerEnter: a wrong score", "onPlayerEnter", "", "data.0.score",
           "999"),
    CHANGE("onPlayerEnter: somebody has left", "onPlayerEnter", "",
           "data.0.isExit", "true"),
    CHANGE("onPlayerEnter: I am here", "onPlayerEnter", "", "data.me.offline",
           "true"),
    CHANGE("onPlayerEnter: somebody twice", "onPlayerEnter", "data.0.acId!=me",
           "data.0.acId", "me"),
    CHANGE("onPlayerEnter: I am not there", "onPlayerEnter", "",
           "data.me.acId", "stranger"),
    INSERT("onPlayerEnter: a wrong number of players", "onMoPai",
           "onPlayerEnter", "{\"data\":[]}"),
    CHANGE("onPlayerOfflineStatus: I am here", "onPlayerOfflineStatus", "",
           "uid", "me"),
    CHANGE("a push names a stranger", "onPlayerOfflineStatus", "", "uid",
           "stranger"),
    INSERT("a push names a stranger", "onMoPai", "onTrustee",
           "{\"uid\":1,\"on\":true}"),
    INSERT("nobody has asked to leave or dissolve", "onMoPai", "onDissolve",
           OUT),
    INSERT("nobody has asked to leave or dissolve", "onMoPai", "onPlayerExit",
           OUT),
    INSERT("nobody has asked to leave or dissolve", "onMoPai",
           "onDissolveAgreement", "{\"dissolveUid\":1," VOTES),
    INSERT("nobody has asked to leave or dissolve", "onMoPai",
           "onDissolveStatus", "{" VOTES),
    INSERT("nobody has asked to leave or dissolve", "onMoPai",
           "onDissolveFailure", "{\"deskPos\":1}"),
    INSERT("nobody has asked to leave or dissolve", "onMoPai",
           "onDissolveSuccess", "{}"),

    /* the deal */
    HEARD("onDuanPai: not now", "onDuanPai", "", ANY, WHOSE, in_turn),
    CHANGE("onDuanPai: not in the order of seats", "onDuanPai", "",
           "accountInfo.other.acId", "me"),
    CHANGE("onDuanPai: a wrong number of tiles", "onDuanPai", "",
           "accountInfo.other.mjs.0", NULL),
    CHANGE("onDuanPai: a wrong number of tiles", "onDuanPai", "",
           "accountInfo.me.mjs.0", NULL),
    CHANGE("onDuanPai: a wrong number of players", "onDuanPai", "",
           "accountInfo.last", NULL),
    CHANGE("onDuanPai: no dice", "onDuanPai", "", "dice1", "7"),
    CHANGE("onDuanPai: no dice", "onDuanPai", "", "dice2", "0"),
    CHANGE("a push names a stranger", "onDuanPai", "", "markerId", "stranger"),
    CHANGE("another's tile is shown", "onDuanPai", "",
           "accountInfo.other.mjs.3", "5"),
    CHANGE("own tiles are hidden, or none", "onDuanPai", "",
           "accountInfo.me.mjs.3", "-1"),
    CHANGE("a tile comes that lies elsewhere", "onDuanPai", "",
           "accountInfo.me.mjs.3", "=accountInfo.me.mjs.0"),
    AGAIN("onDingQueHint: not now", "onDingQueHint", ""),
    CHANGE("onDingQueHint: another suit has fewer tiles", "onDingQueHint",
           "que!=1", "que", "1"),
    CHANGE("onDingQueHint: another suit has fewer tiles", "onDingQueHint", "",
           "que", "0"),
    AGAIN("onDingQue: not now", "onDingQue", ""),
    CHANGE("onDingQue: a wrong number of players", "onDingQue", "", "last",
           NULL),
    CHANGE("onDingQue: not in the order of seats", "onDingQue", "", "0.uid",
           "stranger"),
    CHANGE("onDingQue: no suit", "onDingQue", "", "other.que", "4"),
    CHANGE("onDingQue: not the suit that I named", "onDingQue", "me.que!=1",
           "me.que", "1"),
    CHANGE("onDingQue: not the suit that I named", "onDingQue", "me.que!=2",
           "me.que", "2"),

    /* draws */
    CHANGE("a push names a stranger", "onMoPai", "", "acId", "stranger"),
    CHANGE("another's tile is shown", "onMoPai", "acId!=me", "mjids.0", "5"),
    CHANGE("own tiles are hidden, or none", "onMoPai", "acId=me", "mjids.0",
           "-1"),
    HEARD("a tile comes that lies elsewhere", "onMoPai", "acId=me", ANY, WHOSE,
          all_seen),
    CHANGE("onMoPai: not one tile", "onMoPai", "acId!=me", "mjids.+", "-1"),
    AGAIN("onMoPai: not now", "onMoPai", ""),
    {"onMoPai: not now", "onOpTypeDo", "optype=1 uid.0!=me", DROP, "", NULL,
     ANY, WHOSE, NULL},
    {"onMoPai: not now", "onGangScoreChange", "", DROP, "", NULL, ANY, WHOSE,
     NULL},
    CHANGE("onMoPai: another should draw", "onMoPai", "acId!=me", "acId",
           "me"),
    HEARD("onMoPai: the wall is empty", "onMoPai", "", ANY, WHOSE, empty_wall),
    HEARD("my win is passed over", "onMoPai", "", VIEW_CLAIM, WHOSE,
          chose_win),
    HEARD("play goes on without my answer", "onMoPai", "", ANY, WHOSE, asked),
    HEARD("play goes on without my answer", "onOpTypeDo", "", ANY, WHOSE,
          asked),
    HEARD("a push to one who is not in the group", "onMoPai", "", ANY, WHOSE,
          nowhere),

    /* what is done */
    CHANGE("onOpTypeDo: hutype is not 0", "onOpTypeDo", "", "hutype", "1"),
    CHANGE("onOpTypeDo: not one doer, or no tiles", "onOpTypeDo", "", "uid.+",
           "me"),
    CHANGE("onOpTypeDo: not one doer, or no tiles", "onOpTypeDo", "mjs.#=1",
           "mjs.0", NULL),
    CHANGE("a push names a stranger", "onOpTypeDo", "", "uid.0", "stranger"),
    CHANGE("onOpTypeDo: nothing that is done", "onOpTypeDo", "uid.0!=me",
           "optype", "5"),
    CHANGE("onOpTypeDo: nothing that is done", "onOpTypeDo", "uid.0!=me",
           "optype", "500"),
    HEARD("I did not choose this", "onOpTypeDo", "uid.0=me", ANY, WHOSE,
          chose_nothing),
    HEARD("not the tile that I chose", "onOpTypeDo", "uid.0=me optype=1", ANY,
          WHOSE, chose_another),
    CHANGE("a discard is not one tile", "onOpTypeDo", "optype=1 uid.0!=me",
           "mjs.+", "5"),
    AGAIN("a discard out of turn", "onOpTypeDo", "optype=1 uid.0!=me"),
    CHANGE("a discard out of turn", "onOpTypeDo", "optype=1 uid.0=me", "uid.0",
           "other"),
    CHANGE("what is shown is no tile", "onOpTypeDo", "optype=1 uid.0!=me",
           "mjs.0", "200"),
    HEARD("a tile of mine that I do not hold", "onOpTypeDo",
          "optype=1 uid.0=me", ANY, WHOSE, not_held),
    HEARD("a tile is shown that lies elsewhere", "onOpTypeDo",
          "optype=1 uid.0!=me", ANY, WHOSE, all_seen),
    HEARD("a tile of an empty hand", "onOpTypeDo", "optype=1 uid.0!=me", ANY,
          WHOSE, no_hands),
    AGAIN("a peng out of turn", "onOpTypeDo", "optype=2"),
    AGAIN("a kong out of turn", "onOpTypeDo", "optype=3 mjs.#=4"),
    HEARD("a kong out of turn", "onOpTypeDo", "optype=3", VIEW_TURN, WHOSE,
          has_not_drawn),
    HEARD("what is claimed is not the last discard", "onOpTypeDo", "optype=2",
          ANY, WHOSE, other_claim),
    HEARD("a meld of the suit to do without", "onOpTypeDo", "optype=2", ANY,
          WHOSE, other_que),
    HEARD("a kong with an empty wall", "onOpTypeDo", "optype=3", ANY, WHOSE,
          empty_wall),
    HEARD("a meld is not of the first tiles in hand", "onOpTypeDo",
          "optype=2 uid.0=me", ANY, WHOSE, other_hand_order),
    HEARD("an added kong without its triplet", "onOpTypeDo",
          "optype=3 mjs.#=1", ANY, WHOSE, no_triplets),
    CHANGE("a meld that is none", "onOpTypeDo", "optype=2", "mjs.0", NULL),
    CHANGE("a meld that is none", "onOpTypeDo", "optype=2 mjs.0!=0", "mjs.1",
           "100"),
    CHANGE("a meld that is none", "onOpTypeDo", "optype=3 mjs.#=4", "mjs.0",
           NULL),
    HEARD("my win is passed over", "onOpTypeDo", "optype=2 uid.0!=me", ANY,
          WHOSE, chose_win),

    /* wins */
    AGAIN("a win out of turn", "onOpTypeDo", "optype=4 uid.0!=me"),
    CHANGE("a win is not on one tile", "onOpTypeDo", "optype=4", "mjs.+", "5"),
    CHANGE_AT("a win on another tile", "onOpTypeDo", "optype=4 mjs.0!=0",
              "mjs.0", "0", VIEW_CLAIM, WHOSE),
    CHANGE_AT("a win on another tile", "onOpTypeDo", "optype=4 mjs.0!=0",
              "mjs.0", "0", VIEW_ROB, WHOSE),
    CHANGE_AT("a win on another tile", "onOpTypeDo",
              "optype=4 uid.0=me mjs.0!=0", "mjs.0", "0", VIEW_TURN, WHOSE),
    HEARD("a win in the suit to do without", "onOpTypeDo", "optype=4",
          VIEW_CLAIM, WHOSE, other_que),
    HEARD("winners are not in the order of play", "onOpTypeDo", "optype=4",
          VIEW_WON, WHOSE, last_in_order),
    AGAIN("onHuScoreChange: not now", "onHuScoreChange", "huPaiType!=2"),
    CHANGE("a push names a stranger", "onHuScoreChange", "", "acId",
           "stranger"),
    CHANGE("onHuScoreChange: a wrong huPaiType", "onHuScoreChange",
           "huPaiType=0", "huPaiType", "1"),
    CHANGE("onHuScoreChange: a wrong huPaiType", "onHuScoreChange",
           "huPaiType=1", "huPaiType", "0"),
    CHANGE("a win is paid by others", "onHuScoreChange", "huPaiType=0",
           "scoreChange.0.acId", "=acId"),
    CHANGE("a win is paid by others", "onHuScoreChange",
           "huPaiType=1 scoreChange.#=2",
           "scoreChange.0.acId;scoreChange.1.acId",
           "=scoreChange.1.acId;=scoreChange.0.acId"),
    CHANGE("a win's points do not add up", "onHuScoreChange", "",
           "totalWinScore", "77"),
    CHANGE("a win's points do not add up", "onHuScoreChange", "",
           "scoreChange.0.score", "-77"),
    CHANGE("a compensation before the end", "onHuScoreChange", "huPaiType=0",
           "huPaiType", "2"),
    AGAIN("a compensation out of order", "onHuScoreChange", "huPaiType=2"),
    CHANGE("a compensation by those who need not pay", "onHuScoreChange",
           "huPaiType=2", "scoreChange.0.acId", "=acId"),

    /* kongs */
    AGAIN("onGangScoreChange: not now", "onGangScoreChange", ""),
    CHANGE("onGangScoreChange: rain for wind", "onGangScoreChange",
           "isXiaYu=true", "isXiaYu", "false"),
    CHANGE("onGangScoreChange: rain for wind", "onGangScoreChange",
           "isXiaYu=false", "isXiaYu", "true"),
    CHANGE("a kong's points do not add up", "onGangScoreChange", "",
           "changes.0.score", "100"),
    CHANGE("a kong is paid by others", "onGangScoreChange", "",
           "changes.0.acId;changes.1.acId", "=changes.1.acId;=changes.0.acId"),
    CHANGE("a kong is worth something else", "onGangScoreChange",
           "changes.#=2", "changes.0.score;changes.1.score", "4;-4"),
    HEARD("my win is passed over", "onGangScoreChange", "", ANY, WHOSE,
          chose_win),

    /* hints */
    AGAIN("asked again without an answer", "onOpTypeHint", ""),
    CHANGE("another's hint", "onOpTypeHint", "", "uid", "other"),
    CHANGE("a hint without a number", "onOpTypeHint", "", "hint", "0"),
    CHANGE("a field is missing", "onOpTypeHint", "", "hint", NULL),
    HEARD("a hint under an old number", "onOpTypeHint", "", ANY, WHOSE,
          late_hint),
    CHANGE("a hint for something unknown", "onOpTypeHint", "", "ops.0.op",
           "6"),
    CHANGE("a hint with a wrong number of tiles", "onOpTypeHint", "ops.0.op=1",
           "ops.0.mjidxs", "[]"),
    CHANGE("a hint with a wrong number of tiles", "onOpTypeHint", "ops.0.op=4",
           "ops.0.mjidxs", "null"),
    CHANGE("a hint for no tile", "onOpTypeHint", "ops.1.op=2",
           "ops.1.mjidxs.0", "200"),
    CHANGE("a hint of no kind", "onOpTypeHint", "tings.#!=0", "tings.0.index",
           "10"),
    CHANGE("a hint of no kind", "onOpTypeHint", "tings.#!=0", "tings.0.hu.0",
           "0"),
    CHANGE("a hint in another order", "onOpTypeHint", "ops.1.op=2", "ops.+",
           "{\"op\":5,\"mjidxs\":null}"),
    CHANGE_AT("not the kongs and wins of my hand", "onOpTypeHint",
              "ops.0.op!=1", "ops.0", NULL, VIEW_TURN, MINE),
    HEARD("asked for a kong or a win at the wrong time", "onOpTypeHint",
          "ops.0.op!=1", VIEW_TURN, MINE, has_not_drawn),
    CHANGE_AT("a hint that tells what to wait for", "onOpTypeHint",
              "ops.0.op!=1", "tings.+", "{\"index\":1,\"hu\":[1]}", VIEW_TURN,
              MINE),
    CHANGE_AT("a hint that tells what to wait for", "onOpTypeHint", "",
              "tings.+", "{\"index\":1,\"hu\":[1]}", VIEW_CLAIM, OTHERS),
    CHANGE_AT("a win on another tile", "onOpTypeHint",
              "ops.0.op=4 ops.0.mjidxs.0!=0", "ops.0.mjidxs.0", "0", VIEW_TURN,
              MINE),
    CHANGE("a hint that tells wrong waits", "onOpTypeHint", "tings.#!=0",
           "tings.0", NULL),
    CHANGE("a hint that tells wrong waits", "onOpTypeHint",
           "ops.0.op=1 tings.#=0", "tings.+", "{\"index\":1,\"hu\":[1]}"),
    CHANGE("a hint that tells wrong waits", "onOpTypeHint", "tings.#!=0",
           "tings.0.hu", "[]"),
    CHANGE("a discard offered with something else", "onOpTypeHint",
           "ops.0.op=1", "ops.+", "{\"op\":5,\"mjidxs\":null}"),
    HEARD("not asked for a kong or a win", "onOpTypeHint", "ops.0.op=1",
          VIEW_TURN, MINE, has_kong),
    HEARD("a discard of a short hand", "onOpTypeHint", "ops.0.op=1", VIEW_TURN,
          MINE, short_hand),
    HEARD("a winner is asked", "onOpTypeHint", "", VIEW_CLAIM, OTHERS, i_won),
    HEARD("asked for a tile of the suit to do without", "onOpTypeHint", "",
          VIEW_CLAIM, OTHERS, other_que),
    CHANGE_AT("not what can be done with the tile", "onOpTypeHint",
              "ops.1.op=2", "ops.1", NULL, VIEW_CLAIM, OTHERS),
    CHANGE_AT("not what can be done with the tile", "onOpTypeHint",
              "ops.0.op=4", "ops.0", NULL, VIEW_ROB, OTHERS),
    HEARD("a win offered that is none", "onOpTypeHint", "ops.0.op=4",
          VIEW_CLAIM, OTHERS, short_hand),
    HEARD("a win offered that is none", "onOpTypeHint", "ops.0.op=4", VIEW_ROB,
          OTHERS, short_hand),
    CHANGE_AT("a hint for another tile", "onOpTypeHint",
              "ops.1.op=2 ops.1.mjidxs.0!=0", "ops.1.mjidxs.0", "0",
              VIEW_CLAIM, OTHERS),
    CHANGE_AT("a hint for another tile", "onOpTypeHint",
              "ops.2.op=3 ops.2.mjidxs.0!=0", "ops.2.mjidxs.0", "0",
              VIEW_CLAIM, OTHERS),
    HEARD("asked out of turn", "onOpTypeHint", "", VIEW_CLAIM, OTHERS,
          after_win),

    /* the end of a round */
    HEARD("a round ends early", "onGameEnd", "", ANY, WHOSE, in_turn),
    HEARD("a round ends early", "onRoundEnd", "", ANY, WHOSE, in_turn),
    HEARD("my win is passed over", "onGameEnd", "", ANY, WHOSE, chose_win),
    HEARD("play goes on without my answer", "onRoundEnd", "", ANY, WHOSE,
          asked),
    CHANGE("a result of another round", "onGameEnd", "", ROUND("round"),
           "\"局数: 7/8\""),
    {"the last round is not the end, or another one is", "onRoundEnd", "", SET,
     "round", "\"局数: 1/1\"", ANY, WHOSE, one_round},
    CHANGE("a result without all players", "onGameEnd", "",
           ROUND("stats.last"), NULL),
    CHANGE("a result without all players", "onRoundEnd", "", "tiles.last",
           NULL),
    CHANGE("a result without all players", "onRoundEnd", "",
           "scoreChange.last", NULL),
    CHANGE("a result not in the order of seats", "onGameEnd", "",
           ROUND("tiles.0.acId"), "stranger"),
    CHANGE("a result not in the order of seats", "onRoundEnd", "",
           "scoreChange.0.acId", "stranger"),
    CHANGE("a hand at the end has another size", "onGameEnd", "",
           ROUND("tiles.other.shouPai.0"), NULL),
    CHANGE("a hand at the end has another size", "onGameEnd", "",
           ROUND("tiles.me.shouPai.0"), NULL),
    CHANGE("a hand at the end is hidden", "onGameEnd", "",
           ROUND("tiles.other.shouPai.0"), "-1"),
    CHANGE("a hand at the end has a tile that lies elsewhere", "onGameEnd", "",
           ROUND("tiles.other.shouPai.0"), "=roundStats.tiles.me.shouPai.0"),
    HEARD("my hand at the end is another", "onGameEnd", "", ANY, WHOSE,
          other_hand_order),
    CHANGE("huPai is not the tile of the win", "onGameEnd",
           ROUND("tiles.0.huPai!=0"), ROUND("tiles.0.huPai"), "0"),
    CHANGE("a winner who does not wait", "onGameEnd",
           ROUND("tiles.0.huPai!=-1"), ROUND("tiles.0.isTing"), "false"),
    CHANGE("a round's points do not add up", "onGameEnd", "",
           ROUND("scoreChange.0.score"), "1000"),
    CHANGE("wind or rain does not add up", "onGameEnd", "",
           ROUND("stats.0.feng"), "50"),
    CHANGE("wind or rain does not add up", "onRoundEnd", "", "stats.0.yu",
           "50"),
    CHANGE("total is not the score of the round", "onGameEnd", "",
           ROUND("stats.0.total"), "99"),
    CHANGE("remain is not the score before and the change", "onGameEnd", "",
           ROUND("scoreChange.0.remain"), "5"),
    CHANGE("remain is not the score before and the change", "onRoundEnd", "",
           "scoreChange.0.remain", "5"),
    HEARD("wind or rain is not what kongs have brought", "onGameEnd", "", ANY,
          WHOSE, other_wind),
    HEARD("total is not what was won and lost", "onGameEnd", "", ANY, WHOSE,
          other_points),
    CHANGE("fanshu does not tell who won", "onGameEnd", "",
           ROUND("stats.0.fanshu"), "-3"),
    CHANGE("bannerType does not tell who won", "onGameEnd", "",
           ROUND("stats.0.bannerType"), "9"),
    CHANGE("bannerType does not tell who won", "onGameEnd",
           ROUND("tiles.0.huPai!=-1"), ROUND("stats.0.bannerType"), "3"),
    CHANGE("desc of one who did not win", "onGameEnd",
           ROUND("tiles.0.huPai=-1"), ROUND("stats.0.desc"), "\"x\""),

    /* the end of the match */
    AGAIN("a push after the end", "onGameEnd", ""),
    CHANGE("a match is broken off", "onGameEnd", "", "isNormalFinished",
           "false"),
    CHANGE("onGameEnd: a wrong title", "onGameEnd", "", "title",
           "\"房号: 000001 局数: 9/9\""),
    CHANGE("a result without all players", "onGameEnd", "", "stats.last",
           NULL),
    CHANGE("a result not in the order of seats", "onGameEnd", "",
           "stats.0.uid", "stranger"),
    CHANGE("a match's points do not add up", "onGameEnd", "",
           "stats.0.totalScore", "5000"),
    CHANGE("totalScore is not what the rounds add up to", "onGameEnd",
           "stats.0.totalScore!==stats.1.totalScore",
           "stats.0.totalScore;stats.1.totalScore",
           "=stats.1.totalScore;=stats.0.totalScore"),
    CHANGE("hu and ziMo are not what was won", "onGameEnd", "", "stats.0.hu",
           "9"),
    CHANGE("hu and ziMo are not what was won", "onGameEnd", "", "stats.0.ziMo",
           "9"),
    CHANGE("pao is not what was paid for", "onGameEnd", "", "stats.0.pao",
           "9"),
    HEARD("pao is not what was paid for", "onGameEnd", "", ANY, WHOSE,
          paid_more_often),
    CHANGE("isCreator: another", "onGameEnd", "", "stats.1.isCreator", "true"),
    CHANGE("isCreator: another", "onGameEnd", "", "stats.0.isCreator",
           "false"),
    CHANGE("isBigWinner: another has more", "onGameEnd",
           "stats.0.isBigWinner=true", "stats.0.isBigWinner", "false"),
    CHANGE("isBigWinner: another has more", "onGameEnd",
           "stats.0.isBigWinner=false", "stats.0.isBigWinner", "true"),
    CHANGE("isPaoWang: another has more", "onGameEnd",
           "stats.1.isPaoWang=true", "stats.1.isPaoWang", "false"),
    CHANGE("isPaoWang: another has more", "onGameEnd",
           "stats.1.isPaoWang=false", "stats.1.isPaoWang", "true"),

    /* coming back */
    AGAIN("onSyncDesk: not now", "onSyncDesk", ""),
    CHANGE("onSyncDesk: a wrong number of players", "onSyncDesk", "",
           "players.last", NULL),
    CHANGE("onSyncDesk: a wrong number of players", "onSyncDesk", "",
           "scoreInfo.last", NULL),
    CHANGE("onSyncDesk: a wrong status", "onSyncDesk", "", "status", "9"),
    CHANGE("onSyncDesk: not in the order of seats", "onSyncDesk", "",
           "players.0.acId", "stranger"),
    CHANGE("onSyncDesk: a wrong score", "onSyncDesk", "", "players.0.score",
           "1"),
    CHANGE("onSyncDesk: a wrong score", "onSyncDesk", "", "scoreInfo.0.score",
           "1"),
    CHANGE("a push names a stranger", "onSyncDesk", "", "lastMoPaiAcId",
           "stranger"),
    CHANGE("a push names a stranger", "onSyncDesk", "", "markerAcId",
           "stranger"),
    CHANGE("another's tile is shown", "onSyncDesk", "",
           "players.other.shouPaiIds.0", "5"),
    CHANGE("another's tile is shown", "onSyncDesk", "",
           "players.other.lastTile", "5"),
    CHANGE("own tiles are hidden, or none", "onSyncDesk", "",
           "players.me.shouPaiIds.0", "-1"),
    CHANGE("onSyncDesk: what I drew is hidden", "onSyncDesk", "",
           "players.me.lastTile", "-1"),
    CHANGE("onSyncDesk: what lies open is no tile", "onSyncDesk", "",
           "players.0.chuPaiIds.+", "200"),
    CHANGE("onSyncDesk: a tile in two places", "onSyncDesk", "",
           "players.last.chuPaiIds.+", "=players.me.shouPaiIds.0"),
    CHANGE("onSyncDesk: melds that are none", "onSyncDesk",
           "players.other.gangInfos.#!=0", "players.other.gangInfos.0", NULL),
    CHANGE("onSyncDesk: no huType", "onSyncDesk", "", "players.0.huType", "9"),
    CHANGE("onSyncDesk: huPai without a win", "onSyncDesk",
           "players.0.isHu=false", "players.0.huPai", "5"),
    CHANGE("onSyncDesk: a win without huPai", "onSyncDesk",
           "players.0.isHu=false", "players.0.isHu", "true"),
    CHANGE("onSyncDesk: a wrong que", "onSyncDesk", "", "players.0.que", "7"),
    CHANGE("onSyncDesk: the tiles do not add up", "onSyncDesk", "restCnt!=3",
           "restCnt", "3"),
    CHANGE("onSyncDesk: the tiles do not add up", "onSyncDesk", "",
           "players.other.shouPaiIds.0", NULL),
    CHANGE("onSyncDesk: a hand of a wrong size", "onSyncDesk",
           "lastMoPaiAcId=me status=3 hint!=null", "lastMoPaiAcId", "other"),
    CHANGE("onSyncDesk: the last discard is no tile", "onSyncDesk",
           "lastChuPaiUid!=0", "lastChuPaiId", "200"),
    CHANGE("onSyncDesk: the last discard lies nowhere", "onSyncDesk",
           "lastChuPaiUid!=0", "lastChuPaiId", "=players.me.shouPaiIds.0"),
    CHANGE("onSyncDesk: nobody has to do anything", "onSyncDesk",
           "status=3 hint!=null lastMoPaiAcId!=me", "lastChuPaiUid", "0"),
    CHANGE("onSyncDesk: my turn without a hint", "onSyncDesk",
           "status=3 hint!=null lastMoPaiAcId=me", "hint", "null"),
    CHANGE("another's hint", "onSyncDesk", "hint!=null", "hint.uid", "other"),
};

#endif
