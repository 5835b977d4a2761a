/*
 * Guest logins: the options, the population, the report.  What one
 * connection does is in login_conn.c.
 */
#include "bench/login.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "bench/bench.h"
#include "core/mem.h"

static void
turns(struct login *l, uint64_t end_ns, struct run *run)
{
    uint64_t now = now_ns();

    while (now < end_ns && (l->budget > 0 || l->busy > 0) &&
           !load_interrupted()) {
        uint64_t until = end_ns;
        if (run != NULL && run->next_ns < until)
            until = run->next_ns;
        if (until == UINT64_MAX)
            until = now + 1000000000;
        client_loop_turn(&l->loop, until);
        now = now_ns();
        if (run != NULL)
            run_tick(run, now);
    }
}

/* Logs each user of the population in once, unmeasured. */
static int
population_prepare(struct login *l)
{
    l->uids = mem_zalloc(l->conf->users * sizeof *l->uids);
    if (!l->conf->load.quiet)
        fprintf(stderr, "login: preparing %u users\n", l->conf->users);
    l->budget = l->conf->users;
    l->preparing = l->sending = true;
    login_kick_off(l);
    turns(l, UINT64_MAX, NULL);
    l->preparing = l->sending = false;
    if (l->loop.errors.total == 0)
        return 0;
    fprintf(stderr, "sparrow-bench: the population could not be prepared\n");
    errors_print(&l->loop.errors);
    return -1;
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

/* New guests, and the users of a population, must all have their own uid. */
static void
uids_check(int64_t *uids, size_t n, struct errors *errors)
{
    uint64_t twice = 0;

    if (n > 0)
        qsort(uids, n, sizeof *uids, compare);
    for (size_t i = 1; i < n; i++)
        twice += uids[i] != 0 && uids[i] == uids[i - 1];
    if (twice > 0)
        errors_add(errors, twice, "uid given twice");
}

static void
login_measure(struct login *l, struct run *run)
{
    l->run = run;
    l->serial = 0;
    l->budget = l->conf->load.requests > 0 ? l->conf->load.requests
                                           : UINT64_MAX;
    run_begin(run, l->conf->load.duration);
    l->sending = l->counting = true;
    login_kick_off(l);
    turns(l, run->end_ns, run);
    run_end(run);
    l->sending = l->counting = false;
    l->budget = 0;
    turns(l, now_ns() + 2 * l->loop.timeout_ns, NULL);
    errors_merge(&run->found, &l->loop.errors);
    if (l->conf->returning)
        uids_check(l->uids, l->conf->users, &run->found);
    else
        uids_check(l->made, l->made_n, &run->found);
}

static void
report(const struct login *l, const struct run *run, bool ok)
{
    struct js js = {.out = stdout};

    if (!l->conf->load.json) {
        run_print(run);
        return;
    }
    js_open(&js, NULL, '{');
    js_text(&js, "command", "login");
    js_text(&js, "target", l->http.text);
    js_count(&js, "connections", l->conf->load.connections);
    js_bool(&js, "returning", l->conf->returning);
    js_bool(&js, "full", l->conf->full);
    js_bool(&js, "tls", l->conf->load.tls);
    run_js(run, &js, "result");
    js_bool(&js, "ok", ok);
    js_close(&js, '}');
    putchar('\n');
}

static void
login_deinit(struct login *l)
{
    client_loop_deinit(&l->loop);
    login_conns_destroy(l);
    mem_free(l->uids);
    mem_free(l->made);
    endpoint_deinit(&l->http);
    endpoints_deinit(&l->games);
}

static int
login_start(struct login_conf *conf, const char *target)
{
    struct procs procs;
    struct login l = {.conf = conf};

    if (conf->load.pids != NULL && procs_init(&procs, conf->load.pids) == -1)
        return 2;
    if (load_prepare(&conf->load) == -1 ||
        endpoint_init(&l.http, target, conf->load.tls) == -1)
        return 2;
    if (client_loop_init(&l.loop, conf->load.timeout) == -1) {
        endpoint_deinit(&l.http);
        return 2;
    }
    if (getrandom(&l.salt, sizeof l.salt, 0) == -1)
        l.salt = now_ns();
    login_conns_create(&l);
    int rc = 1;
    if (!conf->returning || population_prepare(&l) == 0) {
        struct run *run = run_create("login", &conf->load,
                                     conf->load.pids != NULL ? &procs : NULL,
                                     &l.loop.errors);
        login_measure(&l, run);
        bool ok = run->found.total == 0 && run->latency.count > 0;
        report(&l, run, ok);
        run_destroy(run);
        rc = ok ? 0 : 1;
    }
    login_deinit(&l);
    return rc;
}

int
bench_login(int argc, char **argv)
{
    struct login_conf conf = {
        .load = LOAD_DEFAULTS,
        .users = 1000,
        .appid = "sparrow-bench",
        .channel = "test",
    };
    const struct opt opts[] = {
        LOAD_OPTIONS(&conf.load),
        {.name = "requests",
         .letter = 'n',
         .number = &conf.load.requests,
         .min = 1,
         .max = UINT_MAX,
         .arg = "N",
         .help = "how many logins in all"},
        {.name = "returning",
         .flag = &conf.returning,
         .help = "users that were there before"},
        {.name = "users",
         .number = &conf.users,
         .min = 1,
         .max = 100000000,
         .arg = "N",
         .help = "how many there are with --returning (1000)"},
        {.name = "appid",
         .text = &conf.appid,
         .arg = "TEXT",
         .help = "appId (sparrow-bench)"},
        {.name = "channel",
         .text = &conf.channel,
         .arg = "TEXT",
         .help = "channelId (test)"},
        {.name = "full",
         .flag = &conf.full,
         .help = "go on to the game server and into the lobby"},
        {.name = "game",
         .text = &conf.game,
         .arg = "HOST:PORT",
         .help = "use this game server, not the one in the answer"},
        {.name = "game-tls",
         .flag = &conf.game_tls,
         .help = "the game server speaks TLS"},
        {.name = "xxtea",
         .text = &conf.xxtea,
         .arg = "KEY",
         .help = "the game server's pipeline is XXTEA"},
        {.name = NULL},
    };
    int at = opt_parse(opts, "HOST:PORT", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    if (argc - at != 1) {
        fprintf(stderr, "sparrow-bench: login takes one HOST:PORT\n");
        return 2;
    }
    return login_start(&conf, argv[at]);
}
