/*
 * Points where a process of a debug build can be told to die, so that tests
 * see what a death there leaves behind.  In a release they are nothing.
 */
#ifndef CORE_FAIL_POINT_H
#define CORE_FAIL_POINT_H

#include <stdbool.h>

/*
 * In a debug build, before the first fork: the process that passes the point
 * `name` as the n-th of all dies by SIGKILL.  NULL arms nothing.
 */
void fail_point_arm(const char *name, unsigned n);

/* A point of that name. */
void fail_point(const char *name);

/* A point where not a process dies, but something is lost: true then. */
bool fail_point_drop(const char *name);

#endif
