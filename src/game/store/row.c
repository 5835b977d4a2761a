#include "game/store/row.h"

#include <msgpack.h>
#include <string.h>

#include "core/msgpack_read.h"
#include "core/msgpack_scan.h"

/* ---- encoding ---- */

/* One number at p, whatever its width. */
static void
pack_number(msgpack_packer *pk, enum row_kind kind, const void *p)
{
    switch (kind) {
    case ROW_U8:
        msgpack_pack_uint8(pk, *(const uint8_t *) p);
        break;
    case ROW_U16:
        msgpack_pack_uint16(pk, *(const uint16_t *) p);
        break;
    case ROW_U32:
        msgpack_pack_uint32(pk, *(const uint32_t *) p);
        break;
    case ROW_U64:
        msgpack_pack_uint64(pk, *(const uint64_t *) p);
        break;
    case ROW_I32:
        msgpack_pack_int32(pk, *(const int32_t *) p);
        break;
    case ROW_I64:
        msgpack_pack_int64(pk, *(const int64_t *) p);
        break;
    case ROW_BOOL:
        if (*(const bool *) p)
            msgpack_pack_true(pk);
        else
            msgpack_pack_false(pk);
        break;
    case ROW_TEXT:
    case ROW_BYTES:
    case ROW_BLOB:
        break;
    }
}

static void
pack_field(msgpack_packer *pk, const struct row_field *field, const void *row)
{
    const char *p = (const char *) row + field->offset;
    size_t len;

    if (field->kind == ROW_TEXT) {
        len = strnlen(p, field->size - 1);
        msgpack_pack_str(pk, len);
        msgpack_pack_str_body(pk, p, len);
    } else if (field->kind == ROW_BYTES) {
        msgpack_pack_bin(pk, field->size);
        msgpack_pack_bin_body(pk, p, field->size);
    } else if (field->kind == ROW_BLOB) {
        len = ((const struct row_blob *) (const void *) p)->len;
        msgpack_pack_bin(pk, len);
        msgpack_pack_bin_body(pk, p + sizeof(struct row_blob), len);
    } else if (field->count == 1) {
        pack_number(pk, field->kind, p);
    } else {
        msgpack_pack_array(pk, field->count);
        for (uint32_t i = 0; i < field->count; i++)
            pack_number(pk, field->kind, p + (size_t) i * field->size);
    }
}

/* The version says whether there is a sum. */
enum { PLAIN = 1, SEALED = 2 };

static void
encode(struct buf *out, const struct row_type *type, const void *row,
       uint8_t version)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, out, buf_write);
    msgpack_pack_array(&pk, type->count + 1);
    msgpack_pack_uint8(&pk, version);
    for (uint32_t i = 0; i < type->count; i++)
        pack_field(&pk, &type->fields[i], row);
}

void
row_encode(struct buf *out, const struct row_type *type, const void *row)
{
    encode(out, type, row, PLAIN);
}

/* ---- decoding ---- */

static const char *
take_unsigned(void *p, uint32_t size, const msgpack_object *from)
{
    uint64_t v = from->via.u64;

    if (from->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return "is no unsigned number";
    if (size < 8 && v >> (8 * size) != 0)
        return "is too large";
    switch (size) {
    case 1:
        *(uint8_t *) p = (uint8_t) v;
        break;
    case 2:
        *(uint16_t *) p = (uint16_t) v;
        break;
    case 4:
        *(uint32_t *) p = (uint32_t) v;
        break;
    default:
        *(uint64_t *) p = v;
    }
    return NULL;
}

static const char *
take_signed(void *p, uint32_t size, const msgpack_object *from)
{
    int64_t v = from->via.i64;

    if (from->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        if (from->via.u64 > INT64_MAX)
            return "is too large";
    } else if (from->type != MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        return "is no number";
    }
    if (size == 4) {
        if (v < INT32_MIN || v > INT32_MAX)
            return "is too large";
        *(int32_t *) p = (int32_t) v;
    } else {
        *(int64_t *) p = v;
    }
    return NULL;
}

static const char *
take_number(void *p, const struct row_field *field, const msgpack_object *from)
{
    switch (field->kind) {
    case ROW_I32:
    case ROW_I64:
        return take_signed(p, field->size, from);
    case ROW_BOOL:
        if (from->type != MSGPACK_OBJECT_BOOLEAN)
            return "is no boolean";
        *(bool *) p = from->via.boolean;
        return NULL;
    default:
        return take_unsigned(p, field->size, from);
    }
}

static const char *
take_text(char *p, const struct row_field *field, const msgpack_object *from)
{
    size_t len = from->via.str.size;

    if (from->type != MSGPACK_OBJECT_STR)
        return "is no text";
    if (len >= field->size)
        return "is too long";
    p[len] = '\0';
    if (len == 0)
        return NULL; /* ptr may be NULL */
    if (memchr(from->via.str.ptr, 0, len) != NULL)
        return "has a NUL in it";
    memcpy(p, from->via.str.ptr, len);
    return NULL;
}

static const char *
take_bytes(void *p, const struct row_field *field, const msgpack_object *from)
{
    if (from->type != MSGPACK_OBJECT_BIN)
        return "is not binary";
    if (from->via.bin.size != field->size)
        return "has another length";
    memcpy(p, from->via.bin.ptr, field->size);
    return NULL;
}

static const char *
take_blob(void *p, const struct row_field *field, const msgpack_object *from)
{
    struct row_blob *blob = p;
    size_t len = from->via.bin.size;

    if (from->type != MSGPACK_OBJECT_BIN)
        return "is not binary";
    if (len > field->size - sizeof(*blob))
        return "is too long";
    blob->len = (uint16_t) len;
    if (len != 0) /* ptr may be NULL */
        memcpy(blob + 1, from->via.bin.ptr, len);
    return NULL;
}

static const char *
take_field(void *row, const struct row_field *field,
           const msgpack_object *from)
{
    char *p = (char *) row + field->offset;
    const char *why = NULL;

    if (field->kind == ROW_TEXT)
        return take_text(p, field, from);
    if (field->kind == ROW_BYTES)
        return take_bytes(p, field, from);
    if (field->kind == ROW_BLOB)
        return take_blob(p, field, from);
    if (field->count == 1)
        return take_number(p, field, from);
    if (from->type != MSGPACK_OBJECT_ARRAY ||
        from->via.array.size != field->count)
        return "is no array of its length";
    for (uint32_t i = 0; why == NULL && i < field->count; i++)
        why = take_number(p + (size_t) i * field->size, field,
                          &from->via.array.ptr[i]);
    return why;
}

static const char *
take_row(void *row, const struct row_type *type, const msgpack_object *from,
         const char **name)
{
    const msgpack_object *list = from->via.array.ptr;
    uint32_t n = from->via.array.size;
    const char *why;

    if (from->type != MSGPACK_OBJECT_ARRAY || n == 0)
        return "is no array";
    *name = "version";
    if (list[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
        list[0].via.u64 == 0)
        return "is no version";
    for (uint32_t i = 0; i < type->count; i++) {
        const struct row_field *field = &type->fields[i];

        *name = field->name;
        if (i + 1 >= n) {
            memset((char *) row + field->offset, 0,
                   (size_t) field->size * field->count);
            continue;
        }
        why = take_field(row, field, &list[i + 1]);
        if (why != NULL)
            return why;
    }
    return NULL;
}

const char *
row_decode(void *row, const struct row_type *type, struct str data,
           const char **field)
{
    msgpack_unpacked result;
    const char *why = "cannot be unpacked";
    size_t end = 0;

    *field = "row";
    if (msgpack_scan((const uint8_t *) data.data, data.len, data.len) !=
        (ssize_t) data.len)
        return "is not one msgpack object";
    if (msgpack_read(&result, data.data, data.len, &end))
        why = take_row(row, type, &result.data, field);
    msgpack_unpacked_destroy(&result);
    return why;
}

/* ---- in tables ---- */

/* Where the version is; 0: this is not how a row begins. */
static size_t
version_at(struct str data)
{
    uint8_t head = data.len != 0 ? (uint8_t) data.data[0] : 0;
    size_t at = head >> 4 == 9 ? 1 : head == 0xdc ? 3 : 0;

    return at < data.len ? at : 0;
}

/* Was it written without a sum? */
static bool
is_plain(struct str data)
{
    size_t at = version_at(data);

    return at != 0 && data.data[at] == PLAIN;
}

static void
put_sum(uint8_t out[ROW_SUM], uint32_t sum)
{
    for (unsigned i = 0; i < ROW_SUM; i++, sum >>= 8)
        out[i] = (uint8_t) sum;
}

static bool
has_sum(const char *table, struct str key, struct str data)
{
    uint8_t sum[ROW_SUM];

    if (data.len < ROW_SUM)
        return false;
    data.len -= ROW_SUM;
    put_sum(sum, env_sum(table, key, data));
    return memcmp(data.data + data.len, sum, ROW_SUM) == 0;
}

static void
append_sum(struct buf *out, size_t from, const char *table, struct str key)
{
    struct str row = {(const char *) out->data + from, out->len - from};
    uint32_t sum = env_sum(table, key, row);

    put_sum(buf_reserve(out, ROW_SUM), sum);
    out->len += ROW_SUM;
}

void
row_seal(struct buf *out, const char *table, struct str key,
         const struct row_type *type, const void *row)
{
    size_t from = out->len;

    encode(out, type, row, SEALED);
    append_sum(out, from, table, key);
}

const char *
row_unseal(void *row, const struct row_type *type, const char *table,
           struct str key, struct str data, const char **field)
{
    if (!is_plain(data)) {
        *field = "row";
        if (!has_sum(table, key, data))
            return "has a wrong checksum";
        data.len -= ROW_SUM;
    }
    return row_decode(row, type, data, field);
}

bool
row_is_sealed(struct str data, struct str sealed)
{
    size_t at;

    if (str_equal(data, sealed))
        return true;
    if (data.len + ROW_SUM != sealed.len || !is_plain(data))
        return false;
    at = version_at(data);
    return memcmp(data.data, sealed.data, at) == 0 &&
           memcmp(data.data + at + 1, sealed.data + at + 1,
                  data.len - at - 1) == 0;
}

int
row_find(struct env *env, MDB_txn *txn, unsigned table, struct str key,
         const struct row_type *type, void *row)
{
    const char *name = env->conf.tables[table], *why, *field;
    struct str val;
    int rc;

    rc = env_get(env, txn, table, key, &val);
    if (rc != 0)
        return rc;
    why = row_unseal(row, type, name, key, val, &field);
    return why == NULL ? 0 : env_bad_row(env, name, key, field, why);
}

int
row_read(struct env *env, unsigned table, struct str key,
         const struct row_type *type, void *row)
{
    MDB_txn *txn = env_read_begin(env);
    int rc;

    if (txn == NULL)
        return -1;
    rc = row_find(env, txn, table, key, type, row);
    env_read_end(env);
    if (env_failed(env, rc, "reading"))
        return -1;
    return rc == 0;
}

int
row_put(struct env *env, MDB_txn *txn, unsigned table, struct str key,
        const struct row_type *type, const void *row, row_put_fn put)
{
    struct buf out = {0};
    int rc;

    row_seal(&out, env->conf.tables[table], key, type, row);
    rc = put(env, txn, table, key, buf_str(&out));
    buf_deinit(&out);
    return rc;
}

/* ---- bytes and marks ---- */

int
row_bytes_put(struct env *env, MDB_txn *txn, unsigned table, struct str key,
              struct str bytes)
{
    struct buf out = {0};
    int rc;

    buf_append_str(&out, bytes);
    append_sum(&out, 0, env->conf.tables[table], key);
    rc = env_put(env, txn, table, key, buf_str(&out));
    buf_deinit(&out);
    return rc;
}

int
row_bytes_check(struct env *env, unsigned table, struct str key,
                struct str data, size_t len)
{
    const char *name = env->conf.tables[table];

    if (data.len == len) /* an older daemon's */
        return 0;
    if (data.len != len + ROW_SUM)
        return env_bad_row(env, name, key, "row", "has another length");
    if (!has_sum(name, key, data))
        return env_bad_row(env, name, key, "row", "has a wrong checksum");
    return 0;
}

int
row_marks(struct env *env, MDB_txn *txn, unsigned table, uint64_t first,
          uint64_t *seconds, unsigned max)
{
    int n = env_seconds(env, txn, table, first, 0, seconds, max);

    for (int i = 0; i < n; i++) {
        uint8_t buf[16];
        struct str key = env_key_pair(buf, first, seconds[i]), val;
        int rc = env_get(env, txn, table, key, &val);

        if (rc == 0)
            rc = row_bytes_check(env, table, key, val, 0);
        if (env_failed(env, rc, "reading"))
            return -1;
    }
    return n;
}
