/*
 * XXTEA and the pipeline.  The vectors were made by another implementation,
 * written from the published algorithm and checked with its published
 * vector (key and text of zeros).
 */
#include "game/xxtea.h"

#include "core/arena.h"
#include "core/buf.h"
#include "game/pipeline.h"
#include "guard.h"
#include "tap.h"

static const struct {
    const char *key;
    const char *plain; /* NULL: 300 times x */
    size_t len;
    const char *wire;
} vectors[] = {
    {"7AEC4MA152BQE9HWQ7KB", "a", 1, "yHIMP3pkS6g="},
    {"7AEC4MA152BQE9HWQ7KB", "abcd", 4, "Uke3gQw9puU="},
    {"7AEC4MA152BQE9HWQ7KB", "hello", 5, "/VNIE6jX05NwvHBF"},
    {"7AEC4MA152BQE9HWQ7KB", "{}", 2, "YXg+IiWVqow="},
    {"7AEC4MA152BQE9HWQ7KB", "{\"deskId\":\"123456\"}", 19,
     "wqB3hIqu8BbOpWRWjF63DWzHGTgQCIDS"},
    {"7AEC4MA152BQE9HWQ7KB",
     "{\"name\":\"G9890\",\"uid\":9890,\"sex\":1,\"fangka\":10}", 47,
     "kCrIk5X4HBRICGsLA3LwqIZJE5aff0Hk6cro/6AMWOIAN9jD3lNkWH3YOfOsCjeX"
     "bCm4Vg=="},
    {"", "hello", 5, "3IWKeccKZBPtpDen"},
    {"k", "hello", 5, "xWGGKToPouHfHckj"},
    {"0123456789abcdef", "房号: 123456", 14, "VXYZN8zyWH4JHVkf/ruVb3CTA6M="},
    {"0123456789abcdefXYZ", "房号: 123456", 14,
     "VXYZN8zyWH4JHVkf/ruVb3CTA6M="},
    {"7AEC4MA152BQE9HWQ7KB", NULL, 300,
     "AXqoaGAVkaGM4dLKNRpLPJ+wCp2NX2TVKbHRlO57uhwdG89FroKywKLsA/yguDlT"
     "X4zy5DPs7OqmsRrQXefhde9d5U5baao3sfEZ/w4phU08c3RZvgkS+QlQg55XJ5PI"
     "4FrqiJ0H1XfHrRrBc+pCwRGbUE0TuuizsYcAWhaFhHRx0jyWmNcrA5NovJQu18yA"
     "f3Ri21zZCTVtxNOGsFM1L5tE2HvZ771UZQLFNadoyWiynZjN5x9EIQAXvMlMGSU0"
     "pKAuv0a6FH1Aw6MDsHvFbk4nPLDXglxwFrOgzdXvXjpzZDrhg8+M8Rke3MNXXG9i"
     "2BmWih0WPNJOT55KdRoWddFs0HC02chjO/7IWgpZ90ZSF6v90TaPsJG6UE5hYe7z"
     "C5QVpA+rbMcKXjFKqgDoWA=="},
    {"7AEC4MA152BQE9HWQ7KB", "\0\0\0", 3, "nwTwoAHSzxU="},
};

enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

static struct guard guard;
static struct arena *arena;

static struct pipeline
pipeline_of(const char *key)
{
    struct pipeline pl = {.kind = PIPELINE_XXTEA};

    xxtea_key_set(&pl.key, key, strlen(key));
    return pl;
}

static void
test_vectors(void)
{
    static char many[300];

    memset(many, 'x', sizeof(many));
    for (size_t i = 0; i < VECTORS; i++) {
        struct pipeline pl = pipeline_of(vectors[i].key);
        struct str plain = {vectors[i].plain ? vectors[i].plain : many,
                            vectors[i].len};
        struct str wire = str_of(vectors[i].wire), back;
        struct buf out = {0};

        buf_append_str(&out, STR("head"));
        pipeline_out(&pl, &out, plain);
        ok(out.len == 4 + wire.len && !memcmp(out.data, "head", 4) &&
               !memcmp(out.data + 4, wire.data, wire.len),
           "vector %zu goes out", i);
        is_int(pipeline_out_size(&pl, plain.len), wire.len,
               "vector %zu: its size", i);
        wire.data = guard_copy(&guard, wire.data, wire.len);
        ok(pipeline_in(&pl, arena, wire, &back) == 0 &&
               str_equal(back, plain) && back.data[back.len] == '\0',
           "vector %zu comes in", i);
        buf_deinit(&out);
    }
}

static void
test_lengths(void)
{
    struct xxtea_key key;
    size_t bad = 0, accepted = 0;

    xxtea_key_set(&key, "0123456789abcdefgh", 18);
    for (size_t len = 0; len <= 1000; len++) {
        size_t size = xxtea_size(len);
        uint8_t *p = guard.map + guard.size - size;

        memset(p, (int) (len & 0xff), size);
        bad += xxtea_encrypt(&key, p, len) != size;
        bad += xxtea_decrypt(&key, p, size) != (ssize_t) len;
        for (size_t i = 0; i < len; i++)
            bad += p[i] != (len & 0xff);
    }
    is_int(bad, 0, "every length comes back, within its own bytes");

    for (size_t len = 1; len <= 64; len++) {
        uint8_t *p = guard.map + guard.size - len;

        memset(p, 0x5a, len);
        accepted += xxtea_decrypt(&key, p, len) != -1;
    }
    is_int(accepted, 0, "what was never encrypted is refused");
}

/*
 * Blocks of "abcdefgh" and a length word, by the other implementation: only
 * 5..8 fit eight bytes.
 */
static void
test_length_word(void)
{
    static const struct {
        uint32_t word;
        const char *wire;
    } cases[] = {
        {0x0, "W6wqQ2yM6AR0ta/t"},        {0x4, "za6Cggqb9jXj7I64"},
        {0x5, "iwHmheMYFpMmH+vv"},        {0x8, "RFJLgJqTI7BpbC4c"},
        {0x9, "1MZJfunaL6IXY0gv"},        {0xc, "T6BQe+3uGW3rUJYA"},
        {0x7fffffff, "PnonOiRzm0MBRNy9"}, {0xffffffff, "Jvp1dusqF8HxG23e"},
    };
    struct pipeline pl = pipeline_of("k");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t word = cases[i].word;
        bool fits = word >= 5 && word <= 8;
        struct str plain;

        is_int(pipeline_in(&pl, arena, str_of(cases[i].wire), &plain),
               fits ? 0 : -1, "length word %#x", word);
        if (fits)
            ok(plain.len == word && !memcmp(plain.data, "abcdefgh", word),
               "and its text");
    }
}

static void
test_bad_base64(void)
{
    static const char *const bad[] = {
        "a",
        "ab",
        "abc",
        "a===",
        "====",
        "ab=c",
        "ab==",
        "abcd",
        "AAAAAAAA",
        "AAAA AAA",
        "AAAA\nAA",
        "AAAA=AAA",
        "\n\n\n\n",
        " AAAAAAAAAAA",
        "AAAAAAAAAAA ",
        "AAAA-_AA",
        "!!!!!!!!",
        "AAAAAAAAAA==AAAA",
        "\xff\xff\xff\xff",
    };
    struct pipeline pl = pipeline_of("7AEC4MA152BQE9HWQ7KB");
    struct str plain;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str in = str_of(bad[i]);

        in.data = guard_copy(&guard, in.data, in.len);
        is_int(pipeline_in(&pl, arena, in, &plain), -1, "bad text %zu", i);
    }

    /* To OpenSSL = is an A, wherever it stands. */
    char wire[8 * 64];
    struct buf out = {0};

    memset(wire, 'x', 300);
    pipeline_out(&pl, &out, (struct str){wire, 300});
    memcpy(wire, out.data, out.len);
    *(char *) memchr(wire + 1, 'A', out.len) = '=';
    is_int(pipeline_in(&pl, arena, (struct str){wire, out.len}, &plain), -1,
           "padding in the middle");
    buf_deinit(&out);
}

static void
test_damage(void)
{
    struct pipeline pl = pipeline_of("7AEC4MA152BQE9HWQ7KB");
    struct pipeline other = pipeline_of("another key");
    struct buf out = {0};
    struct str plain, text = STR("{\"deskId\":\"123456\"}");
    size_t same = 0;

    pipeline_out(&pl, &out, text);
    is_int(pipeline_in(&other, arena, buf_str(&out), &plain), -1,
           "another key's payload is refused");
    for (size_t i = 0; i < out.len - 1; i++) {
        uint8_t saved = out.data[i];

        out.data[i] = saved == 'A' ? 'B' : 'A';
        same += pipeline_in(&pl, arena, buf_str(&out), &plain) == 0 &&
                str_equal(plain, text);
        out.data[i] = saved;
    }
    is_int(same, 0, "no changed byte goes unnoticed as the same text");
    buf_deinit(&out);
}

static void
test_edges(void)
{
    struct pipeline none = {0}, pl = pipeline_of("k");
    struct buf out = {0};
    struct str plain, bytes = STR("not base64 at all");

    ok(pipeline_in(&none, arena, bytes, &plain) == 0 &&
           plain.data == bytes.data && plain.len == bytes.len,
       "without a pipeline bytes come in untouched");
    pipeline_out(&none, &out, bytes);
    ok(str_equal(buf_str(&out), bytes), "and go out untouched");
    out.len = 0;
    pipeline_out(&pl, &out, (struct str){NULL, 0});
    is_int(out.len, 0, "nothing goes out as nothing");
    ok(pipeline_in(&pl, arena, (struct str){NULL, 0}, &plain) == 0 &&
           plain.len == 0,
       "nothing comes in as nothing");
    buf_deinit(&out);
}

int
main(void)
{
    guard = guard_create(4096);
    arena = arena_create(4096);
    test_vectors();
    test_lengths();
    test_length_word();
    test_bad_base64();
    test_damage();
    test_edges();
    arena_destroy(arena);
    guard_destroy(&guard);
    return tap_done();
}
