#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
mem_exhausted(void)
{
    static const char text[] = "sparrow: [emerg] out of memory\n";

    (void) !write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(MEM_EXHAUSTED);
}

static void *
check(void *p)
{
    if (p == NULL)
        mem_exhausted();
    return p;
}

void *
mem_alloc(size_t size)
{
    return check(malloc(size ? size : 1));
}

void *
mem_zalloc(size_t size)
{
    return check(calloc(1, size ? size : 1));
}

void *
mem_realloc(void *p, size_t size)
{
    return check(realloc(p, size ? size : 1));
}

char *
mem_strdup(const char *s)
{
    return check(strdup(s));
}

void
mem_free(void *p)
{
    free(p);
}
