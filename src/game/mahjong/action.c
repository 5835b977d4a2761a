/*
 * The bytes of actions.  One table-free pass for each direction; the reader
 * remembers whether it ran dry (more bytes would help) or met something that
 * no encoder writes (nothing would).
 */
#include "game/mahjong/action.h"

#include <string.h>

struct writer {
    uint8_t *data;
    size_t size, len; /* len > size: it did not fit */
};

static void
put_u8(struct writer *w, unsigned value)
{
    if (w->len < w->size)
        w->data[w->len] = (uint8_t) value;
    w->len++;
}

static void
put_bytes(struct writer *w, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_u8(w, bytes[i]);
}

static void
put_uint(struct writer *w, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_u8(w, (value & 0x7f) | 0x80);
    put_u8(w, (unsigned) value);
}

/* Zigzag: small numbers of either sign stay short. */
static void
put_int(struct writer *w, int64_t value)
{
    put_uint(w, ((uint64_t) value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

struct reader {
    const uint8_t *data;
    size_t len, at;
    unsigned version;
    bool dry, bad;
};

static unsigned
get_u8(struct reader *r)
{
    if (r->at == r->len) {
        r->dry = true;
        return 0;
    }
    return r->data[r->at++];
}

/* A byte of at most `max`. */
static uint8_t
get_max(struct reader *r, unsigned max)
{
    unsigned value = get_u8(r);

    if (value > max)
        r->bad = true;
    return (uint8_t) value;
}

static void
get_bytes(struct reader *r, uint8_t *bytes, size_t n, unsigned max)
{
    for (size_t i = 0; i < n && !r->dry; i++)
        bytes[i] = get_max(r, max);
}

/* Shortest form only: no last group of zero, no bits beyond the 64th. */
static uint64_t
get_uint(struct reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned byte = get_u8(r);

        value |= (uint64_t) (byte & 0x7f) << shift;
        if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0 && !r->dry))
            r->bad = true;
        if (byte < 0x80 || r->dry)
            return value;
    }
    r->bad = true;
    return value;
}

static int64_t
get_int(struct reader *r)
{
    uint64_t value = get_uint(r);

    return (int64_t) ((value >> 1) ^ (value & 1 ? UINT64_MAX : 0));
}

/* A seat, or MAHJONG_NOBODY. */
static uint8_t
get_seat_or_nobody(struct reader *r)
{
    uint8_t seat = get_max(r, MAHJONG_NOBODY);

    if (seat >= MAHJONG_SEATS && seat != MAHJONG_NOBODY)
        r->bad = true;
    return seat;
}

static void
put_options(struct writer *w, const struct mahjong_options *o)
{
    put_u8(w, o->mode);
    put_u8(w, o->max_fan);
    put_u8(w, o->zimo);
    put_u8(w, o->rules);
}

static void
get_options(struct reader *r, struct mahjong_options *o)
{
    o->mode = (uint8_t) get_u8(r);
    o->max_fan = (uint8_t) get_u8(r);
    o->zimo = (uint8_t) get_u8(r);
    o->rules = (uint8_t) get_u8(r);
}

static void
put_times(struct writer *w, const struct mahjong_times *t)
{
    if (!mahjong_has_times(t))
        return;
    put_uint(w, t->vote_ms);
    put_uint(w, t->vote_last_ms);
    put_uint(w, t->turn_ms);
}

static uint32_t
get_time(struct reader *r)
{
    uint64_t value = get_uint(r);

    if (value > UINT32_MAX)
        r->bad = true;
    return (uint32_t) value;
}

/* Version 2 has some; version 1 has none. */
static void
get_times(struct reader *r, struct mahjong_times *t)
{
    if (r->version != MAHJONG_ACTION_VERSION_TIMES)
        return;
    t->vote_ms = get_time(r);
    t->vote_last_ms = get_time(r);
    t->turn_ms = get_time(r);
    if (!r->dry && !mahjong_has_times(t))
        r->bad = true;
}

static void
put_checkpoint(struct writer *w, const struct mahjong_checkpoint *c)
{
    put_options(w, &c->options);
    put_u8(w, c->rounds);
    put_u8(w, c->round);
    put_u8(w, c->banker);
    put_u8(w, c->seated);
    put_u8(w, c->ready);
    put_u8(w, c->offline);
    put_u8(w, c->trustee);
    put_u8(w, c->voting);
    put_u8(w, c->vote_by);
    put_u8(w, c->agreed);
    put_u8(w, c->consent);
    put_int(w, c->vote_deadline_ms);
    for (unsigned i = 0; i < c->seated && i < MAHJONG_SEATS; i++) {
        put_int(w, c->uid[i]);
        put_int(w, c->score[i]);
        put_u8(w, c->stats[i].self_drawn);
        put_u8(w, c->stats[i].won);
        put_u8(w, c->stats[i].lost);
        put_u8(w, c->stats[i].concealed_kongs);
        put_u8(w, c->stats[i].open_kongs);
    }
    put_times(w, &c->times);
}

static void
get_checkpoint(struct reader *r, struct mahjong_checkpoint *c)
{
    get_options(r, &c->options);
    c->rounds = get_max(r, 16);
    c->round = get_max(r, 16);
    c->banker = get_max(r, MAHJONG_SEATS - 1);
    c->seated = get_max(r, MAHJONG_SEATS);
    c->ready = get_max(r, 15);
    c->offline = get_max(r, 15);
    c->trustee = get_max(r, 15);
    c->voting = get_max(r, 1);
    c->vote_by = get_seat_or_nobody(r);
    c->agreed = get_max(r, 15);
    c->consent = get_max(r, 1);
    c->vote_deadline_ms = get_int(r);
    for (unsigned i = 0; i < c->seated && !r->dry && !r->bad; i++) {
        int64_t score;

        c->uid[i] = get_int(r);
        score = get_int(r);
        if (score < INT32_MIN || score > INT32_MAX)
            r->bad = true;
        c->score[i] = (int32_t) score;
        c->stats[i].self_drawn = (uint8_t) get_u8(r);
        c->stats[i].won = (uint8_t) get_u8(r);
        c->stats[i].lost = (uint8_t) get_u8(r);
        c->stats[i].concealed_kongs = (uint8_t) get_u8(r);
        c->stats[i].open_kongs = (uint8_t) get_u8(r);
    }
    get_times(r, &c->times);
}

static bool
has_seat(unsigned type)
{
    switch (type) {
    case MAHJONG_OPEN:
    case MAHJONG_SIT:
    case MAHJONG_DEAL:
    case MAHJONG_VOTE_TIMEOUT:
    case MAHJONG_EXPIRE:
    case MAHJONG_CHECKPOINT:
        return false;
    default:
        return true;
    }
}

/* The times that the action brings; NULL: its type has none. */
static const struct mahjong_times *
times_of(const struct mahjong_action *a)
{
    switch (a->type) {
    case MAHJONG_OPEN:
        return &a->times;
    case MAHJONG_CHECKPOINT:
        return &a->checkpoint.times;
    default:
        return NULL;
    }
}

static unsigned
version_of(const struct mahjong_action *a)
{
    const struct mahjong_times *times = times_of(a);

    return times != NULL && mahjong_has_times(times)
               ? MAHJONG_ACTION_VERSION_TIMES
               : MAHJONG_ACTION_VERSION;
}

size_t
mahjong_action_encode(const struct mahjong_action *a, uint8_t *data,
                      size_t size)
{
    struct writer w = {.data = data, .size = size};

    put_u8(&w, version_of(a));
    put_u8(&w, a->type);
    if (has_seat(a->type))
        put_u8(&w, a->seat);
    switch (a->type) {
    case MAHJONG_OPEN:
        put_options(&w, &a->options);
        put_u8(&w, a->rounds);
        put_int(&w, a->uid);
        put_times(&w, &a->times);
        break;
    case MAHJONG_SIT:
        put_int(&w, a->uid);
        break;
    case MAHJONG_DEAL:
        put_u8(&w, a->dice[0]);
        put_u8(&w, a->dice[1]);
        put_u8(&w, a->banker);
        put_u8(&w, a->wall_len);
        put_bytes(&w, a->wall,
                  a->wall_len < MAHJONG_WALL ? a->wall_len : MAHJONG_WALL);
        break;
    case MAHJONG_QUE:
        put_u8(&w, a->que);
        break;
    case MAHJONG_CHOOSE:
        put_u8(&w, a->op);
        put_u8(&w, mahjong_tile_id(a->tile));
        break;
    case MAHJONG_VOTE:
        put_u8(&w, a->consent);
        put_int(&w, a->now_ms);
        break;
    case MAHJONG_DISSOLVE:
    case MAHJONG_VOTE_TIMEOUT:
        put_int(&w, a->now_ms);
        break;
    case MAHJONG_CHECKPOINT:
        put_checkpoint(&w, &a->checkpoint);
        break;
    default:
        break;
    }
    return w.len <= size ? w.len : 0;
}

static void
get_deal(struct reader *r, struct mahjong_action *a)
{
    get_bytes(r, a->dice, 2, 255);
    a->banker = (uint8_t) get_u8(r);
    a->wall_len = get_max(r, MAHJONG_WALL);
    if (!r->bad)
        get_bytes(r, a->wall, a->wall_len, 255);
}

static void
get_choice(struct reader *r, struct mahjong_action *a)
{
    a->op = (uint8_t) get_u8(r);
    a->tile = (uint8_t) get_u8(r);
    if (a->tile >= MAHJONG_WALL && a->tile != MAHJONG_NO_TILE)
        r->bad = true;
}

static void
get_fields(struct reader *r, struct mahjong_action *a)
{
    switch (a->type) {
    case MAHJONG_OPEN:
        get_options(r, &a->options);
        a->rounds = (uint8_t) get_u8(r);
        a->uid = get_int(r);
        get_times(r, &a->times);
        break;
    case MAHJONG_SIT:
        a->uid = get_int(r);
        break;
    case MAHJONG_DEAL:
        get_deal(r, a);
        break;
    case MAHJONG_QUE:
        a->que = (uint8_t) get_u8(r);
        break;
    case MAHJONG_CHOOSE:
        get_choice(r, a);
        break;
    case MAHJONG_VOTE:
        a->consent = get_max(r, 1);
        a->now_ms = get_int(r);
        break;
    case MAHJONG_DISSOLVE:
    case MAHJONG_VOTE_TIMEOUT:
        a->now_ms = get_int(r);
        break;
    case MAHJONG_CHECKPOINT:
        get_checkpoint(r, &a->checkpoint);
        break;
    default:
        break;
    }
}

static bool
is_known(unsigned version, const struct mahjong_action *a)
{
    if (a->type < MAHJONG_OPEN || a->type > MAHJONG_CHECKPOINT)
        return false;
    return version == MAHJONG_ACTION_VERSION || times_of(a) != NULL;
}

int
mahjong_action_decode(struct mahjong_action *action, const uint8_t *data,
                      size_t len)
{
    struct reader r = {.data = data, .len = len};

    memset(action, 0, sizeof(*action));
    r.version = get_u8(&r);
    if (r.version != MAHJONG_ACTION_VERSION &&
        r.version != MAHJONG_ACTION_VERSION_TIMES && !r.dry)
        r.bad = true;
    action->type = (uint8_t) get_u8(&r);
    if (!r.dry && !is_known(r.version, action))
        r.bad = true;
    if (has_seat(action->type))
        action->seat = get_max(&r, MAHJONG_SEATS - 1);
    if (!r.bad)
        get_fields(&r, action);
    if (r.bad)
        return -1;
    return r.dry ? 0 : (int) r.at;
}
