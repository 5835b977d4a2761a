/*
 * How many are there, minute by minute.  The store process samples shared
 * memory; no operation does, so these rows are not in a log of operations.
 */
#ifndef GAME_STORE_ONLINE_H
#define GAME_STORE_ONLINE_H

#include "game/store/accounts.h"

#define STORE_ONLINE_KEEP_MS (INT64_C(400) * 24 * 3600 * 1000)

struct store_online {
    uint64_t sessions;
    uint64_t desks;
};

/* Counts what is in shared memory and writes it down; 0 or -1 (logged). */
int store_online_sample(struct env *store, struct env *shared, int64_t now_ms);

/* 1 found, 0 none (or a bad row, logged), -1 error (logged). */
int store_online_get(struct env *store, int64_t time_ms,
                     struct store_online *row);

/* Forgets samples older than 400 days, at most STORE_SLICE a call: 1 there
 * is more, 0 done, -1 error. */
int store_online_purge(struct env *store, int64_t now_ms);

#endif
