/*
 * What operations do to accounts: guests, logins, tokens.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "game/store/accounts_rows.h"
#include "game/store/op_apply.h"

enum { LOGIN_STEP_MS = 3600 * 1000 };

static const struct str uid_counter = STR_INIT("uid");

static int
write_guest(struct env *env, MDB_txn *txn, const struct store_op *op,
            uint64_t uid)
{
    const struct store_create_guest *args = &op->create_guest;
    struct str digest = {(const char *) args->digest, STORE_DIGEST};
    struct store_guest guest = {.uid = uid};
    struct store_registration registration = {.uid = uid};
    uint8_t key[8 + STORE_OP_ID];
    int rc;

    memcpy(registration.app, args->app, sizeof(registration.app));
    memcpy(registration.channel, args->channel, sizeof(registration.channel));
    rc = row_put(env, txn, STORE_GUESTS, digest, &store_guest_row, &guest,
                 env_put);
    if (rc == 0)
        rc = row_put(env, txn, STORE_REGISTRATIONS, op_key_of_time(key, op),
                     &store_registration_row, &registration, env_put);
    if (rc == 0)
        rc = op_keep_id(env, txn, uid_counter, uid);
    return rc;
}

static int
make_guest(struct env *env, MDB_txn *txn, const struct store_op *op,
           struct store_result *result)
{
    const struct store_create_guest *args = &op->create_guest;
    struct store_user user = {.sex = args->sex,
                              .cards = args->cards,
                              .created_at = op->time_ms,
                              .last_login = op->time_ms};
    uint8_t key[8];
    uint64_t uid;
    int rc;

    rc = op_next_id(env, txn, uid_counter, STORE_USERS, &uid);
    if (rc != 0)
        return rc;
    if (uid >= OP_ID_END)
        return op_refuse(result, STORE_INTERNAL);
    memcpy(user.head_url, args->head_url, sizeof(user.head_url));
    snprintf(user.name, sizeof(user.name), "G%" PRIu64, uid);
    rc = row_put(env, txn, STORE_USERS, env_key_u64(key, uid), &store_user_row,
                 &user, env_append);
    if (rc == MDB_KEYEXIST) /* the counter lags: never over an account */
        return op_refuse(result, STORE_DATABASE);
    if (rc != 0)
        return rc;
    result->uid = uid;
    result->value = 1;
    return write_guest(env, txn, op, uid);
}

int
op_create_guest(struct env *env, MDB_txn *txn, const struct store_op *op,
                struct store_result *result)
{
    struct str digest = {(const char *) op->create_guest.digest, STORE_DIGEST};
    struct store_guest guest;
    struct store_user user;
    int rc;

    if (op->create_guest.cards < 0)
        return op_refuse(result, STORE_ILLEGAL);
    rc = row_find(env, txn, STORE_GUESTS, digest, &store_guest_row, &guest);
    if (rc == MDB_NOTFOUND)
        return make_guest(env, txn, op, result);
    if (rc == 0)
        rc = op_find_user(env, txn, guest.uid, &user);
    if (rc == MDB_NOTFOUND)
        rc = ENV_BAD_ROW; /* a guest without a user */
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    result->uid = guest.uid;
    return 0;
}

/* last_login is kept to the hour: the log has it to the millisecond, and a
 * page of users written per login would be most of what is written. */
static int
touch_user(struct env *env, MDB_txn *txn, uint64_t uid,
           struct store_user *user, int64_t now)
{
    if (now - user->last_login < LOGIN_STEP_MS)
        return 0;
    user->last_login = now;
    return store_user_write(env, txn, uid, user);
}

int
op_record_login(struct env *env, MDB_txn *txn, const struct store_op *op,
                struct store_result *result)
{
    const struct store_record_login *args = &op->record_login;
    struct store_login login = {.uid = args->uid};
    struct store_user user;
    uint8_t key[8 + STORE_OP_ID];
    int rc;

    rc = op_find_user(env, txn, args->uid, &user);
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    memcpy(login.app, args->app, sizeof(login.app));
    memcpy(login.channel, args->channel, sizeof(login.channel));
    memcpy(login.os, args->os, sizeof(login.os));
    memcpy(login.model, args->model, sizeof(login.model));
    memcpy(login.ip, args->ip, sizeof(login.ip));
    result->uid = args->uid;
    rc = row_put(env, txn, STORE_LOGINS, op_key_of_time(key, op),
                 &store_login_row, &login, env_add);
    if (rc == MDB_KEYEXIST)
        return 0;
    if (rc != 0)
        return rc;
    return touch_user(env, txn, args->uid, &user, op->time_ms);
}

/* Every token given so far is void, also one of this very second. */
int
op_void_tokens(struct env *env, MDB_txn *txn, const struct store_op *op,
               struct store_result *result)
{
    uint64_t uid = op->void_tokens.uid;
    uint64_t after = (uint64_t) op->time_ms / 1000 + 1;
    struct store_user user;
    int rc;

    rc = op_find_user(env, txn, uid, &user);
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    user.token_epoch++;
    if (user.token_epoch < after)
        user.token_epoch = after;
    result->uid = uid;
    result->value = (int64_t) user.token_epoch;
    return store_user_write(env, txn, uid, &user);
}
