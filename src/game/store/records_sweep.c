#include "game/store/records_sweep.h"

#include "core/mem.h"
#include "game/store/op.h"
#include "game/store/records.h"
#include "game/store/shared.h"

struct slice {
    uint64_t uids[STORE_SLICE];
    unsigned n;
    struct store_op ops[STORE_SLICE];
    uint64_t records[STORE_SLICE]; /* their ids, one for each op */
    struct store_result results[STORE_SLICE];
    unsigned op_count;
};

static int
look(void *arg, struct str key, struct str val)
{
    struct slice *slice = arg;

    (void) val;
    if (key.len == 8)
        slice->uids[slice->n++] = env_key_get_u64(key);
    return 0;
}

static void
add_op(struct slice *slice, uint64_t uid, uint64_t record, int64_t now_ms)
{
    struct store_op *op = &slice->ops[slice->op_count];

    slice->records[slice->op_count++] = record;
    *op = (struct store_op){.kind = STORE_CLOSE_DESK,
                            .time_ms = now_ms,
                            .close_desk = {.desk_uid = uid, .refund = true}};
    store_desk_op_id(op->id, uid, STORE_CLOSE_DESK, 0);
}

/* Not when its row cannot be read. */
static bool
is_gone(struct env *shared, uint32_t number, uint64_t uid)
{
    struct shared_desk desk;
    int found = shared_desk_get(shared, number, &desk);

    return found == 0 || (found == 1 && desk.uid != uid);
}

/* What is to be closed; the desk of a record that cannot be read may be
 * there. */
static int
choose(struct env *store, struct env *shared, int64_t now_ms,
       struct records_sweep *sweep, struct slice *slice)
{
    MDB_txn *txn = env_read_begin(store);
    int rc = 0;

    if (txn == NULL)
        return -1;
    for (unsigned i = 0; rc == 0 && i < slice->n; i++) {
        struct store_desk_record row;
        uint64_t uid = slice->uids[i], id;

        rc = store_open_desk_find(store, txn, uid, &id);
        if (rc == 0)
            rc = store_desk_record_find(store, txn, id, &row);
        if (rc == 0 && is_gone(shared, row.number, uid)) {
            add_op(slice, uid, id, now_ms);
        } else if (rc == MDB_NOTFOUND || rc == ENV_BAD_ROW) {
            sweep->failed++;
            rc = 0;
        }
    }
    env_read_end(store);
    return env_failed(store, rc, "closing desks") ? -1 : 0;
}

static int
close_desks(struct env *store, struct records_sweep *sweep,
            struct slice *slice)
{
    if (store_commit(store, slice->ops, slice->results, slice->op_count) != 0)
        return -1;
    for (unsigned i = 0; i < slice->op_count; i++) {
        struct store_desk_record row;

        if (slice->results[i].code != STORE_OK) {
            sweep->failed++;
            continue;
        }
        sweep->desks++;
        if (store_desk_record_get(store, slice->records[i], &row) == 1 &&
            row.refunded)
            sweep->cards += row.cards;
    }
    return 0;
}

static int
run(struct env *store, struct env *shared, int64_t now_ms,
    struct records_sweep *sweep, struct slice *slice)
{
    MDB_txn *txn = env_read_begin(store);
    uint8_t key[8];
    int rc;

    if (txn == NULL)
        return -1;
    rc = env_walk(store, txn, STORE_OPEN_DESKS, env_key_u64(key, sweep->next),
                  STORE_SLICE, look, slice);
    env_read_end(store);
    if (rc != ENV_MORE && env_failed(store, rc, "closing desks"))
        return -1;
    if (choose(store, shared, now_ms, sweep, slice) != 0)
        return -1;
    if (slice->op_count != 0 && close_desks(store, sweep, slice) != 0)
        return -1;
    if (rc != ENV_MORE || slice->n == 0)
        return 0;
    sweep->next = slice->uids[slice->n - 1] + 1;
    return sweep->next != 0; /* no uid is behind the last one */
}

int
records_sweep_run(struct env *store, struct env *shared, int64_t now_ms,
                  struct records_sweep *sweep)
{
    struct slice *slice = mem_zalloc(sizeof(*slice));
    int rc = run(store, shared, now_ms, sweep, slice);

    mem_free(slice);
    return rc;
}
