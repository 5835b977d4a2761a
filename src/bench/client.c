#include "bench/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"

enum {
    EVENTS = 512,
    IN_SIZE = 256 * 1024,
    CONNECTING_MAX = 128,      /* below any listen backlog */
    PORTS_PER_ADDRESS = 20000, /* of the 28,232 that Linux hands out */
};

#define RETRY_NS 100000000ULL /* a failed connection waits this long */
#define SCAN_NS  500000000ULL /* how often time-outs are looked for */

uint64_t
now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}

/* queues */

static void
queue_init(struct client_queue *q)
{
    q->head = NULL;
    q->tail = &q->head;
}

static void
queue_push(struct client_queue *q, struct client *c)
{
    c->next = NULL;
    *q->tail = c;
    q->tail = &c->next;
}

static struct client *
queue_pop(struct client_queue *q, uint64_t now)
{
    struct client *c = q->head;

    if (c == NULL || c->not_before_ns > now)
        return NULL;
    q->head = c->next;
    if (q->head == NULL)
        q->tail = &q->head;
    return c;
}

static void
queue_remove(struct client_queue *q, struct client *c)
{
    for (struct client **p = &q->head; *p != NULL; p = &(*p)->next) {
        if (*p == c) {
            *p = c->next;
            if (c->next == NULL)
                q->tail = p;
            return;
        }
    }
}

/* opening and closing */

static void
interest_set(struct client *c, int op, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = c};
    epoll_ctl(c->loop->epfd, op, c->fd, &ev);
}

/*
 * Linux gives one source address some 28,000 ports towards one target, so
 * many connections over loopback come from several addresses of 127/8.
 */
static int
source_bind(struct client *c)
{
    const struct sockaddr_in *to = (const struct sockaddr_in *) &c->to->addr;
    unsigned block = c->index / PORTS_PER_ADDRESS;

    if (block == 0 || to->sin_family != AF_INET ||
        ntohl(to->sin_addr.s_addr) >> 24 != 127)
        return 0;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + block);
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1},
               sizeof(int));
    return bind(c->fd, (const struct sockaddr *) &from, sizeof from);
}

static void
client_connect(struct client *c, uint64_t now)
{
    c->state = CLIENT_CONNECTING;
    c->began_ns = now;
    c->waiting_ns = now;
    c->blocked = false;
    c->loop->connecting++;
    c->fd = socket(c->to->addr.ss_family,
                   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd == -1) {
        client_fail(c, now, "socket: %s", strerror(errno));
        return;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (source_bind(c) == -1 ||
        (connect(c->fd, (const struct sockaddr *) &c->to->addr, c->to->len) ==
             -1 &&
         errno != EINPROGRESS)) {
        if (errno == ECONNREFUSED)
            client_lose(c, now, "connect: %s", strerror(errno));
        else
            client_fail(c, now, "connect: %s", strerror(errno));
        return;
    }
    interest_set(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

void
client_init(struct client *c, struct client_loop *loop,
            const struct client_ops *ops, const struct endpoint *to)
{
    if (loop->n == loop->cap) {
        loop->cap = loop->cap == 0 ? 1024 : loop->cap * 2;
        loop->all = mem_realloc(loop->all, loop->cap * sizeof *loop->all);
    }
    *c = (struct client){
        .loop = loop, .ops = ops, .to = to, .fd = -1, .index = loop->n};
    list_init(&c->beat);
    loop->all[loop->n++] = c;
}

void
client_open(struct client *c)
{
    c->state = CLIENT_QUEUED;
    queue_push(c->not_before_ns == 0 ? &c->loop->soon : &c->loop->later, c);
}

/* `farewell`: tell a TLS server that nothing more comes. */
static void
client_end(struct client *c, bool farewell)
{
    if (c->state == CLIENT_QUEUED)
        queue_remove(c->not_before_ns == 0 ? &c->loop->soon : &c->loop->later,
                     c);
    if (c->state == CLIENT_CONNECTING || c->state == CLIENT_SECURING)
        c->loop->connecting--;
    if (c->ssl != NULL) {
        if (farewell && c->state == CLIENT_OPEN)
            SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
        c->ssl = NULL;
        ERR_clear_error();
    }
    if (c->fd != -1)
        close(c->fd);
    c->fd = -1;
    list_remove(&c->beat);
    c->state = CLIENT_CLOSED;
    c->waiting_ns = 0;
    c->not_before_ns = 0;
}

void
client_close(struct client *c)
{
    client_end(c, true);
}

static void
client_end_wrong(struct client *c, uint64_t now)
{
    client_end(c, false);
    c->not_before_ns = now + RETRY_NS;
    c->ops->failed(c, now);
}

void
client_fail(struct client *c, uint64_t now, const char *fmt, ...)
{
    char kind[48];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(kind, sizeof kind, fmt, ap);
    va_end(ap);
    errors_add(&c->loop->errors, 1, "%s", kind);
    client_end_wrong(c, now);
}

void
client_lose(struct client *c, uint64_t now, const char *fmt, ...)
{
    char kind[48];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(kind, sizeof kind, fmt, ap);
    va_end(ap);
    errors_add(c->lost != NULL ? c->lost : &c->loop->errors, 1, "%s", kind);
    client_end_wrong(c, now);
}

/* reading and writing */

static void
client_fail_ssl(struct client *c, int err, uint64_t now)
{
    unsigned long code = ERR_peek_error();

    if (err == SSL_ERROR_ZERO_RETURN)
        client_lose(c, now, "closed by the server");
    else if (err == SSL_ERROR_SYSCALL && errno != 0)
        client_lose(c, now, "tls: %s", strerror(errno));
    else if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        client_lose(c, now, "tls: closed");
    else if (code != 0)
        client_fail(c, now, "tls: %s", ERR_reason_error_string(code));
    else
        client_lose(c, now, "tls: closed");
}

static ssize_t
ssl_send(struct client *c, const void *p, size_t n, uint64_t now)
{
    size_t sent = 0;

    while (sent < n) {
        size_t once;
        ERR_clear_error();
        int rc = SSL_write_ex(c->ssl, (const char *) p + sent, n - sent,
                              &once);
        if (rc == 1) {
            sent += once;
            continue;
        }
        int err = SSL_get_error(c->ssl, rc);
        if (err == SSL_ERROR_WANT_WRITE)
            break;
        client_fail_ssl(c, err, now);
        return -1;
    }
    return (ssize_t) sent;
}

ssize_t
client_send(struct client *c, const void *p, size_t n, uint64_t now)
{
    ssize_t sent;

    if (c->ssl != NULL) {
        sent = ssl_send(c, p, n, now);
        if (sent == -1)
            return -1;
    } else {
        sent = send(c->fd, p, n, MSG_NOSIGNAL);
        if (sent == -1 && errno == EAGAIN)
            sent = 0;
        if (sent == -1) {
            client_lose(c, now, "send: %s", strerror(errno));
            return -1;
        }
    }
    if ((size_t) sent < n && !c->blocked) {
        c->blocked = true;
        interest_set(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    return sent;
}

static void
client_eof(struct client *c, uint64_t now)
{
    if (!c->ops->may_close || c->waiting_ns != 0) {
        client_lose(c, now, "closed by the server");
        return;
    }
    client_end(c, false);
    c->ops->failed(c, now);
}

static void
client_read(struct client *c, uint64_t now)
{
    ssize_t n = recv(c->fd, c->loop->in, IN_SIZE, 0);

    if (n > 0)
        c->ops->data(c, c->loop->in, (size_t) n, now);
    else if (n == 0)
        client_eof(c, now);
    else if (errno != EAGAIN && errno != EINTR)
        client_lose(c, now, "receive: %s", strerror(errno));
}

/* OpenSSL keeps bytes that epoll does not know of: read until it has none. */
static void
client_read_ssl(struct client *c, uint64_t now)
{
    size_t n = 0;
    int err = SSL_ERROR_NONE;

    while (err == SSL_ERROR_NONE) {
        size_t once = 0;
        ERR_clear_error();
        int rc = SSL_read_ex(c->ssl, c->loop->in + n, IN_SIZE - n, &once);
        err = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, rc);
        n += once;
        if (n == 0 || (n < IN_SIZE && err == SSL_ERROR_NONE))
            continue;
        c->ops->data(c, c->loop->in, n, now);
        if (c->state != CLIENT_OPEN)
            return;
        n = 0;
    }
    if (err == SSL_ERROR_ZERO_RETURN)
        client_eof(c, now);
    else if (err != SSL_ERROR_WANT_READ && err != SSL_ERROR_WANT_WRITE)
        client_fail_ssl(c, err, now);
}

static void
client_opened(struct client *c, uint64_t now)
{
    c->state = CLIENT_OPEN;
    c->loop->connecting--;
    c->waiting_ns = 0;
    interest_set(c, EPOLL_CTL_MOD, EPOLLIN);
    c->ops->opened(c, now);
}

static void
client_secure(struct client *c, uint64_t now)
{
    ERR_clear_error();
    int rc = SSL_connect(c->ssl);

    if (rc == 1) {
        client_opened(c, now);
        return;
    }
    int err = SSL_get_error(c->ssl, rc);
    if (err == SSL_ERROR_WANT_READ)
        interest_set(c, EPOLL_CTL_MOD, EPOLLIN);
    else if (err == SSL_ERROR_WANT_WRITE)
        interest_set(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    else
        client_fail_ssl(c, err, now);
}

static void
client_connected(struct client *c, uint64_t now)
{
    int err = 0;
    socklen_t len = sizeof err;

    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err != 0) {
        client_lose(c, now, "connect: %s", strerror(err));
        return;
    }
    if (c->to->ssl == NULL) {
        client_opened(c, now);
        return;
    }
    c->state = CLIENT_SECURING;
    c->ssl = SSL_new(c->to->ssl);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
        client_fail(c, now, "tls: no memory");
    else
        client_secure(c, now);
}

static void
client_event(struct client *c, uint32_t events, uint64_t now)
{
    if (c->state == CLIENT_CONNECTING) {
        client_connected(c, now);
        return;
    }
    if (c->state == CLIENT_SECURING) {
        client_secure(c, now);
        return;
    }
    if (c->state == CLIENT_OPEN && (events & ~(uint32_t) EPOLLOUT) != 0) {
        if (c->ssl != NULL)
            client_read_ssl(c, now);
        else
            client_read(c, now);
    }
    if (c->state == CLIENT_OPEN && (events & EPOLLOUT) != 0 && c->blocked) {
        c->blocked = false;
        interest_set(c, EPOLL_CTL_MOD, EPOLLIN);
        c->ops->writable(c, now);
    }
}

/* the loop */

int
client_loop_init(struct client_loop *loop, double timeout_s)
{
    memset(loop, 0, sizeof *loop);
    loop->epfd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epfd == -1) {
        fprintf(stderr, "sparrow-bench: epoll_create1: %s\n", strerror(errno));
        return -1;
    }
    loop->timeout_ns = (uint64_t) (timeout_s * 1e9);
    loop->in = mem_alloc(IN_SIZE);
    queue_init(&loop->soon);
    queue_init(&loop->later);
    list_init(&loop->beats);
    return 0;
}

void
client_loop_deinit(struct client_loop *loop)
{
    queue_init(&loop->soon);
    queue_init(&loop->later);
    for (unsigned i = 0; i < loop->n; i++)
        client_close(loop->all[i]);
    close(loop->epfd);
    mem_free(loop->all);
    mem_free(loop->in);
}

static void
timeouts_scan(struct client_loop *loop, uint64_t now)
{
    for (unsigned i = 0; i < loop->n; i++) {
        struct client *c = loop->all[i];
        if (c->waiting_ns == 0 || c->waiting_ns + loop->timeout_ns > now)
            continue;
        client_fail(c, now,
                    c->state == CLIENT_OPEN ? "timeout" : "connect: timeout");
    }
    loop->next_scan_ns = now + SCAN_NS;
}

void
client_beat_later(struct client *c, uint64_t now)
{
    if (!list_is_empty(&c->beat))
        return;
    c->beat_ns = now + c->loop->beat_after_ns;
    list_append(&c->loop->beats, &c->beat);
}

/* The one whose `beat` is called next, or NULL. */
static struct client *
beats_first(const struct client_loop *loop)
{
    return list_is_empty(&loop->beats)
               ? NULL
               : LIST_ITEM(loop->beats.next, struct client, beat);
}

static void
beats_run(struct client_loop *loop, uint64_t now)
{
    struct client *c;

    while ((c = beats_first(loop)) != NULL && c->beat_ns <= now) {
        list_remove(&c->beat);
        c->ops->beat(c, now);
    }
}

static uint64_t
queues_run(struct client_loop *loop)
{
    uint64_t now = now_ns();
    struct client *c;

    while (loop->connecting < CONNECTING_MAX &&
           ((c = queue_pop(&loop->soon, now)) != NULL ||
            (c = queue_pop(&loop->later, now)) != NULL))
        client_connect(c, now);
    if (now >= loop->next_scan_ns)
        timeouts_scan(loop, now);
    beats_run(loop, now);
    return now;
}

void
client_loop_turn(struct client_loop *loop, uint64_t until_ns)
{
    struct epoll_event events[EVENTS];
    uint64_t now = queues_run(loop);
    uint64_t until = loop->next_scan_ns < until_ns ? loop->next_scan_ns
                                                   : until_ns;

    if (loop->later.head != NULL && loop->later.head->not_before_ns < until)
        until = loop->later.head->not_before_ns;
    if (beats_first(loop) != NULL && beats_first(loop)->beat_ns < until)
        until = beats_first(loop)->beat_ns;
    int wait_ms = until > now ? (int) ((until - now) / 1000000) + 1 : 0;
    int n = epoll_wait(loop->epfd, events, EVENTS, wait_ms);
    for (int i = 0; i < n; i++)
        client_event(events[i].data.ptr, events[i].events, now_ns());
}
