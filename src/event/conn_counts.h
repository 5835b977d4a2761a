/*
 * limit_conn: how many connections an address has at a time, in one worker.
 * Only those that have one are in the table.
 */
#ifndef EVENT_CONN_COUNTS_H
#define EVENT_CONN_COUNTS_H

#include <stdbool.h>

#include "event/caller.h"

struct conn_counts;

/* NULL when there are no random bytes. */
struct conn_counts *conn_counts_create(void);
void conn_counts_destroy(struct conn_counts *counts);

/* Counts one connection more; false if there are `max` already. */
bool conn_counts_add(struct conn_counts *counts, const struct caller *caller,
                     unsigned max);

/* One that was counted is gone. */
void conn_counts_remove(struct conn_counts *counts,
                        const struct caller *caller);

#endif
