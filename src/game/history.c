#include "game/history.h"

#include <string.h>

enum { VERSION = 1 };

/* Numbers in the bytes: never reused.  1 to 4 are those of enum mahjong_op. */
enum {
    WHAT_DRAW = 0,
    WHAT_KONG_SCORE = 5,
    WHAT_WIN_SCORE = 6,
    WHAT_RESULT = 7,
};

enum { WAITING = 0x80 }; /* beside the banner */

/* ---- writing ---- */

static void
put_head(struct buf *out, unsigned what, unsigned n, unsigned seat)
{
    buf_append_byte(out, (uint8_t) (what << 5 | n << 2 | seat));
}

static void
put_number(struct buf *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_append_byte(out, (uint8_t) (v | 0x80));
    buf_append_byte(out, (uint8_t) v);
}

static void
put_signed(struct buf *out, int64_t v)
{
    put_number(out, (uint64_t) v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

static void
put_tiles(struct buf *out, const uint8_t *tile, unsigned n)
{
    buf_append_byte(out, (uint8_t) n);
    buf_append(out, tile, n);
}

static void
put_deal(struct buf *out, const struct mahjong_desk *rules,
         const struct mahjong_event *event, int64_t wall_ms)
{
    const uint8_t head[] = {VERSION,
                            event->deal.round,
                            rules->seats,
                            rules->offline,
                            event->deal.banker,
                            event->deal.dice[0],
                            event->deal.dice[1]};

    buf_append(out, head, sizeof(head));
    put_number(out, wall_ms > 0 ? (uint64_t) wall_ms : 0);
    for (unsigned i = 0; i < rules->seats; i++)
        put_tiles(out, event->deal.hand[i], event->deal.hand_len[i]);
}

static void
put_score(struct buf *out, unsigned what, const struct mahjong_desk *rules,
          const struct mahjong_event *event)
{
    put_head(out, what, event->score.kind, event->seat);
    buf_append_byte(out, event->score.payers);
    put_signed(out, event->score.change[event->seat]);
    for (unsigned i = 0; i < rules->seats; i++)
        if (event->score.payers & 1u << i)
            put_signed(out, event->score.change[i]);
}

static void
put_result(struct buf *out, const struct mahjong_desk *rules,
           const struct mahjong_event *event, int64_t wall_ms)
{
    put_head(out, WHAT_RESULT, 0, 0);
    put_number(out, wall_ms > 0 ? (uint64_t) wall_ms : 0);
    for (unsigned i = 0; i < rules->seats; i++) {
        const struct mahjong_round_seat *seat = &event->round.seat[i];

        put_signed(out, seat->total);
        put_signed(out, seat->score);
        put_signed(out, seat->rain);
        put_signed(out, seat->wind);
        put_signed(out, seat->fan);
        buf_append_byte(out,
                        (uint8_t) (seat->banner | (seat->ting ? WAITING : 0)));
        put_number(out, seat->descs);
        buf_append_byte(out, seat->win_tile);
        put_tiles(out, seat->hand, seat->hand_len);
    }
}

void
history_add(struct buf *out, const struct mahjong_desk *rules,
            const struct mahjong_event *event, int64_t wall_ms)
{
    switch (event->type) {
    case MAHJONG_EV_DEAL:
        put_deal(out, rules, event, wall_ms);
        break;
    case MAHJONG_EV_DRAW:
        put_head(out, WHAT_DRAW, 1, event->seat);
        buf_append_byte(out, event->tile);
        break;
    case MAHJONG_EV_DO:
        put_head(out, event->act.op, event->act.tiles, event->seat);
        buf_append(out, event->act.tile, event->act.tiles);
        break;
    case MAHJONG_EV_KONG_SCORE:
        put_score(out, WHAT_KONG_SCORE, rules, event);
        break;
    case MAHJONG_EV_WIN_SCORE:
        put_score(out, WHAT_WIN_SCORE, rules, event);
        break;
    case MAHJONG_EV_ROUND_END:
        if (event->round.whole)
            put_result(out, rules, event, wall_ms);
        break;
    default:
        break;
    }
}

/* ---- reading ---- */

static int
broken(struct history *h, const char *why)
{
    h->broken = why;
    return -1;
}

/* Each of these reads zero once the history is broken. */

static uint8_t
get_byte(struct history *h)
{
    uint8_t v;

    if (h->broken != NULL)
        return 0;
    if (h->rest.len == 0) {
        broken(h, "is cut off");
        return 0;
    }
    v = (uint8_t) *h->rest.data;
    h->rest.data++;
    h->rest.len--;
    return v;
}

static uint8_t
get_below(struct history *h, unsigned end)
{
    uint8_t v = get_byte(h);

    if (v < end)
        return v;
    broken(h, "has a bad value");
    return 0;
}

static uint64_t
get_number(struct history *h)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t c = get_byte(h);

        if (shift == 63 && c > 1)
            break;
        v |= (uint64_t) (c & 0x7f) << shift;
        if (c < 0x80)
            return v;
    }
    broken(h, "has a bad number");
    return 0;
}

static int64_t
get_time(struct history *h)
{
    uint64_t v = get_number(h);

    if (v <= INT64_MAX)
        return (int64_t) v;
    broken(h, "has a bad time");
    return 0;
}

static int64_t
get_signed(struct history *h, int64_t min, int64_t max)
{
    uint64_t v = get_number(h);
    int64_t n = (int64_t) (v >> 1) ^ -(int64_t) (v & 1);

    if (n >= min && n <= max)
        return n;
    broken(h, "has a bad number");
    return 0;
}

/* Up to max tiles; how many. */
static uint8_t
get_tiles(struct history *h, unsigned n, uint8_t *tile)
{
    for (unsigned i = 0; i < n; i++)
        tile[i] = get_below(h, MAHJONG_WALL);
    return (uint8_t) n;
}

static uint8_t
get_hand(struct history *h, uint8_t *tile)
{
    return get_tiles(h, get_below(h, MAHJONG_HAND + 1), tile);
}

static void
get_score(struct history *h, struct mahjong_event *event, unsigned kind)
{
    if (kind > MAHJONG_ADDED_KONG)
        broken(h, "has a bad score");
    event->score.kind = (uint8_t) kind;
    event->score.payers = get_below(h, 1u << h->seats);
    memset(event->score.change, 0, sizeof(event->score.change));
    event->score.change[event->seat] = (int32_t) get_signed(h, INT32_MIN,
                                                            INT32_MAX);
    for (unsigned i = 0; i < h->seats; i++)
        if (event->score.payers & 1u << i)
            event->score.change[i] = (int32_t) get_signed(h, INT32_MIN,
                                                          INT32_MAX);
}

static void
get_result_seat(struct history *h, struct mahjong_round_seat *seat)
{
    uint8_t banner;
    uint64_t descs;

    memset(seat, 0, sizeof(*seat));
    seat->total = (int32_t) get_signed(h, INT32_MIN, INT32_MAX);
    seat->score = (int32_t) get_signed(h, INT32_MIN, INT32_MAX);
    seat->rain = (int16_t) get_signed(h, INT16_MIN, INT16_MAX);
    seat->wind = (int16_t) get_signed(h, INT16_MIN, INT16_MAX);
    seat->fan = (int16_t) get_signed(h, INT16_MIN, INT16_MAX);
    banner = get_byte(h);
    seat->banner = banner & (WAITING - 1);
    seat->ting = banner & WAITING;
    descs = get_number(h);
    seat->descs = (uint32_t) descs;
    seat->win_tile = get_byte(h);
    if (seat->banner > MAHJONG_BANNER_COMPENSATED || descs > UINT32_MAX ||
        (seat->win_tile >= MAHJONG_WALL && seat->win_tile != MAHJONG_NO_TILE))
        broken(h, "has a bad result");
    seat->hand_len = get_hand(h, seat->hand);
}

static void
get_result(struct history *h, struct mahjong_event *event)
{
    memset(&event->round, 0, sizeof(event->round));
    event->type = MAHJONG_EV_ROUND_END;
    event->seat = MAHJONG_NOBODY;
    event->round.round = h->round;
    event->round.whole = event->round.dealt = true;
    h->end_ms = get_time(h);
    for (unsigned i = 0; i < h->seats; i++)
        get_result_seat(h, &event->round.seat[i]);
}

static void
get_deal(struct history *h, struct mahjong_event *deal)
{
    memset(deal, 0, sizeof(*deal));
    deal->type = MAHJONG_EV_DEAL;
    deal->seat = MAHJONG_NOBODY;
    deal->to = MAHJONG_EVERYBODY;
    h->round = deal->deal.round = get_byte(h);
    h->seats = get_below(h, MAHJONG_SEATS + 1);
    if (h->round == 0 || h->seats < 3)
        broken(h, "has a bad beginning");
    h->offline = get_below(h, 1u << h->seats);
    deal->deal.banker = get_below(h, h->seats);
    deal->deal.dice[0] = get_byte(h);
    deal->deal.dice[1] = get_byte(h);
    h->begin_ms = get_time(h);
    for (unsigned i = 0; i < h->seats; i++)
        deal->deal.hand_len[i] = get_hand(h, deal->deal.hand[i]);
}

int
history_open(struct history *h, struct str data, struct mahjong_event *deal)
{
    *h = (struct history){.rest = data};
    if (get_byte(h) != VERSION)
        return broken(h, data.len ? "is of another version" : "is empty");
    get_deal(h, deal);
    return h->broken == NULL ? 1 : -1;
}

/* A head says how many tiles follow: as many as the op has. */
static void
get_act(struct history *h, struct mahjong_event *event, unsigned what,
        unsigned n)
{
    unsigned least = what == MAHJONG_PENG ? 3 : 1;

    if (n > 4 || n < least || (n > 1 && what < MAHJONG_PENG) ||
        (n > 1 && what == MAHJONG_HU)) {
        broken(h, "has a bad event");
        return;
    }
    if (what == WHAT_DRAW) {
        event->type = MAHJONG_EV_DRAW;
        get_tiles(h, 1, &event->tile);
        return;
    }
    event->type = MAHJONG_EV_DO;
    event->act.op = (uint8_t) what;
    event->act.tiles = get_tiles(h, n, event->act.tile);
}

int
history_next(struct history *h, struct mahjong_event *event)
{
    unsigned head, what, n;

    if (h->broken != NULL)
        return -1;
    if (h->rest.len == 0)
        return 0;
    head = get_byte(h);
    what = head >> 5;
    n = head >> 2 & 7;
    event->to = MAHJONG_EVERYBODY;
    event->seat = head & 3;
    if (event->seat >= h->seats)
        return broken(h, "has a bad seat");
    switch (what) {
    case WHAT_KONG_SCORE:
        event->type = MAHJONG_EV_KONG_SCORE;
        get_score(h, event, n);
        break;
    case WHAT_WIN_SCORE:
        event->type = MAHJONG_EV_WIN_SCORE;
        get_score(h, event, n);
        break;
    case WHAT_RESULT:
        get_result(h, event);
        break;
    default:
        get_act(h, event, what, n);
    }
    return h->broken == NULL ? 1 : -1;
}

int
history_measure(struct history *h, struct str data, struct mahjong_event *end)
{
    int rc = history_open(h, data, end);

    while (rc == 1) {
        rc = history_next(h, end);
        if (rc == 1 && end->type == MAHJONG_EV_ROUND_END)
            return (int) (data.len - h->rest.len);
    }
    return rc;
}
