#include "event/rates.h"

#include <openssl/rand.h>

#include "core/mem.h"

enum { WAYS = 8, SETS = 2048 }; /* 16384 buckets, 512 KB when all are used */

struct bucket {
    struct caller caller;
    int64_t empty_ns;
};

struct rates {
    struct caller_seed seed;
    struct bucket buckets[SETS][WAYS];
};

struct rates *
rates_create(void)
{
    struct rates *rates = mem_zalloc(sizeof(*rates));

    if (RAND_bytes((unsigned char *) &rates->seed, sizeof(rates->seed)) == 1)
        return rates;
    mem_free(rates);
    return NULL;
}

void
rates_destroy(struct rates *rates)
{
    mem_free(rates);
}

/* The caller's bucket, else the emptiest of where it would be. */
static struct bucket *
find(struct rates *rates, const struct caller *caller)
{
    struct bucket *set =
        rates->buckets[caller_hash(caller, &rates->seed) % SETS];
    struct bucket *emptiest = set;

    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (caller_is_equal(&b->caller, caller))
            return b;
        if (b->empty_ns < emptiest->empty_ns)
            emptiest = b;
    }
    return emptiest;
}

bool
rates_has_room(struct rates *rates, const struct bucket_size *size,
               const struct caller *caller, int64_t now_ms)
{
    const struct bucket *b = find(rates, caller);

    return !caller_is_equal(&b->caller, caller) ||
           bucket_has_room(b->empty_ns, size, now_ms);
}

void
rates_count(struct rates *rates, const struct bucket_size *size,
            const struct caller *caller, int64_t now_ms)
{
    struct bucket *b = find(rates, caller);

    if (!caller_is_equal(&b->caller, caller))
        *b = (struct bucket){.caller = *caller};
    bucket_fill(&b->empty_ns, size, 1, now_ms);
}

bool
rates_allow(struct rates *rates, const struct bucket_size *size,
            const struct caller *caller, int64_t now_ms)
{
    if (!rates_has_room(rates, size, caller, now_ms))
        return false;
    rates_count(rates, size, caller, now_ms);
    return true;
}
