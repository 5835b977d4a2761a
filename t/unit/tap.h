/*
 * A tiny TAP producer for the tests in C.  A test program is a main() of
 * ok() and is_*() calls that ends with `return tap_done();`.
 */
#ifndef T_UNIT_TAP_H
#define T_UNIT_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_run;
static int tap_bad;

/* One test point: `what` says what is true when it passes. */
#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)

/* Two integers are the same. */
#define is_int(got, want, ...)                                                \
    tap_is_int((long long) (got), (long long) (want), __FILE__, __LINE__,     \
               __VA_ARGS__)

/* Two NUL-terminated strings are the same. */
#define is_str(got, want, ...)                                                \
    tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

__attribute__((unused, format(printf, 4, 5))) static bool
tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
    __builtin_va_list ap;

    printf("%sok %d - ", good ? "" : "not ", ++tap_run);
    __builtin_va_start(ap, fmt);
    vprintf(fmt, ap);
    __builtin_va_end(ap);
    putchar('\n');
    if (!good) {
        tap_bad++;
        printf("#   at %s line %d\n", file, line);
    }
    fflush(stdout);
    return good;
}

__attribute__((unused, format(printf, 5, 6))) static bool
tap_is_int(long long got, long long want, const char *file, int line,
           const char *fmt, ...)
{
    char what[256];
    __builtin_va_list ap;

    __builtin_va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    __builtin_va_end(ap);
    if (tap_ok(got == want, file, line, "%s", what))
        return true;
    printf("#   got %lld, want %lld\n", got, want);
    return false;
}

__attribute__((unused, format(printf, 5, 6))) static bool
tap_is_str(const char *got, const char *want, const char *file, int line,
           const char *fmt, ...)
{
    char what[256];
    __builtin_va_list ap;

    __builtin_va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    __builtin_va_end(ap);
    if (tap_ok(got != NULL && strcmp(got, want) == 0, file, line, "%s", what))
        return true;
    printf("#   got  %s\n#   want %s\n", got ? got : "(null)", want);
    return false;
}

/* Prints the plan; the value for main to return. */
__attribute__((unused)) static int
tap_done(void)
{
    printf("1..%d\n", tap_run);
    return tap_bad != 0;
}

#endif
