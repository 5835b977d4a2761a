#include "core/msgpack_scan.h"

#include <stdbool.h>

/* What a first byte announces. */
struct header {
    size_t size;       /* of the header itself, with the length in it */
    uint64_t bytes;    /* of data behind it */
    uint64_t elements; /* of objects behind it, two for each pair of a map */
    bool is_container;
};

static uint64_t
load(const uint8_t *p, size_t n)
{
    uint64_t value = 0;

    while (n-- > 0)
        value = value << 8 | *p++;
    return value;
}

/*
 * Lengths of n bytes stand behind the first byte.  Returns false when they
 * are not there yet.
 */
static bool
read_length(struct header *h, const uint8_t *p, size_t left, size_t n,
            uint64_t *value)
{
    h->size = 1 + n;
    if (left < h->size)
        return false;
    *value = load(p + 1, n);
    return true;
}

/* Returns 1, 0 if the header is not complete, -1 for the byte 0xc1. */
static int
read_header(struct header *h, const uint8_t *p, size_t left)
{
    uint8_t c = p[0];

    *h = (struct header){.size = 1};
    if (c <= 0x7f || c >= 0xe0) /* fixint */
        return 1;
    if (c <= 0x8f) { /* fixmap */
        h->elements = (c & 0x0fu) * 2;
        h->is_container = true;
        return 1;
    }
    if (c <= 0x9f) { /* fixarray */
        h->elements = c & 0x0f;
        h->is_container = true;
        return 1;
    }
    if (c <= 0xbf) { /* fixstr */
        h->bytes = c & 0x1f;
        return 1;
    }
    switch (c) {
    case 0xc0: /* nil, false, true */
    case 0xc2:
    case 0xc3:
        return 1;
    case 0xc4: /* bin 8, 16, 32 */
    case 0xc5:
    case 0xc6:
        return read_length(h, p, left, (size_t) 1 << (c - 0xc4), &h->bytes);
    case 0xc7: /* ext 8, 16, 32: one byte of type more */
    case 0xc8:
    case 0xc9:
        if (!read_length(h, p, left, (size_t) 1 << (c - 0xc7), &h->bytes))
            return 0;
        h->bytes++;
        return 1;
    case 0xca: /* float, double */
    case 0xcb:
        h->bytes = (uint64_t) 4 << (c - 0xca);
        return 1;
    case 0xcc: /* uint 8 .. 64, int 8 .. 64 */
    case 0xcd:
    case 0xce:
    case 0xcf:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        h->bytes = (uint64_t) 1 << (c & 3);
        return 1;
    case 0xd4: /* fixext 1 .. 16: one byte of type more */
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        h->bytes = ((uint64_t) 1 << (c - 0xd4)) + 1;
        return 1;
    case 0xd9: /* str 8, 16, 32 */
    case 0xda:
    case 0xdb:
        return read_length(h, p, left, (size_t) 1 << (c - 0xd9), &h->bytes);
    case 0xdc: /* array 16, 32 */
    case 0xdd:
        h->is_container = true;
        return read_length(h, p, left, (size_t) 2 << (c - 0xdc), &h->elements);
    case 0xde: /* map 16, 32 */
    case 0xdf:
        h->is_container = true;
        if (!read_length(h, p, left, (size_t) 2 << (c - 0xde), &h->elements))
            return 0;
        h->elements *= 2;
        return 1;
    default: /* 0xc1 is never used */
        return -1;
    }
}

/*
 * `pending` counts the objects that are announced but not read yet.  Each
 * takes a byte at least, so position and pending together never may pass
 * max: that is what holds an element count against the bytes that are there.
 */
ssize_t
msgpack_scan(const uint8_t *buf, size_t len, size_t max)
{
    uint64_t open[MSGPACK_SCAN_DEPTH]; /* elements left of each container */
    uint64_t pending = 1;
    size_t pos = 0;
    unsigned depth = 0;

    while (pending > 0) {
        struct header h;
        int result;

        if (pending > max - pos)
            return -1;
        if (pos == len)
            return 0;
        if ((result = read_header(&h, buf + pos, len - pos)) != 1)
            return result == 0 && h.size <= max - pos ? 0 : -1;
        if (h.bytes + h.size > max - pos)
            return -1;
        if (h.bytes + h.size > len - pos)
            return 0;
        pos += h.size + (size_t) h.bytes;
        pending += h.elements - 1;
        if (depth > 0)
            open[depth - 1]--;
        if (h.is_container) {
            if (depth == MSGPACK_SCAN_DEPTH)
                return -1;
            open[depth++] = h.elements;
        }
        while (depth > 0 && open[depth - 1] == 0)
            depth--;
    }
    return (ssize_t) pos;
}
