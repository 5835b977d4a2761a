/*
 * HTTP/1.1 on a connection.
 *
 * A request whose bytes are all there is handled where they lie; nothing is
 * copied.  Else the head is taken as soon as it is complete: the location is
 * known then, so that a body is only waited for where one is welcome, and it
 * gathers in an upload.  Whatever is refused before its body was read closes
 * the connection, since nobody knows what the rest of the bytes is.
 */
#include "http/http.h"

#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/conn.h"
#include "http/regex.h"

enum {
    REQUESTS_A_TURN = 16,  /* of one connection */
    DRAIN_IDLE_MS = 1000,  /* see http_drain() */
    LINE_MAX_BYTES = 8192, /* request line */
    HEAD_MAX_BYTES = 16384
};

/* The body's size is checked when the location is known. */
static const struct http_limits limits = {
    .max_line = LINE_MAX_BYTES,
    .max_head = HEAD_MAX_BYTES,
    .max_body = UINT64_MAX,
};

/* A request whose body is on its way. */
struct upload {
    struct http_exchange *x;
    struct buf text; /* the head, then the body so far */
    size_t head;
    bool is_chunked;
    struct http_chunked chunked;
    uint64_t left; /* of a body with a length */
};

/* What an idle connection keeps. */
struct http_conn {
    struct http *http;
    struct conn *conn;
    const struct http_server *server;
    struct http_exchange *exchange; /* in hand, or waiting */
    struct upload *upload;
    size_t seen; /* bytes of an incomplete head */
};

/* ---- exchanges ---- */

static void
set_timer(struct http_conn *hc, uint64_t ms)
{
    conn_set_timer(hc->conn, hc->http->loop->now_ms + (int64_t) ms);
}

/* Nothing of a request is here. */
static void
idle(struct http_conn *hc, uint64_t ms)
{
    hc->conn->doing = "waiting for a request";
    if (hc->http->draining && ms > DRAIN_IDLE_MS)
        ms = DRAIN_IDLE_MS;
    set_timer(hc, ms);
}

static void
exchange_destroy(struct http_exchange *x)
{
    list_remove(&x->waiting);
    list_remove(&x->later);
    buf_deinit(&x->line);
    mem_free(x->data);
    mem_free(x);
}

static struct http_exchange *
exchange_create(struct http_conn *hc)
{
    struct http_exchange *x = mem_zalloc(sizeof(*x));

    x->http = hc->http;
    x->conn = hc->conn;
    x->server = hc->server;
    x->settings = &hc->server->settings;
    x->peer = hc->conn->peer;
    list_init(&x->waiting);
    list_init(&x->later);
    return x;
}

void
http_later(struct http_exchange *x, void (*step)(struct http_exchange *x))
{
    struct http *http = x->http;

    x->step = step;
    list_append(&http->later, &x->later);
    loop_post(http->loop, &http->step);
}

static void
step_one(struct task *t)
{
    struct http *http = LIST_ITEM(t, struct http, step);
    struct http_exchange *x;

    if (list_is_empty(&http->later))
        return;
    x = LIST_ITEM(http->later.next, struct http_exchange, later);
    list_remove(&x->later);
    x->step(x);
    if (!list_is_empty(&http->later))
        loop_post(http->loop, t);
}

void
http_exchange_end(struct http_exchange *x)
{
    struct conn *c = x->conn;

    if (c != NULL) {
        struct http_conn *hc = c->owner;

        hc->exchange = NULL;
        if (x->keep_alive)
            idle(hc, x->settings->keepalive_timeout_ms);
        else
            conn_finish(c);
        if (!list_is_empty(&x->waiting))
            conn_resume(c, CONN_PAUSE_BUSY);
    }
    exchange_destroy(x);
}

/* ---- handing over ---- */

/* The request is whole. */
static void
hand_over(struct http_conn *hc, struct http_exchange *x, struct str body)
{
    hc->exchange = x;
    x->body = body;
    if (x->location->endpoint != NULL)
        x->location->endpoint->handle(x);
    else
        http_return(x);
    if (hc->exchange == NULL)
        return;
    x->request = NULL;
    x->arena = NULL;
    x->path = x->body = (struct str){0};
    list_append(&hc->http->waiting, &x->waiting);
    conn_set_timer(hc->conn, -1);
    conn_pause(hc->conn, CONN_PAUSE_BUSY);
}

/* ---- bodies that come in pieces ---- */

static void
upload_destroy(struct http_conn *hc)
{
    struct upload *u = hc->upload;

    hc->upload = NULL;
    buf_deinit(&u->text);
    mem_free(u);
}

static void
upload_begin(struct http_conn *hc, struct http_exchange *x,
             const uint8_t *head, size_t len)
{
    const struct http_request *rq = x->request;
    struct upload *u = mem_zalloc(sizeof(*u));

    u->x = x;
    u->head = len;
    buf_append(&u->text, head, len);
    u->is_chunked = rq->chunked;
    u->chunked.max_body = x->settings->client_max_body_size;
    u->left = rq->content_length;
    hc->upload = u;
    hc->conn->doing = "reading a request body";
    set_timer(hc, x->settings->client_body_timeout_ms);
    x->request = NULL;
    x->arena = NULL;
    x->path = (struct str){0};
}

static void
upload_end(struct http_conn *hc)
{
    struct upload *u = hc->upload;
    struct http_exchange *x = u->x;
    struct str body = {(const char *) u->text.data + u->head,
                       u->text.len - u->head};

    x->request = &hc->http->request;
    x->arena = hc->http->arena;
    (void) http_parse(x->request, (const char *) u->text.data, u->head, 0,
                      &limits);
    (void) http_locate(x);
    hc->conn->doing = "handling a request";
    hand_over(hc, x, body);
    upload_destroy(hc);
}

static void
upload_refuse(struct http_conn *hc, int status, const char *why)
{
    struct http_exchange *x = hc->upload->x;

    x->keep_alive = false;
    upload_destroy(hc);
    http_refuse(x, status, STR(""), why);
}

/* Takes bytes of the body; all it wants is taken. */
static size_t
upload_take(struct http_conn *hc, const uint8_t *data, size_t len)
{
    struct upload *u = hc->upload;
    size_t before = u->text.len, out;
    ssize_t n;

    if (!u->is_chunked) {
        if (len > u->left)
            len = (size_t) u->left;
        buf_append(&u->text, data, len);
        u->left -= len;
        if (u->left == 0)
            upload_end(hc);
        return len;
    }
    buf_append(&u->text, data, len);
    n = http_chunked_decode(&u->chunked, (char *) u->text.data + before, len,
                            &out);
    u->text.len = before + out;
    if (n == 0)
        return len;
    if (n > 0) {
        upload_end(hc);
        return (size_t) n;
    }
    upload_refuse(hc, u->chunked.status, "bad chunked body");
    return len;
}

/* ---- requests ---- */

/* The head can never be valid. */
static void
refuse_head(struct http_conn *hc)
{
    const struct http_request *rq = &hc->http->request;
    struct http_exchange *x = exchange_create(hc);

    http_log_begin(x);
    http_refuse(x, rq->status, STR(""), rq->reason);
}

/* A head is complete in hc->http->request; returns the bytes taken. */
static size_t
take_request(struct http_conn *hc, const uint8_t *data, size_t len,
             size_t head)
{
    struct http_request *rq = &hc->http->request;
    struct http_exchange *x = exchange_create(hc);
    bool is_whole = !rq->chunked && len - head >= rq->content_length;
    size_t whole = is_whole ? head + (size_t) rq->content_length : len;

    hc->conn->doing = "handling a request";
    x->request = rq;
    x->arena = hc->http->arena;
    x->is_head = rq->method == HTTP_HEAD;
    x->is_old = rq->minor == 0;
    x->keep_alive = is_whole && rq->keep_alive;
    if (!http_admit(x))
        return whole;
    if (is_whole) {
        hand_over(hc, x,
                  (struct str){(const char *) data + head,
                               (size_t) rq->content_length});
        return whole;
    }
    x->keep_alive = rq->keep_alive;
    if (rq->expects_continue && len == head)
        buf_append_str(conn_out(hc->conn),
                       STR("HTTP/1.1 100 Continue\r\n\r\n"));
    upload_begin(hc, x, data, head);
    return len == head ? head
                       : head + upload_take(hc, data + head, len - head);
}

/* One step: a request, or more of a body.  The bytes taken, 0 for more. */
static size_t
take(struct http_conn *hc, const uint8_t *data, size_t len)
{
    struct http *http = hc->http;
    size_t taken = len;
    ssize_t head;

    if (hc->upload != NULL) {
        taken = upload_take(hc, data, len);
        arena_reset(http->arena);
        return taken;
    }
    head = http_parse(&http->request, (const char *) data, len, hc->seen,
                      &limits);
    if (head == 0) {
        if (hc->seen == 0) {
            hc->conn->doing = "reading a request head";
            set_timer(hc, hc->server->settings.client_header_timeout_ms);
        }
        hc->seen = len;
        return 0;
    }
    hc->seen = 0;
    if (head < 0)
        refuse_head(hc);
    else
        taken = take_request(hc, data, len, (size_t) head);
    arena_reset(http->arena);
    return taken;
}

static ssize_t
input(struct conn *c, const uint8_t *data, size_t len)
{
    struct http_conn *hc = c->owner;
    size_t used = 0;

    for (int i = 0; used < len; i++) {
        size_t n;

        if (i == REQUESTS_A_TURN) {
            conn_again(c);
            break;
        }
        n = take(hc, data + used, len - used);
        used += n;
        if (conn_is_ending(c))
            return (ssize_t) len;
        if (n == 0 || hc->exchange != NULL)
            break;
    }
    return (ssize_t) used;
}

/* ---- life ---- */

static int
opened(struct conn *c)
{
    struct http_conn *hc = mem_zalloc(sizeof(*hc));

    hc->http = c->entry->service;
    hc->conn = c;
    hc->server = c->entry->server;
    c->owner = hc;
    idle(hc, hc->server->settings.client_header_timeout_ms);
    return 0;
}

static void
timed_out(struct conn *c)
{
    struct http_conn *hc = c->owner;
    struct http_exchange *x;

    if (hc->upload != NULL) {
        upload_refuse(hc, 408, "client sends its body too slowly");
    } else if (hc->seen != 0) {
        x = exchange_create(hc);
        http_log_begin(x);
        http_refuse(x, 408, STR(""), "client sends its request too slowly");
    } else {
        conn_finish(c);
    }
}

static size_t
held(const struct conn *c)
{
    const struct http_conn *hc = c->owner;

    return hc->upload != NULL ? hc->upload->text.cap : 0;
}

static void
closed(struct conn *c)
{
    struct http_conn *hc = c->owner;

    if (hc->exchange != NULL)
        hc->exchange->conn = NULL;
    if (hc->upload != NULL) {
        exchange_destroy(hc->upload->x);
        upload_destroy(hc);
    }
    mem_free(hc);
    c->owner = NULL;
}

const struct conn_ops http_conn_ops = {
    .name = "http",
    .opened = opened,
    .input = input,
    .timeout = timed_out,
    .held = held,
    .closed = closed,
};

static void
drain_one(struct conn *c, void *arg)
{
    struct http_conn *hc = c->owner;

    (void) arg;
    if (c->ops != &http_conn_ops || hc == NULL) /* or in the TLS handshake */
        return;
    if (hc->exchange == NULL && hc->upload == NULL && hc->seen == 0)
        idle(hc, DRAIN_IDLE_MS);
}

void
http_drain(struct http *http)
{
    http->draining = true;
    net_each(http->net, drain_one, NULL);
}

void
http_update_time(struct http *http)
{
    time_t now = time(NULL);
    struct tm tm;

    if (now == http->second)
        return;
    http->second = now;
    gmtime_r(&now, &tm);
    strftime(http->date, sizeof(http->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    localtime_r(&now, &tm);
    strftime(http->local_time, sizeof(http->local_time),
             "%d/%b/%Y:%H:%M:%S %z", &tm);
}

static void
finish_turn(struct task *t)
{
    http_log_flush(LIST_ITEM(t, struct http, finish));
}

void
http_init(struct http *http)
{
    http->arena = arena_create(32 * 1024);
    http->match = regex_match_create();
    list_init(&http->waiting);
    list_init(&http->later);
    http->step.run = step_one;
    list_init(&http->step.link);
    http->finish.run = finish_turn;
    list_init(&http->finish.link);
    loop_on_finish(http->loop, &http->finish);
}

/* The connections are closed; nobody will answer what waits. */
void
http_deinit(struct http *http)
{
    http_log_flush(http);
    while (!list_is_empty(&http->waiting))
        exchange_destroy(
            LIST_ITEM(http->waiting.next, struct http_exchange, waiting));
    list_remove(&http->finish.link);
    list_remove(&http->step.link);
    regex_match_destroy(http->match);
    arena_destroy(http->arena);
    buf_deinit(&http->scratch);
    buf_deinit(&http->lines);
}
