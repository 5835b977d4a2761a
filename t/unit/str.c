/*
 * Strings: the numbers in them.
 */
#include "core/str.h"

#include <inttypes.h>

#include "tap.h"

int
main(void)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t want;
    } cases[] = {
        {"0", true, 0},
        {"012345", true, 12345},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {"1a", false, 0},
        {"0x1", false, 0},
        {"\xb1", false, 0},
    };
    uint64_t value;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        bool good = str_to_uint(str_of(cases[i].text), &value);

        ok(good == cases[i].good && (!good || value == cases[i].want),
           "\"%s\": %d", cases[i].text, good);
    }
    ok(!str_to_uint((struct str){"1\0", 2}, &value), "a NUL is no digit");
    return tap_done();
}
