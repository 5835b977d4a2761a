/*
 * UTF-8: what is whole, what is cut; the repair is tested with JSON.
 */
#include "core/utf8.h"

#include "guard.h"
#include "tap.h"

static struct guard guard;

static void
test_valid(void)
{
    static const struct {
        struct str text;
        bool is_valid;
    } cases[] = {
        {STR_INIT(""), true},
        {STR_INIT("a\0b\x7f"), true},
        {STR_INIT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf"), true},
        {STR_INIT("\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"), true},
        {STR_INIT("\xf4\x8f\xbf\xbf"), true},
        {STR_INIT("\x80"), false},
        {STR_INIT("\xc1\xbf"), false},
        {STR_INIT("\xe0\x9f\xbf"), false},
        {STR_INIT("\xed\xa0\x80"), false},
        {STR_INIT("\xf0\x8f\xbf\xbf"), false},
        {STR_INIT("\xf4\x90\x80\x80"), false},
        {STR_INIT("\xe6\x88"), false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str s = cases[i].text;

        s.data = guard_copy(&guard, s.data, s.len);
        ok(utf8_is_valid(s) == cases[i].is_valid, "text %zu", i);
    }
}

static void
test_repair(void)
{
    char text[6] = {0}, out[UTF8_GROWTH * sizeof(text)];
    static const char bytes[] =
        "a\x80\xa0\xb8\xbd\xbf\xc2\xe6\xed\xf0\xf4\xff";
    size_t kinds = sizeof(bytes) - 1, bad = 0, all = 1;

    for (size_t i = 0; i < sizeof(text); i++)
        all *= kinds;
    for (size_t n = 0; n < all; n++) {
        size_t rest = n, len;

        for (size_t i = 0; i < sizeof(text); i++, rest /= kinds)
            text[i] = bytes[rest % kinds];
        len = utf8_repair(out, (struct str){text, sizeof(text)});
        bad += len > sizeof(out) || !utf8_is_valid((struct str){out, len});
        if (utf8_is_valid((struct str){text, sizeof(text)}))
            bad += len != sizeof(text) || memcmp(out, text, len) != 0;
    }
    is_int(bad, 0, "what is repaired is UTF-8, what is UTF-8 stays");
}

static void
test_copy(void)
{
    static const char room[] = "a\xe6\x88\xbf\xf0\x9f\x98\x80z";
    static const size_t lens[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
    char out[16];

    for (size_t size = 1; size <= 11; size++) {
        memset(out, 'x', sizeof(out));
        utf8_copy(out, size, str_of(room));
        ok(strlen(out) == lens[size - 1] &&
               strncmp(out, room, strlen(out)) == 0,
           "a name in %zu bytes", size);
    }
    utf8_copy(out, sizeof(out), STR("a\0b"));
    is_str(out, "a", "what is behind a NUL is left out");
    utf8_copy(out, sizeof(out), str_of(NULL));
    is_str(out, "", "nothing");
}

int
main(void)
{
    guard = guard_create(4096);
    test_valid();
    test_repair();
    test_copy();
    guard_destroy(&guard);
    return tap_done();
}
