#include "core/crc32c.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

/*
 * What a nibble adds to the sum of eight bytes: a row for each of the sixteen
 * nibbles in order, the lower one of a byte first.  The sum of two values is
 * the xor of their sums, so the four bits of a nibble say it all.
 */
#define NIBBLE(a, b, c, d)                                                    \
    {                                                                         \
        0, (a), (b), (a) ^ (b), (c), (a) ^ (c), (b) ^ (c), (a) ^ (b) ^ (c),   \
            (d), (a) ^ (d), (b) ^ (d), (a) ^ (b) ^ (d), (c) ^ (d),            \
            (a) ^ (c) ^ (d), (b) ^ (c) ^ (d), (a) ^ (b) ^ (c) ^ (d)           \
    }

static const uint32_t nibbles[16][16] = {
    NIBBLE(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da),
    NIBBLE(0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
    NIBBLE(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53),
    NIBBLE(0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
    NIBBLE(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f),
    NIBBLE(0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
    NIBBLE(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91),
    NIBBLE(0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
    NIBBLE(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6),
    NIBBLE(0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
    NIBBLE(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5),
    NIBBLE(0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
    NIBBLE(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8),
    NIBBLE(0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
    NIBBLE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf),
    NIBBLE(0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
};

static uint32_t
add_byte(unsigned at, uint8_t byte)
{
    return nibbles[2 * at][byte & 15] ^ nibbles[2 * at + 1][byte >> 4];
}

uint32_t
crc32c_tables(uint32_t sum, const void *data, size_t len)
{
    const uint8_t *p = data;

    sum = ~sum;
    for (; len >= 8; len -= 8, p += 8) {
        uint32_t next = 0;

        for (unsigned i = 0; i < 4; i++)
            next ^= add_byte(i, (uint8_t) (p[i] ^ sum >> 8 * i));
        for (unsigned i = 4; i < 8; i++)
            next ^= add_byte(i, p[i]);
        sum = next;
    }
    for (; len > 0; len--, p++)
        sum = sum >> 8 ^ add_byte(7, (uint8_t) (*p ^ sum));
    return ~sum;
}

#if defined(__x86_64__)

bool
crc32c_has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2"))) uint32_t
crc32c_instruction(uint32_t sum, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t wide = (uint32_t) ~sum, word;

    for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        wide = _mm_crc32_u64(wide, word);
    }
    sum = (uint32_t) wide;
    for (; len > 0; len--, p++)
        sum = _mm_crc32_u8(sum, *p);
    return ~sum;
}

#else

bool
crc32c_has_instruction(void)
{
    return false;
}

uint32_t
crc32c_instruction(uint32_t sum, const void *data, size_t len)
{
    return crc32c_tables(sum, data, len);
}

#endif

uint32_t
crc32c(uint32_t sum, const void *data, size_t len)
{
    if (crc32c_has_instruction())
        return crc32c_instruction(sum, data, len);
    return crc32c_tables(sum, data, len);
}
