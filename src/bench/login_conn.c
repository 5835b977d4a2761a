/*
 * One player: an HTTP connection that stays, and with --full a game
 * connection that is made for each login.  The steps follow one another, each
 * begun by the answer to the one before:
 *
 *     login -> [connect -> handshake -> Manager.Login -> UnCompleteDesk]
 *         -> next
 *
 * A failure anywhere is counted and ends this login; the next one begins when
 * the HTTP connection is ready.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/http.h"
#include "bench/login.h"
#include "bench/nano.h"
#include "bench/scan.h"
#include "core/mem.h"

enum { REQUEST_MAX = 2048, ID_LOGIN = 1, ID_DESK = 2 };

struct login_conn {
    struct client http; /* first: the callbacks get this */
    struct client game;
    struct login *login;
    struct buf in; /* of HTTP */
    struct buf game_in;
    bool busy;
    bool shaken;
    bool http_last; /* the server closes the HTTP connection */
    uint64_t user;  /* number in the population, or serial */
    uint64_t begun_ns;
    int64_t uid;
    char token[512];
};

static void request_begin(struct login_conn *lc, uint64_t now);

static struct login_conn *
conn_of_game(struct client *c)
{
    return (struct login_conn *) (void *) ((char *) c -
                                           offsetof(struct login_conn, game));
}

static void
login_finish(struct login_conn *lc, bool good, uint64_t now)
{
    struct login *l = lc->login;

    if (!lc->busy)
        return;
    lc->busy = false;
    l->busy--;
    if (good && l->counting)
        run_answer(l->run, now - lc->begun_ns, 1);
}

/* the lobby */

static void
game_request(struct login_conn *lc, uint64_t id, struct str route,
             struct str payload, uint64_t now)
{
    struct buf out = {0};

    nano_request(&out, id, route, payload, str_of(lc->login->conf->xxtea));
    lc->game.waiting_ns = now;
    ssize_t sent = client_send(&lc->game, out.data, out.len, now);
    if (sent >= 0 && (size_t) sent < out.len)
        client_fail(&lc->game, now, "game: not taken");
    buf_deinit(&out);
}

static void
game_login(struct login_conn *lc, uint64_t now)
{
    struct buf body = {0};

    buf_printf(&body,
               "{\"name\":\"bench\",\"uid\":%" PRId64
               ",\"headUrl\":\"\",\"sex\":1,\"fangka\":0,\"ip\":\"\","
               "\"token\":\"%s\"}",
               lc->uid, lc->token);
    game_request(lc, ID_LOGIN, STR("Manager.Login"), buf_str(&body), now);
    buf_deinit(&body);
}

static void
game_answer(struct login_conn *lc, const struct nano_packet *pk, uint64_t now)
{
    struct buf plain = {0};
    struct str desk, key = str_of(lc->login->conf->xxtea);
    const char *doubt = key.len == 0 ? nano_doubt(pk->payload, key) : NULL;
    int64_t uid = 0, code = 0;

    if (nano_open(&plain, pk->payload, key) == -1)
        doubt = nano_doubt(pk->payload, key);
    if (doubt != NULL) {
        client_fail(&lc->game, now, "%s", doubt);
    } else if (scan_number(buf_str(&plain), "code", &code) && code != 0) {
        client_fail(&lc->game, now, "game: code %d", (int) code);
    } else if (pk->id == ID_LOGIN) {
        if (!scan_number(buf_str(&plain), "acId", &uid) || uid != lc->uid)
            client_fail(&lc->game, now, "game: wrong acId");
        else
            game_request(lc, ID_DESK, STR("DeskManager.UnCompleteDesk"),
                         STR("{}"), now);
    } else if (pk->id != ID_DESK) {
        client_fail(&lc->game, now, "game: wrong id");
    } else if (!scan_field(buf_str(&plain), "exist", &desk)) {
        client_fail(&lc->game, now, "game: no exist");
    } else {
        client_close(&lc->game);
        login_finish(lc, true, now);
        request_begin(lc, now);
    }
    buf_deinit(&plain);
}

static void
game_packets(struct login_conn *lc, uint64_t now)
{
    struct nano_packet pk;

    while (lc->game.state == CLIENT_OPEN) {
        ssize_t used = nano_parse(&pk, lc->game_in.data, lc->game_in.len);
        if (used == 0)
            return;
        if (used == -1)
            client_fail(&lc->game, now, "game: garbage");
        else if (pk.type == NANO_KICK)
            client_fail(&lc->game, now, "game: kicked");
        else if (pk.type == NANO_DATA && pk.flag == NANO_RESPONSE)
            game_answer(lc, &pk, now);
        if (used == -1 || lc->game.state != CLIENT_OPEN)
            return;
        buf_consume(&lc->game_in, (size_t) used);
    }
}

static void
game_opened(struct client *c, uint64_t now)
{
    nano_shake(c, now);
}

static void
game_data(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
    struct login_conn *lc = conn_of_game(c);

    if (!lc->shaken) {
        ssize_t used = nano_shaken(c, &lc->game_in, p, n, now);
        if (used <= 0)
            return;
        p += used;
        n -= (size_t) used;
        lc->shaken = true;
        game_login(lc, now);
        if (c->state != CLIENT_OPEN)
            return;
    }
    buf_append(&lc->game_in, p, n);
    game_packets(lc, now);
}

static void
game_failed(struct client *c, uint64_t now)
{
    struct login_conn *lc = conn_of_game(c);

    login_finish(lc, false, now);
    request_begin(lc, now);
}

static void
on_writable(struct client *c, uint64_t now)
{
    client_fail(c, now, "request was not taken whole");
}

static const struct client_ops game_ops = {
    .opened = game_opened,
    .data = game_data,
    .writable = on_writable,
    .failed = game_failed,
};

static void
game_begin(struct login_conn *lc, struct str body, uint64_t now)
{
    struct login *l = lc->login;
    const struct endpoint *to = endpoints_get(&l->games, l->conf->game,
                                              l->conf->game_tls, body);
    struct str token;

    if (to == NULL || !scan_field(body, "token", &token) ||
        token.len >= sizeof lc->token) {
        client_fail(&lc->http, now,
                    to == NULL ? "login: no endpoint" : "login: no token");
        return;
    }
    memcpy(lc->token, token.data, token.len);
    lc->token[token.len] = '\0';
    lc->shaken = false;
    lc->game_in.len = 0;
    lc->game.to = to;
    client_open(&lc->game);
}

/* the login */

static void
made_add(struct login *l, int64_t uid)
{
    if (l->made_n == l->made_cap) {
        l->made_cap = l->made_cap == 0 ? 4096 : l->made_cap * 2;
        l->made = mem_realloc(l->made, l->made_cap * sizeof *l->made);
    }
    l->made[l->made_n++] = uid;
}

/* NULL if the answer is right, else the kind of error. */
static const char *
answer_check(struct login_conn *lc, const struct http_answer *a)
{
    struct login *l = lc->login;
    int64_t code, uid;

    if (!scan_number(a->body, "code", &code) || code != 0)
        return "login: code";
    if (!scan_number(a->body, "uid", &uid) || uid <= 0)
        return "login: no uid";
    lc->uid = uid;
    if (!l->conf->returning) {
        made_add(l, uid);
        return NULL;
    }
    if (l->uids[lc->user] == 0)
        l->uids[lc->user] = uid;
    return l->uids[lc->user] == uid ? NULL : "login: another uid";
}

static void
answer_take(struct login_conn *lc, const struct http_answer *a, uint64_t now)
{
    struct client *c = &lc->http;
    const char *wrong;

    c->waiting_ns = 0;
    lc->http_last = a->last;
    if (a->status != 200) {
        client_fail(c, now, "status %d", a->status);
    } else if ((wrong = answer_check(lc, a)) != NULL) {
        client_fail(c, now, "%s", wrong);
    } else if (lc->login->conf->full && !lc->login->preparing) {
        game_begin(lc, a->body, now);
    } else {
        login_finish(lc, true, now);
        request_begin(lc, now);
    }
}

static void
request_send(struct login_conn *lc, uint64_t now)
{
    const struct login_conf *conf = lc->login->conf;
    char body[REQUEST_MAX / 2], out[REQUEST_MAX], imei[64];

    snprintf(imei, sizeof imei, "bench-%016" PRIx64 "-%09" PRIu64,
             lc->login->salt, lc->user);
    int len = snprintf(body, sizeof body,
                       "{\"appId\":\"%s\",\"channelId\":\"%s\","
                       "\"imei\":\"%s\",\"device\":{\"imei\":\"%s\","
                       "\"os\":\"linux\",\"model\":\"bench\","
                       "\"ip\":\"\",\"remote\":\"\"}}",
                       conf->appid, conf->channel, imei, imei);
    int n = snprintf(out, sizeof out,
                     "POST /v1/user/login/guest HTTP/1.1\r\n"
                     "Host: %s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n%s",
                     lc->login->http.text, len, body);
    lc->http.waiting_ns = now;
    client_send(&lc->http, out, (size_t) n, now);
}

/* The next login, if there is to be one and the connection is there. */
static void
request_begin(struct login_conn *lc, uint64_t now)
{
    struct login *l = lc->login;

    if (lc->http_last && lc->http.state == CLIENT_OPEN) {
        lc->http_last = false;
        lc->in.len = 0;
        client_close(&lc->http);
        client_open(&lc->http);
    }
    if (lc->http.state != CLIENT_OPEN || lc->busy || !l->sending ||
        l->budget == 0)
        return;
    l->budget--;
    l->busy++;
    lc->busy = true;
    lc->begun_ns = now;
    lc->user = l->serial++;
    if (l->conf->returning)
        lc->user %= l->conf->users;
    request_send(lc, now);
}

static void
http_opened(struct client *c, uint64_t now)
{
    struct login_conn *lc = (struct login_conn *) c;

    lc->http_last = false;
    lc->in.len = 0;
    request_begin(lc, now);
}

static void
http_data(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
    struct login_conn *lc = (struct login_conn *) c;
    struct http_answer a;

    if (!lc->busy || lc->game.state != CLIENT_CLOSED) {
        client_fail(c, now, "answer to nothing");
        return;
    }
    buf_append(&lc->in, p, n);
    ssize_t used = http_parse(&a, (const char *) lc->in.data, lc->in.len);
    if (used == 0)
        return;
    if (used == -1 || (size_t) used < lc->in.len) {
        client_fail(c, now, used == -1 ? "no HTTP" : "answer to nothing");
        return;
    }
    lc->in.len = 0; /* the body stays where it is until the next data */
    answer_take(lc, &a, now);
}

/* While a game connection is at work, its login goes on. */
static void
http_failed(struct client *c, uint64_t now)
{
    struct login_conn *lc = (struct login_conn *) c;

    if (lc->game.state == CLIENT_CLOSED)
        login_finish(lc, false, now);
    client_open(c);
}

static const struct client_ops http_ops = {
    .opened = http_opened,
    .data = http_data,
    .writable = on_writable,
    .failed = http_failed,
    .may_close = true,
};

void
login_conns_create(struct login *l)
{
    unsigned n = l->conf->load.connections;

    l->conns = mem_zalloc(n * sizeof *l->conns);
    for (unsigned i = 0; i < n; i++) {
        struct login_conn *lc = &l->conns[i];
        lc->login = l;
        client_init(&lc->http, &l->loop, &http_ops, &l->http);
        client_init(&lc->game, &l->loop, &game_ops, NULL);
    }
}

void
login_conns_destroy(struct login *l)
{
    for (unsigned i = 0; i < l->conf->load.connections; i++) {
        buf_deinit(&l->conns[i].in);
        buf_deinit(&l->conns[i].game_in);
    }
    mem_free(l->conns);
}

void
login_kick_off(struct login *l)
{
    uint64_t now = now_ns();

    for (unsigned i = 0; i < l->conf->load.connections; i++) {
        struct login_conn *lc = &l->conns[i];
        if (lc->http.state == CLIENT_CLOSED)
            client_open(&lc->http);
        else
            request_begin(lc, now);
    }
}
