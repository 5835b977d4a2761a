#include "game/store/shared.h"

#include <assert.h>
#include <string.h>

#include "game/store/shared_rows.h"

/* env_write_reserve() without its third answer: for rows that are there. */
static int
write_or_drop(struct env *env, env_write_fn fn, void *arg)
{
    return env_write_reserve(env, fn, arg) < 0 ? -1 : 0;
}

/* ---- the environment ---- */

static struct env_conf
make_conf(const char *path, uint64_t size, bool create)
{
    return (struct env_conf){.path = path,
                             .directive = "shared_memory",
                             .id = SLOT_ENV_SHARED,
                             .tables = shared_tables,
                             .size = size,
                             .schema = SHARED_SCHEMA,
                             .schema_from = SHARED_SCHEMA_FROM,
                             .create = create};
}

int
shared_open(struct env *env, const char *path, uint64_t size, struct log *log)
{
    struct env_conf conf = make_conf(path, size, false);

    return env_open(env, &conf, log);
}

int
shared_start(struct env *env, const char *path, uint64_t size,
             const char *boot_id, const char *stamp, struct log *log)
{
    struct env_conf conf = make_conf(path, size, true);
    const char *why = "cannot be read";

    if (env_open(env, &conf, log) == 0) {
        if (env->is_new || env_is_trusted(env, boot_id))
            goto good;
        why = "is of another boot and was not closed cleanly";
        env_close(env);
    } else if (env->trouble == ENV_UNUSABLE) {
        return -1;
    }
    log_write(log, LOG_WARN, 0,
              "shared memory \"%s/data.mdb\" %s: starting with none, "
              "running desks and sessions are lost",
              path, why);
    if (env_set_aside(path, stamp, log) != 0 || env_open(env, &conf, log) != 0)
        return -1;
good:
    if (env_set_boot_id(env, boot_id) == 0)
        return 0;
    env_close(env);
    return -1;
}

int
shared_stop(struct env *env)
{
    int rc = env_mark_clean(env);

    env_close(env);
    return rc;
}

/* ---- slots ---- */

static int
find_slot(struct env *env, MDB_txn *txn, uint16_t slot,
          struct shared_slot *row)
{
    uint8_t key[8];

    return row_find(env, txn, SHARED_SLOTS, env_key_u64(key, slot),
                    &shared_slot_row, row);
}

static int
put_slot(struct env *env, MDB_txn *txn, uint16_t slot,
         const struct shared_slot *row)
{
    uint8_t key[8];

    return row_put(env, txn, SHARED_SLOTS, env_key_u64(key, slot),
                   &shared_slot_row, row, env_put);
}

int
shared_slot_check(struct env *env, MDB_txn *txn, struct place place)
{
    struct shared_slot row;
    int rc = find_slot(env, txn, place.slot, &row);

    if (rc == 0 && row.generation != place.generation)
        rc = MDB_NOTFOUND;
    return rc == ENV_BAD_ROW ? MDB_PANIC : rc;
}

/* Tenths of a second of a clock that never goes back, for seven years. */
uint32_t
shared_new_generation(const struct env *env)
{
    return UINT32_C(1) << 31 |
           ((uint32_t) (env_clock_ms(env) / 100) & INT32_MAX);
}

struct slot_claim {
    uint16_t slot;
    uint32_t pid;
    uint32_t generation;
};

static int
claim_slot(struct env *env, MDB_txn *txn, void *arg)
{
    struct slot_claim *claim = arg;
    struct shared_slot row;
    int rc;

    rc = find_slot(env, txn, claim->slot, &row);
    if (rc != 0 && rc != MDB_NOTFOUND && rc != ENV_BAD_ROW)
        return rc;
    claim->generation = rc == 0 ? row.generation + 1 : 1;
    if (rc == ENV_BAD_ROW)
        claim->generation = shared_new_generation(env);
    if (claim->generation == 0)
        claim->generation = 1;
    row = (struct shared_slot){.generation = claim->generation,
                               .pid = claim->pid,
                               .state = SHARED_SLOT_LIVE};
    return put_slot(env, txn, claim->slot, &row);
}

int
shared_slot_claim(struct env *env, uint16_t slot, uint32_t pid,
                  uint32_t *generation)
{
    struct slot_claim claim = {.slot = slot, .pid = pid};

    if (env_write_reserve(env, claim_slot, &claim) != 0)
        return -1;
    *generation = claim.generation;
    return 0;
}

static int
release_slot(struct env *env, MDB_txn *txn, void *arg)
{
    const struct place *place = arg;
    struct shared_slot row;
    int rc;

    rc = find_slot(env, txn, place->slot, &row);
    if (rc != 0 && rc != MDB_NOTFOUND && rc != ENV_BAD_ROW)
        return rc;
    if (rc != 0 || row.generation != place->generation ||
        row.state == SHARED_SLOT_DEAD)
        return ENV_DROP;
    row.state = SHARED_SLOT_DEAD;
    return put_slot(env, txn, place->slot, &row);
}

int
shared_slot_release(struct env *env, struct place place)
{
    return write_or_drop(env, release_slot, &place);
}

int
shared_slot_get(struct env *env, uint16_t slot, struct shared_slot *row)
{
    uint8_t key[8];

    return row_read(env, SHARED_SLOTS, env_key_u64(key, slot),
                    &shared_slot_row, row);
}

int
shared_look_stale(struct env *env, MDB_txn *txn, struct place place,
                  bool *stale)
{
    struct shared_slot row;
    int rc;

    *stale = false;
    if (place.node != 0)
        return 0;
    rc = find_slot(env, txn, place.slot, &row);
    if (rc == ENV_BAD_ROW)
        return 0; /* it may live */
    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    *stale = rc != 0 || row.generation != place.generation ||
             row.state != SHARED_SLOT_LIVE;
    return 0;
}

bool
shared_slot_is_stale(struct env *env, struct place place)
{
    MDB_txn *txn = env_read_begin(env);
    bool stale;
    int rc;

    if (txn == NULL)
        return false;
    rc = shared_look_stale(env, txn, place, &stale);
    env_read_end(env);
    return !env_failed(env, rc, "reading") && stale;
}

/* ---- sessions ---- */

/* Without a row: 0 and all zeroes. */
static int
find_session(struct env *env, MDB_txn *txn, uint64_t uid,
             struct shared_session *row)
{
    uint8_t key[8];
    int rc = row_find(env, txn, SHARED_SESSIONS, env_key_u64(key, uid),
                      &shared_session_row, row);

    if (rc != 0)
        memset(row, 0, sizeof(*row));
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
put_session(struct env *env, MDB_txn *txn, uint64_t uid,
            const struct shared_session *row)
{
    uint8_t key[8];

    return row_put(env, txn, SHARED_SESSIONS, env_key_u64(key, uid),
                   &shared_session_row, row, env_put);
}

/* Nonsense (a time of another boot) denies nobody. */
static bool
is_denied(const struct shared_session *row, int64_t now)
{
    return row->denied_until > now &&
           row->denied_until - now <= SHARED_DENY_MS;
}

static bool
is_recent(int64_t kick, int64_t now)
{
    return kick != 0 && kick <= now && now - kick < SHARED_KICK_WINDOW_MS;
}

/* Notes a kick; the one too many starts the denial. */
static void
count_kick(struct shared_session *row, int64_t now)
{
    if (is_recent(row->kicks[0], now)) {
        memset(row->kicks, 0, sizeof(row->kicks));
        row->denied_until = now + SHARED_DENY_MS;
        return;
    }
    memmove(row->kicks, row->kicks + 1,
            (SHARED_KICKS - 1) * sizeof(row->kicks[0]));
    row->kicks[SHARED_KICKS - 1] = now;
}

int
shared_session_claim(struct env *env, MDB_txn *txn,
                     struct shared_session_claim *claim)
{
    struct shared_session row;
    bool stale;
    int rc;

    assert(claim->session_id != 0);
    memset(&claim->old, 0, sizeof(claim->old));
    claim->answer = SHARED_CLAIMED;
    rc = find_session(env, txn, claim->uid, &row);
    if (rc != 0 && rc != ENV_BAD_ROW)
        return rc;
    if (row.session_id == claim->session_id &&
        place_is_equal(row.place, claim->place))
        return 0;
    if (is_denied(&row, claim->now_ms)) {
        claim->answer = SHARED_DENIED;
        return 0;
    }
    if (row.session_id != 0) {
        rc = shared_look_stale(env, txn, row.place, &stale);
        if (rc != 0)
            return rc;
        if (!stale && claim->has_left != NULL && claim->has_left(claim)) {
            claim->answer = SHARED_OUSTED;
            return 0;
        }
        if (!stale)
            claim->old = row;
    }
    row.place = claim->place;
    row.session_id = claim->session_id;
    return put_session(env, txn, claim->uid, &row);
}

bool
shared_session_is_at_war(const struct shared_session *row, int64_t now_ms)
{
    return is_denied(row, now_ms) ||
           is_recent(row->kicks[SHARED_KICKS - 1], now_ms);
}

int
shared_session_leave(struct env *env, MDB_txn *txn, uint64_t uid,
                     struct shared_session *row, int64_t now_ms)
{
    uint8_t key[8];

    if (!shared_session_is_at_war(row, now_ms))
        return env_del(env, txn, SHARED_SESSIONS, env_key_u64(key, uid));
    row->session_id = 0;
    row->place = PLACE_NONE;
    return put_session(env, txn, uid, row);
}

int
shared_session_release(struct env *env, MDB_txn *txn, uint64_t uid,
                       uint64_t session_id, int64_t now_ms)
{
    struct shared_session row;
    int rc = find_session(env, txn, uid, &row);

    if (rc == ENV_BAD_ROW)
        return 0; /* it may name another */
    if (rc != 0 || row.session_id != session_id)
        return rc;
    return shared_session_leave(env, txn, uid, &row, now_ms);
}

struct kick {
    uint64_t uid;
    int64_t now_ms;
};

static int
note_kick(struct env *env, MDB_txn *txn, void *arg)
{
    const struct kick *kick = arg;
    struct shared_session row;
    int rc = find_session(env, txn, kick->uid, &row);

    if (rc != 0)
        return rc == ENV_BAD_ROW ? ENV_DROP : rc;
    count_kick(&row, kick->now_ms);
    return put_session(env, txn, kick->uid, &row);
}

int
shared_session_kicked(struct env *env, uint64_t uid, int64_t now_ms)
{
    struct kick kick = {.uid = uid, .now_ms = now_ms};

    return write_or_drop(env, note_kick, &kick);
}

int
shared_session_check(struct env *env, MDB_txn *txn, uint64_t uid,
                     uint64_t session_id)
{
    struct shared_session row;
    int rc = find_session(env, txn, uid, &row);

    return rc == 0 && row.session_id != session_id ? MDB_NOTFOUND : rc;
}

int
shared_session_get(struct env *env, uint64_t uid, struct shared_session *row)
{
    uint8_t key[8];
    int found = row_read(env, SHARED_SESSIONS, env_key_u64(key, uid),
                         &shared_session_row, row);

    return found == 1 && row->session_id == 0 ? 0 : found;
}
