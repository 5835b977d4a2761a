#include "game/store/accounts.h"

#include "game/store/accounts_rows.h"

static const char *const tables[STORE_TABLES + 1] = {
    [STORE_USERS] = "users",
    [STORE_GUESTS] = "guests",
    [STORE_ORDERS] = "orders",
    [STORE_REGISTRATIONS] = "registrations",
    [STORE_LOGINS] = "logins",
    [STORE_COUNTERS] = "counters",
    [STORE_OPERATIONS] = "operations",
    [STORE_OPERATION_TIMES] = "operation_times",
    [STORE_DESKS] = "desks",
    [STORE_OPEN_DESKS] = "open_desks",
    [STORE_CLUBS] = "clubs",
    [STORE_MEMBERS] = "members",
    [STORE_ONLINE] = "online",
    [STORE_HISTORIES] = "histories",
    [STORE_PLAYER_DESKS] = "player_desks",
    [STORE_DAYS] = "days",
    [STORE_PLAYER_CLUBS] = "player_clubs",
};

static const struct row_field user_fields[] = {
    ROW_STRING(struct store_user, name),
    ROW_STRING(struct store_user, head_url),
    ROW_FIELD(struct store_user, sex),
    ROW_FIELD(struct store_user, cards),
    ROW_FIELD(struct store_user, token_epoch),
    ROW_FIELD(struct store_user, created_at),
    ROW_FIELD(struct store_user, last_login),
    ROW_FIELD(struct store_user, matches),
};
const struct row_type store_user_row = ROW_TYPE("user", user_fields);

static const struct row_field guest_fields[] = {
    ROW_FIELD(struct store_guest, uid),
};
const struct row_type store_guest_row = ROW_TYPE("guest", guest_fields);

static const struct row_field order_fields[] = {
    ROW_STRING(struct store_order, id),
    ROW_FIELD(struct store_order, uid),
    ROW_FIELD(struct store_order, cards),
    ROW_FIELD(struct store_order, status),
    ROW_FIELD(struct store_order, created_at),
};
const struct row_type store_order_row = ROW_TYPE("order", order_fields);

static const struct row_field registration_fields[] = {
    ROW_FIELD(struct store_registration, uid),
    ROW_STRING(struct store_registration, app),
    ROW_STRING(struct store_registration, channel),
};
const struct row_type store_registration_row = ROW_TYPE("registration",
                                                        registration_fields);

static const struct row_field login_fields[] = {
    ROW_FIELD(struct store_login, uid),
    ROW_STRING(struct store_login, app),
    ROW_STRING(struct store_login, channel),
    ROW_STRING(struct store_login, os),
    ROW_STRING(struct store_login, model),
    ROW_STRING(struct store_login, ip),
};
const struct row_type store_login_row = ROW_TYPE("login", login_fields);

int
store_open(struct env *env, const char *path, uint64_t size, bool create,
           struct log *log)
{
    struct env_conf conf = {.path = path,
                            .directive = "store",
                            .id = SLOT_ENV_STORE,
                            .tables = tables,
                            .size = size,
                            .schema = STORE_SCHEMA,
                            .schema_from = STORE_SCHEMA_FROM,
                            .durable = true,
                            .create = create};

    return env_open(env, &conf, log);
}

int
store_user_read(struct env *env, MDB_txn *txn, uint64_t uid,
                struct store_user *row)
{
    uint8_t key[8];

    return row_find(env, txn, STORE_USERS, env_key_u64(key, uid),
                    &store_user_row, row);
}

int
store_user_write(struct env *env, MDB_txn *txn, uint64_t uid,
                 const struct store_user *row)
{
    uint8_t key[8];

    return row_put(env, txn, STORE_USERS, env_key_u64(key, uid),
                   &store_user_row, row, env_put);
}

int
store_user_get(struct env *env, uint64_t uid, struct store_user *row)
{
    uint8_t key[8];

    return row_read(env, STORE_USERS, env_key_u64(key, uid), &store_user_row,
                    row);
}

int
store_order_get(struct env *env, const uint8_t digest[STORE_DIGEST],
                struct store_order *row)
{
    struct str key = {(const char *) digest, STORE_DIGEST};

    return row_read(env, STORE_ORDERS, key, &store_order_row, row);
}

int
store_guest_get(struct env *env, const uint8_t digest[STORE_DIGEST],
                uint64_t *uid, struct store_user *row)
{
    struct str key = {(const char *) digest, STORE_DIGEST};
    struct store_guest guest;
    MDB_txn *txn;
    int rc;

    txn = env_read_begin(env);
    if (txn == NULL)
        return -1;
    rc = row_find(env, txn, STORE_GUESTS, key, &store_guest_row, &guest);
    if (rc == 0) {
        rc = store_user_read(env, txn, guest.uid, row);
        if (rc == MDB_NOTFOUND)
            rc = env_bad_row(env, tables[STORE_GUESTS], key, "uid",
                             "is that of no user");
    }
    env_read_end(env);
    if (env_failed(env, rc, "reading"))
        return -1;
    if (rc == 0)
        *uid = guest.uid;
    return rc == 0;
}
