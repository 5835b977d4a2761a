/*
 * The event loop of a process.  The order of a turn is the design:
 *
 *   1. wait for events, no longer than the first timer;
 *   2. read the clock once: the whole turn sees the same now_ms;
 *   3. handle each ready source; handlers only append output;
 *   4. fire the timers that are due;
 *   5. run what was posted (work that one source may not hog a turn with);
 *   6. finish the turn: the hooks in the order of their registration, which
 *      write what the turn has produced and free what it has closed.
 *
 * Nothing that a ready source may point at is freed before step 6, so that an
 * event of this turn can never meet freed memory.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "core/list.h"
#include "event/timers.h"

struct log;

/* Something that epoll watches. */
struct source {
    void (*ready)(struct source *s, uint32_t events);
    int fd;
    uint32_t watched; /* the EPOLL* bits registered; 0: not registered */
};

/* Work for step 5, or a hook for step 6. */
struct task {
    struct list link;
    void (*run)(struct task *t);
};

struct loop {
    int epoll_fd;
    struct log *log;
    int64_t now_ms; /* loop_clock_ms() at the start of the turn */
    int64_t clock_offset_ms;
    struct timers timers;
    struct list posted;
    struct list finish_hooks;
    _Atomic int64_t *tick_ms; /* where the watchdog looks, or NULL */
    bool finishing;           /* step 6 runs */
    bool stop;
};

/* 0, or -1 (logged). */
int loop_init(struct loop *loop, struct log *log);
void loop_deinit(struct loop *loop);

/*
 * The clock of the daemon: CLOCK_BOOTTIME and an offset, the same for all
 * processes, so that it stands still while the daemon is stopped.  To be set
 * before any timer.
 */
int64_t loop_clock_ms(const struct loop *loop);
void loop_set_clock(struct loop *loop, int64_t offset_ms);

/* Turns until loop->stop is set. */
void loop_run(struct loop *loop);

/* One turn; waits at most max_ms (-1: as long as it takes). */
void loop_turn(struct loop *loop, int max_ms);

/* Registers, changes or (0) removes the events of a source; 0 or -1. */
int loop_watch(struct loop *loop, struct source *s, uint32_t events);

/* Runs t in step 5 of this turn, or of the next if called later. */
void loop_post(struct loop *loop, struct task *t);

/* Runs t at the end of each turn; `_first` before what is there already. */
void loop_on_finish(struct loop *loop, struct task *t);
void loop_on_finish_first(struct loop *loop, struct task *t);

#endif
