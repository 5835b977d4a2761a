/*
 * JSON text into a struct, by a table of the fields that it must have: in one
 * pass, without memory of its own, and stricter than JSON asks.  A field that
 * is missing, unknown, twice there or of another type is wrong, as is text
 * that is not JSON; numbers are integers.
 *
 * The load tool has a reader of its own because it meets some hundred
 * thousand messages a second, and half of its time was building trees.
 */
#ifndef BENCH_PLAY_READ_H
#define BENCH_PLAY_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

enum read_kind {
    READ_INT,    /* int64_t */
    READ_BOOL,   /* bool */
    READ_STR,    /* struct str as it stands in the text, escapes and all */
    READ_INTS,   /* int64_t at[max], int n */
    READ_LIST,   /* objects at[max], int n */
    READ_OBJECT, /* a struct; nullable: int n is 1 if it is there */
};

struct read_type;

struct read_field {
    struct str name;
    uint8_t kind;
    bool nullable; /* null: n is -1 (of an object 0) */
    uint16_t at;
    uint16_t n_at;
    uint16_t max;
    uint16_t size; /* of an element */
    const struct read_type *type;
};

struct read_type {
    const struct read_field *field;
    unsigned n; /* at most 32 */
};

#define READ_TYPE(fields)                                                     \
    {                                                                         \
        fields, sizeof(fields) / sizeof((fields)[0])                          \
    }

/* A row for the member f of struct T; the kind follows from its type. */
#define READ_VALUE(json, T, f)                                                \
    {                                                                         \
        .name = STR_INIT(json), .at = offsetof(struct T, f),                  \
        .kind = _Generic(((struct T *) 0)->f, int64_t                         \
                         : READ_INT, bool                                     \
                         : READ_BOOL, struct str                              \
                         : READ_STR)                                          \
    }

/* For a member f that is a struct { int n; int64_t at[]; }. */
#define READ_INT_LIST(json, T, f, null)                                       \
    {                                                                         \
        .name = STR_INIT(json), .kind = READ_INTS, .nullable = (null),        \
        .at = offsetof(struct T, f.at), .n_at = offsetof(struct T, f.n),      \
        .max = sizeof(((struct T *) 0)->f.at) / sizeof(int64_t)               \
    }

/* For a member f that is a struct { int n; struct ... at[]; }. */
#define READ_OBJECTS(json, T, f, of)                                          \
    {                                                                         \
        .name = STR_INIT(json), .kind = READ_LIST,                            \
        .at = offsetof(struct T, f.at), .n_at = offsetof(struct T, f.n),      \
        .max = sizeof(((struct T *) 0)->f.at) /                               \
               sizeof(((struct T *) 0)->f.at[0]),                             \
        .size = sizeof(((struct T *) 0)->f.at[0]), .type = &(of)              \
    }

#define READ_STRUCT(json, T, f, of)                                           \
    {                                                                         \
        .name = STR_INIT(json), .kind = READ_OBJECT,                          \
        .at = offsetof(struct T, f), .type = &(of)                            \
    }

#define READ_STRUCT_OR_NULL(json, T, f, n_member, of)                         \
    {                                                                         \
        .name = STR_INIT(json), .kind = READ_OBJECT, .nullable = true,        \
        .at = offsetof(struct T, f), .n_at = offsetof(struct T, n_member),    \
        .type = &(of)                                                         \
    }

/*
 * Reads the whole text as `root` says (its name does not count) into out.
 * Returns NULL, or what is wrong; then *field is the name of the innermost
 * field where it is, or empty.  Strings borrow from the text.
 */
const char *read_json(const struct read_field *root, void *out,
                      struct str text, struct str *field);

#endif
