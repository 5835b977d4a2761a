/*
 * The end of a turn: what the turn's steps have to write is committed in one
 * transaction, and only then anything of the turn leaves.
 */
#include <errno.h>
#include <string.h>

#include "core/arena.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "core/mem.h"
#include "game/desks/desks.h"
#include "game/game.h"
#include "game/session.h"
#include "game/store/journal.h"

enum { BYTES_KEPT = 1 << 20 }; /* of the turn's buffer, from turn to turn */

/* ---- the transaction ---- */

/* The rest of it stays; the owner goes with the epoch. */
static bool
is_row_changed(const struct desk *desk)
{
    const struct shared_desk *now = &desk->row, *was = &desk->undo->row;

    return now->status != was->status || now->round != was->round ||
           now->epoch != was->epoch ||
           memcmp(now->seats, was->seats, sizeof(now->seats)) != 0;
}

/* The session that has taken a seat, gone again or not. */
static uint64_t
taker_of(const struct desk_seat *seat)
{
    return seat->session != 0 ? seat->session : seat->dropped;
}

/*
 * Is the desk ours, are its new seats free, and are those who take them still
 * logged in?  Then they are taken; what a desk that is refused has taken
 * counts for nobody.  The verdict; 0 or an error.
 */
static int
judge(struct env *env, MDB_txn *txn, struct desk *desk)
{
    int rc = shared_desk_check(env, txn, desk->number,
                               buf_str(&desk->row_bytes));

    desk->verdict = DESK_GOOD;
    if (rc == MDB_NOTFOUND || rc == ENV_BAD_ROW) {
        desk->verdict = DESK_FENCED;
        desk->is_damaged = rc == ENV_BAD_ROW;
        return 0;
    }
    for (unsigned i = 0; rc == 0 && i < SHARED_SEATS_MAX; i++) {
        const struct shared_seat seat = {desk->number, desk->uid};
        uint64_t uid = desk->row.seats[i];

        if (uid == 0 || shared_desk_has(&desk->undo->row, uid))
            continue;
        rc = shared_session_check(env, txn, uid, taker_of(&desk->st.seat[i]));
        if (rc == 0)
            rc = shared_seat_claim(env, txn, uid, &seat);
        if (rc == MDB_KEYEXIST || rc == MDB_NOTFOUND || rc == ENV_BAD_ROW) {
            desk->verdict = DESK_REFUSED;
            return 0;
        }
    }
    return rc;
}

static int
write_row(struct env *env, MDB_txn *txn, struct desk *desk)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < SHARED_SEATS_MAX; i++) {
        uint64_t uid = desk->undo->row.seats[i];

        if (uid != 0 && !shared_desk_has(&desk->row, uid))
            rc = shared_seat_leave(env, txn, uid, desk->uid);
    }
    if (rc == 0 && is_row_changed(desk))
        rc = shared_desk_put(env, txn, desk->number, &desk->row);
    return rc;
}

/* After its end: everything; after a checkpoint: what is before the one
 * before, so that gates which lag behind can still be told. */
static int
write_shorter(struct env *env, MDB_txn *txn, struct desk *desk)
{
    bool keep = desk->desks->game->journal_keep;
    int rc = 0;

    if (desk->next_checkpoint != 0 && fail_point_drop("checkpoint refused"))
        return errno = EIO; /* as a disk's, not as that of a short write */
    if (desk->over) {
        rc = shared_desk_del(env, txn, desk->number);
        if (rc == 0 && keep)
            return journal_set_aside(env, txn, desk->uid, desk->first_seq,
                                     desk->st.seq + 1);
        if (rc == 0)
            rc = journal_delete(env, txn, desk->uid, desk->first_seq,
                                desk->st.seq + 1);
    } else if (desk->next_checkpoint != 0 && !keep) {
        rc = journal_delete(env, txn, desk->uid, desk->first_seq,
                            desk->checkpoint_seq);
    }
    return rc;
}

/* What is written of the desk gives room, now or soon. */
static bool
is_end(const struct desk *desk)
{
    return desk->over || desk->handing_over || desk->next_checkpoint != 0 ||
           desk->st.rules.status == MAHJONG_DESTROYED;
}

static int
write_turn(struct env *env, MDB_txn *txn, void *arg)
{
    struct desks *ds = arg;
    struct turn *turn = &ds->turn;
    int rc = shared_slot_check(env, txn, ds->game->place);

    if (rc == MDB_NOTFOUND) {
        LIST_EACH (l, &ds->touched) {
            LIST_ITEM(l, struct desk, touched)->verdict = DESK_FENCED;
        }
        return ENV_DROP;
    }
    /* A row that is written is seen by the next who is judged: nobody sits
     * at two of them. */
    LIST_EACH (l, &ds->touched) {
        struct desk *desk = LIST_ITEM(l, struct desk, touched);

        desk_hold(desk);
        if (turn->only_ends && !is_end(desk)) {
            desk->verdict = DESK_REFUSED;
            continue;
        }
        if (rc == 0)
            rc = judge(env, txn, desk);
        if (rc == 0 && desk->verdict == DESK_GOOD)
            rc = write_row(env, txn, desk);
    }
    for (size_t i = 0; rc == 0 && i < turn->records.count; i++) {
        const struct turn_record *r = &turn->records.item[i];
        struct str row = {(const char *) turn->bytes.data + r->at, r->len};

        desk_hold(r->desk);
        if (r->desk->verdict == DESK_GOOD && ds->game->journal)
            rc = journal_put(env, txn, r->desk->uid, r->seq, row);
    }
    LIST_EACH (l, &ds->touched) {
        struct desk *desk = LIST_ITEM(l, struct desk, touched);

        desk_hold(desk);
        if (rc == 0 && desk->verdict == DESK_GOOD)
            rc = write_shorter(env, txn, desk);
    }
    desks_let_go(ds);
    if (rc == 0 && !turn->only_ends)
        rc = sessions_write(ds->game, txn);
    return rc;
}

/* As env_write(). */
static int
write_all(struct desks *ds)
{
    if (fail_point_drop("journal refused"))
        return -1;
    return env_write(ds->game->shared, write_turn, ds);
}

/* There is no room: desks that end, and so make room, use the reserve. */
static int
write_ends(struct desks *ds)
{
    bool any = false;
    int rc;

    LIST_EACH (l, &ds->touched) {
        any |= is_end(LIST_ITEM(l, struct desk, touched));
    }
    if (!any)
        return -1;
    ds->turn.only_ends = true;
    rc = env_write_reserve(ds->game->shared, write_turn, ds);
    ds->turn.only_ends = false;
    return rc;
}

/* Voices and refusals have nothing to write. */
static bool
is_to_be_written(struct desks *ds)
{
    if (ds->turn.records.count != 0 && ds->game->journal)
        return true;
    LIST_EACH (l, &ds->touched) {
        struct desk *desk = LIST_ITEM(l, struct desk, touched);

        if (desk->over || is_row_changed(desk))
            return true;
    }
    return false;
}

/* ---- what became of the desks ---- */

static void
restore(struct desk *desk)
{
    desk->st = desk->undo->st;
    desk->row = desk->undo->row;
    desk->history.len = desk->undo->history_len;
    desk->open = desk->undo->open;
    memcpy(desk->format, desk->undo->format, sizeof(desk->format));
    desk->attached = desk->undo->attached;
    desk->next_checkpoint = 0;
    desk->over = false;
    desk->handing_over = false;
    memcpy(desk->end_sessions, desk->undo->end_sessions,
           sizeof(desk->end_sessions));
    memcpy(desk->told_seq, desk->undo->told_seq, sizeof(desk->told_seq));
    memcpy(desk->told_ord, desk->undo->told_ord, sizeof(desk->told_ord));
    desk->end_ms = desk->undo->end_ms;
}

static void
kept_writing(struct desk *desk)
{
    if (is_row_changed(desk)) {
        desk->row_bytes.len = 0;
        shared_desk_encode(&desk->row_bytes, desk->number, &desk->row);
    }
    if (desk->st.saved != desk->undo->st.saved)
        desk_history_trim(&desk->history, desk->st.saved);
    if (desk->next_checkpoint != 0) {
        fail_point("checkpoint after");
        if (!desk->desks->game->journal_keep && desk->checkpoint_seq != 0)
            desk->first_seq = desk->checkpoint_seq;
        desk->checkpoint_seq = desk->next_checkpoint;
        desk->next_checkpoint = 0;
    }
}

/* It is another's, or nobody's: gates look for it themselves. */
static void
drop_turn(struct desk *desk)
{
    if (!desk->is_damaged)
        log_limited(desk->desks->game->log, LOG_WARN, 0,
                    "desk %06u is not ours any more: the turn is dropped",
                    desk->number);
    desk_say_moved(desk);
}

/* ---- the end of the turn ---- */

/* Ends that no other worker has to see are seen. */
static void
drop_local_ends(struct desk *desk)
{
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (session_id_is_at(desk->end_sessions[i], desk->desks->game->place))
            desk->end_sessions[i] = 0;
}

/*
 * Players whose answers were refused are asked again; who is gone is dropped.
 */
static void
try_again(struct desk *desk)
{
    int64_t again_ms = desk->desks->game->loop->now_ms + DESK_RETRY_MS;

    desk->held_ms = again_ms;
    for (unsigned i = 0; i < desk->st.rules.seated; i++) {
        if (desk->unanswered & 1u << i)
            desk_hint_again(desk, i);
        if (desk->st.seat[i].session != 0 && !(desk->attached & 1u << i) &&
            desk->attach_ms == 0)
            desk->attach_ms = again_ms;
    }
    desk->unanswered = 0;
    desk_set_timer(desk);
}

static void
finish_desks(struct desks *ds)
{
    struct list batch;

    if (list_is_empty(&ds->touched))
        return;
    batch = ds->touched;
    batch.next->prev = batch.prev->next = &batch;
    list_init(&ds->touched);
    while (!list_is_empty(&batch)) {
        struct desk *desk = LIST_ITEM(batch.next, struct desk, touched);
        bool gone = desk->verdict == DESK_FENCED ||
                    (desk->verdict == DESK_GOOD &&
                     (desk->over || desk->handing_over));

        list_remove(&desk->touched);
        mem_free(desk->undo);
        desk->undo = NULL;
        desk->session = desk->cseq = 0;
        desk_hold(desk);
        if (gone) {
            if (desk->verdict == DESK_GOOD && desk->over)
                log_client(ds->game->log, NULL, NULL,
                           "desk %06u is over, %u of %u rounds were played",
                           desk->number, desk->st.done, desk->row.rounds);
            else if (desk->verdict == DESK_GOOD)
                desk_handed_over(desk);
            else if (desk->is_damaged)
                desk_close_broken(desk, DESK_DAMAGED_TEXT);
            desk_remove(desk);
            continue;
        }
        drop_local_ends(desk);
        if (desk->verdict == DESK_GOOD)
            desk_set_timer(desk);
        else
            try_again(desk);
    }
    desks_let_go(ds);
}

void
desks_commit(struct task *task)
{
    struct desks *ds = LIST_ITEM(task, struct desks, commit);
    struct turn *turn = &ds->turn;
    int rc = 0;

    if (list_is_empty(&ds->touched))
        return;
    LIST_EACH (l, &ds->touched) {
        LIST_ITEM(l, struct desk, touched)->verdict = DESK_GOOD;
    }
    if (is_to_be_written(ds)) {
        fail_point("journal commit before");
        rc = write_all(ds);
        fail_point("journal commit after");
        if (rc == 0)
            sessions_written(ds->game, 0);
        else if (rc < 0 && env_is_full(ds->game->shared))
            rc = write_ends(ds);
    }
    LIST_EACH (l, &ds->touched) {
        struct desk *desk = LIST_ITEM(l, struct desk, touched);

        desk_hold(desk);
        if (rc < 0)
            desk->verdict = DESK_REFUSED;
        if (desk->verdict == DESK_GOOD)
            kept_writing(desk);
        else if (desk->verdict == DESK_REFUSED)
            restore(desk);
        else
            drop_turn(desk);
    }
    turn_deliver(ds);
    turn->records.count = turn->messages.count = turn->items.count = 0;
    turn->bytes.len = 0;
    if (turn->bytes.cap > BYTES_KEPT)
        buf_deinit(&turn->bytes);
    finish_desks(ds);
    arena_reset(ds->arena);
}
