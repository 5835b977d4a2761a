#include "game/message.h"

#include <assert.h>
#include <string.h>

enum { FLAG_COMPRESSED = 0x01, FLAG_KNOWN = 0x07, FLAG_ZLIB = 0x10 };

/* Ten groups of seven bits; of the tenth only one bit is left. */
enum { ID_MAX = 10 };

static int
fail(struct message *m, enum message_error error)
{
    m->error = (uint8_t) error;
    return -1;
}

/* An id of more than one byte.  Returns what follows it, or NULL. */
static const uint8_t *
parse_long_id(uint64_t *id, const uint8_t *p, const uint8_t *end)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < ID_MAX && p + i < end; i++) {
        value |= (uint64_t) (p[i] & 0x7f) << (7 * i);
        if (p[i] < 0x80) {
            if (i == ID_MAX - 1 && p[i] > 1)
                return NULL;
            *id = value;
            return p + i + 1;
        }
    }
    return NULL;
}

int
message_parse(struct message *m, const uint8_t *body, size_t len)
{
    const uint8_t *p = body;
    const uint8_t *end = body + len;

    if (len == 0 || (*p & ~(FLAG_KNOWN | FLAG_ZLIB)) != 0)
        return fail(m, MESSAGE_ERROR_FLAG);
    if ((*p & FLAG_ZLIB) != 0)
        return fail(m, MESSAGE_ERROR_ZLIB);
    m->type = *p >> 1;
    m->compressed = *p & FLAG_COMPRESSED;
    m->code = 0;
    m->id = 0;
    m->route = (struct str){NULL, 0};
    p++;

    if (message_has_id(m->type)) {
        if (p < end && *p < 0x80)
            m->id = *p++;
        else if ((p = parse_long_id(&m->id, p, end)) == NULL)
            return fail(m, MESSAGE_ERROR_ID);
    }
    if (message_has_route(m->type)) {
        size_t left = (size_t) (end - p);

        if (m->compressed) {
            if (left < 2)
                return fail(m, MESSAGE_ERROR_ROUTE);
            m->code = (uint16_t) (p[0] << 8 | p[1]);
            p += 2;
        } else {
            if (left < 1 || left - 1 < p[0])
                return fail(m, MESSAGE_ERROR_ROUTE);
            m->route = (struct str){(const char *) p + 1, p[0]};
            p += 1 + p[0];
        }
    }
    m->payload = p;
    m->len = (size_t) (end - p);
    return 0;
}

size_t
message_head_put(uint8_t *out, const struct message *m)
{
    uint8_t *p = out;

    *p++ = (uint8_t) (m->type << 1 | m->compressed);
    if (message_has_id(m->type)) {
        uint64_t id = m->id;

        for (; id >= 0x80; id >>= 7)
            *p++ = (uint8_t) (id | 0x80);
        *p++ = (uint8_t) id;
    }
    if (message_has_route(m->type)) {
        if (m->compressed) {
            *p++ = (uint8_t) (m->code >> 8);
            *p++ = (uint8_t) m->code;
        } else {
            assert(m->route.len <= MESSAGE_MAX_ROUTE);
            *p++ = (uint8_t) m->route.len;
            if (m->route.len != 0)
                memcpy(p, m->route.data, m->route.len);
            p += m->route.len;
        }
    }
    return (size_t) (p - out);
}

const char *
message_type_name(uint8_t type)
{
    static const char *const names[] = {"request", "notify", "response",
                                        "push"};

    return type <= MESSAGE_PUSH ? names[type] : "unknown";
}

const char *
message_error_text(enum message_error error)
{
    switch (error) {
    case MESSAGE_ERROR_FLAG:
        return "bad message flag";
    case MESSAGE_ERROR_ZLIB:
        return "message is compressed with zlib, which is not supported; "
               "switch compression off in the client";
    case MESSAGE_ERROR_ID:
        return "bad message id";
    case MESSAGE_ERROR_ROUTE:
        return "truncated route";
    case MESSAGE_ERROR_NONE:
        break;
    }
    return "no error";
}
