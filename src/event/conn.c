#include "event/conn.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/conn_counts.h"
#include "event/tls.h"

enum {
    SCRATCH_SIZE = 32 * 1024,
    SPARE_SIZE = 4096,    /* a larger buffer is not kept */
    LINGER_MS = 2000,     /* for the client to take the last words */
    FLUSH_MS = 10000,     /* to get them out */
    HANDSHAKE_MS = 10000, /* TLS: for the client's part in it */
    LATE_MS = 50000,      /* and for ours */
    SHAKE_US = 1000,      /* for all handshakes in a turn */
};

size_t
conn_log_context(const void *object, char *buf, size_t size)
{
    const struct conn *c = object;
    char peer[ADDR_TEXT];
    int n = snprintf(buf, size, ", while %s, client: %s, server: %s", c->doing,
                     addr_format(&c->peer, peer), c->entry->text);

    if (n < 0)
        return 0;
    return (size_t) n < size ? (size_t) n : size - 1;
}

static bool
is_queued(const struct conn *c)
{
    return c->stage == CONN_TLS && !list_is_empty(&c->again.link);
}

/* TLS has written something that the client must take before we read on. */
static bool
is_answering(const struct conn *c)
{
    return c->ssl != NULL && tls_is_answering(c->ssl);
}

/* What epoll shall tell about the connection. */
static void
watch(struct conn *c)
{
    uint32_t events = 0;

    if (!conn_is_closed(c) && !is_queued(c)) {
        if (!c->eof && !is_answering(c) &&
            (!c->paused || c->stage == CONN_LINGERING || c->stage == CONN_TLS))
            events |= EPOLLIN | EPOLLRDHUP;
        if (c->wants_write)
            events |= EPOLLOUT;
    }
    if (loop_watch(c->net->loop, &c->source, events) != 0)
        conn_close(c);
}

void
conn_close(struct conn *c)
{
    if (conn_is_closed(c))
        return;
    c->stage = CONN_CLOSED;
    loop_watch(c->net->loop, &c->source, 0);
    timer_clear(&c->net->loop->timers, &c->timer);
    list_remove(&c->again.link);
    list_remove(&c->dirty);
    list_remove(&c->all);
    list_append(&c->net->dead, &c->all);
    c->net->buffered -= c->counted;
    c->counted = 0;
}

/* The end of the turn has a look at it. */
static void
touch(struct conn *c)
{
    if (!conn_is_closed(c) && list_is_empty(&c->dirty))
        list_append(&c->net->dirty, &c->dirty);
}

/* limit_conn: is there room for one more from the address?  Then it counts. */
static bool
enter(struct net *net, const struct conn_entry *entry, const struct addr *peer)
{
    struct caller caller = caller_by_address(entry->server, peer);
    char host[ADDR_TEXT];

    if (entry->limit_conn == 0 ||
        conn_counts_add(net->counts, &caller, entry->limit_conn))
        return true;
    log_limited(net->log, LOG_WARN, 0, "limit_conn: %u connections of %s",
                entry->limit_conn, addr_format_host(peer, host));
    return false;
}

static void
leave(struct conn *c)
{
    struct caller caller = caller_by_address(c->entry->server, &c->peer);

    if (c->entry->limit_conn != 0)
        conn_counts_remove(c->net->counts, &caller);
}

static void
destroy(struct conn *c)
{
    struct net *net = c->net;

    if (c->owner != NULL)
        c->ops->closed(c);
    list_remove(&c->dirty);
    list_remove(&c->all);
    net->count--;
    leave(c);
    tls_free(c->ssl);
    close(c->source.fd);
    buf_deinit(&c->in);
    buf_deinit(&c->out);
    mem_free(c);
}

/* Hands over bytes; keeps what is not consumed in c->in. */
static void
deliver(struct conn *c, const uint8_t *data, size_t len)
{
    bool own = data == c->in.data;
    ssize_t used;

    if (conn_is_ending(c)) {
        buf_deinit(&c->in);
        return;
    }
    used = c->ops->input(c, data, len);
    if (used < 0) {
        conn_close(c);
        return;
    }
    if (own)
        buf_consume(&c->in, (size_t) used);
    else
        buf_append(&c->in, data + used, len - (size_t) used);
    if (c->in.len == 0 && c->in.cap != 0)
        buf_deinit(&c->in);
    if (c->in.cap != 0 || c->counted != 0 || c->ops->held != NULL)
        touch(c);
}

/*
 * Nothing is read while the protocol has left a whole message: so what it
 * takes next was read whole before whatever is written from now on.
 */
static void
received(struct conn *c, const uint8_t *data, size_t len)
{
    c->active_ms = c->net->loop->now_ms;
    if (c->mark != NULL && c->mark->ahead == 0)
        c->mark->read = true;
    if (c->in.len == 0 && !c->paused) {
        deliver(c, data, len);
        return;
    }
    buf_append(&c->in, data, len);
    touch(c);
    if (!c->paused)
        deliver(c, c->in.data, c->in.len);
}

/*
 * recv() or its TLS twin: bytes, 0 at the end, -1 with errno.  TLS may have
 * something to write after it, or may write now what it could not before.
 */
static ssize_t
receive(struct conn *c, uint8_t *buf, size_t size)
{
    ssize_t n;

    if (c->ssl == NULL)
        return recv(c->source.fd, buf, size, 0);
    n = tls_read(c->ssl, buf, size);
    if (c->out.len != 0 || tls_waiting(c->ssl) != 0)
        touch(c);
    return n;
}

static void
say_reading_failed(struct conn *c, int err)
{
    char text[TLS_ERROR_TEXT];

    if (c->ssl != NULL)
        log_client(c->net->log, conn_log_context, c, "reading failed: %s",
                   tls_error_text(text));
    else
        log_client(c->net->log, conn_log_context, c, "recv() failed (%d: %s)",
                   err, strerror(err));
}

static void
read_input(struct conn *c)
{
    struct net *net = c->net;

    for (;;) {
        ssize_t n = receive(c, net->scratch, SCRATCH_SIZE);

        if (n > 0) {
            if (c->stage != CONN_LINGERING)
                received(c, net->scratch, (size_t) n);
            if (c->ssl == NULL || conn_is_closed(c) || c->paused ||
                !list_is_empty(&c->again.link) || !tls_has_pending(c->ssl))
                return;
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        c->eof = true;
        if (n < 0 && errno != ECONNRESET && errno != EPIPE)
            say_reading_failed(c, errno);
        if (n < 0 || c->stage == CONN_LINGERING)
            conn_close(c);
        else
            conn_finish(c);
        return;
    }
}

/* Queues a handshake; epoll need not tell of it again meanwhile. */
static void
queue_handshake(struct conn *c)
{
    struct net *net = c->net;

    if (is_queued(c))
        return;
    c->active_ms = net->loop->now_ms;
    timer_clear(&net->loop->timers, &c->timer);
    list_append(&net->handshakes, &c->again.link);
    watch(c);
    if (!conn_is_closed(c))
        loop_post(net->loop, &net->shake);
}

/*
 * Takes the handshake out of the queue.  Time that it has spent there is not
 * the client's, who has as much longer; but not for ever.
 */
static void
unqueue_handshake(struct conn *c)
{
    struct loop *loop = c->net->loop;
    int64_t late_ms = loop->now_ms - c->active_ms;

    if (late_ms > LATE_MS - (int64_t) c->late_ms)
        late_ms = LATE_MS - (int64_t) c->late_ms;
    c->late_ms += (uint32_t) late_ms;
    list_remove(&c->again.link);
    timer_set(&loop->timers, &c->timer, c->timer.deadline_ms + late_ms);
}

/* Nothing is made for a client that sends nothing: hence OpenSSL's part. */
static void
continue_handshake(struct conn *c)
{
    char text[TLS_ERROR_TEXT];
    int rc;

    if (c->ssl == NULL)
        c->ssl = tls_accept(c->entry->tls, c->source.fd);
    rc = tls_handshake(c->ssl);
    if (rc < 0) {
        log_client(c->net->log, conn_log_context, c,
                   "TLS handshake failed: %s", tls_error_text(text));
        conn_close(c);
        return;
    }
    touch(c);
    if (rc > 0) {
        timer_clear(&c->net->loop->timers, &c->timer);
        c->stage = CONN_OPEN;
    }
    watch(c);
    if (rc == 0 || conn_is_closed(c))
        return;
    if (c->ops->opened(c) != 0)
        conn_close(c);
    else if (!conn_is_closed(c))
        read_input(c);
}

/* A share of the turn for handshakes: one at least, the eldest first. */
static void
shake_hands(struct task *t)
{
    struct net *net = LIST_ITEM(t, struct net, shake);
    int64_t end_us = clock_work_us() + SHAKE_US;

    while (!list_is_empty(&net->handshakes)) {
        struct conn *c = LIST_ITEM(net->handshakes.next, struct conn,
                                   again.link);

        unqueue_handshake(c);
        continue_handshake(c);
        if (clock_work_us() >= end_us)
            break;
    }
    if (!list_is_empty(&net->handshakes))
        loop_post(net->loop, t);
}

static void
ready(struct source *s, uint32_t events)
{
    struct conn *c = LIST_ITEM(s, struct conn, source);

    if ((events & EPOLLOUT) != 0)
        touch(c);
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0)
        return;
    if ((c->paused && c->stage != CONN_LINGERING) || is_answering(c)) {
        if ((events & (EPOLLHUP | EPOLLERR)) != 0)
            conn_close(c);
        else
            watch(c);
        return;
    }
    if (c->stage == CONN_TLS)
        queue_handshake(c);
    else if (list_is_empty(&c->again.link)) /* else first what is here */
        read_input(c);
}

static void
hand_over_again(struct task *t)
{
    struct conn *c = LIST_ITEM(t, struct conn, again);

    if (conn_is_closed(c) || c->paused)
        return;
    if (c->in.len != 0)
        deliver(c, c->in.data, c->in.len);
    if (!conn_is_closed(c) && !c->paused && c->ssl != NULL &&
        list_is_empty(&c->again.link) && tls_has_pending(c->ssl))
        read_input(c);
}

static void
timer_fired(struct timer *t)
{
    struct conn *c = LIST_ITEM(t, struct conn, timer);

    if (c->stage == CONN_TLS)
        log_client(c->net->log, conn_log_context, c,
                   "TLS handshake timed out");
    if (c->stage != CONN_OPEN)
        conn_close(c);
    else
        c->ops->timeout(c);
}

struct conn *
conn_create(struct net *net, const struct conn_entry *entry, int fd,
            const struct addr *peer)
{
    struct conn *c;

    if (net->count >= net->max) {
        log_limited(net->log, LOG_ALERT, 0,
                    "%u worker_connections are not enough", net->max);
        close(fd);
        return NULL;
    }
    if (!enter(net, entry, peer)) {
        close(fd);
        return NULL;
    }
    c = mem_zalloc(sizeof(*c));
    c->source.fd = fd;
    c->source.ready = ready;
    c->timer.fire = timer_fired;
    c->again.run = hand_over_again;
    list_init(&c->again.link);
    list_init(&c->dirty);
    c->net = net;
    c->entry = entry;
    c->ops = entry->ops;
    c->out_limit = (uint32_t) entry->out_limit;
    c->doing = "opening the connection";
    c->peer = *peer;
    c->active_ms = net->loop->now_ms;
    list_append(&net->conns, &c->all);
    net->count++;
    c->stage = entry->tls != NULL ? CONN_TLS : CONN_OPEN;
    if (c->stage == CONN_TLS)
        timer_set(&net->loop->timers, &c->timer,
                  net->loop->now_ms + HANDSHAKE_MS);
    watch(c);
    if (c->stage == CONN_OPEN && c->ops->opened(c) != 0)
        conn_close(c);
    return c;
}

void
conn_finish(struct conn *c)
{
    if (conn_is_ending(c))
        return;
    if (c->stage != CONN_OPEN) {
        conn_close(c);
        return;
    }
    c->stage = CONN_FINISHING;
    c->paused |= CONN_PAUSE_FINISH;
    list_remove(&c->again.link);
    timer_set(&c->net->loop->timers, &c->timer,
              c->net->loop->now_ms + FLUSH_MS);
    (void) conn_out(c);
}

void
conn_again(struct conn *c)
{
    if (!conn_is_closed(c))
        loop_post(c->net->loop, &c->again);
}

void
conn_pause(struct conn *c, enum conn_pause why)
{
    c->paused |= (uint8_t) why; /* epoll hears of it when more bytes come */
}

void
conn_resume(struct conn *c, enum conn_pause why)
{
    if (!(c->paused & why) || conn_is_closed(c))
        return;
    c->paused &= (uint8_t) ~why;
    if (c->paused)
        return;
    c->active_ms = c->net->loop->now_ms;
    watch(c);
    if (c->in.len != 0 || (c->ssl != NULL && tls_has_pending(c->ssl)))
        conn_again(c);
}

void
conn_set_timer(struct conn *c, int64_t deadline_ms)
{
    struct timers *timers = &c->net->loop->timers;

    if (conn_is_ending(c))
        return;
    if (deadline_ms < 0)
        timer_clear(timers, &c->timer);
    else
        timer_set(timers, &c->timer, deadline_ms);
}

bool
conn_has_unread(const struct conn *c)
{
    struct pollfd p = {.fd = c->source.fd, .events = POLLIN};

    return c->paused || !list_is_empty(&c->again.link) ||
           (c->ssl != NULL && tls_has_pending(c->ssl)) || poll(&p, 1, 0) == 1;
}

void
conn_excuse_lateness(struct conn *c)
{
    int64_t now_ms = c->net->loop->now_ms;

    c->active_ms += now_ms - c->timer.deadline_ms;
    if (c->active_ms > now_ms)
        c->active_ms = now_ms;
}

/*
 * The output is written and the connection shall end: tell the client, then
 * wait a little for its end.  Closing with unread input would reset the
 * connection and take the last words away from the client.
 */
static void
begin_linger(struct conn *c)
{
    if (c->eof) {
        conn_close(c);
        return;
    }
    if (c->ssl != NULL)
        tls_shutdown(c->ssl);
    shutdown(c->source.fd, SHUT_WR);
    c->stage = CONN_LINGERING;
    timer_set(&c->net->loop->timers, &c->timer,
              c->net->loop->now_ms + LINGER_MS);
    watch(c);
}

/* ---- marks ---- */

/* How many bytes the socket has taken: with TLS those of its records. */
static uint64_t
sent_so_far(const struct conn *c)
{
    return c->ssl != NULL ? tls_sent(c->ssl) : c->sent;
}

void
conn_mark(struct conn *c, struct conn_mark *mark)
{
    c->mark = mark;
    if (mark != NULL)
        *mark = (struct conn_mark){.ahead = c->out.len - c->out_at,
                                   .at = sent_so_far(c)};
}

/*
 * n more bytes of output are written.  The client can read none of a TLS
 * record before it has all of it, so there the mark is at the record's end.
 */
static void
approach_mark(struct conn *c, size_t n)
{
    struct conn_mark *mark = c->mark;
    size_t before = n < mark->ahead ? n : mark->ahead;

    if (before == 0)
        return;
    mark->ahead -= before;
    mark->at = sent_so_far(c) - (c->ssl != NULL ? 0 : n - before);
}

bool
conn_has_acknowledged(const struct conn *c)
{
    int queued;

    if (c->mark == NULL || c->mark->ahead != 0 || !c->mark->read)
        return false;
    if (ioctl(c->source.fd, SIOCOUTQ, &queued) != 0)
        return true; /* a socket that cannot tell */
    return (uint64_t) queued <= sent_so_far(c) - c->mark->at;
}

/* Writes what it can; 0, or -1 when the connection is lost. */
static int
write_some(struct conn *c)
{
    if (c->ssl != NULL && tls_flush(c->ssl) != 0)
        return -1;
    while (c->out_at < c->out.len) {
        const uint8_t *data = c->out.data + c->out_at;
        size_t len = c->out.len - c->out_at;
        ssize_t n = c->ssl != NULL
                        ? tls_write(c->ssl, data, len)
                        : send(c->source.fd, data, len, MSG_NOSIGNAL);

        if (n > 0) {
            c->out_at += (size_t) n;
            c->sent += (size_t) n;
            if (c->mark != NULL)
                approach_mark(c, (size_t) n);
            continue;
        }
        if (errno == EINTR)
            continue;
        return errno == EAGAIN ? 0 : -1;
    }
    return 0;
}

/* The output is gone: its buffer is for the next who has something to say. */
static void
give_back(struct net *net, struct buf *out)
{
    if (out->data == NULL || out->cap > SPARE_SIZE ||
        net->spares == NET_SPARES) {
        buf_deinit(out);
        return;
    }
    out->len = 0;
    net->spare[net->spares++] = *out;
    *out = (struct buf){0};
}

/* Counts anew what the client makes us hold. */
static void
count(struct conn *c)
{
    size_t held = c->out.len - c->out_at + c->in.cap;

    if (c->ssl != NULL)
        held += tls_held(c->ssl);
    if (c->owner != NULL && c->ops->held != NULL)
        held += c->ops->held(c);
    c->net->buffered += held - c->counted;
    c->counted = held;
}

/*
 * Lets epoll tell when there is room again, if the socket is what the rest
 * waits for; TLS may also wait for the second half of what it has read.
 */
static void
watch_room(struct conn *c)
{
    bool wants_write = c->ssl != NULL ? tls_waiting(c->ssl) != 0
                                      : c->out_at < c->out.len;

    if (wants_write == c->wants_write)
        return;
    c->wants_write = wants_write;
    watch(c);
}

static void
flush(struct conn *c)
{
    struct net *net = c->net;
    bool was_answering = is_answering(c);
    size_t left;

    if (conn_is_closed(c))
        return; /* somebody appended to one that is marked */
    if (write_some(c) != 0) {
        conn_close(c);
        return;
    }
    left = c->out.len - c->out_at;
    if (left > c->out_limit) {
        log_client(net->log, conn_log_context, c,
                   "client does not read: %zu bytes wait", left);
        conn_close(c);
        return;
    }
    if (left == 0) {
        give_back(net, &c->out);
        c->out_at = 0;
    } else if (c->out_at > left) {
        buf_consume(&c->out, c->out_at);
        c->out_at = 0;
    }
    count(c);
    watch_room(c);
    if (was_answering && !is_answering(c) && c->stage != CONN_TLS &&
        !c->paused && tls_has_pending(c->ssl))
        conn_again(c);
    if (left == 0 && !c->wants_write && c->stage == CONN_FINISHING)
        begin_linger(c);
}

/* Too much is held in all: who holds most goes first. */
static void
enforce_memory_limit(struct net *net)
{
    while (net->memory_limit != 0 && net->buffered > net->memory_limit) {
        struct conn *largest = NULL;

        LIST_EACH (l, &net->conns) {
            struct conn *c = LIST_ITEM(l, struct conn, all);

            if (largest == NULL || c->counted > largest->counted)
                largest = c;
        }
        if (largest == NULL || largest->counted == 0)
            return;
        log_client(net->log, conn_log_context, largest,
                   "closed for memory_limit: it holds %zu bytes",
                   largest->counted);
        conn_close(largest);
    }
}

void
net_end(struct net *net, struct net_ended *ended,
        void (*free)(struct net_ended *ended))
{
    ended->free = free;
    list_append(&net->ended, &ended->link);
}

static void
bury(struct net *net)
{
    while (!list_is_empty(&net->dead))
        destroy(LIST_ITEM(net->dead.next, struct conn, all));
    while (!list_is_empty(&net->ended)) {
        struct net_ended *ended = LIST_ITEM(net->ended.next, struct net_ended,
                                            link);

        list_remove(&ended->link);
        ended->free(ended);
    }
}

/* The end of a turn: write, then bury. */
static void
finish_turn(struct task *t)
{
    struct net *net = LIST_ITEM(t, struct net, finish);

    while (!list_is_empty(&net->dirty)) {
        struct conn *c = LIST_ITEM(net->dirty.next, struct conn, dirty);

        list_remove(&c->dirty);
        flush(c);
    }
    enforce_memory_limit(net);
    bury(net);
}

void
net_init(struct net *net, struct loop *loop, unsigned max)
{
    *net = (struct net){.loop = loop, .log = loop->log, .max = max};
    list_init(&net->conns);
    list_init(&net->dirty);
    list_init(&net->dead);
    list_init(&net->ended);
    list_init(&net->handshakes);
    net->shake.run = shake_hands;
    list_init(&net->shake.link);
    net->scratch = mem_alloc(SCRATCH_SIZE);
    net->finish.run = finish_turn;
    list_init(&net->finish.link);
    loop_on_finish(loop, &net->finish);
}

void
net_deinit(struct net *net)
{
    while (!list_is_empty(&net->conns))
        conn_close(LIST_ITEM(net->conns.next, struct conn, all));
    bury(net);
    list_remove(&net->finish.link);
    list_remove(&net->shake.link);
    while (net->spares != 0)
        buf_deinit(&net->spare[--net->spares]);
    mem_free(net->scratch);
}

void
net_each(struct net *net, void (*fn)(struct conn *c, void *arg), void *arg)
{
    LIST_EACH_SAFE (l, &net->conns) {
        fn(LIST_ITEM(l, struct conn, all), arg);
    }
}
