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

/* The number of a codec. */
static uint8_t
read_format(struct msgpack_reader *r)
{
    return (uint8_t) msgpack_reader_uint(r, FORMATS - 1);
}

int
frame_uint(struct str body, uint64_t *number)
{
    size_t at = 0;

    return msgpack_read_uint(body.data, body.len, &at, UINT64_MAX, number)
               ? 0
               : -1;
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
    struct msgpack_reader r;

    msgpack_reader_begin(&r, body);
    adopt->number = (uint32_t) msgpack_reader_uint(&r, UINT32_MAX);
    adopt->target = msgpack_reader_uint(&r, UINT64_MAX);
    return msgpack_reader_end(&r);
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
    struct msgpack_reader r;
    uint64_t flags;

    msgpack_reader_begin(&r, body);
    m->target = msgpack_reader_uint(&r, UINT64_MAX);
    m->number = (uint32_t) msgpack_reader_uint(&r, UINT32_MAX);
    m->epoch = msgpack_reader_uint(&r, UINT64_MAX);
    m->uid = msgpack_reader_uint(&r, UINT64_MAX);
    m->cseq = msgpack_reader_uint(&r, UINT64_MAX);
    m->mid = msgpack_reader_uint(&r, UINT64_MAX);
    flags = msgpack_reader_uint(&r, UINT64_MAX);
    m->wants = flags & WANTS;
    m->open = flags & OPEN;
    m->gone = flags & GONE;
    m->format = read_format(&r);
    m->asked = msgpack_reader_uint(&r, UINT64_MAX);
    m->route = msgpack_reader_bytes(&r);
    m->payload = msgpack_reader_bytes(&r);
    m->ip = msgpack_reader_bytes(&r);
    m->name = msgpack_reader_bytes(&r);
    m->head_url = msgpack_reader_bytes(&r);
    m->sex = (uint8_t) msgpack_reader_uint(&r, UINT8_MAX);
    return msgpack_reader_end(&r);
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
    struct msgpack_reader r;

    msgpack_reader_begin(&r, body);
    resume->target = msgpack_reader_uint(&r, UINT64_MAX);
    resume->number = (uint32_t) msgpack_reader_uint(&r, UINT32_MAX);
    resume->epoch = msgpack_reader_uint(&r, UINT64_MAX);
    resume->uid = msgpack_reader_uint(&r, UINT64_MAX);
    resume->open = msgpack_reader_uint(&r, UINT64_MAX) != 0;
    resume->format = read_format(&r);
    resume->seq = msgpack_reader_uint(&r, UINT64_MAX);
    resume->ord = msgpack_reader_uint(&r, UINT64_MAX);
    resume->since = msgpack_reader_uint(&r, UINT64_MAX);
    return msgpack_reader_end(&r);
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
item_read(struct bound_item *item, struct msgpack_reader r)
{
    struct msgpack_reader sessions;

    item->kind = (uint8_t) msgpack_reader_uint(&r, UINT8_MAX);
    item->target = msgpack_reader_uint(&r, UINT64_MAX);
    sessions = msgpack_reader_list(&r);
    item->sessions = sessions.left;
    if (sessions.left > BOUND_SESSIONS)
        return -1;
    for (unsigned i = 0; i < item->sessions; i++)
        item->session[i] = msgpack_reader_uint(&sessions, UINT64_MAX);
    item->seq = msgpack_reader_uint(&r, UINT64_MAX);
    item->ord = msgpack_reader_uint(&r, UINT64_MAX);
    item->mid = msgpack_reader_uint(&r, UINT64_MAX);
    item->cseq = msgpack_reader_uint(&r, UINT64_MAX);
    item->asks = msgpack_reader_uint(&r, UINT64_MAX);
    item->route = msgpack_reader_bytes(&r);
    item->payload = msgpack_reader_bytes(&r);
    return r.bad || sessions.bad || r.left != 0 ? -1 : 0;
}

int
bound_items_each(struct str body, bound_item_fn fn, void *arg)
{
    struct bound_item item;
    struct msgpack_reader r;

    msgpack_reader_begin(&r, body);
    while (!r.bad && r.left != 0) {
        if (item_read(&item, msgpack_reader_list(&r)) != 0)
            r.bad = true;
        else
            fn(arg, &item);
    }
    return msgpack_reader_end(&r);
}
