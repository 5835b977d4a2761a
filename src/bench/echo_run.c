/*
 * One run of the echo load.  A connection is a pair of positions in the ring
 * of prepared frames (ring.h): tx where the next bytes to send stand, rx where
 * the next bytes to come are known from.  What arrives is compared in one
 * memcmp however it is cut; only when bytes differ are they looked at: at the
 * start of a frame a heartbeat is passed over, everything else is an error.
 */
#include "bench/echo.h"

#include <stdio.h>
#include <string.h>

#include "bench/client.h"
#include "bench/nano.h"
#include "bench/ring.h"
#include "core/mem.h"

struct echo_conn {
    struct client client; /* first: the callbacks get this */
    struct echo *echo;
    struct buf in; /* during the handshake */
    bool ready;
    unsigned beat;   /* bytes seen of a heartbeat packet */
    unsigned flight; /* requests without an answer */
    unsigned left;   /* requests until this connection is made anew */
    unsigned made;   /* how often it was made */
    size_t tx;
    size_t unsent; /* bytes to send from tx on */
    size_t rx;
    size_t part;    /* bytes of the answer at hand that have come */
    unsigned first; /* oldest of the stamps */
    unsigned next;
    uint64_t *stamps; /* when each request in flight was sent */
};

struct echo {
    const struct echo_conf *conf;
    bool mirror;
    bool sending;
    bool counting;
    unsigned ready;
    uint64_t flying;
    uint64_t budget; /* requests still to be sent */
    struct ring ring;
    struct endpoint to;
    struct client_loop loop;
    struct run *run;
    struct echo_conn *conns;
    uint64_t *stamps;
};

static void
conn_flush(struct echo_conn *ec, uint64_t now)
{
    const struct ring *ring = &ec->echo->ring;

    if (ec->client.blocked || ec->unsent == 0)
        return;
    ssize_t sent = client_send(&ec->client, ring->req.data + ec->tx,
                               ec->unsent, now);
    if (sent == -1)
        return;
    ec->unsent -= (size_t) sent;
    ec->tx += (size_t) sent;
    if (ec->tx >= ring->cycle * ring->req_len)
        ec->tx -= ring->cycle * ring->req_len;
}

static void
conn_request(struct echo_conn *ec, unsigned n, uint64_t now)
{
    struct echo *e = ec->echo;

    if (!e->sending)
        return;
    if (n > ec->left)
        n = ec->left;
    if (n > e->budget)
        n = (unsigned) e->budget;
    if (n == 0)
        return;
    for (unsigned i = 0; i < n; i++) {
        ec->stamps[ec->next] = now;
        if (++ec->next == e->conf->inflight)
            ec->next = 0;
    }
    ec->client.waiting_ns = now;
    ec->left -= n;
    ec->flight += n;
    ec->unsent += n * e->ring.req_len;
    e->budget -= n;
    e->flying += n;
    conn_flush(ec, now);
}

/* Answers that have come whole and right. */
static void
conn_answered(struct echo_conn *ec, unsigned n, uint64_t now)
{
    struct echo *e = ec->echo;

    for (unsigned i = 0; i < n; i++) {
        if (e->counting)
            run_answer(e->run, now - ec->stamps[ec->first], 1);
        if (++ec->first == e->conf->inflight)
            ec->first = 0;
    }
    ec->flight -= n;
    e->flying -= n;
    ec->client.waiting_ns = ec->flight > 0 ? now : 0;
}

static void
conn_restart(struct echo_conn *ec)
{
    const struct echo *e = ec->echo;
    unsigned slot = (ec->client.index * 97 + ec->made * 31) % e->ring.cycle;

    buf_deinit(&ec->in);
    ec->ready = false;
    ec->beat = ec->flight = ec->first = ec->next = 0;
    ec->unsent = ec->part = 0;
    ec->tx = slot * e->ring.req_len;
    ec->rx = slot * e->ring.ans_len;
    ec->left = e->conf->reconnect_after > 0 ? e->conf->reconnect_after
                                            : UINT_MAX;
    ec->made++;
    client_open(&ec->client);
}

static void
conn_ready(struct echo_conn *ec, uint64_t now)
{
    struct echo *e = ec->echo;

    ec->ready = true;
    e->ready++;
    if (e->counting)
        hist_add(&e->run->connects, now - ec->client.began_ns, 1);
    conn_request(ec, e->conf->inflight, now);
}

/*
 * Bytes other than the answer that is due: says how many it has taken, or -1
 * after client_fail.
 */
static ssize_t
conn_other(struct echo_conn *ec, const uint8_t *p, size_t n, uint64_t now)
{
    static const uint8_t beat[NANO_HEAD] = {NANO_HEARTBEAT, 0, 0, 0};
    const struct ring *ring = &ec->echo->ring;
    size_t at = 0;

    if (ec->part == 0 && !ec->echo->mirror) {
        while (at < n && ec->beat < NANO_HEAD && p[at] == beat[ec->beat]) {
            at++;
            ec->beat++;
        }
        if (ec->beat == NANO_HEAD)
            ec->beat = 0;
        if (at > 0)
            return (ssize_t) at;
        if (p[0] == NANO_KICK) {
            client_fail(&ec->client, now, "kicked");
            return -1;
        }
    }
    if (ec->flight == 0) {
        client_fail(&ec->client, now, "answer to nothing");
        return -1;
    }
    size_t same = 0;
    while (p[same] == ring->ans.data[ec->rx + same])
        same++;
    same = (ec->part + same) % ring->ans_len;
    if (same < NANO_HEAD + 1)
        client_fail(&ec->client, now, "wrong packet");
    else if (same < NANO_HEAD + 3)
        client_fail(&ec->client, now, "wrong id");
    else
        client_fail(&ec->client, now, "wrong bytes");
    return -1;
}

/* How many of the n bytes are the answers that are due, whole or in part. */
static size_t
conn_compare(const struct echo_conn *ec, const uint8_t *p, size_t n)
{
    const struct ring *ring = &ec->echo->ring;
    const uint8_t *due = ring->ans.data + ec->rx;
    size_t all = ec->flight * ring->ans_len - ec->part;

    if (ec->beat > 0)
        return 0;
    if (n > all)
        n = all;
    if (memcmp(p, due, n) == 0)
        return n;
    size_t same = 0;
    while (p[same] == due[same])
        same++;
    size_t end = (ec->part + same) / ring->ans_len * ring->ans_len;
    return end > ec->part ? end - ec->part : 0;
}

static void
on_data(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
    struct echo_conn *ec = (struct echo_conn *) c;
    const struct ring *ring = &ec->echo->ring;
    unsigned answers = 0;

    if (!ec->ready) {
        ssize_t used = nano_shaken(c, &ec->in, p, n, now);
        if (used <= 0)
            return;
        p += used;
        n -= (size_t) used;
        conn_ready(ec, now);
    }
    while (n > 0 && c->state == CLIENT_OPEN) {
        size_t good = conn_compare(ec, p, n);
        if (good == 0) {
            ssize_t used = conn_other(ec, p, n, now);
            if (used == -1)
                return;
            p += used;
            n -= (size_t) used;
            continue;
        }
        p += good;
        n -= good;
        ec->rx += good;
        if (ec->rx >= ring->cycle * ring->ans_len)
            ec->rx -= ring->cycle * ring->ans_len;
        unsigned whole = (unsigned) ((ec->part + good) / ring->ans_len);
        ec->part = (ec->part + good) % ring->ans_len;
        conn_answered(ec, whole, now);
        answers += whole;
    }
    if (ec->left == 0 && ec->flight == 0 && ec->echo->sending) {
        client_close(c);
        ec->echo->ready--;
        conn_restart(ec);
    } else if (answers > 0) {
        conn_request(ec, answers, now);
    }
}

static void
on_opened(struct client *c, uint64_t now)
{
    struct echo_conn *ec = (struct echo_conn *) c;

    if (ec->echo->mirror)
        conn_ready(ec, now);
    else
        nano_shake(c, now);
}

static void
on_writable(struct client *c, uint64_t now)
{
    conn_flush((struct echo_conn *) c, now);
}

static void
on_failed(struct client *c, uint64_t now)
{
    struct echo_conn *ec = (struct echo_conn *) c;

    (void) now;
    if (ec->flight > 0)
        errors_add(&c->loop->errors, ec->flight, "requests lost");
    ec->echo->flying -= ec->flight;
    if (ec->ready)
        ec->echo->ready--;
    conn_restart(ec);
}

static const struct client_ops echo_ops = {
    .opened = on_opened,
    .data = on_data,
    .writable = on_writable,
    .failed = on_failed,
};

/* All connections stand before the clock starts. */
static int
echo_connect(struct echo *e)
{
    unsigned n = e->conf->load.connections;
    uint64_t give_up = now_ns() + e->loop.timeout_ns;

    e->conns = mem_zalloc(n * sizeof *e->conns);
    e->stamps = mem_zalloc((size_t) n * e->conf->inflight * sizeof *e->stamps);
    for (unsigned i = 0; i < n; i++) {
        struct echo_conn *ec = &e->conns[i];
        client_init(&ec->client, &e->loop, &echo_ops, &e->to);
        ec->echo = e;
        ec->stamps = e->stamps + (size_t) i * e->conf->inflight;
        conn_restart(ec);
    }
    while (e->ready < n && now_ns() < give_up && !load_interrupted())
        client_loop_turn(&e->loop, give_up);
    if (e->ready > 0)
        return 0;
    fprintf(stderr, "sparrow-bench: no connection to %s: %s\n", e->to.text,
            e->loop.errors.n > 0 ? e->loop.errors.kinds[0].name : "timeout");
    return -1;
}

static void
echo_measure(struct echo *e)
{
    struct run *run = e->run;
    uint64_t now;

    run_begin(run, e->conf->load.duration);
    e->sending = e->counting = true;
    now = now_ns();
    for (unsigned i = 0; i < e->loop.n; i++) {
        if (e->conns[i].ready)
            conn_request(&e->conns[i], e->conf->inflight, now);
    }
    while (now < run->end_ns && (e->budget > 0 || e->flying > 0) &&
           !load_interrupted()) {
        client_loop_turn(&e->loop, run->next_ns < run->end_ns ? run->next_ns
                                                              : run->end_ns);
        now = now_ns();
        run_tick(run, now);
    }
    run_end(run);

    /* What is still on its way is checked, but no longer counted. */
    e->sending = e->counting = false;
    uint64_t give_up = now_ns() + 2 * e->loop.timeout_ns;
    while (e->flying > 0 && now_ns() < give_up)
        client_loop_turn(&e->loop, give_up);
    errors_merge(&run->found, &e->loop.errors);
}

struct run *
echo_run(const struct echo_conf *conf, const char *name, const char *target,
         struct procs *procs, bool mirror)
{
    struct echo *e = mem_zalloc(sizeof *e);
    struct run *run = NULL;

    e->conf = conf;
    e->mirror = mirror;
    e->budget = conf->load.requests > 0 ? conf->load.requests : UINT64_MAX;
    if (endpoint_init(&e->to, target, conf->load.tls) == -1)
        goto no_endpoint;
    if (client_loop_init(&e->loop, conf->load.timeout) == -1)
        goto no_loop;
    ring_init(&e->ring, conf->inflight, conf->size, str_of(conf->xxtea),
              mirror);
    if (echo_connect(e) == 0) {
        run = run_create(name, &conf->load, procs, &e->loop.errors);
        e->run = run;
        echo_measure(e);
        run->errors = &run->found;
    }
    client_loop_deinit(&e->loop);
    for (unsigned i = 0; e->conns != NULL && i < conf->load.connections; i++)
        buf_deinit(&e->conns[i].in);
    ring_deinit(&e->ring);
    mem_free(e->conns);
    mem_free(e->stamps);
no_loop:
    endpoint_deinit(&e->to);
no_endpoint:
    mem_free(e);
    return run;
}
