/* The ssl_* directives, for every context whose listen can have ssl. */
#ifndef EVENT_SSL_CONF_H
#define EVENT_SSL_CONF_H

#include "core/conf.h"
#include "event/tls.h"

struct ssl_conf {
    struct tls_conf tls;
};

/* Its object is a struct ssl_conf. */
extern const struct conf_context ssl_context;

void ssl_conf_init(struct ssl_conf *ssl);

/*
 * Checks what a server that listens with ssl needs; warns of a key that
 * others can read.  0, or -1 (reported at node).
 */
int ssl_conf_check(struct conf *cf, const struct conf_node *node,
                   const struct ssl_conf *ssl);

#endif
