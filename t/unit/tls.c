/*
 * A TLS server against clients who want it to read for ever, to take memory
 * for what they claim, or to answer what they do not read.
 */
#include "event/tls.h"

#include <errno.h>
#include <malloc.h>
#include <openssl/err.h>

#include "tls_peer.h"

enum { UPDATES = 100, MANY = 64 * 1024 };

static SSL_CTX *ctx13, *ctx12;

/* ---- the memory of OpenSSL ---- */

static size_t taken;

static void *
count_malloc(size_t size, const char *file, int line)
{
    void *p = malloc(size);

    (void) file;
    (void) line;
    taken += p != NULL ? malloc_usable_size(p) : 0;
    return p;
}

static void
count_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;
    taken -= p != NULL ? malloc_usable_size(p) : 0;
    free(p);
}

static void *
count_realloc(void *p, size_t size, const char *file, int line)
{
    void *q;

    (void) file;
    (void) line;
    taken -= p != NULL ? malloc_usable_size(p) : 0;
    q = realloc(p, size);
    taken += q != NULL ? malloc_usable_size(q) : 0;
    return q;
}

/* ---- both ends ---- */

struct both {
    struct ssl_st *server;
    SSL *client;
    int fd[2];
};

static void
both_init(struct both *b, struct tls *tls, SSL_CTX *ctx)
{
    make_pair(b->fd);
    b->server = tls_accept(tls, b->fd[0]);
    b->client = make_client(ctx, b->fd[1]);
}

static void
both_deinit(struct both *b)
{
    tls_free(b->server);
    SSL_free(b->client);
    close(b->fd[0]);
    close(b->fd[1]);
}

/* Until both are done; the result of the server's last step. */
static int
shake(struct both *b)
{
    char byte;
    int rc = 0;

    for (int i = 0; i < 100 && rc == 0; i++) {
        SSL_do_handshake(b->client);
        rc = tls_handshake(b->server);
        tls_flush(b->server);
    }
    SSL_do_handshake(b->client);
    SSL_read(b->client, &byte, 1); /* the tickets */
    return rc;
}

static void
put(int fd, const void *data, size_t len)
{
    if (write(fd, data, len) != (ssize_t) len)
        perror("write");
}

/* ---- a budget for each call ---- */

static void
test_key_updates(struct tls *tls)
{
    struct both b;
    int updates = 0, reads = 0;
    char byte = 0;

    both_init(&b, tls, ctx13);
    is_int(shake(&b), 1, "a handshake");
    while (updates < UPDATES &&
           SSL_key_update(b.client, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_do_handshake(b.client) == 1)
        updates++;
    SSL_write(b.client, "x", 1);
    is_int(updates, UPDATES, "keys are changed");
    while (tls_read(b.server, &byte, 1) < 0 && errno == EAGAIN &&
           waiting(b.fd[0]) > 0)
        reads++;
    is_int(reads, UPDATES, "each is a read of its own");
    ok(byte == 'x', "then comes what was written");
    both_deinit(&b);
}

/* Steps until the server has failed or read all; the longest in bytes. */
static int
longest_step(struct both *b, int *rc)
{
    int longest = 0;

    do {
        int before = waiting(b->fd[0]), step;

        *rc = tls_handshake(b->server);
        step = before - waiting(b->fd[0]);
        longest = step > longest ? step : longest;
    } while (*rc == 0 && waiting(b->fd[0]) > 0);
    return longest;
}

static void
test_split_hello(struct tls *tls)
{
    uint8_t hello[HELLO_MAX], records[HELLO_MAX * SPLIT];
    struct both b;
    size_t len;
    int rc, longest;

    both_init(&b, tls, ctx13);
    len = take_hello(b.client, hello);
    put(b.fd[1], records, split(hello + 5, len - 5, records));
    longest = longest_step(&b, &rc);
    ok(longest > 0 && longest <= 32 * SPLIT,
       "of a hello in records of one byte, %d bytes a step", longest);
    is_int(tls_sent(b.server), waiting(b.fd[1]) - (int) tls_waiting(b.server),
           "what is sent is counted");
    is_int(shake(&b), 1, "it is taken all the same");
    both_deinit(&b);
}

/* ---- the size of handshakes ---- */

/* A client's hello of that size begins. */
static void
put_claim(int fd, unsigned size)
{
    uint8_t head[47] = {22,
                        3,
                        1,
                        0,
                        42,
                        1,
                        (uint8_t) (size >> 16),
                        (uint8_t) (size >> 8),
                        (uint8_t) size,
                        3,
                        3};

    put(fd, head, sizeof(head));
}

static void
error_of_the_system(void)
{
    char text[TLS_ERROR_TEXT];

    ERR_clear_error();
    ERR_raise(ERR_LIB_SYS, ENOENT);
    is_str(tls_error_text(text), "(2: No such file or directory)",
           "an error of the system with its number");
    ERR_clear_error();
}

static void
refused(struct both *b, size_t before, const char *what)
{
    char text[TLS_ERROR_TEXT];
    uint8_t answer[4096];
    const uint8_t *alert = answer;
    ssize_t n;

    is_int(tls_handshake(b->server), -1, "%s is refused", what);
    is_str(tls_error_text(text), "excessive message size", "as what it is");
    ok(taken - before < tls_held(b->server),
       "no memory is taken for it, but %zu", taken - before);
    n = read(b->fd[1], answer, sizeof(answer));
    alert += n - 7;
    ok(n >= 7 && alert[0] == 21 && alert[6] == SSL_AD_ILLEGAL_PARAMETER,
       "the client is told");
}

static void
test_claims(struct tls *tls)
{
    static const uint8_t head[] = {1, 2, 1, 0x34};
    uint8_t records[sizeof(head) * SPLIT];
    struct both b;
    size_t before;

    both_init(&b, tls, ctx13);
    before = taken;
    put_claim(b.fd[1], 131380);
    refused(&b, before, "a claim of 131,380 bytes");
    both_deinit(&b);

    both_init(&b, tls, ctx13);
    before = taken;
    put(b.fd[1], records, split(head, sizeof(head), records));
    refused(&b, before, "the same in pieces");
    both_deinit(&b);

    both_init(&b, tls, ctx13);
    before = taken;
    put_claim(b.fd[1], 60000);
    is_int(tls_handshake(b.server), 0, "a claim of 60,000 bytes is none");
    ok(taken - before <= tls_held(b.server) &&
           taken - before > tls_held(b.server) / 2,
       "its memory is known: %zu of %zu", taken - before, tls_held(b.server));
    both_deinit(&b);
}

/* A client whose key nobody can use is asked for a second hello. */
static void
test_second_claim(struct tls *tls)
{
    static const uint8_t change[] = {20, 3, 3, 0, 1, 1};
    struct both b;
    size_t before;

    both_init(&b, tls, ctx13);
    SSL_set1_groups_list(b.client, "P-521:X25519");
    SSL_do_handshake(b.client);
    is_int(tls_handshake(b.server), 0, "a first hello");
    ok(waiting(b.fd[1]) > 0 && waiting(b.fd[1]) < 200, "is to be repeated");
    put(b.fd[1], change, sizeof(change));
    before = taken;
    put_claim(b.fd[1], 131380);
    refused(&b, before, "a second one of 131,380 bytes");
    both_deinit(&b);

    both_init(&b, tls, ctx13);
    SSL_set1_groups_list(b.client, "P-521:X25519");
    is_int(shake(&b), 1, "an honest one is taken");
    both_deinit(&b);
}

/* Within the claim, but each byte in a record: the bound is for all bytes. */
static void
test_bound(struct tls *tls)
{
    static const uint8_t head[] = {1, 0, 0xea, 0x60, 3, 3};
    static uint8_t body[1000], records[sizeof(body) * SPLIT];
    struct both b;
    int rc = 0, sent = 0;

    both_init(&b, tls, ctx13);
    memcpy(body, head, sizeof(head));
    while (rc == 0 && sent < 4 * MANY) {
        put(b.fd[1], records, split(body, sizeof(body), records));
        sent += (int) sizeof(records);
        memset(body, 0, sizeof(head));
        longest_step(&b, &rc);
    }
    is_int(rc, -1, "a handshake without end ends");
    sent -= waiting(b.fd[0]);
    ok(sent > MANY - 100 && sent <= MANY + 100, "after 64 KB: %d", sent);
    both_deinit(&b);
}

/* ---- who does not read ---- */

/* Writes until the socket is full and something waits. */
static size_t
fill(struct both *b)
{
    static const char bytes[4096];
    size_t sum = 0;
    ssize_t n;

    while ((n = tls_write(b->server, bytes, sizeof(bytes))) > 0)
        sum += (size_t) n;
    return sum;
}

/*
 * The client reads all that comes; returns the bytes.  One of TLS 1.2 gives
 * up when it hears that there is no renegotiation.
 */
static size_t
drain(struct both *b)
{
    char bytes[8192];
    size_t sum = 0;
    bool failed = false;
    int n = 0;

    do {
        ERR_clear_error();
        while (!failed && (n = SSL_read(b->client, bytes, sizeof(bytes))) > 0)
            sum += (size_t) n;
        failed = failed || SSL_get_error(b->client, n) != SSL_ERROR_WANT_READ;
        if (failed && read(b->fd[1], bytes, sizeof(bytes)) < 0)
            return sum;
        tls_flush(b->server);
    } while (waiting(b->fd[1]) > 0);
    return sum;
}

static void
answer_waits(struct both *b, void (*ask)(SSL *client), const char *what,
             bool gives_up)
{
    char byte = 0;
    size_t filled = fill(b), before = tls_waiting(b->server), got;
    int left;

    ok(filled > 0 && before > 0, "a client does not read");
    ok(!tls_is_answering(b->server), "it is read");
    for (int i = 0; i < 4 && !tls_is_answering(b->server); i++) {
        ask(b->client);
        while (tls_read(b->server, &byte, 1) < 0 && waiting(b->fd[0]) > 0 &&
               !tls_is_answering(b->server))
            continue;
    }
    ok(tls_waiting(b->server) > before, "the answer to %s waits", what);
    ok(tls_is_answering(b->server), "so the client is not read");
    ask(b->client);
    left = waiting(b->fd[0]);
    ok(left > 0 && tls_read(b->server, &byte, 1) < 0 && errno == EAGAIN &&
           waiting(b->fd[0]) == left,
       "not even if it asks again");
    got = drain(b);
    ok(gives_up || got == filled, "it reads what was written");
    ok(tls_waiting(b->server) == 0 && !tls_is_answering(b->server),
       "and the answer");
    is_int(tls_write(b->server, "y", 1), 1, "the server goes on");
}

static void
ask_for_keys(SSL *client)
{
    SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(client);
}

static void
ask_for_handshake(SSL *client)
{
    SSL_renegotiate(client);
    SSL_do_handshake(client);
}

static void
test_answers(struct tls *tls)
{
    struct both b;
    char byte = 0;

    both_init(&b, tls, ctx13);
    shake(&b);
    answer_waits(&b, ask_for_keys, "a change of keys", false);
    is_int(SSL_read(b.client, &byte, 1), 1, "with the new keys");
    SSL_write(b.client, "x", 1);
    for (int i = 0; i < 10 && byte != 'x'; i++)
        (void) tls_read(b.server, &byte, 1);
    ok(byte == 'x', "both ways");
    both_deinit(&b);

    both_init(&b, tls, ctx12);
    shake(&b);
    answer_waits(&b, ask_for_handshake, "a renegotiation", true);
    both_deinit(&b);
}

/* Half a change of keys: to write, TLS must read the rest first. */
static void
test_half_update(struct tls *tls)
{
    static const uint8_t update[] = {24, 0, 0, 1, 0};
    struct both b;
    char byte;

    both_init(&b, tls, ctx13);
    shake(&b);
    send_record(b.fd[1], 0, update, 4);
    ok(tls_read(b.server, &byte, 1) < 0 && errno == EAGAIN, "half is read");
    ok(tls_write(b.server, "x", 1) < 0 && errno == EAGAIN, "nothing is sent");
    is_int(tls_waiting(b.server), 0, "it is not the socket that is full");
    send_record(b.fd[1], 1, update + 4, 1);
    ok(tls_read(b.server, &byte, 1) < 0 && errno == EAGAIN, "the rest comes");
    is_int(tls_write(b.server, "x", 1), 1, "then it is sent");
    both_deinit(&b);
}

int
main(void)
{
    struct tls *tls;

    CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);
    scratch_init(&scratch);
    ctx13 = make_client_ctx(TLS1_3_VERSION);
    ctx12 = make_client_ctx(TLS1_2_VERSION);
    tls = make_tls();
    test_key_updates(tls);
    test_split_hello(tls);
    test_claims(tls);
    test_second_claim(tls);
    test_bound(tls);
    test_answers(tls);
    error_of_the_system();
    test_half_update(tls);
    SSL_CTX_free(ctx13);
    SSL_CTX_free(ctx12);
    tls_destroy(tls);
    scratch_deinit(&scratch);
    return tap_done();
}
