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
#include "game/store/histories.h"
#include "game/store/records.h"

enum {
    STORE_OP_ID = 16,
    STORE_SLICE = 64,
    STORE_CARDS_MAX = 1000 * 1000 /* of one desk */
};
#define STORE_OP_KEEP_MS (INT64_C(48) * 3600 * 1000)

/* The codes that a result may carry: sparrow-protocol(7), ERROR CODES. */
enum store_code {
    STORE_OK = 0,
    STORE_NO_CLUB = 1002,
    STORE_ILLEGAL = 1006,  /* the op does not make sense */
    STORE_INTERNAL = 1013, /* not committed: ask again later */
    STORE_DATABASE = 1014, /* this operation's own rows are damaged */
    STORE_NO_USER = 1018
};

/* Numbers on the wire and in rows: never reused. */
enum store_kind {
    STORE_CREATE_GUEST = 1,
    STORE_RECORD_LOGIN = 2,
    STORE_VOID_TOKENS = 3,
    STORE_OPEN_DESK = 4,
    STORE_SAVE_ROUND = 5,
    STORE_CLOSE_DESK = 6,
    STORE_APPLY_CLUB = 7
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

/*
 * The first round of a desk starts: takes the cards and writes the desk's
 * record in one.  Nobody is refused for lack of cards, a balance may fall
 * below zero.  Who has no row (a believed login, a club that is gone) pays
 * nothing.  Result: uid is the id of the record, value what is left of the
 * payer's cards (0: nobody paid).  Both are 0 for a desk that was closed
 * before; nothing is done then.
 */
struct store_open_desk {
    uint64_t desk_uid; /* not 0; nor is the creator */
    uint32_t number;
    uint64_t creator;
    uint64_t club; /* 0: the creator pays */
    uint8_t mode;
    uint8_t rounds;
    int64_t cards;                  /* 0..STORE_CARDS_MAX */
    int64_t created_at;             /* wall ms */
    uint64_t player[STORE_PLAYERS]; /* uids in the order of seats, 0 none */
    uint8_t max_fan;
    uint32_t flags; /* SHARED_DESK_* */
    struct store_face face[STORE_PLAYERS];
};

/*
 * A round is finished: the totals so far go to the record, and its history
 * gets a row and an id.  A round that is not behind those saved before
 * changes nothing, so each has one history.  Result: uid is the id of the
 * record (0: the desk has none, or is closed), value the last round saved.
 */
struct store_save_round {
    uint64_t desk_uid;
    uint8_t round; /* 1..STORE_ROUNDS */
    bool last;
    int32_t score_change[STORE_PLAYERS]; /* of the whole match */
    int64_t begin_at;                    /* wall ms */
    int64_t end_at;
    int32_t round_change[STORE_PLAYERS]; /* of this round */
    struct store_events events;          /* none: there is no history of it */
};

/*
 * The desk is gone; a match of at least one round is counted for those who
 * played it (days.h).  With `refund` what was paid goes back, if no round was
 * saved.  Result: uid is who got cards back (0: nobody, or a club), value
 * the balance after it (0: nobody).  Nothing for a desk without a record.
 */
struct store_close_desk {
    uint64_t desk_uid;
    bool refund;
};

/* Asks to become a member; who asked or is one already stays what he is.
 * Value of the result: enum store_member_status; or the code NO_CLUB. */
struct store_apply_club {
    uint64_t uid;
    uint64_t club;
};

struct store_op {
    uint8_t kind;
    uint8_t id[STORE_OP_ID];
    int64_t time_ms; /* wall, the sender's */
    union {
        struct store_create_guest create_guest;
        struct store_record_login record_login;
        struct store_void_tokens void_tokens;
        struct store_open_desk open_desk;
        struct store_save_round save_round;
        struct store_close_desk close_desk;
        struct store_apply_club apply_club;
    };
};

struct store_result {
    int32_t code; /* enum store_code */
    uint64_t uid;
    int64_t value; /* see the kind */
};

/*
 * The id of a desk's operation: the desk, the kind, the round (0 for those
 * that are there once), big-endian.  Whoever asks for a desk uses it, so
 * that each is done once, however often and by however many it is asked.
 */
void store_desk_op_id(uint8_t id[STORE_OP_ID], uint64_t desk_uid,
                      unsigned kind, unsigned round);

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
