#include "event/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/fail_point.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/conn.h"

enum {
    ACCEPTS_A_TURN = 64,
    RETRY_MS = 500, /* after accept() failed */
};

static int
set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value));
}

static int
open_socket(const struct listener *l, struct log *log)
{
    int fd = socket(l->addr.sa.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        log_write(log, LOG_EMERG, errno, "socket() for %s failed", l->text);
        return -1;
    }
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0 ||
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 ||
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, l->so_keepalive) != 0 ||
        (l->addr.sa.sa_family == AF_INET6 &&
         set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0)) {
        log_write(log, LOG_EMERG, errno, "setsockopt() for %s failed",
                  l->text);
        goto fail;
    }
    if (bind(fd, &l->addr.sa, l->addr.len) != 0) {
        log_write(log, LOG_EMERG, errno, "bind() to %s failed", l->text);
        goto fail;
    }
    if (listen(fd, (int) l->backlog) != 0) {
        log_write(log, LOG_EMERG, errno, "listen() on %s failed", l->text);
        goto fail;
    }
    return fd;
fail:
    close(fd);
    return -1;
}

/*
 * SO_REUSEPORT would let a second daemon of the same user share the address
 * and take half of the clients; a socket without it tells.
 */
int
listener_check(const struct listener *l, bool may_be_used, struct log *log)
{
    int fd = socket(l->addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = 0;

    if (fd < 0)
        return 0;
    if ((set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
         (l->addr.sa.sa_family == AF_INET6 &&
          set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) ||
         bind(fd, &l->addr.sa, l->addr.len) != 0) &&
        !(may_be_used && errno == EADDRINUSE)) {
        log_write(log, LOG_EMERG, errno, "bind() to %s failed", l->text);
        rc = -1;
    }
    close(fd);
    return rc;
}

static struct listen_group *
group_find(struct listen_group *groups, const struct addr *addr)
{
    for (struct listen_group *g = groups; g != NULL; g = g->next)
        if (addr_is_equal(&g->addr, addr))
            return g;
    return NULL;
}

/*
 * Whether it is ourselves who have the port, as when a reload turns
 * 127.0.0.1:80 into *:80: with SO_REUSEPORT both go together, and the old one
 * is closed behind.
 */
static bool
is_ours(const struct listen_group *groups, const struct addr *addr)
{
    for (const struct listen_group *g = groups; g != NULL; g = g->next)
        if (addr_overlaps(&g->addr, addr))
            return true;
    return false;
}

int
listener_open(struct listen_group **groups, struct listener *l, unsigned count,
              struct log *log)
{
    struct listen_group *g = group_find(*groups, &l->addr);

    if (g == NULL) {
        if (listener_check(l, is_ours(*groups, &l->addr), log) != 0)
            return -1;
        g = mem_zalloc(sizeof(*g));
        g->addr = l->addr;
        g->next = *groups;
        *groups = g;
    }
    g->used = true;
    l->group = g;
    while (g->count < count) {
        int fd = open_socket(l, log);

        if (fd < 0)
            return -1;
        g->fds = mem_realloc(g->fds, (g->count + 1) * sizeof(*g->fds));
        g->fds[g->count++] = fd;
    }
    return 0;
}

void
listen_groups_sweep(struct listen_group **groups)
{
    for (struct listen_group **at = groups; *at != NULL;) {
        struct listen_group *g = *at;

        if (g->used) {
            g->used = false;
            at = &g->next;
            continue;
        }
        *at = g->next;
        for (unsigned i = 0; i < g->count; i++)
            close(g->fds[i]);
        mem_free(g->fds);
        mem_free(g);
    }
}

void
listeners_leave(struct listener *listeners)
{
    for (struct listener *l = listeners; l != NULL; l = l->next)
        while (l->group->count != 0)
            close(l->group->fds[--l->group->count]);
}

/* One listening socket in the loop. */
struct accept_source {
    struct source source;
    struct acceptor *acceptor;
    const struct listener *listener;
};

struct acceptor {
    struct net *net;
    struct net_ended ended;
    struct timer retry;
    bool multi_accept;
    unsigned count;
    struct accept_source *sources;
};

static void
watch_all(struct acceptor *a, uint32_t events)
{
    for (unsigned i = 0; i < a->count; i++)
        loop_watch(a->net->loop, &a->sources[i].source, events);
}

static void
retry_fired(struct timer *t)
{
    watch_all(LIST_ITEM(t, struct acceptor, retry), EPOLLIN);
}

bool
accept_goes_on(int err)
{
    switch (err) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EOPNOTSUPP:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

/* The socket stays readable: looks away for a while, does not spin. */
static void
look_away(struct accept_source *as, int err)
{
    struct net *net = as->acceptor->net;

    log_rarely(net->log, LOG_CRIT, err, "accept4() on %s failed",
               as->listener->text);
    watch_all(as->acceptor, 0);
    timer_set(&net->loop->timers, &as->acceptor->retry,
              net->loop->now_ms + RETRY_MS);
}

static int
accept_client(int fd, struct sockaddr_storage *ss, socklen_t *len)
{
    if (fail_point_drop("accept refused")) {
        errno = EIO;
        return -1;
    }
    return accept4(fd, (struct sockaddr *) ss, len,
                   SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Returns whether there may be more to accept. */
static bool
accept_one(struct accept_source *as)
{
    struct net *net = as->acceptor->net;
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    struct addr peer;
    int fd = accept_client(as->source.fd, &ss, &len);

    if (fd >= 0) {
        if (addr_from_sockaddr(&peer, (struct sockaddr *) &ss, len) == 0)
            conn_create(net, &as->listener->entry, fd, &peer);
        else
            close(fd);
        return true;
    }
    if (!accept_goes_on(errno))
        look_away(as, errno);
    return false;
}

static void
acceptable(struct source *s, uint32_t events)
{
    struct accept_source *as = LIST_ITEM(s, struct accept_source, source);
    unsigned most = as->acceptor->multi_accept ? ACCEPTS_A_TURN : 1;

    (void) events;
    for (unsigned i = 0; i < most; i++)
        if (!accept_one(as))
            return;
}

static unsigned
count_sockets(const struct listener *l, unsigned index, unsigned step)
{
    unsigned n = 0;

    for (; l != NULL; l = l->next)
        for (unsigned k = index; k < l->group->count; k += step)
            n++;
    return n;
}

struct acceptor *
acceptor_create(struct net *net, struct listener *listeners, unsigned index,
                unsigned step, bool multi_accept)
{
    struct acceptor *a = mem_zalloc(sizeof(*a));
    unsigned n = count_sockets(listeners, index, step);

    a->net = net;
    a->multi_accept = multi_accept;
    a->retry.fire = retry_fired;
    a->sources = mem_zalloc((n ? n : 1) * sizeof(*a->sources));
    for (struct listener *l = listeners; l != NULL; l = l->next)
        for (unsigned k = index; k < l->group->count; k += step)
            a->sources[a->count++] = (struct accept_source){
                .source = {.ready = acceptable, .fd = l->group->fds[k]},
                .acceptor = a,
                .listener = l};
    watch_all(a, EPOLLIN);
    return a;
}

static void
free_acceptor(struct net_ended *ended)
{
    struct acceptor *a = LIST_ITEM(ended, struct acceptor, ended);

    mem_free(a->sources);
    mem_free(a);
}

void
acceptor_destroy(struct acceptor *a)
{
    if (a == NULL)
        return;
    watch_all(a, 0);
    timer_clear(&a->net->loop->timers, &a->retry);
    net_end(a->net, &a->ended, free_acceptor);
}
