#include "core/msgpack_read.h"

#include "core/mem.h"

bool
msgpack_read(msgpack_unpacked *up, const void *data, size_t len, size_t *at)
{
    msgpack_unpack_return rc;

    msgpack_unpacked_init(up);
    rc = msgpack_unpack_next(up, data, len, at);
    if (rc == MSGPACK_UNPACK_NOMEM_ERROR)
        mem_exhausted();
    return rc == MSGPACK_UNPACK_SUCCESS;
}

bool
msgpack_read_uint(const void *data, size_t len, size_t *at, uint64_t max,
                  uint64_t *value)
{
    msgpack_unpacked up;
    bool good = msgpack_read(&up, data, len, at) &&
                up.data.type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
                up.data.via.u64 <= max;

    if (good)
        *value = up.data.via.u64;
    msgpack_unpacked_destroy(&up);
    return good;
}

/* ---- lists ---- */

static void
begin_list(struct msgpack_reader *r, const msgpack_object *o)
{
    if (o == NULL || o->type != MSGPACK_OBJECT_ARRAY) {
        r->bad = true;
        return;
    }
    r->at = o->via.array.ptr;
    r->left = o->via.array.size;
}

/* NULL: there is none, or the reader is bad. */
static const msgpack_object *
next(struct msgpack_reader *r)
{
    if (r->bad || r->left == 0) {
        r->bad = true;
        return NULL;
    }
    r->left--;
    return r->at++;
}

void
msgpack_reader_begin(struct msgpack_reader *r, struct str bytes)
{
    size_t at = 0;
    bool good;

    *r = (struct msgpack_reader){.at = NULL};
    good = msgpack_read(&r->up, bytes.data, bytes.len, &at);
    begin_list(r, good ? &r->up.data : NULL);
}

uint64_t
msgpack_reader_uint(struct msgpack_reader *r, uint64_t max)
{
    const msgpack_object *o = next(r);

    if (o != NULL && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
        o->via.u64 <= max)
        return o->via.u64;
    r->bad = true;
    return 0;
}

struct str
msgpack_reader_bytes(struct msgpack_reader *r)
{
    const msgpack_object *o = next(r);

    if (o != NULL && o->type == MSGPACK_OBJECT_STR)
        return (struct str){o->via.str.ptr, o->via.str.size};
    if (o != NULL && o->type == MSGPACK_OBJECT_BIN)
        return (struct str){o->via.bin.ptr, o->via.bin.size};
    r->bad = true;
    return STR("");
}

struct msgpack_reader
msgpack_reader_list(struct msgpack_reader *r)
{
    struct msgpack_reader inner = {.at = NULL};

    begin_list(&inner, next(r));
    r->bad |= inner.bad;
    return inner;
}

int
msgpack_reader_end(struct msgpack_reader *r)
{
    msgpack_unpacked_destroy(&r->up);
    return r->bad || r->left != 0 ? -1 : 0;
}
