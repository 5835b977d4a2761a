/*
 * Coming back: a desk is replayed from its journal when its owner has died, on
 * its first message or, if none comes, by and by.
 */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "game/desks/desks.h"
#include "game/desks/replay.h"
#include "game/game.h"
#include "game/store/client.h"
#include "game/store/journal.h"

/* ---- a desk whose journal cannot be followed ---- */

struct closing {
    struct desk *desk;
    uint64_t last_seq;
};

static int
close_rows(struct env *env, MDB_txn *txn, void *arg)
{
    struct closing *closing = arg;
    struct desk *desk = closing->desk;
    int rc = shared_desk_check(env, txn, desk->number,
                               buf_str(&desk->row_bytes));

    if (rc == MDB_NOTFOUND)
        return ENV_DROP;
    if (rc == ENV_BAD_ROW)
        rc = 0; /* which is why it is closed */
    for (unsigned i = 0; rc == 0 && i < SHARED_SEATS_MAX; i++)
        if (desk->row.seats[i] != 0)
            rc = shared_seat_leave(env, txn, desk->row.seats[i], desk->uid);
    if (rc == 0)
        rc = journal_set_aside(env, txn, desk->uid, desk->first_seq,
                               closing->last_seq + 1);
    return rc == 0 ? shared_desk_del(env, txn, desk->number) : rc;
}

static void
refund_answered(void *arg, const struct store_result *result)
{
    (void) arg;
    (void) result; /* if need be the store does it by itself */
}

void
desk_close_broken(struct desk *desk, const char *why)
{
    struct game *game = desk->desks->game;
    struct closing closing = {.desk = desk};
    struct store_op op = {
        .kind = STORE_CLOSE_DESK,
        .close_desk = {.desk_uid = desk->uid, .refund = true}};

    if (journal_ends(game->shared, desk->uid, &desk->first_seq,
                     &closing.last_seq) < 0 ||
        env_write_reserve(game->shared, close_rows, &closing) != 0) {
        /* tried again, by whoever owns it then */
        log_limited(game->log, LOG_WARN, 0, "desk %06u cannot be closed: %s",
                    desk->number, why);
        return;
    }
    log_limited(game->log, LOG_ERR, 0,
                "desk %06u is closed: %s; the journal of %016llx is set aside",
                desk->number, why, (unsigned long long) desk->uid);
    store_desk_op_id(op.id, desk->uid, STORE_CLOSE_DESK, 0);
    store_client_ask_as(game->store_client, &op, refund_answered, NULL);
}

/* ---- loading ---- */

/* Does the process of a session live? */
static bool
is_gate_alive(struct game *game, uint64_t session)
{
    struct place place = session_id_place(session);

    place.generation = slot_generation(game->pages, place.slot);
    return place.generation != 0 && session_id_is_of(session, place);
}

/* Connections that are certainly gone are dropped, the others get time. */
static void
wait_for_gates(struct desk *desk)
{
    struct game *game = desk->desks->game;
    bool over = desk->st.rules.status == MAHJONG_DESTROYED;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        uint64_t session = desk->st.seat[i].session;

        if (session == 0)
            continue;
        if (!is_gate_alive(game, session)) {
            if (!over)
                desk_drop(desk, i);
            continue;
        }
        desk->attach_ms = over ? 0 : game->loop->now_ms + DESK_ATTACH_MS;
        if (over)
            desk->end_sessions[i] = session;
    }
    if (over)
        desk->end_ms = game->loop->now_ms + DESK_END_MS;
}

/* The replay is over: the desk is as it was. */
static void
come_back(struct desk *desk, struct desk_replay *r)
{
    struct desks *ds = desk->desks;

    desk->st = r->st;
    desk->history = r->history;
    r->history = (struct buf){0};
    desk_history_trim(&desk->history, desk->st.saved);
    desk->first_seq = r->first_seq;
    desk->checkpoint_seq = r->checkpoint_seq;
    if (r->slices > 1)
        log_write(ds->game->log, LOG_INFO, 0,
                  "desk %06u is back, of %u records, in %u slices",
                  desk->number, r->records, r->slices);
    ds->loading.loaded++;
    ds->loading.records += r->records;
    wait_for_gates(desk);
    desk_go_on(desk);
}

static void
close_bad(struct desk *desk, const struct desk_replay *r)
{
    char why[128];

    snprintf(why, sizeof(why), "record %llu of its journal %s",
             (unsigned long long) r->at, r->why);
    desk_close_broken(desk, why);
}

struct desk *
desk_load_slice(struct desk *desk)
{
    struct desks *ds = desk->desks;
    struct desk_replay *r = desk->loading;
    enum desk_replay_result rc;

    desk_hold(desk);
    rc = desk_replay_run(r);
    if (rc == DESK_REPLAY_MORE) {
        desk_replay_later(r);
        desks_let_go(ds);
        return NULL;
    }
    desk->loading = NULL;
    if (rc == DESK_REPLAY_DONE)
        come_back(desk, r);
    else if (rc == DESK_REPLAY_BAD)
        close_bad(desk, r);
    desk_replay_destroy(r);
    desks_let_go(ds);
    if (rc != DESK_REPLAY_DONE) {
        desk_remove(desk);
        return NULL;
    }
    if (ds->game->draining)
        desks_hand_over(ds);
    return desk;
}

static struct desk *
load(struct desks *ds, uint32_t number, const struct shared_desk *row)
{
    struct desk *desk;
    uint64_t first = 0, last;

    if (journal_ends(ds->game->shared, row->uid, &first, &last) < 0)
        return NULL;
    desk = desk_add(ds, number, row);
    if (desk_is_deadly(desk)) {
        desk_close_broken(desk, "workers died at it");
        desk_remove(desk);
        return NULL;
    }
    desk->loading = desk_replay_create(desk, first);
    desk->loading->loading = true;
    return desk_load_slice(desk);
}

struct desk *
desk_get(struct desks *ds, uint32_t number, uint64_t uid)
{
    struct desk *desk = desk_find(ds, uid);
    struct shared_desk row;

    if (desk != NULL)
        return desk->loading == NULL ? desk : NULL;
    if (shared_desk_get(ds->game->shared, number, &row) != 1 ||
        row.uid != uid || row.owner.slot != ds->game->place.slot)
        return NULL;
    return load(ds, number, &row);
}

/* ---- those that wait for nobody ---- */

static void
walk_add(struct desks_walk *walk, uint32_t number, uint64_t uid)
{
    walk->number[walk->count] = number;
    walk->uid[walk->count++] = uid;
}

static void
note(void *arg, uint32_t number, const struct shared_desk *row)
{
    struct desks *ds = arg;

    if (row != NULL && row->owner.slot == ds->game->place.slot &&
        desk_find(ds, row->uid) == NULL)
        walk_add(&ds->loading.walk, number, row->uid);
}

/* The next slice of the table: false at its end. */
static bool
note_more(struct desks *ds)
{
    struct desks_walk *walk = &ds->loading.walk;
    int64_t next;

    walk->count = walk->at = 0;
    if (walk->from == UINT32_MAX)
        return false;
    next = shared_desk_each(ds->game->shared, walk->from, note, ds);
    if (next >= 0)
        walk->from = next == 0 ? UINT32_MAX : (uint32_t) next;
    return true;
}

static int64_t
cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
desks_load_start(struct desks *ds)
{
    ds->loading.since_ms = ds->game->loop->now_ms;
    ds->game->returning = true;
    loop_post(ds->game->loop, &ds->load);
    timer_set(&ds->game->loop->timers, &ds->look,
              ds->game->loop->now_ms + DESK_LOOK_MS);
}

static bool
is_loading(const struct desks *ds)
{
    LIST_EACH (l, &ds->replays) {
        if (LIST_ITEM(l, struct desk_replay, link)->loading)
            return true;
    }
    return false;
}

void
desks_load_turn(struct task *t)
{
    struct desks *ds = LIST_ITEM(t, struct desks, load);
    struct desks_loading *loading = &ds->loading;
    struct desks_walk *walk = &loading->walk;
    int64_t begun_us = cpu_us(), used_us = 0;
    bool more = true;

    while (more && used_us < DESK_LOAD_MS * 1000) {
        if (walk->at == walk->count) {
            more = note_more(ds);
        } else {
            desk_get(ds, walk->number[walk->at], walk->uid[walk->at]);
            walk->at++;
        }
        used_us = cpu_us() - begun_us;
    }
    loading->used_us += used_us;
    if (more || is_loading(ds) || fail_point_drop("desks back")) {
        loop_post(ds->game->loop, &ds->load);
        return;
    }
    ds->game->returning = false;
    if (loading->loaded != 0)
        log_write(ds->game->log, LOG_NOTICE, 0,
                  "%u desks are back, of %u records, in %lld ms with %lld ms "
                  "of work",
                  loading->loaded, loading->records,
                  (long long) (ds->game->loop->now_ms - loading->since_ms),
                  (long long) (loading->used_us / 1000));
    loading->loaded = loading->records = 0;
}

/*
 * A row that cannot be read.  Who has the desk closes it.  Who has not waits
 * until its own walk is here again: in that time an owner that lives has been
 * here, too.  Then the desk is nobody's.
 */
static void
note_damaged(struct desks *ds, uint32_t number)
{
    struct desks_damaged *damaged = &ds->damaged;
    int64_t now_ms = ds->game->loop->now_ms;

    if (damaged->number == 0)
        *damaged = (struct desks_damaged){number, now_ms, false};
    else if (damaged->number == number)
        damaged->again = now_ms - damaged->since_ms >= DESK_DAMAGED_MS;
}

static struct desk *
find_number(struct desks *ds, uint32_t number)
{
    LIST_EACH (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);

        if (desk->number == number)
            return desk;
    }
    return NULL;
}

static void
close_damaged(struct desks *ds)
{
    struct desks_damaged *damaged = &ds->damaged;
    struct env *shared = ds->game->shared;
    struct shared_desk row;
    struct desk *desk;

    if (damaged->number == 0)
        return;
    if (shared_desk_get(shared, damaged->number, &row) >= 0) {
        damaged->number = 0;
        return;
    }
    desk = find_number(ds, damaged->number);
    if (desk != NULL && desk->undo == NULL) {
        desk_say_moved(desk);
        desk_close_broken(desk, DESK_DAMAGED_TEXT);
        desk_remove(desk);
    } else if (desk == NULL && damaged->again &&
               shared_desk_drop(shared, damaged->number) == 1) {
        log_limited(ds->game->log, LOG_ERR, 0,
                    "desk %06u is closed: its row is damaged, and it is "
                    "nobody's",
                    damaged->number);
    }
}

/* A slot that nobody lives in any more: somebody has to take its desks. */
static void
adopt_orphan(void *arg, uint32_t number, const struct shared_desk *row)
{
    struct desks *ds = arg;
    struct shared_slot slot;
    int64_t now_ms = ds->game->loop->now_ms, *dead_ms;
    int found;

    if (row == NULL) {
        note_damaged(ds, number);
        return;
    }
    dead_ms = &ds->dead_ms[row->owner.slot % SLOT_WORKERS];
    if (row->owner.slot == ds->game->place.slot) {
        /* given to us by one who died before he could say so */
        if (desk_find(ds, row->uid) == NULL)
            walk_add(&ds->orphans, number, row->uid);
        return;
    }
    found = shared_slot_get(ds->game->shared, row->owner.slot, &slot);
    if (found < 0 || (found == 1 && slot.state == SHARED_SLOT_LIVE)) {
        *dead_ms = 0;
        return;
    }
    if (*dead_ms == 0)
        *dead_ms = now_ms;
    if (now_ms - *dead_ms >= DESK_ORPHAN_MS)
        walk_add(&ds->orphans, number, row->uid);
}

void
desks_look_fired(struct timer *t)
{
    struct desks *ds = LIST_ITEM(t, struct desks, look);
    struct game *game = ds->game;
    struct desks_walk *orphans = &ds->orphans;
    struct shared_desk row;
    int64_t next;

    if (game->draining)
        return;
    orphans->count = 0;
    next = shared_desk_each(game->shared, orphans->from, adopt_orphan, ds);
    orphans->from = next > 0 ? (uint32_t) next : 0;
    close_damaged(ds);
    for (unsigned i = 0; i < orphans->count; i++) {
        if (shared_desk_adopt(game->shared, orphans->number[i],
                              orphans->uid[i], game->place,
                              &row) == SHARED_CLAIMED)
            log_write(game->log, LOG_NOTICE, 0,
                      "desk %06u adopted: nobody lives in the slot of its "
                      "owner",
                      orphans->number[i]);
        desk_get(ds, orphans->number[i], orphans->uid[i]);
    }
    timer_set(&game->loop->timers, t,
              game->loop->now_ms + (orphans->count ? 20 : DESK_LOOK_MS));
}
