#include "bench/procs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* user and system ticks are fields 14 and 15; field 2 may hold anything. */
static int
stat_read(pid_t pid, struct cpu_time *t)
{
    char path[64], line[1024];
    unsigned long user, system;

    snprintf(path, sizeof path, "/proc/%d/stat", (int) pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return -1;
    char *ok = fgets(line, sizeof line, f);
    fclose(f);
    char *end = ok != NULL ? strrchr(line, ')') : NULL;
    if (end == NULL ||
        sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &user, &system) != 2)
        return -1;

    uint64_t tick_ns = 1000000000 / (uint64_t) sysconf(_SC_CLK_TCK);
    t->user_ns = user * tick_ns;
    t->system_ns = system * tick_ns;
    t->total_ns = t->user_ns + t->system_ns;
    return 0;
}

static int
cpu_time_read(pid_t pid, struct cpu_time *t)
{
    struct timespec ts;
    clockid_t clock;

    if (stat_read(pid, t) == -1)
        return -1;
    if (clock_getcpuclockid(pid, &clock) == 0 &&
        clock_gettime(clock, &ts) == 0)
        t->total_ns = (uint64_t) ts.tv_sec * 1000000000 +
                      (uint64_t) ts.tv_nsec;
    return 0;
}

static struct proc *
proc_add(struct procs *p, pid_t pid)
{
    for (unsigned i = 0; i < p->n; i++) {
        if (p->list[i].pid == pid)
            return &p->list[i];
    }
    if (p->n == PROCS_MAX)
        return NULL;
    struct proc *proc = &p->list[p->n++];
    *proc = (struct proc){.pid = pid};
    return proc;
}

static void
children_add(struct procs *p, pid_t pid)
{
    char path[64];
    int child;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int) pid,
             (int) pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return;
    while (fscanf(f, "%d", &child) == 1)
        proc_add(p, child);
    fclose(f);
}

int
procs_init(struct procs *p, const char *pids)
{
    p->n = 0;
    for (const char *s = pids;; s++) {
        char *end;
        errno = 0;
        long pid = strtol(s, &end, 10);
        struct cpu_time t;
        if (end == s || (*end != ',' && *end != '\0') || pid < 1 ||
            pid > 1 << 22 || errno != 0) {
            fprintf(stderr,
                    "sparrow-bench: --pid takes PID[,PID...], "
                    "not \"%s\"\n",
                    pids);
            return -1;
        }
        if (cpu_time_read((pid_t) pid, &t) == -1) {
            fprintf(stderr, "sparrow-bench: no process %ld\n", pid);
            return -1;
        }
        proc_add(p, (pid_t) pid);
        s = end;
        if (*s == '\0')
            return 0;
    }
}

void
procs_sample(struct procs *p)
{
    for (unsigned i = 0; i < p->n; i++) { /* grows while it runs */
        struct proc *proc = &p->list[i];
        struct cpu_time t;

        children_add(p, proc->pid);
        if (cpu_time_read(proc->pid, &t) == 0 &&
            t.total_ns >= proc->last.total_ns)
            proc->last = t;
    }
}

void
procs_mark(struct procs *p)
{
    procs_sample(p);
    for (unsigned i = 0; i < p->n; i++)
        p->list[i].mark = p->list[i].last;
}

struct cpu_time
procs_used(const struct procs *p)
{
    struct cpu_time sum = {0};

    for (unsigned i = 0; i < p->n; i++) {
        const struct proc *one = &p->list[i];
        sum.total_ns += one->last.total_ns - one->mark.total_ns;
        sum.user_ns += one->last.user_ns - one->mark.user_ns;
        sum.system_ns += one->last.system_ns - one->mark.system_ns;
    }
    return sum;
}

static uint64_t
rss_anon(pid_t pid)
{
    char path[64], line[256];
    unsigned long kb = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int) pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "RssAnon: %lu", &kb) == 1)
            break;
    }
    fclose(f);
    return (uint64_t) kb * 1024;
}

uint64_t
procs_rss_anon(struct procs *p)
{
    uint64_t sum = 0;

    procs_sample(p);
    for (unsigned i = 0; i < p->n; i++)
        sum += rss_anon(p->list[i].pid);
    return sum;
}
