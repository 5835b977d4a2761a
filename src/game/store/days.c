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
enum { KEY = 16 };

static struct str
key_of(uint8_t key[KEY], uint64_t uid, int64_t day_ms)
{
    env_key_u64(key, uid);
    env_key_u64(key + 8, (uint64_t) day_ms);
    return (struct str){(char *) key, KEY};
}

int64_t
store_day_of(int64_t time_ms)
{
    return time_ms < 0 ? 0 : time_ms - time_ms % STORE_DAY_MS;
}

/* --- reading ------------------------------------------------------------ */

struct days {
    struct str uid;
    int64_t *at_ms;
    unsigned n;
};

static int
take_day(void *arg, struct str key, struct str val)
{
    struct days *days = arg;

    (void) val;
    if (key.len != KEY || !str_has_prefix(key, days->uid))
        return 1;
    days->at_ms[days->n++] = (int64_t) env_key_get_u64(
        (struct str){key.data + 8, key.len - 8});
    return 0;
}

int
store_days_get(struct env *env, uint64_t uid, int64_t from_ms, int64_t *at_ms,
               struct store_day *rows, unsigned max)
{
    MDB_txn *txn = env_read_begin(env);
    uint8_t from[KEY], key[KEY];
    struct str first = key_of(from, uid, store_day_of(from_ms));
    struct days days = {{first.data, 8}, at_ms, 0};
    unsigned n = 0;
    int rc;

    if (txn == NULL)
        return -1;
    rc = env_walk(env, txn, STORE_DAYS, first, max, take_day, &days);
    if (rc == 1 || rc == ENV_MORE)
        rc = 0;
    for (unsigned i = 0; rc == 0 && i < days.n; i++) {
        at_ms[n] = at_ms[i];
        rc = row_get(env, txn, STORE_DAYS, key_of(key, uid, at_ms[n]),
                     &day_row, &rows[n]);
        n += rc == 0;
        if (rc == MDB_NOTFOUND)
            rc = 0;
    }
    env_read_end(env);
    return env_failed(env, rc, "reading") ? -1 : (int) n;
}

/* --- counting ----------------------------------------------------------- */

/* A bad row counts as absent: the day begins anew. */
static int
count_day(struct env *env, MDB_txn *txn, const struct store_desk_record *desk,
          unsigned player)
{
    uint64_t uid = desk->player[player];
    int32_t score = desk->score_change[player];
    struct store_day row = {.score = 0};
    uint8_t buf[KEY];
    struct str key = key_of(buf, uid, store_day_of(desk->created_at));
    int rc = row_get(env, txn, STORE_DAYS, key, &day_row, &row);

    if (rc == MDB_NOTFOUND)
        row = (struct store_day){.score = 0};
    else if (rc != 0)
        return rc;
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
        } else if (rc == MDB_NOTFOUND) {
            rc = 0;
        }
    }
    return rc;
}
