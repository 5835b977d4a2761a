/*
 * The bus: frames that no process of ours sends are refused, wherever they
 * end; frames between two ends in one loop arrive whole and in order; a peer
 * that does not read costs no more than the bound.
 */
#include "event/bus.h"

#include <fcntl.h>
#include <msgpack.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/buf.h"
#include "core/core_conf.h"
#include "core/folders.h"
#include "core/mem.h"
#include "core/slots.h"
#include "guard.h"
#include "scratch.h"
#include "tap.h"

enum { BAD_TYPE = 13 }; /* of a frame that is as bad as one that is cut */

static struct scratch scratch;
static struct core_conf core;

/* One process: what it has heard. */
struct end {
    struct bus *bus;
    struct buf heard; /* the bodies, one after the other */
    unsigned frames;
    unsigned lost;
    struct bus_frame last; /* without its body */
};

static int
on_frame(void *arg, const struct bus_frame *f)
{
    struct end *e = arg;

    e->frames++;
    e->last = *f;
    e->last.body = (struct str){0};
    buf_append_str(&e->heard, f->body);
    return f->type == BAD_TYPE ? -1 : 0;
}

static void
on_lost(void *arg, struct place place)
{
    (void) place;
    ((struct end *) arg)->lost++;
}

static void
end_init(struct end *e, struct loop *loop, unsigned slot, int listen_fd,
         int dir)
{
    struct bus_handlers handlers = {e, on_frame, on_lost};
    struct place self = {.slot = (uint16_t) slot, .generation = slot + 7};

    *e = (struct end){0};
    e->bus = bus_create(loop, self, listen_fd, dir, &handlers);
}

static void
end_deinit(struct end *e)
{
    bus_destroy(e->bus);
    buf_deinit(&e->heard);
}

/* A few turns, without waiting. */
static void
turn(struct loop *loop, unsigned n)
{
    while (n-- > 0)
        loop_turn(loop, 0);
}

/* ---- bytes ---- */

static const uint8_t good[] = {0x94, 5,    0x93, 0,    2,   0xcd, 1,
                               4,    0xcf, 1,    2,    3,   4,    5,
                               6,    7,    8,    0xa3, 'a', 'b',  'c'};

static int
parse(const struct guard *g, const uint8_t *data, size_t len)
{
    struct bus_frame f;

    return bus_frame_parse(&f, guard_copy(g, data, len), len);
}

static void
test_parse(void)
{
    struct guard g = guard_create(4096);
    uint8_t bytes[sizeof(good) + 1];
    struct bus_frame f;
    unsigned taken = 0;

    is_int(bus_frame_parse(&f, good, sizeof(good)), 0, "a frame");
    ok(f.type == 5 && f.from.slot == 2 && f.from.generation == 0x104 &&
           f.session == 0x0102030405060708 && f.from.node == 0,
       "its head");
    ok(f.body.len == 4 && memcmp(f.body.data,
                                 "\xa3"
                                 "abc",
                                 4) == 0,
       "its body");
    for (size_t len = 0; len < sizeof(good); len++)
        taken += parse(&g, good, len) == 0;
    is_int(taken, 0, "none that is cut");
    memcpy(bytes, good, sizeof(good));
    bytes[sizeof(good)] = 0xc0;
    is_int(parse(&g, bytes, sizeof(bytes)), -1, "none with more behind it");
}

static void
test_hostile(void)
{
    static const struct {
        const char *what;
        const char *data;
        size_t len;
    } bad[] = {
#define BAD(what, text) {what, text, sizeof(text) - 1}
        BAD("a body of 2 GB", "\x94\x05\x93\0\x02\x07\x08\xdd\x7f\xff\xff"),
        BAD("a map of 4 G pairs",
            "\x94\x05\x93\0\x02\x07\x08\xdf\xff\xff\xff\xff"),
        BAD("three elements", "\x93\x05\x93\0\x02\x07\x08"),
        BAD("no body", "\x94\x05\x93\0\x02\x07\x08"),
        BAD("two bodies", "\x94\x05\x93\0\x02\x07\x08\xc0\xc0"),
        BAD("a place of two", "\x94\x05\x92\0\x02\x08\xc0"),
        BAD("a place that is a number", "\x94\x05\x00\x08\xc0"),
        BAD("a type below 0", "\x94\xff\x93\0\x02\x07\x08\xc0"),
        BAD("a type that is text", "\x94\xa1x\x93\0\x02\x07\x08\xc0"),
        BAD("a type above 32 bits",
            "\x94\xcf\0\0\0\x01\0\0\0\0\x93\0\x02\x07\x08\xc0"),
        BAD("a slot above the last", "\x94\x05\x93\0\xcd\x04\x01\x07\x08\xc0"),
        BAD("a node above 16 bits",
            "\x94\x05\x93\xce\0\x01\0\0\x02\x07\x08\xc0"),
        BAD("a session that is nil", "\x94\x05\x93\0\x02\x07\xc0\xc0"),
        BAD("the byte c1", "\x94\x05\x93\0\x02\x07\x08\xc1"),
#undef BAD
    };
    struct guard g = guard_create(4096);

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        is_int(parse(&g, (const uint8_t *) bad[i].data, bad[i].len), -1, "%s",
               bad[i].what);
}

/* ---- two ends ---- */

static void
test_two(struct loop *loop, const int fds[2], int dir)
{
    struct buf want = {0}, large = {0};
    struct end a = {0}, b = {0};

    end_init(&a, loop, 0, fds[0], dir);
    end_init(&b, loop, 1, fds[1], dir);
    bus_send(a.bus, place_here(1, 0), 3, 99, STR("\xa1x"));
    turn(loop, 4);
    ok(b.frames == 1 && b.last.type == 3 && b.last.session == 99,
       "a frame arrives");
    ok(b.last.from.slot == 0 && b.last.from.generation == 7,
       "and tells who sent it");
    is_int(a.frames, 0, "only there");

    bus_send(a.bus, place_here(0, 0), 4, 1, STR("\xa1y"));
    is_int(a.frames, 0, "one to oneself is not handled on the spot");
    turn(loop, 1);
    ok(a.frames == 1 && a.last.type == 4 && a.last.from.slot == 0,
       "but in the same turn");

    /* 200 frames of sizes up to 60 KB, in both directions. */
    b.frames = 0;
    b.heard.len = 0;
    buf_reserve(&large, 1 << 18);
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t n = i * 300;
        const uint8_t head[] = {0xc6, 0, (uint8_t) (n >> 16),
                                (uint8_t) (n >> 8), (uint8_t) n};

        large.len = 0;
        buf_append(&large, head, sizeof(head));
        memset(buf_reserve(&large, n), (int) i, n);
        large.len += n;
        if (want.len < 3 << 20) {
            bus_send(a.bus, place_here(1, 0), 5, i, buf_str(&large));
            buf_append_str(&want, buf_str(&large));
        } else {
            bus_send(b.bus, place_here(0, 0), 5, i, buf_str(&large));
        }
        if (i % 16 == 0)
            turn(loop, 3);
    }
    for (int i = 0; i < 10000 && a.frames + b.frames < 201; i++)
        turn(loop, 1);
    is_int(a.frames + b.frames, 201, "all arrive");
    ok(b.heard.len == want.len &&
           memcmp(b.heard.data, want.data, want.len) == 0,
       "whole and in order");
    is_int(a.lost + b.lost, 0, "none is lost");

    bus_peer_died(a.bus, place_here(1, 0));
    is_int(a.lost, 1, "a death loses what may have waited");
    bus_peer_died(a.bus, place_here(1, 0));
    is_int(a.lost, 1, "once");
    bus_send(a.bus, place_here(1, 0), 6, 1, STR("\xc0"));
    turn(loop, 4);
    is_int(b.last.type, 6, "the next frame makes a new connection");

    /* What a damaged row or session id says. */
    bus_send(a.bus, place_here(SLOT_COUNT, 0), 7, 1, STR("\xc0"));
    bus_send(a.bus, place_here(UINT16_MAX, 0), 7, 1, STR("\xc0"));
    bus_peer_died(a.bus, place_here(UINT16_MAX, 0));
    turn(loop, 4);
    ok(b.last.type == 6 && a.lost == 1, "slots that there are not");

    end_deinit(&b);
    turn(loop, 2);
    is_int(a.lost, 2, "the end of the other is noticed");
    buf_deinit(&want);
    buf_deinit(&large);
    end_deinit(&a);
}

/* Nobody accepts in slot 1: what is sent waits, up to the bound. */
static void
test_bound(struct loop *loop, const int fds[2], int dir)
{
    static uint8_t body[1 << 16] = {0xc5, 0xff, 0xfd};
    struct str piece = {(const char *) body, sizeof(body)};
    unsigned sent = 0;
    struct end a = {0}, b = {0};

    end_init(&a, loop, 0, fds[0], dir);
    while (a.lost == 0 && sent < 1000) {
        bus_send(a.bus, place_here(1, 0), 1, sent++, piece);
        turn(loop, 1);
    }
    is_int(a.lost, 1, "a queue over its bound is dropped");
    ok((size_t) sent * sizeof(body) > BUS_QUEUE_MAX &&
           (size_t) sent * sizeof(body) < 2 * (size_t) BUS_QUEUE_MAX,
       "at the bound: %u frames of 64 KB", sent);
    bus_send(a.bus, place_here(1, 0), 2, 1, STR("\xc0"));
    turn(loop, 1);
    end_init(&b, loop, 1, fds[1], dir);
    for (int i = 0; i < 10000 && b.last.type != 2; i++)
        turn(loop, 1);
    is_int(b.last.type, 2, "what is sent after that arrives");
    end_deinit(&b);
    end_deinit(&a);
}

/* All within a turn: who sends is not told before he is done. */
static void
test_bound_at_once(struct loop *loop, const int fds[2], int dir)
{
    static uint8_t body[1 << 16] = {0xc5, 0xff, 0xfd};
    struct str piece = {(const char *) body, sizeof(body)};
    struct end a = {0}, b = {0};

    end_init(&a, loop, 0, fds[0], dir);
    for (unsigned i = 0; i < 2 * BUS_QUEUE_MAX / sizeof(body); i++)
        bus_send(a.bus, place_here(1, 0), 1, i, piece);
    is_int(a.lost, 0, "a loss is not told to who sends");
    turn(loop, 1);
    is_int(a.lost, 1, "but in the same turn");
    bus_send(a.bus, place_here(1, 0), 2, 1, STR("\xc0"));
    end_init(&b, loop, 1, fds[1], dir);
    for (int i = 0; i < 10000 && b.last.type != 2; i++)
        turn(loop, 1);
    is_int(b.frames, 1, "nothing arrives of what was sent before");

    for (unsigned i = 0; i < 2 * BUS_QUEUE_MAX / sizeof(body); i++)
        bus_send(a.bus, place_here(1, 0), 1, i, piece);
    bus_peer_died(a.bus, place_here(1, 0));
    is_int(a.lost, 2, "nor is it told later than a death");
    turn(loop, 1);
    is_int(a.lost, 2, "and it is told once");
    end_deinit(&b);
    end_deinit(&a);
}

/* What a stranger could write into the socket. */
static void
test_stranger(struct loop *loop, const int fds[2], int dir)
{
    static const uint8_t noise[][8] = {
        {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 2, 0x94, 0xc1}};
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct end a = {0};
    char byte;

    end_init(&a, loop, 0, fds[0], dir);
    bus_socket_path(sun.sun_path, dir, 0);
    for (size_t i = 0; i < sizeof(noise) / sizeof(*noise); i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        size_t len = i == 2 ? 6 : 4;

        ok(connect(fd, (struct sockaddr *) &sun, sizeof(sun)) == 0 &&
               write(fd, noise[i], len) == (ssize_t) len,
           "noise %zu", i);
        for (int64_t until = loop->now_ms + 10000;
             recv(fd, &byte, 1, 0) < 0 && loop->now_ms < until;)
            loop_turn(loop, 100);
        is_int(recv(fd, &byte, 1, 0), 0, "is hung up on");
        close(fd);
    }
    is_int(a.frames, 0, "nothing of it is handled");
    end_deinit(&a);
}

/* What the handler does not understand: both ends begin anew. */
static void
test_bad(struct loop *loop, const int fds[2], int dir)
{
    struct end a, b;
    int64_t until;
    unsigned turns = 0;

    end_init(&a, loop, 0, fds[0], dir);
    end_init(&b, loop, 1, fds[1], dir);
    bus_send(b.bus, place_here(0, 0), 1, 1, STR("\xc0"));
    bus_send(a.bus, place_here(1, 0), 1, 1, STR("\xc0"));
    bus_send(a.bus, place_here(1, 0), BAD_TYPE, 1, STR("\xc0"));
    bus_send(a.bus, place_here(1, 0), 2, 1, STR("\xc0"));
    turn(loop, 8);
    is_int(b.last.type, BAD_TYPE, "nothing is taken from behind a bad frame");
    for (until = loop->now_ms + 10000;
         (a.lost == 0 || b.lost == 0) && loop->now_ms < until; turns++)
        loop_turn(loop, 1000);
    ok(a.lost == 1 && b.lost == 1, "both ends lose what may have waited");
    ok(turns < 20, "a little later: %u turns", turns);
    bus_send(a.bus, place_here(1, 0), 3, 1, STR("\xc0"));
    bus_send(b.bus, place_here(0, 0), 4, 1, STR("\xc0"));
    turn(loop, 8);
    ok(b.last.type == 3 && a.last.type == 4, "and go on");

    bus_send(a.bus, place_here(0, 0), BAD_TYPE, 1, STR("\xc0"));
    for (until = loop->now_ms + 10000; a.lost == 1 && loop->now_ms < until;)
        loop_turn(loop, 1000);
    is_int(a.lost, 2, "so does one that is bad to itself");
    end_deinit(&b);
    end_deinit(&a);
}

/* It accepts what is above the limit, and closes it: the frame is lost. */
static bool
is_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

/* Without descriptors: nothing spins, nothing is dropped. */
static void
test_exhaustion(struct loop *loop, const int fds[2], int dir)
{
    struct rlimit before, none;
    struct end a = {0}, b = {0};
    int64_t until;
    unsigned turns = 0;

    end_init(&a, loop, 0, fds[0], dir);
    end_init(&b, loop, 1, fds[1], dir);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    bus_send(a.bus, place_here(1, 0), 1, 1, STR("\xc0"));
    turn(loop, 1);
    setrlimit(RLIMIT_NOFILE, &before);
    is_int(a.lost, 0, "a frame without a descriptor for it waits");
    for (until = loop->now_ms + 10000; b.frames == 0 && loop->now_ms < until;
         turns++)
        loop_turn(loop, 1000);
    is_int(b.frames, 1, "and is sent a little later");
    ok(turns < 20, "after %u turns", turns);

    /* Now there is none for accept4(): the connection is there first. */
    bus_send(b.bus, place_here(0, 0), 2, 1, STR("\xc0"));
    loop_turn(loop, 0);
    setrlimit(RLIMIT_NOFILE, &none);
    loop_turn(loop, 0);
    for (turns = 0, until = loop->now_ms + 300; loop->now_ms < until; turns++)
        loop_turn(loop, 1000);
    setrlimit(RLIMIT_NOFILE, &before);
    ok(turns < 20, "a socket that cannot be accepted: %u turns", turns);
    for (until = loop->now_ms + 10000; a.frames == 0 && loop->now_ms < until;)
        loop_turn(loop, 1000);
    if (!is_valgrind())
        is_int(a.frames, 1, "is accepted a little later");
    end_deinit(&b);
    end_deinit(&a);
}

int
main(void)
{
    struct loop loop;
    char run[300];
    int fds[2], dir;

    scratch_init(&scratch);
    snprintf(run, sizeof(run), "%s/run", scratch.path);
    core.run_dir = run;
    test_parse();
    test_hostile();
    dir = folders_make_run(&core, &scratch.log);
    loop_init(&loop, &scratch.log);
    for (unsigned i = 0; i < 2; i++)
        fds[i] = bus_socket_bind(&core, dir, i, &scratch.log);
    ok(dir >= 0 && fds[0] >= 0 && fds[1] >= 0, "the sockets");
    test_two(&loop, fds, dir);
    test_bound(&loop, fds, dir);
    test_bound_at_once(&loop, fds, dir);
    test_stranger(&loop, fds, dir);
    test_bad(&loop, fds, dir);
    test_exhaustion(&loop, fds, dir);
    loop_deinit(&loop);
    for (unsigned i = 0; i < 2; i++)
        close(fds[i]);
    close(dir);
    scratch_deinit(&scratch);
    return tap_done();
}
