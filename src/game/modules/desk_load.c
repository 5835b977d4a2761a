/*
 * Coming back: a desk is replayed from its journal when its owner has died,
 * on its first message or, for those that wait for nobody, in slices.  The
 * same replay tells a gate what its client has missed.
 */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "event/bus.h"
#include "game/game.h"
#include "game/modules/desk.h"
#include "game/store/client.h"
#include "game/store/journal.h"

/* ---- a replay ---- */

struct replay {
    struct desk_teller teller;
    struct desk *desk;
    struct desk_state st;
    struct desk_step step;
    struct mahjong_events events;
    uint64_t at;  /* the record in hand */
    uint64_t seq; /* the last one that was good; 0 before the first */
    const char *why;
    /* who hears it: one session, after (heard_seq, heard_ord) */
    uint64_t session;
    uint64_t heard_seq, heard_ord;
    /* the loading desk: what was told last, by seat */
    bool loading;
    uint64_t first_seq, checkpoint_seq;
    unsigned records;
    struct buf history;
};

static void
retell(struct desk_teller *t, unsigned seats, unsigned ord, struct str route,
       struct str payload)
{
    struct replay *r = LIST_ITEM(t, struct replay, teller);
    struct bound_item item = {.kind = ITEM_PUSH,
                              .target = r->desk->uid,
                              .session = {r->session},
                              .sessions = 1,
                              .seq = r->seq,
                              .ord = ord,
                              .route = route,
                              .payload = payload};

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        if (!(seats & 1u << i))
            continue;
        if (r->loading) {
            r->desk->told_seq[i] = r->seq;
            r->desk->told_ord[i] = ord;
        } else if (t->ears.session[i] == r->session &&
                   (r->seq > r->heard_seq ||
                    (r->seq == r->heard_seq && ord > r->heard_ord))) {
            desks_deliver(r->desk->desks, &item);
        }
    }
}

/* Whom the step has sent away is told so again. */
static void
retell_end(struct replay *r)
{
    struct bound_item item = {.kind = ITEM_END,
                              .target = r->desk->uid,
                              .session = {r->session},
                              .sessions = 1,
                              .seq = r->seq};
    bool over = r->st.rules.status == MAHJONG_DESTROYED;
    bool left = desk_step_is_leave(&r->step);

    item.mid = over ? UINT64_MAX : r->step.cseq;
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (r->teller.ears.session[i] == r->session &&
            (over || (left && r->step.action.seat == i)))
            desks_deliver(r->desk->desks, &item);
}

static void
tell_step(struct replay *r, const struct desk_ears *before)
{
    uint8_t open = r->teller.ears.open;

    if (desk_step_is_leave(&r->step))
        r->teller.ears = *before;
    else
        desk_ears_of(&r->teller.ears, &r->st);
    r->teller.ears.open = open;
    desk_tell(&r->teller, &r->step, &r->events);
    if (!r->loading)
        retell_end(r);
}

static int
replay_row(void *arg, uint64_t seq, struct str row)
{
    struct replay *r = arg;
    struct journal_record record;
    struct desk_ears before;

    fail_point_number("desk replay", r->desk->number);
    r->at = seq;
    r->why = journal_decode(&record, row);
    if (r->why != NULL)
        return 1;
    if (r->seq == 0) {
        r->first_seq = seq;
        r->st.seq = seq - 1;
    } else if (seq != r->seq + 1) {
        r->why = "does not follow the one before";
        return 1;
    }
    r->seq = seq;
    r->records++;
    if (record.kind == DESK_CHECKPOINT)
        r->checkpoint_seq = seq;
    desk_ears_of(&before, &r->st);
    r->why = desk_state_replay(&r->st, &record, &r->step, &r->events);
    if (r->why != NULL)
        return 1;
    if (r->loading)
        desk_history_add(r->desk->desks, &r->history, &r->st, &r->step,
                         &r->events);
    tell_step(r, &before);
    return 0;
}

/* 0; 1 when a record is no good (r->why), -1 when it cannot be read. */
static int
replay(struct replay *r, struct desk *desk)
{
    struct desks *ds = desk->desks;
    int rc;

    r->desk = desk;
    r->teller.st = &r->st;
    r->teller.number = desk->number;
    r->teller.arena = ds->arena;
    r->teller.text = ds->scratch;
    r->teller.push = retell;
    r->teller.quiet = r->loading;
    rc = journal_walk(ds->game->shared, desk->uid, desk->first_seq, replay_row,
                      r);
    ds->scratch = r->teller.text;
    if (rc == 0 && r->seq == 0) {
        r->why = "is missing";
        rc = 1;
    }
    return rc;
}

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

    if (rc != 0)
        return rc == MDB_NOTFOUND ? ENV_DROP : rc;
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

/* It alone is closed: its journal is set aside, its cards go back. */
static void
close_broken(struct desk *desk, const char *why)
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
    log_write(game->log, LOG_ERR, 0,
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
    struct place place = {.slot = session_id_slot(session)};

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
            desk->ends[i] = session;
    }
    if (over)
        desk->end_ms = game->loop->now_ms + DESK_END_MS;
}

/* From the journal; -1: it cannot be, and is closed if it never can. */
static int
bring_back(struct desk *desk)
{
    struct desks *ds = desk->desks;
    struct replay r = {.loading = true};
    char why[128];
    int rc;

    desk->first_seq = 0;
    if (desk_is_deadly(desk)) {
        close_broken(desk, "workers died at it");
        return -1;
    }
    rc = replay(&r, desk);
    if (rc > 0) {
        snprintf(why, sizeof(why), "record %llu of its journal %s",
                 (unsigned long long) r.at, r.why);
        close_broken(desk, why);
    }
    if (rc != 0) {
        buf_deinit(&r.history);
        return -1;
    }
    desk->st = r.st;
    desk->history = r.history;
    desk_history_trim(&desk->history, desk->st.saved);
    desk->first_seq = r.first_seq;
    desk->checkpoint_seq = r.checkpoint_seq;
    ds->loading.loaded++;
    ds->loading.records += r.records;
    wait_for_gates(desk);
    desk_go_on(desk);
    return 0;
}

static struct desk *
load(struct desks *ds, uint32_t number, const struct shared_desk *row)
{
    struct desk *desk = desk_add(ds, number, row);
    int rc;

    desk_hold(desk);
    rc = bring_back(desk);
    desks_let_go(ds);
    if (rc != 0) {
        desk_remove(desk);
        return NULL;
    }
    if (ds->game->draining)
        desks_hand_over(ds);
    return desk;
}

struct desk *
desk_get(struct desks *ds, uint32_t number, uint64_t uid)
{
    struct desk *desk = desk_find(ds, uid);
    struct shared_desk row;

    if (desk != NULL)
        return desk;
    if (shared_desk_get(ds->game->shared, number, &row) != 1 ||
        row.uid != uid || row.owner.slot != ds->game->place.slot)
        return NULL;
    return load(ds, number, &row);
}

/* ---- a gate shows a session ---- */

static void
tell_missed(struct desk *desk, uint64_t session,
            const struct bound_resume *resume)
{
    struct desks *ds = desk->desks;
    struct replay r = {.session = session,
                       .heard_seq = resume->seq,
                       .heard_ord = resume->ord};

    r.teller.ears.open = resume->open ? 0xff : 0;
    if (replay(&r, desk) != 0)
        log_write(ds->game->log, LOG_ERR, 0,
                  "desk %06u: what a player missed cannot be told: %s",
                  desk->number, r.why ? r.why : "it cannot be read");
}

static void
resume_seat(struct desk *desk, struct place gate, uint64_t session,
            const struct bound_resume *resume)
{
    struct bus *bus = desk->desks->game->bus;
    unsigned seat = desk_seat_of(&desk->st, resume->uid);

    if (seat < MAHJONG_SEATS && desk->st.seat[seat].dropped == session &&
        resume->since <= desk->st.seat[seat].dropped_cseq) {
        /* what he missed was told to nobody: his client comes anew */
        frame_send_kick(bus, gate, session, "dropped meanwhile");
        return;
    }
    if (seat < MAHJONG_SEATS && desk->st.seat[seat].session == session) {
        desk->attached |= (uint8_t) (1u << seat);
        desk->open &= (uint8_t) ~(1u << seat);
        desk->open |= (uint8_t) (resume->open << seat);
        if (desk->told_seq[seat] == resume->seq &&
            desk->told_ord[seat] == resume->ord &&
            desk->st.rules.status != MAHJONG_DESTROYED)
            return; /* he has heard it all */
    }
    if (resume->seq != 0 && resume->seq + 1 < desk->first_seq) {
        frame_send_kick(bus, gate, session, "too far behind");
        return;
    }
    tell_missed(desk, session, resume);
    desks_flush(desk->desks);
}

void
desk_resume(struct desks *ds, struct place gate, uint64_t session,
            const struct bound_resume *resume)
{
    struct desk *desk = desk_get(ds, resume->number, resume->target);

    /* what this turn has done so far shall be in the journal too */
    if (desk != NULL && desk->undo != NULL) {
        desks_commit(&ds->commit);
        desk = desk_get(ds, resume->number, resume->target);
    }
    if (desk == NULL) {
        frame_send_uint(ds->game->bus, gate.slot, FRAME_MOVED, session,
                        resume->target);
        return;
    }
    desk_hold(desk);
    resume_seat(desk, gate, session, resume);
    desks_let_go(ds);
}

/* ---- gates go ---- */

void
desks_detach(struct desks *ds, unsigned slot)
{
    LIST_EACH (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);

        for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
            uint64_t session = desk->st.seat[i].session;

            if (session == 0 || session_id_slot(session) != slot ||
                !(desk->attached & 1u << i))
                continue;
            desk_detach(desk, i);
            desk->attach_ms = ds->game->loop->now_ms + DESK_ATTACH_MS;
            desk_hold(desk);
            desk_set_timer(desk);
        }
    }
    desks_let_go(ds);
}

static void
forget_end(struct desk *desk, unsigned seat)
{
    desk_hold(desk);
    desk->ends[seat] = 0;
    desk_set_timer(desk);
    desks_let_go(desk->desks);
}

void
desk_end_seen(struct desks *ds, uint64_t session, uint64_t uid)
{
    struct desk *desk = desk_find(ds, uid);

    for (unsigned i = 0; desk != NULL && i < MAHJONG_SEATS; i++)
        if (desk->ends[i] == session)
            forget_end(desk, i);
}

void
desks_gate_died(struct desks *ds, struct place place)
{
    LIST_EACH (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);

        for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
            if (session_id_is_of(desk->ends[i], place))
                forget_end(desk, i);
            if (i >= desk->st.rules.seated ||
                desk->st.rules.status == MAHJONG_DESTROYED ||
                !session_id_is_of(desk->st.seat[i].session, place))
                continue;
            desk_hold(desk);
            desk_drop(desk, i);
        }
    }
    desks_let_go(ds);
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

    if (row->owner.slot == ds->game->place.slot &&
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
    loop_post(ds->game->loop, &ds->load);
    timer_set(&ds->game->loop->timers, &ds->look,
              ds->game->loop->now_ms + DESK_LOOK_MS);
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
    if (more) {
        loop_post(ds->game->loop, &ds->load);
        return;
    }
    if (loading->loaded != 0)
        log_write(ds->game->log, LOG_NOTICE, 0,
                  "%u desks are back, of %u records, in %lld ms with %lld ms "
                  "of work",
                  loading->loaded, loading->records,
                  (long long) (ds->game->loop->now_ms - loading->since_ms),
                  (long long) (loading->used_us / 1000));
    loading->loaded = loading->records = 0;
}

/* A slot that nobody lives in any more: somebody has to take its desks. */
static void
adopt_orphan(void *arg, uint32_t number, const struct shared_desk *row)
{
    struct desks *ds = arg;
    struct shared_slot slot;
    int64_t *dead_ms = &ds->dead_ms[row->owner.slot % SLOT_WORKERS];
    int64_t now_ms = ds->game->loop->now_ms;

    if (row->owner.slot == ds->game->place.slot) {
        /* given to us by one who died before he could say so */
        if (desk_find(ds, row->uid) == NULL)
            walk_add(&ds->orphans, number, row->uid);
        return;
    }
    if (shared_slot_get(ds->game->shared, row->owner.slot, &slot) == 1 &&
        slot.state == SHARED_SLOT_LIVE) {
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
