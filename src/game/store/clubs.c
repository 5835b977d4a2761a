#include "game/store/clubs.h"

#include "game/store/row.h"

static const struct row_field club_fields[] = {
    ROW_STRING(struct store_club, name),
    ROW_STRING(struct store_club, description),
    ROW_FIELD(struct store_club, owner),
    ROW_FIELD(struct store_club, balance),
    ROW_FIELD(struct store_club, max_member),
    ROW_FIELD(struct store_club, created_at),
};
static const struct row_type club_row = ROW_TYPE("club", club_fields);

static const struct row_field member_fields[] = {
    ROW_FIELD(struct store_member, status),
    ROW_FIELD(struct store_member, since),
};
static const struct row_type member_row = ROW_TYPE("member", member_fields);

int
store_club_get(struct env *env, uint64_t club, struct store_club *row)
{
    uint8_t key[8];

    return row_read(env, STORE_CLUBS, env_key_u64(key, club), &club_row, row);
}

int
store_member_get(struct env *env, uint64_t club, uint64_t uid,
                 struct store_member *row)
{
    uint8_t key[16];

    return row_read(env, STORE_MEMBERS, env_key_pair(key, club, uid),
                    &member_row, row);
}

int
store_club_find(struct env *env, MDB_txn *txn, uint64_t club,
                struct store_club *row)
{
    uint8_t key[8];

    return row_find(env, txn, STORE_CLUBS, env_key_u64(key, club), &club_row,
                    row);
}

int
store_club_write(struct env *env, MDB_txn *txn, uint64_t club,
                 const struct store_club *row)
{
    uint8_t key[8];

    return row_put(env, txn, STORE_CLUBS, env_key_u64(key, club), &club_row,
                   row, env_put);
}

int
store_member_find(struct env *env, MDB_txn *txn, uint64_t club, uint64_t uid,
                  struct store_member *row)
{
    uint8_t key[16];

    return row_find(env, txn, STORE_MEMBERS, env_key_pair(key, club, uid),
                    &member_row, row);
}

int
store_member_write(struct env *env, MDB_txn *txn, uint64_t club, uint64_t uid,
                   const struct store_member *row)
{
    uint8_t key[16];

    return row_put(env, txn, STORE_MEMBERS, env_key_pair(key, club, uid),
                   &member_row, row, env_put);
}
