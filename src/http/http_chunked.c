/*
 * The chunked body (RFC 9112, 7.1), decoded in place: since the framing only
 * shrinks, what is body moves towards the front of the caller's bytes.
 */
#include <string.h>

#include "http/http_parse.h"

enum {
    MAX_DIGITS = 16,     /* of a chunk size: 64 bits */
    MAX_OVERHEAD = 4096, /* extensions and trailers of one body */
};

enum {
    SIZE, /* the zeroed state */
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER, /* at the beginning of a line */
    TRAILER_LINE,
    TRAILER_LF,
    END_LF,
    END,
};

static int
fail(struct http_chunked *c, int status)
{
    c->status = status;
    return -1;
}

static int
step_size(struct http_chunked *c, unsigned char byte)
{
    int digit = http_hex_value(byte);

    if (digit >= 0) {
        if (++c->digits > MAX_DIGITS)
            return fail(c, 400);
        c->left = c->left << 4 | (unsigned) digit;
        return 0;
    }
    if (c->digits == 0 || (byte != ';' && byte != '\r'))
        return fail(c, 400);
    if (c->left > c->max_body - c->body)
        return fail(c, 413);
    c->digits = 0;
    c->state = byte == ';' ? EXTENSION : SIZE_LF;
    return 0;
}

/* A line whose content does not matter: up to CR, bounded in all. */
static int
step_line(struct http_chunked *c, unsigned char byte, uint8_t at_cr)
{
    if (byte == '\r') {
        c->state = at_cr;
        return 0;
    }
    if ((byte < ' ' && byte != '\t') || byte == 0x7f ||
        ++c->overhead > MAX_OVERHEAD)
        return fail(c, 400);
    return 0;
}

static int
step_expect(struct http_chunked *c, unsigned char byte, char want,
            uint8_t state)
{
    if (byte != (unsigned char) want)
        return fail(c, 400);
    c->state = state;
    return 0;
}

/* One byte of framing. */
static int
step(struct http_chunked *c, unsigned char byte)
{
    switch (c->state) {
    case SIZE:
        return step_size(c, byte);
    case EXTENSION:
        return step_line(c, byte, SIZE_LF);
    case SIZE_LF:
        return step_expect(c, byte, '\n', c->left != 0 ? DATA : TRAILER);
    case DATA_CR:
        return step_expect(c, byte, '\r', DATA_LF);
    case DATA_LF:
        return step_expect(c, byte, '\n', SIZE);
    case TRAILER:
        if (byte == ' ' || byte == '\t' || byte == ':')
            return fail(c, 400);
        c->state = TRAILER_LINE;
        return step_line(c, byte, END_LF);
    case TRAILER_LINE:
        return step_line(c, byte, TRAILER_LF);
    case TRAILER_LF:
        return step_expect(c, byte, '\n', TRAILER);
    case END_LF:
        return step_expect(c, byte, '\n', END);
    default:
        return fail(c, 400);
    }
}

ssize_t
http_chunked_decode(struct http_chunked *c, char *buf, size_t len, size_t *out)
{
    size_t pos = 0;

    *out = 0;
    while (pos < len) {
        if (c->state == DATA) {
            size_t n = len - pos < c->left ? len - pos : (size_t) c->left;

            memmove(buf + *out, buf + pos, n);
            *out += n;
            pos += n;
            c->body += n;
            c->left -= n;
            if (c->left == 0)
                c->state = DATA_CR;
            continue;
        }
        if (step(c, (unsigned char) buf[pos++]) == -1)
            return -1;
        if (c->state == END)
            return (ssize_t) pos;
    }
    return 0;
}
