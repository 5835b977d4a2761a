#include "game/store/client.h"

#include <string.h>

#include <openssl/rand.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/slots.h"
#include "event/bus.h"
#include "event/loop.h"
#include "game/frames.h"

enum { CHAINS = 4096 };

/* An operation that is not answered yet. */
struct pending {
    struct list all;      /* in the order of asking */
    struct list waiting;  /* in that of the deadlines, if somebody waits */
    struct pending *next; /* in its hash chain */
    uint8_t id[STORE_OP_ID];
    int64_t asked_ms;
    int64_t deadline_ms;
    store_answer answer; /* NULL: nobody waits (any more) */
    void *arg;
    size_t len;
    uint8_t body[]; /* as encoded */
};

struct store_client {
    struct loop *loop;
    struct bus *bus;
    struct timer timer;
    int64_t timeout_ms;
    struct list all;
    struct list waiting;
    unsigned count;
    size_t bytes;              /* of all bodies */
    uint8_t seed[STORE_OP_ID]; /* random of this process; ids count it up */
    uint64_t asked;
    struct pending *chains[CHAINS];
};

/* Ids differ in their last bytes, or (those of desks) in their first. */
static unsigned
chain_of(const uint8_t id[STORE_OP_ID])
{
    uint32_t h = 2166136261u;

    for (unsigned i = 0; i < STORE_OP_ID; i++)
        h = (h ^ id[i]) * 16777619u;
    return (h ^ h >> 15) % CHAINS;
}

static void
next_id(struct store_client *client, uint8_t id[STORE_OP_ID])
{
    uint64_t n = client->asked++;

    /* big-endian and last: the rows of the ids lie side by side */
    memcpy(id, client->seed, STORE_OP_ID);
    for (int i = 1; i <= 6; i++, n >>= 8)
        id[STORE_OP_ID - i] = (uint8_t) n;
}

static struct pending *
find(struct store_client *client, const uint8_t id[STORE_OP_ID])
{
    struct pending *p = client->chains[chain_of(id)];

    while (p != NULL && memcmp(p->id, id, STORE_OP_ID) != 0)
        p = p->next;
    return p;
}

static void
forget(struct store_client *client, struct pending *p)
{
    struct pending **at = &client->chains[chain_of(p->id)];

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    list_remove(&p->all);
    list_remove(&p->waiting);
    client->count--;
    client->bytes -= p->len;
    mem_free(p);
}

static void
send_again(struct store_client *client, const struct pending *p)
{
    struct str body = {(const char *) p->body, p->len};

    bus_send(client->bus, place_here(SLOT_STORE, 0), FRAME_OP, 0, body);
}

/* The oldest that somebody still waits for is due first. */
static void
set_timer(struct store_client *client)
{
    if (list_is_empty(&client->waiting))
        return;
    timer_set(
        &client->loop->timers, &client->timer,
        LIST_ITEM(client->waiting.next, struct pending, waiting)->deadline_ms);
}

/* From now on this one waits; NULL: nobody. */
static void
wait_for(struct store_client *client, struct pending *p, store_answer answer,
         void *arg)
{
    p->answer = answer;
    p->arg = arg;
    p->deadline_ms = client->loop->now_ms + client->timeout_ms;
    list_remove(&p->waiting);
    if (answer == NULL)
        return;
    list_append(&client->waiting, &p->waiting);
    if (!timer_is_set(&client->timer))
        set_timer(client);
}

static void
timed_out(struct timer *t)
{
    static const struct store_result late = {.code = STORE_INTERNAL};
    struct store_client *client = LIST_ITEM(t, struct store_client, timer);
    unsigned n = 0;

    /* an answer may ask and cancel: whoever is first then */
    while (!list_is_empty(&client->waiting)) {
        struct pending *p = LIST_ITEM(client->waiting.next, struct pending,
                                      waiting);
        store_answer answer = p->answer;

        if (p->deadline_ms > client->loop->now_ms)
            break;
        wait_for(client, p, NULL, p->arg);
        answer(p->arg, &late);
        n++;
    }
    if (n != 0)
        log_write(client->loop->log, LOG_ERR, 0,
                  "the store did not answer %u operations in time", n);
    set_timer(client);
}

struct store_client *
store_client_create(struct loop *loop, uint64_t timeout_ms)
{
    struct store_client *client = mem_zalloc(sizeof(*client));

    client->loop = loop;
    client->timeout_ms = (int64_t) timeout_ms;
    client->timer.fire = timed_out;
    list_init(&client->all);
    list_init(&client->waiting);
    if (RAND_bytes(client->seed, sizeof(client->seed)) != 1) {
        mem_free(client);
        return NULL;
    }
    return client;
}

void
store_client_destroy(struct store_client *client)
{
    if (client == NULL)
        return;
    while (!list_is_empty(&client->all))
        forget(client, LIST_ITEM(client->all.next, struct pending, all));
    timer_clear(&client->loop->timers, &client->timer);
    mem_free(client);
}

void
store_client_set_bus(struct store_client *client, struct bus *bus)
{
    client->bus = bus;
}

static void
keep(struct store_client *client, const struct store_op *op, struct str body,
     store_answer answer, void *arg)
{
    struct pending *p = mem_alloc(sizeof(*p) + body.len);
    struct pending **chain = &client->chains[chain_of(op->id)];

    memcpy(p->id, op->id, STORE_OP_ID);
    p->asked_ms = client->loop->now_ms;
    p->len = body.len;
    memcpy(p->body, body.data, body.len);
    p->next = *chain;
    *chain = p;
    list_append(&client->all, &p->all);
    list_init(&p->waiting);
    client->count++;
    client->bytes += p->len;
    wait_for(client, p, answer, arg);
}

/* The id is set. */
static void
ask(struct store_client *client, struct store_op *op, bool is_kept,
    store_answer answer, void *arg)
{
    static const struct store_result full = {.code = STORE_INTERNAL};
    struct buf body = {0};

    if (is_kept && (client->count >= STORE_PENDING_MAX ||
                    client->bytes >= STORE_PENDING_BYTES)) {
        if (answer != NULL)
            answer(arg, &full);
        return;
    }
    op->time_ms = clock_wall_ms();
    store_op_encode(&body, op);
    if (is_kept)
        keep(client, op, buf_str(&body), answer, arg);
    bus_send(client->bus, place_here(SLOT_STORE, 0), FRAME_OP, 0,
             buf_str(&body));
    buf_deinit(&body);
}

void
store_client_ask(struct store_client *client, struct store_op *op,
                 store_answer answer, void *arg)
{
    next_id(client, op->id);
    ask(client, op, answer != NULL, answer, arg);
}

void
store_client_ask_as(struct store_client *client, struct store_op *op,
                    store_answer answer, void *arg)
{
    struct pending *p = find(client, op->id);

    if (p == NULL) {
        ask(client, op, true, answer, arg);
        return;
    }
    wait_for(client, p, answer, arg);
    send_again(client, p);
}

void
store_client_cancel(struct store_client *client, const uint8_t id[STORE_OP_ID])
{
    struct pending *p = find(client, id);

    if (p != NULL)
        wait_for(client, p, NULL, NULL);
}

int
store_client_result(struct store_client *client, struct str body)
{
    struct store_result result;
    uint8_t id[STORE_OP_ID];
    const char *why = store_result_decode(id, &result, body);
    struct pending *p;
    store_answer answer;
    void *arg;

    if (why != NULL) {
        log_limited(client->loop->log, LOG_ALERT, 0,
                    "the store sent a bad result: %s", why);
        return -1;
    }
    p = find(client, id);
    if (p == NULL)
        return 0; /* sent twice, answered twice */
    answer = p->answer;
    arg = p->arg;
    forget(client, p);
    if (answer != NULL)
        answer(arg, &result);
    return 0;
}

void
store_client_lost(struct store_client *client)
{
    if (client->count != 0)
        log_write(client->loop->log, LOG_NOTICE, 0,
                  "sending %u operations to the store again", client->count);
    LIST_EACH (l, &client->all)
        send_again(client, LIST_ITEM(l, struct pending, all));
}

int64_t
store_client_silent_ms(const struct store_client *client)
{
    if (list_is_empty(&client->all))
        return 0;
    return client->loop->now_ms -
           LIST_ITEM(client->all.next, struct pending, all)->asked_ms;
}
