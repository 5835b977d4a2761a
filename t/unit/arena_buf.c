/*
 * Arenas and buffers.  The library is built with the sanitizers here: what is
 * written beyond a piece is seen, what is not given back is seen at the end.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "tap.h"

static void
test_arena(void)
{
    struct arena *a = arena_create(256);
    unsigned crooked = 0, dirty = 0, broken = 0;
    char *text, *large;
    struct str copy;

    for (int round = 0; round < 3; round++) {
        unsigned char *pieces[200];

        for (size_t i = 0; i < 200; i++) {
            pieces[i] = arena_zalloc(a, i * 3);
            crooked += (uintptr_t) pieces[i] % 16 != 0;
            for (size_t k = 0; k < i * 3; k++)
                dirty += pieces[i][k] != 0;
            memset(pieces[i], (int) i, i * 3);
        }
        for (size_t i = 0; i < 200; i++)
            for (size_t k = 0; k < i * 3; k++)
                broken += pieces[i][k] != i;
        arena_reset(a);
    }
    is_int(crooked, 0, "each piece is aligned for any type");
    is_int(dirty, 0, "zeroed when asked, also after a reset");
    is_int(broken, 0, "no piece reaches into another");

    is_str(arena_strdup(a, ""), "", "an empty string");
    copy = arena_str(a, (struct str){"a\0b", 3});
    ok(copy.len == 3 && memcmp(copy.data, "a\0b", 4) == 0,
       "a counted string keeps its NUL, and has one behind it");
    is_str(arena_dup(a, NULL, 0), "", "nothing of nothing");
    text = arena_printf(a, "%d %s", 42, "x");
    is_str(text, "42 x", "printf");
    large = malloc(1001);
    for (size_t n = 250; n < 262; n++) {
        memset(large, 'y', n);
        large[n] = '\0';
        text = arena_printf(a, "%s", large);
        if (strcmp(text, large) != 0)
            break;
        ok(strlen(text) == n, "printf of %zu bytes", n);
    }
    free(large);
    arena_destroy(a);
    arena_destroy(NULL);
}

static void
test_buf(void)
{
    struct buf b = {0};
    size_t want = 0;
    unsigned wrong = 0;

    buf_append(&b, NULL, 0);
    ok(b.data == NULL && b.cap == 0, "an empty buffer holds no memory");
    for (unsigned i = 0; i < 5000; i++) {
        buf_append_byte(&b, (uint8_t) i);
        wrong += b.len != i + 1 || b.cap < b.len;
    }
    for (unsigned i = 0; i < 5000; i++)
        wrong += b.data[i] != (uint8_t) i;
    is_int(wrong, 0, "5000 bytes, one at a time");
    ok(b.cap < 4 * b.len, "with %zu bytes of room", b.cap);
    buf_consume(&b, 0);
    buf_consume(&b, 4990);
    for (unsigned i = 0; i < 10; i++)
        wrong += b.data[i] != (uint8_t) (4990 + i);
    ok(b.len == 10 && wrong == 0, "the front is taken off");
    buf_consume(&b, 10);
    is_int(b.len, 0, "all of it");
    for (unsigned n = 0; n < 300; n++) {
        buf_printf(&b, "%*s", (int) n, "");
        want += n;
        wrong += b.len != want;
    }
    is_int(wrong, 0, "printf of every length up to 300 bytes");
    buf_deinit(&b);
    ok(b.data == NULL && b.len == 0, "nothing is left");
    buf_append_str(&b, STR("again"));
    ok(str_equal(buf_str(&b), STR("again")), "usable again");
    memset(buf_reserve(&b, 1000), 'x', 1000);
    is_int(b.len, 5, "room is no content");
    buf_deinit(&b);
    buf_deinit(&b);
}

int
main(void)
{
    test_arena();
    test_buf();
    return tap_done();
}
