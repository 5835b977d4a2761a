/*
 * Marks in the output of a connection, plain and with TLS: what stands before
 * one is acknowledged when it is written, the client's TCP has taken it, and
 * the input in hand was read after that.
 */
#include "event/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "certificate.h"
#include "event/tls.h"
#include "scratch.h"
#include "tap.h"

enum {
    FLOOD = 8 << 20, /* more than the buffers of two sockets */
    TAKEN = 300000,  /* more than the client's, less than the server's */
    WINDOW = 65536,  /* the client's */
    RECORD = 512,    /* of TLS: small ones, so that they weigh */
    TURNS = 100,
};

static struct scratch scratch;

/* The server's end, and what it thought of the mark at each byte of input. */
struct server {
    struct conn *conn;
    struct conn_mark mark;
    bool again; /* it takes a byte a turn */
    char seen[16];
    unsigned bytes;
};

static struct server server;

static int
opened(struct conn *c)
{
    server.conn = c;
    return 0;
}

static ssize_t
input(struct conn *c, const uint8_t *data, size_t len)
{
    size_t used = server.again ? 1 : len;

    (void) data;
    for (size_t i = 0; i < used && server.bytes < sizeof(server.seen); i++)
        server.seen[server.bytes++] = conn_has_acknowledged(c) ? 'y' : 'n';
    if (used < len)
        conn_again(c);
    return (ssize_t) used;
}

static void
nothing(struct conn *c)
{
    (void) c;
}

static const struct conn_ops ops = {
    .name = "test",
    .opened = opened,
    .input = input,
    .timeout = nothing,
    .closed = nothing,
};

/* ---- the client's end ---- */

struct client {
    struct net *net;
    int fd;
    SSL *ssl; /* NULL: plain */
};

static void
turns(struct client *c, unsigned n)
{
    while (n-- > 0)
        loop_turn(c->net->loop, 0);
}

/* Sends bytes in one segment, and has them read. */
static void
say(struct client *c, const char *text)
{
    unsigned bytes = server.bytes + (unsigned) strlen(text);

    if (c->ssl != NULL)
        SSL_write(c->ssl, text, (int) strlen(text));
    else
        send(c->fd, text, strlen(text), 0);
    while (server.bytes < bytes)
        loop_turn(c->net->loop, 1000);
}

/* Takes so many bytes, and acknowledges them. */
static void
take(struct client *c, size_t left)
{
    static char buf[65536];

    while (left > 0) {
        size_t want = left < sizeof(buf) ? left : sizeof(buf);
        ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, buf, (int) want)
                                   : recv(c->fd, buf, want, 0);

        if (n > 0)
            left -= (size_t) n;
        else
            loop_turn(c->net->loop, 0);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
}

static void
put(size_t len)
{
    struct buf *out = conn_out(server.conn);

    memset(buf_reserve(out, len), 'x', len);
    out->len += len;
}

static void
is_seen(const char *want, const char *what)
{
    char got[sizeof(server.seen) + 1];

    snprintf(got, sizeof(got), "%.*s", (int) server.bytes, server.seen);
    is_str(got, want, "%s", what);
    server.bytes = 0;
}

/* ---- what is acknowledged ---- */

static void
test_mark(struct client *c)
{
    say(c, "a");
    is_seen("n", "without a mark there is nothing");
    put(100);
    conn_mark(server.conn, &server.mark);
    ok(!conn_has_acknowledged(server.conn), "not before it is written");
    turns(c, 1);
    ok(!conn_has_acknowledged(server.conn),
       "nor before input is read behind it");
    take(c, 100);
    say(c, "abc");
    is_seen("yyy", "what was taken is acknowledged by the next bytes");
    conn_mark(server.conn, NULL);
    say(c, "a");
    is_seen("n", "no mark any more");
}

/* What is left of one read came before what was written meanwhile. */
static void
test_left(struct client *c)
{
    server.again = true;
    say(c, "a");
    server.bytes = 0;
    if (c->ssl != NULL)
        SSL_write(c->ssl, "abcdef", 6);
    else
        send(c->fd, "abcdef", 6, 0);
    while (server.bytes < 1)
        loop_turn(c->net->loop, 1000);
    put(100);
    conn_mark(server.conn, &server.mark);
    turns(c, 1);
    take(c, 100);
    turns(c, 6);
    server.again = false;
    say(c, "a");
    is_seen("nnnnnny", "input that was left over was read before the mark");
}

/* Behind a pipe that is full. */
static void
test_full(struct client *c)
{
    put(FLOOD);
    conn_mark(server.conn, &server.mark);
    turns(c, TURNS);
    say(c, "a");
    is_seen("n", "not while it waits in the buffer");
    take(c, FLOOD);
    say(c, "a");
    is_seen("y", "but when it was taken");

    put(TAKEN - 100);
    turns(c, TURNS);
    put(100);
    conn_mark(server.conn, &server.mark);
    turns(c, TURNS);
    ok(server.mark.ahead == 0 && server.conn->out.len == 0,
       "the socket has it all");
    say(c, "a");
    is_seen("n", "not while it waits in the socket");
    take(c, TAKEN);
    say(c, "a");
    is_seen("y", "but when it was taken");
}

/* More waits behind the mark, written with it or later. */
static void
test_behind(struct client *c)
{
    put(100);
    conn_mark(server.conn, &server.mark);
    put(FLOOD / 2);
    turns(c, TURNS);
    take(c, 100);
    say(c, "a");
    is_seen("y", "whatever was written with it");
    take(c, FLOOD / 2);

    put(100);
    conn_mark(server.conn, &server.mark);
    turns(c, 1);
    take(c, 100);
    put(FLOOD);
    turns(c, TURNS);
    say(c, "a");
    is_seen("y", "whatever was written later");
    take(c, FLOOD);
}

/* ---- connections ---- */

static int
accepted(int *client)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), server_fd;

    bind(fd, (struct sockaddr *) &addr, len);
    listen(fd, 1);
    getsockname(fd, (struct sockaddr *) &addr, &len);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(*client, SOL_SOCKET, SO_RCVBUF, &(int){WINDOW}, sizeof(int));
    connect(*client, (struct sockaddr *) &addr, len);
    server_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
    fcntl(*client, F_SETFL, O_NONBLOCK);
    close(fd);
    return server_fd;
}

static void
shake(struct client *c)
{
    if (c->ssl == NULL)
        return;
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_connect_state(c->ssl);
    while (SSL_do_handshake(c->ssl) != 1)
        loop_turn(c->net->loop, 0);
}

static void
test_connection(struct net *net, struct tls *tls, SSL_CTX *ctx)
{
    struct conn_entry listener = {
        .text = "test", .tls = tls, .ops = &ops, .out_limit = SIZE_MAX};
    struct client c = {.net = net, .ssl = ctx ? SSL_new(ctx) : NULL};
    struct addr peer = {0};
    int fd = accepted(&c.fd);

    server = (struct server){0};
    conn_create(net, &listener, fd, &peer);
    shake(&c);
    while (server.conn == NULL)
        loop_turn(net->loop, 0);
    test_mark(&c);
    test_left(&c);
    test_full(&c);
    test_behind(&c);
    conn_close(server.conn);
    turns(&c, 1);
    SSL_free(c.ssl);
    close(c.fd);
}

int
main(void)
{
    struct tls_tickets tickets;
    struct tls_conf conf = {.certificate = certificate,
                            .certificate_key = key,
                            .session_timeout_ms = 60000,
                            .buffer_size = RECORD};
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    struct tls_failure why = {0};
    struct loop loop;
    struct net net;

    scratch_init(&scratch);
    make_certificate(&scratch);
    loop_init(&loop, &scratch.log);
    net_init(&net, &loop, 10);
    test_connection(&net, NULL, NULL);
    for (unsigned protocol = TLS_PROTOCOL_1_2; protocol <= TLS_PROTOCOL_1_3;
         protocol <<= 1) {
        struct tls *tls;

        tls_tickets_init(&tickets);
        conf.protocols = protocol;
        tls = tls_create(&conf, &tickets, &why);
        ok(tls != NULL, "TLS %u %s", protocol, why.text);
        test_connection(&net, tls, ctx);
        tls_destroy(tls);
    }
    SSL_CTX_free(ctx);
    net_deinit(&net);
    loop_deinit(&loop);
    scratch_deinit(&scratch);
    return tap_done();
}
