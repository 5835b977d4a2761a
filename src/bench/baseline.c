/*
 * The bare loop and the server in turns, A B B A ..., so that what else the
 * machine does falls on both alike, also when it grows or shrinks; the ratio
 * is the median of the rounds'.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bare.h"
#include "bench/echo.h"
#include "core/mem.h"

struct ratios {
    double cpu[100];
    double rate[100];
    unsigned n;
};

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static double
median(double *v, unsigned n)
{
    qsort(v, n, sizeof *v, compare);
    return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* A run against a bare loop of its own, new each time. */
static struct run *
bare_run(const struct echo_conf *conf, struct procs *procs)
{
    struct bare bare;
    char pid[16];
    struct run *run = NULL;

    if (bare_start(&bare, conf->server_cpu, conf->corrupt) == -1)
        return NULL;
    snprintf(pid, sizeof pid, "%d", (int) bare.pid);
    if (procs_init(procs, pid) == 0)
        run = echo_run(conf, "bare", bare.target, procs, true);
    bare_stop(&bare);
    return run;
}

static bool
report(const struct run *run, struct js *js, const char *name)
{
    if (run == NULL)
        return false;
    if (js->out != NULL)
        run_js(run, js, name);
    else
        run_print(run);
    fflush(stdout);
    return run->found.total == 0 && run->latency.count > 0;
}

static bool
round_run(const struct echo_conf *conf, const char *target,
          struct procs *procs, struct js *js, struct ratios *r,
          bool server_first)
{
    struct procs *own = mem_zalloc(sizeof *own);
    struct run *server = NULL, *bare = NULL;
    bool ok = true;

    for (int i = 0; ok && i < 2; i++) {
        if (server_first == (i == 1)) {
            bare = bare_run(conf, own);
            ok = report(bare, js, "bare");
        } else if (target != NULL) {
            server = echo_run(conf, "server", target, procs, false);
            ok = report(server, js, "server");
        }
    }
    if (ok && target != NULL) {
        r->cpu[r->n] = run_cpu_us(server) / run_cpu_us(bare);
        r->rate[r->n] = run_rate(server) / run_rate(bare);
        r->n++;
    }
    run_destroy(bare);
    run_destroy(server);
    mem_free(own);
    return ok;
}

static void
ratios_report(struct ratios *r, struct js *js, bool has_cpu)
{
    double cpu = has_cpu ? median(r->cpu, r->n) : NAN;
    double rate = median(r->rate, r->n);

    if (js->out != NULL) {
        js_open(js, "ratio", '{');
        js_number(js, "server_cpu", cpu);
        js_number(js, "throughput", rate);
        js_close(js, '}');
        return;
    }
    printf("ratio to the bare loop, median of %u\n", r->n);
    if (has_cpu)
        printf("  server processor time each  %.3f\n", cpu);
    else
        printf("  server processor time each  unknown without --pid\n");
    printf("  throughput                  %.3f\n", rate);
}

int
baseline_run(const struct echo_conf *conf, const char *target,
             struct procs *procs)
{
    struct js js = {.out = conf->load.json ? stdout : NULL};
    struct ratios ratios = {.n = 0};
    bool ok = true;

    if (js.out != NULL) {
        js_open(&js, NULL, '{');
        echo_conf_js(conf, &js, target);
        js_open(&js, "rounds", '[');
    }
    for (unsigned i = 0; i < conf->rounds && ok && !load_interrupted(); i++) {
        if (js.out != NULL)
            js_open(&js, NULL, '{');
        ok = round_run(conf, target, procs, &js, &ratios, i % 2 == 1);
        if (js.out != NULL)
            js_close(&js, '}');
    }
    if (js.out != NULL)
        js_close(&js, ']');
    if (ratios.n > 0)
        ratios_report(&ratios, &js, procs != NULL);
    if (js.out != NULL) {
        js_bool(&js, "ok", ok);
        js_close(&js, '}');
        putchar('\n');
    }
    return ok ? 0 : 1;
}
