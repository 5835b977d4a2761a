/* The address of a server, and how to speak to it. */
#ifndef BENCH_ENDPOINT_H
#define BENCH_ENDPOINT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/socket.h>

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

#endif
