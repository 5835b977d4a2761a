/*
 * Memory that ends at a page nobody may touch, so that one byte read or
 * written too far is a crash at that instruction.
 */
#ifndef T_UNIT_GUARD_H
#define T_UNIT_GUARD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
    uint8_t *map;
    size_t size; /* without the guard page */
};

/* Room for pieces of up to max bytes. */
__attribute__((unused)) static struct guard
guard_create(size_t max)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    struct guard g = {.size = (max + page - 1) / page * page};

    g.map = mmap(NULL, g.size + page, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED || mprotect(g.map + g.size, page, PROT_NONE))
        abort();
    return g;
}

/* A copy of len bytes right before the guard page. */
__attribute__((unused)) static void *
guard_copy(const struct guard *g, const void *data, size_t len)
{
    uint8_t *p = g->map + g->size - len;

    if (len > g->size)
        abort();
    if (len != 0)
        memcpy(p, data, len);
    return p;
}

__attribute__((unused)) static void
guard_destroy(struct guard *g)
{
    munmap(g->map, g->size + (size_t) sysconf(_SC_PAGESIZE));
}

#endif
