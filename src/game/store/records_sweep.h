/*
 * The end of desks that nobody ended.  At the start of the daemon, before
 * there is a worker: each record that is open, but whose desk shared memory
 * does not have any more, is closed, and its cards go back if no round was
 * saved.  It is the operation that the desk itself would have asked for.
 */
#ifndef GAME_STORE_RECORDS_SWEEP_H
#define GAME_STORE_RECORDS_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct env;

struct records_sweep {
    uint64_t next; /* goes on from this desk uid */
    /* so far, for the log */
    uint64_t desks;
    int64_t cards;
    uint64_t failed; /* rows are damaged, which was logged */
};

/* Looks at STORE_SLICE open records at most, from a zeroed sweep on: 1 there
 * is more, 0 done, -1 error (logged). */
int records_sweep_run(struct env *store, struct env *shared, int64_t now_ms,
                      struct records_sweep *sweep);

#endif
