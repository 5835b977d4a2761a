#include "game/store/clubs.h"

#include "game/store/row.h"

static const struct row_field club_fields[] = {
    ROW_STRING(struct store_club, name),
    ROW_STRING(struct store_club, description),
    ROW_FIELD(struct store_club, owner),
    ROW_FIELD(struct store_club, balance),
    ROW_FIELD(struct store_club, max_member),
    ROW_FIELD(struct store_club, created_at),
    ROW_FIELD(struct store_club, members),
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

/* One member more or less. */
static int
count_member(struct env *env, MDB_txn *txn, uint64_t club, bool is_one)
{
    struct store_club row;
    int rc = store_club_find(env, txn, club, &row);

    if (rc != 0)
        return rc == MDB_NOTFOUND ? 0 : rc;
    if (is_one)
        row.members++;
    else if (row.members != 0)
        row.members--;
    return store_club_write(env, txn, club, &row);
}

static int
change_member(struct env *env, MDB_txn *txn, uint64_t club, uint64_t uid,
              bool is_one)
{
    uint8_t bytes[16];
    struct str key = env_key_pair(bytes, uid, club);
    int rc = is_one ? row_bytes_put(env, txn, STORE_PLAYER_CLUBS, key,
                                    (struct str){"", 0})
                    : env_del(env, txn, STORE_PLAYER_CLUBS, key);

    return rc != 0 ? rc : count_member(env, txn, club, is_one);
}

int
store_member_write(struct env *env, MDB_txn *txn, uint64_t club, uint64_t uid,
                   const struct store_member *row)
{
    struct store_member old = {0};
    uint8_t key[16];
    int rc = store_member_find(env, txn, club, uid, &old);
    bool was = rc == 0 && old.status == STORE_MEMBER;
    bool is = row->status == STORE_MEMBER;

    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    if (was != is && (rc = change_member(env, txn, club, uid, is)) != 0)
        return rc;
    return row_put(env, txn, STORE_MEMBERS, env_key_pair(key, club, uid),
                   &member_row, row, env_put);
}

int
store_player_clubs(struct env *env, uint64_t uid, uint64_t *ids,
                   struct store_club *rows, unsigned max)
{
    uint64_t all[STORE_CLUBS_MAX];
    MDB_txn *txn = env_read_begin(env);
    int n, count = 0, rc = 0;

    if (txn == NULL)
        return -1;
    if (max > STORE_CLUBS_MAX)
        max = STORE_CLUBS_MAX;
    n = row_marks(env, txn, STORE_PLAYER_CLUBS, uid, all, max);
    for (int i = 0; rc == 0 && i < n; i++) {
        rc = store_club_find(env, txn, all[i], &rows[count]);
        if (rc == 0)
            ids[count++] = all[i];
        else if (rc == MDB_NOTFOUND || rc == ENV_BAD_ROW)
            rc = 0; /* its members have the others all the same */
    }
    env_read_end(env);
    return n < 0 || env_failed(env, rc, "reading") ? -1 : count;
}
