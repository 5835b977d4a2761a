/*
 * sparrow-bench play: the options and the run.
 */
#include "bench/play.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

#include "bench/bench.h"
#include "core/mem.h"
#include "game/mahjong/table.h"

uint64_t
play_random(struct play *p, uint64_t below)
{
    uint64_t z = (p->random += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % below;
}

/* ---- the run ---- */

void
play_turn(struct play *p, uint64_t until)
{
    const struct timer *first = timers_first(&p->timers);
    uint64_t due = first != NULL ? (uint64_t) first->deadline_ms * 1000000
                                 : until;

    client_loop_turn(&p->loop, due < until ? due : until);
    timers_expire(&p->timers, (int64_t) (now_ns() / 1000000));
}

static bool
is_done(const struct play *p)
{
    unsigned matches = p->conf->matches;

    return matches != 0 && p->ended + p->voided >= matches;
}

static void
reload(struct play *p, uint64_t now)
{
    p->reload_ns = now;
    p->has_reloaded = true;
    if (kill(p->procs->list[0].pid, SIGHUP) == -1)
        errors_add(&p->loop.errors, 1, "reload: %s", strerror(errno));
}

static void
play_turns(struct play *p, uint64_t end)
{
    uint64_t now = now_ns(), scan = now;

    while (now < end && !load_interrupted() && !is_done(p)) {
        uint64_t until = now + 100000000;

        if (until > end)
            until = end;
        tables_begin(p, now);
        /* one that is due, but has no table or is one too many, waits */
        if (p->conf->rate != 0 && p->next_begin_ns > now &&
            p->next_begin_ns < until)
            until = p->next_begin_ns;
        play_turn(p, until);
        now = now_ns();
        if (now >= scan) {
            tables_check_stalls(p, now);
            scan = now + 1000000000;
        }
        if (now >= p->reload_ns && !p->has_reloaded)
            reload(p, now);
        run_tick(p->run, now);
    }
}

/* Matches that have begun are played to their end. */
static void
play_out(struct play *p)
{
    p->ending = true;
    while (p->ended + p->voided < p->begun && !load_interrupted())
        play_turns(p, now_ns() + 100000000);
}

static bool
play_matches(struct play *p)
{
    play_turns(p, p->run->end_ns);
    play_out(p);
    return p->ended > 0;
}

static int
play_run(struct play *p)
{
    bool ok;

    p->run = run_create("play", &p->conf->load, p->procs, &p->loop.errors);
    if (p->procs != NULL && p->conf->sit)
        p->rss_before = procs_rss_anon(p->procs);
    run_begin(p->run, p->conf->load.duration);
    p->next_begin_ns = p->run->begin_ns;
    p->reload_ns = p->conf->reload_s == 0
                       ? UINT64_MAX
                       : p->run->begin_ns + p->conf->reload_s * 1000000000ULL;
    ok = p->conf->sit ? play_sit(p) : play_matches(p);
    run_end(p->run);
    errors_merge(&p->run->found, &p->loop.errors);
    ok = ok && p->run->found.total == 0;
    play_report(p, ok);
    run_destroy(p->run);
    return ok ? 0 : 1;
}

/* ---- its files ---- */

static int
file_open(FILE **file, const char *path)
{
    if (path == NULL)
        return 0;
    *file = fopen(path, "we");
    if (*file != NULL)
        return 0;
    fprintf(stderr, "sparrow-bench: cannot write \"%s\": %s\n", path,
            strerror(errno));
    return -1;
}

static void
file_close(FILE *file, const char *path)
{
    if (file != NULL && fclose(file) != 0)
        fprintf(stderr, "sparrow-bench: \"%s\" could not be written\n", path);
}

/* ---- beginning and end ---- */

static void
play_deinit(struct play *p)
{
    client_loop_deinit(&p->loop);
    tables_destroy(p);
    timers_deinit(&p->timers);
    buf_deinit(&p->packets);
    buf_deinit(&p->plain);
    buf_deinit(&p->text);
    endpoint_deinit(&p->http);
    endpoints_deinit(&p->games);
    file_close(p->record, p->conf->record);
    file_close(p->results, p->conf->results);
}

static int
play_start(struct play_conf *conf, const char *target)
{
    struct procs procs;
    struct play *p;
    int rc = 2;

    if (conf->load.pids != NULL && procs_init(&procs, conf->load.pids) == -1)
        return 2;
    /* one of them limits the run, but for --sit */
    conf->load.requests = conf->sit ? 1 : conf->matches;
    conf->load.connections = conf->desks * conf->mode;
    if (load_prepare(&conf->load) == -1)
        return 2;
    p = mem_zalloc(sizeof *p);
    p->conf = conf;
    p->random = conf->seed;
    p->key = str_of(conf->xxtea);
    p->procs = conf->load.pids != NULL ? &procs : NULL;
    if (getrandom(&p->salt, sizeof p->salt, 0) == -1)
        p->salt = now_ns();
    mahjong_tables_init();
    if (endpoint_init(&p->http, target, false) == 0) {
        if (file_open(&p->record, conf->record) == 0 &&
            file_open(&p->results, conf->results) == 0 &&
            client_loop_init(&p->loop, conf->load.timeout) == 0) {
            tables_create(p);
            rc = play_run(p);
            play_deinit(p);
        } else {
            endpoint_deinit(&p->http);
        }
    }
    mem_free(p);
    return rc;
}

/* ---- the options ---- */

static int
complain(const char *what)
{
    fprintf(stderr, "sparrow-bench: play %s\n", what);
    return 2;
}

static int
conf_check(struct play_conf *conf)
{
    unsigned r = conf->rounds;

    if (r != 1 && r != 4 && r != 8 && r != 16)
        return complain("takes --rounds 1, 4, 8 or 16");
    if (conf->returning && conf->users == 0)
        conf->users = conf->desks * conf->mode * PLAY_GROUPS;
    if (conf->users != 0 && !conf->returning)
        return complain("takes --users with --returning");
    if (conf->returning && conf->users / conf->desks < conf->mode)
        return complain("needs as many --users as there are seats");
    if (conf->drop && !conf->sit)
        return complain("takes --drop with --sit");
    if (conf->reload_s != 0 && conf->load.pids == NULL)
        return complain("takes --reload with --pid");
    if (conf->chaos)
        conf->survive = true;
    return 0;
}

int
bench_play(int argc, char **argv)
{
    struct play_conf conf = {.load = LOAD_DEFAULTS,
                             .desks = 25,
                             .rounds = 1,
                             .mode = 4,
                             .stall_s = 30,
                             .seed = 1,
                             .channel = "test"};
    const struct opt opts[] = {
        LOAD_OPTIONS(&conf.load),
        {.name = "desks",
         .number = &conf.desks,
         .min = 1,
         .max = 100000,
         .arg = "N",
         .help = "tables that play at the same time (25)"},
        {.name = "rounds",
         .number = &conf.rounds,
         .min = 1,
         .max = 16,
         .arg = "R",
         .help = "of a match: 1, 4, 8, 16 (1)"},
        {.name = "mode",
         .number = &conf.mode,
         .min = 3,
         .max = 4,
         .arg = "N",
         .help = "players of a desk (4)"},
        {.name = "matches",
         .letter = 'n',
         .number = &conf.matches,
         .min = 1,
         .max = UINT_MAX,
         .arg = "N",
         .help = "end after so many"},
        {.name = "think",
         .number = &conf.think_ms,
         .max = 60000,
         .arg = "MS",
         .help = "before each answer (0)"},
        {.name = "rate",
         .number = &conf.rate,
         .max = 1000000,
         .arg = "N",
         .help = "matches begun in a second, whether others end or not"},
        {.name = "chaos",
         .flag = &conf.chaos,
         .help = "players lose their connections at random, and come back"},
        {.name = "survive",
         .flag = &conf.survive,
         .help = "who loses his connection comes back"},
        {.name = "stall",
         .number = &conf.stall_s,
         .min = 1,
         .max = 3600,
         .arg = "S",
         .help = "a match that stands still for so long is an error (30)"},
        {.name = "seed",
         .number = &conf.seed,
         .max = UINT_MAX,
         .arg = "N",
         .help = "of options and of chaos (1)"},
        {.name = "returning",
         .flag = &conf.returning,
         .help = "the same guests in every run"},
        {.name = "users",
         .number = &conf.users,
         .min = 3,
         .max = 100000000,
         .arg = "N",
         .help = "how many there are with --returning (4 for each seat)"},
        {.name = "sit",
         .flag = &conf.sit,
         .help = "nobody answers after the deal; memory for each desk"},
        {.name = "drop",
         .flag = &conf.drop,
         .help = "with --sit: end at once, without a farewell"},
        {.name = "reload",
         .number = &conf.reload_s,
         .max = 86400,
         .arg = "S",
         .help = "HUP to the first --pid after so many seconds; the actions "
                 "after it are told apart"},
        {.name = "channel",
         .text = &conf.channel,
         .arg = "TEXT",
         .help = "channelId (test)"},
        {.name = "game",
         .text = &conf.game,
         .arg = "HOST:PORT",
         .help = "use this game server, not the one in the answer"},
        {.name = "xxtea",
         .text = &conf.xxtea,
         .arg = "KEY",
         .help = "the game server's pipeline is XXTEA"},
        {.name = "record",
         .text = &conf.record,
         .arg = "FILE",
         .help = "write what the first table says and hears, as JSON lines"},
        {.name = "results",
         .text = &conf.results,
         .arg = "FILE",
         .help = "write how each match ended: a line of uids and of scores"},
        {.name = NULL},
    };
    int at = opt_parse(opts, "HOST:PORT", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    if (argc - at != 1)
        return complain("takes one HOST:PORT");
    if (conf_check(&conf) != 0)
        return 2;
    return play_start(&conf, argv[at]);
}
