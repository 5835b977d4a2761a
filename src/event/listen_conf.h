/* The `listen` directive, the same in game and HTTP servers. */
#ifndef EVENT_LISTEN_CONF_H
#define EVENT_LISTEN_CONF_H

#include "core/conf.h"
#include "event/listener.h"

struct ssl_conf;

/*
 * Appends the listener of
 * `listen ADDRESS [ssl] [backlog=N] [so_keepalive=on|off]`, made in the conf's
 * arena, to the list of all that the servers of a block listen on; `server` is
 * what it belongs to.  A setter: NULL, or the reason.
 */
const char *listen_add(struct conf *cf, const struct conf_node *node,
                       struct listener **list, const void *server);

/* The reason why the two cannot both be listened on. */
const char *listen_overlap(struct conf *cf, const struct listener *l,
                           const struct listener *other);

/*
 * When a server is read: it listens, and has what ssl needs if it listens with
 * ssl; its listeners get its limit_conn.  NULL, or the reason.
 */
const char *listen_check(struct conf *cf, const struct conf_node *node,
                         struct listener *list, const void *server,
                         const struct ssl_conf *ssl, unsigned limit_conn);

/* The value of `limit_conn N | off`: NULL, or the reason. */
const char *listen_set_limit(const struct conf_node *node, unsigned *limit);

#endif
