#include "bench/echo.h"

#include <stdio.h>

#include "bench/bench.h"
#include "bench/endpoint.h"

void
echo_conf_js(const struct echo_conf *conf, struct js *js, const char *target)
{
    js_text(js, "command", "echo");
    if (target != NULL)
        js_text(js, "target", target);
    js_count(js, "connections", conf->load.connections);
    js_count(js, "inflight", conf->inflight);
    js_count(js, "size", conf->size);
    js_count(js, "reconnect_after", conf->reconnect_after);
    js_bool(js, "tls", conf->load.tls);
    js_bool(js, "xxtea", conf->xxtea != NULL);
}

static int
plain_run(const struct echo_conf *conf, const char *target,
          struct procs *procs)
{
    struct run *run = echo_run(conf, "echo", target, procs, false);

    if (run == NULL)
        return 1;
    bool ok = run->found.total == 0 && run->latency.count > 0;
    if (conf->load.json) {
        struct js js = {.out = stdout};
        js_open(&js, NULL, '{');
        echo_conf_js(conf, &js, target);
        run_js(run, &js, "result");
        js_bool(&js, "ok", ok);
        js_close(&js, '}');
        putchar('\n');
    } else {
        run_print(run);
    }
    run_destroy(run);
    return ok ? 0 : 1;
}

static int
echo_start(struct echo_conf *conf, const char *target)
{
    struct procs procs;
    struct endpoint to;

    if (target == NULL && !conf->baseline) {
        fprintf(stderr, "sparrow-bench: echo needs HOST:PORT\n");
        return 2;
    }
    if (conf->baseline && (conf->load.tls || conf->reconnect_after > 0)) {
        fprintf(stderr, "sparrow-bench: --baseline goes with neither --tls "
                        "nor --reconnect-after\n");
        return 2;
    }
    if (target != NULL) {
        if (endpoint_init(&to, target, conf->load.tls) == -1)
            return 2;
        endpoint_deinit(&to);
    }
    if (conf->load.pids != NULL && procs_init(&procs, conf->load.pids) == -1)
        return 2;
    if (load_prepare(&conf->load) == -1)
        return 2;
    struct procs *p = conf->load.pids != NULL ? &procs : NULL;
    return conf->baseline ? baseline_run(conf, target, p)
                          : plain_run(conf, target, p);
}

int
bench_echo(int argc, char **argv)
{
    struct echo_conf conf = {
        .load = LOAD_DEFAULTS,
        .inflight = 1,
        .size = 64,
        .rounds = 3,
        .server_cpu = UINT_MAX,
    };
    const struct opt opts[] = {
        LOAD_OPTIONS(&conf.load),
        {.name = "requests",
         .letter = 'n',
         .number = &conf.load.requests,
         .min = 1,
         .max = UINT_MAX,
         .arg = "N",
         .help = "how many requests in all"},
        {.name = "inflight",
         .letter = 'k',
         .number = &conf.inflight,
         .min = 1,
         .max = 8000,
         .arg = "K",
         .help = "requests in flight on each connection (1)"},
        {.name = "size",
         .letter = 's',
         .number = &conf.size,
         .max = 1000000,
         .arg = "BYTES",
         .help = "payload (64)"},
        {.name = "reconnect-after",
         .number = &conf.reconnect_after,
         .min = 1,
         .max = UINT_MAX - 1,
         .arg = "M",
         .help = "connect anew after M answers"},
        {.name = "xxtea",
         .text = &conf.xxtea,
         .arg = "KEY",
         .help = "the server's pipeline is XXTEA"},
        {.name = "baseline",
         .flag = &conf.baseline,
         .help = "the same load against a bare loop, in turns"},
        {.name = "rounds",
         .number = &conf.rounds,
         .min = 1,
         .max = 100,
         .arg = "N",
         .help = "turns with --baseline (3)"},
        {.name = "server-cpu",
         .number = &conf.server_cpu,
         .max = 4095,
         .arg = "CPU",
         .help = "pin the bare loop to a processor"},
        {.name = "corrupt",
         .hidden = true,
         .number = &conf.corrupt,
         .min = 1,
         .max = UINT_MAX},
        {.name = NULL},
    };
    int at = opt_parse(opts, "[HOST:PORT]", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    if (argc - at > 1) {
        fprintf(stderr, "sparrow-bench: echo takes one HOST:PORT\n");
        return 2;
    }
    return echo_start(&conf, argv[at]);
}
