#include "event/timers.h"

#include <stddef.h>

#include "core/mem.h"

static void
place(struct timers *ts, uint32_t pos, struct timer *t)
{
    ts->heap[pos] = t;
    t->position = pos;
}

static void
sift_up(struct timers *ts, uint32_t pos, struct timer *t)
{
    for (; pos > 1 && ts->heap[pos / 2]->deadline_ms > t->deadline_ms;
         pos /= 2)
        place(ts, pos, ts->heap[pos / 2]);
    place(ts, pos, t);
}

static void
sift_down(struct timers *ts, uint32_t pos, struct timer *t)
{
    for (;;) {
        uint32_t child = pos * 2;

        if (child > ts->count)
            break;
        if (child < ts->count &&
            ts->heap[child + 1]->deadline_ms < ts->heap[child]->deadline_ms)
            child++;
        if (ts->heap[child]->deadline_ms >= t->deadline_ms)
            break;
        place(ts, pos, ts->heap[child]);
        pos = child;
    }
    place(ts, pos, t);
}

void
timers_deinit(struct timers *ts)
{
    mem_free(ts->heap);
    *ts = (struct timers){0};
}

void
timer_set(struct timers *ts, struct timer *t, int64_t deadline_ms)
{
    timer_clear(ts, t);
    if (ts->count + 2 > ts->cap) {
        ts->cap = ts->cap ? ts->cap * 2 : 64;
        ts->heap = mem_realloc(ts->heap, ts->cap * sizeof(struct timer *));
    }
    t->deadline_ms = deadline_ms;
    sift_up(ts, ++ts->count, t);
}

void
timer_clear(struct timers *ts, struct timer *t)
{
    uint32_t pos = t->position;
    struct timer *last;

    if (pos == 0)
        return;
    t->position = 0;
    last = ts->heap[ts->count--];
    if (last == t)
        return;
    if (pos > 1 && ts->heap[pos / 2]->deadline_ms > last->deadline_ms)
        sift_up(ts, pos, last);
    else
        sift_down(ts, pos, last);
}

void
timers_expire(struct timers *ts, int64_t now_ms)
{
    struct timer *t;

    /* those that are set meanwhile wait for their turn, due or not */
    for (uint32_t n = ts->count; n > 0; n--) {
        t = timers_first(ts);
        if (t == NULL || t->deadline_ms > now_ms)
            break;
        timer_clear(ts, t);
        t->fire(t);
    }
}
