#include "http/http_limit.h"

#include <string.h>

#include <openssl/rand.h>

#include "core/mem.h"
#include "http/http_conf.h"

enum { WAYS = 8, SETS = 2048 }; /* 16384 pairs, 640 KB when all are used */

struct pair {
    const void *zone; /* NULL: free */
    uint64_t address[2];
    int64_t at_ms;   /* of the last request that was counted */
    uint64_t excess; /* then above the rate, in thousandths of a request */
};

struct http_limit {
    uint64_t seed[2]; /* so that nobody can choose a set to fill */
    struct pair pairs[SETS][WAYS];
};

struct http_limit *
http_limit_create(void)
{
    struct http_limit *limit = mem_zalloc(sizeof(*limit));

    if (RAND_bytes((unsigned char *) limit->seed, sizeof(limit->seed)) == 1)
        return limit;
    mem_free(limit);
    return NULL;
}

void
http_limit_destroy(struct http_limit *limit)
{
    mem_free(limit);
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128) a * b;

    return (uint64_t) product ^ (uint64_t) (product >> 64);
}

static struct pair *
set_of(struct http_limit *limit, const struct pair *key)
{
    uint64_t h = mix(key->address[0] ^ limit->seed[0],
                     key->address[1] ^ limit->seed[1]);

    h = mix(h ^ (uintptr_t) key->zone, limit->seed[0] | 1);
    return limit->pairs[h % SETS];
}

static void
set_address(struct pair *key, const struct addr *peer)
{
    if (peer->sa.sa_family == AF_INET6) {
        memcpy(&key->address[0], peer->in6.sin6_addr.s6_addr, 8);
        key->address[1] = 1;
    } else {
        key->address[0] = peer->in.sin_addr.s_addr;
    }
}

/* The key's pair, or the place of the one that was idle for longest. */
static struct pair *
find(struct http_limit *limit, const struct pair *key)
{
    struct pair *set = set_of(limit, key), *oldest = set;

    for (struct pair *p = set; p < set + WAYS; p++) {
        if (p->zone == key->zone && p->address[0] == key->address[0] &&
            p->address[1] == key->address[1])
            return p;
        if (p->zone == NULL || p->at_ms < oldest->at_ms)
            oldest = p;
        if (p->zone == NULL)
            break;
    }
    *oldest = *key;
    return oldest;
}

bool
http_limit_allows(struct http_limit *limit,
                  const struct http_settings *settings,
                  const struct addr *peer, int64_t now_ms)
{
    struct pair key = {.zone = settings->limit_zone, .at_ms = now_ms};
    uint64_t burst = (uint64_t) settings->limit_burst * 1000;
    uint64_t drained, excess;
    struct pair *p;

    set_address(&key, peer);
    p = find(limit, &key);
    drained = (uint64_t) (now_ms - p->at_ms) * settings->limit_per_second;
    excess = p->excess > drained ? p->excess - drained : 0;
    if (excess > burst)
        return false;
    p->excess = excess + 1000;
    p->at_ms = now_ms;
    return true;
}
