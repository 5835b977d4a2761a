/*
 * The state of an environment: how full it is, who reads it, and whether
 * what is in it can be trusted after a restart.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/env.h"
#include "core/env_file.h"

/* --- readers ------------------------------------------------------------ */

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

/* --- room --------------------------------------------------------------- */

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
    if (rc == 0)
        rc = env_file_walk_free(txn, count_free, &count);
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

/* --- trust -------------------------------------------------------------- */

/* Rows of the meta table: msgpack [1, str8] and [1, uint64]. */
enum { BOOT_ROW = 4 + ENV_BOOT_ID, CLEAN_ROW = 3 + 8 };

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
pack_clean(uint8_t out[CLEAN_ROW], uint64_t txnid)
{
    memcpy(out, "\x92\x01\xcf", 3);
    env_key_u64(out + 3, txnid);
}

static bool
meta_is(struct env *env, MDB_txn *txn, const char *name, const void *want,
        size_t len)
{
    MDB_val key = {strlen(name), (void *) (uintptr_t) name}, val;

    return mdb_get(txn, env->meta, &key, &val) == 0 && val.mv_size == len &&
           memcmp(val.mv_data, want, len) == 0;
}

static int
meta_put(struct env *env, MDB_txn *txn, const char *name, const void *row,
         size_t len)
{
    MDB_val key = {strlen(name), (void *) (uintptr_t) name};
    MDB_val val = {len, (void *) (uintptr_t) row};

    return mdb_put(txn, env->meta, &key, &val, 0);
}

bool
env_is_trusted(struct env *env, const char *boot_id)
{
    uint8_t boot[BOOT_ROW], clean[CLEAN_ROW];
    MDB_txn *txn = env_read_begin(env);
    bool trusted;

    if (txn == NULL)
        return false;
    pack_clean(clean, mdb_txn_id(txn));
    trusted = (pack_boot_id(boot, boot_id) &&
               meta_is(env, txn, "boot_id", boot, sizeof(boot))) ||
              meta_is(env, txn, "clean", clean, sizeof(clean));
    env_read_end(env);
    return trusted;
}

static int
put_boot_id(struct env *env, MDB_txn *txn, void *arg)
{
    MDB_val key = {5, (void *) (uintptr_t) "clean"};
    uint8_t row[BOOT_ROW];
    int rc;

    if (!pack_boot_id(row, arg))
        return EINVAL;
    rc = mdb_del(txn, env->meta, &key, NULL);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    return meta_put(env, txn, "boot_id", row, sizeof(row));
}

int
env_set_boot_id(struct env *env, const char *boot_id)
{
    /* Synced: LMDB soon writes over pages that the marked state needs. */
    return env_write_synced(env, put_boot_id, (void *) (uintptr_t) boot_id);
}

static int
put_clean(struct env *env, MDB_txn *txn, void *arg)
{
    uint8_t row[CLEAN_ROW];

    (void) arg;
    pack_clean(row, mdb_txn_id(txn));
    return meta_put(env, txn, "clean", row, sizeof(row));
}

int
env_mark_clean(struct env *env)
{
    if (env_sync(env) != 0)
        return -1;
    return env_write_synced(env, put_clean, NULL);
}
