/*
 * A histogram with a logarithmic scale: 32 buckets to each doubling, so a
 * percentile is off by at most 3%, whatever the range, and adding a value
 * costs a few instructions.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

enum {
    HIST_STEP_BITS = 5,
    HIST_STEPS = 1 << HIST_STEP_BITS,
    HIST_BUCKETS = (64 - HIST_STEP_BITS + 1) * HIST_STEPS,
};

struct hist {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[HIST_BUCKETS];
};

static inline unsigned
hist_bucket(uint64_t v)
{
    if (v < HIST_STEPS)
        return (unsigned) v;
    unsigned shift = 63 - (unsigned) __builtin_clzll(v) - HIST_STEP_BITS;
    return (shift + 1) * HIST_STEPS +
           (unsigned) ((v >> shift) & (HIST_STEPS - 1));
}

/* The value v, n times. */
static inline void
hist_add(struct hist *h, uint64_t v, uint64_t n)
{
    h->buckets[hist_bucket(v)] += n;
    h->count += n;
    if (v > h->max)
        h->max = v;
}

/* Adds all of `from`, which is empty afterwards. */
void hist_move(struct hist *to, struct hist *from);

/* The value that the fraction q (0..1) of all values does not exceed. */
uint64_t hist_quantile(const struct hist *h, double q);

#endif
