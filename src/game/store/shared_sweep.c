/*
 * The cleanup of shared memory in slices: a slice looks at SHARED_SLICE rows
 * in a read transaction and takes the writer's lock only if there is
 * something to remove; under the lock each row is looked at again.
 */
#include <string.h>

#include "game/store/shared_rows.h"

struct slice {
    struct env *env;
    MDB_txn *txn;
    struct shared_sweep *sweep;
    const struct step *step;
    uint8_t keys[SHARED_SLICE][8];
    unsigned n;
};

/*
 * One table of the walk.  is_left: 0 the row is left over, MDB_NOTFOUND it
 * is not, or an error.
 */
struct step {
    unsigned table;
    int (*is_left)(struct slice *slice, struct str key);
    int (*remove)(struct slice *slice, struct str key);
};

static int
is_any(struct slice *slice, struct str key)
{
    struct str val;

    return env_get(slice->env, slice->txn, slice->step->table, key, &val);
}

/* A session of a process that is gone, whichever; what is left of a kick war
 * stays. */
static int
is_of_the_dead(struct slice *slice, struct str key)
{
    struct shared_session row;
    bool stale = false;
    int rc = row_find(slice->env, slice->txn, SHARED_SESSIONS, key,
                      &shared_session_row, &row);

    if (rc == ENV_BAD_ROW) /* whose it is nobody knows */
        return MDB_NOTFOUND;
    if (rc == 0 && row.session_id == 0 &&
        shared_session_is_at_war(&row, env_clock_ms(slice->env)))
        return MDB_NOTFOUND;
    if (rc == 0)
        rc = shared_look_stale(slice->env, slice->txn, row.place, &stale);
    return rc == 0 && !stale ? MDB_NOTFOUND : rc;
}

static int
leave_session(struct slice *slice, struct str key)
{
    struct shared_session row;
    int rc = row_find(slice->env, slice->txn, SHARED_SESSIONS, key,
                      &shared_session_row, &row);

    if (rc != 0)
        return rc;
    return shared_session_leave(slice->env, slice->txn, env_key_get_u64(key),
                                &row, env_clock_ms(slice->env));
}

static int
is_live_slot(struct slice *slice, struct str key)
{
    struct shared_slot row;
    int rc = row_find(slice->env, slice->txn, SHARED_SLOTS, key,
                      &shared_slot_row, &row);

    if (rc == ENV_BAD_ROW)
        return 0;
    if (rc == 0 && row.state == SHARED_SLOT_DEAD)
        rc = MDB_NOTFOUND;
    return rc;
}

static int
is_bad_desk(struct slice *slice, struct str key)
{
    struct shared_desk row;
    int rc = row_find(slice->env, slice->txn, SHARED_DESKS, key,
                      &shared_desk_row, &row);

    if (rc == ENV_BAD_ROW)
        return 0;
    return rc == 0 ? MDB_NOTFOUND : rc;
}

/* A seat that cannot be read holds nobody: it goes too. */
static int
is_seat_of_no_desk(struct slice *slice, struct str key)
{
    struct shared_seat seat;
    struct shared_desk desk;
    uint8_t number[8];
    int rc;

    rc = row_find(slice->env, slice->txn, SHARED_SEATS, key, &shared_seat_row,
                  &seat);
    if (rc != 0)
        return rc == ENV_BAD_ROW ? 0 : rc;
    rc = row_find(slice->env, slice->txn, SHARED_DESKS,
                  env_key_u64(number, seat.number), &shared_desk_row, &desk);
    if (rc == MDB_NOTFOUND || rc == ENV_BAD_ROW)
        return 0;
    if (rc == 0 && desk.uid == seat.desk_uid)
        return MDB_NOTFOUND;
    return rc;
}

static int
delete_row(struct slice *slice, struct str key)
{
    return env_del(slice->env, slice->txn, slice->step->table, key);
}

static int
set_slot_dead(struct slice *slice, struct str key)
{
    struct shared_slot row;
    int rc = row_find(slice->env, slice->txn, SHARED_SLOTS, key,
                      &shared_slot_row, &row);

    if (rc == ENV_BAD_ROW)
        row = (struct shared_slot){
            .generation = shared_new_generation(slice->env)};
    else if (rc != 0)
        return rc;
    row.state = SHARED_SLOT_DEAD;
    return row_put(slice->env, slice->txn, SHARED_SLOTS, key, &shared_slot_row,
                   &row, env_put);
}

static const struct step steps_of_the_dead[] = {
    {SHARED_SESSIONS, is_of_the_dead, leave_session},
};

static const struct step steps_at_start[] = {
    {SHARED_SESSIONS, is_any, delete_row},
    {SHARED_SLOTS, is_live_slot, set_slot_dead},
    {SHARED_DESKS, is_bad_desk, delete_row},
    {SHARED_SEATS, is_seat_of_no_desk, delete_row},
};

/* NULL: the walk is over. */
static const struct step *
find_step(const struct shared_sweep *sweep)
{
    bool at_start = sweep->place.generation == 0;
    const struct step *steps = at_start ? steps_at_start : steps_of_the_dead;
    size_t n = at_start ? sizeof(steps_at_start) : sizeof(steps_of_the_dead);

    return sweep->step < n / sizeof(*steps) ? &steps[sweep->step] : NULL;
}

static int
look(void *arg, struct str key, struct str val)
{
    struct slice *slice = arg;
    int rc;

    (void) val;
    memcpy(slice->sweep->key, key.data, key.len);
    slice->sweep->key_len = key.len;
    if (key.len != sizeof(slice->keys[0]))
        return 0; /* none of ours */
    rc = slice->step->is_left(slice, key);
    if (rc == 0)
        memcpy(slice->keys[slice->n++], key.data, key.len);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
remove_rows(struct env *env, MDB_txn *txn, void *arg)
{
    struct slice *slice = arg;
    int rc = 0;

    (void) env;
    slice->txn = txn;
    for (unsigned i = 0; i < slice->n; i++) {
        struct str key = {(char *) slice->keys[i], sizeof(slice->keys[i])};

        rc = slice->step->is_left(slice, key);
        if (rc == 0)
            rc = slice->step->remove(slice, key);
        if (rc != 0 && rc != MDB_NOTFOUND)
            return rc;
    }
    return 0;
}

void
shared_sweep_init(struct shared_sweep *sweep, struct place place)
{
    memset(sweep, 0, sizeof(*sweep));
    sweep->place = place;
}

int
shared_sweep_run(struct env *env, struct shared_sweep *sweep)
{
    struct slice slice = {.env = env, .sweep = sweep};
    struct str from;
    int rc;

    slice.step = find_step(sweep);
    if (slice.step == NULL)
        return 0;
    slice.txn = env_read_begin(env);
    if (slice.txn == NULL)
        return -1;
    /* The key and a zero byte: the first key behind it. */
    sweep->key[sweep->key_len] = 0;
    from.data = (char *) sweep->key;
    from.len = sweep->key_len ? sweep->key_len + 1 : 0;
    rc = env_walk(env, slice.txn, slice.step->table, from, SHARED_SLICE, look,
                  &slice);
    env_read_end(env);
    if (rc != ENV_MORE && env_failed(env, rc, "cleanup"))
        return -1;
    if (slice.n > 0 && env_write_reserve(env, remove_rows, &slice) < 0)
        return -1;
    sweep->removed += slice.n;
    if (rc != ENV_MORE) {
        sweep->step++;
        sweep->key_len = 0;
    }
    return find_step(sweep) != NULL;
}
