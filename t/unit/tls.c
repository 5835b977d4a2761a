/*
 * A TLS connection whose peer changes its keys again and again: a read takes
 * one such record at most, so that others have their turn.
 */
#include "event/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "scratch.h"
#include "tap.h"

enum { UPDATES = 100 };

static struct scratch scratch;
static char certificate[320], key[320];

/* One signed by itself, for an hour. */
static void
make_certificate(void)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    FILE *f;

    snprintf(certificate, sizeof(certificate), "%s/cert", scratch.path);
    snprintf(key, sizeof(key), "%s/key", scratch.path);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, pkey);
    X509_sign(x, pkey, EVP_sha256());
    f = fopen(certificate, "w");
    PEM_write_X509(f, x);
    fclose(f);
    f = fopen(key, "w");
    PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(x);
    EVP_PKEY_free(pkey);
}

static int
waiting(int fd)
{
    int n = 0;

    ioctl(fd, FIONREAD, &n);
    return n;
}

static void
test_key_updates(struct tls *tls, SSL *client, const int *fd)
{
    struct ssl_st *server = tls_accept(tls, fd[0]);
    int updates = 0, reads = 0, rc = 0;
    char byte = 0;

    for (int i = 0; i < 10 && rc != 1; i++) {
        SSL_do_handshake(client);
        rc = tls_handshake(server);
    }
    is_int(rc, 1, "a handshake");
    SSL_read(client, &byte, 1); /* the tickets */
    while (updates < UPDATES &&
           SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_do_handshake(client) == 1)
        updates++;
    SSL_write(client, "x", 1);
    is_int(updates, UPDATES, "keys are changed");
    while (tls_read(server, &byte, 1) < 0 && errno == EAGAIN &&
           waiting(fd[0]) > 0)
        reads++;
    is_int(reads, UPDATES, "each is a read of its own");
    ok(byte == 'x', "then comes what was written");
    tls_free(server);
}

int
main(void)
{
    struct tls_tickets tickets;
    struct tls_conf conf = {.certificate = certificate,
                            .certificate_key = key,
                            .protocols = TLS_PROTOCOL_1_2 | TLS_PROTOCOL_1_3,
                            .session_timeout_ms = 60000,
                            .buffer_size = 4096};
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    const char *why = "";
    struct tls *tls;
    SSL *client = SSL_new(ctx);
    int fd[2];

    scratch_init(&scratch);
    make_certificate();
    tls_tickets_init(&tickets);
    tls = tls_create(&conf, &tickets, &why);
    ok(tls != NULL, "a context %s", why);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd);
    SSL_set_fd(client, fd[1]);
    SSL_set_connect_state(client);
    test_key_updates(tls, client, fd);
    SSL_free(client);
    SSL_CTX_free(ctx);
    tls_destroy(tls);
    close(fd[0]);
    close(fd[1]);
    scratch_deinit(&scratch);
    return tap_done();
}
