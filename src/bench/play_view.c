/*
 * What a bot knows, built from the pushes alone, and what must hold of them:
 * tiles that are not his are hidden, no tile is in two places, who acts may
 * act, points add up.
 */
#include "bench/play.h"

#include <string.h>

#include "core/mem.h"
#include "game/mahjong/bot.h"

enum tile_place {
    TILE_UNKNOWN, /* in the wall or in another hand */
    TILE_MINE,
    TILE_OUT, /* discarded, melded, won on */
};

static int64_t
number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* The seat of a uid; PLAY_SEATS (counted) if he does not sit here. */
static unsigned
seat_of(struct bot *b, int64_t uid)
{
    struct play_view *v = &b->view;

    for (unsigned i = 0; i < v->seats; i++)
        if (v->uid[i] == uid)
            return i;
    bot_wrong(b, "a push names a stranger");
    return PLAY_SEATS;
}

static bool
is_tile(const struct bot *b, int64_t id)
{
    return id >= 0 && id < (b->view.seats == 3 ? 72 : 108);
}

void
view_begin(struct play_view *v)
{
    memset(v, 0, sizeof *v);
    for (unsigned i = 0; i < PLAY_SEATS; i++)
        v->remain[i] = MAHJONG_START_SCORE;
}

/* ---- tiles ---- */

static void
round_begin(struct play_view *v)
{
    struct mahjong_view *rules = &v->rules;

    memset(v->place, TILE_UNKNOWN, sizeof v->place);
    v->last_discard = -1;
    v->dealt = v->synced = true;
    rules->seat = (uint8_t) v->me;
    rules->seats = rules->seated = (uint8_t) v->seats;
    for (unsigned i = 0; i < PLAY_SEATS; i++) {
        struct mahjong_seat_view *p = &rules->player[i];

        p->hand_len = p->river_len = p->melds = 0;
        p->que = 0;
        p->win_tile = -1;
    }
}

static void
take_tile(struct bot *b, int64_t id)
{
    struct play_view *v = &b->view;
    struct mahjong_seat_view *me = &v->rules.player[v->me];

    if (!is_tile(b, id) || v->place[id] != TILE_UNKNOWN ||
        me->hand_len == MAHJONG_HAND) {
        bot_wrong(b, "a tile comes that cannot");
        return;
    }
    v->place[id] = TILE_MINE;
    me->hand[me->hand_len++] = (int8_t) id;
}

/* A tile leaves a hand for the open. */
static void
show_tile(struct bot *b, unsigned seat, int64_t id)
{
    struct play_view *v = &b->view;
    struct mahjong_seat_view *p = &v->rules.player[seat];
    unsigned i = 0;

    if (!is_tile(b, id) ||
        v->place[id] != (seat == v->me ? TILE_MINE : TILE_UNKNOWN)) {
        bot_wrong(b, "a tile is shown that was not there");
        return;
    }
    v->place[id] = TILE_OUT;
    if (seat != v->me)
        return;
    while (p->hand[i] != id)
        i++;
    p->hand_len--;
    memmove(p->hand + i, p->hand + i + 1, p->hand_len - i);
}

/* ---- dealing ---- */

static enum play_todo
duan_pai(struct bot *b, const json_t *body)
{
    struct play_view *v = &b->view;
    const json_t *list = json_object_get(body, "accountInfo");
    int64_t marker = number(body, "markerId");

    v->seats = (unsigned) json_array_size(list);
    if (v->seats != b->table->play->conf->mode) {
        bot_wrong(b, "onDuanPai: wrong number of players");
        return TODO_NOTHING;
    }
    for (unsigned i = 0; i < v->seats; i++) {
        v->uid[i] = number(json_array_get(list, i), "acId");
        if (v->uid[i] == b->uid)
            v->me = i;
    }
    round_begin(v);
    v->rules.turn = (uint8_t) (seat_of(b, marker) % PLAY_SEATS);
    for (unsigned i = 0; i < v->seats; i++) {
        const json_t *mjs = json_object_get(json_array_get(list, i), "mjs");
        size_t n = json_array_size(mjs);

        if (n != (v->uid[i] == marker ? 14u : 13u))
            bot_wrong(b, "onDuanPai: wrong number of tiles");
        for (size_t k = 0; k < n; k++) {
            int64_t id = json_integer_value(json_array_get(mjs, k));

            if (i == v->me)
                take_tile(b, id);
            else if (id != MAHJONG_HIDDEN)
                bot_wrong(b, "onDuanPai: another's tile is shown");
        }
    }
    return TODO_SORT;
}

static void
ding_que(struct bot *b, const json_t *body)
{
    for (size_t i = 0; i < json_array_size(body); i++) {
        const json_t *one = json_array_get(body, i);
        unsigned seat = seat_of(b, number(one, "uid"));
        int64_t que = number(one, "que");

        if (que < 1 || que > 3)
            bot_wrong(b, "onDingQue: no suit");
        else if (seat < PLAY_SEATS)
            b->view.rules.player[seat].que = (int8_t) que;
    }
}

static void
mo_pai(struct bot *b, const json_t *body)
{
    struct play_view *v = &b->view;
    unsigned seat = seat_of(b, number(body, "acId"));
    const json_t *ids = json_object_get(body, "mjids");
    int64_t id = json_integer_value(json_array_get(ids, 0));

    if (json_array_size(ids) != 1)
        bot_wrong(b, "onMoPai: not one tile");
    else if (seat == v->me)
        take_tile(b, id);
    else if (id != MAHJONG_HIDDEN)
        bot_wrong(b, "onMoPai: another's tile is shown");
    if (seat < PLAY_SEATS)
        v->rules.turn = (uint8_t) seat;
}

/* ---- what is done ---- */

static void
unriver(struct play_view *v, int64_t id)
{
    for (unsigned i = 0; i < v->seats; i++) {
        struct mahjong_seat_view *p = &v->rules.player[i];

        if (p->river_len > 0 && p->river[p->river_len - 1] == id)
            p->river_len--;
    }
}

static void
discard(struct bot *b, unsigned seat, int64_t id)
{
    struct mahjong_seat_view *p = &b->view.rules.player[seat];

    show_tile(b, seat, id);
    if (seat != b->view.rules.turn)
        bot_wrong(b, "a discard out of turn");
    if (p->river_len < MAHJONG_RIVER)
        p->river[p->river_len++] = (int8_t) id;
    b->view.last_discard = (int) id;
}

/* Peng and the kongs: `mjs` in the order of the protocol. */
static void
meld(struct bot *b, unsigned seat, int op, const int64_t *id, size_t n)
{
    struct play_view *v = &b->view;
    struct mahjong_seat_view *p = &v->rules.player[seat];
    size_t from = 0;
    struct mahjong_meld *m;

    if (n > 1 && id[0] == v->last_discard && seat != v->rules.turn) {
        unriver(v, id[0]); /* claimed */
        from = 1;
    }
    for (size_t i = from; i < n; i++)
        show_tile(b, seat, id[i]);
    if ((op == MAHJONG_PENG && n != 3) ||
        (op == MAHJONG_GANG && n != 4 && n != 1))
        bot_wrong(b, "a meld of the wrong size");
    v->rules.turn = (uint8_t) seat;
    if (n == 1 || p->melds == MAHJONG_MELDS)
        return;
    m = &p->meld[p->melds++];
    memset(m->tile, MAHJONG_NO_TILE, sizeof m->tile);
    for (size_t i = 0; i < n && i < 4; i++)
        m->tile[i] = (uint8_t) id[i];
}

static void
win(struct bot *b, unsigned seat, int64_t id)
{
    struct play_view *v = &b->view;
    struct mahjong_seat_view *p = &v->rules.player[seat];

    if (p->win_tile >= 0)
        bot_wrong(b, "a second win");
    if (is_tile(b, id) && v->place[id] == TILE_OUT)
        unriver(v, id);
    else
        show_tile(b, seat, id);
    p->win_tile = (int8_t) id;
}

static void
op_do(struct bot *b, const json_t *body)
{
    const json_t *uids = json_object_get(body, "uid");
    const json_t *mjs = json_object_get(body, "mjs");
    int64_t id[4] = {0};
    size_t n = json_array_size(mjs);
    int op = (int) number(body, "optype");
    unsigned seat = seat_of(b, json_integer_value(json_array_get(uids, 0)));
    struct table *t = b->table;

    if (json_array_size(uids) != 1 || n < 1 || n > 4 || seat == PLAY_SEATS) {
        bot_wrong(b, "onOpTypeDo: not one doer, or no tiles");
        return;
    }
    for (size_t i = 0; i < n; i++)
        id[i] = json_integer_value(json_array_get(mjs, i));
    if (op == MAHJONG_DISCARD)
        discard(b, seat, id[0]);
    else if (op == MAHJONG_HU)
        win(b, seat, id[0]);
    else
        meld(b, seat, op, id, n);
    /* the latency of an action is that of the last who hears of it */
    if (t->acted_ns[seat] != 0 &&
        ++t->acted_heard[seat] == b->table->play->conf->mode) {
        run_answer(t->play->run, now_ns() - t->acted_ns[seat], 1);
        t->acted_ns[seat] = 0;
    }
}

/* ---- hints ---- */

static enum play_todo
hint(struct bot *b, const json_t *body)
{
    struct play_view *v = &b->view;
    struct mahjong_hint *h = &v->rules.hint;
    const json_t *ops = json_object_get(body, "ops");
    const json_t *tings = json_object_get(body, "tings");

    if (number(body, "uid") != b->uid)
        bot_wrong(b, "another's hint");
    memset(h, 0, sizeof *h);
    h->tile = MAHJONG_NO_TILE;
    h->phase = v->rules.turn == v->me ? MAHJONG_ASK_SELF : MAHJONG_ASK_CLAIM;
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const json_t *one = json_array_get(ops, i);
        const json_t *ids = json_object_get(one, "mjidxs");
        int64_t op = number(one, "op");
        int64_t id = json_integer_value(json_array_get(ids, 0));

        if (op < MAHJONG_DISCARD || op > MAHJONG_PASS)
            bot_wrong(b, "a hint for something unknown");
        else
            h->offer |= (uint8_t) (1u << op);
        if (json_is_null(ids))
            continue;
        h->tile = mahjong_tile_id(id);
        if (op == MAHJONG_GANG && h->kongs < MAHJONG_KONGS)
            h->kong[h->kongs++] = mahjong_tile_id(id);
    }
    for (size_t i = 0; i < json_array_size(tings) && i < MAHJONG_HAND; i++) {
        const json_t *one = json_array_get(tings, i);
        const json_t *hu = json_object_get(one, "hu");
        struct mahjong_ting *ting = &h->ting[h->tings++];

        ting->kind = (uint8_t) index_kind((int) number(one, "index"));
        ting->waits = 0;
        for (size_t k = 0; k < json_array_size(hu); k++)
            ting->waits |= 1u << index_kind((int) json_integer_value(
                               json_array_get(hu, k)));
    }
    return TODO_CHOOSE;
}

/* ---- points ---- */

static int64_t
sum_of(const json_t *list, const char *name)
{
    int64_t sum = 0;

    for (size_t i = 0; i < json_array_size(list); i++)
        sum += number(json_array_get(list, i), name);
    return sum;
}

/* The body of onRoundEnd, or that in onGameEnd. */
static void
round_end(struct bot *b, const json_t *body)
{
    struct play_view *v = &b->view;
    const json_t *changes = json_object_get(body, "scoreChange");

    if (sum_of(changes, "score") != 0)
        bot_wrong(b, "a round's points do not add up");
    v->dealt = false;
    v->rounds_heard++;
    for (size_t i = 0; i < json_array_size(changes) && i < PLAY_SEATS; i++) {
        const json_t *one = json_array_get(changes, i);
        int64_t remain = number(one, "remain");

        if (v->synced && remain != v->remain[i] + number(one, "score"))
            bot_wrong(b, "remain is not the score before and the change");
        v->remain[i] = remain;
    }
}

static void
game_end(struct bot *b, const json_t *body)
{
    struct play_view *v = &b->view;
    const json_t *stats = json_object_get(body, "stats");

    round_end(b, json_object_get(body, "roundStats"));
    if (sum_of(stats, "totalScore") != 0)
        bot_wrong(b, "a match's points do not add up");
    for (size_t i = 0; i < json_array_size(stats) && i < PLAY_SEATS; i++)
        if (v->remain[i] - MAHJONG_START_SCORE !=
            number(json_array_get(stats, i), "totalScore"))
            bot_wrong(b, "totalScore is not what the rounds add up to");
    if (!json_is_true(json_object_get(body, "isNormalFinished")))
        bot_wrong(b, "a match was broken off");
}

/* ---- coming back ---- */

static void
sync_player(struct bot *b, unsigned i, const json_t *one)
{
    struct play_view *v = &b->view;
    struct mahjong_seat_view *p = &v->rules.player[i];
    const json_t *hand = json_object_get(one, "shouPaiIds");
    const json_t *river = json_object_get(one, "chuPaiIds");
    const json_t *melds = json_object_get(one, "gangInfos");
    int64_t won = number(one, "huPai");

    for (size_t k = 0; k < json_array_size(hand); k++) {
        int64_t id = json_integer_value(json_array_get(hand, k));

        if (i == v->me)
            take_tile(b, id);
        else if (id != MAHJONG_HIDDEN)
            bot_wrong(b, "onSyncDesk: another's tile is shown");
    }
    for (size_t k = 0; k < json_array_size(river); k++) {
        int64_t id = json_integer_value(json_array_get(river, k));

        if (!is_tile(b, id) || v->place[id] != TILE_UNKNOWN)
            bot_wrong(b, "onSyncDesk: a tile in two places");
        else if (p->river_len < MAHJONG_RIVER)
            p->river[p->river_len++] = (int8_t) id;
        if (is_tile(b, id))
            v->place[id] = TILE_OUT;
    }
    for (size_t k = 0; k < json_array_size(melds); k++) {
        int64_t id = json_integer_value(json_array_get(melds, k));

        if (!is_tile(b, id) || v->place[id] != TILE_UNKNOWN)
            bot_wrong(b, "onSyncDesk: a melded tile in two places");
        else
            v->place[id] = TILE_OUT;
    }
    if (is_tile(b, won)) {
        p->win_tile = (int8_t) won;
        v->place[won] = TILE_OUT; /* two may win on one */
    }
    p->que = (int8_t) number(one, "que");
    v->remain[i] = number(one, "score");
}

static enum play_todo
sync_desk(struct bot *b, const json_t *body)
{
    struct play_view *v = &b->view;
    const json_t *players = json_object_get(body, "players");
    const json_t *asked = json_object_get(body, "hint");
    int64_t status = number(body, "status");
    unsigned turn;

    v->seats = (unsigned) json_array_size(players);
    if (v->seats > PLAY_SEATS)
        v->seats = PLAY_SEATS;
    for (unsigned i = 0; i < v->seats; i++) {
        v->uid[i] = number(json_array_get(players, i), "acId");
        if (v->uid[i] == b->uid)
            v->me = i;
    }
    round_begin(v);
    for (unsigned i = 0; i < v->seats; i++)
        sync_player(b, i, json_array_get(players, i));
    turn = seat_of(b, number(body, "lastMoPaiAcId"));
    v->rules.turn = (uint8_t) (turn < PLAY_SEATS ? turn : 0);
    v->last_discard = number(body, "lastChuPaiUid") != 0
                          ? (int) number(body, "lastChuPaiId")
                          : -1;
    if (status == MAHJONG_DEALING)
        return TODO_SORT;
    if (status == MAHJONG_SORTED && v->rules.player[v->me].que < 0)
        return TODO_QUE;
    return json_is_object(asked) ? hint(b, asked) : TODO_NOTHING;
}

/* ---- all of them ---- */

static void
hu_score(struct bot *b, const json_t *body)
{
    if (sum_of(json_object_get(body, "scoreChange"), "score") !=
        -number(body, "totalWinScore"))
        bot_wrong(b, "a win's points do not add up");
}

/* Scores between rounds, for one who has missed some. */
static void
player_enter(struct bot *b, const json_t *body)
{
    const json_t *data = json_object_get(body, "data");

    for (size_t i = 0; i < json_array_size(data) && i < PLAY_SEATS; i++)
        if (!b->view.dealt)
            b->view.remain[i] = number(json_array_get(data, i), "score");
}

static bool
is_route(struct str route, const char *name)
{
    return str_equal(route, str_of(name));
}

enum play_todo
view_push(struct bot *b, struct str route, json_t *body, struct str text)
{
    const char *why = shape_check(route, body);

    if (why != NULL) {
        bot_wrong(b, "%.*s: %s", (int) route.len, route.data, why);
        return TODO_NOTHING;
    }
    if (is_route(route, "onOpTypeDo")) {
        op_do(b, body);
    } else if (is_route(route, "onMoPai")) {
        mo_pai(b, body);
    } else if (is_route(route, "onOpTypeHint")) {
        return hint(b, body);
    } else if (is_route(route, "onDuanPai")) {
        return duan_pai(b, body);
    } else if (is_route(route, "onDingQueHint")) {
        b->view.rules.player[b->view.me].que = (int8_t) -number(body, "que");
        return TODO_QUE;
    } else if (is_route(route, "onDingQue")) {
        ding_que(b, body);
    } else if (is_route(route, "onGangScoreChange")) {
        if (sum_of(json_object_get(body, "changes"), "score") != 0)
            bot_wrong(b, "a kong's points do not add up");
    } else if (is_route(route, "onHuScoreChange")) {
        hu_score(b, body);
    } else if (is_route(route, "onPlayerEnter")) {
        player_enter(b, body);
    } else if (is_route(route, "onRoundEnd")) {
        round_end(b, body);
        return TODO_READY;
    } else if (is_route(route, "onGameEnd")) {
        game_end(b, body);
        mem_free(b->end);
        b->end = mem_alloc(text.len + 1);
        memcpy(b->end, text.data, text.len);
        b->end[text.len] = '\0';
        return TODO_OVER;
    } else if (is_route(route, "onSyncDesk")) {
        return sync_desk(b, body);
    } else if (is_route(route, "onDissolve")) {
        bot_wrong(b, "the desk was dissolved");
        return TODO_OVER;
    }
    return TODO_NOTHING;
}
