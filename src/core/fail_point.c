/*
 * The only mutable global of the daemon, and only in debug builds: what is
 * passed down to no one can be reached from everywhere.
 */
#include "auto_config.h"

#include "core/fail_point.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if WITH_DEBUG

static const char *armed;
static _Atomic unsigned *left; /* shared: it happens once in the daemon */

void
fail_point_arm(const char *name, unsigned n)
{
    if (name == NULL || armed != NULL)
        return;
    left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (left == MAP_FAILED)
        return;
    *left = n;
    armed = strdup(name);
}

static bool
hits(const char *name)
{
    return armed != NULL && strcmp(armed, name) == 0 &&
           atomic_fetch_sub(left, 1) == 1;
}

void
fail_point(const char *name)
{
    if (hits(name))
        kill(getpid(), SIGKILL);
}

bool
fail_point_drop(const char *name)
{
    return hits(name);
}

#else

void
fail_point_arm(const char *name, unsigned n)
{
    (void) name;
    (void) n;
}

void
fail_point(const char *name)
{
    (void) name;
}

bool
fail_point_drop(const char *name)
{
    (void) name;
    return false;
}

#endif
