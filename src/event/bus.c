#include "event/bus.h"

#include <errno.h>
#include <msgpack.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/fail_point.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/msgpack_read.h"
#include "core/msgpack_scan.h"
#include "core/slots.h"
#include "event/listener.h"

enum {
    READ_SIZE = 64 * 1024,
    LENGTH = 4,
    LOOK_MS = 1000, /* at the file of our socket */
    GONE_MS = 3000, /* the socket of another may be away for so long */
    RETRY_MS = 500  /* after a lack of descriptors, or a bad frame */
};

/* The connection over which we send to a slot. */
struct peer {
    struct source source; /* fd -1: not connected */
    struct bus *bus;
    unsigned slot;
    struct buf out;
    size_t out_at;
    int64_t gone_ms; /* since when there is no socket; 0: there is one */
    bool lost;       /* frames were, and that is still to be told */
    struct list dirty;
};

/* A connection over which another process sends to us. */
struct inbound {
    struct source source;
    struct bus *bus;
    struct buf in;
    int from; /* the slot, as far as its frames say; else -1 */
    bool bad; /* a frame was: it is only to be closed */
    struct list all;
};

struct bus {
    struct loop *loop;
    struct log *log;
    struct place self;
    struct bus_handlers handlers;
    int dir_fd;
    struct source listener;
    struct timer retry;
    struct timer look;
    struct bus_file file; /* of our socket */
    struct peer *peers[SLOT_COUNT];
    struct list dirty;
    struct list inbound;
    struct buf own; /* frames to ourselves */
    struct task deliver_own;
    struct task tell_lost;
    struct task finish;
    uint8_t *scratch;
};

/* ---- frames ---- */

static void
frame_put(struct buf *out, struct place self, uint32_t type, uint64_t session,
          struct str body)
{
    size_t start = out->len;
    uint32_t len;
    msgpack_packer pk;

    buf_append(out, "\0\0\0\0", LENGTH);
    msgpack_packer_init(&pk, out, buf_write);
    msgpack_pack_array(&pk, 4);
    msgpack_pack_uint32(&pk, type);
    msgpack_pack_array(&pk, 3);
    msgpack_pack_uint16(&pk, self.node);
    msgpack_pack_uint16(&pk, self.slot);
    msgpack_pack_uint32(&pk, self.generation);
    msgpack_pack_uint64(&pk, session);
    buf_append_str(out, body);
    len = (uint32_t) (out->len - start - LENGTH);
    for (int i = 0; i < LENGTH; i++)
        out->data[start + (size_t) i] = (uint8_t) (len >> (24 - 8 * i));
}

int
bus_frame_parse(struct bus_frame *f, const uint8_t *data, size_t len)
{
    uint64_t type, node, slot, generation, session;
    size_t at = 1;

    if (len > BUS_FRAME_MAX || msgpack_scan(data, len, len) != (ssize_t) len ||
        data[0] != 0x94 ||
        !msgpack_read_uint(data, len, &at, UINT32_MAX, &type) || at >= len ||
        data[at++] != 0x93 ||
        !msgpack_read_uint(data, len, &at, UINT16_MAX, &node) ||
        !msgpack_read_uint(data, len, &at, SLOT_STORE, &slot) ||
        !msgpack_read_uint(data, len, &at, UINT32_MAX, &generation) ||
        !msgpack_read_uint(data, len, &at, UINT64_MAX, &session) || at >= len)
        return -1;
    *f = (struct bus_frame){
        .type = (uint32_t) type,
        .from = {(uint16_t) node, (uint16_t) slot, (uint32_t) generation},
        .session = session,
        .body = {(const char *) data + at, len - at},
    };
    return 0;
}

/*
 * Hands over the whole frames in b; 0, or -1 when they make no sense.  *from
 * is the slot that they come from.
 */
static int
take_frames(struct bus *bus, struct buf *b, int *from)
{
    size_t at = 0;

    while (b->len - at >= LENGTH) {
        const uint8_t *p = b->data + at;
        size_t len = (size_t) p[0] << 24 | (size_t) p[1] << 16 |
                     (size_t) p[2] << 8 | p[3];
        struct bus_frame f;

        if (len > BUS_FRAME_MAX)
            return -1;
        if (b->len - at - LENGTH < len)
            break;
        if (bus_frame_parse(&f, p + LENGTH, len) != 0)
            return -1;
        at += LENGTH + len;
        *from = f.from.slot;
        if (bus->handlers.frame(bus->handlers.arg, &f) != 0)
            return -1;
    }
    buf_consume(b, at);
    if (b->len == 0)
        buf_deinit(b);
    return 0;
}

/* ---- what comes in ---- */

static struct peer *peer_get(struct bus *bus, unsigned slot);
static void tell_lost(struct task *t);

static void
inbound_close(struct inbound *in)
{
    loop_watch(in->bus->loop, &in->source, 0);
    close(in->source.fd);
    list_remove(&in->all);
    buf_deinit(&in->in);
    mem_free(in);
}

static void
retry_soon(struct bus *bus)
{
    if (!timer_is_set(&bus->retry))
        timer_set(&bus->loop->timers, &bus->retry,
                  bus->loop->now_ms + RETRY_MS);
}

static void
inbound_ready(struct source *s, uint32_t events)
{
    struct inbound *in = LIST_ITEM(s, struct inbound, source);
    struct bus *bus = in->bus;
    ssize_t n = recv(s->fd, bus->scratch, READ_SIZE, 0);

    (void) events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        buf_append(&in->in, bus->scratch, (size_t) n);
        if (take_frames(bus, &in->in, &in->from) == 0)
            return;
        /* not at once: what is sent again may be as bad */
        log_limited(bus->log, LOG_ALERT, 0,
                    "a bad frame came over the bus from slot %d", in->from);
        in->bad = true;
        loop_watch(bus->loop, s, 0);
        retry_soon(bus);
        return;
    }
    inbound_close(in);
}

static bool
is_ours(int fd)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
           (cred.uid == geteuid() || cred.uid == 0);
}

/* Does nobody listen in the slot? */
static bool
is_nobody(int err)
{
    return err == ENOENT || err == ECONNREFUSED;
}

/* Is it a lack that may pass?  Then what waits is tried again a bit later. */
static bool
retry_later(struct peer *p, int err)
{
    struct bus *bus = p->bus;

    if (is_nobody(err)) {
        if (p->gone_ms == 0)
            p->gone_ms = bus->loop->now_ms;
        if (bus->loop->now_ms - p->gone_ms >= GONE_MS)
            return false;
    } else if (err != EMFILE && err != ENFILE && err != ENOBUFS &&
               err != ENOMEM && err != EAGAIN) {
        return false;
    }
    retry_soon(bus);
    return true;
}

/*
 * Those that sent a bad frame: the senders see the end of the connection, and
 * are told nothing else; nor do we know what was lost.
 */
static void
close_bad(struct bus *bus)
{
    LIST_EACH_SAFE (l, &bus->inbound) {
        struct inbound *in = LIST_ITEM(l, struct inbound, all);
        int from = in->from;

        if (!in->bad)
            continue;
        inbound_close(in);
        if (from >= 0)
            peer_get(bus, (unsigned) from)->lost = true;
    }
    tell_lost(&bus->tell_lost);
}

static void
retry_fired(struct timer *t)
{
    struct bus *bus = LIST_ITEM(t, struct bus, retry);

    close_bad(bus);
    loop_watch(bus->loop, &bus->listener, EPOLLIN);
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        struct peer *p = bus->peers[i];

        if (p != NULL && p->source.fd < 0 && p->out.len != 0 &&
            list_is_empty(&p->dirty))
            list_append(&bus->dirty, &p->dirty);
    }
}

static void
accept_ready(struct source *s, uint32_t events)
{
    struct bus *bus = LIST_ITEM(s, struct bus, listener);
    int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct inbound *in;

    (void) events;
    if (fd < 0) {
        /* the socket stays readable: look away for a while, do not spin */
        if (!accept_goes_on(errno)) {
            log_rarely(bus->log, LOG_CRIT, errno,
                       "accept4() on the bus failed");
            loop_watch(bus->loop, s, 0);
            retry_soon(bus);
        }
        return;
    }
    if (!is_ours(fd)) {
        log_limited(bus->log, LOG_ALERT, 0,
                    "a stranger connected to the bus, closed");
        close(fd);
        return;
    }
    in = mem_zalloc(sizeof(*in));
    in->source = (struct source){.ready = inbound_ready, .fd = fd};
    in->bus = bus;
    in->from = -1;
    list_append(&bus->inbound, &in->all);
    if (loop_watch(bus->loop, &in->source, EPOLLIN) != 0)
        inbound_close(in);
}

static void
deliver_own(struct task *t)
{
    struct bus *bus = LIST_ITEM(t, struct bus, deliver_own);
    struct buf frames = bus->own;
    int from;

    bus->own = (struct buf){0};
    if (take_frames(bus, &frames, &from) != 0) {
        log_limited(bus->log, LOG_ALERT, 0, "a bad frame of our own");
        peer_get(bus, bus->self.slot)->lost = true;
        retry_soon(bus);
    }
    buf_deinit(&frames);
}

/* Somebody has cleared the folder: who connects finds us again. */
static void
look_fired(struct timer *t)
{
    struct bus *bus = LIST_ITEM(t, struct bus, look);
    struct bus_file file;
    int fd;

    timer_set(&bus->loop->timers, t, bus->loop->now_ms + LOOK_MS);
    if (!bus_folder_find(bus->dir_fd))
        return; /* the master has not made it yet */
    file = bus_socket_file(bus->dir_fd, bus->self.slot);
    if (bus_file_is(&file, &bus->file))
        return;
    fd = bus_socket_bind(NULL, bus->dir_fd, bus->self.slot, bus->log);
    if (fd < 0)
        return;
    log_write(bus->log, LOG_WARN, 0,
              "the bus socket of slot %u was gone: bound anew",
              bus->self.slot);
    loop_watch(bus->loop, &bus->listener, 0);
    close(bus->listener.fd);
    bus->listener.fd = fd;
    loop_watch(bus->loop, &bus->listener, EPOLLIN);
    bus->file = bus_socket_file(bus->dir_fd, bus->self.slot);
}

/* ---- what goes out ---- */

static void
peer_close(struct peer *p)
{
    if (p->source.fd >= 0) {
        loop_watch(p->bus->loop, &p->source, 0);
        close(p->source.fd);
    }
    p->source.fd = -1;
    p->out_at = 0;
    buf_deinit(&p->out);
    list_remove(&p->dirty);
}

/* What waited is gone; whoever keeps it may send it again right now. */
static void
peer_lost(struct peer *p)
{
    peer_close(p);
    p->lost = false;
    p->gone_ms = 0;
    p->bus->handlers.lost(p->bus->handlers.arg, place_here(p->slot, 0));
}

static void
tell_lost(struct task *t)
{
    struct bus *bus = LIST_ITEM(t, struct bus, tell_lost);

    for (unsigned i = 0; i < SLOT_COUNT; i++)
        if (bus->peers[i] != NULL && bus->peers[i]->lost)
            peer_lost(bus->peers[i]);
}

/*
 * Whoever sends is in the middle of something: he is told later.  Until then
 * nothing more goes there, as it would come behind a gap that nobody knows.
 */
static void
peer_drop(struct peer *p)
{
    log_limited(p->bus->log, LOG_ERR, 0,
                "slot %u does not take its frames: dropping %zu bytes",
                p->slot, p->out.len - p->out_at);
    peer_close(p);
    p->lost = true;
    loop_post(p->bus->loop, &p->bus->tell_lost);
}

static int
peer_connect(struct peer *p)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    bus_socket_path(sun.sun_path, p->bus->dir_fd, p->slot);
    if (fd < 0 || connect(fd, (struct sockaddr *) &sun, sizeof(sun)) != 0) {
        int err = errno;

        if (fd >= 0)
            close(fd);
        errno = err;
        return -1;
    }
    p->source.fd = fd;
    return loop_watch(p->bus->loop, &p->source, EPOLLIN | EPOLLRDHUP);
}

static void
peer_write(struct peer *p)
{
    uint32_t events = EPOLLIN | EPOLLRDHUP;

    if (p->source.fd < 0 && peer_connect(p) != 0) {
        int err = errno;

        if (p->source.fd < 0 && retry_later(p, err))
            return;
        /* that nobody is there is nothing wrong: a gate of an earlier life */
        log_limited(p->bus->log, is_nobody(err) ? LOG_INFO : LOG_ERR, err,
                    "cannot connect to slot %u", p->slot);
        peer_lost(p);
        return;
    }
    p->gone_ms = 0;
    fail_point("send before");
    if (fail_point_drop("send half")) {
        (void) !send(p->source.fd, p->out.data, p->out.len / 2, MSG_NOSIGNAL);
        kill(getpid(), SIGKILL);
    }
    while (p->out_at < p->out.len) {
        ssize_t n = send(p->source.fd, p->out.data + p->out_at,
                         p->out.len - p->out_at, MSG_NOSIGNAL);

        if (n > 0) {
            p->out_at += (size_t) n;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN) {
            peer_lost(p);
            return;
        }
        events |= EPOLLOUT;
        break;
    }
    fail_point("send after");
    if (p->out_at == p->out.len) {
        buf_deinit(&p->out);
        p->out_at = 0;
    } else if (p->out_at > p->out.len - p->out_at) {
        buf_consume(&p->out, p->out_at);
        p->out_at = 0;
    }
    loop_watch(p->bus->loop, &p->source, events);
}

static void
peer_ready(struct source *s, uint32_t events)
{
    struct peer *p = LIST_ITEM(s, struct peer, source);

    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        peer_lost(p); /* nobody ever writes here: it is the end */
    else if (list_is_empty(&p->dirty))
        list_append(&p->bus->dirty, &p->dirty);
}

static void
finish_turn(struct task *t)
{
    struct bus *bus = LIST_ITEM(t, struct bus, finish);

    /* A peer that is lost meanwhile may add itself again: next turn. */
    for (unsigned n = SLOT_COUNT; n > 0 && !list_is_empty(&bus->dirty); n--) {
        struct peer *p = LIST_ITEM(bus->dirty.next, struct peer, dirty);

        list_remove(&p->dirty);
        peer_write(p);
    }
}

static struct peer *
peer_get(struct bus *bus, unsigned slot)
{
    struct peer *p = bus->peers[slot];

    if (p != NULL)
        return p;
    p = bus->peers[slot] = mem_zalloc(sizeof(*p));
    p->source.fd = -1;
    p->source.ready = peer_ready;
    p->bus = bus;
    p->slot = slot;
    list_init(&p->dirty);
    return p;
}

/* Is there such a slot?  The bus ends at this machine. */
static bool
is_slot(struct place place)
{
    return place.node == 0 && place.slot < SLOT_COUNT;
}

void
bus_send(struct bus *bus, struct place to, uint32_t type, uint64_t session,
         struct str body)
{
    struct peer *p;

    if (!is_slot(to)) {
        log_limited(bus->log, LOG_ERR, 0, "no such slot %u of node %u",
                    to.slot, to.node);
        return;
    }
    if (place_is_same_slot(to, bus->self)) {
        frame_put(&bus->own, bus->self, type, session, body);
        loop_post(bus->loop, &bus->deliver_own);
        return;
    }
    p = peer_get(bus, to.slot);
    if (p->out.len - p->out_at > BUS_QUEUE_MAX)
        peer_drop(p);
    if (p->lost)
        return;
    frame_put(&p->out, bus->self, type, session, body);
    if (list_is_empty(&p->dirty))
        list_append(&bus->dirty, &p->dirty);
}

bool
bus_is_busy(const struct bus *bus, struct place to)
{
    const struct peer *p = is_slot(to) ? bus->peers[to.slot] : NULL;

    return p != NULL && p->out.len - p->out_at > BUS_QUEUE_MAX / 2;
}

void
bus_peer_died(struct bus *bus, struct place place)
{
    struct peer *p = is_slot(place) ? bus->peers[place.slot] : NULL;

    if (p != NULL && (p->source.fd >= 0 || p->out.len != 0 || p->lost))
        peer_lost(p);
}

struct bus *
bus_create(struct loop *loop, struct place self, int listen_fd, int dir_fd,
           const struct bus_handlers *handlers)
{
    struct bus *bus = mem_zalloc(sizeof(*bus));

    bus->loop = loop;
    bus->log = loop->log;
    bus->self = self;
    bus->handlers = *handlers;
    bus->dir_fd = dir_fd;
    bus->scratch = mem_alloc(READ_SIZE);
    list_init(&bus->dirty);
    list_init(&bus->inbound);
    bus->deliver_own.run = deliver_own;
    list_init(&bus->deliver_own.link);
    bus->tell_lost.run = tell_lost;
    list_init(&bus->tell_lost.link);
    bus->finish.run = finish_turn;
    list_init(&bus->finish.link);
    loop_on_finish(loop, &bus->finish);
    bus->retry.fire = retry_fired;
    bus->listener = (struct source){.ready = accept_ready, .fd = listen_fd};
    loop_watch(loop, &bus->listener, EPOLLIN);
    bus->file = bus_socket_file(dir_fd, self.slot);
    bus->look.fire = look_fired;
    timer_set(&loop->timers, &bus->look, loop->now_ms + LOOK_MS);
    return bus;
}

void
bus_destroy(struct bus *bus)
{
    LIST_EACH_SAFE (l, &bus->inbound) {
        inbound_close(LIST_ITEM(l, struct inbound, all));
    }
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        if (bus->peers[i] == NULL)
            continue;
        peer_close(bus->peers[i]);
        mem_free(bus->peers[i]);
    }
    loop_watch(bus->loop, &bus->listener, 0);
    timer_clear(&bus->loop->timers, &bus->retry);
    timer_clear(&bus->loop->timers, &bus->look);
    list_remove(&bus->finish.link);
    list_remove(&bus->deliver_own.link);
    list_remove(&bus->tell_lost.link);
    buf_deinit(&bus->own);
    mem_free(bus->scratch);
    mem_free(bus);
}
