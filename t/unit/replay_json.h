/*
 * The engine's events in the words of the records, and what has to be put in
 * order before two of them can be compared.
 */
#ifndef T_UNIT_REPLAY_JSON_H
#define T_UNIT_REPLAY_JSON_H

#include "game/mahjong/tile.h"
#include "replay_record.h"

static inline json_t *
uid_of(const struct match *m, unsigned seat)
{
    return json_integer(m->desk.seat[seat].uid);
}

static inline json_t *
tiles_json(const uint8_t *tiles, unsigned n)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < n; i++)
        json_array_append_new(array, json_integer(tiles[i]));
    return array;
}

static inline json_t *
kinds_json(uint32_t kinds)
{
    json_t *array = json_array();

    for (int kind = 0; kind < KINDS; kind++) {
        if (kinds >> kind & 1)
            json_array_append_new(array, json_integer(kind_index(kind)));
    }
    return array;
}

static inline void
add_op(json_t *ops, const struct mahjong_hint *hint, unsigned op, int tile)
{
    if (hint->offer >> op & 1)
        json_array_append_new(
            ops, tile < 0 ? json_pack("{sisn}", "op", op, "mjidxs")
                          : json_pack("{sis[i]}", "op", op, "mjidxs", tile));
}

static inline json_t *
hint_json(const struct match *m, unsigned seat, const struct mahjong_hint *h)
{
    json_t *ops = json_array(), *tings = json_array();

    add_op(ops, h, MAHJONG_DISCARD, -1);
    if (h->phase == MAHJONG_ASK_SELF) {
        for (unsigned i = 0; i < h->kongs; i++)
            add_op(ops, h, MAHJONG_GANG, h->kong[i]);
    }
    add_op(ops, h, MAHJONG_HU, h->tile);
    add_op(ops, h, MAHJONG_PASS, -1);
    if (h->phase == MAHJONG_ASK_CLAIM) {
        add_op(ops, h, MAHJONG_PENG, h->tile);
        add_op(ops, h, MAHJONG_GANG, h->tile);
    }
    for (unsigned i = 0; i < h->tings; i++)
        json_array_append_new(
            tings, json_pack("{siso}", "index", kind_index(h->ting[i].kind),
                             "hu", kinds_json(h->ting[i].waits)));
    return json_pack("{sososo}", "ops", ops, "tings", tings, "uid",
                     uid_of(m, seat));
}

/* Changes of those in `who`, in seat order. */
static inline json_t *
changes_json(const struct match *m, const struct mahjong_event *e,
             unsigned who)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < m->seats; i++) {
        if (who >> i & 1)
            json_array_append_new(array,
                                  json_pack("{sosi}", "acId", uid_of(m, i),
                                            "score", e->score.change[i]));
    }
    return array;
}

static inline json_t *
kong_json(const struct match *m, const struct mahjong_event *e)
{
    json_t *changes = changes_json(m, e, e->score.payers);

    json_array_insert_new(changes, 0,
                          json_pack("{sosi}", "acId", uid_of(m, e->seat),
                                    "score", e->score.change[e->seat]));
    return json_pack("{sbso}", "isXiaYu", e->score.kind != MAHJONG_ADDED_KONG,
                     "changes", changes);
}

static inline json_t *
win_json(const struct match *m, const struct mahjong_event *e)
{
    return json_pack("{sosisosi}", "acId", uid_of(m, e->seat), "huPaiType",
                     e->score.kind, "scoreChange",
                     changes_json(m, e, e->score.payers), "totalWinScore",
                     e->score.change[e->seat]);
}

static inline json_t *
deal_json(const struct match *m, const struct mahjong_event *e)
{
    json_t *hands = json_array();

    for (unsigned i = 0; i < m->seats; i++)
        json_array_append_new(
            hands,
            json_pack("{soso}", "acId", uid_of(m, i), "mjs",
                      tiles_json(e->deal.hand[i], e->deal.hand_len[i])));
    return json_pack("{sosisiso}", "markerId", uid_of(m, e->deal.banker),
                     "dice1", e->deal.dice[0], "dice2", e->deal.dice[1],
                     "accountInfo", hands);
}

static inline json_t *
que_json(const struct match *m, const struct mahjong_event *e)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < m->seats; i++)
        json_array_append_new(
            array, json_pack("{sosi}", "uid", uid_of(m, i), "que", e->que[i]));
    return array;
}

static inline json_t *
event_json(const struct match *m, const struct mahjong_event *e,
           const char **route)
{
    switch (e->type) {
    case MAHJONG_EV_DEAL:
        *route = "onDuanPai";
        return deal_json(m, e);
    case MAHJONG_EV_QUE_HINT:
        *route = "onDingQueHint";
        return json_pack("{si}", "que", e->que[e->seat]);
    case MAHJONG_EV_QUE:
        *route = "onDingQue";
        return que_json(m, e);
    case MAHJONG_EV_DRAW:
        *route = "onMoPai";
        return json_pack("{sos[i]}", "acId", uid_of(m, e->seat), "mjids",
                         e->tile);
    case MAHJONG_EV_HINT:
        *route = "onOpTypeHint";
        return hint_json(m, e->seat, &e->hint);
    case MAHJONG_EV_DO:
        *route = "onOpTypeDo";
        return json_pack("{s[o]sisiso}", "uid", uid_of(m, e->seat), "optype",
                         e->act.op, "hutype", 0, "mjs",
                         tiles_json(e->act.tile, e->act.tiles));
    case MAHJONG_EV_KONG_SCORE:
        *route = "onGangScoreChange";
        return kong_json(m, e);
    case MAHJONG_EV_WIN_SCORE:
        *route = "onHuScoreChange";
        return win_json(m, e);
    default:
        return NULL;
    }
}

/* Normalising */

static inline int
by_key(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *) a, *y = *(json_t *const *) b;
    static const char *const keys[] = {"acId", "index"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (json_object_get(x, keys[i]) != NULL)
            return number(x, keys[i]) < number(y, keys[i]) ? -1 : 1;
    }
    return 0;
}

/* Sorts an array of objects, from `first` on. */
static inline void
sort_array(json_t *array, size_t first)
{
    size_t n = json_array_size(array);
    json_t *item[64];

    if (n > 64 || n <= first)
        return;
    for (size_t i = 0; i < n; i++)
        item[i] = json_incref(json_array_get(array, i));
    qsort(item + first, n - first, sizeof(item[0]), by_key);
    json_array_clear(array);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, item[i]);
}

/* Everything else has its order: by seat, or as it happened. */
static inline void
normalise(json_t *body)
{
    sort_array(json_object_get(body, "tings"), 0);
    sort_array(json_object_get(json_object_get(body, "hint"), "tings"), 0);
    sort_array(json_object_get(body, "changes"), 1);
    if (json_object_get(body, "huPaiType") != NULL)
        sort_array(json_object_get(body, "scoreChange"), 0);
}

static inline bool
equals(json_t *ours, json_t *theirs)
{
    normalise(ours);
    normalise(theirs);
    return json_equal(ours, theirs);
}

#endif
