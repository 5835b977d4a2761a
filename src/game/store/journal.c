#include "game/store/journal.h"

#include <msgpack.h>

#include "core/buf.h"
#include "core/msgpack_scan.h"
#include "game/store/shared.h"

enum {
    FIELDS = 10,
    CRC_SIZE = 5, /* always packed as a uint32 */
    KEY = 16
};

/* CRC32C (Castagnoli, reflected), four bits a step. */
static uint32_t
crc32c(const uint8_t *p, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    uint32_t crc = UINT32_MAX;

    for (; len > 0; len--) {
        crc ^= *p++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

void
journal_encode(struct buf *out, const struct journal_record *r)
{
    size_t start = out->len;
    uint8_t *crc;
    uint32_t sum;
    msgpack_packer pk;

    msgpack_packer_init(&pk, out, buf_write);
    msgpack_pack_array(&pk, FIELDS);
    msgpack_pack_unsigned_int(&pk, JOURNAL_VERSION);
    msgpack_pack_unsigned_int(&pk, JOURNAL_RULES);
    msgpack_pack_uint8(&pk, r->kind);
    msgpack_pack_int64(&pk, r->time_ms);
    msgpack_pack_uint8(&pk, r->seat);
    msgpack_pack_uint64(&pk, r->session);
    msgpack_pack_uint64(&pk, r->cseq);
    msgpack_pack_bin_with_body(&pk, r->data.data, r->data.len);
    msgpack_pack_uint32(&pk, r->hash);
    sum = crc32c(out->data + start, out->len - start);
    crc = buf_reserve(out, CRC_SIZE);
    crc[0] = 0xce;
    for (int i = 1; i < CRC_SIZE; i++)
        crc[i] = (uint8_t) (sum >> (32 - 8 * i));
    out->len += CRC_SIZE;
}

/* ---- reading ---- */

static bool
has_crc(struct str row)
{
    const uint8_t *p = (const uint8_t *) row.data + row.len - CRC_SIZE;
    uint32_t sum = 0;

    if (row.len <= CRC_SIZE || p[0] != 0xce)
        return false;
    for (int i = 1; i < CRC_SIZE; i++)
        sum = sum << 8 | p[i];
    return sum == crc32c((const uint8_t *) row.data, row.len - CRC_SIZE);
}

static bool
take_uint(const msgpack_object *o, uint64_t max, uint64_t *n)
{
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > max)
        return false;
    *n = o->via.u64;
    return true;
}

static const char *
take_fields(struct journal_record *r, const msgpack_object *o)
{
    uint64_t version, rules, kind, time, seat, hash;

    if (!take_uint(&o[0], UINT8_MAX, &version) ||
        !take_uint(&o[1], UINT32_MAX, &rules))
        return "has no version";
    if (version != JOURNAL_VERSION || rules != JOURNAL_RULES)
        return "is of another version";
    if (!take_uint(&o[2], UINT8_MAX, &kind) ||
        !take_uint(&o[3], INT64_MAX, &time) ||
        !take_uint(&o[4], UINT8_MAX, &seat) ||
        !take_uint(&o[5], UINT64_MAX, &r->session) ||
        !take_uint(&o[6], UINT64_MAX, &r->cseq) ||
        o[7].type != MSGPACK_OBJECT_BIN ||
        !take_uint(&o[8], UINT32_MAX, &hash))
        return "has a field of the wrong type";
    r->kind = (uint8_t) kind;
    r->seat = (uint8_t) seat;
    r->time_ms = (int64_t) time;
    r->hash = (uint32_t) hash;
    r->data = (struct str){o[7].via.bin.ptr, o[7].via.bin.size};
    return NULL;
}

const char *
journal_decode(struct journal_record *r, struct str row)
{
    msgpack_unpacked up;
    const char *why = "is no record";
    size_t at = 0;

    if (!has_crc(row))
        return "has a wrong checksum";
    if (msgpack_scan((const uint8_t *) row.data, row.len, row.len) !=
        (ssize_t) row.len)
        return why;
    /* binaries stay where they are: data borrows from the row */
    msgpack_unpacked_init(&up);
    if (msgpack_unpack_next(&up, row.data, row.len, &at) ==
            MSGPACK_UNPACK_SUCCESS &&
        up.data.type == MSGPACK_OBJECT_ARRAY &&
        up.data.via.array.size == FIELDS)
        why = take_fields(r, up.data.via.array.ptr);
    msgpack_unpacked_destroy(&up);
    return why;
}

/* ---- rows ---- */

int
journal_put(struct env *env, MDB_txn *txn, uint64_t desk, uint64_t seq,
            struct str row)
{
    uint8_t key[KEY];

    return env_put(env, txn, SHARED_JOURNAL, env_key_pair(key, desk, seq),
                   row);
}

int
journal_delete(struct env *env, MDB_txn *txn, uint64_t desk, uint64_t from,
               uint64_t to)
{
    uint8_t key[KEY];
    int rc = 0;

    /* the newest first: LMDB then has nothing to move in its page */
    while (rc == 0 && from < to)
        rc = env_del(env, txn, SHARED_JOURNAL, env_key_pair(key, desk, --to));
    return rc;
}

int
journal_set_aside(struct env *env, MDB_txn *txn, uint64_t desk, uint64_t from,
                  uint64_t to)
{
    uint8_t key[KEY];
    struct str row;
    int rc = 0;

    for (; rc == 0 && from < to; from++) {
        rc = env_get(env, txn, SHARED_JOURNAL, env_key_pair(key, desk, from),
                     &row);
        if (rc == MDB_NOTFOUND)
            rc = 0;
        else if (rc == 0)
            rc = env_put(env, txn, SHARED_ASIDE, env_key_pair(key, desk, from),
                         row);
        if (rc == 0)
            rc = env_del(env, txn, SHARED_JOURNAL,
                         env_key_pair(key, desk, from));
    }
    return rc;
}

struct walk {
    uint64_t desk;
    uint64_t seq;
    journal_fn fn;
    void *arg;
    int rc;
    bool over;
};

static int
look(void *arg, struct str key, struct str row)
{
    struct walk *walk = arg;

    if (key.len != KEY || env_key_get_u64(key) != walk->desk) {
        walk->over = true;
        return ENV_DROP;
    }
    walk->seq = env_key_get_u64((struct str){key.data + 8, 8});
    walk->rc = walk->fn(walk->arg, walk->seq, row);
    return walk->rc == 0 ? 0 : ENV_DROP;
}

int
journal_walk(struct env *env, uint64_t desk, uint64_t from, journal_fn fn,
             void *arg)
{
    struct walk walk = {.desk = desk, .seq = from, .fn = fn, .arg = arg};
    int rc = ENV_MORE;

    while (rc == ENV_MORE) {
        MDB_txn *txn = env_read_begin(env);
        uint8_t key[KEY];

        if (txn == NULL)
            return -1;
        rc = env_walk(env, txn, SHARED_JOURNAL,
                      env_key_pair(key, desk, walk.seq), JOURNAL_SLICE, look,
                      &walk);
        env_read_end(env);
        walk.seq++;
    }
    if (rc != ENV_DROP && env_failed(env, rc, "reading"))
        return -1;
    return walk.rc;
}
