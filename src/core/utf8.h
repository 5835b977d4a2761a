/*
 * Text of clients: UTF-8, or nearly so.
 *
 * JavaScript clients of the pomelo family write a character above U+FFFF as
 * its two surrogates of three bytes each (CESU-8), and cut names in the middle
 * of such a pair.  utf8_repair() makes UTF-8 of what they send.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "core/str.h"

/* U+FFFD, which stands for what is no character. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

enum { UTF8_GROWTH = 3 }; /* a byte becomes so many at most */

/* A byte of a sequence that is not its first. */
static inline bool
utf8_is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The length of the sequence at p < end, 0 if it is none. */
size_t utf8_len(const unsigned char *p, const unsigned char *end);

bool utf8_is_valid(struct str s);

/*
 * Writes s to out: pairs of surrogates are joined, each other byte that
 * belongs to no sequence becomes U+FFFD.  Returns the length, which is at
 * most UTF8_GROWTH * s.len; out must have room for that.
 */
size_t utf8_repair(char *out, struct str s);

/*
 * Copies as much of s as fits into out with its NUL, and no character in
 * part; what is behind a NUL is not copied.
 */
void utf8_copy(char *out, size_t size, struct str s);

#endif
