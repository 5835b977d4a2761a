/* The `listen` directive, the same in game and HTTP servers. */
#ifndef EVENT_LISTEN_CONF_H
#define EVENT_LISTEN_CONF_H

#include "core/conf.h"
#include "event/listener.h"

/*
 * Makes a listener of `listen ADDRESS [ssl] [backlog=N] [so_keepalive=on|off]`
 * in the conf's arena.  NULL with *why set.
 */
struct listener *listen_parse(struct conf *cf, const struct conf_node *node,
                              const char **why);

#endif
