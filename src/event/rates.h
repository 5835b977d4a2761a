/*
 * How often somebody does something, in one worker.
 *
 * A leaky bucket for each caller, in a table of a fixed size: whoever floods
 * it with addresses drives out the buckets that are emptiest, and cannot make
 * it grow.
 */
#ifndef EVENT_RATES_H
#define EVENT_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bucket.h"
#include "event/caller.h"

struct rates;

/* NULL when there are no random bytes. */
struct rates *rates_create(void);
void rates_destroy(struct rates *rates);

/* Is there room for one more?  The caller is `of` the size. */
bool rates_has_room(struct rates *rates, const struct bucket_size *size,
                    const struct caller *caller, int64_t now_ms);

/* Counts one. */
void rates_count(struct rates *rates, const struct bucket_size *size,
                 const struct caller *caller, int64_t now_ms);

/* Counts one; false if it is one too many (and then not counted). */
bool rates_allow(struct rates *rates, const struct bucket_size *size,
                 const struct caller *caller, int64_t now_ms);

#endif
