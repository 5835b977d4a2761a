/*
 * JSON out, for reports: values are written as they come, commas by
 * themselves.  A name of NULL is for the elements of an array.
 */
#ifndef BENCH_JS_H
#define BENCH_JS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct js {
    FILE *out;
    bool comma; /* something stands before, at this level */
};

void js_open(struct js *js, const char *name, char bracket);
void js_close(struct js *js, char bracket);
void js_text(struct js *js, const char *name, const char *value);
void js_number(struct js *js, const char *name, double value);
void js_count(struct js *js, const char *name, uint64_t value);
void js_bool(struct js *js, const char *name, bool value);

#endif
