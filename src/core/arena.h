/*
 * Memory that is given back all at once: a configuration has one arena, and
 * each worker has one that is reset after every message.  Nothing in an arena
 * is freed alone.  Under the sanitizers each piece is a malloc of its own, so
 * that an overrun is seen.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "core/str.h"

struct arena;

/* `chunk` is the size of the pieces taken from the heap, in bytes. */
struct arena *arena_create(size_t chunk);
void arena_destroy(struct arena *a);

/* Gives back all pieces but the first chunk, which is used again. */
void arena_reset(struct arena *a);

/* Aligned for any type; never NULL. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((malloc, returns_nonnull));
void *arena_zalloc(struct arena *a, size_t size)
    __attribute__((malloc, returns_nonnull));

/* Copies; the result has a NUL behind it. */
char *arena_dup(struct arena *a, const void *p, size_t len);
char *arena_strdup(struct arena *a, const char *s);
struct str arena_str(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

#endif
