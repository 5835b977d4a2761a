#include "event/conn_counts.h"

#include <assert.h>

#include <openssl/rand.h>

#include "core/mem.h"

enum { CHAINS = 4096 };

struct count {
    struct caller caller;
    unsigned n;
    struct count *next;
};

struct conn_counts {
    struct caller_seed seed;
    struct count *chains[CHAINS];
};

struct conn_counts *
conn_counts_create(void)
{
    struct conn_counts *counts = mem_zalloc(sizeof(*counts));

    if (RAND_bytes((unsigned char *) &counts->seed, sizeof(counts->seed)) == 1)
        return counts;
    mem_free(counts);
    return NULL;
}

/* All connections are gone. */
void
conn_counts_destroy(struct conn_counts *counts)
{
    mem_free(counts);
}

/* Where the caller's count hangs, or would. */
static struct count **
find(struct conn_counts *counts, const struct caller *caller)
{
    struct count **at =
        &counts->chains[caller_hash(caller, &counts->seed) % CHAINS];

    while (*at != NULL && !caller_is_equal(&(*at)->caller, caller))
        at = &(*at)->next;
    return at;
}

bool
conn_counts_add(struct conn_counts *counts, const struct caller *caller,
                unsigned max)
{
    struct count **at = find(counts, caller);

    if (*at == NULL) {
        *at = mem_zalloc(sizeof(**at));
        (*at)->caller = *caller;
    }
    if ((*at)->n >= max)
        return false;
    (*at)->n++;
    return true;
}

void
conn_counts_remove(struct conn_counts *counts, const struct caller *caller)
{
    struct count **at = find(counts, caller), *count = *at;

    assert(count != NULL);
    if (--count->n != 0)
        return;
    *at = count->next;
    mem_free(count);
}
