/*
 * TLS connections in a loop: who else is served while many shake hands, what
 * is counted against memory_limit, how long a handshake may take, and that
 * nothing spins while TLS waits.
 */
#include "event/conn.h"

#include "core/clock.h"
#include "tls_peer.h"

enum { MANY = 60, HELD = 40 * 1024 };

static SSL_CTX *ctx;
static struct loop loop;
static struct net net;
static struct conn *opened_last;

static int
opened(struct conn *c)
{
    opened_last = c;
    c->owner = c;
    return 0;
}

static ssize_t
echo(struct conn *c, const uint8_t *data, size_t len)
{
    buf_append(conn_out(c), data, len);
    return (ssize_t) len;
}

static void
timed_out(struct conn *c)
{
    conn_close(c);
}

static void
closed(struct conn *c)
{
    c->owner = NULL;
}

static const struct conn_ops ops = {.name = "echo",
                                    .opened = opened,
                                    .input = echo,
                                    .timeout = timed_out,
                                    .closed = closed};
static struct conn_entry tls_listener = {.ops = &ops, .out_limit = 1 << 20};
static struct conn_entry plain_listener = {.ops = &ops, .out_limit = 1 << 20};

/* A client of the loop's; its end of the connection. */
static int
join(const struct conn_entry *listener)
{
    struct addr peer;
    int fd[2];

    addr_parse(&peer, "127.0.0.1:1");
    make_pair(fd);
    conn_create(&net, listener, fd[0], &peer);
    return fd[1];
}

static void
put(int fd, const void *data, size_t len)
{
    if (write(fd, data, len) != (ssize_t) len)
        perror("write");
}

static void
turns(int n)
{
    while (n-- > 0)
        loop_turn(&loop, 0);
}

/* Has the other end closed? */
static bool
is_gone(int fd)
{
    char bytes[4096];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        continue;
    return n == 0;
}

/* A client that has shaken hands. */
static SSL *
join_tls(void)
{
    SSL *client = make_client(ctx, join(&tls_listener));
    char byte;

    for (int i = 0; i < 100 && SSL_do_handshake(client) != 1; i++)
        turns(1);
    turns(5);
    SSL_read(client, &byte, 1); /* the tickets */
    return client;
}

static void
leave(SSL *client)
{
    close(SSL_get_fd(client));
    SSL_free(client);
    turns(5);
}

/* ---- many at once ---- */

static unsigned
answered(const int *fds)
{
    unsigned n = 0;

    for (int i = 0; i < MANY; i++)
        n += waiting(fds[i]) > 0;
    return n;
}

static void
say_hello(const int *fds)
{
    uint8_t hello[HELLO_MAX];
    SSL *client = make_client(ctx, -1);
    size_t len = take_hello(client, hello);

    for (int i = 0; i < MANY; i++)
        put(fds[i], hello, len);
    SSL_free(client);
}

static void
leave_all(const int *fds)
{
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    turns(2 * MANY);
    is_int(net.count, 0, "all have left");
    is_int(net.buffered, 0, "and nothing is counted");
}

static void
test_share(void)
{
    int fds[MANY], plain = join(&plain_listener);
    unsigned before = 0, most = 0, served = 0, n = 0;
    char byte;

    for (int i = 0; i < MANY; i++)
        fds[i] = join(&tls_listener);
    turns(2);
    is_int(net.buffered, 0, "who says nothing costs nothing");
    say_hello(fds);
    while (before < MANY && n < 2 * MANY) {
        unsigned now;

        put(plain, "x", 1);
        turns(1);
        served += read(plain, &byte, 1) == 1;
        now = answered(fds);
        most = now - before > most ? now - before : most;
        before = now;
        n++;
    }
    is_int(before, MANY, "all hellos are answered");
    ok(most > 0 && most < MANY / 2, "of %d at most %u in a turn", MANY, most);
    is_int(served, n, "in each of %u turns somebody else is served", n);
    close(plain);
    leave_all(fds);
}

/* ---- time ---- */

static void
pass(int64_t ms)
{
    loop_set_clock(&loop, loop.clock_offset_ms + ms);
    turns(1);
}

static void
test_silence(void)
{
    int mute = join(&tls_listener), slow = join(&tls_listener);

    put(slow, "\x16", 1);
    pass(6000);
    put(slow, "\3", 1);
    pass(3000);
    ok(!is_gone(mute) && !is_gone(slow), "9 s are not too long");
    put(slow, "\1", 1);
    pass(2000);
    turns(1);
    ok(is_gone(mute), "11 s of silence are");
    ok(is_gone(slow), "so are 11 s for four bytes");
    close(mute);
    close(slow);
}

/* While they wait for us the clock stands still, up to a minute in all. */
static void
test_lateness(void)
{
    int fds[MANY];
    unsigned before;

    for (int i = 0; i < MANY; i++)
        fds[i] = join(&tls_listener);
    say_hello(fds);
    turns(1);
    before = answered(fds);
    ok(before < MANY, "most hellos wait");
    pass(30000);
    turns(2 * MANY);
    is_int(answered(fds), MANY, "30 s later they are answered all the same");
    turns(1);
    ok(net.count >= MANY - before - 1 && net.count <= MANY,
       "who waited for us has time left");
    pass(11000);
    turns(2);
    is_int(net.count, 0, "who says nothing then has not");
    leave_all(fds);

    for (int i = 0; i < MANY; i++)
        fds[i] = join(&tls_listener);
    say_hello(fds);
    turns(1);
    pass(61000);
    turns(2 * MANY);
    is_int(net.count, 0, "nor has who waited for a minute");
    leave_all(fds);
}

/* ---- memory ---- */

static void
test_memory(void)
{
    static const uint8_t head[] = {22, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3};
    int fds[MANY], plain = join(&plain_listener);
    unsigned gone = 0;
    char byte = 0;

    for (int i = 0; i < MANY; i++) {
        fds[i] = join(&tls_listener);
        put(fds[i], head, sizeof(head));
    }
    turns(2 * MANY);
    ok(net.buffered >= (size_t) MANY * HELD, "half hellos count: %zu",
       net.buffered);
    net.memory_limit = 10 * net.buffered / MANY;
    put(plain, "x", 1);
    turns(1);
    for (int i = 0; i < MANY; i++)
        gone += is_gone(fds[i]);
    is_int(gone, MANY - 10, "above memory_limit they are closed");
    ok(read(plain, &byte, 1) == 1 && byte == 'x', "others are served");
    close(plain);
    leave_all(fds);
    net.memory_limit = 0;
}

/* A handshake that is done holds nothing, nor does one that failed. */
static void
test_count(void)
{
    SSL *client = join_tls();
    int fd = join(&tls_listener);

    is_int(net.buffered, 0, "a client that has shaken hands holds nothing");
    put(fd, "GET / HTTP/1.1\r\n\r\n", 18);
    turns(3);
    is_int(net.buffered, 0, "nor does one that cannot");
    close(fd);
    leave(client);
    is_int(net.count, 0, "both are gone");
}

/* ---- nothing spins ---- */

/* Does a turn without anything to do wait, after some that are not told? */
static bool
rests(void)
{
    int64_t spent = 0;

    for (int i = 0; i < 50 && spent < 40; i++) {
        int64_t begin = clock_work_us();

        loop_turn(&loop, 50);
        spent = (clock_work_us() - begin) / 1000;
    }
    return spent >= 40;
}

static void
ask_for_keys(SSL *client)
{
    SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(client);
}

static void
test_deaf_client(void)
{
    SSL *client = join_tls();
    int fd = SSL_get_fd(client), before = -1;
    char bytes[256];
    bool echoed = false;

    for (int i = 0; i < 10000 && waiting(fd) != before; i++) {
        before = i % 10 == 0 ? waiting(fd) : -1;
        ask_for_keys(client);
        turns(1);
    }
    for (int i = 0; i < 1000; i++)
        ask_for_keys(client); /* these are not read */
    ok(rests(), "who asks for keys and does not read costs no time");
    for (int i = 0; i < 20000 && !echoed; i++) {
        SSL_write(client, "x", 1);
        echoed = SSL_read(client, bytes, sizeof(bytes)) > 0;
        turns(1);
    }
    ok(echoed, "when it reads, all goes on");
    leave(client);
    is_int(net.buffered, 0, "and nothing is counted");
}

static void
test_half_update(void)
{
    static const uint8_t update[] = {24, 0, 0, 1, 0};
    SSL *client = join_tls();
    int fd = SSL_get_fd(client);
    char byte = 0;

    send_record(fd, 0, update, 4);
    turns(2);
    buf_append(conn_out(opened_last), "x", 1);
    turns(1);
    ok(SSL_read(client, &byte, 1) < 0, "in the middle nothing can be written");
    ok(rests(), "what waits for the client to go on costs no time");
    is_int(net.buffered, 1, "but it counts");
    send_record(fd, 1, update + 4, 1);
    turns(3);
    ok(SSL_read(client, &byte, 1) == 1 && byte == 'x', "it is written then");
    is_int(net.buffered, 0, "and counts no more");
    leave(client);
}

int
main(void)
{
    struct tls *tls;

    scratch_init(&scratch);
    ctx = make_client_ctx(TLS1_3_VERSION);
    tls = tls_listener.tls = make_tls();
    loop_init(&loop, &scratch.log);
    net_init(&net, &loop, 1000);
    test_share();
    test_silence();
    test_lateness();
    test_memory();
    test_count();
    test_deaf_client();
    test_half_update();
    net_deinit(&net);
    loop_deinit(&loop);
    tls_destroy(tls);
    SSL_CTX_free(ctx);
    scratch_deinit(&scratch);
    return tap_done();
}
