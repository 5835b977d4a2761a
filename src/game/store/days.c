#include "game/store/days.h"

#include "game/store/records.h"
#include "game/store/row.h"

static const struct row_field day_fields[] = {
    ROW_FIELD(struct store_day, score),
    ROW_FIELD(struct store_day, matches),
    ROW_FIELD(struct store_day, as_creator),
    ROW_FIELD(struct store_day, wins),
};
static const struct row_type day_row = ROW_TYPE("day", day_fields);

/* The key is the uid and the day: those of a user lie in order. */

int64_t
store_day_of(int64_t time_ms)
{
    return time_ms < 0 ? 0 : time_ms - time_ms % STORE_DAY_MS;
}

/* ---- reading ---- */

int
store_days_get(struct env *env, uint64_t uid, int64_t from_ms, int64_t *at_ms,
               struct store_day *rows, unsigned max)
{
    MDB_txn *txn = env_read_begin(env);
    uint8_t key[16];
    int found, n = 0, rc = 0;

    if (txn == NULL)
        return -1;
    found = env_seconds(env, txn, STORE_DAYS, uid,
                        (uint64_t) store_day_of(from_ms), (uint64_t *) at_ms,
                        max);
    for (int i = 0; rc == 0 && i < found; i++) {
        at_ms[n] = at_ms[i];
        rc = row_find(env, txn, STORE_DAYS,
                      env_key_pair(key, uid, (uint64_t) at_ms[n]), &day_row,
                      &rows[n]);
        n += rc == 0;
        if (rc == MDB_NOTFOUND)
            rc = 0;
    }
    env_read_end(env);
    return found < 0 || env_failed(env, rc, "reading") ? -1 : n;
}

/* ---- counting ---- */

/* A bad row stays as it is: what is lost of the day is not made up. */
static int
count_day(struct env *env, MDB_txn *txn, const struct store_desk_record *desk,
          unsigned player)
{
    uint64_t uid = desk->player[player];
    int32_t score = desk->score_change[player];
    struct store_day row = {.score = 0};
    uint8_t buf[16];
    struct str key = env_key_pair(buf, uid,
                                  (uint64_t) store_day_of(desk->created_at));
    int rc = row_find(env, txn, STORE_DAYS, key, &day_row, &row);

    if (rc == MDB_NOTFOUND)
        row = (struct store_day){.score = 0};
    else if (rc != 0)
        return rc == ENV_BAD_ROW ? 0 : rc;
    row.score += score;
    row.matches++;
    row.as_creator += uid == desk->creator;
    row.wins += score > 0;
    return row_put(env, txn, STORE_DAYS, key, &day_row, &row, env_put);
}

int
store_days_count(struct env *env, MDB_txn *txn,
                 const struct store_desk_record *desk)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < STORE_PLAYERS; i++) {
        struct store_user user;
        uint64_t uid = desk->player[i];

        if (uid == 0)
            continue;
        rc = store_user_read(env, txn, uid, &user);
        if (rc == 0) {
            user.matches++;
            rc = store_user_write(env, txn, uid, &user);
            if (rc == 0)
                rc = count_day(env, txn, desk, i);
        } else if (rc == MDB_NOTFOUND || rc == ENV_BAD_ROW) {
            rc = 0; /* the others are counted */
        }
    }
    return rc;
}
