/*
 * sparrow-bench play: tables of bots play matches over the real protocol, one
 * after the other at each table, and check everything that they are told.
 * A table logs its guests in over an HTTP connection of its own; who creates
 * the desk goes around.
 */
#include "bench/play.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "bench/bench.h"
#include "bench/http.h"
#include "bench/scan.h"
#include "core/mem.h"
#include "game/mahjong/table.h"

enum { MATCHES_A_GUEST = 4, REQUEST_MAX = 1024 };

uint64_t
play_random(struct play *p, uint64_t below)
{
    uint64_t z = (p->random += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % below;
}

/* ---- those who think ---- */

/* Think times are alike, so most go to the end at once; `due` is its last. */
void
play_wait(struct bot *b, uint64_t due_ns)
{
    struct play *p = b->table->play;
    struct bot **at = &p->due;

    if (b->due_ns != 0) {
        b->due_ns = due_ns;
        return; /* he is in the list: looked at again when his turn comes */
    }
    b->due_ns = due_ns;
    while (*at != NULL && (*at)->due_ns > due_ns)
        at = &(*at)->next_due;
    b->next_due = *at;
    *at = b;
}

/* The list is latest first; those that are due are its tail. */
static void
wake(struct play *p, uint64_t now)
{
    struct bot **at = &p->due, *ready;

    while (*at != NULL && (*at)->due_ns > now)
        at = &(*at)->next_due;
    ready = *at;
    *at = NULL;
    while (ready != NULL) {
        struct bot *b = ready;
        uint64_t due_ns = b->due_ns;

        ready = b->next_due;
        b->due_ns = 0;
        if (due_ns > now)
            play_wait(b, due_ns);
        else
            bot_due(b, now);
    }
}

/* ---- logging in ---- */

static void
login_send(struct table *t, uint64_t now)
{
    struct play *p = t->play;
    struct bot *b = &t->bot[t->logged_in];
    char body[REQUEST_MAX / 2], out[REQUEST_MAX], imei[64];

    snprintf(imei, sizeof imei, "play-%016" PRIx64 "-%09" PRIu64, p->salt,
             b->user);
    int len = snprintf(body, sizeof body,
                       "{\"appId\":\"sparrow-bench\",\"channelId\":\"%s\","
                       "\"imei\":\"%s\",\"device\":{\"imei\":\"%s\","
                       "\"os\":\"linux\",\"model\":\"bench\","
                       "\"ip\":\"\",\"remote\":\"\"}}",
                       p->conf->channel, imei, imei);
    int n = snprintf(out, sizeof out,
                     "POST /v1/user/login/guest HTTP/1.1\r\n"
                     "Host: %s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n%s",
                     p->http.text, len, body);
    t->http.waiting_ns = now;
    client_send(&t->http, out, (size_t) n, now);
}

static void
login_answer(struct table *t, const struct http_answer *a, uint64_t now)
{
    struct play *p = t->play;
    struct bot *b = &t->bot[t->logged_in];
    struct str token;
    const struct endpoint *to;
    int64_t code;

    t->http.waiting_ns = 0;
    if (a->status != 200 || !scan_number(a->body, "code", &code) ||
        code != 0 || !scan_number(a->body, "uid", &b->uid) ||
        !scan_field(a->body, "token", &token) ||
        token.len >= sizeof b->token) {
        client_fail(&t->http, now, "login: status %d", a->status);
        return;
    }
    to = endpoints_get(&p->games, p->conf->game, p->conf->load.tls, a->body);
    if (to == NULL) {
        client_fail(&t->http, now, "login: no endpoint");
        return;
    }
    memcpy(b->token, token.data, token.len);
    b->token[token.len] = '\0';
    b->game.to = to;
    if (++t->logged_in < p->conf->mode) {
        login_send(t, now);
        return;
    }
    t->logged_in = 0;
    if (p->conf->sit)
        client_close(&t->http); /* it is not needed again */
    for (unsigned i = 0; i < p->conf->mode; i++)
        bot_enter(&t->bot[i], t->bot[i].game.to);
}

static void
http_opened(struct client *c, uint64_t now)
{
    struct table *t = (struct table *) c;

    t->in.len = 0;
    if (t->busy)
        login_send(t, now);
}

static void
http_data(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
    struct table *t = (struct table *) c;
    struct http_answer a;

    buf_append(&t->in, p, n);
    ssize_t used = http_parse(&a, (const char *) t->in.data, t->in.len);
    if (used == 0)
        return;
    if (used == -1) {
        client_fail(c, now, "no HTTP");
        return;
    }
    t->in.len = 0;
    login_answer(t, &a, now);
    if (a.last && c->state == CLIENT_OPEN)
        client_close(c);
}

static void
http_writable(struct client *c, uint64_t now)
{
    client_fail(c, now, "request was not taken whole");
}

static void
http_failed(struct client *c, uint64_t now)
{
    play_table_failed((struct table *) c, now);
}

static const struct client_ops http_ops = {
    .opened = http_opened,
    .data = http_data,
    .writable = http_writable,
    .failed = http_failed,
    .may_close = true,
};

/* ---- matches ---- */

/* Whoever created goes to the end; after some matches others sit here. */
static void
seat_guests(struct table *t)
{
    struct play *p = t->play;
    uint64_t mode = p->conf->mode;
    uint64_t first = (uint64_t) t->index * 1000000 +
                     t->turn / (MATCHES_A_GUEST * mode) * mode;

    for (unsigned i = 0; i < mode; i++)
        t->bot[i].user = first + (t->turn + i) % mode;
    t->turn++;
}

static void
match_begin(struct table *t, uint64_t now)
{
    struct play *p = t->play;

    if (t->busy || p->ending ||
        (p->conf->matches != 0 && p->begun >= p->conf->matches))
        return;
    p->begun++;
    t->busy = true;
    t->logged_in = t->seated = 0;
    t->begun_ns = t->moved_ns = now;
    memset(t->acted_ns, 0, sizeof t->acted_ns);
    seat_guests(t);
    if (t->http.state == CLIENT_OPEN)
        login_send(t, now);
    else if (t->http.state == CLIENT_CLOSED)
        client_open(&t->http);
}

static void
match_close(struct table *t)
{
    for (unsigned i = 0; i < t->play->conf->mode; i++) {
        t->bot[i].state = BOT_IDLE;
        client_close(&t->bot[i].game);
    }
    t->busy = false;
}

/* All that heard the end heard the same one. */
static void
ends_check(struct table *t)
{
    const char *end = NULL;

    for (unsigned i = 0; i < t->play->conf->mode; i++) {
        const struct bot *b = &t->bot[i];

        if (b->end == NULL) {
            if (!b->missed)
                bot_wrong(&t->bot[i], "an end that nobody told");
            continue;
        }
        if (end != NULL && strcmp(end, b->end) != 0)
            bot_wrong(&t->bot[i], "players heard different ends");
        end = b->end;
    }
    if (end == NULL)
        bot_wrong(&t->bot[0], "nobody heard the end of a match");
}

void
play_bot_over(struct bot *b, uint64_t now)
{
    struct table *t = b->table;
    struct play *p = t->play;

    for (unsigned i = 0; i < p->conf->mode; i++)
        if (t->bot[i].state != BOT_OVER)
            return;
    ends_check(t);
    p->ended++;
    match_close(t);
    if (p->conf->rate == 0)
        match_begin(t, now);
}

/* It is given up: the error is counted already. */
void
play_table_failed(struct table *t, uint64_t now)
{
    struct play *p = t->play;

    if (!t->busy)
        return;
    p->voided++;
    match_close(t);
    t->turn += MATCHES_A_GUEST * p->conf->mode; /* they may still sit there */
    if (p->conf->rate == 0)
        match_begin(t, now);
}

static void
stalls_check(struct play *p, uint64_t now)
{
    for (unsigned i = 0; i < p->conf->desks; i++) {
        struct table *t = &p->tables[i];

        if (!t->busy || p->conf->sit ||
            now - t->moved_ns < (uint64_t) p->conf->stall_s * 1000000000)
            continue;
        fprintf(stderr, "play: desk %s stands still:", t->number);
        for (unsigned k = 0; k < p->conf->mode; k++)
            fprintf(stderr, " [uid %" PRId64 " state %d offer %u rounds %u]",
                    t->bot[k].uid, t->bot[k].state,
                    t->bot[k].view.rules.hint.offer,
                    t->bot[k].view.rounds_heard);
        fputc('\n', stderr);
        bot_wrong(&t->bot[0], "a match stands still");
        play_table_failed(t, now);
    }
}

/* ---- the run ---- */

static bool
is_done(const struct play *p)
{
    return p->conf->matches != 0 && p->ended + p->voided >= p->conf->matches;
}

static void
begin_at_rate(struct play *p, uint64_t now, uint64_t *next)
{
    for (unsigned i = 0; *next <= now; *next += 1000000000 / p->conf->rate) {
        while (i < p->conf->desks && p->tables[i].busy)
            i++;
        if (i == p->conf->desks) {
            errors_add(&p->loop.errors, 1, "no free table: raise --desks");
            *next = now + 1000000000 / p->conf->rate;
            return;
        }
        match_begin(&p->tables[i], now);
    }
}

static void
play_turns(struct play *p, uint64_t until)
{
    uint64_t now = now_ns(), scan = now, next = now;

    while (now < until && !load_interrupted() && !is_done(p)) {
        uint64_t stop = until < now + 10000000 ? until : now + 10000000;

        if (p->due != NULL || p->conf->rate != 0)
            stop = now + 1000000;
        client_loop_turn(&p->loop, stop);
        now = now_ns();
        wake(p, now);
        if (p->conf->rate != 0 && !p->ending)
            begin_at_rate(p, now, &next);
        if (now > scan) {
            stalls_check(p, now);
            scan = now + 1000000000;
        }
        run_tick(p->run, now);
    }
}

static bool
is_any_busy(const struct play *p)
{
    for (unsigned i = 0; i < p->conf->desks; i++)
        if (p->tables[i].busy)
            return true;
    return false;
}

/* Matches that run are played to their end; they do not count as time. */
static void
play_out(struct play *p)
{
    p->ending = true;
    while (is_any_busy(p) && !load_interrupted() && !p->conf->sit)
        play_turns(p, now_ns() + 100000000);
}

static void
report(const struct play *p, struct procs *procs, bool ok)
{
    const struct hist *h = &p->run->latency;
    double seconds = run_seconds(p->run);
    double matches = (double) p->ended;
    double messages = (double) (p->messages_in + p->messages_out);
    struct cpu_time used = {0};

    printf("play: %" PRIu64 " matches of %u rounds, %" PRIu64
           " given up, in %.1f s: %.0f matches/s, %.0f messages/s\n",
           p->ended, p->conf->rounds, p->voided, seconds, matches / seconds,
           messages / seconds);
    if (p->ended != 0)
        printf("  a match: %.0f messages in, %.0f out, %.0f arrivals\n",
               (double) p->messages_in / matches,
               (double) p->messages_out / matches,
               (double) p->arrivals / matches);
    if (p->came_back != 0)
        printf("  %" PRIu64 " times somebody came back\n", p->came_back);
    if (h->count != 0)
        printf("  action to the last who hears of it, us: p50 %.0f p90 %.0f "
               "p99 %.0f p99.9 %.0f max %.0f\n",
               (double) hist_quantile(h, 0.5) / 1e3,
               (double) hist_quantile(h, 0.9) / 1e3,
               (double) hist_quantile(h, 0.99) / 1e3,
               (double) hist_quantile(h, 0.999) / 1e3, (double) h->max / 1e3);
    if (procs != NULL && p->ended != 0) {
        used = procs_used(procs);
        printf("  server: %.2f ms CPU a match (%.2f user, %.2f system), "
               "%.0f messages per second of CPU\n",
               (double) used.total_ns / 1e6 / matches,
               (double) used.user_ns / 1e6 / matches,
               (double) used.system_ns / 1e6 / matches,
               messages / ((double) used.total_ns / 1e9));
    }
    if (procs != NULL && p->conf->sit)
        printf("  server: %" PRIu64 " B RssAnon in all, %.0f B a desk\n",
               procs_rss_anon(procs),
               (double) procs_rss_anon(procs) / p->conf->desks);
    errors_print(&p->run->found);
    printf("  %s\n", ok ? "all was right" : "NOT all was right");
}

static int
play_run(struct play *p, struct procs *procs)
{
    uint64_t now = now_ns();
    bool ok;

    p->run = run_create("play", &p->conf->load, procs, &p->loop.errors);
    run_begin(p->run, p->conf->load.duration);
    if (p->conf->rate == 0)
        for (unsigned i = 0; i < p->conf->desks; i++)
            match_begin(&p->tables[i], now);
    play_turns(p, p->conf->load.duration != 0 ? p->run->end_ns : UINT64_MAX);
    play_out(p);
    run_end(p->run);
    errors_merge(&p->run->found, &p->loop.errors);
    ok = p->run->found.total == 0 && (p->ended > 0 || p->conf->sit);
    report(p, procs, ok);
    run_destroy(p->run);
    return ok ? 0 : 1;
}

static void
tables_create(struct play *p)
{
    p->tables = mem_zalloc(p->conf->desks * sizeof *p->tables);
    for (unsigned i = 0; i < p->conf->desks; i++) {
        struct table *t = &p->tables[i];

        t->play = p;
        t->index = i;
        client_init(&t->http, &p->loop, &http_ops, &p->http);
        for (unsigned k = 0; k < PLAY_SEATS; k++)
            bot_init(&t->bot[k], t, k);
    }
}

static void
play_deinit(struct play *p)
{
    client_loop_deinit(&p->loop);
    for (unsigned i = 0; i < p->conf->desks; i++) {
        buf_deinit(&p->tables[i].in);
        for (unsigned k = 0; k < PLAY_SEATS; k++)
            bot_deinit(&p->tables[i].bot[k]);
    }
    mem_free(p->tables);
    endpoint_deinit(&p->http);
    endpoints_deinit(&p->games);
}

static int
play_start(struct play_conf *conf, const char *target)
{
    struct procs procs;
    struct play p = {.conf = conf, .random = conf->seed};
    int rc;

    if (conf->load.pids != NULL && procs_init(&procs, conf->load.pids) == -1)
        return 2;
    conf->load.requests = conf->matches;
    if (load_prepare(&conf->load) == -1 ||
        endpoint_init(&p.http, target, false) == -1)
        return 2;
    if (client_loop_init(&p.loop, conf->load.timeout) == -1) {
        endpoint_deinit(&p.http);
        return 2;
    }
    if (getrandom(&p.salt, sizeof p.salt, 0) == -1)
        p.salt = now_ns();
    mahjong_tables_init();
    tables_create(&p);
    rc = play_run(&p, conf->load.pids != NULL ? &procs : NULL);
    play_deinit(&p);
    return rc;
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
        {.name = "sit",
         .flag = &conf.sit,
         .help = "nobody answers after the deal"},
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
        {.name = NULL},
    };
    int at = opt_parse(opts, "HOST:PORT", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    if (argc - at != 1) {
        fprintf(stderr, "sparrow-bench: play takes one HOST:PORT\n");
        return 2;
    }
    return play_start(&conf, argv[at]);
}
