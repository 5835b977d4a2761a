/*
 * Rows: a struct <-> a msgpack array whose first element is the version.
 *
 *     [version, field, field, ...]
 *
 * A row type is a const table of its fields.  A later version only appends
 * fields: a row that is too short has zero in those it lacks, a longer one
 * (a newer daemon wrote it, we were rolled back) is read as far as we know
 * it.  Decoding trusts nothing: a wrong type, a text too long, a number out
 * of range make the row bad, and a bad row counts as absent.
 */
#ifndef GAME_STORE_ROW_H
#define GAME_STORE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/env.h"
#include "core/str.h"

enum row_kind {
    ROW_U8,
    ROW_U16,
    ROW_U32,
    ROW_U64,
    ROW_I32,
    ROW_I64,
    ROW_BOOL,
    ROW_TEXT,  /* char[size], NUL-terminated in the struct */
    ROW_BYTES, /* uint8_t[size], always all of it */
    ROW_BLOB   /* struct row_blob and its data, as long as it says */
};

/*
 * A member of up to N bytes is a struct of this and `uint8_t data[N]`, in
 * this order.
 */
struct row_blob {
    uint16_t len;
};

struct row_field {
    const char *name;
    enum row_kind kind;
    uint32_t offset;
    uint32_t size;  /* of the member */
    uint32_t count; /* > 1: an array of numbers */
};

struct row_type {
    const char *name; /* for the log */
    uint32_t version; /* written; any from 1 is read */
    const struct row_field *fields;
    uint32_t count;
};

/* The kind follows from the member's type; another type does not compile. */
#define ROW_FIELD(T, f)                                                         \
    {                                                                           \
        .name = #f,                                                           \
        .kind = _Generic(&((T *) 0)->f,                                       \
            uint8_t *: ROW_U8,                                                \
            uint16_t *: ROW_U16,                                              \
            uint32_t *: ROW_U32,                                              \
            uint64_t *: ROW_U64,                                              \
            int32_t *: ROW_I32,                                               \
            int64_t *: ROW_I64,                                               \
            bool *: ROW_BOOL),                                                \
        .offset = offsetof(T, f), .size = sizeof(((T *) 0)->f), .count = 1 \
    }
#define ROW_ARRAY(T, f)                                                       \
    {                                                                         \
        .name = #f,                                                           \
        .kind = _Generic(((T *) 0)->f, uint64_t *                             \
                         : ROW_U64, uint32_t *                                \
                         : ROW_U32, int32_t *                                 \
                         : ROW_I32, int64_t *                                 \
                         : ROW_I64),                                          \
        .offset = offsetof(T, f), .size = sizeof(((T *) 0)->f[0]),            \
        .count = sizeof(((T *) 0)->f) / sizeof(((T *) 0)->f[0])               \
    }
#define ROW_STRING(T, f)                                                        \
    {                                                                           \
        .name = #f, .kind = _Generic(((T *) 0)->f, char *: ROW_TEXT),         \
        .offset = offsetof(T, f), .size = sizeof(((T *) 0)->f), .count = 1 \
    }
#define ROW_BINARY(T, f)                                                      \
    {                                                                         \
        .name = #f,                                                           \
        .kind = _Generic(((T *) 0)->f, uint8_t *                              \
                         : ROW_BYTES),                                        \
        .offset = offsetof(T, f), .size = sizeof(((T *) 0)->f), .count = 1    \
    }

#define ROW_SIZED(T, f)                                                       \
    {                                                                         \
        .name = #f,                                                           \
        .kind = _Generic(((T *) 0)->f.blob, struct row_blob                   \
                         : _Generic(((T *) 0)->f.data, uint8_t *              \
                                    : ROW_BLOB)),                             \
        .offset = offsetof(T, f),                                             \
        .size = sizeof(struct row_blob) + sizeof(((T *) 0)->f.data),          \
        .count = 1                                                            \
    }

/* A row type from its name and an array of fields. */
#define ROW_TYPE(NAME, FIELDS)                                                \
    {                                                                         \
        .name = NAME, .version = 1, .fields = FIELDS,                         \
        .count = sizeof(FIELDS) / sizeof(FIELDS[0])                           \
    }

/* Appends the encoded row to out. */
void row_encode(struct buf *out, const struct row_type *type, const void *row);

/*
 * Decodes the whole of data into row.  Returns NULL, or what is wrong and
 * row is undefined; *field is then the name of the field it is about.
 */
const char *row_decode(void *row, const struct row_type *type, struct str data,
                       const char **field);

/* No code of LMDB: the row is there and cannot be read. */
enum { ROW_BAD = 1 << 22 };

/*
 * A row of a table.  row_find: 0, MDB_NOTFOUND, ROW_BAD (logged) or an
 * error; row_get the same, but what is bad is MDB_NOTFOUND.
 */
int row_find(struct env *env, MDB_txn *txn, unsigned table, struct str key,
             const struct row_type *type, void *row);
int row_get(struct env *env, MDB_txn *txn, unsigned table, struct str key,
            const struct row_type *type, void *row);

/* row_get in the read transaction: 1 found, 0 absent, -1 error (logged). */
int row_read(struct env *env, unsigned table, struct str key,
             const struct row_type *type, void *row);

/* env_put, env_add or env_append of the encoded row. */
typedef int (*row_put_fn)(struct env *env, MDB_txn *txn, unsigned table,
                          struct str key, struct str val);
int row_put(struct env *env, MDB_txn *txn, unsigned table, struct str key,
            const struct row_type *type, const void *row, row_put_fn put);

#endif
