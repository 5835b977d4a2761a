#include "bench/play_read.h"

#include <string.h>

struct reader {
    const char *p, *end;
    const char *wrong;
    struct str field;
};

static bool
fail(struct reader *r, const char *what)
{
    if (r->wrong == NULL)
        r->wrong = what;
    return false;
}

static void
skip_space(struct reader *r)
{
    while (r->p < r->end &&
           (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
        r->p++;
}

/* The character, with blanks around it. */
static bool
take(struct reader *r, char c)
{
    skip_space(r);
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    skip_space(r);
    return true;
}

static bool
take_word(struct reader *r, const char *word, size_t n)
{
    if ((size_t) (r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return false;
    r->p += n;
    return true;
}

/* ---- strings ---- */

/* The bytes of the UTF-8 character at p, which is not ASCII; 0: none. */
static size_t
utf8_length(const char *p, const char *end)
{
    const unsigned char *s = (const unsigned char *) p;
    size_t n = s[0] >= 0xc2 && s[0] < 0xe0   ? 2
               : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;

    if (n == 0 || (size_t) (end - p) < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return n;
}

/* Four hex digits at p; -1: others. */
static int
hex4(const char *p, const char *end)
{
    int v = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];

        if (c >= '0' && c <= '9')
            v = v * 16 + c - '0';
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            v = v * 16 + (c | 32) - 'a' + 10;
        else
            return -1;
    }
    return v;
}

/* The bytes of the escape at p, a backslash; 0: none.  No NUL, no half pair */
static size_t
escape_length(const char *p, const char *end)
{
    int high;

    if (end - p < 2)
        return 0;
    if (p[1] != 'u')
        return memchr("\"\\/bfnrt", p[1], 8) != NULL ? 2 : 0;
    high = hex4(p + 2, end);
    if (high <= 0 || (high >= 0xdc00 && high < 0xe000))
        return 0;
    if (high < 0xd800 || high >= 0xe000)
        return 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 0;
    high = hex4(p + 8, end);
    return high >= 0xdc00 && high < 0xe000 ? 12 : 0;
}

static bool
read_str(struct reader *r, struct str *s)
{
    const char *begin;

    if (r->p == r->end || *r->p != '"')
        return fail(r, "not a string");
    begin = ++r->p;
    while (r->p < r->end && *r->p != '"') {
        unsigned char c = (unsigned char) *r->p;
        size_t n = c == '\\'   ? escape_length(r->p, r->end)
                   : c < 0x20  ? 0
                   : c >= 0x80 ? utf8_length(r->p, r->end)
                               : 1;

        if (n == 0)
            return fail(r, "not JSON");
        r->p += n;
    }
    if (r->p == r->end)
        return fail(r, "not JSON");
    *s = (struct str){begin, (size_t) (r->p++ - begin)};
    return true;
}

/* ---- numbers and literals ---- */

static bool
read_int(struct reader *r, int64_t *v)
{
    bool minus = r->p < r->end && *r->p == '-';
    const char *first = r->p + minus, *p = first;
    int64_t n = 0;

    while (p < r->end && *p >= '0' && *p <= '9' && p - first < 18)
        n = n * 10 + (*p++ - '0');
    if (p == first || (*first == '0' && p > first + 1) ||
        (p < r->end && memchr(".eE0123456789", *p, 13) != NULL))
        return fail(r, "not an integer");
    r->p = p;
    *v = minus ? -n : n;
    return true;
}

static bool
read_bool(struct reader *r, bool *v)
{
    *v = take_word(r, "true", 4);
    return *v || take_word(r, "false", 5) || fail(r, "not a boolean");
}

/* ---- what is made of them ---- */

static bool read_value(struct reader *r, const struct read_field *f,
                       char *base);

static bool
read_element(struct reader *r, const struct read_field *f, char *base, int i)
{
    struct read_field element = {.kind = READ_OBJECT, .type = f->type};
    size_t at = f->at + (size_t) i * f->size;

    if (f->kind == READ_INTS)
        return read_int(r, (int64_t *) (void *) (base + f->at) + i);
    return read_value(r, &element, base + at);
}

static bool
read_list(struct reader *r, const struct read_field *f, char *base)
{
    int *n = (int *) (void *) (base + f->n_at);

    *n = 0;
    if (!take(r, '['))
        return fail(r, "not a list");
    if (take(r, ']'))
        return true;
    do {
        if (*n == f->max)
            return fail(r, "a list too long");
        if (!read_element(r, f, base, *n))
            return false;
        ++*n;
    } while (take(r, ','));
    return take(r, ']') || fail(r, "not JSON");
}

/* Fields mostly come in the order of the table: `next` is tried first. */
static const struct read_field *
field_find(const struct read_type *type, struct str name, unsigned next)
{
    if (next < type->n && str_equal(type->field[next].name, name))
        return &type->field[next];
    for (unsigned i = 0; i < type->n; i++)
        if (str_equal(type->field[i].name, name))
            return &type->field[i];
    return NULL;
}

static bool
read_field(struct reader *r, const struct read_type *type, char *base,
           uint32_t *seen, unsigned *next)
{
    const struct read_field *f;
    struct str name;
    unsigned i;

    if (r->p == r->end || *r->p != '"')
        return fail(r, "not JSON");
    if (!read_str(r, &name))
        return false;
    f = field_find(type, name, *next);
    if (f == NULL) {
        r->field = name;
        return fail(r, "a field too many");
    }
    i = (unsigned) (f - type->field);
    r->field = f->name;
    if (*seen & 1u << i)
        return fail(r, "a field twice");
    *seen |= 1u << i;
    *next = i + 1;
    if (!take(r, ':'))
        return fail(r, "not JSON");
    return read_value(r, f, base);
}

static bool
read_object(struct reader *r, const struct read_type *type, char *base)
{
    uint32_t seen = 0;
    unsigned next = 0;

    if (!take(r, '{'))
        return fail(r, "not an object");
    if (!take(r, '}')) {
        do {
            if (!read_field(r, type, base, &seen, &next))
                return false;
        } while (take(r, ','));
        if (!take(r, '}'))
            return fail(r, "not JSON");
    }
    for (unsigned i = 0; i < type->n; i++) {
        if (seen & 1u << i)
            continue;
        r->field = type->field[i].name;
        return fail(r, "a field is missing");
    }
    return true;
}

static bool
read_value(struct reader *r, const struct read_field *f, char *base)
{
    void *out = base + f->at;

    if (f->nullable) {
        bool is_null = take_word(r, "null", 4);

        *(int *) (void *) (base + f->n_at) = f->kind != READ_OBJECT ? -1
                                                                    : !is_null;
        if (is_null)
            return true;
    }
    switch (f->kind) {
    case READ_INT:
        return read_int(r, out);
    case READ_BOOL:
        return read_bool(r, out);
    case READ_STR:
        return read_str(r, out);
    case READ_OBJECT:
        return read_object(r, f->type, out);
    default:
        return read_list(r, f, base);
    }
}

const char *
read_json(const struct read_field *root, void *out, struct str text,
          struct str *field)
{
    struct reader r = {.p = text.data, .end = text.data + text.len};

    skip_space(&r);
    if (read_value(&r, root, out)) {
        skip_space(&r);
        if (r.p != r.end)
            fail(&r, "not JSON");
    }
    *field = r.field;
    return r.wrong;
}
