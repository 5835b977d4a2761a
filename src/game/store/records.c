#include "game/store/records.h"

#include "game/store/accounts_rows.h"

static const struct row_field record_fields[] = {
    ROW_FIELD(struct store_desk_record, desk_uid),
    ROW_FIELD(struct store_desk_record, number),
    ROW_FIELD(struct store_desk_record, creator),
    ROW_FIELD(struct store_desk_record, club),
    ROW_FIELD(struct store_desk_record, mode),
    ROW_FIELD(struct store_desk_record, rounds),
    ROW_FIELD(struct store_desk_record, cards),
    ROW_ARRAY(struct store_desk_record, player),
    ROW_ARRAY(struct store_desk_record, score_change),
    ROW_FIELD(struct store_desk_record, rounds_saved),
    ROW_FIELD(struct store_desk_record, created_at),
    ROW_FIELD(struct store_desk_record, dismissed_at),
    ROW_FIELD(struct store_desk_record, refunded),
    ROW_FIELD(struct store_desk_record, is_complete),
    ROW_FIELD(struct store_desk_record, played_until),
    ROW_FIELD(struct store_desk_record, max_fan),
    ROW_FIELD(struct store_desk_record, flags),
    STORE_FACE_FIELDS(struct store_desk_record, face[0]),
    STORE_FACE_FIELDS(struct store_desk_record, face[1]),
    STORE_FACE_FIELDS(struct store_desk_record, face[2]),
    STORE_FACE_FIELDS(struct store_desk_record, face[3]),
    ROW_ARRAY(struct store_desk_record, history),
};
static const struct row_type record_row = ROW_TYPE("desk", record_fields);

struct open_desk {
    uint64_t id; /* of the record */
};

static const struct row_field open_fields[] = {
    ROW_FIELD(struct open_desk, id),
};
static const struct row_type open_row = ROW_TYPE("open desk", open_fields);

int
store_desk_record_get(struct env *env, uint64_t id,
                      struct store_desk_record *row)
{
    uint8_t key[8];

    return row_read(env, STORE_DESKS, env_key_u64(key, id), &record_row, row);
}

int
store_open_desk_get(struct env *env, uint64_t desk_uid, uint64_t *id)
{
    struct open_desk row;
    uint8_t key[8];
    int found = row_read(env, STORE_OPEN_DESKS, env_key_u64(key, desk_uid),
                         &open_row, &row);

    if (found == 1)
        *id = row.id;
    return found;
}

int
store_desk_record_find(struct env *env, MDB_txn *txn, uint64_t id,
                       struct store_desk_record *row)
{
    uint8_t key[8];

    return row_find(env, txn, STORE_DESKS, env_key_u64(key, id), &record_row,
                    row);
}

int
store_desk_record_write(struct env *env, MDB_txn *txn, uint64_t id,
                        const struct store_desk_record *row)
{
    uint8_t key[8];

    return row_put(env, txn, STORE_DESKS, env_key_u64(key, id), &record_row,
                   row, env_put);
}

int
store_desk_record_add(struct env *env, MDB_txn *txn, uint64_t id,
                      const struct store_desk_record *row)
{
    uint8_t key[8];

    return row_put(env, txn, STORE_DESKS, env_key_u64(key, id), &record_row,
                   row, env_append);
}

int
store_open_desk_find(struct env *env, MDB_txn *txn, uint64_t desk_uid,
                     uint64_t *id)
{
    struct open_desk row;
    uint8_t key[8];
    int rc = row_find(env, txn, STORE_OPEN_DESKS, env_key_u64(key, desk_uid),
                      &open_row, &row);

    if (rc == 0)
        *id = row.id;
    return rc;
}

int
store_open_desk_write(struct env *env, MDB_txn *txn, uint64_t desk_uid,
                      uint64_t id)
{
    struct open_desk row = {.id = id};
    uint8_t key[8];

    return row_put(env, txn, STORE_OPEN_DESKS, env_key_u64(key, desk_uid),
                   &open_row, &row, env_put);
}

int
store_open_desk_del(struct env *env, MDB_txn *txn, uint64_t desk_uid)
{
    uint8_t key[8];

    return env_del(env, txn, STORE_OPEN_DESKS, env_key_u64(key, desk_uid));
}
