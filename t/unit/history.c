/*
 * Histories of rounds and their snapshots.
 *
 * The round whose snapshot the original server gave out is played again and
 * must have the same text, byte for byte; rounds of bots must come back from
 * their bytes as they went in, conserve tiles and points, and be harmless
 * however the bytes are cut or spoiled.
 */
#include "game/history.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/arena.h"
#include "game/desk/snapshot.h"
#include "game/mahjong/action.h"
#include "game/mahjong/bot.h"
#include "game/mahjong/table.h"
#include "game/mahjong/view.h"
#include "game/store/histories.h"
#include "game/store/shared.h"
#include "guard.h"
#include "tap.h"

enum { MATCHES = 60, BEGIN = 1795355220, END = 1795355221 };

static struct arena *arena;

/* ---- a desk, and the history of its round ---- */

struct desk {
    struct mahjong_desk rules;
    struct mahjong_events events;
    struct buf bytes;
    /* all events that a history has, as they came */
    struct mahjong_event seen[512];
    unsigned count;
    bool failed;
};

static bool
is_kept(const struct mahjong_event *e)
{
    switch (e->type) {
    case MAHJONG_EV_DEAL:
    case MAHJONG_EV_DRAW:
    case MAHJONG_EV_DO:
    case MAHJONG_EV_KONG_SCORE:
    case MAHJONG_EV_WIN_SCORE:
        return true;
    default:
        return e->type == MAHJONG_EV_ROUND_END && e->round.whole;
    }
}

static bool
apply(struct desk *desk, const struct mahjong_action *action)
{
    if (mahjong_apply(&desk->rules, action, &desk->events) != MAHJONG_OK) {
        desk->failed = true;
        return false;
    }
    for (unsigned i = 0; i < desk->events.count; i++) {
        const struct mahjong_event *e = &desk->events.event[i];
        bool is_deal = e->type == MAHJONG_EV_DEAL;

        if (is_deal)
            desk->bytes.len = desk->count = 0;
        history_add(&desk->bytes, &desk->rules, e, is_deal ? BEGIN : END);
        if (is_kept(e))
            desk->seen[desk->count++] = *e;
    }
    return true;
}

static void
act(struct desk *desk, unsigned type, unsigned seat)
{
    struct mahjong_action action = {.type = (uint8_t) type,
                                    .seat = (uint8_t) seat};

    apply(desk, &action);
}

static void
sit_down(struct desk *desk, const int64_t *uid,
         const struct mahjong_options *options, unsigned rounds)
{
    desk->bytes.len = desk->count = 0;
    desk->failed = false;
    memset(&desk->rules, 0, sizeof(desk->rules));
    for (unsigned i = 0; i < options->mode; i++) {
        struct mahjong_action action = {.type = i ? MAHJONG_SIT : MAHJONG_OPEN,
                                        .version = MAHJONG_VERSION,
                                        .uid = uid[i],
                                        .options = *options,
                                        .rounds = (uint8_t) rounds};

        apply(desk, &action);
    }
}

/* ---- the round of the original server ---- */

struct original {
    json_t *root, *desk, *history, *round;
    const char *text;
    int64_t uid[MAHJONG_SEATS];
};

static int64_t
number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const json_t *
item_of(const json_t *object, const char *list, size_t i)
{
    return json_array_get(json_object_get(object, list), i);
}

static unsigned
seat_of(const struct original *o, int64_t uid)
{
    unsigned seat = 0;

    while (seat < MAHJONG_SEATS && o->uid[seat] != uid)
        seat++;
    return seat;
}

static const json_t *
part(const struct original *o, const char *name, const char *list)
{
    return json_object_get(json_object_get(o->round, name), list);
}

/* The hands, then what was drawn, then what was not. */
static void
read_wall(const struct original *o, struct mahjong_action *deal)
{
    bool placed[MAHJONG_WALL] = {false};
    const json_t *item;
    unsigned n = 0, banker = 0;

    for (size_t i = 0; i < MAHJONG_SEATS; i++) {
        item = json_array_get(part(o, "duanPai", "accountInfo"), i);
        if (json_array_size(json_object_get(item, "mjs")) == 14)
            banker = (unsigned) i;
        for (size_t k = 0; k < 13; k++)
            deal->wall[n++] = (uint8_t) json_integer_value(
                item_of(item, "mjs", k));
    }
    item = json_array_get(part(o, "duanPai", "accountInfo"), banker);
    deal->wall[n++] = (uint8_t) json_integer_value(item_of(item, "mjs", 13));
    for (size_t i = 0; (item = item_of(o->round, "do", i)) != NULL; i++)
        if (number(item, "optype") == 500)
            deal->wall[n++] = (uint8_t) json_integer_value(
                item_of(item, "mjs", 0));
    for (unsigned i = 0; i < n; i++)
        placed[deal->wall[i]] = true;
    for (unsigned i = 0; i < MAHJONG_WALL; i++)
        if (!placed[i])
            deal->wall[n++] = (uint8_t) i;
    deal->wall_len = (uint8_t) n;
}

/* The next thing that somebody did, from *at on; NULL: no more. */
static const json_t *
next_act(const struct original *o, size_t *at)
{
    const json_t *item;

    while ((item = item_of(o->round, "do", *at)) != NULL &&
           number(item, "optype") == 500)
        ++*at;
    return item;
}

/* Whoever is asked does what is recorded next, or passes. */
static bool
do_next(struct desk *desk, const struct original *o, size_t *at)
{
    const json_t *item = next_act(o, at);
    unsigned who = MAHJONG_NOBODY, op = 0;

    if (item != NULL) {
        who = seat_of(o, json_integer_value(item_of(item, "uid", 0)));
        op = (unsigned) number(item, "optype");
    }
    for (unsigned i = 0; i < desk->rules.seats; i++) {
        struct mahjong_action action = {.type = MAHJONG_CHOOSE,
                                        .seat = (uint8_t) i,
                                        .op = MAHJONG_PASS,
                                        .tile = MAHJONG_NO_TILE};
        unsigned offer = desk->rules.seat[i].offer;

        if (offer == 0)
            continue;
        if (i == who && (offer & 1u << op)) {
            action.op = (uint8_t) op;
            action.tile = (uint8_t) json_integer_value(
                item_of(item, "mjs", 0));
            ++*at;
        }
        return apply(desk, &action);
    }
    return false;
}

/* One round with these suits to do without, as digits. */
static bool
play_original(struct desk *desk, const struct original *o, unsigned ques)
{
    static const struct mahjong_options options = {
        .mode = 4, .max_fan = 3, .rules = RULE_PINGHU};
    const json_t *duan_pai = json_object_get(o->round, "duanPai");
    struct mahjong_action deal = {.type = MAHJONG_DEAL};
    size_t at = 0;

    sit_down(desk, o->uid, &options, 1);
    read_wall(o, &deal);
    deal.dice[0] = (uint8_t) number(duan_pai, "dice1");
    deal.dice[1] = (uint8_t) number(duan_pai, "dice2");
    deal.banker = (uint8_t) seat_of(o, number(duan_pai, "markerId"));
    for (unsigned i = 0; i < 4; i++)
        act(desk, MAHJONG_READY, i);
    apply(desk, &deal);
    for (unsigned i = 0; i < 4; i++)
        act(desk, MAHJONG_SORT, i);
    for (unsigned i = 0; i < 4; i++, ques /= 3) {
        struct mahjong_action action = {.type = MAHJONG_QUE,
                                        .seat = (uint8_t) i,
                                        .que = (uint8_t) (ques % 3 + 1)};

        apply(desk, &action);
    }
    while (desk->rules.status == MAHJONG_PLAYING && do_next(desk, o, &at))
        ;
    return !desk->failed && desk->rules.status == MAHJONG_DESTROYED &&
           next_act(o, &at) == NULL;
}

static void
face_of(struct store_face *face, const struct original *o, size_t i)
{
    const json_t *player = json_array_get(part(o, "enter", "data"), i);

    snprintf(face->name, sizeof(face->name), "%s",
             json_string_value(json_object_get(player, "nickname")));
    snprintf(face->head_url, sizeof(face->head_url), "%s",
             json_string_value(json_object_get(player, "headURL")));
    snprintf(face->ip, sizeof(face->ip), "%s",
             json_string_value(json_object_get(player, "ip")));
    face->sex = (uint8_t) number(player, "sex");
}

static struct store_desk_record
original_record(const struct original *o)
{
    struct store_desk_record row = {
        .mode = 4, .rounds = 1, .max_fan = 3, .flags = SHARED_DESK_PINGHU};

    row.number = (uint32_t) strtoul(
        json_string_value(json_object_get(o->desk, "desk_no")), NULL, 10);
    for (unsigned i = 0; i < 4; i++) {
        row.player[i] = (uint64_t) o->uid[i];
        face_of(&row.face[i], o, i);
    }
    return row;
}

static bool
read_original(struct original *o)
{
    o->root = json_load_file("t/captures/history-1.json", 0, NULL);
    o->desk = json_object_get(o->root, "desk");
    o->history = json_object_get(o->root, "history");
    o->text = json_string_value(json_object_get(o->history, "snapshot"));
    o->round = o->text ? json_loads(o->text, 0, NULL) : NULL;
    for (size_t i = 0; o->round != NULL && i < MAHJONG_SEATS; i++)
        o->uid[i] = number(json_array_get(part(o, "enter", "data"), i),
                           "acId");
    return o->round != NULL;
}

static struct store_history
history_of(struct str bytes)
{
    struct store_history row = {.round = 1};

    row.events.blob.len = (uint16_t) bytes.len;
    memcpy(row.events.data, bytes.data, bytes.len);
    return row;
}

/* NULL, or what is wrong; the text is the caller's to free. */
static const char *
snapshot(struct buf *out, const struct store_desk_record *record,
         struct str bytes)
{
    struct store_history row = history_of(bytes);
    const char *why = desk_snapshot(out, arena, record, &row);

    arena_reset(arena);
    return why;
}

/* What is recorded, event by event: no rules have a part in it. */

static void
add(struct desk *desk, const struct mahjong_event *event)
{
    bool is_deal = event->type == MAHJONG_EV_DEAL;

    history_add(&desk->bytes, &desk->rules, event, is_deal ? BEGIN : END);
}

static unsigned
tiles_of(uint8_t *tile, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        tile[i] = (uint8_t) json_integer_value(json_array_get(list, i));
    return (unsigned) json_array_size(list);
}

static void
add_deal(struct desk *desk, const struct original *o)
{
    const json_t *duan_pai = json_object_get(o->round, "duanPai");
    struct mahjong_event event = {.type = MAHJONG_EV_DEAL};

    event.deal.round = 1;
    event.deal.banker = (uint8_t) seat_of(o, number(duan_pai, "markerId"));
    event.deal.dice[0] = (uint8_t) number(duan_pai, "dice1");
    event.deal.dice[1] = (uint8_t) number(duan_pai, "dice2");
    for (size_t i = 0; i < MAHJONG_SEATS; i++) {
        const json_t *hand = json_array_get(part(o, "duanPai", "accountInfo"),
                                            i);

        event.deal.hand_len[i] = (uint8_t) tiles_of(
            event.deal.hand[i], json_object_get(hand, "mjs"));
    }
    add(desk, &event);
}

static void
add_act(struct desk *desk, const struct original *o, const json_t *item)
{
    struct mahjong_event event = {.type = MAHJONG_EV_DO};
    const json_t *tiles = json_object_get(item, "mjs");
    unsigned op = (unsigned) number(item, "optype");

    event.seat = (uint8_t) seat_of(
        o, json_integer_value(item_of(item, "uid", 0)));
    if (op == 500) {
        event.type = MAHJONG_EV_DRAW;
        tiles_of(&event.tile, tiles);
    } else {
        event.act.op = (uint8_t) op;
        event.act.tiles = (uint8_t) tiles_of(event.act.tile, tiles);
    }
    add(desk, &event);
}

/* Who gets something is first in the list, or beside it. */
static void
add_score(struct desk *desk, const struct original *o, const json_t *item)
{
    const json_t *change, *list = json_object_get(item, "changes");
    struct mahjong_event event = {.type = MAHJONG_EV_KONG_SCORE};

    event.score.kind = json_is_true(json_object_get(item, "isXiaYu"))
                           ? MAHJONG_DISCARD_KONG
                           : MAHJONG_ADDED_KONG;
    event.seat = (uint8_t) seat_of(o, number(json_array_get(list, 0), "acId"));
    if (list == NULL) {
        event.type = MAHJONG_EV_WIN_SCORE;
        event.seat = (uint8_t) seat_of(o, number(item, "acId"));
        event.score.kind = (uint8_t) number(item, "huPaiType");
        event.score.change[event.seat] = (int32_t) number(item,
                                                          "totalWinScore");
        list = json_object_get(item, "scoreChange");
    }
    for (size_t i = 0; (change = json_array_get(list, i)) != NULL; i++) {
        unsigned seat = seat_of(o, number(change, "acId"));

        event.score.change[seat] = (int32_t) number(change, "score");
        if (seat != event.seat)
            event.score.payers |= (uint8_t) (1u << seat);
    }
    add(desk, &event);
}

static void
add_end(struct desk *desk, const struct original *o)
{
    struct mahjong_event event = {.type = MAHJONG_EV_ROUND_END};

    event.round.round = 1;
    event.round.whole = true;
    for (size_t i = 0; i < MAHJONG_SEATS; i++) {
        const json_t *tiles = json_array_get(part(o, "end", "tiles"), i);
        const json_t *stats = json_array_get(part(o, "end", "stats"), i);
        const json_t *score = json_array_get(part(o, "end", "scoreChange"), i);
        struct mahjong_round_seat *seat = &event.round.seat[i];

        seat->total = (int32_t) number(stats, "total");
        seat->score = (int32_t) number(score, "remain");
        seat->rain = (int16_t) number(stats, "yu");
        seat->wind = (int16_t) number(stats, "feng");
        seat->fan = (int16_t) number(stats, "fanshu");
        seat->banner = (uint8_t) number(stats, "bannerType");
        seat->ting = json_is_true(json_object_get(tiles, "isTing"));
        seat->win_tile = (uint8_t) number(tiles, "huPai"); /* -1 is none */
        seat->hand_len = (uint8_t) tiles_of(seat->hand,
                                            json_object_get(tiles, "shouPai"));
    }
    add(desk, &event);
}

static void
add_original(struct desk *desk, const struct original *o)
{
    static const char *const lists[] = {"gangScoreChanges", "huScoreChanges"};
    const json_t *item;

    add_deal(desk, o);
    for (size_t k = 0; (item = item_of(o->round, "do", k)) != NULL; k++)
        add_act(desk, o, item);
    for (unsigned i = 0; i < 2; i++)
        for (size_t k = 0; (item = item_of(o->round, lists[i], k)) != NULL;
             k++)
            add_score(desk, o, item);
    add_end(desk, o);
}

/* The texts are the same from `from` on, up to `to` in the second. */
static bool
is_same_part(const char *got, const char *want, const char *from,
             const char *to)
{
    const char *a = strstr(got, from), *b = strstr(want, from);
    const char *end = b ? strstr(b, to) : NULL;

    return a != NULL && end != NULL && strncmp(a, b, (size_t) (end - b)) == 0;
}

/*
 * Which suits they did without is not recorded: some choice must explain it.
 * The last player waits for a tile whose four he has himself: with our rules
 * he does not wait, and one compensation more is paid at the end.
 */
static void
test_rules(struct desk *desk, const struct original *o,
           const struct store_desk_record *record)
{
    struct buf text = {0};
    unsigned played = 0, same = 0;

    for (unsigned ques = 0; ques < 81; ques++) {
        const char *got;

        if (!play_original(desk, o, ques))
            continue;
        played++;
        text.len = 0;
        if (snapshot(&text, record, buf_str(&desk->bytes)) != NULL)
            continue;
        buf_append_byte(&text, '\0');
        got = (char *) text.data;
        same += is_same_part(got, o->text, "{\"enter\"", "true}],\"stats\"") &&
                is_same_part(got, o->text, "\"do\"", "Score\":4}]}");
    }
    ok(played > 0, "it can be played again, in %u of 81 ways", played);
    ok(same > 0, "... and %u of these have the same snapshot", same);
    buf_deinit(&text);
}

static void
test_original(void)
{
    static struct desk desk;
    struct original o = {0};
    struct buf text = {0};
    struct store_desk_record record;
    uint8_t kept[HISTORY_MAX];
    FILE *file = fopen("t/fuzz/corpus/history/original", "rb");
    size_t n = file ? fread(kept, 1, sizeof(kept), file) : 0;

    if (file != NULL)
        fclose(file);
    if (!ok(read_original(&o), "a recorded snapshot"))
        return;
    record = original_record(&o);
    desk.rules.seats = 4;
    add_original(&desk, &o);
    ok(snapshot(&text, &record, buf_str(&desk.bytes)) == NULL,
       "... that is a history of %zu bytes", desk.bytes.len);
    buf_append_byte(&text, '\0');
    is_str((char *) text.data, o.text, "... whose snapshot is the same text");
    ok(str_equal(buf_str(&desk.bytes), (struct str){(char *) kept, n}),
       "... and whose bytes are those that stores have");
    test_rules(&desk, &o, &record);
    buf_deinit(&text);
    buf_deinit(&desk.bytes);
    json_decref(o.round);
    json_decref(o.root);
}

/* ---- rounds of bots ---- */

static uint64_t random_state = 7;

static unsigned
below(unsigned n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned) (random_state >> 33) % n;
}

static void
shuffle(struct mahjong_action *deal, unsigned seats)
{
    deal->wall_len = seats == 3 ? TILES_OF_THREE : TILES;
    for (unsigned i = 0; i < deal->wall_len; i++) {
        unsigned k = below(i + 1);

        deal->wall[i] = deal->wall[k];
        deal->wall[k] = (uint8_t) i;
    }
    deal->dice[0] = (uint8_t) (below(6) + 1);
    deal->dice[1] = (uint8_t) (below(6) + 1);
    deal->banker = (uint8_t) below(seats);
}

static void
play_round(struct desk *desk)
{
    struct mahjong_action action = {.type = MAHJONG_DEAL};
    struct mahjong_view view;
    unsigned seats = desk->rules.seats;
    bool asked = true;

    for (unsigned i = 0; i < seats; i++)
        act(desk, MAHJONG_READY, i);
    shuffle(&action, seats);
    apply(desk, &action);
    for (unsigned i = 0; i < seats; i++)
        act(desk, MAHJONG_SORT, i);
    while (asked && desk->rules.status != MAHJONG_DESTROYED &&
           desk->rules.status != MAHJONG_CLEANED) {
        asked = false;
        for (unsigned i = 0; i < seats; i++) {
            mahjong_view(&desk->rules, i, false, &view);
            if (!mahjong_bot(&view, &action))
                continue;
            asked = true;
            apply(desk, &action);
        }
    }
}

static bool
is_same_score(const struct mahjong_event *a, const struct mahjong_event *b)
{
    return a->score.kind == b->score.kind &&
           a->score.payers == b->score.payers &&
           memcmp(a->score.change, b->score.change, sizeof(a->score.change)) ==
               0;
}

static bool
is_same_seat(const struct mahjong_round_seat *a,
             const struct mahjong_round_seat *b)
{
    return a->total == b->total && a->score == b->score &&
           a->rain == b->rain && a->wind == b->wind && a->fan == b->fan &&
           a->banner == b->banner && a->descs == b->descs &&
           a->win_tile == b->win_tile && a->ting == b->ting &&
           a->hand_len == b->hand_len &&
           memcmp(a->hand, b->hand, a->hand_len) == 0;
}

static bool
is_same_round(const struct mahjong_event *a, const struct mahjong_event *b,
              unsigned seats)
{
    bool same = a->round.round == b->round.round && a->round.whole &&
                b->round.whole && b->round.dealt;

    for (unsigned i = 0; same && i < seats; i++)
        same = is_same_seat(&a->round.seat[i], &b->round.seat[i]);
    return same;
}

static bool
is_same_deal(const struct mahjong_event *a, const struct mahjong_event *b,
             unsigned seats)
{
    bool same = a->deal.round == b->deal.round &&
                a->deal.banker == b->deal.banker &&
                memcmp(a->deal.dice, b->deal.dice, 2) == 0;

    for (unsigned i = 0; same && i < seats; i++)
        same = a->deal.hand_len[i] == b->deal.hand_len[i] &&
               memcmp(a->deal.hand[i], b->deal.hand[i], a->deal.hand_len[i]) ==
                   0;
    return same;
}

static bool
is_same(const struct mahjong_event *a, const struct mahjong_event *b,
        unsigned seats)
{
    if (a->type != b->type)
        return false;
    if (a->type == MAHJONG_EV_DEAL)
        return is_same_deal(a, b, seats);
    if (a->type == MAHJONG_EV_ROUND_END)
        return is_same_round(a, b, seats);
    if (a->seat != b->seat)
        return false;
    if (a->type == MAHJONG_EV_DRAW)
        return a->tile == b->tile;
    if (a->type == MAHJONG_EV_DO)
        return a->act.op == b->act.op && a->act.tiles == b->act.tiles &&
               memcmp(a->act.tile, b->act.tile, a->act.tiles) == 0;
    return is_same_score(a, b);
}

/* Everything that went in comes out, and nothing else. */
static bool
comes_back(const struct desk *desk)
{
    struct mahjong_event event;
    struct history h;
    unsigned seats = desk->rules.seats, i = 0;
    int rc = history_open(&h, buf_str(&desk->bytes), &event);

    for (; rc == 1 && i < desk->count; i++) {
        if (!is_same(&desk->seen[i], &event, seats))
            return false;
        if (i + 1 < desk->count)
            rc = history_next(&h, &event);
    }
    return i == desk->count && h.rest.len == 0 && h.begin_ms == BEGIN &&
           h.end_ms == END && history_next(&h, &event) == 0;
}

static struct store_desk_record
record_of(const struct desk *desk)
{
    struct store_desk_record row = {.number = 123456,
                                    .mode = desk->rules.options.mode,
                                    .rounds = desk->rules.rounds,
                                    .max_fan = desk->rules.options.max_fan,
                                    .flags = SHARED_DESK_PINGHU};

    for (unsigned i = 0; i < desk->rules.seats; i++) {
        row.player[i] = (uint64_t) desk->rules.seat[i].uid;
        snprintf(row.face[i].name, sizeof(row.face[i].name), "\"%u\"", i);
    }
    return row;
}

/* Cut anywhere it is not whole, and says so; nothing behind it is read. */
static unsigned
cut(const struct desk *desk)
{
    struct mahjong_event event;
    struct history h;
    struct guard guard = guard_create(HISTORY_MAX);
    unsigned wrong = 0;

    for (size_t len = 0; len < desk->bytes.len; len++) {
        struct str part = {guard_copy(&guard, desk->bytes.data, len), len};

        wrong += history_measure(&h, part, &event) > 0;
    }
    guard_destroy(&guard);
    return wrong;
}

/*
 * Any byte set to some others: it is refused, or read within its bounds; the
 * snapshot of what is read is JSON.
 */
static unsigned
spoil(struct desk *desk, const struct store_desk_record *record)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xe0, 0xff};
    struct buf text = {0};
    unsigned wrong = 0;

    for (size_t i = 0; i < desk->bytes.len; i++) {
        uint8_t was = desk->bytes.data[i];

        for (unsigned k = 0; k < sizeof(values); k++) {
            json_t *json;

            desk->bytes.data[i] = values[k];
            text.len = 0;
            if (snapshot(&text, record, buf_str(&desk->bytes)) != NULL) {
                wrong += text.len != 0;
                continue;
            }
            json = json_loadb((char *) text.data, text.len, 0, NULL);
            wrong += json == NULL;
            json_decref(json);
        }
        desk->bytes.data[i] = was;
    }
    buf_deinit(&text);
    return wrong;
}

static void
test_bots(void)
{
    static struct desk desk;
    static const int64_t uid[] = {11, 12, 1ll << 52, 14};
    size_t longest = 0, all = 0;
    unsigned rounds = 0, back = 0, wrong = 0, cuts = 0;
    struct buf text = {0};

    for (unsigned m = 0; m < MATCHES; m++) {
        struct mahjong_options options = {
            .mode = m % 2 ? 3 : 4, .max_fan = 16, .rules = RULE_PINGHU};
        struct store_desk_record record;

        sit_down(&desk, uid, &options, 4);
        while (!desk.failed && desk.rules.status != MAHJONG_DESTROYED) {
            play_round(&desk);
            rounds++;
            record = record_of(&desk);
            back += comes_back(&desk);
            text.len = 0;
            wrong += snapshot(&text, &record, buf_str(&desk.bytes)) != NULL;
            all += desk.bytes.len;
            if (desk.bytes.len > longest)
                longest = desk.bytes.len;
        }
        wrong += desk.failed;
        if (m < 4) {
            cuts += cut(&desk);
            wrong += spoil(&desk, &record);
        }
    }
    is_int(back, rounds, "%u rounds come back from their bytes", rounds);
    is_int(rounds, 4 * MATCHES, "... all of them");
    is_int(cuts, 0, "... and none that is cut");
    is_int(wrong, 0, "... spoiled ones are refused, or JSON");
    ok(longest <= HISTORY_MAX / 2, "they are short: %zu bytes, at most %zu",
       all / rounds, longest);
    buf_deinit(&text);
    buf_deinit(&desk.bytes);
}

/* Two rounds in one buffer, the second not at its end. */
static void
test_measure(void)
{
    static struct desk desk;
    static const int64_t uid[] = {1, 2, 3, 4};
    static const struct mahjong_options options = {
        .mode = 4, .max_fan = 4, .rules = RULE_PINGHU};
    struct mahjong_event event;
    struct history h;
    struct buf two = {0};
    int first;

    sit_down(&desk, uid, &options, 4);
    play_round(&desk);
    first = (int) desk.bytes.len;
    buf_append_str(&two, buf_str(&desk.bytes));
    play_round(&desk);
    buf_append(&two, desk.bytes.data, desk.bytes.len - 1);
    is_int(history_measure(&h, buf_str(&two), &event), first,
           "the first of two");
    is_int(h.round, 1, "... which is the first round");
    buf_consume(&two, (size_t) first);
    is_int(history_measure(&h, buf_str(&two), &event), -1, "one cut off");
    is_str(h.broken, "is cut off", "... it says");
    two.len = 100;
    ok(history_measure(&h, buf_str(&two), &event) <= 0,
       "one that is not over");
    two.data[0] = 2;
    is_int(history_measure(&h, buf_str(&two), &event), -1, "of tomorrow");
    is_str(h.broken, "is of another version", "... it says");
    is_int(history_measure(&h, STR(""), &event), -1, "none");
    buf_deinit(&two);
    buf_deinit(&desk.bytes);
}

int
main(void)
{
    mahjong_tables_init();
    arena = arena_create(4096);
    test_original();
    test_bots();
    test_measure();
    arena_destroy(arena);
    return tap_done();
}
