/*
 * What stands between OpenSSL and the socket: a BIO of our own.
 *
 * Input: left alone, OpenSSL reads for as long as it finds records that carry
 * nothing for us.  The BIO gives it a budget for each call; when that is used
 * up it says that the socket is empty.  Nothing is read ahead, so what is
 * left stays in the socket, and epoll tells of it in the next turn.
 *
 * Handshakes: a client that is not known yet may send HANDSHAKE_MAX bytes in
 * all.  OpenSSL takes the memory for a handshake message as soon as it has
 * seen the four bytes at its head; so the BIO looks at them first.
 *
 * Output: what the socket does not take waits here.  OpenSSL never hears of
 * a full socket, so it can never be stuck in the middle of an answer that it
 * gives by itself (a change of keys, an alert).  The caller reads and writes
 * no more until what waits is gone.
 */
#ifndef EVENT_TLS_IO_H
#define EVENT_TLS_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct bio_method_st;
struct bio_st;
struct ssl_st;

struct tls_io {
    const struct ssl_st *ssl;
    int fd;
    bool is_open; /* the handshake is done */
    bool is_eof;
    bool is_answering;     /* what waits was made while reading */
    bool in_clear;         /* what comes is not encrypted yet */
    uint64_t sent;         /* bytes that the socket has taken */
    struct buf out;        /* bytes that it has not */
    unsigned reads_left;   /* of this call */
    size_t bytes_left;     /* of this call */
    size_t handshake_left; /* bytes that a handshake may still have */

    /* where in the clear records and messages the input stands */
    uint64_t record_head; /* the bytes seen of it */
    uint32_t message_head;
    unsigned record_seen; /* how many these are */
    unsigned message_seen;
    size_t record_left; /* bytes of the body that are still to come */
    size_t message_left;
    size_t claimed; /* the largest message by its head */
};

/* To be made once for a context; NULL when there is no memory. */
struct bio_method_st *tls_io_method_create(void);

/*
 * A BIO on a non-blocking socket, with a struct tls_io; NULL when there is no
 * memory.  The BIO owns the struct, not the socket.
 */
struct bio_st *tls_io_create(struct bio_method_st *method,
                             const struct ssl_st *ssl, int fd);
struct tls_io *tls_io_of(const struct ssl_st *ssl);

/* Begins a call of OpenSSL that may read. */
void tls_io_begin(struct tls_io *w);

/* Sends what waits, as far as the socket takes it; 0, or -1 with errno. */
int tls_io_flush(struct tls_io *w);

#endif
