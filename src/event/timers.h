/*
 * Timers: a binary heap ordered by deadline, the nodes sit inside what they
 * belong to.  A timer that is not pending has position 0.
 */
#ifndef EVENT_TIMERS_H
#define EVENT_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    int64_t deadline_ms; /* loop_clock_ms() */
    void (*fire)(struct timer *t);
    uint32_t position; /* in the heap, from 1; 0: not pending */
};

struct timers {
    struct timer **heap; /* from 1 */
    uint32_t count;
    uint32_t cap;
};

void timers_deinit(struct timers *ts);

/* Sets or moves the timer. */
void timer_set(struct timers *ts, struct timer *t, int64_t deadline_ms);

/* Harmless when it is not pending. */
void timer_clear(struct timers *ts, struct timer *t);

static inline bool
timer_is_set(const struct timer *t)
{
    return t->position != 0;
}

/* The timer that is due first, or NULL. */
static inline struct timer *
timers_first(const struct timers *ts)
{
    return ts->count != 0 ? ts->heap[1] : NULL;
}

/* Takes the timers that are due off the heap and fires them; returns though
 * one is due again at once, always. */
void timers_expire(struct timers *ts, int64_t now_ms);

#endif
