#include "core/str.h"

static unsigned char
lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool
str_equal_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower((unsigned char) a.data[i]) !=
            lower((unsigned char) b.data[i]))
            return false;
    return true;
}

bool
str_to_uint(struct str s, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char) s.data[i] - (unsigned) '0';

        if (digit > 9 || *value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return s.len != 0;
}
