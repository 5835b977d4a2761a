/*
 * Who asks the store: each operation is kept until it is answered, answered
 * once to who asked last, and sent again in the order of asking.  The store
 * is this test, at the other end of a bus that leads back here.
 */
#include "game/store/client.h"

#include <string.h>

#include "core/core_conf.h"
#include "core/folders.h"
#include "core/slots.h"
#include "event/bus.h"
#include "event/loop.h"
#include "game/frames.h"
#include "scratch.h"
#include "tap.h"

enum { TIMEOUT_MS = 1000, OPS = 64 };

static struct scratch scratch;

/* What the store has heard, in that order. */
struct heard {
    struct store_op ops[OPS];
    unsigned n;
};

static struct loop loop;
static struct bus *bus;
static struct store_client *client;
static struct heard heard;

static int
on_frame(void *arg, const struct bus_frame *f)
{
    (void) arg;
    if (f->type == FRAME_OP && heard.n < OPS &&
        store_op_decode(&heard.ops[heard.n], f->body) == NULL)
        heard.n++;
    return 0;
}

static void
on_lost(void *arg, struct place place)
{
    (void) arg;
    (void) place;
}

/* A turn at the time that the test has it. */
static void
turn(void)
{
    int64_t now_ms = loop.now_ms;

    heard.n = 0;
    loop_turn(&loop, 0);
    loop.now_ms = now_ms;
}

/* The desks of what was heard, as a text: "1 2 3". */
static const char *
desks(void)
{
    static char text[OPS * 8];
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < heard.n; i++)
        len += (size_t) snprintf(
            text + len, sizeof(text) - len, "%s%llu", i ? " " : "",
            (unsigned long long) heard.ops[i].close_desk.desk_uid);
    return text;
}

/* Lets time pass for the timers, and only for them. */
static void
pass(int64_t ms)
{
    loop.now_ms += ms;
    timers_expire(&loop.timers, loop.now_ms);
}

/* ---- who waits ---- */

struct asker {
    unsigned answers;
    struct store_result last;
    unsigned asks; /* so often it asks again when it is late */
    uint64_t desk;
    uint64_t cancels; /* this one, when it is answered */
};

static void answered(void *arg, const struct store_result *result);

static void
op_id(uint8_t id[STORE_OP_ID], uint64_t desk)
{
    store_desk_op_id(id, desk, STORE_CLOSE_DESK, 0);
}

static void
ask(struct asker *asker, uint64_t desk)
{
    struct store_op op = {.kind = STORE_CLOSE_DESK,
                          .close_desk = {.desk_uid = desk, .refund = true}};

    if (asker != NULL)
        asker->desk = desk;
    op_id(op.id, desk);
    store_client_ask_as(client, &op, asker != NULL ? answered : NULL, asker);
}

static void
cancel(uint64_t desk)
{
    uint8_t id[STORE_OP_ID];

    op_id(id, desk);
    store_client_cancel(client, id);
}

static void
answered(void *arg, const struct store_result *result)
{
    struct asker *asker = arg;

    asker->answers++;
    asker->last = *result;
    if (asker->cancels != 0)
        cancel(asker->cancels);
    if (result->code == STORE_INTERNAL && asker->asks > 0) {
        asker->asks--;
        ask(asker, asker->desk);
    }
}

static void
answer(uint64_t desk, int64_t value)
{
    struct store_result result = {.uid = desk, .value = value};
    struct buf out = {0};
    uint8_t id[STORE_OP_ID];

    op_id(id, desk);
    store_result_encode(&out, id, &result);
    store_client_result(client, buf_str(&out));
    buf_deinit(&out);
}

/* ---- tests ---- */

static void
test_once(void)
{
    struct asker a = {0}, b = {0};
    uint8_t id[STORE_OP_ID];

    ask(&a, 1);
    turn();
    op_id(id, 1);
    ok(heard.n == 1 && memcmp(heard.ops[0].id, id, STORE_OP_ID) == 0 &&
           heard.ops[0].time_ms > 0 && heard.ops[0].close_desk.refund,
       "it is sent by the id of the asker");
    answer(1, 7);
    ok(a.answers == 1 && a.last.value == 7, "and answered");
    answer(1, 7);
    is_int(a.answers, 1, "once");

    ask(&a, 2);
    ask(&b, 2);
    turn();
    is_str(desks(), "2 2", "asked again while it is pending: sent again");
    is_int(heard.ops[1].time_ms, heard.ops[0].time_ms, "... as it was");
    answer(2, 8);
    ok(a.answers == 1 && b.answers == 1 && b.last.value == 8,
       "... the one who asked last has the answer");
    turn();
    store_client_lost(client);
    turn();
    is_int(heard.n, 0, "nothing is pending");
}

static void
test_late(void)
{
    struct asker a = {.asks = 1}, b = {0}, c = {0};

    ask(&a, 1);
    pass(TIMEOUT_MS / 2);
    ask(&b, 2);
    turn();
    scratch_forget(&scratch);
    pass(TIMEOUT_MS / 2);
    ok(a.answers == 1 && a.last.code == STORE_INTERNAL && b.answers == 0,
       "late is who asked first");
    ok(scratch_said(&scratch, "did not answer 1 operations in time"),
       "... it is said");
    turn();
    is_str(desks(), "1", "... he asks again by the same id");
    pass(TIMEOUT_MS / 2);
    ok(a.answers == 1 && b.answers == 1 && b.last.code == STORE_INTERNAL,
       "then the other");
    ask(&c, 3);
    turn();
    store_client_lost(client);
    turn();
    is_str(desks(), "1 2 3",
           "all are sent to a new store, in the order they were asked first");
    pass(TIMEOUT_MS / 2);
    ok(a.answers == 2 && c.answers == 0, "the second time is as long");
    answer(1, 4);
    answer(2, 5);
    answer(3, 6);
    ok(a.answers == 2 && b.answers == 1,
       "an answer that comes late is for nobody");
    ok(c.answers == 1 && c.last.value == 6, "another is");
    pass(10 * TIMEOUT_MS);
    is_int(a.answers + b.answers + c.answers, 4, "that is all");
}

static void
test_cancel(void)
{
    struct asker a = {.cancels = 2}, b = {0}, c = {0};

    ask(&a, 1);
    ask(&b, 2);
    ask(&c, 3);
    ask(NULL, 4);
    turn();
    is_str(desks(), "1 2 3 4", "four, one for nobody");
    cancel(3);
    cancel(99);
    pass(TIMEOUT_MS);
    is_int(a.answers, 1, "one is late");
    is_int(b.answers, 0, "the next was cancelled by his answer");
    is_int(c.answers, 0, "the third before");
    turn();
    store_client_lost(client);
    turn();
    is_str(desks(), "1 2 3 4", "all are pending as before");
    ask(&b, 3);
    for (uint64_t i = 1; i <= 4; i++)
        answer(i, 1);
    ok(a.answers == 1 && b.answers == 1 && c.answers == 0,
       "who asks after a cancel is answered");
    turn();
    store_client_lost(client);
    turn();
    is_int(heard.n, 0, "nothing is pending");
}

/* Many desks: their ids end alike. */
static void
test_many(void)
{
    static struct asker all[STORE_PENDING_MAX + 1];
    unsigned answers = 0, wrong = 0;

    for (uint64_t i = 0; i < STORE_PENDING_MAX; i++)
        ask(&all[i], i * UINT64_C(0x9e3779b97f4a7c15) + 1);
    turn();
    is_int(all[0].answers, 0, "as many as there may be");
    ask(&all[STORE_PENDING_MAX], 5);
    ok(all[STORE_PENDING_MAX].last.code == STORE_INTERNAL &&
           all[STORE_PENDING_MAX].answers == 1,
       "one more is refused at once");
    ask(NULL, 6);
    ask(&all[STORE_PENDING_MAX], 1);
    turn();
    is_str(desks(), "1", "but not one that is among them");
    for (uint64_t i = 0; i < STORE_PENDING_MAX; i++)
        answer(i * UINT64_C(0x9e3779b97f4a7c15) + 1, (int64_t) i);
    for (unsigned i = 1; i < STORE_PENDING_MAX; i++) {
        answers += all[i].answers;
        wrong += all[i].last.value != i;
    }
    is_int(answers, STORE_PENDING_MAX - 1, "each has its answer");
    is_int(wrong, 0, "... its own");
    is_int(all[STORE_PENDING_MAX].answers, 2, "... also that one");
}

/* Long ones are bounded by their bytes: as many as there may be of others
 * must not fill the way to the store. */
static void
test_long(void)
{
    static struct asker all[STORE_PENDING_MAX];
    struct store_op op = {.kind = STORE_SAVE_ROUND};
    unsigned n = 0;

    op.save_round.events.blob.len = STORE_EVENTS;
    while (n < STORE_PENDING_MAX && (n == 0 || all[n - 1].answers == 0)) {
        store_desk_op_id(op.id, ++n, op.kind, 1);
        store_client_ask_as(client, &op, answered, &all[n - 1]);
    }
    ok(n > STORE_PENDING_BYTES / (STORE_EVENTS + 128) &&
           n <= STORE_PENDING_BYTES / STORE_EVENTS + 1 &&
           all[n - 1].last.code == STORE_INTERNAL,
       "the %uth of the longest is refused at once", n);
    for (unsigned i = 1; i <= n; i++) {
        struct store_result result = {.value = (int64_t) i};
        uint8_t id[STORE_OP_ID];
        struct buf out = {0};

        store_desk_op_id(id, i, STORE_SAVE_ROUND, 1);
        store_result_encode(&out, id, &result);
        store_client_result(client, buf_str(&out));
        buf_deinit(&out);
    }
    is_int(all[n - 2].last.value, n - 1, "... the others are answered");
    ask(&all[n - 1], 1);
    is_int(all[n - 1].answers, 1, "... and there is room again");
    answer(1, 1);
}

int
main(void)
{
    struct bus_handlers handlers = {.frame = on_frame, .lost = on_lost};
    struct place self = {.slot = SLOT_STORE, .generation = 1};
    struct core_conf core = {0};
    char run[300];
    int dir, fd;

    scratch_init(&scratch);
    snprintf(run, sizeof(run), "%s/run", scratch.path);
    core.run_dir = run;
    dir = folders_make_run(&core, &scratch.log);
    loop_init(&loop, &scratch.log);
    fd = bus_socket_bind(&core, dir, SLOT_STORE, &scratch.log);
    client = store_client_create(&loop, TIMEOUT_MS);
    bus = bus_create(&loop, self, fd, dir, &handlers);
    store_client_set_bus(client, bus);
    test_once();
    test_late();
    test_cancel();
    test_many();
    test_long();
    store_client_destroy(client);
    bus_destroy(bus);
    loop_deinit(&loop);
    close(fd);
    close(dir);
    scratch_deinit(&scratch);
    return tap_done();
}
