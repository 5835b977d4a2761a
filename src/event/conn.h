/*
 * Client connections of a worker, plain or TLS.
 *
 * Input: bytes are read into one buffer that all connections of the worker
 * share and handed to the protocol at once; only what it leaves (half a
 * packet) is kept, in a buffer of the connection's own.  So an idle
 * connection holds no buffer at all.
 *
 * Output: handlers append to conn_out(); the bytes leave when the turn ends,
 * with one write for each connection.  What the socket does not take stays,
 * up to the limits; a client that does not read is closed.
 *
 * TLS: handshakes cost up to a few milliseconds each.  Those that have
 * something to read wait in a queue of their own, which gets about one
 * millisecond of a turn, after the connections that are open.
 *
 * Memory: what a client makes us hold (output that waits, input that is kept,
 * a handshake) is counted when a turn ends in which it may have changed.  If
 * all that is above the limit, the connection that holds most is closed.
 *
 * Life: conn_close() and conn_finish() only mark; the memory is freed at the
 * end of the turn, after closed() was called, so that no handler ever holds a
 * connection that is gone.
 */
#ifndef EVENT_CONN_H
#define EVENT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/addr.h"
#include "core/buf.h"
#include "core/list.h"
#include "event/loop.h"

struct conn;
struct conn_counts;
struct ssl_st;
struct tls;

/* A protocol on top of connections. */
struct conn_ops {
    const char *name; /* "game", "http": for the log */
    /*
     * The connection is accepted and, with TLS, has shaken hands.  -1 closes
     * it.
     */
    int (*opened)(struct conn *c);
    /*
     * Bytes have come; the same and more come again while they are not
     * consumed.  Returns how many are, or -1 to close (logged by the callee).
     * Consuming less when complete messages are left needs conn_again() or
     * conn_pause(), else the rest waits for more bytes.
     */
    ssize_t (*input)(struct conn *c, const uint8_t *data, size_t len);
    /* The timer set with conn_set_timer() fired. */
    void (*timeout)(struct conn *c);
    /* Bytes of input that the protocol itself keeps; NULL: none. */
    size_t (*held)(const struct conn *c);
    /* The last call; c->owner is the protocol's to free. */
    void (*closed)(struct conn *c);
};

/* Where connections come in: what a listening socket stands for. */
struct conn_entry {
    const char *text; /* its address, for the log */
    struct tls *tls;  /* NULL: plain */
    const struct conn_ops *ops;
    const void *server; /* its conf: the ops' own type */
    void *service;      /* what the ops serve */
    size_t out_limit;
    unsigned limit_conn; /* of an address at the server; 0: none */
};

/*
 * What becomes of a connection, in this order; stages may be left out.
 */
enum conn_stage {
    CONN_TLS,       /* shakes hands */
    CONN_OPEN,      /* the protocol owns it */
    CONN_FINISHING, /* to be closed once its output is written */
    CONN_LINGERING, /* output ended; waits for the client's end */
    CONN_CLOSED     /* marked; no calls but closed() */
};

/* Why the input of a connection is not wanted now.  A connection may be paused
 * for several reasons at a time; it goes on when the last one is gone. */
enum conn_pause {
    CONN_PAUSE_BUSY = 1,  /* the last request is not answered yet */
    CONN_PAUSE_KEPT = 2,  /* too much waits for whom it is passed on to */
    CONN_PAUSE_RATE = 4,  /* too many messages */
    CONN_PAUSE_FINISH = 8 /* conn_finish() */
};

/*
 * A place in the output.  The protocol owns it, and learns from it whether the
 * client could know what stands before it when it sent the input in hand.
 */
struct conn_mark {
    size_t ahead; /* bytes of output before it that are not written yet */
    uint64_t at; /* the place as a number of bytes that the socket has taken */
    bool read;   /* input has been read since it was written */
};

struct conn {
    struct source source;
    struct timer timer;
    /* input is to be handed over once more; or it is in net->handshakes */
    struct task again;
    struct list all;   /* in net->conns, then in net->dead */
    struct list dirty; /* in net->dirty */
    struct net *net;
    const struct conn_ops *ops;
    void *owner; /* the protocol's state */
    const struct conn_entry *entry;
    struct ssl_st *ssl; /* NULL: plain, or nothing has come yet */
    struct buf in;      /* what the protocol has left */
    struct buf out;
    size_t out_at;          /* written so far */
    uint64_t sent;          /* of output in all, before TLS */
    struct conn_mark *mark; /* the protocol's; NULL: none */
    size_t counted;         /* bytes held, in net->buffered */
    uint32_t out_limit;     /* bytes of output that may wait */
    uint32_t late_ms;       /* that its handshake has waited for us */
    const char *doing;      /* "reading a packet": for the log */
    struct addr peer;
    int64_t active_ms; /* when bytes came last, or excused */
    uint8_t stage;     /* enum conn_stage */
    uint8_t paused;    /* bits of enum conn_pause: no input wanted now */
    bool eof;          /* the client will send no more */
    bool wants_write;  /* the socket or TLS waits for room */
};

enum { NET_SPARES = 64 };

/* All connections of a worker. */
struct net {
    struct loop *loop;
    struct log *log;
    struct list conns;
    struct list dirty;
    struct list dead;
    struct list ended;      /* to be freed at the end of the turn */
    struct list handshakes; /* that have something to read or write */
    struct task shake;      /* goes on with them */
    unsigned count;
    unsigned max;               /* worker_connections */
    struct conn_counts *counts; /* of limit_conn */
    size_t buffered;            /* bytes that all connections hold */
    size_t memory_limit;        /* of buffered; 0: none */
    struct task finish;
    uint8_t *scratch; /* the shared read buffer */
    /* empty output buffers, for those that write next */
    struct buf spare[NET_SPARES];
    unsigned spares;
};

void net_init(struct net *net, struct loop *loop, unsigned max);

/* Closes what is left and frees all. */
void net_deinit(struct net *net);

/*
 * Takes an accepted socket, non-blocking; NULL (and the socket closed) when
 * there is no room.
 */
struct conn *conn_create(struct net *net, const struct conn_entry *entry,
                         int fd, const struct addr *peer);

/* The buffer to append output to; the turn's end writes it. */
static inline struct buf *
conn_out(struct conn *c)
{
    struct net *net = c->net;

    if (list_is_empty(&c->dirty))
        list_append(&net->dirty, &c->dirty);
    if (c->out.data == NULL && net->spares != 0)
        c->out = net->spare[--net->spares];
    return &c->out;
}

/* How much output waits, that of this turn included. */
static inline size_t
conn_waiting(const struct conn *c)
{
    return c->out.len - c->out_at;
}

/*
 * Puts the mark at the end of the output so far; it stays until another takes
 * its place, or NULL.
 */
void conn_mark(struct conn *c, struct conn_mark *mark);

/*
 * Had the client's TCP acknowledged all that stands before the mark when the
 * input in hand was read?  Output that is written but still in the queue of
 * the socket is not acknowledged.
 */
bool conn_has_acknowledged(const struct conn *c);

static inline bool
conn_is_closed(const struct conn *c)
{
    return c->stage == CONN_CLOSED;
}

/* The protocol is done with it: it gets no more input, and sends nothing. */
static inline bool
conn_is_ending(const struct conn *c)
{
    return c->stage >= CONN_FINISHING;
}

/* Closes without ado; output that waits is dropped. */
void conn_close(struct conn *c);

/* Closes when the output is written; no more input is handed over. */
void conn_finish(struct conn *c);

/* Hands the input that is left over again in the next turn. */
void conn_again(struct conn *c);

/* Stops and starts handing input over; see enum conn_pause. */
void conn_pause(struct conn *c, enum conn_pause why);
void conn_resume(struct conn *c, enum conn_pause why);

/* One timer for the protocol; -1 clears it. */
void conn_set_timer(struct conn *c, int64_t deadline_ms);

/* Has the client sent what nobody has read, or is it not read on purpose? */
bool conn_has_unread(const struct conn *c);

/*
 * From timeout(): by how much it comes late is this process's time, in which
 * the client may have been waiting for us; active_ms is moved on by that.
 */
void conn_excuse_lateness(struct conn *c);

/* log_context of a connection: ", while ..., client: ..., server: ...". */
size_t conn_log_context(const void *c, char *buf, size_t size);

/*
 * What the loop may still point at in this turn is freed at the end of it.
 */
struct net_ended {
    struct list link;
    void (*free)(struct net_ended *ended);
};

void net_end(struct net *net, struct net_ended *ended,
             void (*free)(struct net_ended *ended));

/* Calls fn for each connection; it may close the one it gets. */
void net_each(struct net *net, void (*fn)(struct conn *c, void *arg),
              void *arg);

#endif
