/*
 * A look into JSON text: the value of a field of the outermost object, found
 * without building anything.  It is for answers of a server under test, so
 * it is safe with any bytes, but it does not insist that they are JSON.
 */
#ifndef BENCH_SCAN_H
#define BENCH_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

/* The raw value: a number, a literal, a string without its quotes, ... */
bool scan_field(struct str json, const char *name, struct str *value);

/* The same for an integer. */
bool scan_number(struct str json, const char *name, int64_t *value);

#endif
