#include "core/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include "core/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif
#ifndef EACH_ALONE
#define EACH_ALONE 0
#endif

#define ALIGN 16

struct piece {
    struct piece *next;
    size_t size;
    _Alignas(ALIGN) uint8_t data[];
};

struct arena {
    struct piece *current; /* the newest chunk; its end is free */
    size_t used;           /* of the current chunk */
    size_t chunk;
};

static struct piece *
piece_add(struct arena *a, size_t size)
{
    struct piece *p = mem_alloc(sizeof(*p) + size);

    p->size = size;
    p->next = a->current;
    a->current = p;
    return p;
}

struct arena *
arena_create(size_t chunk)
{
    struct arena *a = mem_zalloc(sizeof(*a));

    a->chunk = chunk;
    return a;
}

void
arena_reset(struct arena *a)
{
    struct piece *p = a->current;

    a->used = 0;
    if (p != NULL && p->next == NULL && p->size == a->chunk && !EACH_ALONE)
        return;
    while (p != NULL) {
        struct piece *next = p->next;

        mem_free(p);
        p = next;
    }
    a->current = NULL;
}

void
arena_destroy(struct arena *a)
{
    if (a == NULL)
        return;
    for (struct piece *p = a->current; p != NULL;) {
        struct piece *next = p->next;

        mem_free(p);
        p = next;
    }
    mem_free(a);
}

void *
arena_alloc(struct arena *a, size_t size)
{
    struct piece *p = a->current;
    void *data;

    assert(size < SIZE_MAX / 2);
    if (EACH_ALONE)
        return piece_add(a, size)->data;
    size = (size + ALIGN - 1) & ~(size_t) (ALIGN - 1);
    if (p == NULL || p->size - a->used < size) {
        p = piece_add(a, size > a->chunk ? size : a->chunk);
        a->used = 0;
    }
    data = p->data + a->used;
    a->used += size;
    return data;
}

void *
arena_zalloc(struct arena *a, size_t size)
{
    return memset(arena_alloc(a, size), 0, size);
}

char *
arena_dup(struct arena *a, const void *p, size_t len)
{
    char *copy = arena_alloc(a, len + 1);

    if (len != 0)
        memcpy(copy, p, len);
    copy[len] = '\0';
    return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
    return arena_dup(a, s, strlen(s));
}

struct str
arena_str(struct arena *a, struct str s)
{
    return (struct str){arena_dup(a, s.data, s.len), s.len};
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    char small[256];
    va_list again;
    char *text;
    int n;

    va_copy(again, ap);
    n = vsnprintf(small, sizeof(small), fmt, ap);
    assert(n >= 0);
    text = arena_alloc(a, (size_t) n + 1);
    if ((size_t) n < sizeof(small))
        memcpy(text, small, (size_t) n + 1);
    else
        vsnprintf(text, (size_t) n + 1, fmt, again);
    va_end(again);
    return text;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    text = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return text;
}
