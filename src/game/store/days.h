/*
 * What a user did day by day: a row for each day (of UTC) at whose desks he
 * played.  A match counts when its desk is closed, for the day on which the
 * desk was made; which desks those were say histories.h and their records.
 */
#ifndef GAME_STORE_DAYS_H
#define GAME_STORE_DAYS_H

#include "game/store/accounts.h"

struct store_desk_record;

#define STORE_DAY_MS (INT64_C(24) * 3600 * 1000)

struct store_day {
    int64_t score; /* of all matches */
    uint32_t matches;
    uint32_t as_creator; /* of these, at his own desks */
    uint32_t wins;       /* ... that he left with more than he brought */
};

/* The day of a time in wall ms, as the ms of its beginning. */
int64_t store_day_of(int64_t time_ms);

/*
 * The days of a user from `from_ms` on, in order, at most max; rows[i] is of
 * the day at_ms[i].  A bad row is left out (logged).  How many, or -1
 * (logged).
 */
int store_days_get(struct env *env, uint64_t uid, int64_t from_ms,
                   int64_t *at_ms, struct store_day *rows, unsigned max);

/*
 * Counts a match for its players, inside the transaction that closes its
 * desk: their days, and their matches.  Who has no user's row is left out.
 * 0 or an error.
 */
int store_days_count(struct env *env, MDB_txn *txn,
                     const struct store_desk_record *desk);

#endif
