/*
 * A counted string that is borrowed: somebody else owns the bytes, there is
 * no NUL behind them.  Text of the conf file is NUL-terminated instead; no
 * function mixes the two.
 */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data;
    size_t len;
};

/* The str of a string literal, and one as an initialiser. */
#define STR(literal) ((struct str){literal, sizeof(literal) - 1})
#define STR_INIT(literal)                                                     \
    {                                                                         \
        literal, sizeof(literal) - 1                                          \
    }

/* The str of a NUL-terminated string; of NULL the empty one. */
static inline struct str
str_of(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}

static inline bool
str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

/* ASCII letters compare without case. */
bool str_equal_nocase(struct str a, struct str b);

/* A number in decimal digits and nothing else; false for what is none. */
bool str_to_uint(struct str s, uint64_t *value);

static inline bool
str_has_prefix(struct str s, struct str prefix)
{
    return s.len >= prefix.len && !memcmp(s.data, prefix.data, prefix.len);
}

#endif
