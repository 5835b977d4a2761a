#include "game/store/histories.h"

#include "game/store/records.h"

_Static_assert(offsetof(struct store_events, data) == sizeof(struct row_blob),
               "a blob is its length and its bytes");

static const struct row_field history_fields[] = {
    ROW_FIELD(struct store_history, desk_id),
    ROW_FIELD(struct store_history, round),
    ROW_FIELD(struct store_history, mode),
    ROW_FIELD(struct store_history, begin_at),
    ROW_FIELD(struct store_history, end_at),
    ROW_ARRAY(struct store_history, score_change),
    ROW_SIZED(struct store_history, events),
};
static const struct row_type history_row = ROW_TYPE("history", history_fields);

int
store_history_get(struct env *env, uint64_t id, struct store_history *row)
{
    uint8_t key[8];

    return row_read(env, STORE_HISTORIES, env_key_u64(key, id), &history_row,
                    row);
}

int
store_history_add(struct env *env, MDB_txn *txn, uint64_t id,
                  const struct store_history *row)
{
    uint8_t key[8];

    return row_put(env, txn, STORE_HISTORIES, env_key_u64(key, id),
                   &history_row, row, env_append);
}

int
store_desk_histories(struct env *env, const struct store_desk_record *desk,
                     uint64_t ids[STORE_ROUNDS],
                     struct store_history rows[STORE_ROUNDS])
{
    int n = 0, found = 0;

    if (env_read_begin(env) == NULL)
        return -1;
    for (unsigned i = 0; found >= 0 && i < STORE_ROUNDS; i++) {
        ids[n] = desk->history[i];
        found = ids[n] ? store_history_get(env, ids[n], &rows[n]) : 0;
        n += found == 1;
    }
    env_read_end(env);
    return found < 0 ? -1 : n;
}

/* ---- the desks of a player ---- */

/* The key is the uid and the desk's id turned over: the newest is first. */

int
store_player_desks(struct env *env, uint64_t uid, uint64_t *ids, unsigned max)
{
    MDB_txn *txn = env_read_begin(env);
    int n;

    if (txn == NULL)
        return -1;
    n = row_marks(env, txn, STORE_PLAYER_DESKS, uid, ids, max);
    env_read_end(env);
    for (int i = 0; i < n; i++)
        ids[i] = ~ids[i];
    return n;
}

int
store_player_desk_write(struct env *env, MDB_txn *txn, uint64_t uid,
                        uint64_t desk_id)
{
    uint8_t key[16];

    return row_bytes_put(env, txn, STORE_PLAYER_DESKS,
                         env_key_pair(key, uid, ~desk_id),
                         (struct str){"", 0});
}
