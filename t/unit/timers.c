/*
 * Timers against a plain list: what is set, moved and cleared at random fires
 * in the order of its deadline, once, and only when it is due.
 */
#include "event/timers.h"

#include <stdlib.h>

#include "tap.h"

enum { TIMERS = 300, ROUNDS = 20000 };

struct clocked {
    struct timer timer;
    int64_t want_ms; /* the deadline in the plain list; -1: none */
    unsigned fired;
};

static struct timers timers;
static struct clocked all[TIMERS];
static int64_t now_ms, last_ms;
static unsigned wrong, fired;

static void
fire(struct timer *t)
{
    struct clocked *c = (struct clocked *) t;

    fired++;
    c->fired++;
    wrong += timer_is_set(t) || c->want_ms < 0 || c->want_ms > now_ms ||
             c->want_ms < last_ms || t->deadline_ms != c->want_ms;
    last_ms = c->want_ms;
    c->want_ms = -1;
}

static void
expire(int64_t to_ms)
{
    now_ms = to_ms;
    last_ms = INT64_MIN;
    timers_expire(&timers, to_ms);
    for (int i = 0; i < TIMERS; i++)
        wrong += all[i].want_ms >= 0 && all[i].want_ms <= to_ms;
}

static void
test_random(void)
{
    unsigned set = 0;

    srand(1);
    for (int i = 0; i < TIMERS; i++)
        all[i] = (struct clocked){.timer.fire = fire, .want_ms = -1};
    for (int round = 0; round < ROUNDS; round++) {
        struct clocked *c = &all[rand() % TIMERS];
        int what = rand() % 8;

        if (what == 0) {
            timer_clear(&timers, &c->timer);
            c->want_ms = -1;
        } else if (what == 1) {
            expire(now_ms + rand() % 20);
        } else {
            c->want_ms = now_ms + rand() % 200;
            timer_set(&timers, &c->timer, c->want_ms);
        }
        wrong += timer_is_set(&c->timer) != (c->want_ms >= 0);
    }
    for (int i = 0; i < TIMERS; i++)
        set += all[i].want_ms >= 0;
    is_int(timers.count, set, "as many as are set: %u", set);
    ok(set != 0 && fired > ROUNDS / 20, "%u fired meanwhile", fired);
    expire(now_ms + 1000);
    is_int(timers.count, 0, "all are taken in the end");
    ok(timers_first(&timers) == NULL, "none is first");
    is_int(wrong, 0, "none too early, too late, twice or out of order");
}

/* ---- handlers that change the heap they are called from ---- */

static void
fire_again(struct timer *t)
{
    struct clocked *c = (struct clocked *) t;

    if (++c->fired < 3)
        timer_set(&timers, t, now_ms + 10);
    timer_clear(&timers, &all[2].timer);
}

static void
fire_at_once(struct timer *t)
{
    ((struct clocked *) t)->fired++;
    timer_set(&timers, t, now_ms);
}

static void
test_always_due(void)
{
    all[0] = (struct clocked){.timer.fire = fire_at_once};
    all[1] = (struct clocked){.timer.fire = fire_at_once};
    timer_set(&timers, &all[0].timer, now_ms);
    timer_set(&timers, &all[1].timer, now_ms);
    timers_expire(&timers, now_ms);
    is_int(all[0].fired + all[1].fired, 2, "what is always due ends");
    timer_clear(&timers, &all[0].timer);
    timer_clear(&timers, &all[1].timer);
}

static void
test_handlers(void)
{
    for (int i = 0; i < 3; i++) {
        all[i] = (struct clocked){.timer.fire = fire_again};
        timer_set(&timers, &all[i].timer, now_ms + 5 + i);
    }
    timer_clear(&timers, &all[1].timer);
    now_ms += 10;
    timers_expire(&timers, now_ms);
    is_int(all[0].fired, 1, "one that sets itself anew fires once a turn");
    is_int(all[1].fired, 0, "a cleared one does not");
    is_int(all[2].fired, 0, "nor one that is cleared by another's handler");
    now_ms += 100;
    timers_expire(&timers, now_ms);
    is_int(all[0].fired, 2, "again in the next");
    timer_clear(&timers, &all[0].timer);
    timer_clear(&timers, &all[0].timer);
    is_int(timers.count, 0, "to clear twice is harmless");
}

int
main(void)
{
    test_random();
    test_always_due();
    test_handlers();
    timers_deinit(&timers);
    return tap_done();
}
