/*
 * The life of a worker: a loop with clients, the bus and the channel to the
 * master on it.
 */
#include "auto_config.h"

#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/channel.h"
#include "core/env.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/title.h"
#include "event/bus.h"
#include "event/conn.h"
#include "event/conn_counts.h"
#include "event/loop.h"
#include "event/rates.h"
#include "game/frames.h"
#include "game/game.h"
#include "game/store/accounts.h"
#include "game/store/client.h"
#include "game/store/shared.h"
#include "http/http.h"
#include "process.h"

enum {
    QUIT_MS = 10000, /* to flush, when worker_shutdown_timeout is not set */
    ORPHAN_MS = 1000 /* to flush, when the master is dead */
};

struct worker {
    struct process *self;
    struct config *config;
    struct loop loop;
    struct net net;
    struct child_process child; /* channel and signals */
    struct env shared;
    struct env store;
    struct bus *bus;
    struct store_client *store_client;
    struct rates *rates;
    struct game game;
    struct http http;
    struct place place;
    struct acceptor *game_acceptor;
    struct acceptor *http_acceptor;
    struct {
        struct acceptor *game;
        struct acceptor *http;
    } serving[SLOT_WORKERS]; /* by index, for workers that are away */
    struct timer deadline;   /* of a stop: end whatever is left */
    struct task look;        /* while stopping: is anything left? */
    struct task check;       /* do the environments still serve us? */
    bool stopping;
    bool draining;
    bool accepts;
};

/* ---- listeners ---- */

static void
set_service(struct listener *list, const struct conn_ops *ops, void *service)
{
    for (struct listener *l = list; l != NULL; l = l->next) {
        l->entry.ops = ops;
        l->entry.service = service;
        l->entry.out_limit = 1 << 20;
    }
}

static struct acceptor *
accept_from(struct worker *w, struct listener *list, unsigned index)
{
    return acceptor_create(&w->net, list, index, w->self->workers,
                           w->config->multi_accept);
}

static void
start_accepting(struct worker *w)
{
    w->game_acceptor = accept_from(w, w->config->game.listeners,
                                   w->self->index);
    w->http_acceptor = accept_from(w, w->config->http.listeners,
                                   w->self->index);
    w->accepts = true;
}

static void
stop_accepting(struct worker *w)
{
    acceptor_destroy(w->game_acceptor);
    acceptor_destroy(w->http_acceptor);
    w->game_acceptor = w->http_acceptor = NULL;
    for (unsigned i = 0; i < SLOT_WORKERS; i++) {
        acceptor_destroy(w->serving[i].game);
        acceptor_destroy(w->serving[i].http);
        w->serving[i].game = w->serving[i].http = NULL;
    }
    w->accepts = false;
    listeners_leave(w->config->game.listeners);
    listeners_leave(w->config->http.listeners);
}

static void
serve_for(struct worker *w, unsigned index, bool on)
{
    if (index >= SLOT_WORKERS)
        return;
    if (!on) {
        acceptor_destroy(w->serving[index].game);
        acceptor_destroy(w->serving[index].http);
        w->serving[index].game = w->serving[index].http = NULL;
    } else if (w->accepts && w->serving[index].game == NULL) {
        w->serving[index].game = accept_from(w, w->config->game.listeners,
                                             index);
        w->serving[index].http = accept_from(w, w->config->http.listeners,
                                             index);
    }
}

/* ---- the bus ---- */

/* A session of this worker is kicked or closed, with the reason in f. */
static int
send_away(struct worker *w, const struct bus_frame *f,
          void (*how)(struct session *s, const char *reason))
{
    struct session *s = session_find(&w->game, f->session);
    char reason[128];

    if (frame_text(f->body, reason, sizeof(reason)) != 0)
        return -1;
    if (s != NULL)
        how(s, reason);
    return 0;
}

static int
frame(void *arg, const struct bus_frame *f)
{
    struct worker *w = arg;

    switch (f->type) {
    case FRAME_KICK:
        return fail_point_drop("kick frame") ? 0
                                             : send_away(w, f, session_oust);
    case FRAME_CLOSE:
        return send_away(w, f, session_close);
    case FRAME_OP_RESULT:
        return store_client_result(w->store_client, f->body);
    case FRAME_BOUND:
    case FRAME_RESUME:
    case FRAME_ITEMS:
    case FRAME_MOVED:
    case FRAME_LOST:
    case FRAME_END_SEEN:
    case FRAME_ADOPT:
        return game_frame(&w->game, f);
    default:
        log_limited(w->loop.log, LOG_ALERT, 0,
                    "frame of unknown type %u from slot %u", f->type,
                    f->from.slot);
        return -1;
    }
}

static void
lost(void *arg, struct place place)
{
    struct worker *w = arg;

    if (place_is_same_slot(place, place_here(SLOT_STORE, 0)))
        store_client_lost(w->store_client);
    else
        game_lost(&w->game, place);
}

/* ---- stopping ---- */

static void
deadline_passed(struct timer *t)
{
    LIST_ITEM(t, struct worker, deadline)->loop.stop = true;
}

static void
look_whether_done(struct task *t)
{
    struct worker *w = LIST_ITEM(t, struct worker, look);

    if (w->net.count == 0 && (w->stopping || !game_is_needed(&w->game)))
        w->loop.stop = true;
}

/* Ends when the last client is gone, or after ms (0: no matter how long). */
static void
end_within(struct worker *w, uint64_t ms)
{
    if (ms != 0)
        timer_set(&w->loop.timers, &w->deadline,
                  w->loop.now_ms + (int64_t) ms);
    if (list_is_empty(&w->look.link))
        loop_on_finish(&w->loop, &w->look);
}

static void
stop(struct worker *w, const char *reason, uint64_t ms)
{
    if (w->stopping)
        return;
    w->stopping = true;
    title_set("worker process is shutting down");
    stop_accepting(w);
    game_close_all(&w->game, reason);
    http_drain(&w->http);
    end_within(w, ms);
}

static void
drain(struct worker *w)
{
    uint64_t ms = w->config->core.shutdown_timeout_ms;

    if (w->stopping || w->draining)
        return;
    w->draining = true;
    title_set("worker process is shutting down");
    stop_accepting(w);
    game_drain(&w->game);
    http_drain(&w->http);
    end_within(w, ms);
}

static void
told(struct child_process *child, const struct channel_message *m)
{
    struct worker *w = LIST_ITEM(child, struct worker, child);
    uint64_t quit_ms = w->config->core.shutdown_timeout_ms;

    switch (m->type) {
    case CHANNEL_STOP:
        w->loop.stop = true;
        break;
    case CHANNEL_QUIT:
        stop(w, "the server stops", quit_ms ? quit_ms : QUIT_MS);
        break;
    case CHANNEL_DRAIN:
        drain(w);
        break;
    case CHANNEL_DEATH:
        bus_peer_died(w->bus, place_here(m->slot, 0));
        if (m->generation != 0) /* else nobody knows it by name */
            game_died(&w->game, place_here(m->slot, m->generation));
        break;
    case CHANNEL_SERVE:
        serve_for(w, (unsigned) m->value, true);
        break;
    case CHANNEL_UNSERVE:
        serve_for(w, (unsigned) m->value, false);
        break;
    default:
        break;
    }
}

static void
orphaned(struct child_process *child)
{
    struct worker *w = LIST_ITEM(child, struct worker, child);

    stop(w, "the server stops", ORPHAN_MS);
    timer_set(&w->loop.timers, &w->deadline, w->loop.now_ms + ORPHAN_MS);
}

/* ---- beginning and end ---- */

static void
check(struct task *t)
{
    struct worker *w = LIST_ITEM(t, struct worker, check);

    child_process_check(&w->child, &w->shared, &w->store);
}

static int
open_environments(struct worker *w)
{
    struct log *log = w->loop.log;
    const struct config *config = w->config;
    struct process *self = w->self;

    if (shared_open(&w->shared, config->shared.path, config->shared.size,
                    log) != 0 ||
        store_open(&w->store, config->store.path, config->store.size, false,
                   log) != 0)
        return -1;
    loop_set_clock(&w->loop, w->shared.clock_offset_ms);
    w->place.slot = (uint16_t) self->slot;
    return shared_slot_claim(&w->shared, w->place.slot, (uint32_t) getpid(),
                             &w->place.generation);
}

/* Each client is a descriptor, and there may be less of them. */
static int
limit_connections(struct worker *w)
{
    unsigned wanted = w->config->worker_connections;
    int spare = child_process_spare_files(w->self, w->loop.log);

    if (spare < 0)
        return -1;
    if (spare >= (int) wanted)
        return 0;
    w->net.max = (unsigned) spare;
    if (w->self->index == 0) /* the others would say the same */
        log_write(w->loop.log, LOG_WARN, 0,
                  "the limit of open files leaves room for %d of %u "
                  "worker_connections; see \"worker_rlimit_nofile\"",
                  spare, wanted);
    return 0;
}

static int
init(struct worker *w)
{
    struct loop *loop = &w->loop;
    struct bus_handlers handlers = {.arg = w, .frame = frame, .lost = lost};

    if (loop_init(loop, w->self->log) != 0)
        return -1;
    loop->tick_ms = &w->self->pages[w->self->slot].tick_ms;
    if (open_environments(w) != 0)
        return -1;
    fail_point("worker claim after");
    atomic_store(&w->self->pages[w->self->slot].generation,
                 w->place.generation);
    w->store_client = store_client_create(loop,
                                          w->config->store.store_timeout_ms);
    if (w->store_client == NULL ||
        child_process_init(&w->child, loop, w->self, told, orphaned) != 0)
        return -1;
    /* behind the commits, but before anything leaves of what they undo */
    w->check.run = check;
    loop_on_finish(loop, &w->check);
    /* before the bus, which then writes what the end of a connection says */
    net_init(&w->net, loop, w->config->worker_connections);
    w->net.counts = conn_counts_create();
    w->rates = rates_create();
    if (w->net.counts == NULL || w->rates == NULL) {
        log_write(loop->log, LOG_EMERG, 0, "no random bytes available");
        return -1;
    }
    w->net.memory_limit = w->config->core.memory_limit;
    w->bus = bus_create(loop, w->place, w->self->bus_fd, w->self->bus_dir,
                        &handlers);
    store_client_set_bus(w->store_client, w->bus);
    w->game = (struct game){.conf = &w->config->game,
                            .log = loop->log,
                            .loop = loop,
                            .net = &w->net,
                            .shared = &w->shared,
                            .store = &w->store,
                            .store_client = w->store_client,
                            .bus = w->bus,
                            .token_keys = &w->config->token_keys,
                            .rates = w->rates,
                            .pages = w->self->pages,
                            .hand = &w->self->pages[w->self->slot].hand,
                            .journal = w->config->shared.journal,
                            .journal_keep = w->config->shared.journal_keep,
                            .place = w->place};
    w->http = (struct http){.conf = &w->config->http,
                            .game = &w->game,
                            .game_conf = &w->config->game,
                            .log = loop->log,
                            .loop = loop,
                            .net = &w->net,
                            .shared = &w->shared,
                            .store = &w->store,
                            .store_client = w->store_client,
                            .token_keys = &w->config->token_keys,
                            .rates = w->rates};
    set_service(w->config->game.listeners, &game_conn_ops, &w->game);
    set_service(w->config->http.listeners, &http_conn_ops, &w->http);
    w->deadline.fire = deadline_passed;
    w->look.run = look_whether_done;
    list_init(&w->look.link);
    http_init(&w->http);
    if (game_init(&w->game) != 0)
        return -1;
    atomic_store(&w->self->pages[w->self->slot].adopts,
                 game_conf_adopts(&w->config->game));
    return limit_connections(w);
}

static void
deinit(struct worker *w)
{
    if (w->accepts)
        stop_accepting(w);
    net_deinit(&w->net);
    game_deinit(&w->game);
    http_deinit(&w->http);
    conn_counts_destroy(w->net.counts);
    rates_destroy(w->rates);
    bus_destroy(w->bus);
    store_client_destroy(w->store_client);
    child_process_deinit(&w->child);
    shared_slot_release(&w->shared, w->place);
    env_close(&w->shared);
    env_close(&w->store);
    timer_clear(&w->loop.timers, &w->deadline);
    loop_deinit(&w->loop);
}

int
worker_main(void *daemon, struct process *self, struct core_conf *core)
{
    struct worker *w = mem_zalloc(sizeof(*w));
    int status;

    (void) daemon; /* all that a worker needs is in its configuration */
    w->self = self;
    w->config = (struct config *) core;
    if (init(w) != 0) {
        status = child_process_failed(self, &w->shared, &w->store);
        mem_free(w);
        return status;
    }
    start_accepting(w);
    child_process_ready(&w->child, w->place.generation);
    loop_run(&w->loop);
    deinit(w);
    mem_free(w);
    return 0;
}
