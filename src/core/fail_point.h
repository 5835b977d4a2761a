/*
 * Points where a process of a debug build can be told to fail, so that tests
 * see what that leaves behind.  In a release they are nothing.
 */
#ifndef CORE_FAIL_POINT_H
#define CORE_FAIL_POINT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

enum fail_action {
    FAIL_KILL,  /* dies by SIGKILL */
    FAIL_ABORT, /* dies by SIGABRT, as by a fault of its own */
    FAIL_HANG   /* stands still */
};

struct fail_plan {
    const char *name; /* of the point; NULL: nothing is to fail */
    unsigned n;       /* at the n-th time, of all processes together */
    bool always;      /* ... and each time from then on */
    enum fail_action action;
};

/* In a debug build, before the first fork. */
void fail_point_arm(const struct fail_plan *plan);

/* A point of that name. */
void fail_point(const char *name);

/* One of several that are told apart: its name is "name which". */
void fail_point_at(const char *name, struct str which);
void fail_point_number(const char *name, uint64_t which);

/* A point where not a process dies, but something is lost: true then. */
bool fail_point_drop(const char *name);

#endif
