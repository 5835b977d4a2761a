#include "game/json.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/utf8.h"

/* Where the tree of the text in hand is made; it is never freed alone. */
static struct arena *tree_arena;

static void *
tree_alloc(size_t size)
{
    return arena_alloc(tree_arena, size);
}

static void
tree_free(void *p)
{
    (void) p;
}

void
json_init(void)
{
    json_set_alloc_funcs(tree_alloc, tree_free);
    json_object_seed(0);
}

/* The byte behind the string whose inside begins at p; end if none ends it. */
static const char *
skip_string(const char *p, const char *end)
{
    while (p < end && *p != '"')
        p += *p == '\\' && end - p > 1 ? 2 : 1;
    return p < end ? p + 1 : end;
}

/*
 * As far as the text is JSON this reads it as the parser will; from its first
 * error on the parser reads nothing, so what is counted there does no harm.
 */
const char *
json_scan(struct str text)
{
    const char *p = text.data, *end;
    unsigned depth = 0, values = 1;

    if (text.len == 0)
        return "empty";
    if (text.len > JSON_MAX_TEXT)
        return "too large";
    end = p + text.len;
    while (p < end) {
        switch (*p++) {
        case '"':
            p = skip_string(p, end);
            break;
        case '[':
        case '{':
            values++;
            if (++depth > JSON_MAX_DEPTH)
                return "nested too deeply";
            break;
        case ']':
        case '}':
            if (depth-- == 0)
                return "not valid JSON";
            break;
        case ',':
            values++;
            break;
        }
        if (values > JSON_MAX_VALUES)
            return "too many values";
    }
    return depth == 0 ? NULL : "not valid JSON";
}

/* ---- text that the parser would not take ---- */

/* Only ASCII, and no escapes: what nearly all messages are. */
static bool
is_plain(struct str text)
{
    const uint64_t ones = 0x0101010101010101, highs = ones << 7;
    uint64_t found = 0;
    size_t i = 0;

    for (; i + 8 <= text.len; i += 8) {
        uint64_t bytes, slashes;

        memcpy(&bytes, text.data + i, 8);
        slashes = bytes ^ ones * '\\';
        found |= bytes | ((slashes - ones) & ~slashes);
    }
    for (; i < text.len; i++)
        if (text.data[i] == '\\')
            return false;
        else
            found |= (unsigned char) text.data[i];
    return (found & highs) == 0;
}

/* The code of the escape \uXXXX at p; -1 if there is none. */
static int
unicode_escape(const char *p, const char *end)
{
    int code = 0;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int c = p[i] | 0x20; /* letters in lower case */

        if (p[i] >= '0' && p[i] <= '9')
            code = code << 4 | (p[i] - '0');
        else if (c >= 'a' && c <= 'f')
            code = code << 4 | (c - 'a' + 10);
        else
            return -1;
    }
    return code;
}

/* The end of the escape at p, which is '\\'; *lone: half a pair. */
static const char *
skip_escape(const char *p, const char *end, bool *lone)
{
    int code = unicode_escape(p, end), next;

    *lone = false;
    if (code < 0)
        return end - p > 1 ? p + 2 : end;
    if ((code & 0xf800) != 0xd800)
        return p + 6;
    next = unicode_escape(p + 6, end);
    *lone = code >= 0xdc00 || (next & 0xfc00) != 0xdc00;
    return *lone ? p + 6 : p + 12;
}

/* Where the first one from `at` on stands, or text.len. */
static size_t
find_lone_escape(struct str text, size_t at)
{
    const char *end = text.data + text.len, *p = text.data + at;

    while ((p = memchr(p, '\\', (size_t) (end - p))) != NULL) {
        bool lone;
        const char *behind = skip_escape(p, end, &lone);

        if (lone)
            return (size_t) (p - text.data);
        p = behind;
    }
    return text.len;
}

/* Pairs of surrogates in CESU-8 are joined; what is no UTF-8 is U+FFFD. */
static struct str
repair_bytes(struct str text, struct arena *arena)
{
    char *out;

    if (utf8_is_valid(text))
        return text;
    out = arena_alloc(arena, UTF8_GROWTH * text.len);
    return (struct str){out, utf8_repair(out, text)};
}

/* Escapes of half a pair of surrogates become those of U+FFFD. */
static struct str
repair_escapes(struct str text, struct arena *arena)
{
    size_t at = find_lone_escape(text, 0);
    char *out;

    if (at == text.len)
        return text;
    out = arena_dup(arena, text.data, text.len);
    for (; at < text.len; at = find_lone_escape(text, at + 6))
        memcpy(out + at, "\\ufffd", 6);
    return (struct str){out, text.len};
}

static struct str
repair(struct str text, struct arena *arena)
{
    return is_plain(text) ? text
                          : repair_escapes(repair_bytes(text, arena), arena);
}

/* ---- numbers that the parser would not take ---- */

/* The end of the digits at p; NULL if there are none. */
static const char *
skip_digits(const char *p)
{
    size_t n = strspn(p, "0123456789");

    return n != 0 ? p + n : NULL;
}

/* The end of the number at p, NULL if it is none; a NUL ends the text. */
static const char *
skip_number(const char *p, bool *is_real)
{
    *is_real = false;
    p += *p == '-';
    p = *p == '0' ? p + 1 : skip_digits(p);
    if (p != NULL && *p == '.') {
        *is_real = true;
        p = skip_digits(p + 1);
    }
    if (p != NULL && (*p | 0x20) == 'e') {
        *is_real = true;
        p += p[1] == '-' || p[1] == '+' ? 2 : 1;
        p = skip_digits(p);
    }
    return p;
}

static bool
is_out_of_range(const char *number, bool is_real)
{
    errno = 0;
    if (is_real)
        return isinf(strtod(number, NULL));
    (void) strtoll(number, NULL, 10);
    return errno == ERANGE;
}

/*
 * The text with a fraction in place of each number that is too large for the
 * parser: where nobody knows the field it is ignored, and a known one is
 * refused.
 */
static struct str
without_huge_numbers(struct str text, struct arena *arena)
{
    static const char fraction[] = "0.5"; /* shorter than any huge one */
    char *copy = arena_dup(arena, text.data, text.len);
    const char *p = copy, *end = copy + text.len;

    while (p < end) {
        size_t at = (size_t) (p - copy), len;
        bool is_real;

        if (*p == '"') {
            p = skip_string(p + 1, end);
            continue;
        }
        if (*p != '-' && (*p < '0' || *p > '9')) {
            p++;
            continue;
        }
        p = skip_number(p, &is_real);
        if (p == NULL)
            break; /* so does the parser */
        len = (size_t) (p - copy) - at;
        if (len < sizeof(fraction) || !is_out_of_range(copy + at, is_real))
            continue;
        memset(copy + at, ' ', len);
        memcpy(copy + at, fraction, sizeof(fraction) - 1);
    }
    return (struct str){copy, text.len};
}

/* ---- the tree ---- */

static json_t *
load_text(struct str text, json_error_t *error)
{
    return json_loadb(text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                      error);
}

/* Returns a tree in the arena, or NULL with the reason in *why. */
static json_t *
load(struct str text, struct arena *arena, const char **why)
{
    json_error_t error;
    json_t *tree;

    if (text.len > JSON_MAX_TEXT) {
        *why = "too large";
        return NULL;
    }
    text = repair(text, arena);
    if ((*why = json_scan(text)) != NULL)
        return NULL;
    tree_arena = arena;
    tree = load_text(text, &error);
    if (tree == NULL && json_error_code(&error) == json_error_numeric_overflow)
        tree = load_text(without_huge_numbers(text, arena), &error);
    if (tree == NULL)
        *why = "not valid JSON";
    return tree;
}

/* A value of the wrong type: what is wrong with it, and where it is. */
struct reader {
    struct arena *arena;
    const char *why;
    const char *path;
};

static int
fail(struct reader *r, const char *why)
{
    r->why = why;
    r->path = "";
    return -1;
}

/* Puts the name of what holds the place in front of the path to it. */
static int
fail_in(struct reader *r, const char *name)
{
    bool dot = r->path[0] != '\0' && r->path[0] != '[';

    r->path = arena_printf(r->arena, "%s%s%s", name, dot ? "." : "", r->path);
    return -1;
}

static int
fail_at(struct reader *r, size_t i)
{
    char name[32];

    snprintf(name, sizeof(name), "[%zu]", i);
    return fail_in(r, name);
}

static int read_object(struct reader *r, const struct fields *fields,
                       void *object, const json_t *value);

static int
read_int64(struct reader *r, int64_t *n, const json_t *value)
{
    if (json_is_null(value))
        *n = 0;
    else if (json_is_integer(value))
        *n = json_integer_value(value);
    else
        return fail(r, "not an integer");
    return 0;
}

static int
read_int(struct reader *r, int *n, const json_t *value)
{
    int64_t wide;

    if (read_int64(r, &wide, value) == -1)
        return -1;
    if (wide < INT_MIN || wide > INT_MAX)
        return fail(r, "out of range");
    *n = (int) wide;
    return 0;
}

static int
read_str(struct reader *r, struct str *s, const json_t *value)
{
    if (!json_is_string(value))
        return fail(r, "not a string");
    s->len = json_string_length(value);
    s->data = json_string_value(value);
    return 0;
}

static int
read_element(struct reader *r, const struct field *f, void *item,
             const json_t *value)
{
    switch (f->kind) {
    case FIELD_KIND_INTS:
        return read_int(r, item, value);
    case FIELD_KIND_INT64S:
        return read_int64(r, item, value);
    case FIELD_KIND_STRS:
        return read_str(r, item, value);
    default:
        return read_object(r, f->inner, item, value);
    }
}

static int
read_list(struct reader *r, const struct field *f, void *place,
          const json_t *value)
{
    size_t size = f->kind == FIELD_KIND_INTS     ? sizeof(int)
                  : f->kind == FIELD_KIND_INT64S ? sizeof(int64_t)
                  : f->kind == FIELD_KIND_STRS   ? sizeof(struct str)
                                                 : f->inner->size;
    struct object_list list;

    if (!json_is_array(value))
        return fail(r, "not a list");
    list.count = json_array_size(value);

    uint8_t *items = arena_zalloc(r->arena, list.count * size);

    for (size_t i = 0; i < list.count; i++) {
        if (read_element(r, f, items + i * size, json_array_get(value, i)))
            return fail_at(r, i);
    }
    list.item = items;
    memcpy(place, &list, sizeof(list));
    return 0;
}

static int
read_pointer(struct reader *r, const struct field *f, void *place,
             const json_t *value)
{
    void *object = arena_alloc(r->arena, f->inner->size);

    if (read_object(r, f->inner, object, value) == -1)
        return -1;
    memcpy(place, &object, sizeof(object));
    return 0;
}

static int
read_field(struct reader *r, const struct field *f, void *place,
           const json_t *value)
{
    switch ((enum field_kind) f->kind) {
    case FIELD_KIND_BOOL:
        if (!json_is_boolean(value))
            return fail(r, "not a boolean");
        *(bool *) place = json_is_true(value);
        return 0;
    case FIELD_KIND_INT:
        return read_int(r, place, value);
    case FIELD_KIND_INT64:
        return read_int64(r, place, value);
    case FIELD_KIND_STR:
        return read_str(r, place, value);
    case FIELD_KIND_INTS:
    case FIELD_KIND_INT64S:
    case FIELD_KIND_STRS:
    case FIELD_KIND_OBJECTS:
        return read_list(r, f, place, value);
    case FIELD_KIND_OBJECT:
        return read_object(r, f->inner, place, value);
    case FIELD_KIND_POINTER:
        return read_pointer(r, f, place, value);
    }
    return fail(r, "of no known type");
}

/*
 * Which value belongs to which field: the one with exactly its name, else
 * the last one with its name in other case.
 */
static void
match_fields(const struct fields *fields, const json_t *value,
             const json_t *found[FIELDS_MAX])
{
    json_t *object = (json_t *) value; /* jansson iterates non-const only */
    bool exact[FIELDS_MAX] = {false};

    assert(fields->count <= FIELDS_MAX);
    for (void *it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it)) {
        struct str key = {json_object_iter_key(it),
                          json_object_iter_key_len(it)};
        const struct field *f = fields_find(fields, key);

        if (f == NULL)
            continue;

        size_t i = (size_t) (f - fields->field);
        bool is_exact = memcmp(f->name, key.data, key.len) == 0;

        if (exact[i] && !is_exact)
            continue;
        exact[i] = is_exact;
        found[i] = json_object_iter_value(it);
    }
}

static int
read_object(struct reader *r, const struct fields *fields, void *object,
            const json_t *value)
{
    const json_t *found[FIELDS_MAX] = {NULL};

    memset(object, 0, fields->size);
    if (json_is_null(value))
        return 0;
    if (!json_is_object(value))
        return fail(r, "not an object");
    match_fields(fields, value, found);
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *f = &fields->field[i];

        if (found[i] == NULL || json_is_null(found[i]))
            continue;
        if (read_field(r, f, (uint8_t *) object + f->offset, found[i]) == -1)
            return fail_in(r, f->name);
    }
    return 0;
}

const char *
json_parse(const struct fields *fields, void *object, struct str text,
           struct arena *arena)
{
    struct reader r = {.arena = arena};
    json_t *tree;

    memset(object, 0, fields->size);
    if ((tree = load(text, arena, &r.why)) == NULL)
        return r.why;
    if (read_object(&r, fields, object, tree) == 0)
        return NULL;
    if (r.path[0] == '\0')
        return r.why;
    return arena_printf(arena, "%s: %s", r.path, r.why);
}
