#include "game/store/journal.h"

#include <msgpack.h>
#include <string.h>

#include "core/buf.h"
#include "core/crc32c.h"
#include "core/msgpack_read.h"
#include "core/msgpack_scan.h"
#include "game/store/row.h"
#include "game/store/shared.h"

enum {
    FIELDS = 10,
    CRC_SIZE = 5, /* always packed as a uint32 */
    KEY = 16
};

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
    msgpack_pack_uint32(&pk, r->rules);
    msgpack_pack_uint8(&pk, r->kind);
    msgpack_pack_int64(&pk, r->time_ms);
    msgpack_pack_uint8(&pk, r->seat);
    msgpack_pack_uint64(&pk, r->session);
    msgpack_pack_uint64(&pk, r->cseq);
    msgpack_pack_bin_with_body(&pk, r->data.data, r->data.len);
    msgpack_pack_uint32(&pk, r->hash);
    sum = crc32c(0, out->data + start, out->len - start);
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
    return sum == crc32c(0, row.data, row.len - CRC_SIZE);
}

static const char *
read_fields(struct journal_record *r, struct msgpack_reader *from)
{
    uint64_t version = msgpack_reader_uint(from, UINT8_MAX);

    r->rules = (uint32_t) msgpack_reader_uint(from, UINT32_MAX);
    if (from->bad)
        return "has no version";
    if (version != JOURNAL_VERSION || r->rules < JOURNAL_RULES_FIRST ||
        r->rules > JOURNAL_RULES)
        return "is of another version";
    r->kind = (uint8_t) msgpack_reader_uint(from, UINT8_MAX);
    r->time_ms = (int64_t) msgpack_reader_uint(from, INT64_MAX);
    r->seat = (uint8_t) msgpack_reader_uint(from, UINT8_MAX);
    r->session = msgpack_reader_uint(from, UINT64_MAX);
    r->cseq = msgpack_reader_uint(from, UINT64_MAX);
    r->data = msgpack_reader_bytes(from);
    r->hash = (uint32_t) msgpack_reader_uint(from, UINT32_MAX);
    return from->bad ? "has a field of the wrong type" : NULL;
}

const char *
journal_decode(struct journal_record *r, struct str row)
{
    struct msgpack_reader from;
    const char *why = "is no record";

    if (!has_crc(row))
        return "has a wrong checksum";
    if (msgpack_scan((const uint8_t *) row.data, row.len, row.len) !=
        (ssize_t) row.len)
        return why;
    /* binaries stay where they are: data borrows from the row */
    msgpack_reader_begin(&from, row);
    if (!from.bad && from.left == FIELDS)
        why = read_fields(r, &from);
    msgpack_reader_end(&from);
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

/*
 * Records [from, to) of a desk: they go, or are moved to "aside".  Those from
 * `left` on are gone.
 */
struct range {
    uint64_t desk;
    uint64_t from, to;
    uint64_t left;
    bool aside;
};

/* A row of "discarded": (desk, from) -> to, left, 1 if it is to be moved. */
enum { DISCARD_ROW = 17 };

static int
put_range(struct env *env, MDB_txn *txn, const struct range *range)
{
    uint8_t key[KEY], row[DISCARD_ROW];

    env_key_pair(row, range->to, range->left);
    row[16] = range->aside;
    return row_bytes_put(env, txn, SHARED_DISCARDED,
                         env_key_pair(key, range->desk, range->from),
                         (struct str){(const char *) row, sizeof(row)});
}

static int
move_aside(struct env *env, MDB_txn *txn, struct str key)
{
    struct str row;
    int rc = env_get(env, txn, SHARED_JOURNAL, key, &row);

    if (rc == 0)
        rc = env_put(env, txn, SHARED_ASIDE, key, row);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* The newest first: LMDB then has nothing to move in its page. */
static int
cut(struct env *env, MDB_txn *txn, struct range *range, unsigned most)
{
    uint8_t buf[KEY];
    int rc = 0;

    while (rc == 0 && range->from < range->left && most-- > 0) {
        struct str key = env_key_pair(buf, range->desk, --range->left);

        if (range->aside)
            rc = move_aside(env, txn, key);
        if (rc == 0)
            rc = env_del(env, txn, SHARED_JOURNAL, key);
    }
    return rc;
}

static int
remove_range(struct env *env, MDB_txn *txn, struct range range)
{
    if (range.from >= range.to)
        return 0;
    if (range.to - range.from > JOURNAL_AT_ONCE)
        return put_range(env, txn, &range);
    return cut(env, txn, &range, JOURNAL_AT_ONCE);
}

int
journal_delete(struct env *env, MDB_txn *txn, uint64_t desk, uint64_t from,
               uint64_t to)
{
    return remove_range(env, txn, (struct range){desk, from, to, to, false});
}

int
journal_set_aside(struct env *env, MDB_txn *txn, uint64_t desk, uint64_t from,
                  uint64_t to)
{
    return remove_range(env, txn, (struct range){desk, from, to, to, true});
}

static uint64_t
second_of(struct str pair)
{
    return env_key_get_u64((struct str){pair.data + 8, 8});
}

/* The first range of the table. */
struct first {
    struct env *env;
    uint8_t key[ENV_KEY_MAX];
    size_t key_len;
    struct range range;
};

static int
take_range(void *arg, struct str key, struct str row)
{
    struct first *first = arg;
    struct range *range = &first->range;

    memcpy(first->key, key.data, key.len);
    first->key_len = key.len;
    if (key.len != KEY || row_bytes_check(first->env, SHARED_DISCARDED, key,
                                          row, DISCARD_ROW) != 0)
        return ENV_BAD_ROW;
    range->desk = env_key_get_u64(key);
    range->from = second_of(key);
    range->to = env_key_get_u64(row);
    range->left = second_of(row);
    range->aside = row.data[16] != 0;
    return ENV_DROP;
}

/*
 * A slice of the first range that is left; ENV_DROP: there is none.  A bad one
 * goes: the records that it names stay, for nobody.
 */
static int
discard_some(struct env *env, MDB_txn *txn, void *arg)
{
    struct first first = {.env = env};
    int rc = env_walk(env, txn, SHARED_DISCARDED, (struct str){"", 0}, 1,
                      take_range, &first);

    (void) arg;
    if (rc != ENV_DROP && rc != ENV_BAD_ROW)
        return rc == 0 ? ENV_DROP : rc;
    rc = rc == ENV_DROP ? cut(env, txn, &first.range, JOURNAL_DISCARD) : 0;
    if (rc == 0 && first.range.from < first.range.left)
        return put_range(env, txn, &first.range);
    if (rc == 0)
        rc = env_del(env, txn, SHARED_DISCARDED,
                     (struct str){(const char *) first.key, first.key_len});
    return rc;
}

int
journal_discard_run(struct env *env)
{
    int rc;
    uint64_t rows = 0;
    MDB_txn *txn = env_read_begin(env);

    if (txn == NULL)
        return -1;
    rc = env_rows(env, txn, SHARED_DISCARDED, &rows);
    env_read_end(env);
    if (env_failed(env, rc, "reading"))
        return -1;
    if (rows == 0)
        return 0;
    return env_write_reserve(env, discard_some, NULL) == 0 ? 1 : -1;
}

struct ends {
    struct env *env;
    uint64_t desk;
    uint64_t first, last;
    bool found;
};

/* What is discarded does not count, though it may still be there. */
static int
skip_discarded(void *arg, struct str key, struct str row)
{
    struct ends *ends = arg;

    if (key.len != KEY || env_key_get_u64(key) != ends->desk)
        return ENV_DROP;
    if (row_bytes_check(ends->env, SHARED_DISCARDED, key, row, DISCARD_ROW) !=
        0)
        return ENV_BAD_ROW;
    if (env_key_get_u64(row) > ends->first)
        ends->first = env_key_get_u64(row);
    return 0;
}

static int
take_first(void *arg, struct str key, struct str row)
{
    struct ends *ends = arg;

    (void) row;
    ends->found = key.len == KEY && env_key_get_u64(key) == ends->desk;
    if (ends->found)
        ends->first = second_of(key);
    return ENV_DROP;
}

static int
find_ends(struct env *env, MDB_txn *txn, struct ends *ends)
{
    uint8_t buf[KEY];
    struct str key = {0};
    int rc = env_walk(env, txn, SHARED_DISCARDED,
                      env_key_pair(buf, ends->desk, 0), JOURNAL_SLICE,
                      skip_discarded, ends);

    if (rc == 0 || rc == ENV_DROP || rc == ENV_MORE)
        rc = env_walk(env, txn, SHARED_JOURNAL,
                      env_key_pair(buf, ends->desk, ends->first), 1,
                      take_first, ends);
    if (rc == 0 || rc == ENV_DROP)
        rc = env_before(env, txn, SHARED_JOURNAL,
                        env_key_pair(buf, ends->desk, UINT64_MAX), &key);
    if (rc == 0 && ends->found)
        ends->last = second_of(key);
    return rc;
}

int
journal_ends(struct env *env, uint64_t desk, uint64_t *first, uint64_t *last)
{
    struct ends ends = {.env = env, .desk = desk};
    MDB_txn *txn = env_read_begin(env);
    int rc;

    if (txn == NULL)
        return -1;
    rc = find_ends(env, txn, &ends);
    env_read_end(env);
    if (env_failed(env, rc, "reading"))
        return -1;
    *first = ends.first;
    *last = ends.last;
    return ends.found;
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
