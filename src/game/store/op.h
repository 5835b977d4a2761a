/*
 * Operations on the durable store.  An operation is data: everything that is
 * not deterministic (time, random, the wish of the sender) is in it, so that
 * a log of operations gives the same store anywhere.
 *
 * Idempotence.  The op id names the wish.  Kinds that keep their result have
 * a row (op id -> kind, result) written in the same transaction: asked twice
 * it is done once and answered twice, for 48 hours.  Kinds that keep none
 * are idempotent by a key of their own, made from the op id.
 *
 * Group commit.  store_commit() applies many operations in one transaction,
 * each checked with its own result.  An apply function checks before it
 * writes: once it has written, only a failure of LMDB may stop it, and that
 * fails the whole batch.  Nothing may be answered before store_commit()
 * returned.
 */
#ifndef GAME_STORE_OP_H
#define GAME_STORE_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "game/store/accounts.h"

enum { STORE_OP_ID = 16, STORE_SLICE = 64 };
#define STORE_OP_KEEP_MS (INT64_C(48) * 3600 * 1000)

/* The codes of PROTOCOL 3 that a result may carry. */
enum store_code {
    STORE_OK = 0,
    STORE_ILLEGAL = 1006,  /* the op does not make sense */
    STORE_INTERNAL = 1013, /* not committed: ask again later */
    STORE_DATABASE = 1014, /* this operation's own rows are damaged */
    STORE_NO_USER = 1018
};

/* Numbers on the wire and in rows: never reused. */
enum store_kind {
    STORE_CREATE_GUEST = 1,
    STORE_RECORD_LOGIN = 2,
    STORE_VOID_TOKENS = 3
};

/* Makes the guest of a digest, or finds the one that is there.  Value of the
 * result: 1 made, 0 found. */
struct store_create_guest {
    uint8_t digest[STORE_DIGEST];
    int64_t cards;
    uint8_t sex;
    char head_url[STORE_URL];
    char app[STORE_LABEL];
    char channel[STORE_LABEL];
};

/* Not awaited.  Keeps no result; the op id makes its row unique. */
struct store_record_login {
    uint64_t uid;
    char app[STORE_LABEL];
    char channel[STORE_LABEL];
    char os[STORE_LABEL];
    char model[STORE_LABEL];
    char ip[STORE_LABEL];
};

/* An operator's kick.  Value of the result: the new token epoch. */
struct store_void_tokens {
    uint64_t uid;
};

struct store_op {
    uint8_t kind;
    uint8_t id[STORE_OP_ID];
    int64_t time_ms; /* wall, the sender's */
    union {
        struct store_create_guest create_guest;
        struct store_record_login record_login;
        struct store_void_tokens void_tokens;
    };
};

struct store_result {
    int32_t code; /* enum store_code */
    uint64_t uid;
    int64_t value; /* see the kind */
};

/* The op for the bus; decode returns NULL, or what is wrong. */
void store_op_encode(struct buf *out, const struct store_op *op);
const char *store_op_decode(struct store_op *op, struct str data);

/* A result with the id of its op. */
void store_result_encode(struct buf *out, const uint8_t id[STORE_OP_ID],
                         const struct store_result *result);
const char *store_result_decode(uint8_t id[STORE_OP_ID],
                                struct store_result *result, struct str data);

/* "create guest"; NULL for a kind there is not. */
const char *store_kind_name(unsigned kind);

/* The sender waits for the result. */
bool store_kind_is_awaited(unsigned kind);

/*
 * Applies one op inside the caller's transaction.  Returns 0 with *result
 * set (a refusal is a result), or LMDB's code: then the transaction is to be
 * aborted.
 */
int store_apply(struct env *env, MDB_txn *txn, const struct store_op *op,
                struct store_result *result);

/*
 * Applies n ops in one transaction and commits.  Returns 0, or -1 if nothing
 * was committed (logged): then every result is STORE_INTERNAL.  If the
 * database is damaged at the rows of one op, the ops are committed one by
 * one and only that one has STORE_DATABASE.
 */
int store_commit(struct env *env, const struct store_op *ops,
                 struct store_result *results, size_t n);

/* Forgets results older than 48 h, at most STORE_SLICE a call: 1 there is
 * more, 0 done, -1 error. */
int store_purge(struct env *env, int64_t now_ms);

#endif
