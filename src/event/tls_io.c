#include "event/tls_io.h"

#include <errno.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/mem.h"

/*
 * A record costs OpenSSL two reads.  A usual handshake has four records and
 * less than 1 KB from the client; a large one, with keys and tickets of many
 * kinds, 4 KB.
 */
enum {
    READS_A_CALL = 32,
    BYTES_A_CALL = 64 * 1024,
    HANDSHAKE_MAX = 64 * 1024,
};

/* Of RFC 8446, 5.1 and 4. */
enum {
    RECORD_HEAD = 5,
    MESSAGE_HEAD = 4,
    CHANGE_CIPHER_SPEC = 20,
    HANDSHAKE = 22,
    APPLICATION_DATA = 23,
    OLD_HELLO = 0x80, /* a bit of the first byte of a record of SSL 2 */
};

/* ---- handshakes in the clear ---- */

/*
 * What is encrypted needs no look: OpenSSL takes only small messages then.
 * Before the version is known, and in TLS 1.3, where it means nothing, a
 * change of ciphers may stand before a second hello.
 */
static void
begin_record(struct tls_io *w)
{
    unsigned type = (unsigned) (w->record_head >> 32) & 0xff;

    w->record_seen = 0;
    w->record_left = w->record_head & 0xffff;
    if ((type & OLD_HELLO) != 0 || type == APPLICATION_DATA ||
        (type == CHANGE_CIPHER_SPEC && SSL_version(w->ssl) != TLS1_3_VERSION))
        w->in_clear = false;
}

/* Bytes of a record of handshake messages: are these of a size we take? */
static bool
check_messages(struct tls_io *w, const uint8_t *data, size_t len)
{
    while (len != 0) {
        size_t part = len < w->message_left ? len : w->message_left;

        if (part != 0) {
            w->message_left -= part;
            data += part;
            len -= part;
            continue;
        }
        w->message_head = w->message_head << 8 | *data++;
        len--;
        if (++w->message_seen < MESSAGE_HEAD)
            continue;
        w->message_seen = 0;
        w->message_left = w->message_head & 0xffffff;
        if (w->message_left > w->handshake_left)
            return false;
        if (w->message_left > w->claimed)
            w->claimed = w->message_left;
    }
    return true;
}

/* The same for bytes of records; they may begin and end anywhere. */
static bool
check_records(struct tls_io *w, const uint8_t *data, size_t len)
{
    while (len != 0 && w->in_clear) {
        size_t part = len < w->record_left ? len : w->record_left;

        if (part != 0) {
            if (((w->record_head >> 32) & 0xff) == HANDSHAKE &&
                !check_messages(w, data, part))
                return false;
            w->record_left -= part;
            data += part;
            len -= part;
            continue;
        }
        w->record_head = w->record_head << 8 | *data++;
        len--;
        if (++w->record_seen == RECORD_HEAD)
            begin_record(w);
    }
    return true;
}

/* Tells the client, as OpenSSL does of a message that it finds too large. */
static void
refuse(struct tls_io *w)
{
    static const uint8_t alert[] = {
        21, 3, 3, 0, 2, 2, SSL_AD_ILLEGAL_PARAMETER};

    if (w->in_clear && w->out.len == 0)
        (void) send(w->fd, alert, sizeof(alert), MSG_NOSIGNAL);
    ERR_raise(ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE);
}

/* ---- the BIO ---- */

static int
bio_read(BIO *bio, char *data, int size)
{
    struct tls_io *w = BIO_get_data(bio);
    size_t most = (size_t) size;
    ssize_t n = -1;

    BIO_clear_retry_flags(bio);
    if (most > w->bytes_left)
        most = w->bytes_left;
    if (w->reads_left == 0 || most == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    w->reads_left--;
    n = recv(w->fd, data, most, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    if (n == 0)
        w->is_eof = true;
    if (n <= 0)
        return (int) n;
    w->bytes_left -= (size_t) n;
    if (w->is_open)
        return (int) n;
    if ((size_t) n > w->handshake_left ||
        !check_records(w, (const uint8_t *) data, (size_t) n)) {
        refuse(w);
        return -1;
    }
    w->handshake_left -= (size_t) n;
    return (int) n;
}

/* send(), with 0 when the socket takes nothing now. */
static ssize_t
send_some(struct tls_io *w, const void *data, size_t len)
{
    ssize_t n;

    do
        n = send(w->fd, data, len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? 0 : -1;
    w->sent += (uint64_t) n;
    return n;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
    struct tls_io *w = BIO_get_data(bio);
    ssize_t n = 0;

    BIO_clear_retry_flags(bio);
    if (w->out.len == 0)
        n = send_some(w, data, (size_t) len);
    if (n < 0)
        return -1;
    buf_append(&w->out, data + n, (size_t) (len - n));
    return len;
}

static long
bio_control(BIO *bio, int command, long number, void *pointer)
{
    const struct tls_io *w = BIO_get_data(bio);

    (void) number;
    (void) pointer;
    switch (command) {
    case BIO_CTRL_EOF:
        return w->is_eof;
    case BIO_CTRL_FLUSH: /* tls_io_flush() does, or did */
        return 1;
    default:
        return 0;
    }
}

static int
bio_destroy(BIO *bio)
{
    struct tls_io *w = BIO_get_data(bio);

    if (w != NULL)
        buf_deinit(&w->out);
    mem_free(w);
    return 1;
}

struct bio_method_st *
tls_io_method_create(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket");

    if (method == NULL)
        return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    BIO_meth_set_destroy(method, bio_destroy);
    return method;
}

/* ---- calls ---- */

struct bio_st *
tls_io_create(struct bio_method_st *method, const struct ssl_st *ssl, int fd)
{
    BIO *bio = BIO_new(method);
    struct tls_io *w;

    if (bio == NULL)
        return NULL;
    w = mem_zalloc(sizeof(*w));
    w->ssl = ssl;
    w->fd = fd;
    w->in_clear = true;
    w->handshake_left = HANDSHAKE_MAX;
    BIO_set_data(bio, w);
    BIO_set_init(bio, 1);
    return bio;
}

struct tls_io *
tls_io_of(const struct ssl_st *ssl)
{
    return BIO_get_data(SSL_get_rbio(ssl));
}

void
tls_io_begin(struct tls_io *w)
{
    w->reads_left = READS_A_CALL;
    w->bytes_left = BYTES_A_CALL;
}

int
tls_io_flush(struct tls_io *w)
{
    ssize_t n;

    if (w->out.len == 0)
        return 0;
    n = send_some(w, w->out.data, w->out.len);
    if (n < 0)
        return -1;
    buf_consume(&w->out, (size_t) n);
    if (w->out.len == 0) {
        buf_deinit(&w->out);
        w->is_answering = false;
    }
    return 0;
}
