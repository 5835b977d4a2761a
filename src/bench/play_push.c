#include "bench/play_push.h"

#include <string.h>

#include "bench/play_read.h"

/* ---- the tables: sparrow-protocol(7), PUSHES ---- */

static const struct read_field score_fields[] = {
    READ_VALUE("acId", push_score, uid),
    READ_VALUE("score", push_score, score),
};
static const struct read_type score_type = READ_TYPE(score_fields);

static const struct read_field draw_fields[] = {
    READ_VALUE("acId", push_draw, uid),
    READ_INT_LIST("mjids", push_draw, tiles, false),
};

static const struct read_field do_fields[] = {
    READ_INT_LIST("uid", push_do, uid, false),
    READ_VALUE("optype", push_do, op),
    READ_VALUE("hutype", push_do, hutype),
    READ_INT_LIST("mjs", push_do, tiles, false),
};

static const struct read_field op_fields[] = {
    READ_VALUE("op", push_op, op),
    READ_INT_LIST("mjidxs", push_op, tiles, true),
};
static const struct read_type op_type = READ_TYPE(op_fields);

static const struct read_field ting_fields[] = {
    READ_VALUE("index", push_ting, index),
    READ_INT_LIST("hu", push_ting, waits, false),
};
static const struct read_type ting_type = READ_TYPE(ting_fields);

static const struct read_field hint_fields[] = {
    READ_OBJECTS("ops", push_hint, ops, op_type),
    READ_OBJECTS("tings", push_hint, tings, ting_type),
    READ_VALUE("uid", push_hint, uid),
    READ_VALUE("hint", push_hint, number),
};
static const struct read_type hint_type = READ_TYPE(hint_fields);

static const struct read_field player_fields[] = {
    READ_VALUE("deskPos", push_player, pos),
    READ_VALUE("acId", push_player, uid),
    READ_VALUE("nickname", push_player, name),
    READ_VALUE("isReady", push_player, ready),
    READ_VALUE("sex", push_player, sex),
    READ_VALUE("isExit", push_player, exit),
    READ_VALUE("headURL", push_player, picture),
    READ_VALUE("score", push_player, score),
    READ_VALUE("ip", push_player, ip),
    READ_VALUE("offline", push_player, offline),
};
static const struct read_type player_type = READ_TYPE(player_fields);

struct players_body {
    struct push_players players;
};
static const struct read_field players_fields[] = {
    READ_OBJECTS("data", players_body, players, player_type),
};

static const struct read_field que_fields[] = {
    READ_VALUE("uid", push_que, uid),
    READ_VALUE("que", push_que, que),
};
static const struct read_type que_type = READ_TYPE(que_fields);

static const struct read_field win_fields[] = {
    READ_VALUE("acId", push_win_score, uid),
    READ_VALUE("huPaiType", push_win_score, kind),
    READ_OBJECTS("scoreChange", push_win_score, payers, score_type),
    READ_VALUE("totalWinScore", push_win_score, total),
};

static const struct read_field kong_fields[] = {
    READ_VALUE("isXiaYu", push_kong_score, rain),
    READ_OBJECTS("changes", push_kong_score, changes, score_type),
};

static const struct read_field basic_fields[] = {
    READ_VALUE("deskId", push_basic, number),
    READ_VALUE("title", push_basic, title),
    READ_VALUE("desc", push_basic, desc),
    READ_VALUE("mode", push_basic, mode),
};

static const struct read_field dealt_fields[] = {
    READ_VALUE("acId", push_dealt, uid),
    READ_INT_LIST("mjs", push_dealt, tiles, false),
};
static const struct read_type dealt_type = READ_TYPE(dealt_fields);

static const struct read_field deal_fields[] = {
    READ_VALUE("markerId", push_deal, banker),
    READ_VALUE("dice1", push_deal, dice[0]),
    READ_VALUE("dice2", push_deal, dice[1]),
    READ_OBJECTS("accountInfo", push_deal, hands, dealt_type),
};

static const struct read_field lay_fields[] = {
    READ_VALUE("acId", push_lay, uid),
    READ_INT_LIST("shouPai", push_lay, hand, false),
    READ_VALUE("huPai", push_lay, win_tile),
    READ_VALUE("isTing", push_lay, ting),
};
static const struct read_type lay_type = READ_TYPE(lay_fields);

static const struct read_field result_fields[] = {
    READ_VALUE("fanshu", push_result, fan),
    READ_VALUE("feng", push_result, wind),
    READ_VALUE("yu", push_result, rain),
    READ_VALUE("total", push_result, total),
    READ_VALUE("bannerType", push_result, banner),
    READ_VALUE("desc", push_result, desc),
};
static const struct read_type result_type = READ_TYPE(result_fields);

static const struct read_field remain_fields[] = {
    READ_VALUE("acId", push_remain, uid),
    READ_VALUE("score", push_remain, score),
    READ_VALUE("remain", push_remain, remain),
};
static const struct read_type remain_type = READ_TYPE(remain_fields);

static const struct read_field round_fields[] = {
    READ_VALUE("title", push_round_end, title),
    READ_VALUE("round", push_round_end, round),
    READ_OBJECTS("tiles", push_round_end, lay, lay_type),
    READ_OBJECTS("stats", push_round_end, results, result_type),
    READ_OBJECTS("scoreChange", push_round_end, scores, remain_type),
};
static const struct read_type round_type = READ_TYPE(round_fields);

static const struct read_field total_fields[] = {
    READ_VALUE("ziMo", push_total, self_drawn),
    READ_VALUE("hu", push_total, won),
    READ_VALUE("pao", push_total, lost),
    READ_VALUE("anGang", push_total, concealed_kongs),
    READ_VALUE("mingGang", push_total, open_kongs),
    READ_VALUE("totalScore", push_total, total),
    READ_VALUE("uid", push_total, uid),
    READ_VALUE("account", push_total, name),
    READ_VALUE("isPaoWang", push_total, is_worst),
    READ_VALUE("isBigWinner", push_total, is_best),
    READ_VALUE("isCreator", push_total, is_creator),
};
static const struct read_type total_type = READ_TYPE(total_fields);

static const struct read_field game_fields[] = {
    READ_STRUCT("roundStats", push_game_end, round, round_type),
    READ_OBJECTS("stats", push_game_end, totals, total_type),
    READ_VALUE("title", push_game_end, title),
    READ_VALUE("isNormalFinished", push_game_end, normal),
};

static const struct read_field sync_player_fields[] = {
    READ_VALUE("acId", push_sync_player, uid),
    READ_INT_LIST("shouPaiIds", push_sync_player, hand, false),
    READ_INT_LIST("chuPaiIds", push_sync_player, river, false),
    READ_INT_LIST("gangInfos", push_sync_player, melds, false),
    READ_VALUE("lastTile", push_sync_player, last_draw),
    READ_VALUE("isHu", push_sync_player, won),
    READ_VALUE("huPai", push_sync_player, win_tile),
    READ_VALUE("huType", push_sync_player, banner),
    READ_VALUE("que", push_sync_player, que),
    READ_VALUE("score", push_sync_player, score),
};
static const struct read_type sync_player_type = READ_TYPE(sync_player_fields);

static const struct read_field sync_fields[] = {
    READ_VALUE("status", push_sync, status),
    READ_OBJECTS("players", push_sync, players, sync_player_type),
    READ_OBJECTS("scoreInfo", push_sync, scores, score_type),
    READ_VALUE("markerAcId", push_sync, banker),
    READ_VALUE("lastMoPaiAcId", push_sync, turn),
    READ_VALUE("restCnt", push_sync, rest),
    READ_VALUE("dice1", push_sync, dice[0]),
    READ_VALUE("dice2", push_sync, dice[1]),
    READ_STRUCT_OR_NULL("hint", push_sync, hint, has_hint, hint_type),
    READ_VALUE("lastChuPaiId", push_sync, last_discard),
    READ_VALUE("lastChuPaiUid", push_sync, last_discard_uid),
};

static const struct read_field presence_fields[] = {
    READ_VALUE("uid", push_flag, uid),
    READ_VALUE("offline", push_flag, on),
};

static const struct read_field trustee_fields[] = {
    READ_VALUE("uid", push_flag, uid),
    READ_VALUE("on", push_flag, on),
};

static const struct read_field exit_fields[] = {
    READ_VALUE("acid", push_exit, uid),
    READ_VALUE("isexit", push_exit, exit),
    READ_VALUE("exitType", push_exit, type),
    READ_VALUE("deskPos", push_exit, pos),
};

static const struct read_field vote_seat_fields[] = {
    READ_VALUE("deskPos", push_vote_seat, pos),
    READ_VALUE("status", push_vote_seat, status),
};
static const struct read_type vote_seat_type = READ_TYPE(vote_seat_fields);

static const struct read_field vote_fields[] = {
    READ_VALUE("dissolveUid", push_vote, uid),
    READ_OBJECTS("dissolveStatus", push_vote, seats, vote_seat_type),
    READ_VALUE("restTime", push_vote, rest),
};

static const struct read_field vote_status_fields[] = {
    READ_OBJECTS("dissolveStatus", push_vote, seats, vote_seat_type),
    READ_VALUE("restTime", push_vote, rest),
};

static const struct read_field que_hint_fields[] = {
    READ_VALUE("que", push_number, value),
};

static const struct read_field coin_fields[] = {
    READ_VALUE("coin", push_number, value),
};

static const struct read_field pos_fields[] = {
    READ_VALUE("deskPos", push_number, value),
};

static const struct read_field broadcast_fields[] = {
    READ_VALUE("code", push_number, value),
    READ_VALUE("message", push_number, text),
};

/* ---- the routes ---- */

#define OBJECT(name, fields, member)                                          \
    {                                                                         \
        STR_INIT(name), READ_TYPE(fields), offsetof(struct push, member)      \
    }

static const struct {
    struct str name;
    struct read_type type;
    size_t at;
} routes[PUSH_ROUTES] = {
    [PUSH_DRAW] = OBJECT("onMoPai", draw_fields, draw),
    [PUSH_DO] = OBJECT("onOpTypeDo", do_fields, act),
    [PUSH_HINT] = OBJECT("onOpTypeHint", hint_fields, hint),
    [PUSH_PLAYERS] = OBJECT("onPlayerEnter", players_fields, players),
    [PUSH_QUE] = {STR_INIT("onDingQue"), {NULL, 0}, 0}, /* a list */
    [PUSH_QUE_HINT] = OBJECT("onDingQueHint", que_hint_fields, number),
    [PUSH_WIN_SCORE] = OBJECT("onHuScoreChange", win_fields, win),
    [PUSH_KONG_SCORE] = OBJECT("onGangScoreChange", kong_fields, kong),
    [PUSH_BASIC] = OBJECT("onDeskBasicInfo", basic_fields, basic),
    [PUSH_DEAL] = OBJECT("onDuanPai", deal_fields, deal),
    [PUSH_GAME_END] = OBJECT("onGameEnd", game_fields, game),
    [PUSH_ROUND_END] = OBJECT("onRoundEnd", round_fields, round),
    [PUSH_COINS] = OBJECT("onCoinChange", coin_fields, number),
    [PUSH_SYNC] = OBJECT("onSyncDesk", sync_fields, sync),
    [PUSH_PRESENCE] = OBJECT("onPlayerOfflineStatus", presence_fields, flag),
    [PUSH_TRUSTEE] = OBJECT("onTrustee", trustee_fields, flag),
    [PUSH_BROADCAST] = OBJECT("onBroadcast", broadcast_fields, number),
    [PUSH_EXIT] = OBJECT("onPlayerExit", exit_fields, exit),
    [PUSH_DISSOLVE] = OBJECT("onDissolve", exit_fields, exit),
    [PUSH_VOTE] = OBJECT("onDissolveAgreement", vote_fields, vote),
    [PUSH_VOTE_STATUS] = OBJECT("onDissolveStatus", vote_status_fields, vote),
    [PUSH_VOTE_FAILED] = OBJECT("onDissolveFailure", pos_fields, number),
    [PUSH_VOTE_DONE] = {STR_INIT("onDissolveSuccess"), {NULL, 0}, 0},
};

struct ques_body {
    struct push_ques ques;
};
static const struct read_field ques_root = READ_OBJECTS("", ques_body, ques,
                                                        que_type);

const char *
push_read(struct push *p, struct str route, struct str payload,
          struct str *field)
{
    unsigned i = 0;

    *field = STR("");
    while (i < PUSH_ROUTES && !str_equal(routes[i].name, route))
        i++;
    if (i == PUSH_ROUTES)
        return "no such push";
    p->route = (enum push_route) i;
    if (p->route == PUSH_QUE)
        return read_json(&ques_root, &p->ques, payload, field);

    const struct read_field root = {.kind = READ_OBJECT,
                                    .type = &routes[i].type};
    return read_json(&root, (char *) p + routes[i].at, payload, field);
}

/* ---- answers: sparrow-protocol(7), REQUESTS ---- */

static const struct read_field table_fields[] = {
    READ_VALUE("deskId", push_table, number),
    READ_VALUE("createdAt", push_table, created_at),
    READ_VALUE("creator", push_table, creator),
    READ_VALUE("title", push_table, title),
    READ_VALUE("desc", push_table, desc),
    READ_VALUE("status", push_table, status),
    READ_VALUE("round", push_table, round),
    READ_VALUE("mode", push_table, mode),
};
static const struct read_type table_type = READ_TYPE(table_fields);

static const struct read_field login_fields[] = {
    READ_VALUE("acId", answer, uid),
    READ_VALUE("nickname", answer, name),
    READ_VALUE("headURL", answer, picture),
    READ_VALUE("sex", answer, sex),
    READ_VALUE("fangka", answer, cards),
};

static const struct read_field uncomplete_fields[] = {
    READ_VALUE("exist", answer, exist),
    READ_STRUCT("tableInfo", answer, table, table_type),
};

static const struct read_field seated_fields[] = {
    READ_VALUE("code", answer, code),
    READ_VALUE("error", answer, error),
    READ_STRUCT("tableInfo", answer, table, table_type),
};

static const struct read_field error_fields[] = {
    READ_VALUE("code", answer, code),
    READ_VALUE("error", answer, error),
};

static const struct read_type answers[] = {
    [ANSWER_LOGIN] = READ_TYPE(login_fields),
    [ANSWER_UNCOMPLETE] = READ_TYPE(uncomplete_fields),
    [ANSWER_TABLE] = READ_TYPE(seated_fields),
    [ANSWER_ERROR] = READ_TYPE(error_fields),
};

const char *
answer_read(struct answer *a, enum answer_kind kind, struct str payload,
            struct str *field)
{
    const struct read_field root = {.kind = READ_OBJECT,
                                    .type = &answers[kind]};

    memset(a, 0, sizeof *a);
    *field = STR("");
    return read_json(&root, a, payload, field);
}
