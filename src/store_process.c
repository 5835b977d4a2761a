/*
 * The life of the store process: the only writer of the durable store.  It
 * drains the operations that wait, applies them in one transaction, commits,
 * and answers only then.  Beside that it keeps shared memory tidy: what dead
 * processes left is swept in slices, so that a turn stays short.  Once a
 * minute it writes down how many are there, and closes the records of desks
 * that are no more.
 */
#include "auto_config.h"

#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/channel.h"
#include "core/clock.h"
#include "core/env.h"
#include "core/fail_point.h"
#include "core/lockfile.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/title.h"
#include "event/bus.h"
#include "event/loop.h"
#include "game/frames.h"
#include "game/store/accounts.h"
#include "game/store/journal.h"
#include "game/store/online.h"
#include "game/store/op.h"
#include "game/store/records_sweep.h"
#include "game/store/shared.h"
#include "process.h"

enum {
    BATCH = 512, /* operations of one transaction */
    SWEEPS = 64, /* deaths whose leftovers wait */
    SECOND_MS = 1000,
    READER_BEHIND = 10000, /* transactions: a reader that stands still */
    ORPHAN_WAIT_MS = 3000,
    MINUTE_MS = 60000
};

/* An operation that came over the bus, and where its answer goes. */
struct asked {
    struct place from;
    struct store_op op;
};

struct store_process {
    struct process *self;
    struct config *config;
    struct loop loop;
    struct child_process child;
    struct env shared;
    struct env store;
    struct bus *bus;
    struct asked *asked; /* in the order they came */
    size_t asked_count;
    size_t asked_cap;
    struct store_op *ops; /* BATCH of each, for a commit */
    struct store_result *results;
    struct timer commit_timer;
    int64_t next_commit_ms; /* not before */
    struct task commit;     /* at the end of a turn, before the bus writes */
    struct task again;      /* more waits than one batch */
    struct shared_sweep sweeps[SWEEPS];
    unsigned sweep_count;
    bool missed; /* the slot of one that died could not be released */
    struct task sweep;
    struct task purge;
    struct task discard;
    struct task close;
    struct records_sweep closing; /* how far close has come */
    struct timer second;
    struct timer orphan;
    int64_t minute_ms; /* the next time */
    int64_t orphan_until_ms;
    bool full_said[2];
};

/* ---- operations ---- */

static int
take_op(struct store_process *sp, const struct bus_frame *f)
{
    struct asked *a;
    const char *why;

    if (sp->asked_count == sp->asked_cap) {
        sp->asked_cap = sp->asked_cap ? sp->asked_cap * 2 : BATCH;
        sp->asked = mem_realloc(sp->asked, sp->asked_cap * sizeof(*sp->asked));
    }
    a = &sp->asked[sp->asked_count];
    why = store_op_decode(&a->op, f->body);
    if (why != NULL) {
        log_limited(sp->loop.log, LOG_ALERT, 0,
                    "slot %u sent a bad operation: %s", f->from.slot, why);
        return -1;
    }
    a->from = f->from;
    sp->asked_count++;
    return 0;
}

static void
answer(struct store_process *sp, const struct asked *a,
       const struct store_result *result)
{
    struct buf body = {0};

    if (!store_kind_is_awaited(a->op.kind))
        return;
    fail_point("store answer before");
    store_result_encode(&body, a->op.id, result);
    bus_send(sp->bus, a->from, FRAME_OP_RESULT, 0, buf_str(&body));
    buf_deinit(&body);
}

static void
commit_batch(struct store_process *sp)
{
    size_t n = sp->asked_count < BATCH ? sp->asked_count : BATCH;

    for (size_t i = 0; i < n; i++)
        sp->ops[i] = sp->asked[i].op;
    fail_point("store commit before");
    store_commit(&sp->store, sp->ops, sp->results, n);
    fail_point("store commit after");
    for (size_t i = 0; i < n; i++)
        answer(sp, &sp->asked[i], &sp->results[i]);
    sp->asked_count -= n;
    memmove(sp->asked, sp->asked + n, sp->asked_count * sizeof(*sp->asked));
}

static void
commit_fired(struct timer *t)
{
    (void) t; /* the end of the turn commits */
}

static void
nothing(struct task *t)
{
    (void) t; /* only keeps the loop from waiting */
}

/*
 * Each commit is a sync of the disk: so many in a second, not one for each
 * that asks.  Who asks a store at rest does not wait.
 */
static void
commit_turn(struct task *t)
{
    struct store_process *sp = LIST_ITEM(t, struct store_process, commit);

    if (sp->asked_count == 0)
        return;
    if (sp->loop.now_ms < sp->next_commit_ms && sp->asked_count < BATCH) {
        timer_set(&sp->loop.timers, &sp->commit_timer, sp->next_commit_ms);
        return;
    }
    timer_clear(&sp->loop.timers, &sp->commit_timer);
    commit_batch(sp);
    sp->next_commit_ms = sp->loop.now_ms +
                         (int64_t) sp->config->store.commit_interval_ms;
    if (sp->asked_count != 0)
        loop_post(&sp->loop, &sp->again);
}

static int
frame(void *arg, const struct bus_frame *f)
{
    struct store_process *sp = arg;

    if (f->type == FRAME_OP)
        return take_op(sp, f);
    log_limited(sp->loop.log, LOG_ALERT, 0,
                "frame of unknown type %u from slot %u", f->type,
                f->from.slot);
    return -1;
}

static void
lost(void *arg, struct place place)
{
    (void) arg; /* who waits for an answer asks again */
    (void) place;
}

/* ---- shared memory ---- */

static void
sweep_add(struct store_process *sp, struct place place)
{
    if (sp->sweep_count == SWEEPS) {
        log_write(sp->loop.log, LOG_ERR, 0, "too many deaths at a time");
        return;
    }
    shared_sweep_init(&sp->sweeps[sp->sweep_count++], place);
    loop_post(&sp->loop, &sp->sweep);
}

static void
sweep_turn(struct task *t)
{
    struct store_process *sp = LIST_ITEM(t, struct store_process, sweep);
    struct shared_sweep *first = &sp->sweeps[0];
    enum log_level level;
    int rc;

    if (sp->sweep_count == 0)
        return;
    /* who died is told even if nothing was left; the rounds are not */
    level = first->place.slot == SLOT_STORE ? LOG_DEBUG : LOG_INFO;
    rc = shared_sweep_run(&sp->shared, first);
    if (first->removed != 0)
        level = LOG_NOTICE;
    if (rc < 0)
        return; /* tried again with the next second */
    if (rc == 0) {
        log_write(sp->loop.log, level, 0,
                  "%llu rows of slot %u generation %u cleared away",
                  (unsigned long long) first->removed, first->place.slot,
                  first->place.generation);
        sp->sweep_count--;
        memmove(first, first + 1, sp->sweep_count * sizeof(*first));
    }
    if (sp->sweep_count != 0)
        loop_post(&sp->loop, &sp->sweep);
}

/* What is too old goes, a slice in each turn, once a minute. */
static void
purge_turn(struct task *t)
{
    struct store_process *sp = LIST_ITEM(t, struct store_process, purge);
    int64_t now_ms = clock_wall_ms();
    bool more = store_purge(&sp->store, now_ms) == 1;

    if (store_online_purge(&sp->store, now_ms) == 1 || more)
        loop_post(&sp->loop, &sp->purge);
}

/* If it cannot be written now, it is tried again with the next second. */
static void
release_slot(struct store_process *sp, struct place place)
{
    if (shared_slot_release(&sp->shared, place) != 0)
        sp->missed = true;
}

/*
 * Deaths that nobody told us of: those while there was no store process, also
 * where a successor has the slot already, and those of workers that had not
 * yet shown which start they are.
 */
static void
sweep_missed(struct store_process *sp)
{
    struct place place = {.slot = SLOT_STORE, .generation = 1};

    sp->missed = false;
    for (unsigned slot = 0; slot < SLOT_WORKERS; slot++) {
        struct shared_slot row;

        if (shared_slot_get(&sp->shared, (uint16_t) slot, &row) != 1 ||
            row.state != SHARED_SLOT_LIVE ||
            lock_is_held(sp->self->lock_fd, slot))
            continue;
        place.slot = (uint16_t) slot;
        place.generation = row.generation;
        release_slot(sp, place);
    }
    env_clear_readers(&sp->shared);
    env_clear_readers(&sp->store);
    if (!sp->missed)
        sweep_add(sp, place);
}

static void
process_died(struct store_process *sp, unsigned slot, uint32_t generation)
{
    struct place place = {.slot = (uint16_t) slot, .generation = generation};

    if (generation == 0) {
        sweep_missed(sp);
        return;
    }
    env_clear_readers(&sp->shared);
    env_clear_readers(&sp->store);
    if (slot >= SLOT_WORKERS)
        return;
    release_slot(sp, place);
    sweep_add(sp, place);
}

/* Everything that the last life of the daemon left; before any worker. */
static int
sweep_all(struct store_process *sp)
{
    struct shared_sweep sweep;
    int rc;

    env_clear_readers(&sp->shared);
    env_clear_readers(&sp->store);
    shared_sweep_init(&sweep, PLACE_NONE);
    do {
        rc = shared_sweep_run(&sp->shared, &sweep);
        atomic_store(sp->loop.tick_ms, clock_ms(CLOCK_MONOTONIC));
    } while (rc > 0);
    if (sweep.removed != 0)
        log_write(sp->loop.log, LOG_NOTICE, 0,
                  "%llu rows of an earlier life cleared away",
                  (unsigned long long) sweep.removed);
    return rc;
}

static void
say_closed(struct store_process *sp, const struct records_sweep *sweep,
           const char *which)
{
    if (sweep->desks != 0)
        log_write(sp->loop.log, LOG_NOTICE, 0,
                  "%llu desks %s closed, %lld cards returned",
                  (unsigned long long) sweep->desks, which,
                  (long long) sweep->cards);
    if (sweep->failed != 0)
        log_write(sp->loop.log, LOG_ERR, 0,
                  "%llu records of open desks cannot be closed",
                  (unsigned long long) sweep->failed);
}

/*
 * Records of desks that went with the last life of the daemon.  What cannot
 * be closed now is no reason not to serve; it is tried again.
 */
static void
close_desks(struct store_process *sp)
{
    struct records_sweep sweep = {0};
    int rc;

    do {
        rc = records_sweep_run(&sp->store, &sp->shared, clock_wall_ms(),
                               &sweep);
        atomic_store(sp->loop.tick_ms, clock_ms(CLOCK_MONOTONIC));
    } while (rc > 0);
    say_closed(sp, &sweep, "of an earlier life");
}

/* ... of desks whose end was lost with who asked for it, once a minute. */
static void
close_turn(struct task *t)
{
    struct store_process *sp = LIST_ITEM(t, struct store_process, close);

    if (records_sweep_run(&sp->store, &sp->shared, clock_wall_ms(),
                          &sp->closing) > 0) {
        loop_post(&sp->loop, t);
        return;
    }
    say_closed(sp, &sp->closing, "that are no more");
    sp->closing = (struct records_sweep){0};
}

/* Long journals that are not needed any more. */
static void
discard_turn(struct task *t)
{
    struct store_process *sp = LIST_ITEM(t, struct store_process, discard);

    if (journal_discard_run(&sp->shared) == 1)
        loop_post(&sp->loop, t);
}

/* ---- each second ---- */

static void
check_fill(struct store_process *sp, struct env *env, bool *said,
           _Atomic uint32_t *percent)
{
    struct env_fill fill;

    if (env_fill_get(env, &fill) != 0)
        return;
    atomic_store(percent, fill.percent);
    if (env_is_nearly_full(&fill) && !*said)
        log_write(sp->loop.log, LOG_WARN, 0,
                  "%u%% of \"size\" of \"%s\" are in use", fill.percent,
                  env->conf.directive);
    *said = env_is_nearly_full(&fill);
    /* what a dead reader pins, of any process, is free at the next look */
    if (*said)
        env_clear_readers(env);
}

static void
count_desks(struct store_process *sp)
{
    MDB_txn *txn = env_read_begin(&sp->shared);
    uint64_t desks;

    if (txn == NULL)
        return;
    if (env_rows(&sp->shared, txn, SHARED_DESKS, &desks) == 0)
        atomic_store(&sp->self->pages[SLOT_STORE].desks, (uint32_t) desks);
    env_read_end(&sp->shared);
}

static void
second_passed(struct timer *t)
{
    struct store_process *sp = LIST_ITEM(t, struct store_process, second);
    struct slot_page *page = &sp->self->pages[SLOT_STORE];
    int64_t now_ms = sp->loop.now_ms;

    check_fill(sp, &sp->shared, &sp->full_said[0], &page->shared_percent);
    check_fill(sp, &sp->store, &sp->full_said[1], &page->store_percent);
    count_desks(sp);
    env_report_readers(&sp->shared, READER_BEHIND);
    env_report_readers(&sp->store, READER_BEHIND);
    loop_post(&sp->loop, &sp->discard);
    if (sp->missed)
        sweep_missed(sp);
    if (sp->sweep_count != 0)
        loop_post(&sp->loop, &sp->sweep);
    if (now_ms >= sp->minute_ms) {
        sp->minute_ms = now_ms + MINUTE_MS;
        loop_post(&sp->loop, &sp->purge);
        loop_post(&sp->loop, &sp->close);
        sweep_missed(sp);
        store_online_sample(&sp->store, &sp->shared, clock_wall_ms());
    }
    child_process_check(&sp->child, &sp->shared, &sp->store);
    timer_set(&sp->loop.timers, t, now_ms + SECOND_MS);
}

/* ---- beginning and end ---- */

static void
told(struct child_process *child, const struct channel_message *m)
{
    struct store_process *sp = LIST_ITEM(child, struct store_process, child);

    if (m->type == CHANNEL_STOP || m->type == CHANNEL_QUIT)
        sp->loop.stop = true;
    else if (m->type == CHANNEL_DEATH) {
        bus_peer_died(sp->bus, place_here(m->slot, 0));
        process_died(sp, m->slot, m->generation);
    }
}

/* The master is dead: the workers go first, they may still ask. */
static void
orphan_fired(struct timer *t)
{
    struct store_process *sp = LIST_ITEM(t, struct store_process, orphan);
    int64_t now_ms = sp->loop.now_ms;

    if (lock_find_held(sp->self->lock_fd, SLOT_WORKERS) < 0 ||
        now_ms >= sp->orphan_until_ms)
        sp->loop.stop = true;
    else
        timer_set(&sp->loop.timers, t, now_ms + 20);
}

static void
orphaned(struct child_process *child)
{
    struct store_process *sp = LIST_ITEM(child, struct store_process, child);

    sp->orphan_until_ms = sp->loop.now_ms + ORPHAN_WAIT_MS;
    timer_set(&sp->loop.timers, &sp->orphan, sp->loop.now_ms);
}

static void
read_boot_id(char out[ENV_BOOT_ID + 1])
{
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

    memset(out, 0, ENV_BOOT_ID + 1);
    if (f == NULL)
        return;
    if (fread(out, 1, ENV_BOOT_ID, f) != ENV_BOOT_ID)
        out[0] = '\0';
    fclose(f);
}

static int
open_environments(struct store_process *sp)
{
    const struct environment_conf *shared = &sp->config->shared;
    const struct environment_conf *store = &sp->config->store;
    struct log *log = sp->loop.log;
    char boot_id[ENV_BOOT_ID + 1], stamp[32];

    read_boot_id(boot_id);
    snprintf(stamp, sizeof(stamp), "%lld", (long long) time(NULL));
    if (sp->self->first_start) {
        if (shared_start(&sp->shared, shared->path, shared->size, boot_id,
                         stamp, log) != 0 ||
            store_open(&sp->store, store->path, store->size, true, log) != 0 ||
            sweep_all(sp) < 0)
            return -1;
    } else if (shared_open(&sp->shared, shared->path, shared->size, log) !=
                   0 ||
               store_open(&sp->store, store->path, store->size, true, log) !=
                   0) {
        return -1;
    }
    sp->shared.tick_ms = sp->store.tick_ms = sp->loop.tick_ms;
    if (sp->self->first_start)
        close_desks(sp);
    loop_set_clock(&sp->loop, sp->shared.clock_offset_ms);
    return 0;
}

static int
init(struct store_process *sp)
{
    struct bus_handlers handlers = {.arg = sp, .frame = frame, .lost = lost};
    struct place place = {.slot = SLOT_STORE, .generation = 1};

    if (loop_init(&sp->loop, sp->self->log) != 0)
        return -1;
    sp->loop.tick_ms = &sp->self->pages[SLOT_STORE].tick_ms;
    sp->ops = mem_alloc(BATCH * sizeof(*sp->ops));
    sp->results = mem_alloc(BATCH * sizeof(*sp->results));
    sp->commit.run = commit_turn;
    sp->again.run = nothing;
    sp->sweep.run = sweep_turn;
    sp->purge.run = purge_turn;
    sp->discard.run = discard_turn;
    sp->close.run = close_turn;
    sp->commit_timer.fire = commit_fired;
    sp->second.fire = second_passed;
    sp->orphan.fire = orphan_fired;
    list_init(&sp->commit.link);
    list_init(&sp->again.link);
    list_init(&sp->sweep.link);
    list_init(&sp->purge.link);
    list_init(&sp->discard.link);
    list_init(&sp->close.link);
    if (open_environments(sp) != 0 ||
        child_process_init(&sp->child, &sp->loop, sp->self, told, orphaned) !=
            0)
        return -1;
    loop_on_finish(&sp->loop, &sp->commit);
    sp->bus = bus_create(&sp->loop, place, sp->self->bus_fd, sp->self->bus_dir,
                         &handlers);
    timer_set(&sp->loop.timers, &sp->second, sp->loop.now_ms);
    return child_process_spare_files(sp->self, sp->loop.log) < 0 ? -1 : 0;
}

static void
deinit(struct store_process *sp)
{
    while (sp->asked_count != 0)
        commit_batch(sp);
    loop_turn(&sp->loop, 0); /* the last answers */
    bus_destroy(sp->bus);
    child_process_deinit(&sp->child);
    env_close(&sp->store);
    if (shared_stop(&sp->shared) != 0)
        log_write(sp->loop.log, LOG_ALERT, 0,
                  "shared memory got no clean mark");
    timer_clear(&sp->loop.timers, &sp->second);
    timer_clear(&sp->loop.timers, &sp->commit_timer);
    loop_deinit(&sp->loop);
    mem_free(sp->asked);
    mem_free(sp->ops);
    mem_free(sp->results);
}

/*
 * What the workers alone use.  The store lives over reloads and rotations: a
 * socket or a log that it kept would never be gone.
 */
static void
leave_inherited(const struct logfiles *files, const struct log *log,
                struct config *config)
{
    listeners_leave(config->game.listeners);
    listeners_leave(config->http.listeners);
    for (unsigned i = 0; i < files->count; i++) {
        unsigned k = 0;

        while (k < log->count && log->targets[k].fd != files->files[i].fd)
            k++;
        if (k == log->count)
            close(files->files[i].fd);
    }
}

int
store_main(void *daemon, struct process *self, struct core_conf *core)
{
    struct store_process *sp = mem_zalloc(sizeof(*sp));
    int status;

    sp->self = self;
    sp->config = (struct config *) core;
    leave_inherited(&((struct daemon *) daemon)->files, self->log, sp->config);
    if (init(sp) != 0) {
        status = child_process_failed(self, &sp->shared, &sp->store);
        mem_free(sp);
        return status;
    }
    child_process_ready(&sp->child, 1);
    loop_run(&sp->loop);
    deinit(sp);
    mem_free(sp);
    return 0;
}
