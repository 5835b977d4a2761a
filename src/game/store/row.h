/*
 * Rows: a struct <-> a msgpack array whose first element is the version.
 *
 *     [version, field, field, ...]
 *
 * A row type is a const table of its fields.  A later version only appends
 * fields: a row that is too short has zero in those it lacks, a longer one
 * (a newer daemon wrote it, we were rolled back) is read as far as we know
 * it.  Decoding trusts nothing: a wrong type, a text too long, a number out
 * of range make the row bad.
 *
 * On the bus and within a record of a journal the version is 1, and that is
 * all.  In a table it is 2, and behind the array there are four bytes, the
 * CRC32C of table, key and array (env_sum()), the lowest first:
 *
 *     [2, field, field, ...] sum
 *
 * What older daemons wrote into a table is of version 1, has no sum and ends
 * with its array.  So no flipped bit makes a row of one form a good one of the
 * other; and a row that stands under another key, or in another table, is bad.
 *
 * Nobody may take a bad row for one that is not there: a balance would begin
 * anew, a player who is known would become another.
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
        .name = NAME, .fields = FIELDS,                                       \
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

/* ---- in tables ---- */

enum { ROW_SUM = 4 };

/* Appends the row as it stands under `key` in the table of this name. */
void row_seal(struct buf *out, const char *table, struct str key,
              const struct row_type *type, const void *row);

/* As row_decode(), of what row_seal() made, or an older daemon wrote. */
const char *row_unseal(void *row, const struct row_type *type,
                       const char *table, struct str key, struct str data,
                       const char **field);

/* Is what stands in a table the sealed row, or its older form? */
bool row_is_sealed(struct str data, struct str sealed);

/* A row of a table: 0, MDB_NOTFOUND, ENV_BAD_ROW (logged) or an error. */
int row_find(struct env *env, MDB_txn *txn, unsigned table, struct str key,
             const struct row_type *type, void *row);

/* In the read transaction: 1 found, 0 absent, -1 it is bad or cannot be read
 * (logged). */
int row_read(struct env *env, unsigned table, struct str key,
             const struct row_type *type, void *row);

/* env_put, env_add or env_append of the encoded row. */
typedef int (*row_put_fn)(struct env *env, MDB_txn *txn, unsigned table,
                          struct str key, struct str val);
int row_put(struct env *env, MDB_txn *txn, unsigned table, struct str key,
            const struct row_type *type, const void *row, row_put_fn put);

/*
 * Bytes that are no struct, and their sum behind them; with none of them it is
 * a mark: all it says is in its key.  Older daemons wrote them without a sum.
 * row_bytes_check: is data what was put, `len` bytes?  0 or ENV_BAD_ROW
 * (logged).
 */
int row_bytes_put(struct env *env, MDB_txn *txn, unsigned table,
                  struct str key, struct str bytes);
int row_bytes_check(struct env *env, unsigned table, struct str key,
                    struct str data, size_t len);

/* env_seconds() of marks, or -1 if one is bad (logged). */
int row_marks(struct env *env, MDB_txn *txn, unsigned table, uint64_t first,
              uint64_t *seconds, unsigned max);

#endif
