#include "bench/hist.h"

#include <string.h>

void
hist_move(struct hist *to, struct hist *from)
{
    for (unsigned i = 0; i < HIST_BUCKETS; i++)
        to->buckets[i] += from->buckets[i];
    to->count += from->count;
    if (from->max > to->max)
        to->max = from->max;
    memset(from, 0, sizeof *from);
}

/* The largest value that falls into the bucket. */
static uint64_t
bucket_end(unsigned bucket)
{
    if (bucket < HIST_STEPS)
        return bucket;
    unsigned shift = bucket / HIST_STEPS - 1;
    uint64_t first = (uint64_t) (HIST_STEPS + bucket % HIST_STEPS) << shift;
    return first + (((uint64_t) 1 << shift) - 1);
}

uint64_t
hist_quantile(const struct hist *h, double q)
{
    uint64_t need = (uint64_t) (q * (double) h->count + 0.999999);
    uint64_t seen = 0;

    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= need && seen > 0)
            return bucket_end(i) < h->max ? bucket_end(i) : h->max;
    }
    return h->max;
}
