/*
 * The guests of a table: who plays the next match, and their logins over
 * HTTP.  A token is good for hours, so guests log in once, not for each match.
 *
 * Four groups of guests take turns at a table, so that nobody is back before
 * the server has seen him leave: that would count as a second login, of which
 * it takes only a few.  A guest owns 10 cards, and whoever creates a desk pays
 * for it; that goes around, too, and when all have paid as often as they can,
 * new guests come.  With --returning a table has guests of its own, who are
 * the same in every run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/http.h"
#include "bench/play.h"
#include "bench/scan.h"

enum { REQUEST_MAX = 1024, GUEST_CARDS = 10, TABLE_USERS = 10000000 };

/* ---- who plays ---- */

/* The cards of a match: the default of card_consume. */
static unsigned
match_cost(const struct play_conf *conf)
{
    return conf->rounds == 16 ? 4 : conf->rounds == 8 ? 3 : 2;
}

static uint64_t
user_of(const struct table *t, unsigned i)
{
    const struct play_conf *conf = t->play->conf;
    unsigned mode = conf->mode;
    uint64_t each, epoch;

    if (conf->returning) {
        each = conf->users / conf->desks;
        return t->index * each + (t->turn * mode + i) % each;
    }
    epoch = mode * (uint64_t) (GUEST_CARDS / match_cost(conf)) * PLAY_GROUPS;
    return (uint64_t) t->index * TABLE_USERS +
           t->turn / epoch * PLAY_GROUPS * mode +
           t->turn % PLAY_GROUPS * mode + i;
}

static void
imei_of(const struct play *p, const struct guest *g, char *imei, size_t size)
{
    if (p->conf->returning)
        snprintf(imei, size, "play-user-%09" PRIu64, g->user);
    else
        snprintf(imei, size, "play-%016" PRIx64 "-%012" PRIu64, p->salt,
                 g->user);
}

/* ---- the login ---- */

static void
login_send(struct table *t, uint64_t now)
{
    const struct play *p = t->play;
    char body[REQUEST_MAX / 2], out[REQUEST_MAX], imei[64];

    imei_of(p, t->bot[t->logging_in].guest, imei, sizeof imei);
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

/* The next guest without a token; when there is none they all enter. */
static void
login_next(struct table *t, uint64_t now)
{
    unsigned mode = t->play->conf->mode;

    while (t->logging_in < mode && t->bot[t->logging_in].guest->uid != 0)
        t->logging_in++;
    if (t->logging_in == mode) {
        client_close(&t->http);
        table_enter(t);
    } else if (t->http.state == CLIENT_OPEN) {
        login_send(t, now);
    } else if (t->http.state == CLIENT_CLOSED) {
        client_open(&t->http);
    }
}

/* NULL if the answer is right, else the kind of error. */
static const char *
answer_take(struct play *p, struct guest *g, const struct http_answer *a)
{
    struct str token;
    int64_t code, uid;

    if (!scan_number(a->body, "code", &code) || code != 0)
        return "login: code";
    if (!scan_number(a->body, "uid", &uid) || uid <= 0)
        return "login: no uid";
    if (!scan_field(a->body, "token", &token) || token.len >= sizeof g->token)
        return "login: no token";
    g->to = endpoints_get(&p->games, p->conf->game, p->conf->load.tls,
                          a->body);
    if (g->to == NULL)
        return "login: no endpoint";
    memcpy(g->token, token.data, token.len);
    g->token[token.len] = '\0';
    g->uid = uid;
    return NULL;
}

static void
answer(struct table *t, const struct http_answer *a, uint64_t now)
{
    struct guest *g = t->bot[t->logging_in].guest;
    const char *wrong;

    t->http.waiting_ns = 0;
    if (a->status == 503) { /* for now */
        client_lose(&t->http, now, "login: status 503");
        return;
    }
    if (a->status != 200) {
        client_fail(&t->http, now, "login: status %d", a->status);
        return;
    }
    wrong = answer_take(t->play, g, a);
    if (wrong != NULL) {
        client_fail(&t->http, now, "%s", wrong);
        return;
    }
    t->play->logins++;
    if (a->last)
        client_close(&t->http);
    login_next(t, now);
}

/* ---- the connection ---- */

static void
opened(struct client *c, uint64_t now)
{
    struct table *t = (struct table *) c;

    t->in.len = 0;
    login_send(t, now);
}

static void
data(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
    struct table *t = (struct table *) c;
    struct http_answer a;

    buf_append(&t->in, p, n);
    ssize_t used = http_parse(&a, (const char *) t->in.data, t->in.len);
    if (used == 0)
        return;
    if (used == -1 || c->waiting_ns == 0) {
        client_fail(c, now, used == -1 ? "no HTTP" : "answer to nothing");
        return;
    }
    t->in.len = 0; /* the body stays where it is until the next data */
    answer(t, &a, now);
}

static void
writable(struct client *c, uint64_t now)
{
    client_fail(c, now, "request was not taken whole");
}

/* A lost connection is opened again where a server may die. */
static void
failed(struct client *c, uint64_t now)
{
    struct table *t = (struct table *) c;

    if (!t->busy || t->logging_in == t->play->conf->mode)
        return;
    if (t->play->conf->survive)
        client_open(c);
    else
        table_fail(t, now);
}

static const struct client_ops ops = {
    .opened = opened,
    .data = data,
    .writable = writable,
    .failed = failed,
    .may_close = true,
};

void
guests_init(struct table *t)
{
    client_init(&t->http, &t->play->loop, &ops, &t->play->http);
    if (t->play->conf->survive)
        t->http.lost = &t->play->lost;
}

void
guests_deinit(struct table *t)
{
    buf_deinit(&t->in);
}

void
guests_seat(struct table *t, uint64_t now)
{
    unsigned mode = t->play->conf->mode;

    for (unsigned i = 0; i < mode; i++) {
        uint64_t user = user_of(t, i);
        struct guest *g = &t->guests[user % (PLAY_GROUPS * mode)];

        if (g->user != user)
            g->uid = 0;
        g->user = user;
        t->bot[i].guest = g;
    }
    t->creates = t->turn / PLAY_GROUPS % mode;
    t->logging_in = 0;
    login_next(t, now);
}

void
guests_dismiss(struct table *t)
{
    unsigned n = PLAY_GROUPS * t->play->conf->mode;

    t->turn += (uint64_t) n * GUEST_CARDS;
    for (unsigned i = 0; i < n; i++)
        t->guests[i].uid = 0;
}
