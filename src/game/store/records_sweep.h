/*
 * The end of desks that nobody ended: each record that is open, but whose
 * desk shared memory does not have any more, is closed, and its cards go back
 * if no round was saved.  It is the operation that the desk itself would have
 * asked for.
 *
 * This may be done at any time.  A desk is in shared memory before its record
 * is asked for, and until its end is in the store: the record is looked at
 * first, so a desk that is not there then is no more, and not still to come.
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
