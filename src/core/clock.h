/*
 * Clocks.  Deadlines are milliseconds of CLOCK_BOOTTIME, which no operator
 * and no NTP moves, with an offset of the daemon's own (env_clock_ms() in
 * core/env.h); wall time stands only in records, tokens and logs.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ms(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Milliseconds since boot, time asleep included. */
static inline int64_t
clock_boot_ms(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}

/* Microseconds of CLOCK_MONOTONIC: how long a piece of work takes. */
static inline int64_t
clock_work_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Milliseconds since 1970. */
static inline int64_t
clock_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

#endif
