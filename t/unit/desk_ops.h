/*
 * The operations of desks and clubs, made and committed, and the rows that
 * they need; for tests of the store.
 */
#ifndef T_UNIT_DESK_OPS_H
#define T_UNIT_DESK_OPS_H

#include "game/store/op.h"

#include "game/store/clubs.h"
#include "game/store/days.h"
#include "game/store/online.h"
#include "game/store/records.h"
#include "game/store/records_sweep.h"
#include "game/store/shared.h"
#include "rows.h"
#include "scratch.h"
#include "tap.h"

enum { SIZE = 16 << 20, NUMBER = 123456, COST = 3, CLUB = 77 };

static const int64_t now = 1795355220000;

static struct scratch scratch;

static inline void
open_store(struct env *env, const char *path)
{
    if (store_open(env, path, SIZE, true, &scratch.log) != 0) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }
}

static inline struct store_op
desk_op(enum store_kind kind, uint64_t desk, unsigned round)
{
    struct store_op op = {.kind = (uint8_t) kind, .time_ms = now};

    store_desk_op_id(op.id, desk, kind, round);
    return op;
}

static inline struct store_op
open_op(uint64_t desk, uint64_t creator, uint64_t club)
{
    struct store_op op = desk_op(STORE_OPEN_DESK, desk, 0);

    op.open_desk = (struct store_open_desk){
        .desk_uid = desk,
        .number = NUMBER,
        .creator = creator,
        .club = club,
        .mode = 4,
        .rounds = 8,
        .cards = COST,
        .created_at = now - 1000,
        .player = {creator, 902, UINT64_MAX, 904},
        .max_fan = 5,
        .flags = SHARED_DESK_PINGHU | SHARED_DESK_ZIMO_DI};
    for (unsigned i = 0; i < STORE_PLAYERS; i++) {
        struct store_face *face = &op.open_desk.face[i];

        snprintf(face->name, sizeof(face->name), "player %u", i);
        snprintf(face->head_url, sizeof(face->head_url), "http://%u", i);
        snprintf(face->ip, sizeof(face->ip), "10.0.0.%u", i);
        face->sex = (uint8_t) i;
    }
    return op;
}

static inline struct store_op
round_op(uint64_t desk, unsigned round, int32_t score)
{
    struct store_op op = desk_op(STORE_SAVE_ROUND, desk, round);

    op.save_round = (struct store_save_round){
        .desk_uid = desk,
        .round = (uint8_t) round,
        .last = round == 8,
        .score_change = {score, -score, INT32_MIN, INT32_MAX},
        .begin_at = now,
        .end_at = now + round,
        .round_change = {1, -1, (int32_t) round, 0},
        .events = {.blob = {(uint16_t) (10 + round)}}};
    memset(op.save_round.events.data, (int) round, 10 + round);
    return op;
}

static inline struct store_op
close_op(uint64_t desk, bool refund)
{
    struct store_op op = desk_op(STORE_CLOSE_DESK, desk, 0);

    op.time_ms = now + 5000;
    op.close_desk = (struct store_close_desk){desk, refund};
    return op;
}

static inline struct store_op
apply_op(uint64_t n, uint64_t uid, uint64_t club)
{
    struct store_op op = {.kind = STORE_APPLY_CLUB,
                          .time_ms = now + (int64_t) n,
                          .apply_club = {.uid = uid, .club = club}};

    memset(op.id, 0x5a, STORE_OP_ID);
    env_key_u64(op.id + 8, n);
    return op;
}

static inline struct store_result
commit_one(struct env *env, struct store_op op)
{
    struct store_result result = {0};

    store_commit(env, &op, &result, 1);
    return result;
}

static inline void
is_result(struct store_result result, int code, uint64_t uid, int64_t value,
          const char *name)
{
    ok(result.code == code && result.uid == uid && result.value == value,
       "%s: %d, uid %llu, value %lld", name, result.code,
       (unsigned long long) result.uid, (long long) result.value);
}

/* ---- rows that no operation makes yet ---- */

struct fixture {
    uint64_t uid;
    uint64_t club;
    int64_t cards;
    uint8_t status;
};

static inline int
put_user(struct env *env, MDB_txn *txn, void *arg)
{
    const struct fixture *f = arg;
    struct store_user user = {.name = "G", .cards = f->cards};

    return store_user_write(env, txn, f->uid, &user);
}

static inline int
put_club(struct env *env, MDB_txn *txn, void *arg)
{
    const struct fixture *f = arg;
    struct store_club club = {.name = "club",
                              .description = "of friends",
                              .owner = 1,
                              .balance = f->cards,
                              .max_member = 100,
                              .created_at = now};

    return store_club_write(env, txn, f->club, &club);
}

static inline int
put_member(struct env *env, MDB_txn *txn, void *arg)
{
    const struct fixture *f = arg;
    struct store_member member = {.status = f->status, .since = now};

    return store_member_write(env, txn, f->club, f->uid, &member);
}

static inline void
user(struct env *env, uint64_t uid, int64_t cards)
{
    struct fixture f = {.uid = uid, .cards = cards};

    env_write(env, put_user, &f);
}

static inline void
club(struct env *env, uint64_t id, int64_t balance)
{
    struct fixture f = {.club = id, .cards = balance};

    env_write(env, put_club, &f);
}

static inline int64_t
cards_of(struct env *env, uint64_t uid)
{
    struct store_user row;

    return store_user_get(env, uid, &row) == 1 ? row.cards : INT64_MIN;
}

static inline int64_t
balance_of(struct env *env, uint64_t id)
{
    struct store_club row;

    return store_club_get(env, id, &row) == 1 ? row.balance : INT64_MIN;
}

static inline struct store_desk_record
record_of(struct env *env, uint64_t id)
{
    struct store_desk_record row;

    if (store_desk_record_get(env, id, &row) != 1)
        memset(&row, 0, sizeof(row));
    return row;
}

static inline bool
is_open(struct env *env, uint64_t desk)
{
    uint64_t id;

    return store_open_desk_get(env, desk, &id) == 1;
}

struct raw {
    unsigned table;
    uint64_t key;
    struct str val;
};

static inline int
put_raw(struct env *env, MDB_txn *txn, void *arg)
{
    const struct raw *raw = arg;
    uint8_t key[8];

    return env_put(env, txn, raw->table, env_key_u64(key, raw->key), raw->val);
}

/* A row that is none. */
static inline void
damage(struct env *env, unsigned table, uint64_t key)
{
    struct raw raw = {table, key, STR("\x92\x01\xc1")};

    env_write(env, put_raw, &raw);
}

#endif
