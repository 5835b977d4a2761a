/*
 * A byte buffer that grows at its end.  All zero is an empty buffer that
 * holds no memory.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/str.h"

struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
};

/* Makes room for at least n bytes more (slow path of buf_reserve). */
void buf_grow(struct buf *b, size_t n);

/* Room for n bytes at the end; the caller writes them and adds to len. */
static inline uint8_t *
buf_reserve(struct buf *b, size_t n)
{
    if (b->cap - b->len < n)
        buf_grow(b, n);
    return b->data + b->len;
}

static inline void
buf_append(struct buf *b, const void *p, size_t n)
{
    if (n != 0) {
        memcpy(buf_reserve(b, n), p, n);
        b->len += n;
    }
}

static inline void
buf_append_str(struct buf *b, struct str s)
{
    buf_append(b, s.data, s.len);
}

static inline void
buf_append_byte(struct buf *b, uint8_t c)
{
    *buf_reserve(b, 1) = c;
    b->len++;
}

/* buf_append() to a struct buf *, as msgpack_packer_write; always 0. */
int buf_write(void *buf, const char *data, size_t len);

void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Takes n <= len bytes off the front. */
void buf_consume(struct buf *b, size_t n);

/* The content as a borrowed string; valid until the buffer changes. */
static inline struct str
buf_str(const struct buf *b)
{
    return (struct str){(const char *) b->data, b->len};
}

/* Gives the memory back; the buffer is empty and usable again. */
void buf_deinit(struct buf *b);

#endif
