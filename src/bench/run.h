/*
 * What all loads share: the options that every command has, and the
 * measured stretch of time (a run) with its progress lines and its report.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/errors.h"
#include "bench/hist.h"
#include "bench/js.h"
#include "bench/opt.h"
#include "bench/procs.h"

struct load {
    unsigned connections;
    unsigned requests; /* 0: no limit */
    double duration;   /* seconds; 0: no limit */
    double timeout;
    bool tls;
    bool json;
    bool quiet;
    const char *pids;
    unsigned client_cpu; /* UINT_MAX: not pinned */
};

#define LOAD_DEFAULTS                                                         \
    {                                                                         \
        .connections = 100, .timeout = 10, .client_cpu = UINT_MAX             \
    }

/* The rows of the options above, for the head of a command's table. */
#define LOAD_OPTIONS(load)                                                    \
    {.name = "connections",                                                   \
     .letter = 'c',                                                           \
     .number = &(load)->connections,                                          \
     .min = 1,                                                                \
     .max = 1000000,                                                          \
     .arg = "N",                                                              \
     .help = "connections"},                                                  \
        {.name = "duration",                                                  \
         .letter = 'd',                                                       \
         .seconds = &(load)->duration,                                        \
         .arg = "TIME",                                                       \
         .help = "how long to measure (10s)"},                                \
        {.name = "timeout",                                                   \
         .seconds = &(load)->timeout,                                         \
         .arg = "TIME",                                                       \
         .help = "an answer that takes longer is an error (10s)"},            \
        {.name = "tls", .flag = &(load)->tls, .help = "connect with TLS"},    \
        {.name = "pid",                                                       \
         .letter = 'p',                                                       \
         .text = &(load)->pids,                                               \
         .arg = "PID,...",                                                    \
         .help = "processes of the server; their children are added"},        \
        {.name = "client-cpu",                                                \
         .number = &(load)->client_cpu,                                       \
         .max = 4095,                                                         \
         .arg = "CPU",                                                        \
         .help = "pin this tool to a processor"},                             \
        {.name = "json",                                                      \
         .flag = &(load)->json,                                               \
         .help = "report as one JSON object"},                                \
    {                                                                         \
        .name = "quiet", .letter = 'q', .flag = &(load)->quiet,               \
        .help = "no progress lines"                                           \
    }

/* As many open files as may be; how many that is. */
uint64_t files_raise(void);

/*
 * Completes the defaults and prepares the process: pins it, raises its limit
 * of open files, catches SIGINT and SIGTERM.  Returns 0, or -1 with a message.
 */
int load_prepare(struct load *load);

/* Pins the calling process; 0, or -1 with a message. */
int cpu_pin(unsigned cpu);

/* Whether somebody wants the run to end now. */
bool load_interrupted(void);

struct run {
    const char *name;
    bool quiet;
    struct procs *procs;         /* NULL: no processes named */
    const struct errors *errors; /* of the loop, for the progress line */
    uint64_t begin_ns;
    uint64_t end_ns;  /* planned, then actual */
    uint64_t next_ns; /* next progress line */
    uint64_t client_cpu_ns;
    struct hist second;   /* latencies since the last progress line */
    struct hist latency;  /* all before that */
    struct hist connects; /* connect to ready, of later connections */
    uint32_t *series;     /* answers in each second */
    unsigned series_n;
    struct errors found; /* filled in by the command at the end */
};

/* The run is large: on the heap.  `procs` may be NULL. */
struct run *run_create(const char *name, const struct load *load,
                       struct procs *procs, const struct errors *errors);
void run_destroy(struct run *run);

/* The clock starts; processor times count from here. */
void run_begin(struct run *run, double duration_s);

/* Called at each turn: a progress line when one is due. */
void run_tick(struct run *run, uint64_t now);

void run_end(struct run *run);

static inline void
run_answer(struct run *run, uint64_t latency_ns, uint64_t n)
{
    hist_add(&run->second, latency_ns, n);
}

double run_seconds(const struct run *run);
double run_rate(const struct run *run);

/* Server processor time for each answer in us; NAN when not known. */
double run_cpu_us(const struct run *run);

void run_print(const struct run *run);
void run_js(const struct run *run, struct js *js, const char *name);

/* A histogram of nanoseconds in microseconds. */
void latency_js(const struct hist *h, struct js *js, const char *name);

#endif
