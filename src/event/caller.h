/*
 * Whom a limit counts for: an address, or anything with a number.  An IPv6
 * client has at least a /64 for itself, so that much of the address counts.
 */
#ifndef EVENT_CALLER_H
#define EVENT_CALLER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/addr.h"

/* Zero but for its fields: `of` tells apart what has the same numbers. */
struct caller {
    const void *of; /* the limit that counts; NULL: nobody */
    uint64_t id[2];
};

static inline struct caller
caller_by_address(const void *of, const struct addr *peer)
{
    struct caller c = {.of = of};

    if (peer->sa.sa_family == AF_INET6) {
        memcpy(&c.id[0], peer->in6.sin6_addr.s6_addr, 8);
        c.id[1] = 1;
    } else {
        c.id[0] = peer->in.sin_addr.s_addr;
    }
    return c;
}

static inline struct caller
caller_by_number(const void *of, uint64_t number)
{
    return (struct caller){.of = of, .id = {number}};
}

static inline bool
caller_is_equal(const struct caller *a, const struct caller *b)
{
    return a->of == b->of && a->id[0] == b->id[0] && a->id[1] == b->id[1];
}

/* A hash with a secret, so that nobody can choose a place to fill. */
struct caller_seed {
    uint64_t n[2];
};

static inline uint64_t
caller_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128) a * b;

    return (uint64_t) product ^ (uint64_t) (product >> 64);
}

static inline uint64_t
caller_hash(const struct caller *c, const struct caller_seed *seed)
{
    uint64_t h = caller_mix(c->id[0] ^ seed->n[0], c->id[1] ^ seed->n[1]);

    return caller_mix(h ^ (uintptr_t) c->of, seed->n[0] | 1);
}

#endif
