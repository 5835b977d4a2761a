#include "bench/run.h"

#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/client.h"
#include "core/mem.h"

#define SECOND_NS 1000000000ULL

static const struct {
    const char *name;
    double q;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

enum { QUANTILES = sizeof quantiles / sizeof quantiles[0] };

/* the process */

static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
    (void) sig;
    interrupted = 1;
}

bool
load_interrupted(void)
{
    return interrupted != 0;
}

int
cpu_pin(unsigned cpu)
{
    cpu_set_t set;

    if (cpu == UINT_MAX)
        return 0;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) == -1) {
        fprintf(stderr, "sparrow-bench: cannot run on processor %u\n", cpu);
        return -1;
    }
    return 0;
}

uint64_t
files_raise(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return UINT64_MAX;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_max;
}

int
load_prepare(struct load *load)
{
    const struct sigaction sa = {.sa_handler = on_signal,
                                 .sa_flags = (int) SA_RESETHAND};
    uint64_t files = files_raise();

    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (load->duration == 0 && load->requests == 0)
        load->duration = 10;
    if (load->connections + UINT64_C(32) > files) {
        fprintf(stderr,
                "sparrow-bench: %u connections need more open "
                "files than the limit of %" PRIu64 "\n",
                load->connections, files);
        return -1;
    }
    return cpu_pin(load->client_cpu);
}

static uint64_t
own_cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (uint64_t) ts.tv_sec * SECOND_NS + (uint64_t) ts.tv_nsec;
}

/* a run */

struct run *
run_create(const char *name, const struct load *load, struct procs *procs,
           const struct errors *errors)
{
    struct run *run = mem_zalloc(sizeof *run);

    run->name = name;
    run->quiet = load->quiet;
    run->procs = procs;
    run->errors = errors;
    return run;
}

void
run_destroy(struct run *run)
{
    if (run != NULL)
        mem_free(run->series);
    mem_free(run);
}

void
run_begin(struct run *run, double duration_s)
{
    if (run->procs != NULL)
        procs_mark(run->procs);
    run->client_cpu_ns = own_cpu_ns();
    run->begin_ns = now_ns();
    run->next_ns = run->begin_ns + SECOND_NS;
    run->end_ns = duration_s > 0
                      ? run->begin_ns + (uint64_t) (duration_s * 1e9)
                      : UINT64_MAX;
}

static double
us(uint64_t ns)
{
    return (double) ns / 1e3;
}

static void
second_close(struct run *run, uint64_t now)
{
    if (run->series_n % 64 == 0)
        run->series = mem_realloc(run->series,
                                  (run->series_n + 64) * sizeof *run->series);
    run->series[run->series_n++] = (uint32_t) run->second.count;
    if (!run->quiet)
        fprintf(stderr,
                "%s %4.0f s %9" PRIu64 "/s  p50 %.0f us  p99 %.0f us"
                "  errors %" PRIu64 "\n",
                run->name, (double) (now - run->begin_ns) / 1e9,
                run->second.count, us(hist_quantile(&run->second, 0.5)),
                us(hist_quantile(&run->second, 0.99)), run->errors->total);
    hist_move(&run->latency, &run->second);
}

void
run_tick(struct run *run, uint64_t now)
{
    if (now < run->next_ns)
        return;
    second_close(run, now);
    run->next_ns += SECOND_NS;
    if (run->procs != NULL)
        procs_sample(run->procs);
}

void
run_end(struct run *run)
{
    run->end_ns = now_ns();
    run->client_cpu_ns = own_cpu_ns() - run->client_cpu_ns;
    if (run->procs != NULL)
        procs_sample(run->procs);
    hist_move(&run->latency, &run->second);
}

double
run_seconds(const struct run *run)
{
    return (double) (run->end_ns - run->begin_ns) / 1e9;
}

double
run_rate(const struct run *run)
{
    return (double) run->latency.count / run_seconds(run);
}

double
run_cpu_us(const struct run *run)
{
    if (run->procs == NULL || run->latency.count == 0)
        return NAN;
    return us(procs_used(run->procs).total_ns) / (double) run->latency.count;
}

/* reports */

static void
latency_print(const char *name, const struct hist *h)
{
    printf("  %-10s", name);
    for (unsigned i = 0; i < QUANTILES; i++)
        printf(" %s %.0f", quantiles[i].name,
               us(hist_quantile(h, quantiles[i].q)));
    printf(" max %.0f us\n", us(h->max));
}

static void
server_print(const struct run *run)
{
    struct cpu_time t = procs_used(run->procs);
    double n = run->latency.count > 0 ? (double) run->latency.count : 1;
    uint64_t ticks = t.user_ns + t.system_ns;
    double user = ticks > 0 ? (double) t.user_ns / (double) ticks : 0;

    printf("  server     %.3f us each (user %.3f, system %.3f), %.0f%% busy\n",
           us(t.total_ns) / n, us(t.total_ns) / n * user,
           us(t.total_ns) / n * (1 - user),
           (double) t.total_ns / run_seconds(run) / 1e7);
}

void
run_print(const struct run *run)
{
    double busy = (double) run->client_cpu_ns / run_seconds(run) / 1e7;

    printf("%s\n  answers    %" PRIu64 " in %.2f s, %.0f/s\n", run->name,
           run->latency.count, run_seconds(run), run_rate(run));
    latency_print("latency", &run->latency);
    if (run->connects.count > 0) {
        printf("  connected  %" PRIu64 " times in between\n",
               run->connects.count);
        latency_print("connect", &run->connects);
    }
    if (run->procs != NULL)
        server_print(run);
    printf("  client     %.0f%% busy%s\n", busy,
           busy > 95 ? ": this tool may be the limit" : "");
    errors_print(&run->found);
}

void
latency_js(const struct hist *h, struct js *js, const char *name)
{
    js_open(js, name, '{');
    for (unsigned i = 0; i < QUANTILES; i++)
        js_number(js, quantiles[i].name, us(hist_quantile(h, quantiles[i].q)));
    js_number(js, "max", us(h->max));
    js_close(js, '}');
}

static void
server_js(const struct run *run, struct js *js)
{
    struct cpu_time t = procs_used(run->procs);

    js_open(js, "server", '{');
    js_number(js, "cpu_us", run_cpu_us(run));
    js_number(js, "cpu_s", (double) t.total_ns / 1e9);
    js_number(js, "user_s", (double) t.user_ns / 1e9);
    js_number(js, "system_s", (double) t.system_ns / 1e9);
    js_number(js, "busy", (double) t.total_ns / 1e9 / run_seconds(run));
    js_close(js, '}');
}

void
run_js(const struct run *run, struct js *js, const char *name)
{
    js_open(js, name, '{');
    js_text(js, "name", run->name);
    js_number(js, "seconds", run_seconds(run));
    js_count(js, "answers", run->latency.count);
    js_number(js, "per_second", run_rate(run));
    latency_js(&run->latency, js, "latency_us");
    js_count(js, "reconnects", run->connects.count);
    if (run->connects.count > 0)
        latency_js(&run->connects, js, "connect_us");
    if (run->procs != NULL)
        server_js(run, js);
    js_number(js, "client_busy",
              (double) run->client_cpu_ns / 1e9 / run_seconds(run));
    errors_js(&run->found, js);
    js_open(js, "series", '[');
    for (unsigned i = 0; i < run->series_n; i++)
        js_count(js, NULL, run->series[i]);
    js_close(js, ']');
    js_close(js, '}');
}
