/*
 * Listening sockets.  For each `listen` of the conf file there is one socket
 * per worker, all bound to the same address with SO_REUSEPORT, opened by the
 * master and inherited by every process.  Worker k of n accepts from the
 * sockets k, k + n, ...  Closing a socket would reset the clients that wait in
 * its queue; so the number of sockets of an address never shrinks while the
 * address is listened on, over any number of reloads.
 */
#ifndef EVENT_LISTENER_H
#define EVENT_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/addr.h"
#include "event/conn.h"

struct conf_node;
struct net;

enum { LISTEN_SOCKETS_MAX = 1024 };

/* The sockets of one address; they outlive configurations. */
struct listen_group {
    struct addr addr;
    int *fds;
    unsigned count;
    bool used; /* by the configuration that is being built */
    struct listen_group *next;
};

/* One `listen` of one configuration. */
struct listener {
    struct addr addr;
    char text[ADDR_TEXT];
    unsigned backlog;
    bool ssl;
    bool so_keepalive;
    const struct conf_node *node; /* the directive */
    /* what the worker serves there is set by it, after the fork */
    struct conn_entry entry;
    struct listen_group *group;
    struct listener *next;
};

/*
 * Finds or opens `count` sockets at least for the listener's address and
 * marks the group used.  Returns 0, or -1 (logged).
 */
int listener_open(struct listen_group **groups, struct listener *l,
                  unsigned count, struct log *log);

/*
 * Whether the address could be bound now; with may_be_used also if somebody
 * listens on it.  0, or -1 (logged).
 */
int listener_check(const struct listener *l, bool may_be_used,
                   struct log *log);

/* Closes the groups that are not marked used, and unmarks all. */
void listen_groups_sweep(struct listen_group **groups);

/*
 * Closes the sockets in this process, which accepts from them no more: a
 * socket that the next configuration drops is gone when all have let go.
 */
void listeners_leave(struct listener *listeners);

/*
 * Is the errno of accept() one of the connection that would have come, or of
 * nothing there?  Any other would come again at once.
 */
bool accept_goes_on(int err);

/* A worker's side: sources that accept from some of the sockets. */
struct acceptor;

/*
 * Starts accepting on sockets index, index + step, ... of each listener of
 * the list.  With `step` 1 and other indexes it may be called again to serve
 * for a worker that is away.
 */
struct acceptor *acceptor_create(struct net *net, struct listener *listeners,
                                 unsigned index, unsigned step,
                                 bool multi_accept);

/*
 * Stops accepting; the sockets stay open.  An event of this turn may still
 * point at the acceptor: it is freed at the turn's end.
 */
void acceptor_destroy(struct acceptor *a);

#endif
