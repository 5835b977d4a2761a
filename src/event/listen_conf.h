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

/*
 * When a server is read: it listens, and has what ssl needs if it listens with
 * ssl.  NULL, or the reason.
 */
const char *listen_check(struct conf *cf, const struct conf_node *node,
                         const struct listener *list, const void *server,
                         const struct ssl_conf *ssl);

#endif
