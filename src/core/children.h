/*
 * The children of the master: a table with one row a slot.  All that forks,
 * reaps, watches and restarts them is here; master.c decides when.
 */
#ifndef CORE_CHILDREN_H
#define CORE_CHILDREN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/folders.h"
#include "core/master.h"

enum child_state {
    CHILD_NONE,     /* the slot is free */
    CHILD_STARTING, /* forked, has not reported ready */
    CHILD_READY,
    CHILD_DRAINING, /* a worker that a newer one replaced */
    CHILD_STOPPING, /* told to stop */
    CHILD_WAITING   /* dead, to be started at restart_ms */
};

struct child {
    enum child_state state;
    pid_t pid;
    unsigned index; /* of the listening sockets */
    unsigned build; /* of the configuration that it lives by */
    int channel;
    unsigned files; /* the log files' serial when it was forked */
    int64_t started_ms;
    int64_t restart_ms;
    int64_t kill_ms;     /* SIGKILL then; 0: not due */
    unsigned backoff_ms; /* the last pause before a start; 0: none */
    int served_by;       /* slot that accepts for it meanwhile; -1: nobody */
    bool aborted;        /* the watchdog has sent SIGABRT ... */
    bool was_running;    /* ... while it used the processor */
};

/* Deaths, one soon after the other. */
struct death_count {
    unsigned n;
    int64_t last_ms;
};

struct children {
    const struct master_ops *ops;
    void *arg;
    struct log *log;
    struct logfiles *files;
    struct core_conf *conf; /* the present one */
    unsigned build;         /* its number, from 1 */
    struct slot_page *pages;
    int bus_dir;
    int bus_fds[SLOT_STORE + 1]; /* -1: not bound */
    struct bus_file bus_files[SLOT_STORE + 1];
    struct child rows[SLOT_STORE + 1];
    sigset_t signals;    /* the mask that children start with */
    int64_t watched_ms;  /* the last look of the watchdog */
    int64_t bus_look_ms; /* when to look for the bus folder */
    int64_t aborted_ms;  /* its last abort */
    struct death_count env_deaths[SLOT_ENV_COUNT]; /* in the environment */
    struct death_count faults; /* soon after the start, nobody knows where */
    unsigned damaged; /* SLOT_ENV_ that is not to be used any more; or 0 */
    bool store_started;
    bool worker_gave_up; /* one ended by itself before it was ready */
    int starter_fd;      /* who started a daemon waits at its other end; -1 */
    bool foreground;     /* master_process off: worker 0 is our parent */
    bool foreground_gone;
    pid_t master_pid; /* in that parent */
    bool stopping;    /* nobody is restarted any more */
};

void children_init(struct children *cs, const struct master_ops *ops,
                   void *arg, struct core_conf *conf, struct logfiles *files,
                   struct log *log);

/* Removes the sockets of the bus from their folder. */
void children_unbind(struct children *cs);

/* Starts the store; or one worker for each index in free slots.  0 or -1. */
int children_start_store(struct children *cs);
int children_start_workers(struct children *cs);

/*
 * master_process off: forks.  The parent returns 1 to live as the only worker
 * with children_live_foreground(), the child 0 to go on as its master; -1.
 */
int children_split_foreground(struct children *cs);
int children_live_foreground(struct children *cs);

/* Tells one child; what it cannot be told is logged. */
void child_tell(struct children *cs, unsigned slot, uint32_t type,
                int32_t value, int fd);

/* Tells the workers (or the store) to stop, with SIGKILL after wait_ms. */
void children_stop_workers(struct children *cs, uint32_t type,
                           int64_t wait_ms);
void children_stop_store(struct children *cs, int64_t wait_ms);

/*
 * Collects the dead; returns the environment, SLOT_ENV_, that too many of them
 * died in, or 0.
 */
unsigned children_reap(struct children *cs);

/* All have ended: forgets their deaths, and that they were to end. */
void children_renew(struct children *cs);

/* Reads what the child of the slot has to say. */
void child_listen(struct children *cs, unsigned slot);

/* Watchdog, due kills, due restarts; call about five times a second. */
void children_watch(struct children *cs, int64_t now_ms);

/* How many workers of a build (0: of any) are in a state (-1: alive). */
unsigned children_count(const struct children *cs, unsigned build, int state);

bool child_is_alive(const struct child *c);

#endif
