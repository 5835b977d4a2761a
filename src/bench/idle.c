/*
 * Connections that only answer heartbeats, an interval later.  They are made
 * in steps; after each step the server's anonymous memory is read, so that
 * what one more connection costs is the slope from the first step to the last,
 * free of what the server needs anyway.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bench/bench.h"
#include "bench/client.h"
#include "bench/nano.h"
#include "bench/run.h"
#include "core/mem.h"

struct idle_conf {
    struct load load;
    unsigned step;
    double settle;
};

struct idle_step {
    unsigned connections;
    uint64_t rss_anon;
};

struct idle_conn {
    struct client client; /* first: the callbacks get this */
    struct idle *idle;
    struct buf in; /* during the handshake */
    bool ready;
    unsigned beat; /* bytes seen of a heartbeat packet */
};

struct idle {
    const struct idle_conf *conf;
    struct endpoint to;
    struct client_loop loop;
    struct procs *procs;
    struct idle_conn *conns;
    unsigned ready;
    uint64_t beats;
    struct idle_step *steps; /* the first one is without connections */
    unsigned steps_n;
};

static const uint8_t heartbeat[NANO_HEAD] = {NANO_HEARTBEAT, 0, 0, 0};

static void
on_opened(struct client *c, uint64_t now)
{
    nano_shake(c, now);
}

static void
on_data(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
    struct idle_conn *ic = (struct idle_conn *) c;

    if (!ic->ready) {
        ssize_t used = nano_shaken(c, &ic->in, p, n, now);
        if (used <= 0)
            return;
        p += used;
        n -= (size_t) used;
        ic->ready = true;
        ic->idle->ready++;
    }
    for (size_t i = 0; i < n; i++) {
        if (p[i] != heartbeat[ic->beat]) {
            client_fail(c, now,
                        ic->beat == 0 && p[i] == NANO_KICK
                            ? "kicked"
                            : "unexpected packet");
            return;
        }
        if (++ic->beat < NANO_HEAD)
            continue;
        ic->beat = 0;
        ic->idle->beats++;
        nano_heartbeat(c, now);
    }
}

static void
on_beat(struct client *c, uint64_t now)
{
    client_send(c, heartbeat, NANO_HEAD, now);
}

static void
on_writable(struct client *c, uint64_t now)
{
    /* A heartbeat is only left out when the server does not read at all. */
    (void) c;
    (void) now;
}

static void
on_failed(struct client *c, uint64_t now)
{
    struct idle_conn *ic = (struct idle_conn *) c;

    (void) now;
    if (ic->ready)
        ic->idle->ready--;
    ic->ready = false;
    ic->beat = 0;
    buf_deinit(&ic->in);
    client_open(c);
}

static const struct client_ops idle_ops = {
    .opened = on_opened,
    .data = on_data,
    .writable = on_writable,
    .failed = on_failed,
    .beat = on_beat,
};

static void
turn_for(struct idle *idle, double seconds)
{
    uint64_t until = now_ns() + (uint64_t) (seconds * 1e9);

    while (now_ns() < until && !load_interrupted())
        client_loop_turn(&idle->loop, until);
}

static void
step_measure(struct idle *idle)
{
    struct idle_step *s = &idle->steps[idle->steps_n++];

    turn_for(idle, idle->conf->settle);
    s->connections = idle->ready;
    s->rss_anon = idle->procs != NULL ? procs_rss_anon(idle->procs) : 0;
    if (idle->conf->load.quiet)
        return;
    fprintf(stderr, "idle %7u connections  errors %" PRIu64, idle->ready,
            idle->loop.errors.total);
    if (idle->procs != NULL)
        fprintf(stderr, "  RssAnon %" PRIu64 " KB", s->rss_anon / 1024);
    fputc('\n', stderr);
}

/* Makes connections until there are `upto`; false when they do not come. */
static bool
step_connect(struct idle *idle, unsigned upto)
{
    uint64_t last = now_ns();
    unsigned ready = idle->ready;

    while (idle->loop.n < upto) {
        struct idle_conn *ic = &idle->conns[idle->loop.n];
        client_init(&ic->client, &idle->loop, &idle_ops, &idle->to);
        ic->idle = idle;
        client_open(&ic->client);
    }
    while (idle->ready < upto && !load_interrupted()) {
        client_loop_turn(&idle->loop, now_ns() + 100000000);
        if (idle->ready > ready) {
            ready = idle->ready;
            last = now_ns();
        } else if (now_ns() - last > idle->loop.timeout_ns) {
            fprintf(stderr, "sparrow-bench: only %u of %u connections\n",
                    idle->ready, upto);
            return false;
        }
    }
    return idle->ready >= upto;
}

static bool
idle_hold(struct idle *idle)
{
    const struct idle_conf *conf = idle->conf;
    unsigned n = conf->load.connections;

    step_measure(idle);
    for (unsigned upto = 0; upto < n;) {
        upto = n - upto > conf->step ? upto + conf->step : n;
        if (!step_connect(idle, upto))
            return false;
        step_measure(idle);
    }
    turn_for(idle, conf->load.duration);
    return idle->ready == n;
}

/* From the first step with connections to the last, if there are two. */
static double
bytes_each(const struct idle *idle)
{
    if (idle->steps_n < 2)
        return 0;
    const struct idle_step *last = &idle->steps[idle->steps_n - 1];
    const struct idle_step *first = &idle->steps[idle->steps_n > 2 ? 1 : 0];
    if (last->connections <= first->connections)
        return 0;
    return ((double) last->rss_anon - (double) first->rss_anon) /
           (last->connections - first->connections);
}

static void
idle_js(const struct idle *idle, const struct errors *errors, bool ok)
{
    struct js js = {.out = stdout};

    js_open(&js, NULL, '{');
    js_text(&js, "command", "idle");
    js_text(&js, "target", idle->to.text);
    js_count(&js, "connections", idle->ready);
    js_bool(&js, "tls", idle->conf->load.tls);
    js_count(&js, "heartbeats", idle->beats);
    if (idle->procs != NULL)
        js_number(&js, "bytes_per_connection", bytes_each(idle));
    js_open(&js, "steps", '[');
    for (unsigned i = 0; i < idle->steps_n; i++) {
        js_open(&js, NULL, '{');
        js_count(&js, "connections", idle->steps[i].connections);
        if (idle->procs != NULL)
            js_count(&js, "rss_anon", idle->steps[i].rss_anon);
        js_close(&js, '}');
    }
    js_close(&js, ']');
    errors_js(errors, &js);
    js_bool(&js, "ok", ok);
    js_close(&js, '}');
    putchar('\n');
}

static void
idle_print(const struct idle *idle, const struct errors *errors)
{
    printf("idle\n  held       %u connections\n", idle->ready);
    printf("  heartbeats %" PRIu64 "\n", idle->beats);
    for (unsigned i = 0; idle->procs != NULL && i < idle->steps_n; i++)
        printf("  RssAnon    %" PRIu64 " KB with %u\n",
               idle->steps[i].rss_anon / 1024, idle->steps[i].connections);
    if (idle->procs != NULL)
        printf("  each       %.0f bytes\n", bytes_each(idle));
    errors_print(errors);
}

static int
idle_start(struct idle_conf *conf, const char *target)
{
    struct procs procs;
    struct idle idle = {.conf = conf};
    unsigned n = conf->load.connections;

    if (conf->load.pids != NULL && procs_init(&procs, conf->load.pids) == -1)
        return 2;
    if (load_prepare(&conf->load) == -1 ||
        endpoint_init(&idle.to, target, conf->load.tls) == -1)
        return 2;
    if (client_loop_init(&idle.loop, conf->load.timeout) == -1) {
        endpoint_deinit(&idle.to);
        return 2;
    }
    idle.procs = conf->load.pids != NULL ? &procs : NULL;
    idle.conns = mem_zalloc(n * sizeof *idle.conns);
    idle.steps = mem_zalloc((n / conf->step + 2) * sizeof *idle.steps);
    bool ok = idle_hold(&idle) && idle.loop.errors.total == 0;
    if (conf->load.json)
        idle_js(&idle, &idle.loop.errors, ok);
    else
        idle_print(&idle, &idle.loop.errors);
    client_loop_deinit(&idle.loop);
    for (unsigned i = 0; i < n; i++)
        buf_deinit(&idle.conns[i].in);
    mem_free(idle.conns);
    mem_free(idle.steps);
    endpoint_deinit(&idle.to);
    return ok ? 0 : 1;
}

int
bench_idle(int argc, char **argv)
{
    struct idle_conf conf = {
        .load = LOAD_DEFAULTS, .step = 1000, .settle = 0.5};
    const struct opt opts[] = {
        LOAD_OPTIONS(&conf.load),
        {.name = "step",
         .number = &conf.step,
         .min = 1,
         .max = 1000000,
         .arg = "N",
         .help = "memory is read after each N (1000)"},
        {.name = "settle",
         .seconds = &conf.settle,
         .arg = "TIME",
         .help = "rest before memory is read (500ms)"},
        {.name = NULL},
    };
    int at = opt_parse(opts, "HOST:PORT", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    if (argc - at != 1) {
        fprintf(stderr, "sparrow-bench: idle takes one HOST:PORT\n");
        return 2;
    }
    return idle_start(&conf, argv[at]);
}
