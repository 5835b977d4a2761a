#include "game/store/row.h"

#include <stddef.h>
#include <stdlib.h>

#include "tap.h"

struct sample {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int32_t i32;
    int64_t i64;
    bool flag;
    char text[8];
    uint8_t bytes[4];
    uint64_t list[3];
    struct sized {
        struct row_blob blob;
        uint8_t data[5];
    } sized;
};

static const struct row_field fields[] = {
    ROW_FIELD(struct sample, u8),     ROW_FIELD(struct sample, u16),
    ROW_FIELD(struct sample, u32),    ROW_FIELD(struct sample, u64),
    ROW_FIELD(struct sample, i32),    ROW_FIELD(struct sample, i64),
    ROW_FIELD(struct sample, flag),   ROW_STRING(struct sample, text),
    ROW_BINARY(struct sample, bytes), ROW_ARRAY(struct sample, list),
    ROW_SIZED(struct sample, sized),
};
static const struct row_type type = ROW_TYPE("sample", fields);

static const struct row_field first_fields[] = {
    ROW_FIELD(struct sample, u8),
    ROW_FIELD(struct sample, u16),
};
static const struct row_type first_type = ROW_TYPE("sample", first_fields);

static const struct sample samples[] = {
    {0},
    {1,
     2,
     3,
     4,
     5,
     6,
     true,
     "seven",
     {8, 9, 10, 11},
     {12, 13, 14},
     {{2}, {1, 2}}},
    {UINT8_MAX,
     UINT16_MAX,
     UINT32_MAX,
     UINT64_MAX,
     INT32_MIN,
     INT64_MIN,
     true,
     "1234567",
     {255, 255, 255, 255},
     {UINT64_MAX, 0, 1},
     {{5}, {255, 0, 255, 0, 255}}},
    {.i32 = INT32_MAX, .i64 = INT64_MAX, .text = "\xe6\xac\xa2"},
};

static bool
is_same(const struct sample *a, const struct sample *b)
{
    return a->u8 == b->u8 && a->u16 == b->u16 && a->u32 == b->u32 &&
           a->u64 == b->u64 && a->i32 == b->i32 && a->i64 == b->i64 &&
           a->flag == b->flag && strcmp(a->text, b->text) == 0 &&
           memcmp(a->bytes, b->bytes, 4) == 0 &&
           memcmp(a->list, b->list, sizeof(a->list)) == 0 &&
           a->sized.blob.len == b->sized.blob.len &&
           memcmp(a->sized.data, b->sized.data, a->sized.blob.len) == 0;
}

/*
 * Decodes a copy without a byte to spare, so that a sanitizer sees overruns.
 */
static const char *
decode(struct sample *out, const struct row_type *as, const void *data,
       size_t len, const char **field)
{
    char *copy = malloc(len ? len : 1);
    const char *why;

    memcpy(copy, data, len);
    memset(out, 0xee, sizeof(*out));
    why = row_decode(out, as, (struct str){copy, len}, field);
    free(copy);
    return why;
}

static void
test_round_trip(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct buf out = {0};
        struct sample back;
        const char *field;

        row_encode(&out, &type, &samples[i]);
        ok(decode(&back, &type, out.data, out.len, &field) == NULL &&
               is_same(&back, &samples[i]),
           "sample %zu comes back", i);
        buf_deinit(&out);
    }
}

static void
test_versions(void)
{
    struct buf out = {0};
    struct sample back;
    const char *field;

    row_encode(&out, &type, &samples[1]);
    ok(decode(&back, &first_type, out.data, out.len, &field) == NULL,
       "a longer row is read");
    is_int(back.u16, 2, "... as far as we know it");
    out.len = 0;
    row_encode(&out, &first_type, &samples[1]);
    ok(decode(&back, &type, out.data, out.len, &field) == NULL,
       "a shorter row is read");
    ok(back.u16 == 2 && back.u64 == 0 && back.text[0] == 0 &&
           back.list[2] == 0 && back.sized.blob.len == 0,
       "... with zero for the rest");
    buf_deinit(&out);
}

struct bad {
    const char *bytes;
    size_t len;
    const char *field;
    const char *why;
};

#define BAD(bytes, field, why)                                                \
    {                                                                         \
        bytes, sizeof(bytes) - 1, field, why                                  \
    }

static const struct bad bads[] = {
    BAD("", "row", "is not one msgpack object"),
    BAD("\x92\x01", "row", "is not one msgpack object"),
    BAD("\x91\x01\x00", "row", "is not one msgpack object"),
    BAD("\xdd\xff\xff\xff\xff", "row", "is not one msgpack object"),
    BAD("\xdc\xff\xff\x01", "row", "is not one msgpack object"),
    BAD("\x01", "row", "is no array"),
    BAD("\x90", "row", "is no array"),
    BAD("\x81\x01\x01", "row", "is no array"),
    BAD("\x91\x00", "version", "is no version"),
    BAD("\x91\xa1x", "version", "is no version"),
    BAD("\x92\x01\xcd\x01\x00", "u8", "is too large"),
    BAD("\x92\x01\xff", "u8", "is no unsigned number"),
    BAD("\x92\x01\xa1x", "u8", "is no unsigned number"),
    BAD("\x93\x01\x00\xce\x00\x01\x00\x00", "u16", "is too large"),
    BAD("\x96\x01\x00\x00\x00\x00\xce\x80\x00\x00\x00", "i32", "is too large"),
    BAD("\x97\x01\x00\x00\x00\x00\x00\xcf\x80\x00\x00\x00\x00\x00\x00\x00",
        "i64", "is too large"),
    BAD("\x97\x01\x00\x00\x00\x00\x00\xcb\x00\x00\x00\x00\x00\x00\x00\x00",
        "i64", "is no number"),
    BAD("\x98\x01\x00\x00\x00\x00\x00\x00\x01", "flag", "is no boolean"),
    BAD("\x99\x01\x00\x00\x00\x00\x00\x00\xc2\xa8"
        "12345678",
        "text", "is too long"),
    BAD("\x99\x01\x00\x00\x00\x00\x00\x00\xc2\xa2\x00x", "text",
        "has a NUL in it"),
    BAD("\x99\x01\x00\x00\x00\x00\x00\x00\xc2\xc4\x01x", "text", "is no text"),
    BAD("\x9a\x01\x00\x00\x00\x00\x00\x00\xc2\xa0\xc4\x03xyz", "bytes",
        "has another length"),
    BAD("\x9a\x01\x00\x00\x00\x00\x00\x00\xc2\xa0\xa4wxyz", "bytes",
        "is not binary"),
    BAD("\x9b\x01\x00\x00\x00\x00\x00\x00\xc2\xa0\xc4\x04wxyz\x92\x01\x02",
        "list", "is no array of its length"),
    BAD("\x9b\x01\x00\x00\x00\x00\x00\x00\xc2\xa0\xc4\x04wxyz\x93\x01\x02\xff",
        "list", "is no unsigned number"),
    BAD("\x9c\x01\x00\x00\x00\x00\x00\x00\xc2\xa0\xc4\x04wxyz\x93\x01\x02\x03"
        "\xc4\x06uvwxyz",
        "sized", "is too long"),
    BAD("\x9c\x01\x00\x00\x00\x00\x00\x00\xc2\xa0\xc4\x04wxyz\x93\x01\x02\x03"
        "\xa2yz",
        "sized", "is not binary"),
};

static void
test_bad_rows(void)
{
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        struct sample back;
        const char *field;

        is_str(decode(&back, &type, bads[i].bytes, bads[i].len, &field),
               bads[i].why, "%s %s", bads[i].field, bads[i].why);
        is_str(field, bads[i].field, "... of the field");
    }
}

/* Cut anywhere it is bad; with any byte changed it is bad or another row. */
static void
test_mutations(void)
{
    struct buf out = {0};
    struct sample back;
    const char *field;
    unsigned taken = 0, tried = 0;

    row_encode(&out, &type, &samples[2]);
    for (size_t len = 0; len < out.len; len++)
        taken += decode(&back, &type, out.data, len, &field) == NULL;
    is_int(taken, 0, "no cut row is taken");
    for (size_t i = 0; i < out.len; i++) {
        uint8_t was = out.data[i];

        for (unsigned v = 0; v < 256; v++, tried++) {
            out.data[i] = (uint8_t) v;
            taken += decode(&back, &type, out.data, out.len, &field) == NULL &&
                     memchr(back.text, 0, sizeof(back.text)) == NULL;
        }
        out.data[i] = was;
    }
    is_int(taken, 0, "%u changed rows: none has a text without end", tried);
    buf_deinit(&out);
}

int
main(void)
{
    test_round_trip();
    test_versions();
    test_bad_rows();
    test_mutations();
    return tap_done();
}
