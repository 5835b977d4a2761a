/* The address of a server, and how to speak to it. */
#ifndef BENCH_ENDPOINT_H
#define BENCH_ENDPOINT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "core/str.h"

/* Where to connect; ssl is NULL for plain TCP.  `text` is for messages. */
struct endpoint {
    struct sockaddr_storage addr;
    socklen_t len;
    SSL_CTX *ssl;
    char text[96];
};

/* "HOST:PORT" or "[V6]:PORT".  Returns 0, or -1 with a message. */
int endpoint_init(struct endpoint *to, const char *target, bool tls);
void endpoint_deinit(struct endpoint *to);

enum { ENDPOINTS = 16 };

/* The game servers that answers to logins have named. */
struct endpoints {
    struct endpoint list[ENDPOINTS];
    unsigned n;
};

/*
 * The game server of a login's answer, or `fixed` if that is not NULL; each
 * is resolved once.  NULL when the answer names none.
 */
const struct endpoint *endpoints_get(struct endpoints *all, const char *fixed,
                                     bool tls, struct str answer);
void endpoints_deinit(struct endpoints *all);

#endif
