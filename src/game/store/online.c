#include "game/store/online.h"

#include "game/store/op.h"
#include "game/store/row.h"
#include "game/store/shared.h"

static const struct row_field online_fields[] = {
    ROW_FIELD(struct store_online, sessions),
    ROW_FIELD(struct store_online, desks),
};
static const struct row_type online_row = ROW_TYPE("online", online_fields);

/* ---- a sample ---- */

struct sample {
    uint64_t time_ms;
    struct store_online row;
};

static int
count(struct env *shared, struct store_online *row)
{
    MDB_txn *txn = env_read_begin(shared);
    int rc;

    if (txn == NULL)
        return -1;
    rc = env_rows(shared, txn, SHARED_SESSIONS, &row->sessions);
    if (rc == 0)
        rc = env_rows(shared, txn, SHARED_DESKS, &row->desks);
    env_read_end(shared);
    return env_failed(shared, rc, "counting") ? -1 : 0;
}

static int
put(struct env *store, MDB_txn *txn, void *arg)
{
    const struct sample *sample = arg;
    uint8_t key[8];

    return row_put(store, txn, STORE_ONLINE, env_key_u64(key, sample->time_ms),
                   &online_row, &sample->row, env_put);
}

int
store_online_sample(struct env *store, struct env *shared, int64_t now_ms)
{
    struct sample sample = {.time_ms = (uint64_t) now_ms};

    if (count(shared, &sample.row) != 0)
        return -1;
    return env_write(store, put, &sample) == 0 ? 0 : -1;
}

int
store_online_get(struct env *store, int64_t time_ms, struct store_online *row)
{
    uint8_t key[8];

    return row_read(store, STORE_ONLINE, env_key_u64(key, (uint64_t) time_ms),
                    &online_row, row);
}

/* ---- purge ---- */

struct purge {
    uint64_t before;
    uint64_t times[STORE_SLICE];
    unsigned n;
};

static int
collect(void *arg, struct str key, struct str val)
{
    struct purge *purge = arg;

    (void) val;
    if (key.len != 8 || env_key_get_u64(key) >= purge->before)
        return ENV_DROP; /* the rest is younger */
    purge->times[purge->n++] = env_key_get_u64(key);
    return 0;
}

static int
forget(struct env *store, MDB_txn *txn, void *arg)
{
    struct purge *purge = arg;
    uint8_t key[8];
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < purge->n; i++)
        rc = env_del(store, txn, STORE_ONLINE,
                     env_key_u64(key, purge->times[i]));
    return rc;
}

int
store_online_purge(struct env *store, int64_t now_ms)
{
    struct purge purge = {.n = 0};
    MDB_txn *txn;
    int rc;

    if (now_ms < STORE_ONLINE_KEEP_MS)
        return 0;
    purge.before = (uint64_t) (now_ms - STORE_ONLINE_KEEP_MS);
    txn = env_read_begin(store);
    if (txn == NULL)
        return -1;
    rc = env_walk(store, txn, STORE_ONLINE, (struct str){"", 0}, STORE_SLICE,
                  collect, &purge);
    env_read_end(store);
    if (rc != ENV_MORE && rc != ENV_DROP && env_failed(store, rc, "purge"))
        return -1;
    if (purge.n > 0 && env_write_reserve(store, forget, &purge) != 0)
        return -1;
    return rc == ENV_MORE;
}
