/*
 * TLS 1.2 and 1.3 by OpenSSL.  A struct tls is the context of one `server`
 * block, made by the master and used by the workers after fork.
 *
 * Session tickets are stateless: their keys are made by the master and passed
 * on by fork, also over a reload, so that any worker, also one of the next
 * generation, resumes a session that another began.
 */
#ifndef EVENT_TLS_H
#define EVENT_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct log;
struct ssl_st;
struct tls;

enum { TLS_PROTOCOL_1_2 = 1, TLS_PROTOCOL_1_3 = 2 };
enum { TLS_FAILURE_TEXT = 1024 };

/* What the ssl_* directives say; zero is not a useful value. */
struct tls_conf {
    const char *certificate;     /* path of a PEM file, chain included */
    const char *certificate_key; /* path of a PEM file */
    unsigned protocols;          /* TLS_PROTOCOL_* */
    const char *ciphers;         /* of 1.2, as openssl-ciphers(1) */
    const char *alpn; /* what is spoken (RFC 7301, 3.1); NULL: not told */
    bool prefer_server_ciphers;
    bool session_tickets;
    uint64_t session_timeout_ms;
    uint64_t buffer_size; /* of a record, bytes */
};

/*
 * The keys of session tickets.  They come from a secret that is replaced by
 * its own digest every 12 h of CLOCK_BOOTTIME; all processes do so by the same
 * clock and agree without a word, and who gets hold of the secret cannot go
 * back to older keys.  Tickets of the present and the previous period are
 * taken.
 */
struct tls_tickets {
    int64_t period; /* number of the 12 h since boot */
    uint8_t secret[32];
    struct tls_ticket_key {
        uint8_t name[16];
        uint8_t cipher_key[32];
        uint8_t hmac_key[32];
    } keys[2]; /* of this period, of the one before */
};

/*
 * Has OpenSSL take memory as everybody does, so that being out of it is never
 * taken for a bad signature.  Before OpenSSL is used at all.
 */
void tls_use_memory(void);

/* Fresh random keys; 0 or -1. */
int tls_tickets_init(struct tls_tickets *tickets);

/*
 * Moves to the period of now.  The master calls it before it forks, each
 * handshake does in the workers.
 */
void tls_tickets_advance(struct tls_tickets *tickets, int64_t now_boot_ms);

/* Why there is no context: a text, and the directive to mend. */
struct tls_failure {
    const char *directive;
    char text[TLS_FAILURE_TEXT];
};

/*
 * NULL when something is wrong, with *why filled.  The tickets are borrowed
 * for the life of the context.
 */
struct tls *tls_create(const struct tls_conf *conf,
                       struct tls_tickets *tickets, struct tls_failure *why);
void tls_destroy(struct tls *tls);

/* A connection on a non-blocking socket; never NULL. */
struct ssl_st *tls_accept(struct tls *tls, int fd);
void tls_free(struct ssl_st *ssl);

/*
 * The calls below read no more than a small budget (tls_io.h); when it is used
 * up they say that the socket is empty, though epoll says that it is not.
 */

/* 1 done, 0 go on when the socket is ready, -1 failed. */
int tls_handshake(struct ssl_st *ssl);

/* As recv() and send(): bytes, 0 at the end, -1 with errno (EAGAIN, EPROTO).
 */
ssize_t tls_read(struct ssl_st *ssl, void *buf, size_t size);
ssize_t tls_write(struct ssl_st *ssl, const void *data, size_t len);

/*
 * Sends what the socket did not take before; 0, or -1 with errno.  There is
 * nothing to write, and nothing else to wait for room for, while
 * tls_waiting() is 0.
 */
int tls_flush(struct ssl_st *ssl);

/* Encrypted bytes that wait for the socket, and that it has taken so far. */
size_t tls_waiting(const struct ssl_st *ssl);
uint64_t tls_sent(const struct ssl_st *ssl);

/*
 * Does an answer wait that TLS gave by itself while it read?  Nothing is read
 * until the client has taken it.
 */
bool tls_is_answering(const struct ssl_st *ssl);

/* Are there decrypted bytes that epoll does not know of? */
bool tls_has_pending(const struct ssl_st *ssl);

/*
 * The memory that a client has made us take: what waits for the socket, and,
 * until it has shaken hands, an estimate of what OpenSSL holds.
 */
size_t tls_held(const struct ssl_st *ssl);

/* Sends close_notify, as far as the socket takes it. */
void tls_shutdown(struct ssl_st *ssl);

/* Why the last call failed; returns out. */
enum { TLS_ERROR_TEXT = 256 };
const char *tls_error_text(char out[TLS_ERROR_TEXT]);

#endif
