/*
 * Typed directives: tree to struct.
 *
 * A block is gone over twice.  The first time every node is found in the
 * tables and checked, and the simple ones are applied; the second time the
 * blocks' setters run, which may rely on the object being complete but for
 * what blocks add to it.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/conf.h"

struct conf_known {
    const struct conf_context *const *contexts;
    const struct conf_known *next;
};

/* A directive of the tables, and where it was given. */
struct place {
    const struct conf_directive *directive;
    void *obj;
    const struct conf_node *given;
};

/* All directives that the block may hold. */
struct places {
    struct place *list;
    size_t count;
};

void
conf_know(struct conf *cf, const struct conf_context *const *contexts)
{
    struct conf_known *known = arena_zalloc(cf->arena, sizeof(*known));

    known->contexts = contexts;
    known->next = cf->known;
    cf->known = known;
}

void
conf_know_one(struct conf *cf, const struct conf_context *context)
{
    const struct conf_context **contexts = arena_zalloc(cf->arena,
                                                        2 * sizeof(*contexts));

    contexts[0] = context;
    conf_know(cf, contexts);
}

void
conf_each_known(const struct conf *cf,
                void (*fn)(void *arg, const struct conf_context *context,
                           const struct conf_directive *directive),
                void *arg)
{
    for (const struct conf_known *k = cf->known; k != NULL; k = k->next) {
        for (size_t i = 0; k->contexts[i] != NULL; i++) {
            const struct conf_directive *d = k->contexts[i]->directives;

            for (; d->kind != CONF_KIND_END; d++)
                fn(arg, k->contexts[i], d);
        }
    }
}

static struct places
make_places(struct conf *cf, const struct conf_table *tables, size_t n)
{
    struct places all = {0};
    struct place *p;

    for (size_t i = 0; i < n; i++) {
        const struct conf_directive *d = tables[i].context->directives;

        for (; d->kind != CONF_KIND_END; d++)
            all.count++;
    }
    p = all.list = arena_zalloc(cf->arena, (all.count + 1) * sizeof(*p));
    for (size_t i = 0; i < n; i++) {
        const struct conf_directive *d = tables[i].context->directives;

        for (; d->kind != CONF_KIND_END; d++, p++) {
            p->directive = d;
            p->obj = tables[i].obj;
        }
    }
    return all;
}

static struct place *
find_place(const struct places *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->list[i].directive->name, name) == 0)
            return &all->list[i];
    }
    return NULL;
}

/* Gathers the names of the contexts that have the directive. */
struct search {
    const char *name;
    struct buf contexts;
};

static void
match_known(void *arg, const struct conf_context *context,
            const struct conf_directive *directive)
{
    struct search *s = arg;

    if (strcmp(directive->name, s->name) == 0)
        buf_printf(&s->contexts, "%s%s", s->contexts.len > 0 ? ", " : "",
                   context->name);
}

struct block_search {
    const char *name;
    bool found, simple;
};

static void
match_block(void *arg, const struct conf_context *context,
            const struct conf_directive *directive)
{
    struct block_search *s = arg;

    (void) context;
    if (strcmp(directive->name, s->name) != 0)
        return;
    s->found = true;
    if (directive->kind != CONF_KIND_BLOCK ||
        (directive->flags & CONF_BODYLESS) != 0)
        s->simple = true;
}

bool
conf_is_block(const struct conf *cf, const char *name)
{
    struct block_search s = {.name = name};

    conf_each_known(cf, match_block, &s);
    return s.found && !s.simple;
}

static int
not_here(struct conf *cf, const struct conf_node *node)
{
    struct search s = {.name = node->name};

    conf_each_known(cf, match_known, &s);
    if (s.contexts.len == 0)
        conf_error(cf, node, "unknown directive \"%s\"", node->name);
    else
        conf_error(cf, node, "\"%s\" is not allowed here, only in %.*s",
                   node->name, (int) s.contexts.len,
                   (const char *) s.contexts.data);
    buf_deinit(&s.contexts);
    return -1;
}

static int
wrong_count(struct conf *cf, const struct conf_node *node,
            const struct conf_directive *d)
{
    const char *hint = node->last_line > node->line ? ", is a \";\" missing?"
                                                    : "";
    char want[64];

    if (d->max_args == 0)
        snprintf(want, sizeof(want), "no argument");
    else if (d->min_args == d->max_args)
        snprintf(want, sizeof(want), "%u argument%s", d->min_args,
                 d->min_args == 1 ? "" : "s");
    else if (d->max_args >= CONF_ANY)
        snprintf(want, sizeof(want), "at least %u argument%s", d->min_args,
                 d->min_args == 1 ? "" : "s");
    else
        snprintf(want, sizeof(want), "%u to %u arguments", d->min_args,
                 d->max_args);
    return conf_error(cf, node, "\"%s\" takes %s, not %u%s", d->name, want,
                      node->argc - 1, hint);
}

/* All that can be said of a node before its values are read. */
static int
check(struct conf *cf, const struct conf_node *node, struct place *place)
{
    const struct conf_directive *d = place->directive;

    if (place->given != NULL && !(d->flags & CONF_MULTI))
        return conf_error(cf, node,
                          "\"%s\" is duplicate, first given at "
                          "%s:%u",
                          d->name, place->given->file, place->given->line);
    place->given = node;
    if (node->is_block && d->kind != CONF_KIND_BLOCK)
        return conf_error(cf, node, "\"%s\" is not terminated by \";\"",
                          d->name);
    if (!node->is_block && d->kind == CONF_KIND_BLOCK &&
        !(d->flags & CONF_BODYLESS))
        return conf_error(cf, node, "\"%s\" has no opening \"{\"", d->name);
    if (node->argc - 1 < d->min_args || node->argc - 1 > d->max_args)
        return wrong_count(cf, node, d);
    return 0;
}

static const char *
set_flag(struct conf *cf, const char *text, bool *field)
{
    *field = strcmp(text, "on") == 0;
    if (!*field && strcmp(text, "off") != 0)
        return conf_reason(cf, "must be on or off, not \"%s\"", text);
    return NULL;
}

static const char *
set_text(struct conf *cf, const char *text, uint64_t min, const char **field)
{
    (void) cf;
    if (strlen(text) < min)
        return "must not be empty";
    *field = text;
    return NULL;
}

static const char *
set_path(struct conf *cf, const char *text, const char **field)
{
    const char *reason = conf_path_reason(text);

    if (reason == NULL)
        *field = conf_path_prefix(cf, text);
    return reason;
}

/* "json, msgpack or none" */
static const char *
enum_words(struct conf *cf, const struct conf_enum *values)
{
    const char *text = values->name;

    for (values++; values[-1].name != NULL && values->name != NULL; values++)
        text = arena_printf(cf->arena, "%s%s%s", text,
                            values[1].name == NULL ? " or " : ", ",
                            values->name);
    return text;
}

static const char *
set_enum(struct conf *cf, const char *text, const struct conf_enum *values,
         unsigned *field)
{
    for (const struct conf_enum *v = values; v->name != NULL; v++) {
        if (strcmp(v->name, text) == 0) {
            *field = v->value;
            return NULL;
        }
    }
    return conf_reason(cf, "must be %s, not \"%s\"", enum_words(cf, values),
                       text);
}

/* What differs between the three kinds of numbers. */
struct number {
    int (*parse)(const char *text, uint64_t *value);
    void (*format)(char out[CONF_NUMBER_TEXT], uint64_t value);
    const char *what;
};

static void
format_uint(char out[CONF_NUMBER_TEXT], uint64_t value)
{
    snprintf(out, CONF_NUMBER_TEXT, "%" PRIu64, value);
}

static const struct number numbers[] = {
    [CONF_KIND_UINT] = {conf_parse_uint, format_uint, "a number"},
    [CONF_KIND_SIZE] = {conf_parse_size, conf_format_size,
                        "a size such as 64k, 16m or 1g"},
    [CONF_KIND_MSEC] = {conf_parse_msec, conf_format_msec,
                        "a time such as 500ms, 30s or 1h"},
};

static const char *
out_of_range(struct conf *cf, const struct number *kind, uint64_t min,
             uint64_t max)
{
    char low[CONF_NUMBER_TEXT], high[CONF_NUMBER_TEXT];

    kind->format(low, min);
    kind->format(high, max);
    return conf_reason(cf, "must be between %s and %s", low, high);
}

static const char *
set_number(struct conf *cf, const char *text, const struct conf_directive *d,
           void *field)
{
    const struct number *kind = &numbers[d->kind];
    bool is_small = d->size == sizeof(unsigned);
    uint64_t limit = is_small ? UINT_MAX : UINT64_MAX - 1;
    uint64_t max = d->max < limit ? d->max : limit;
    uint64_t value;

    if (kind->parse(text, &value) < 0)
        return conf_reason(cf, "must be %s, not \"%s\"", kind->what, text);
    if (value < d->min || value > max)
        return out_of_range(cf, kind, d->min, max);
    if (is_small)
        *(unsigned *) field = (unsigned) value;
    else
        *(uint64_t *) field = value;
    return NULL;
}

static const char *
set_field(struct conf *cf, const struct conf_node *node, struct place *place)
{
    const struct conf_directive *d = place->directive;
    void *field = (char *) place->obj + d->offset;
    const char *text = node->argc > 1 ? node->argv[1] : "";

    switch (d->kind) {
    case CONF_KIND_FLAG:
        return set_flag(cf, text, field);
    case CONF_KIND_UINT:
    case CONF_KIND_SIZE:
    case CONF_KIND_MSEC:
        return set_number(cf, text, d, field);
    case CONF_KIND_STR:
        return set_text(cf, text, d->min, field);
    case CONF_KIND_PATH:
        return set_path(cf, text, field);
    case CONF_KIND_STRS:
        *(const char *const **) field = node->argv + 1;
        return NULL;
    case CONF_KIND_ENUM:
        return set_enum(cf, text, d->values, field);
    case CONF_KIND_CUSTOM:
    case CONF_KIND_BLOCK:
        return d->set(cf, node, place->obj);
    case CONF_KIND_END:
    default:
        abort();
    }
}

static int
apply_node(struct conf *cf, const struct conf_node *node, struct place *place)
{
    const char *reason = set_field(cf, node, place);

    if (reason == NULL)
        return 0;
    if (reason != CONF_FAILED)
        conf_error(cf, node, "\"%s\" %s", node->name, reason);
    return -1;
}

int
conf_apply_tables(struct conf *cf, const struct conf_node *block,
                  const struct conf_table *tables, size_t n)
{
    struct places all = make_places(cf, tables, n);
    const struct conf_node *node;
    struct place *place;

    for (node = block->first_child; node != NULL; node = node->next) {
        place = find_place(&all, node->name);
        if (place == NULL)
            return not_here(cf, node);
        if (check(cf, node, place) < 0)
            return -1;
        if (place->directive->kind != CONF_KIND_BLOCK &&
            apply_node(cf, node, place) < 0)
            return -1;
    }
    for (node = block->first_child; node != NULL; node = node->next) {
        place = find_place(&all, node->name);
        if (place->directive->kind == CONF_KIND_BLOCK &&
            apply_node(cf, node, place) < 0)
            return -1;
    }
    return 0;
}

int
conf_apply(struct conf *cf, const struct conf_node *block,
           const struct conf_context *context, void *obj)
{
    struct conf_table table = {context, obj};

    return conf_apply_tables(cf, block, &table, 1);
}
