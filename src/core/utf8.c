#include "core/utf8.h"

enum { SURROGATE = 3 }; /* the length of one in CESU-8 */

size_t
utf8_len(const unsigned char *p, const unsigned char *end)
{
    size_t left = (size_t) (end - p);

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return left >= 2 && utf8_is_tail(p[1]) ? 2 : 0;
    if ((p[0] & 0xf0) == 0xe0) {
        if (left < 3 || !utf8_is_tail(p[1]) || !utf8_is_tail(p[2]))
            return 0;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
            return 0; /* overlong, surrogate */
        return 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (left < 4 || !utf8_is_tail(p[1]) || !utf8_is_tail(p[2]) ||
            !utf8_is_tail(p[3]))
            return 0;
        if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
            return 0; /* overlong, above U+10FFFF */
        return 4;
    }
    return 0;
}

bool
utf8_is_valid(struct str s)
{
    const unsigned char *p = (const unsigned char *) s.data, *end = p + s.len;

    while (p < end) {
        size_t n = utf8_len(p, end);

        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

/* The ten bits of the surrogate at p; `first` is 0xa0 of a high one, 0xb0. */
static bool
take_surrogate(const unsigned char *p, unsigned char first, unsigned *bits)
{
    *bits = (p[1] & 0x0fu) << 6 | (p[2] & 0x3fu);
    return p[0] == 0xed && (p[1] & 0xf0) == first && utf8_is_tail(p[2]);
}

/* The character of a pair of surrogates; false if there is none at p. */
static bool
take_pair(const unsigned char *p, const unsigned char *end, unsigned *c)
{
    unsigned high, low;

    if (end - p < 2 * SURROGATE || !take_surrogate(p, 0xa0, &high) ||
        !take_surrogate(p + SURROGATE, 0xb0, &low))
        return false;
    *c = 0x10000 + (high << 10 | low);
    return true;
}

static char *
put_astral(char *out, unsigned c)
{
    *out++ = (char) (0xf0 | c >> 18);
    *out++ = (char) (0x80 | (c >> 12 & 0x3f));
    *out++ = (char) (0x80 | (c >> 6 & 0x3f));
    *out++ = (char) (0x80 | (c & 0x3f));
    return out;
}

size_t
utf8_repair(char *out, struct str s)
{
    const unsigned char *p = (const unsigned char *) s.data, *end = p + s.len;
    char *at = out;

    while (p < end) {
        size_t n = utf8_len(p, end);
        unsigned c;

        if (n != 0) {
            memcpy(at, p, n);
            at += n;
            p += n;
        } else if (take_pair(p, end, &c)) {
            at = put_astral(at, c);
            p += 2 * SURROGATE;
        } else {
            memcpy(at, UTF8_REPLACEMENT, sizeof(UTF8_REPLACEMENT) - 1);
            at += sizeof(UTF8_REPLACEMENT) - 1;
            p++;
        }
    }
    return (size_t) (at - out);
}

void
utf8_copy(char *out, size_t size, struct str s)
{
    size_t n = s.len < size ? s.len : size - 1;
    const char *nul = n != 0 ? memchr(s.data, '\0', n) : NULL;

    if (nul != NULL)
        n = (size_t) (nul - s.data);
    while (n != 0 && n < s.len && utf8_is_tail((unsigned char) s.data[n]))
        n--;
    if (n != 0)
        memcpy(out, s.data, n);
    out[n] = '\0';
}
