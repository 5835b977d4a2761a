/*
 * Seats and desks.  What a worker decides alone is decided in small
 * transactions here; what a turn of its desks has to write is put together in
 * desks/commit.c from the functions on a transaction.
 */
#include <string.h>

#include "core/buf.h"
#include "game/store/journal.h"
#include "game/store/shared_rows.h"

enum { NUMBER_TRIES = 64 };

static int
find_seat(struct env *env, MDB_txn *txn, uint64_t uid, struct shared_seat *row)
{
    uint8_t key[8];

    return row_find(env, txn, SHARED_SEATS, env_key_u64(key, uid),
                    &shared_seat_row, row);
}

static int
find_desk(struct env *env, MDB_txn *txn, uint32_t number,
          struct shared_desk *row)
{
    uint8_t key[8];

    return row_find(env, txn, SHARED_DESKS, env_key_u64(key, number),
                    &shared_desk_row, row);
}

/* The seat that counts: as row_find(). */
static int
look_up(struct env *env, MDB_txn *txn, uint64_t uid, struct shared_seat *seat,
        struct shared_desk *desk)
{
    int rc = find_seat(env, txn, uid, seat);

    if (rc == 0)
        rc = find_desk(env, txn, seat->number, desk);
    if (rc == 0 &&
        (desk->uid != seat->desk_uid || !shared_desk_has(desk, uid)))
        rc = MDB_NOTFOUND;
    return rc;
}

bool
shared_desk_has(const struct shared_desk *row, uint64_t uid)
{
    for (unsigned i = 0; i < SHARED_SEATS_MAX; i++)
        if (row->seats[i] == uid)
            return true;
    return false;
}

/* ---- on a transaction ---- */

int
shared_seat_put(struct env *env, MDB_txn *txn, uint64_t uid,
                const struct shared_seat *row)
{
    uint8_t key[8];

    return row_put(env, txn, SHARED_SEATS, env_key_u64(key, uid),
                   &shared_seat_row, row, env_put);
}

int
shared_seat_claim(struct env *env, MDB_txn *txn, uint64_t uid,
                  const struct shared_seat *seat)
{
    struct shared_seat old;
    struct shared_desk desk;
    int rc = look_up(env, txn, uid, &old, &desk);

    if (rc == 0 && old.desk_uid != seat->desk_uid)
        return MDB_KEYEXIST;
    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    return shared_seat_put(env, txn, uid, seat);
}

int
shared_seat_leave(struct env *env, MDB_txn *txn, uint64_t uid,
                  uint64_t desk_uid)
{
    struct shared_seat row;
    uint8_t key[8];
    int rc = find_seat(env, txn, uid, &row);

    if (rc == ENV_BAD_ROW || (rc == 0 && row.desk_uid == desk_uid))
        rc = env_del(env, txn, SHARED_SEATS, env_key_u64(key, uid));
    return rc == MDB_NOTFOUND ? 0 : rc;
}

void
shared_desk_encode(struct buf *out, uint32_t number,
                   const struct shared_desk *row)
{
    uint8_t key[8];

    row_seal(out, shared_tables[SHARED_DESKS], env_key_u64(key, number),
             &shared_desk_row, row);
}

int
shared_desk_check(struct env *env, MDB_txn *txn, uint32_t number,
                  struct str bytes)
{
    uint8_t key[8];
    struct shared_desk other;
    struct str val;
    int rc = env_get(env, txn, SHARED_DESKS, env_key_u64(key, number), &val);

    if (rc != 0 || row_is_sealed(val, bytes))
        return rc;
    rc = find_desk(env, txn, number, &other);
    return rc == 0 ? MDB_NOTFOUND : rc;
}

int
shared_desk_put(struct env *env, MDB_txn *txn, uint32_t number,
                const struct shared_desk *row)
{
    uint8_t key[8];

    return row_put(env, txn, SHARED_DESKS, env_key_u64(key, number),
                   &shared_desk_row, row, env_put);
}

int
shared_desk_del(struct env *env, MDB_txn *txn, uint32_t number)
{
    uint8_t key[8];

    return env_del(env, txn, SHARED_DESKS, env_key_u64(key, number));
}

/* ---- reading ---- */

int
shared_seat_get(struct env *env, uint64_t uid, struct shared_seat *row)
{
    uint8_t key[8];

    return row_read(env, SHARED_SEATS, env_key_u64(key, uid), &shared_seat_row,
                    row);
}

int
shared_desk_get(struct env *env, uint32_t number, struct shared_desk *row)
{
    uint8_t key[8];

    return row_read(env, SHARED_DESKS, env_key_u64(key, number),
                    &shared_desk_row, row);
}

int
shared_seat_find(struct env *env, uint64_t uid, struct shared_seat *seat,
                 struct shared_desk *desk)
{
    MDB_txn *txn = env_read_begin(env);
    int rc;

    if (txn == NULL)
        return -1;
    rc = look_up(env, txn, uid, seat, desk);
    env_read_end(env);
    if (env_failed(env, rc, "reading"))
        return -1;
    return rc == 0;
}

struct each {
    struct env *env;
    shared_desk_fn fn;
    void *arg;
    MDB_txn *txn;
    uint32_t last;
};

static int
each_row(void *arg, struct str key, struct str val)
{
    struct each *each = arg;
    struct shared_desk row;
    int rc;

    (void) val;
    if (key.len != 8)
        return 0; /* none of ours */
    each->last = (uint32_t) env_key_get_u64(key);
    rc = find_desk(each->env, each->txn, each->last, &row);
    if (rc == 0 || rc == ENV_BAD_ROW)
        each->fn(each->arg, each->last, rc == 0 ? &row : NULL);
    return rc == MDB_NOTFOUND || rc == ENV_BAD_ROW ? 0 : rc;
}

int64_t
shared_desk_each(struct env *env, uint32_t from, shared_desk_fn fn, void *arg)
{
    struct each each = {.env = env, .fn = fn, .arg = arg};
    uint8_t key[8];
    int rc;

    each.txn = env_read_begin(env);
    if (each.txn == NULL)
        return -1;
    rc = env_walk(env, each.txn, SHARED_DESKS, env_key_u64(key, from),
                  SHARED_SLICE, each_row, &each);
    env_read_end(env);
    if (rc == ENV_MORE)
        return (int64_t) each.last + 1;
    return env_failed(env, rc, "reading") ? -1 : 0;
}

static int
drop(struct env *env, MDB_txn *txn, void *arg)
{
    const uint32_t *number = arg;
    struct shared_desk row;
    int rc = find_desk(env, txn, *number, &row);

    if (rc == 0 || rc == MDB_NOTFOUND)
        return ENV_DROP;
    return rc == ENV_BAD_ROW ? shared_desk_del(env, txn, *number) : rc;
}

int
shared_desk_drop(struct env *env, uint32_t number)
{
    int rc = env_write_reserve(env, drop, &number);

    return rc < 0 ? -1 : rc == 0;
}

/* ---- claims ---- */

struct claim {
    const struct shared_desk *desk; /* create */
    uint64_t session_id;
    struct str record;
    uint32_t random;
    uint32_t number;
    uint64_t desk_uid; /* adopt */
    struct place place;
    struct shared_desk *found;
    enum shared_claim answer;
};

static int
find_number(struct env *env, MDB_txn *txn, struct claim *claim)
{
    const uint32_t numbers = SHARED_NUMBER_MAX - SHARED_NUMBER_MIN + 1;
    uint64_t random = claim->random;
    struct shared_desk row;

    for (unsigned i = 0; i < NUMBER_TRIES; i++) {
        int rc;

        claim->number = SHARED_NUMBER_MIN + (uint32_t) (random % numbers);
        rc = find_desk(env, txn, claim->number, &row);
        if (rc != 0 && rc != ENV_BAD_ROW) /* which has the number */
            return rc == MDB_NOTFOUND ? 0 : rc;
        random = random * 6364136223846793005u + 1442695040888963407u;
        random ^= random >> 33;
    }
    return MDB_MAP_FULL; /* nearly all numbers are taken */
}

static int
create(struct env *env, MDB_txn *txn, void *arg)
{
    struct claim *claim = arg;
    struct shared_seat seat = {.desk_uid = claim->desk->uid};
    int rc = shared_session_check(env, txn, claim->desk->creator,
                                  claim->session_id);

    if (rc == MDB_NOTFOUND) {
        claim->answer = SHARED_OUSTED;
        return ENV_DROP;
    }
    if (rc == 0)
        rc = find_number(env, txn, claim);
    seat.number = claim->number;
    claim->answer = SHARED_CLAIMED;
    if (rc == 0)
        rc = shared_seat_claim(env, txn, claim->desk->creator, &seat);
    if (rc == MDB_KEYEXIST) {
        claim->answer = SHARED_DENIED;
        return ENV_DROP;
    }
    if (rc == 0)
        rc = shared_desk_put(env, txn, claim->number, claim->desk);
    if (rc == 0)
        rc = journal_put(env, txn, claim->desk->uid, 1, claim->record);
    return rc;
}

enum shared_claim
shared_desk_create(struct env *env, uint32_t random, uint64_t session_id,
                   const struct shared_desk *row, struct str record,
                   uint32_t *number)
{
    struct claim claim = {.desk = row,
                          .session_id = session_id,
                          .record = record,
                          .random = random};

    if (env_write(env, create, &claim) < 0)
        return SHARED_FAILED;
    *number = claim.number;
    return claim.answer;
}

static int
adopt(struct env *env, MDB_txn *txn, void *arg)
{
    struct claim *claim = arg;
    struct shared_desk *row = claim->found;
    struct shared_slot slot;
    uint8_t key[8];
    int rc = find_desk(env, txn, claim->number, row);

    claim->answer = SHARED_DENIED;
    if (rc != 0 || row->uid != claim->desk_uid) {
        memset(row, 0, sizeof(*row));
        return rc == 0 || rc == MDB_NOTFOUND ? ENV_DROP : rc;
    }
    rc = row_find(env, txn, SHARED_SLOTS, env_key_u64(key, row->owner.slot),
                  &shared_slot_row, &slot);
    if (rc != 0 && rc != MDB_NOTFOUND && rc != ENV_BAD_ROW)
        return rc;
    if (rc == ENV_BAD_ROW || (rc == 0 && slot.state == SHARED_SLOT_LIVE))
        return ENV_DROP;
    row->owner = claim->place;
    row->epoch++;
    claim->answer = SHARED_CLAIMED;
    return shared_desk_put(env, txn, claim->number, row);
}

enum shared_claim
shared_desk_adopt(struct env *env, uint32_t number, uint64_t desk_uid,
                  struct place place, struct shared_desk *row)
{
    struct claim claim = {
        .number = number, .desk_uid = desk_uid, .place = place, .found = row};

    return env_write_reserve(env, adopt, &claim) < 0 ? SHARED_FAILED
                                                     : claim.answer;
}
