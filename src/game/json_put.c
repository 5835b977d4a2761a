/*
 * JSON out: straight from the struct into the buffer, without a tree.
 */
#include "core/buf.h"
#include "core/utf8.h"
#include "game/json.h"

/* Where the text goes; a log must not show secrets. */
struct writer {
    struct buf *out;
    bool is_masked;
};

static void write_object(const struct writer *w, const struct fields *fields,
                         const void *object);

void
json_put_int(struct buf *out, int64_t n)
{
    char digits[20];
    char *p = digits + sizeof(digits);
    uint64_t rest = n < 0 ? -(uint64_t) n : (uint64_t) n;

    do {
        *--p = (char) ('0' + rest % 10);
    } while ((rest /= 10) != 0);
    if (n < 0)
        *--p = '-';
    buf_append(out, p, (size_t) (digits + sizeof(digits) - p));
}

static void
put_escape(struct buf *out, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (c == '"' || c == '\\')
        text[1] = (char) c;
    else if (c < sizeof(letters) && letters[c] != 0)
        text[1] = letters[c];
    buf_append(out, text, text[1] == 'u' ? 6 : 2);
}

/* A character of four bytes as its two surrogates. */
static void
put_astral(struct buf *out, const unsigned char *p)
{
    unsigned c = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 |
                 (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);

    c -= 0x10000;
    buf_printf(out, "\\u%04X\\u%04X", 0xd800 | c >> 10, 0xdc00 | (c & 0x3ff));
}

/* The first byte from p on that cannot stand for itself, or end. */
static const unsigned char *
skip_text(const unsigned char *p, const unsigned char *end)
{
    while (p < end) {
        size_t n = 1;

        if (*p >= 0x80)
            n = utf8_len(p, end);
        else if (*p < 0x20 || *p == 0x7f || *p == '"' || *p == '\\')
            n = 0;
        if (n == 0 || n == 4)
            return p;
        p += n;
    }
    return end;
}

/* Writes what skip_text() stopped at; returns what is behind it. */
static const unsigned char *
put_other(struct buf *out, const unsigned char *p, const unsigned char *end)
{
    if (*p < 0x80) {
        put_escape(out, *p);
    } else if (utf8_len(p, end) == 4) {
        put_astral(out, p);
        return p + 4;
    } else {
        buf_append_str(out, STR(UTF8_REPLACEMENT));
    }
    return p + 1;
}

/*
 * Control bytes, DEL too, are escaped, and so are characters above U+FFFF,
 * since the decoders of many clients know no sequences of four bytes; what is
 * no UTF-8 becomes U+FFFD.
 */
void
json_put_str(struct buf *out, struct str s)
{
    const unsigned char *p = (const unsigned char *) (s.len ? s.data : "");
    const unsigned char *end = p + s.len;

    buf_reserve(out, s.len + 2);
    buf_append_byte(out, '"');
    while (p < end) {
        const unsigned char *from = p;

        p = skip_text(p, end);
        buf_append(out, from, (size_t) (p - from));
        if (p < end)
            p = put_other(out, p, end);
    }
    buf_append_byte(out, '"');
}

static void
write_null(const struct writer *w)
{
    buf_append_str(w->out, STR("null"));
}

static void
write_list(const struct writer *w, enum field_kind kind,
           const struct fields *inner, struct object_list list)
{
    buf_append_byte(w->out, '[');
    for (size_t i = 0; i < list.count; i++) {
        if (i != 0)
            buf_append_byte(w->out, ',');
        if (kind == FIELD_KIND_INTS)
            json_put_int(w->out, ((const int *) list.item)[i]);
        else if (kind == FIELD_KIND_INT64S)
            json_put_int(w->out, ((const int64_t *) list.item)[i]);
        else if (kind == FIELD_KIND_STRS)
            json_put_str(w->out, ((const struct str *) list.item)[i]);
        else
            write_object(w, inner,
                         (const uint8_t *) list.item + i * inner->size);
    }
    buf_append_byte(w->out, ']');
}

static void
write_bool(const struct writer *w, bool yes)
{
    buf_append_str(w->out, yes ? STR("true") : STR("false"));
}

static void
write_field(const struct writer *w, const struct field *f, const void *place)
{
    bool nullable = f->flags & FIELD_NULLABLE;
    const struct str *s = place;
    struct object_list list;
    const void *object;

    switch ((enum field_kind) f->kind) {
    case FIELD_KIND_BOOL:
        write_bool(w, *(const bool *) place);
        return;
    case FIELD_KIND_INT:
        json_put_int(w->out, *(const int *) place);
        return;
    case FIELD_KIND_INT64:
        json_put_int(w->out, *(const int64_t *) place);
        return;
    case FIELD_KIND_STR:
        if (nullable && s->data == NULL)
            write_null(w);
        else
            json_put_str(w->out, *s);
        return;
    case FIELD_KIND_INTS:
    case FIELD_KIND_INT64S:
    case FIELD_KIND_STRS:
    case FIELD_KIND_OBJECTS:
        memcpy(&list, place, sizeof(list));
        if (nullable && list.item == NULL)
            write_null(w);
        else
            write_list(w, (enum field_kind) f->kind, f->inner, list);
        return;
    case FIELD_KIND_OBJECT:
        write_object(w, f->inner, place);
        return;
    case FIELD_KIND_POINTER:
        memcpy(&object, place, sizeof(object));
        write_object(w, f->inner, object);
        return;
    }
}

static void
write_object(const struct writer *w, const struct fields *fields,
             const void *object)
{
    if (object == NULL) {
        write_null(w);
        return;
    }
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *f = &fields->field[i];

        buf_append_str(w->out, i == 0 ? STR("{\"") : STR(",\""));
        buf_append(w->out, f->name, f->name_len);
        buf_append_str(w->out, STR("\":"));
        if (w->is_masked && (f->flags & FIELD_SECRET))
            buf_append_str(w->out, STR("\"***\""));
        else
            write_field(w, f, (const uint8_t *) object + f->offset);
    }
    buf_append_str(w->out, fields->count == 0 ? STR("{}") : STR("}"));
}

void
json_put(struct buf *out, const struct fields *fields, const void *object)
{
    write_object(&(struct writer){out, false}, fields, object);
}

void
json_put_list(struct buf *out, const struct fields *fields,
              const void *objects, size_t count)
{
    write_list(&(struct writer){out, false}, FIELD_KIND_OBJECTS, fields,
               (struct object_list){objects, count});
}

void
json_dump(struct buf *out, const struct fields *fields, const void *object,
          size_t max)
{
    size_t start = out->len, cut;

    write_object(&(struct writer){out, true}, fields, object);
    if (out->len - start <= max)
        return;
    cut = start + (max < 3 ? 0 : max - 3);
    while (cut > start && utf8_is_tail(out->data[cut]))
        cut--;
    out->len = cut;
    buf_append(out, "...", max < 3 ? max : 3);
}
