/*
 * The state of an environment: how full it is, who reads it, and whether
 * what is in it can be trusted after a restart.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/env.h"
#include "core/env_blame.h"
#include "core/env_file.h"

/* ---- readers ---- */

struct reader_scan {
    struct env *env;
    uint64_t last;   /* the newest transaction */
    uint64_t behind; /* report those more than this behind */
    uint64_t oldest;
    int count;
};

/* One line of mdb_reader_list(): "pid thread txnid", "-" if it rests. */
static int
scan_reader(const char *line, void *arg)
{
    struct reader_scan *scan = arg;
    uint64_t thread, txnid;
    int pid;

    if (sscanf(line, "%d %" SCNx64 " %" SCNu64, &pid, &thread, &txnid) != 3)
        return 0;
    if (txnid < scan->oldest)
        scan->oldest = txnid;
    if (txnid < scan->last && scan->last - txnid > scan->behind) {
        scan->count++;
        log_write(scan->env->log, LOG_WARN, 0,
                  "process %d has been reading \"%s/data.mdb\" for %" PRIu64
                  " transactions",
                  pid, scan->env->conf.path, scan->last - txnid);
    }
    return 0;
}

static int
scan_readers(struct reader_scan *scan, struct env *env, uint64_t behind)
{
    MDB_envinfo info;
    int rc = mdb_env_info(env->mdb, &info);

    if (rc != 0)
        return rc;
    *scan = (struct reader_scan){.env = env,
                                 .last = info.me_last_txnid,
                                 .oldest = info.me_last_txnid,
                                 .behind = behind};
    rc = mdb_reader_list(env->mdb, scan_reader, scan);
    return rc < 0 ? rc : 0;
}

int
env_report_readers(struct env *env, uint64_t behind)
{
    struct reader_scan scan;

    if (env_failed(env, scan_readers(&scan, env, behind), "listing readers"))
        return -1;
    return scan.count;
}

int
env_clear_readers(struct env *env)
{
    int dead;

    if (env_failed(env, mdb_reader_check(env->mdb, &dead), "clearing readers"))
        return -1;
    return dead;
}

/* ---- room ---- */

struct free_count {
    uint64_t oldest; /* what it or a later one freed is not free yet */
    uint64_t free;
    uint64_t pinned;
};

static int
count_free(void *arg, uint64_t txnid, const size_t *pages, size_t n)
{
    struct free_count *count = arg;

    (void) pages;
    if (txnid < count->oldest)
        count->free += n;
    else
        count->pinned += n;
    return 0;
}

int
env_fill_get(struct env *env, struct env_fill *fill)
{
    struct reader_scan scan;
    struct free_count count = {0};
    MDB_envinfo info;
    MDB_stat tree;
    MDB_txn *txn;
    int rc;

    txn = env_read_begin(env);
    if (txn == NULL)
        return -1;
    rc = scan_readers(&scan, env, UINT64_MAX);
    count.oldest = scan.oldest;
    env_enter(env);
    if (rc == 0)
        rc = env_file_walk_free(txn, count_free, &count);
    env_leave(env);
    if (rc == 0)
        rc = mdb_env_info(env->mdb, &info);
    if (rc == 0)
        rc = mdb_env_stat(env->mdb, &tree);
    env_read_end(env);
    if (env_failed(env, rc, "counting free pages"))
        return -1;
    fill->free = count.free * tree.ms_psize;
    fill->pinned = count.pinned * tree.ms_psize;
    fill->used = (info.me_last_pgno + 1) * tree.ms_psize - fill->free;
    fill->percent = (unsigned) (fill->used * 100 / env->conf.size);
    return 0;
}

/* The pages that trees and free list have, in a transaction; 0: not known, as
 * there are tables of another version. */
static uint64_t
count_pages(struct env *env, MDB_txn *txn)
{
    const char *const *tables = env->conf.tables;
    struct free_count count = {0};
    uint64_t pages = 2; /* meta pages */
    MDB_stat st;
    unsigned n = 0;

    while (tables[n] != NULL)
        n++;
    /* 0 and 1 are LMDB's own: the free list, the names of the tables */
    for (unsigned i = 0; i < n + 3; i++) {
        MDB_dbi dbi = i < 2 ? i : i == 2 ? env->meta : env->dbi[i - 3];

        if (mdb_stat(txn, dbi, &st) != 0 || (i == 1 && st.ms_entries != n + 1))
            return 0;
        pages += st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages;
    }
    if (env_file_walk_free(txn, count_free, &count) != 0)
        return 0;
    return pages + count.free + count.pinned;
}

bool
env_misses_pages(struct env *env)
{
    uint64_t pages = 0, has, part;
    MDB_envinfo info;
    MDB_stat st;
    MDB_txn *txn;
    int rc;

    rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return false;
    env_enter(env);
    rc = mdb_env_info(env->mdb, &info);
    if (rc == 0)
        rc = mdb_env_stat(env->mdb, &st);
    if (rc == 0 && info.me_last_txnid == mdb_txn_id(txn))
        pages = count_pages(env, txn);
    env_leave(env);
    mdb_txn_abort(txn);
    if (pages == 0)
        return false;
    has = info.me_last_pgno + 1;
    part = info.me_mapsize / st.ms_psize / ENV_LOST_PART;
    return pages > has + part || has > pages + part;
}

/* ---- trust ---- */

/*
 * Rows of the meta table.  "boot_id": msgpack [1, str8]; "clean": [2, uint64
 * transaction, uint64 clock]; "clock": [1, int64 offset].  The sum is behind
 * them, big-endian; those of an older schema are without.
 */
enum {
    BOOT_ROW = 4 + ENV_BOOT_ID,
    CLEAN_ROW = 2 * 9 + 2,
    CLOCK_ROW = 3 + 8,
    META_ROW = BOOT_ROW, /* the longest */
    META_SUM = 4
};

static const char meta_table[] = "meta";
static const char clean_head[] = "\x93\x02\xcf", clock_head[] = "\x92\x01\xd3";

static bool
pack_boot_id(uint8_t out[BOOT_ROW], const char *boot_id)
{
    if (strlen(boot_id) != ENV_BOOT_ID)
        return false;
    memcpy(out, "\x92\x01\xd9\x24", 4);
    memcpy(out + 4, boot_id, ENV_BOOT_ID);
    return true;
}

static void
put_sum(uint8_t out[META_SUM], const char *name, const void *row, size_t len)
{
    uint32_t sum = env_sum(meta_table, (struct str){name, strlen(name)},
                           (struct str){row, len});

    for (int i = META_SUM - 1; i >= 0; i--, sum >>= 8)
        out[i] = (uint8_t) sum;
}

/*
 * The row's bytes if it is one of that length that begins so, else NULL.  What
 * cannot be believed is logged; for the marks it is as if they were not there:
 * they only ever give trust.
 */
static int
meta_get(struct env *env, MDB_txn *txn, const char *name, const void *head,
         size_t head_len, size_t len, const uint8_t **row)
{
    struct str name_key = {name, strlen(name)};
    MDB_val key = {name_key.len, (void *) (uintptr_t) name}, val;
    uint8_t sum[META_SUM];
    int rc = mdb_get(txn, env->meta, &key, &val);

    *row = NULL;
    if (rc != 0)
        return rc;
    if (val.mv_size == len + META_SUM) {
        put_sum(sum, name, val.mv_data, len);
        if (memcmp((char *) val.mv_data + len, sum, META_SUM) != 0)
            return env_bad_row(env, meta_table, name_key, "row",
                               "has a wrong checksum");
    } else if (val.mv_size != len) {
        return env_bad_row(env, meta_table, name_key, "row",
                           "has another length");
    }
    if (memcmp(val.mv_data, head, head_len) == 0)
        *row = val.mv_data;
    return 0;
}

static uint64_t
get_u64(const uint8_t *p)
{
    return env_key_get_u64((struct str){(const char *) p, 8});
}

/* The clock as the clean mark has it if nothing was committed after
 * transaction `txnid`, which wrote it; else -1. */
static int64_t
clean_clock(struct env *env, MDB_txn *txn, uint64_t txnid)
{
    const uint8_t *row;
    uint64_t ms;

    meta_get(env, txn, "clean", clean_head, 3, CLEAN_ROW, &row);
    if (row == NULL || get_u64(row + 3) != txnid || row[11] != 0xcf)
        return -1;
    ms = get_u64(row + 12);
    return ms > INT64_MAX ? -1 : (int64_t) ms;
}

static int
meta_put(struct env *env, MDB_txn *txn, const char *name, const void *row,
         size_t len)
{
    uint8_t bytes[META_ROW + META_SUM];
    MDB_val key = {strlen(name), (void *) (uintptr_t) name};
    MDB_val val = {len + META_SUM, bytes};

    memcpy(bytes, row, len);
    put_sum(bytes + len, name, row, len);
    return mdb_put(txn, env->meta, &key, &val, 0);
}

bool
env_is_trusted(struct env *env, const char *boot_id)
{
    uint8_t boot[BOOT_ROW];
    const uint8_t *row = NULL;
    MDB_txn *txn = env_read_begin(env);
    bool trusted;

    if (txn == NULL)
        return false;
    env_enter(env);
    if (pack_boot_id(boot, boot_id))
        meta_get(env, txn, "boot_id", boot, BOOT_ROW, BOOT_ROW, &row);
    trusted = row != NULL || clean_clock(env, txn, mdb_txn_id(txn)) >= 0;
    env_leave(env);
    env_read_end(env);
    return trusted;
}

int64_t
env_clock_ms(const struct env *env)
{
    return clock_boot_ms() + env->clock_offset_ms;
}

/* By a wrong clock each deadline of each desk would be a wrong one. */
int
env_clock_read(struct env *env, MDB_txn *txn)
{
    const uint8_t *row;
    int rc = meta_get(env, txn, "clock", clock_head, 3, CLOCK_ROW, &row);

    env->clock_offset_ms = row == NULL ? 0 : (int64_t) get_u64(row + 3);
    if (rc == ENV_BAD_ROW)
        return MDB_CORRUPTED;
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* After a clean stop the clock goes on from where it stood. */
static int
put_clock(struct env *env, MDB_txn *txn)
{
    int64_t stood_ms = clean_clock(env, txn, mdb_txn_id(txn) - 1);
    uint8_t row[CLOCK_ROW];

    if (stood_ms < 0)
        return 0;
    env->clock_offset_ms = stood_ms - clock_boot_ms();
    memcpy(row, clock_head, 3);
    env_key_u64(row + 3, (uint64_t) env->clock_offset_ms);
    return meta_put(env, txn, "clock", row, sizeof(row));
}

static int
put_boot_id(struct env *env, MDB_txn *txn, void *arg)
{
    MDB_val key = {5, (void *) (uintptr_t) "clean"};
    uint8_t row[BOOT_ROW];
    int rc;

    if (!pack_boot_id(row, arg))
        return EINVAL;
    env_enter(env);
    rc = put_clock(env, txn);
    if (rc == 0)
        rc = mdb_del(txn, env->meta, &key, NULL);
    if (rc == 0 || rc == MDB_NOTFOUND)
        rc = meta_put(env, txn, "boot_id", row, sizeof(row));
    env_leave(env);
    return rc;
}

int
env_set_boot_id(struct env *env, const char *boot_id)
{
    /* Synced: LMDB soon writes over pages that the marked state needs. */
    return env_write_synced(env, put_boot_id, (void *) (uintptr_t) boot_id);
}

static int
write_clean(struct env *env, MDB_txn *txn, int64_t clock_ms)
{
    uint8_t row[CLEAN_ROW];
    int rc;

    memcpy(row, clean_head, 3);
    env_key_u64(row + 3, mdb_txn_id(txn));
    row[11] = 0xcf;
    env_key_u64(row + 12, (uint64_t) clock_ms);
    env_enter(env);
    rc = meta_put(env, txn, "clean", row, sizeof(row));
    env_leave(env);
    return rc;
}

int
env_keep_clean(struct env *env, MDB_txn *txn)
{
    int64_t stood_ms = clean_clock(env, txn, mdb_txn_id(txn) - 1);

    return stood_ms < 0 ? 0 : write_clean(env, txn, stood_ms);
}

static int
put_clean(struct env *env, MDB_txn *txn, void *arg)
{
    (void) arg;
    return write_clean(env, txn, env_clock_ms(env));
}

int
env_mark_clean(struct env *env)
{
    if (env_sync(env) != 0)
        return -1;
    return env_write_synced(env, put_clean, NULL);
}
