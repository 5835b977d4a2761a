#include "core/crc32c.h"

#include <string.h>

#include "tap.h"

/* Those of RFC 3720, B.4, and the one that catalogues of sums give. */
static const uint8_t command[48] = {
    0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
    0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
    0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0,
};

static void
is_sum(const void *data, size_t len, uint32_t sum, const char *name)
{
    ok(crc32c(0, data, len) == sum, "%s", name);
    ok(crc32c_tables(0, data, len) == sum, "... by tables");
    if (crc32c_has_instruction())
        ok(crc32c_instruction(0, data, len) == sum, "... by the instruction");
}

static void
test_vectors(void)
{
    uint8_t bytes[32];

    memset(bytes, 0, sizeof(bytes));
    is_sum(bytes, sizeof(bytes), 0x8a9136aa, "32 bytes of zeroes");
    memset(bytes, 0xff, sizeof(bytes));
    is_sum(bytes, sizeof(bytes), 0x62a8ab43, "32 bytes of ones");
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t) i;
    is_sum(bytes, sizeof(bytes), 0x46dd794e, "32 bytes that rise");
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t) (31 - i);
    is_sum(bytes, sizeof(bytes), 0x113fdb5c, "32 bytes that fall");
    is_sum(command, sizeof(command), 0xd9963a56, "a command of iSCSI");
    is_sum("123456789", 9, 0xe3069283, "the digits");
    is_sum("", 0, 0, "nothing");
}

/* Every length and alignment, in one piece and in two. */
static void
test_ways(void)
{
    uint8_t bytes[100];
    uint32_t random = 1;
    unsigned other = 0;

    for (unsigned i = 0; i < sizeof(bytes); i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (uint8_t) (random >> 24);
    }
    for (size_t from = 0; from < 9; from++)
        for (size_t len = 0; from + len <= sizeof(bytes); len++) {
            const uint8_t *p = bytes + from;
            uint32_t sum = crc32c_tables(0, p, len);
            size_t half = len / 3;

            other += crc32c(0, p, len) != sum;
            other += crc32c_tables(crc32c_tables(0, p, half), p + half,
                                   len - half) != sum;
            other += crc32c(crc32c(0, p, half), p + half, len - half) != sum;
        }
    is_int(other, 0, "both ways say the same, in pieces too");
}

int
main(void)
{
    test_vectors();
    test_ways();
    return tap_done();
}
