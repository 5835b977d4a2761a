/*
 * A leaky bucket: so many events at once, and one more each interval.  Its
 * whole state is one number, the time at which it will be empty.
 */
#ifndef CORE_BUCKET_H
#define CORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket_size {
    int64_t interval_ns; /* in which one event runs out; 0: no limit */
    int64_t burst;       /* events that it holds, 1 at least */
};

static inline struct bucket_size
bucket_size_of(uint64_t per_second, uint64_t burst)
{
    return (struct bucket_size){1000000000 / (int64_t) per_second,
                                (int64_t) burst};
}

/* When there is room for one event more; at or before now_ms: now. */
static inline int64_t
bucket_room_ms(int64_t empty_ns, const struct bucket_size *size)
{
    int64_t at_ns = empty_ns - (size->burst - 1) * size->interval_ns;

    return (at_ns + 999999) / 1000000;
}

static inline bool
bucket_has_room(int64_t empty_ns, const struct bucket_size *size,
                int64_t now_ms)
{
    return bucket_room_ms(empty_ns, size) <= now_ms;
}

/* Takes in n events, whether there is room or not. */
static inline void
bucket_fill(int64_t *empty_ns, const struct bucket_size *size, int64_t n,
            int64_t now_ms)
{
    if (*empty_ns < now_ms * 1000000)
        *empty_ns = now_ms * 1000000;
    *empty_ns += n * size->interval_ns;
}

#endif
