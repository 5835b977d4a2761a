/*
 * Group commit, and the purge of results nobody will ask for again.
 */
#include <string.h>

#include "game/store/op.h"
#include "game/store/row.h"

struct batch {
    const struct store_op *ops;
    struct store_result *results;
    size_t n;
};

static int
apply_batch(struct env *env, MDB_txn *txn, void *arg)
{
    struct batch *batch = arg;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < batch->n; i++)
        rc = store_apply(env, txn, &batch->ops[i], &batch->results[i]);
    return rc;
}

static void
fail_batch(struct batch *batch, enum store_code code)
{
    memset(batch->results, 0, batch->n * sizeof(*batch->results));
    for (size_t i = 0; i < batch->n; i++)
        batch->results[i].code = code;
}

/* Some rows are only found to be wrong by those that they should go with. */
static void
tell_damage(const struct env *env, const struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++)
        if (batch->results[i].code == STORE_DATABASE)
            log_limited(env->log, LOG_ERR, 0,
                        "rows of \"%s/data.mdb\" are damaged, or do not go "
                        "together: %s is refused",
                        env->conf.path, store_kind_name(batch->ops[i].kind));
}

static int
commit_singly(struct env *env, struct batch *batch)
{
    int rc = -1;

    for (size_t i = 0; i < batch->n; i++)
        if (store_commit(env, &batch->ops[i], &batch->results[i], 1) == 0)
            rc = 0;
    return rc;
}

int
store_commit(struct env *env, const struct store_op *ops,
             struct store_result *results, size_t n)
{
    struct batch batch = {ops, results, n};
    bool damaged;

    if (env_write(env, apply_batch, &batch) == 0) {
        tell_damage(env, &batch);
        return 0;
    }
    /* It sits in some page or row and hurts the ops that need it; all else (no
     * room, no disk) hurts them all. */
    damaged = env_is_damage(env->failing);
    if (damaged && n > 1)
        return commit_singly(env, &batch);
    fail_batch(&batch, damaged ? STORE_DATABASE : STORE_INTERNAL);
    return -1;
}

/* ---- purge ---- */

enum { TIME_KEY = 8 + STORE_OP_ID };

struct purge {
    struct env *env;
    uint64_t before;
    uint8_t keys[STORE_SLICE][TIME_KEY];
    unsigned n;
};

static int
collect(void *arg, struct str key, struct str val)
{
    struct purge *purge = arg;

    if (key.len != TIME_KEY || env_key_get_u64(key) >= purge->before)
        return ENV_DROP; /* the rest is younger */
    if (row_bytes_check(purge->env, STORE_OPERATION_TIMES, key, val, 0) != 0)
        return 0; /* its time may be another: the result stays */
    memcpy(purge->keys[purge->n++], key.data, TIME_KEY);
    return 0;
}

static int
forget(struct env *env, MDB_txn *txn, void *arg)
{
    struct purge *purge = arg;
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < purge->n; i++) {
        struct str key = {(char *) purge->keys[i], TIME_KEY};
        struct str id = {key.data + 8, STORE_OP_ID};

        rc = env_del(env, txn, STORE_OPERATIONS, id);
        if (rc == 0)
            rc = env_del(env, txn, STORE_OPERATION_TIMES, key);
    }
    return rc;
}

int
store_purge(struct env *env, int64_t now_ms)
{
    struct purge purge = {.env = env};
    MDB_txn *txn;
    int rc;

    if (now_ms < STORE_OP_KEEP_MS)
        return 0;
    purge.before = (uint64_t) (now_ms - STORE_OP_KEEP_MS);
    txn = env_read_begin(env);
    if (txn == NULL)
        return -1;
    rc = env_walk(env, txn, STORE_OPERATION_TIMES, (struct str){"", 0},
                  STORE_SLICE, collect, &purge);
    env_read_end(env);
    if (rc != ENV_MORE && rc != ENV_DROP && env_failed(env, rc, "purge"))
        return -1;
    if (purge.n > 0 && env_write_reserve(env, forget, &purge) != 0)
        return -1;
    return rc == ENV_MORE;
}
