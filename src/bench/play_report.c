/*
 * Figures: only what was measured.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bench/play.h"

struct figures {
    double seconds, matches, messages;
    struct cpu_time cpu;
    bool has_cpu;
    bool per_match; /* no part of a match that was given up is in them */
};

static void
figures(const struct play *p, struct figures *f)
{
    f->seconds = run_seconds(p->run);
    f->matches = (double) p->ended;
    f->messages = (double) (p->in + p->out);
    f->per_match = p->ended > 0 && p->voided == 0;
    f->has_cpu = p->procs != NULL && f->messages > 0;
    if (f->has_cpu)
        f->cpu = procs_used(p->procs);
}

static double
rss_each(const struct play *p)
{
    return ((double) p->rss_after - (double) p->rss_before) / p->dealt;
}

/* ---- text ---- */

static void
print_matches(const struct play *p, const struct figures *f)
{
    printf("play: %" PRIu64 " matches of %u rounds, %" PRIu64
           " given up, in %.1f s: %.0f matches/s, %.0f messages/s\n",
           p->ended, p->conf->rounds, p->voided, f->seconds,
           f->matches / f->seconds, f->messages / f->seconds);
    if (f->per_match)
        printf("  a match: %.0f messages in, %.0f out, %.0f arrivals\n",
               (double) p->in / f->matches, (double) p->out / f->matches,
               (double) p->arrivals / f->matches);
}

static void
print_lost(const struct play *p)
{
    if (p->thrown + p->came_back + p->lost.total > 0)
        printf("  %" PRIu64 " connections thrown away, %" PRIu64
               " lost, %" PRIu64 " times somebody came back\n",
               p->thrown, p->lost.total, p->came_back);
    if (p->unheard > 0)
        printf("  %" PRIu64 " matches ended while all were away\n",
               p->unheard);
    for (unsigned i = 0; i < p->lost.n; i++)
        printf("    lost: %-24s %" PRIu64 "\n", p->lost.kinds[i].name,
               p->lost.kinds[i].count);
}

static void
print_latency(const char *name, const struct hist *h)
{
    if (h->count == 0)
        return;
    printf("  %s, us: p50 %.0f p90 %.0f p99 %.0f p99.9 %.0f max %.0f, "
           "of %" PRIu64 "\n",
           name, (double) hist_quantile(h, 0.5) / 1e3,
           (double) hist_quantile(h, 0.9) / 1e3,
           (double) hist_quantile(h, 0.99) / 1e3,
           (double) hist_quantile(h, 0.999) / 1e3, (double) h->max / 1e3,
           h->count);
}

/* How many tables have waited for longer than that after the reload. */
static unsigned
count_longer(const struct play *p, uint64_t ms)
{
    unsigned n = 0;

    for (unsigned i = 0; i < p->conf->desks; i++)
        n += p->tables[i].longest_ns > ms * 1000000;
    return n;
}

static void
print_reload(const struct play *p)
{
    if (!p->has_reloaded)
        return;
    print_latency("in the 5 s before the reload", &p->before);
    print_latency("around it and 5 s after", &p->around);
    printf("  desks that waited longer than 50 ms: %u, 100 ms: %u, "
           "200 ms: %u\n",
           count_longer(p, 50), count_longer(p, 100), count_longer(p, 200));
}

static void
print_cpu(const struct figures *f)
{
    double total = (double) f->cpu.total_ns;
    double user = (double) f->cpu.user_ns;

    if (!f->has_cpu)
        return;
    if (f->per_match)
        printf("  server: %.2f ms CPU a match (user %.2f), ",
               total / 1e6 / f->matches, user / 1e6 / f->matches);
    else
        printf("  server: ");
    printf("%.2f us a message (user %.2f), %.0f messages per second of CPU\n",
           total / 1e3 / f->messages, user / 1e3 / f->messages,
           f->messages / (total / 1e9));
}

static void
print_desks(const struct play *p)
{
    printf("play: %u desks are in a round, after %.1f s\n", p->dealt,
           (double) (p->dealt_ns - p->run->begin_ns) / 1e9);
    if (p->rss_after > 0)
        printf("  server: RssAnon %" PRIu64 " KB before, %" PRIu64
               " KB with the desks, %.0f bytes a desk\n",
               p->rss_before / 1024, p->rss_after / 1024, rss_each(p));
}

static void
print_all(const struct play *p, const struct figures *f, bool ok)
{
    double busy = (double) p->run->client_cpu_ns / f->seconds / 1e7;

    if (p->conf->sit) {
        print_desks(p);
    } else {
        print_matches(p, f);
        print_latency("an action", &p->run->latency);
        print_reload(p);
        print_cpu(f);
    }
    print_lost(p);
    printf("  client: %.0f%% busy%s\n", busy,
           busy > 95 ? ": this tool may be the limit" : "");
    errors_print(&p->run->found);
    printf("  %s\n", ok ? "all was right" : "NOT all was right");
}

/* ---- JSON ---- */

static void
json_conf(const struct play *p, struct js *js)
{
    const struct play_conf *conf = p->conf;

    js_text(js, "command", "play");
    js_text(js, "target", p->http.text);
    js_count(js, "desks", conf->desks);
    js_count(js, "mode", conf->mode);
    js_count(js, "rounds", conf->rounds);
    js_count(js, "think_ms", conf->think_ms);
    js_count(js, "rate", conf->rate);
    js_count(js, "seed", conf->seed);
    js_bool(js, "chaos", conf->chaos);
    js_bool(js, "tls", conf->load.tls);
    js_bool(js, "xxtea", p->key.len != 0);
}

static void
json_cpu(const struct figures *f, struct js *js)
{
    js_open(js, "server", '{');
    js_number(js, "cpu_s", (double) f->cpu.total_ns / 1e9);
    js_number(js, "user_s", (double) f->cpu.user_ns / 1e9);
    js_number(js, "system_s", (double) f->cpu.system_ns / 1e9);
    js_number(js, "us_per_message",
              (double) f->cpu.total_ns / 1e3 / f->messages);
    js_number(js, "messages_per_cpu_s",
              f->messages / ((double) f->cpu.total_ns / 1e9));
    if (f->per_match) {
        js_number(js, "ms_per_match",
                  (double) f->cpu.total_ns / 1e6 / f->matches);
        js_number(js, "user_ms_per_match",
                  (double) f->cpu.user_ns / 1e6 / f->matches);
    }
    js_close(js, '}');
}

static void
json_lost(const struct play *p, struct js *js)
{
    js_open(js, "lost", '{');
    js_count(js, "total", p->lost.total);
    for (unsigned i = 0; i < p->lost.n; i++)
        js_count(js, p->lost.kinds[i].name, p->lost.kinds[i].count);
    js_close(js, '}');
}

static void
json_reload(const struct play *p, struct js *js)
{
    js_open(js, "reload", '{');
    latency_js(&p->before, js, "before_us");
    latency_js(&p->around, js, "after_us");
    js_count(js, "desks_over_50_ms", count_longer(p, 50));
    js_count(js, "desks_over_100_ms", count_longer(p, 100));
    js_count(js, "desks_over_200_ms", count_longer(p, 200));
    js_close(js, '}');
}

static void
json_matches(const struct play *p, const struct figures *f, struct js *js)
{
    js_count(js, "matches", p->ended);
    js_count(js, "given_up", p->voided);
    js_count(js, "unheard", p->unheard);
    js_number(js, "matches_per_second", f->matches / f->seconds);
    js_number(js, "messages_per_second", f->messages / f->seconds);
    js_count(js, "actions", p->run->latency.count);
    if (p->run->latency.count > 0)
        latency_js(&p->run->latency, js, "latency_us");
    if (p->has_reloaded)
        json_reload(p, js);
    if (f->has_cpu)
        json_cpu(f, js);
}

static void
json_desks(const struct play *p, struct js *js)
{
    js_count(js, "desks_in_a_round", p->dealt);
    if (p->rss_after == 0)
        return;
    js_count(js, "rss_anon_before", p->rss_before);
    js_count(js, "rss_anon", p->rss_after);
    js_number(js, "bytes_per_desk", rss_each(p));
}

static void
json_result(const struct play *p, const struct figures *f, struct js *js)
{
    js_open(js, "result", '{');
    js_number(js, "seconds", f->seconds);
    if (p->conf->sit)
        json_desks(p, js);
    else
        json_matches(p, f, js);
    js_count(js, "logins", p->logins);
    js_count(js, "messages_in", p->in);
    js_count(js, "messages_out", p->out);
    js_count(js, "arrivals", p->arrivals);
    js_count(js, "thrown_away", p->thrown);
    js_count(js, "came_back", p->came_back);
    json_lost(p, js);
    js_number(js, "client_busy",
              (double) p->run->client_cpu_ns / 1e9 / f->seconds);
    errors_js(&p->run->found, js);
    js_close(js, '}');
}

void
play_report(const struct play *p, bool ok)
{
    struct js js = {.out = stdout};
    struct figures f = {0};

    figures(p, &f);
    if (!p->conf->load.json) {
        print_all(p, &f, ok);
        return;
    }
    js_open(&js, NULL, '{');
    json_conf(p, &js);
    json_result(p, &f, &js);
    js_bool(&js, "ok", ok);
    js_close(&js, '}');
    putchar('\n');
}
