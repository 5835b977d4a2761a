/*
 * The tables of the durable store, and those of accounts typed: rows and
 * reads; see clubs.h, records.h, histories.h, days.h, online.h for others.
 * Everybody reads; only the store process writes, and only through operations
 * (op.h).
 *
 * Text that comes from a client enters a key only as a SHA-256 digest, which
 * the caller computes: here is no crypto.  Times are wall milliseconds.
 */
#ifndef GAME_STORE_ACCOUNTS_H
#define GAME_STORE_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/env.h"

enum store_table {
    STORE_USERS,
    STORE_GUESTS,
    STORE_ORDERS,
    STORE_REGISTRATIONS,
    STORE_LOGINS,
    STORE_COUNTERS,
    STORE_OPERATIONS,
    STORE_OPERATION_TIMES,
    STORE_DESKS,
    STORE_OPEN_DESKS,
    STORE_CLUBS,
    STORE_MEMBERS,
    STORE_ONLINE,
    STORE_HISTORIES,
    STORE_PLAYER_DESKS,
    STORE_DAYS,
    STORE_PLAYER_CLUBS,
    STORE_TABLES
};

enum {
    STORE_SCHEMA = 2,      /* rows have a sum */
    STORE_SCHEMA_FROM = 1, /* ... or none */
    STORE_DIGEST = 32,
    STORE_NAME = 64,
    STORE_URL = 256,
    STORE_LABEL = 64, /* app, channel, device model ... */
    STORE_IP = 48,
    STORE_PLAYERS = 4, /* of a desk */
    STORE_ROUNDS = 16  /* of a match, at most */
};

struct store_user {
    char name[STORE_NAME];
    char head_url[STORE_URL];
    uint8_t sex;
    int64_t cards;
    uint64_t token_epoch; /* unix seconds: tokens issued before are void */
    int64_t created_at;
    int64_t last_login; /* 0: the one that made the account */
    uint32_t matches;   /* that are over, of at least one round */
};

struct store_guest {
    uint64_t uid;
};

struct store_order {
    char id[STORE_LABEL];
    uint64_t uid;
    int64_t cards;
    uint8_t status; /* enum store_order_status */
    int64_t created_at;
};

enum store_order_status { STORE_ORDER_OPEN = 1, STORE_ORDER_PAID = 2 };

/* One row per new account and per login, keyed by time. */
struct store_registration {
    uint64_t uid;
    char app[STORE_LABEL];
    char channel[STORE_LABEL];
};

struct store_login {
    uint64_t uid;
    char app[STORE_LABEL];
    char channel[STORE_LABEL];
    char os[STORE_LABEL];
    char model[STORE_LABEL];
    char ip[STORE_LABEL];
};

/* Opens for reading (a worker) or, with `create`, for the store process. */
int store_open(struct env *env, const char *path, uint64_t size, bool create,
               struct log *log);

/* 1 found, 0 none, -1 error or a bad row (logged). */
int store_user_get(struct env *env, uint64_t uid, struct store_user *row);
int store_order_get(struct env *env, const uint8_t digest[STORE_DIGEST],
                    struct store_order *row);

/* The way of a returning guest's login: digest of app and device -> uid and
 * user, in one snapshot. */
int store_guest_get(struct env *env, const uint8_t digest[STORE_DIGEST],
                    uint64_t *uid, struct store_user *row);

/* The same inside a transaction: as row_find(). */
int store_user_read(struct env *env, MDB_txn *txn, uint64_t uid,
                    struct store_user *row);
int store_user_write(struct env *env, MDB_txn *txn, uint64_t uid,
                     const struct store_user *row);

#endif
