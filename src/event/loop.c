#include "event/loop.h"

#include <errno.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

/*
 * EVENTS_A_TURN is small: what a turn has read is answered at its end, while
 * the sockets are still in the cache.  WAIT_MAX_MS keeps the tick of an idle
 * process fresh for the watchdog.
 */
enum { EVENTS_A_TURN = 64, WAIT_MAX_MS = 2500 };

int
loop_init(struct loop *loop, struct log *log)
{
    *loop = (struct loop){.log = log, .now_ms = clock_boot_ms()};
    list_init(&loop->posted);
    list_init(&loop->finish_hooks);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd >= 0)
        return 0;
    log_write(log, LOG_EMERG, errno, "epoll_create1() failed");
    return -1;
}

void
loop_deinit(struct loop *loop)
{
    close(loop->epoll_fd);
    timers_deinit(&loop->timers);
}

int64_t
loop_clock_ms(const struct loop *loop)
{
    return clock_boot_ms() + loop->clock_offset_ms;
}

void
loop_set_clock(struct loop *loop, int64_t offset_ms)
{
    loop->clock_offset_ms = offset_ms;
    loop->now_ms = loop_clock_ms(loop);
}

int
loop_watch(struct loop *loop, struct source *s, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = s};
    int op = EPOLL_CTL_MOD;

    if (events == s->watched)
        return 0;
    if (events == 0)
        op = EPOLL_CTL_DEL;
    else if (s->watched == 0)
        op = EPOLL_CTL_ADD;
    if (epoll_ctl(loop->epoll_fd, op, s->fd, &ev) != 0) {
        log_rarely(loop->log, LOG_ALERT, errno, "epoll_ctl(%d, %d) failed", op,
                   s->fd);
        return -1;
    }
    s->watched = events;
    return 0;
}

void
loop_post(struct loop *loop, struct task *t)
{
    if (list_is_empty(&t->link))
        list_append(&loop->posted, &t->link);
}

void
loop_on_finish(struct loop *loop, struct task *t)
{
    list_append(&loop->finish_hooks, &t->link);
}

void
loop_on_finish_first(struct loop *loop, struct task *t)
{
    list_append(loop->finish_hooks.next, &t->link);
}

static int
wait_ms(const struct loop *loop, int max_ms)
{
    const struct timer *first = timers_first(&loop->timers);
    int64_t ms;

    if (!list_is_empty(&loop->posted))
        return 0;
    if (max_ms < 0 || max_ms > WAIT_MAX_MS)
        max_ms = WAIT_MAX_MS;
    if (first == NULL)
        return max_ms;
    ms = first->deadline_ms - loop_clock_ms(loop);
    if (ms < 0)
        return 0;
    return ms < max_ms ? (int) ms : max_ms;
}

/*
 * Runs what is posted now; what is posted meanwhile waits for the next turn.
 */
static void
run_posted(struct loop *loop)
{
    struct list batch;

    if (list_is_empty(&loop->posted))
        return;
    batch = loop->posted;
    batch.next->prev = batch.prev->next = &batch;
    list_init(&loop->posted);
    while (!list_is_empty(&batch)) {
        struct task *t = LIST_ITEM(batch.next, struct task, link);

        list_remove(&t->link);
        t->run(t);
    }
}

void
loop_turn(struct loop *loop, int max_ms)
{
    struct epoll_event events[EVENTS_A_TURN];
    int n = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN,
                       wait_ms(loop, max_ms));

    if (n < 0 && errno != EINTR)
        log_rarely(loop->log, LOG_ALERT, errno, "epoll_wait() failed");
    loop->now_ms = loop_clock_ms(loop);
    if (loop->tick_ms != NULL)
        atomic_store_explicit(loop->tick_ms, clock_ms(CLOCK_MONOTONIC_COARSE),
                              memory_order_relaxed);
    for (int i = 0; i < n; i++) {
        struct source *s = events[i].data.ptr;

        if (s->watched != 0)
            s->ready(s, events[i].events);
    }
    if (n >= 0) /* else no source has been seen: what is ready comes first */
        timers_expire(&loop->timers, loop->now_ms);
    run_posted(loop);
    loop->finishing = true;
    LIST_EACH (l, &loop->finish_hooks) {
        struct task *t = LIST_ITEM(l, struct task, link);

        t->run(t);
    }
    loop->finishing = false;
}

void
loop_run(struct loop *loop)
{
    while (!loop->stop)
        loop_turn(loop, -1);
}
