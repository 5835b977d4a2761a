/*
 * A mutable global, and only in debug builds: what is passed down to no one
 * can be reached from everywhere.
 */
#include "auto_config.h"

#include "core/fail_point.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if WITH_DEBUG

static struct fail_plan armed;
static _Atomic int *left; /* shared: the times of all processes are counted */

void
fail_point_arm(const struct fail_plan *plan)
{
    if (plan->name == NULL || armed.name != NULL)
        return;
    left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (left == MAP_FAILED)
        return;
    *left = (int) plan->n;
    armed = *plan;
    armed.name = strdup(plan->name);
}

/* This passing counts: is it the one? */
static bool
is_due(void)
{
    int n = atomic_fetch_sub(left, 1);

    return n == 1 || (n < 1 && armed.always);
}

static bool
hits(const char *name)
{
    return armed.name != NULL && strcmp(armed.name, name) == 0 && is_due();
}

static void
fail(void)
{
    if (armed.action == FAIL_KILL)
        kill(getpid(), SIGKILL);
    if (armed.action == FAIL_ABORT)
        kill(getpid(), SIGABRT);
    for (;;)
        pause();
}

void
fail_point(const char *name)
{
    if (hits(name))
        fail();
}

void
fail_point_at(const char *name, struct str which)
{
    size_t len = strlen(name);

    if (armed.name != NULL && strncmp(armed.name, name, len) == 0 &&
        armed.name[len] == ' ' &&
        str_equal(str_of(armed.name + len + 1), which) && is_due())
        fail();
}

void
fail_point_number(const char *name, uint64_t which)
{
    char text[24];

    if (armed.name == NULL)
        return;
    snprintf(text, sizeof(text), "%llu", (unsigned long long) which);
    fail_point_at(name, str_of(text));
}

bool
fail_point_drop(const char *name)
{
    return hits(name);
}

#else

void
fail_point_arm(const struct fail_plan *plan)
{
    (void) plan;
}

void
fail_point(const char *name)
{
    (void) name;
}

void
fail_point_at(const char *name, struct str which)
{
    (void) name;
    (void) which;
}

void
fail_point_number(const char *name, uint64_t which)
{
    (void) name;
    (void) which;
}

bool
fail_point_drop(const char *name)
{
    (void) name;
    return false;
}

#endif
