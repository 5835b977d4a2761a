/*
 * A TLS server's context with a certificate of its own, and a client's end
 * that can do what no library does: hellos in records of one byte, records of
 * TLS 1.3 with whatever one likes in them.
 */
#ifndef T_UNIT_TLS_PEER_H
#define T_UNIT_TLS_PEER_H

#include "event/tls.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "certificate.h"
#include "scratch.h"
#include "tap.h"

enum { HELLO_MAX = 4096, SPLIT = 6 /* bytes of a record with one */ };

static struct scratch scratch;
static struct tls_tickets tickets;
static uint8_t client_secret[EVP_MAX_MD_SIZE]; /* of TLS 1.3, the last one */

static struct tls *
make_tls(void)
{
    struct tls_conf conf = {.certificate = certificate,
                            .certificate_key = key,
                            .protocols = TLS_PROTOCOL_1_2 | TLS_PROTOCOL_1_3,
                            .session_timeout_ms = 60000,
                            .buffer_size = 4096};
    struct tls_failure why = {0};
    struct tls *tls;

    make_certificate(&scratch);
    tls_tickets_init(&tickets);
    tls = tls_create(&conf, &tickets, &why);
    ok(tls != NULL, "a context %s", why.text);
    return tls;
}

/* "CLIENT_TRAFFIC_SECRET_0 <random> <secret>" is among the lines. */
static void
keep_secret(const SSL *ssl, const char *line)
{
    static const char label[] = "CLIENT_TRAFFIC_SECRET_0 ";

    (void) ssl;
    if (strncmp(line, label, sizeof(label) - 1) != 0)
        return;
    line = strrchr(line, ' ') + 1;
    for (unsigned i = 0; line[2 * i] != '\0'; i++)
        sscanf(line + 2 * i, "%2hhx", &client_secret[i]);
}

static SSL_CTX *
make_client_ctx(int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_keylog_callback(ctx, keep_secret);
    return ctx;
}

static SSL *
make_client(SSL_CTX *ctx, int fd)
{
    SSL *client = SSL_new(ctx);

    SSL_set_fd(client, fd);
    SSL_set_connect_state(client);
    return client;
}

static void
make_pair(int *fd)
{
    int small = 4096;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0)
        perror("socketpair");
    setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
}

/* Bytes that wait to be read. */
static int
waiting(int fd)
{
    int n = 0;

    ioctl(fd, FIONREAD, &n);
    return n;
}

/* The client's hello, which it believes to have sent; its length. */
static size_t
take_hello(SSL *client, uint8_t *hello)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int n;

    SSL_set0_wbio(client, bio);
    SSL_do_handshake(client);
    n = BIO_read(bio, hello, HELLO_MAX);
    SSL_set0_wbio(client, BIO_new_socket(SSL_get_fd(client), BIO_NOCLOSE));
    return (size_t) n;
}

/* The bytes, each in a record of its own; returns the length of that. */
__attribute__((unused)) static size_t
split(const uint8_t *body, size_t len, uint8_t *out)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t record[SPLIT] = {22, 3, 1, 0, 1, body[i]};

        memcpy(out + i * SPLIT, record, SPLIT);
    }
    return len * SPLIT;
}

/* HKDF-Expand-Label of RFC 8446, 7.1. */
static void
expand(const char *label, uint8_t *out, size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    char mode[] = "EXPAND_ONLY", digest[] = "SHA256", prefix[] = "tls13 ";
    char name[8];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, client_secret,
                                          32),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, 6),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, name,
                                          strlen(label)),
        OSSL_PARAM_END,
    };

    memcpy(name, label, strlen(label));
    EVP_KDF_derive(ctx, out, len, params);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

/*
 * Sends a record of handshake bytes, the seq-th one of the client after its
 * handshake.
 */
static void
send_record(int fd, uint8_t seq, const uint8_t *data, size_t len)
{
    uint8_t record[64] = {23, 3, 3, 0, (uint8_t) (len + 17)};
    uint8_t secret[16], iv[12], plain[32];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    expand("key", secret, sizeof(secret));
    expand("iv", iv, sizeof(iv));
    iv[11] ^= seq;
    memcpy(plain, data, len);
    plain[len] = 22;
    EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, secret, iv);
    EVP_EncryptUpdate(ctx, NULL, &n, record, 5);
    EVP_EncryptUpdate(ctx, record + 5, &n, plain, (int) len + 1);
    EVP_EncryptFinal_ex(ctx, record + 5 + n, &n);
    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, record + 6 + len);
    EVP_CIPHER_CTX_free(ctx);
    if (write(fd, record, len + 22) != (ssize_t) (len + 22))
        perror("write");
}

#endif
