#include "core/buf.h"

#include <assert.h>
#include <stdio.h>

#include "core/mem.h"

void
buf_grow(struct buf *b, size_t n)
{
    size_t want = b->len + n;
    size_t cap = b->cap < 128 ? 128 : b->cap * 2;

    if (cap < want)
        cap = want;
    b->data = mem_realloc(b->data, cap);
    b->cap = cap;
}

int
buf_write(void *buf, const char *data, size_t len)
{
    buf_append(buf, data, len);
    return 0;
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    assert(n >= 0);
    vsnprintf((char *) buf_reserve(b, (size_t) n + 1), (size_t) n + 1, fmt,
              ap);
    b->len += (size_t) n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void
buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->len -= n;
    if (b->len != 0 && n != 0)
        memmove(b->data, b->data + n, b->len);
}

void
buf_deinit(struct buf *b)
{
    mem_free(b->data);
    *b = (struct buf){0};
}
