#include "event/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "core/clock.h"
#include "core/mem.h"
#include "event/tls_io.h"

/*
 * HANDSHAKE_HELD is what OpenSSL 3.0 was seen to allocate for a connection
 * in the middle of its hello: 60 KB.  It takes more for a message of more
 * than 16 KB, about as much as the message claims.
 */
enum { PERIOD_MS = 12 * 3600 * 1000, HANDSHAKE_HELD = 60 * 1024 };

struct tls {
    SSL_CTX *ctx;
    BIO_METHOD *io_method;
    struct tls_tickets *tickets;
};

/* The first error of the queue is the cause, the others say where. */
const char *
tls_error_text(char out[TLS_ERROR_TEXT])
{
    unsigned long code = ERR_peek_error();
    const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;

    if (ERR_SYSTEM_ERROR(code))
        snprintf(out, TLS_ERROR_TEXT, "(%d: %s)", ERR_GET_REASON(code),
                 strerror(ERR_GET_REASON(code)));
    else
        snprintf(out, TLS_ERROR_TEXT, "%s",
                 text != NULL ? text : "the peer closed the connection");
    return out;
}

/* One 32-byte value made of the secret and a label. */
static void
derive(const uint8_t secret[32], const char *label, uint8_t *out, size_t len)
{
    uint8_t digest[32];

    HMAC(EVP_sha256(), secret, 32, (const unsigned char *) label,
         strlen(label), digest, NULL);
    memcpy(out, digest, len);
    OPENSSL_cleanse(digest, sizeof(digest));
}

static void
make_key(const uint8_t secret[32], struct tls_ticket_key *key)
{
    derive(secret, "name", key->name, sizeof(key->name));
    derive(secret, "cipher", key->cipher_key, sizeof(key->cipher_key));
    derive(secret, "hmac", key->hmac_key, sizeof(key->hmac_key));
}

static void *
take(size_t size, const char *file, int line)
{
    (void) file;
    (void) line;
    return size != 0 ? mem_alloc(size) : NULL;
}

static void
give(void *p, const char *file, int line)
{
    (void) file;
    (void) line;
    mem_free(p);
}

static void *
take_again(void *p, size_t size, const char *file, int line)
{
    if (size != 0)
        return mem_realloc(p, size);
    give(p, file, line);
    return NULL;
}

void
tls_use_memory(void)
{
    CRYPTO_set_mem_functions(take, take_again, give);
}

int
tls_tickets_init(struct tls_tickets *tickets)
{
    tickets->period = clock_boot_ms() / PERIOD_MS;
    if (RAND_bytes(tickets->secret, sizeof(tickets->secret)) != 1 ||
        RAND_bytes((unsigned char *) &tickets->keys[1],
                   sizeof(tickets->keys[1])) != 1)
        return -1;
    make_key(tickets->secret, &tickets->keys[0]);
    return 0;
}

void
tls_tickets_advance(struct tls_tickets *tickets, int64_t now_boot_ms)
{
    int64_t period = now_boot_ms / PERIOD_MS;

    for (; tickets->period < period; tickets->period++) {
        uint8_t next[32];

        derive(tickets->secret, "next", next, sizeof(next));
        memcpy(tickets->secret, next, sizeof(next));
        OPENSSL_cleanse(next, sizeof(next));
        tickets->keys[1] = tickets->keys[0];
        make_key(tickets->secret, &tickets->keys[0]);
    }
}

static int
ticket_params(EVP_MAC_CTX *mac, const struct tls_ticket_key *key)
{
    OSSL_PARAM params[3];

    params[0] = OSSL_PARAM_construct_octet_string(
        OSSL_MAC_PARAM_KEY, (void *) (uintptr_t) key->hmac_key,
        sizeof(key->hmac_key));
    params[1] = OSSL_PARAM_construct_utf8_string(
        OSSL_MAC_PARAM_DIGEST, (char *) (uintptr_t) "SHA256", 0);
    params[2] = OSSL_PARAM_construct_end();
    return EVP_MAC_CTX_set_params(mac, params);
}

/* See SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
static int
ticket_callback(SSL *ssl, unsigned char name[16], unsigned char *iv,
                EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    struct tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const struct tls_ticket_key *key = &tls->tickets->keys[0];

    if (enc) {
        if (RAND_bytes(iv, 16) != 1)
            return -1;
        memcpy(name, key->name, sizeof(key->name));
        if (EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL,
                               key->cipher_key, iv) != 1 ||
            ticket_params(mac, key) != 1)
            return -1;
        return 1;
    }
    for (int i = 0; i < 2; i++) {
        key = &tls->tickets->keys[i];
        if (CRYPTO_memcmp(name, key->name, sizeof(key->name)) != 0)
            continue;
        if (ticket_params(mac, key) != 1 ||
            EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL,
                               key->cipher_key, iv) != 1)
            return -1;
        /*
         * 2 takes the ticket and gives a new one: for an older key, and in
         * TLS 1.3, whose clients use a ticket once (RFC 8446, C.4).
         */
        return i == 0 && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2;
    }
    return 0;
}

static void
set_protocols(SSL_CTX *ctx, unsigned protocols)
{
    SSL_CTX_set_min_proto_version(
        ctx, protocols & TLS_PROTOCOL_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(
        ctx, protocols & TLS_PROTOCOL_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
}

/* See SSL_CTX_set_alpn_select_cb(3); as nginx, no common one is an error. */
static int
alpn_callback(SSL *ssl, const unsigned char **out, unsigned char *out_len,
              const unsigned char *in, unsigned in_len, void *arg)
{
    const char *alpn = arg;
    unsigned char *chosen;

    (void) ssl;
    if (SSL_select_next_proto(&chosen, out_len, (const unsigned char *) alpn,
                              (unsigned) strlen(alpn), in,
                              in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* ---- certificate and key ---- */

static bool
fails(struct tls_failure *why, const char *directive, const char *value,
      const char *what)
{
    unsigned long code = ERR_peek_error();
    char text[TLS_ERROR_TEXT];

    why->directive = directive;
    if (ERR_SYSTEM_ERROR(code))
        snprintf(why->text, sizeof(why->text), "open() \"%s\" failed (%d: %s)",
                 value, ERR_GET_REASON(code), strerror(ERR_GET_REASON(code)));
    else
        snprintf(why->text, sizeof(why->text), "\"%s\" %s (%s)", value, what,
                 tls_error_text(text));
    return false;
}

/* A daemon has nobody to ask. */
static int
no_passphrase(char *buf, int size, int writes, void *asked)
{
    (void) buf;
    (void) size;
    (void) writes;
    *(bool *) asked = true;
    return -1;
}

static bool
load_key(SSL_CTX *ctx, const struct tls_conf *conf, struct tls_failure *why)
{
    const char *what = "has no private key in PEM";
    bool asked = false, good;

    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
    good = SSL_CTX_use_PrivateKey_file(ctx, conf->certificate_key,
                                       SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(ctx) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
    if (good)
        return true;
    if (asked)
        what = "has a passphrase, which nobody is there to type; write the "
               "key without one by \"openssl pkey\"";
    else if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH ||
             ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_TYPE_MISMATCH)
        what = "is not the key of the certificate";
    return fails(why, "ssl_certificate_key", conf->certificate_key, what);
}

static bool
configure(SSL_CTX *ctx, const struct tls_conf *conf, struct tls_failure *why)
{
    static const unsigned char context[] = "sparrow";
    static const char groups[] = "X25519:prime256v1:secp384r1";
    uint64_t options = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                       SSL_OP_SINGLE_DH_USE;

    if (conf->prefer_server_ciphers)
        options |= SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
    if (!conf->session_tickets)
        options |= SSL_OP_NO_TICKET;
    SSL_CTX_set_options(ctx, options);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
                              SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* else a read goes on for as long as the peer sends changes of keys */
    SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(ctx, context, sizeof(context) - 1);
    SSL_CTX_set_timeout(ctx, (long) (conf->session_timeout_ms / 1000));
    SSL_CTX_set_num_tickets(ctx, conf->session_tickets ? 1 : 0);
    SSL_CTX_set_max_send_fragment(ctx, (long) conf->buffer_size);
    set_protocols(ctx, conf->protocols);
    SSL_CTX_set_dh_auto(ctx, 1);
    if (SSL_CTX_set1_groups_list(ctx, groups) != 1)
        mem_exhausted();
    if (conf->ciphers != NULL &&
        SSL_CTX_set_cipher_list(ctx, conf->ciphers) != 1)
        return fails(why, "ssl_ciphers", conf->ciphers, "names no cipher");
    if (SSL_CTX_use_certificate_chain_file(ctx, conf->certificate) != 1)
        return fails(why, "ssl_certificate", conf->certificate,
                     "has no certificate in PEM");
    return load_key(ctx, conf, why);
}

struct tls *
tls_create(const struct tls_conf *conf, struct tls_tickets *tickets,
           struct tls_failure *why)
{
    struct tls *tls = mem_zalloc(sizeof(*tls));

    ERR_clear_error();
    tls->tickets = tickets;
    tls->io_method = tls_io_method_create();
    tls->ctx = SSL_CTX_new(TLS_server_method());
    if (tls->io_method == NULL || tls->ctx == NULL)
        mem_exhausted();
    if (!configure(tls->ctx, conf, why)) {
        ERR_clear_error();
        tls_destroy(tls);
        return NULL;
    }
    SSL_CTX_set_app_data(tls->ctx, tls);
    if (conf->session_tickets)
        SSL_CTX_set_tlsext_ticket_key_evp_cb(tls->ctx, ticket_callback);
    if (conf->alpn != NULL)
        SSL_CTX_set_alpn_select_cb(tls->ctx, alpn_callback,
                                   (void *) (uintptr_t) conf->alpn);
    return tls;
}

void
tls_destroy(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->io_method);
    mem_free(tls);
}

struct ssl_st *
tls_accept(struct tls *tls, int fd)
{
    SSL *ssl;
    BIO *bio;

    tls_tickets_advance(tls->tickets, clock_boot_ms());
    ERR_clear_error();
    ssl = SSL_new(tls->ctx);
    bio = ssl != NULL ? tls_io_create(tls->io_method, ssl, fd) : NULL;
    if (bio == NULL)
        mem_exhausted();
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    return ssl;
}

void
tls_free(struct ssl_st *ssl)
{
    SSL_free(ssl);
}

int
tls_handshake(struct ssl_st *ssl)
{
    struct tls_io *w = tls_io_of(ssl);
    int rc;

    if (w->out.len != 0)
        return 0;
    ERR_clear_error();
    tls_io_begin(w);
    rc = SSL_do_handshake(ssl);
    w->is_answering = w->out.len != 0;
    if (rc == 1) {
        w->is_open = true;
        return 1;
    }
    return SSL_get_error(ssl, rc) == SSL_ERROR_WANT_READ ? 0 : -1;
}

/* Maps what OpenSSL says to what recv() and send() say. */
static ssize_t
result(SSL *ssl, int rc)
{
    if (rc > 0)
        return rc;
    switch (SSL_get_error(ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        if (errno == 0)
            errno = ECONNRESET;
        return -1;
    default:
        if (ERR_GET_REASON(ERR_peek_last_error()) ==
            SSL_R_UNEXPECTED_EOF_WHILE_READING)
            return 0;
        errno = EPROTO;
        return -1;
    }
}

ssize_t
tls_read(struct ssl_st *ssl, void *buf, size_t size)
{
    struct tls_io *w = tls_io_of(ssl);
    size_t waited = w->out.len;
    ssize_t n;

    errno = w->is_answering ? EAGAIN : 0;
    if (w->is_answering)
        return -1;
    ERR_clear_error();
    tls_io_begin(w);
    n = result(ssl, SSL_read(ssl, buf, size > 1 << 30 ? 1 << 30 : (int) size));
    w->is_answering = w->out.len > waited;
    return n;
}

ssize_t
tls_write(struct ssl_st *ssl, const void *data, size_t len)
{
    struct tls_io *w = tls_io_of(ssl);

    errno = w->out.len != 0 ? EAGAIN : 0;
    if (w->out.len != 0)
        return -1;
    ERR_clear_error();
    tls_io_begin(w);
    return result(ssl,
                  SSL_write(ssl, data, len > 1 << 30 ? 1 << 30 : (int) len));
}

int
tls_flush(struct ssl_st *ssl)
{
    return tls_io_flush(tls_io_of(ssl));
}

size_t
tls_waiting(const struct ssl_st *ssl)
{
    return tls_io_of(ssl)->out.len;
}

uint64_t
tls_sent(const struct ssl_st *ssl)
{
    return tls_io_of(ssl)->sent;
}

bool
tls_is_answering(const struct ssl_st *ssl)
{
    return tls_io_of(ssl)->is_answering;
}

size_t
tls_held(const struct ssl_st *ssl)
{
    const struct tls_io *w = tls_io_of(ssl);

    if (w->is_open)
        return w->out.cap;
    return w->out.cap + HANDSHAKE_HELD + w->claimed;
}

bool
tls_has_pending(const struct ssl_st *ssl)
{
    return SSL_has_pending(ssl) == 1;
}

void
tls_shutdown(struct ssl_st *ssl)
{
    ERR_clear_error();
    if (SSL_is_init_finished(ssl))
        SSL_shutdown(ssl);
}
