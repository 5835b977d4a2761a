/*
 * The processes of the server under load, as /proc shows them: a list of
 * pids and all their descendants.  Descendants are looked for at each sample,
 * so a worker that a reload starts is counted from its birth, and one that
 * ends keeps what the last sample saw of it.
 */
#ifndef BENCH_PROCS_H
#define BENCH_PROCS_H

#include <stdint.h>
#include <sys/types.h>

enum { PROCS_MAX = 256 };

struct cpu_time {
    uint64_t total_ns; /* exact */
    uint64_t user_ns;  /* in clock ticks of usually 10 ms */
    uint64_t system_ns;
};

struct procs {
    unsigned n;
    struct proc {
        pid_t pid;
        struct cpu_time mark;
        struct cpu_time last;
    } list[PROCS_MAX];
};

/* `pids` is "PID[,PID...]".  Returns 0, or -1 with a message. */
int procs_init(struct procs *p, const char *pids);

/* Reads the processor times as they are now. */
void procs_sample(struct procs *p);

/* Samples; what procs_used says from now on counts from here. */
void procs_mark(struct procs *p);

/* Processor time between the mark and the last sample. */
struct cpu_time procs_used(const struct procs *p);

/* Anonymous resident memory of all together, in bytes. */
uint64_t procs_rss_anon(struct procs *p);

#endif
