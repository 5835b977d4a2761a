/*
 * ps reads the memory that argv and environ began in, and takes all of it
 * for the title when the last byte is not NUL any more.  The process has
 * only one such place, so it is the one thing here that is not passed down.
 */
#include "core/title.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

static char *title_start;
static size_t title_size;

/* Moves the environment away; the block behind argv is free then. */
static char *
move_environment(char *end)
{
    size_t n = 0;
    char **moved;

    while (environ[n] != NULL)
        n++;
    moved = mem_alloc((n + 1) * sizeof(*moved));
    for (size_t i = 0; i < n; i++) {
        if (environ[i] == end)
            end += strlen(environ[i]) + 1;
        moved[i] = mem_strdup(environ[i]);
    }
    moved[n] = NULL;
    environ = moved;
    return end;
}

void
title_init(int argc, char **argv)
{
    char *end = argv[0];

    for (int i = 0; i < argc; i++)
        if (argv[i] == end)
            end += strlen(argv[i]) + 1;
    end = move_environment(end);
    title_start = argv[0];
    title_size = (size_t) (end - argv[0]);
    for (int i = 0; i < argc; i++)
        argv[i] = mem_strdup(argv[i]);
}

void
title_set(const char *fmt, ...)
{
    char text[256];
    va_list ap;
    size_t n;

    if (title_size < 2)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    memset(title_start, 0, title_size);
    n = (size_t) snprintf(title_start, title_size, "sparrow: %s", text);
    if (n >= title_size)
        title_start[title_size - 1] = '\0';
}
