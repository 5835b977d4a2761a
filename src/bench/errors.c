#include "bench/errors.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct error_kind *
kind_find(struct errors *e, const char *name)
{
    for (unsigned i = 0; i < e->n; i++) {
        if (strcmp(e->kinds[i].name, name) == 0)
            return &e->kinds[i];
    }
    if (e->n == ERRORS_KINDS)
        return &e->kinds[ERRORS_KINDS - 1];
    struct error_kind *k = &e->kinds[e->n++];
    k->count = 0;
    snprintf(k->name, sizeof k->name, "%s",
             e->n == ERRORS_KINDS ? "other" : name);
    return k;
}

void
errors_add(struct errors *e, uint64_t count, const char *fmt, ...)
{
    char name[sizeof e->kinds[0].name];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    kind_find(e, name)->count += count;
    e->total += count;
}

void
errors_merge(struct errors *e, const struct errors *from)
{
    for (unsigned i = 0; i < from->n; i++)
        errors_add(e, from->kinds[i].count, "%s", from->kinds[i].name);
}

void
errors_js(const struct errors *e, struct js *js)
{
    js_open(js, "errors", '{');
    js_count(js, "total", e->total);
    for (unsigned i = 0; i < e->n; i++)
        js_count(js, e->kinds[i].name, e->kinds[i].count);
    js_close(js, '}');
}

void
errors_print(const struct errors *e)
{
    printf("  errors     %" PRIu64 "\n", e->total);
    for (unsigned i = 0; i < e->n; i++)
        printf("    %-30s %" PRIu64 "\n", e->kinds[i].name, e->kinds[i].count);
}
