/*
 * The bodies of the frames between gates and owners.
 */
#include <msgpack.h>
#include <string.h>

#include "core/msgpack_read.h"
#include "event/bus.h"
#include "game/codec.h"
#include "game/frames.h"

enum {
    MESSAGE_FIELDS = 15,
    RESUME_FIELDS = 9,
    ITEM_FIELDS = 10,
    ADOPT_FIELDS = 2,
    WANTS = 1,
    OPEN = 2,
    GONE = 4
};

static void
pack_str(msgpack_packer *pk, struct str s)
{
    msgpack_pack_str_with_body(pk, s.data, s.len);
}

static void
pack_bin(msgpack_packer *pk, struct str s)
{
    msgpack_pack_bin_with_body(pk, s.data, s.len);
}

void
frame_send_uint(struct bus *bus, struct place to, unsigned type,
                uint64_t session, uint64_t number)
{
    struct buf body = {0};
    msgpack_packer pk;

    msgpack_packer_init(&pk, &body, buf_write);
    msgpack_pack_uint64(&pk, number);
    bus_send(bus, to, type, session, buf_str(&body));
    buf_deinit(&body);
}

/* ---- reading ---- */

/* A body taken apart; `at` is NULL when it is no array of n objects. */
struct reader {
    msgpack_unpacked up;
    const msgpack_object *at;
    bool bad;
};

static void
read_begin(struct reader *r, struct str body, uint32_t n)
{
    size_t at = 0;

    memset(r, 0, sizeof(*r));
    if (msgpack_read(&r->up, body.data, body.len, &at) &&
        r->up.data.type == MSGPACK_OBJECT_ARRAY &&
        (n == 0 || r->up.data.via.array.size == n))
        r->at = r->up.data.via.array.ptr;
    r->bad = r->at == NULL;
}

static int
read_end(struct reader *r)
{
    msgpack_unpacked_destroy(&r->up);
    return r->bad ? -1 : 0;
}

static uint64_t
read_uint(struct reader *r)
{
    const msgpack_object *o = r->bad ? NULL : r->at++;

    if (o == NULL || o->type != MSGPACK_OBJECT_POSITIVE_INTEGER) {
        r->bad = true;
        return 0;
    }
    return o->via.u64;
}

/* The number of a codec. */
static uint8_t
read_format(struct reader *r)
{
    uint64_t format = read_uint(r);

    r->bad |= format >= FORMATS;
    return (uint8_t) format;
}

static struct str
read_bytes(struct reader *r)
{
    const msgpack_object *o = r->bad ? NULL : r->at++;

    if (o != NULL && o->type == MSGPACK_OBJECT_BIN)
        return (struct str){o->via.bin.ptr, o->via.bin.size};
    if (o != NULL && o->type == MSGPACK_OBJECT_STR)
        return (struct str){o->via.str.ptr, o->via.str.size};
    r->bad = true;
    return STR("");
}

int
frame_uint(struct str body, uint64_t *number)
{
    msgpack_unpacked up;
    size_t at = 0;
    int rc = -1;

    if (msgpack_read(&up, body.data, body.len, &at) &&
        up.data.type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        *number = up.data.via.u64;
        rc = 0;
    }
    msgpack_unpacked_destroy(&up);
    return rc;
}

void
frame_send_adopt(struct bus *bus, struct place to,
                 const struct frame_adopt *adopt)
{
    struct buf body = {0};
    msgpack_packer pk;

    msgpack_packer_init(&pk, &body, buf_write);
    msgpack_pack_array(&pk, ADOPT_FIELDS);
    msgpack_pack_uint32(&pk, adopt->number);
    msgpack_pack_uint64(&pk, adopt->target);
    bus_send(bus, to, FRAME_ADOPT, 0, buf_str(&body));
    buf_deinit(&body);
}

int
frame_adopt_decode(struct frame_adopt *adopt, struct str body)
{
    struct reader r;

    read_begin(&r, body, ADOPT_FIELDS);
    adopt->number = (uint32_t) read_uint(&r);
    adopt->target = read_uint(&r);
    return read_end(&r);
}

/* ---- messages ---- */

void
bound_message_encode(struct buf *out, const struct bound_message *m)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, out, buf_write);
    msgpack_pack_array(&pk, MESSAGE_FIELDS);
    msgpack_pack_uint64(&pk, m->target);
    msgpack_pack_uint32(&pk, m->number);
    msgpack_pack_uint64(&pk, m->epoch);
    msgpack_pack_uint64(&pk, m->uid);
    msgpack_pack_uint64(&pk, m->cseq);
    msgpack_pack_uint64(&pk, m->mid);
    msgpack_pack_uint8(&pk, (uint8_t) ((m->wants ? WANTS : 0) |
                                       (m->open ? OPEN : 0) |
                                       (m->gone ? GONE : 0)));
    msgpack_pack_uint8(&pk, m->format);
    msgpack_pack_uint64(&pk, m->asked);
    pack_str(&pk, m->route);
    pack_bin(&pk, m->payload);
    pack_str(&pk, m->ip);
    pack_str(&pk, m->name);
    pack_str(&pk, m->head_url);
    msgpack_pack_uint8(&pk, m->sex);
}

int
bound_message_decode(struct bound_message *m, struct str body)
{
    struct reader r;
    uint64_t flags;

    read_begin(&r, body, MESSAGE_FIELDS);
    m->target = read_uint(&r);
    m->number = (uint32_t) read_uint(&r);
    m->epoch = read_uint(&r);
    m->uid = read_uint(&r);
    m->cseq = read_uint(&r);
    m->mid = read_uint(&r);
    flags = read_uint(&r);
    m->wants = flags & WANTS;
    m->open = flags & OPEN;
    m->gone = flags & GONE;
    m->format = read_format(&r);
    m->asked = read_uint(&r);
    m->route = read_bytes(&r);
    m->payload = read_bytes(&r);
    m->ip = read_bytes(&r);
    m->name = read_bytes(&r);
    m->head_url = read_bytes(&r);
    m->sex = (uint8_t) read_uint(&r);
    return read_end(&r);
}

void
bound_resume_encode(struct buf *out, const struct bound_resume *resume)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, out, buf_write);
    msgpack_pack_array(&pk, RESUME_FIELDS);
    msgpack_pack_uint64(&pk, resume->target);
    msgpack_pack_uint32(&pk, resume->number);
    msgpack_pack_uint64(&pk, resume->epoch);
    msgpack_pack_uint64(&pk, resume->uid);
    msgpack_pack_uint8(&pk, resume->open);
    msgpack_pack_uint8(&pk, resume->format);
    msgpack_pack_uint64(&pk, resume->seq);
    msgpack_pack_uint64(&pk, resume->ord);
    msgpack_pack_uint64(&pk, resume->since);
}

int
bound_resume_decode(struct bound_resume *resume, struct str body)
{
    struct reader r;

    read_begin(&r, body, RESUME_FIELDS);
    resume->target = read_uint(&r);
    resume->number = (uint32_t) read_uint(&r);
    resume->epoch = read_uint(&r);
    resume->uid = read_uint(&r);
    resume->open = read_uint(&r) != 0;
    resume->format = read_format(&r);
    resume->seq = read_uint(&r);
    resume->ord = read_uint(&r);
    resume->since = read_uint(&r);
    return read_end(&r);
}

/* ---- items ---- */

enum { ITEMS_HEAD = 5 }; /* always an array32 */

void
bound_items_begin(struct buf *out)
{
    buf_append(out, "\xdd\0\0\0", ITEMS_HEAD);
}

void
bound_item_put(struct buf *out, const struct bound_item *item)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, out, buf_write);
    msgpack_pack_array(&pk, ITEM_FIELDS);
    msgpack_pack_uint8(&pk, item->kind);
    msgpack_pack_uint64(&pk, item->target);
    msgpack_pack_array(&pk, item->sessions);
    for (unsigned i = 0; i < item->sessions; i++)
        msgpack_pack_uint64(&pk, item->session[i]);
    msgpack_pack_uint64(&pk, item->seq);
    msgpack_pack_uint64(&pk, item->ord);
    msgpack_pack_uint64(&pk, item->mid);
    msgpack_pack_uint64(&pk, item->cseq);
    msgpack_pack_uint64(&pk, item->asks);
    pack_str(&pk, item->route);
    pack_bin(&pk, item->payload);
}

struct str
bound_items_end(struct buf *out, uint32_t count)
{
    for (int i = 1; i < ITEMS_HEAD; i++)
        out->data[i] = (uint8_t) (count >> (32 - 8 * i));
    return buf_str(out);
}

static int
item_read(struct bound_item *item, const msgpack_object *o)
{
    struct reader r = {.at = o->via.array.ptr};
    const msgpack_object *list;

    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != ITEM_FIELDS)
        return -1;
    item->kind = (uint8_t) read_uint(&r);
    item->target = read_uint(&r);
    if (r.bad)
        return -1;
    list = r.at++;
    if (list->type != MSGPACK_OBJECT_ARRAY ||
        list->via.array.size > BOUND_SESSIONS)
        return -1;
    item->sessions = list->via.array.size;
    for (unsigned i = 0; i < item->sessions; i++) {
        struct reader inner = {.at = list->via.array.ptr + i};

        item->session[i] = read_uint(&inner);
        r.bad |= inner.bad;
    }
    item->seq = read_uint(&r);
    item->ord = read_uint(&r);
    item->mid = read_uint(&r);
    item->cseq = read_uint(&r);
    item->asks = read_uint(&r);
    item->route = read_bytes(&r);
    item->payload = read_bytes(&r);
    return r.bad ? -1 : 0;
}

int
bound_items_each(struct str body, bound_item_fn fn, void *arg)
{
    struct bound_item item;
    struct reader r;

    read_begin(&r, body, 0);
    for (uint32_t i = 0; !r.bad && i < r.up.data.via.array.size; i++) {
        if (item_read(&item, r.at + i) != 0)
            r.bad = true;
        else
            fn(arg, &item);
    }
    return read_end(&r);
}
