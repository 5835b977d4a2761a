/*
 * Errors by kind.  A kind is a short text ("timeout", "status 429"); looking
 * it up is linear, as nothing here is meant to be fast when it goes wrong.
 */
#ifndef BENCH_ERRORS_H
#define BENCH_ERRORS_H

#include <stdint.h>

#include "bench/js.h"

enum { ERRORS_KINDS = 24 };

struct errors {
    uint64_t total;
    unsigned n;
    struct error_kind {
        char name[48];
        uint64_t count;
    } kinds[ERRORS_KINDS]; /* the last one takes what finds no room */
};

void errors_add(struct errors *e, uint64_t count, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds all of `from` to e. */
void errors_merge(struct errors *e, const struct errors *from);

/* "errors": {"total": n, kind: n, ...} */
void errors_js(const struct errors *e, struct js *js);
void errors_print(const struct errors *e);

#endif
