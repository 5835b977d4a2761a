/*
 * Client connections on a small epoll loop, made to cost less than the
 * server they load: one shared read buffer, one read and (by the users) one
 * write per ready connection, no allocation once a connection stands.
 *
 * A connection is opened by queueing it.  The queue is worked off between two
 * waits, never while events are handled, so an event never meets a connection
 * that was made anew in the meantime.  A connection that fails is counted by
 * kind, closed, and its owner told, who may queue it again at once: failed
 * ones then wait a moment, so that a dead server is not hammered.  Where a
 * server may die and come back, `lost` takes the failures that this explains.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/endpoint.h"
#include "bench/errors.h"
#include "core/list.h"

struct client;
struct client_loop;

/*
 * `now` is CLOCK_MONOTONIC in nanoseconds, read once for each event.  After
 * client_fail or client_close a callback returns without touching the
 * connection but to queue it again.
 */
struct client_ops {
    void (*opened)(struct client *c, uint64_t now);
    void (*data)(struct client *c, const uint8_t *p, size_t n, uint64_t now);
    void (*writable)(struct client *c, uint64_t now); /* after a short send */
    void (*failed)(struct client *c, uint64_t now);
    void (*beat)(struct client *c, uint64_t now); /* see client_beat_later */
    bool may_close; /* while nothing is awaited, the server may: no error */
};

enum client_state {
    CLIENT_CLOSED,
    CLIENT_QUEUED,
    CLIENT_CONNECTING,
    CLIENT_SECURING,
    CLIENT_OPEN,
};

struct client {
    struct client_loop *loop;
    const struct client_ops *ops;
    const struct endpoint *to;
    struct errors *lost; /* counts lost connections; NULL: they are errors */
    SSL *ssl;
    int fd;
    unsigned index; /* among the loop's */
    enum client_state state;
    bool blocked;           /* a send was short; `writable` follows */
    uint64_t began_ns;      /* start of connect */
    uint64_t waiting_ns;    /* since when something is awaited; 0: nothing */
    uint64_t not_before_ns; /* in the queue */
    struct client *next;
    uint64_t beat_ns; /* when `beat` is called */
    struct list beat; /* in loop->beats, if it is */
};

struct client_queue {
    struct client *head;
    struct client **tail;
};

struct client_loop {
    int epfd;
    unsigned n;
    unsigned cap;
    struct client **all;
    struct client_queue soon;
    struct client_queue later;
    struct list beats; /* the first is due first */
    uint64_t beat_after_ns;
    unsigned connecting;
    uint64_t timeout_ns;
    uint64_t next_scan_ns;
    struct errors errors;
    uint8_t *in;
};

uint64_t now_ns(void);

/* Returns 0, or -1 with a message. */
int client_loop_init(struct client_loop *loop, double timeout_s);

/* Closes and forgets all connections. */
void client_loop_deinit(struct client_loop *loop);

/* One wait, at most until `until_ns`, and the events it brings. */
void client_loop_turn(struct client_loop *loop, uint64_t until_ns);

/* The connection belongs to the caller and must outlive the loop. */
void client_init(struct client *c, struct client_loop *loop,
                 const struct client_ops *ops, const struct endpoint *to);

void client_open(struct client *c);

/* A polite end: nothing is counted, no callback is called. */
void client_close(struct client *c);

/* Counts an error of this kind, closes, tells the owner. */
void client_fail(struct client *c, uint64_t now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, of what happens to a connection when a server dies: see `lost`. */
void client_lose(struct client *c, uint64_t now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Calls `beat` in loop->beat_after_ns, which is the same for all; nothing if
 * it will be called anyway.
 */
void client_beat_later(struct client *c, uint64_t now);

/*
 * Returns the bytes taken, which may be fewer than n (`writable` is called
 * when there is room), or -1 after client_fail.
 */
ssize_t client_send(struct client *c, const void *p, size_t n, uint64_t now);

#endif
