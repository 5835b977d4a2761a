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
#include "event/bus.h"
#include "game/binding.h"
#include "game/codec.h"
#include "game/desks/desk.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/session.h"
#include "game/store/journal.h"

enum { DUMP_MAX = 512 }; /* of a payload, in the log */

enum {
    BYTES_KEPT = 1 << 20, /* of the turn's buffer, from turn to turn */
    FRAME_FULL = 256 << 10
};

/* ---- gathering ---- */

static void *
list_add(void **items, size_t *count, size_t *cap, size_t size)
{
    if (*count == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        *items = mem_realloc(*items, *cap * size);
    }
    return (char *) *items + (*count)++ * size;
}

#define LIST_ADD(l)                                                           \
    list_add((void **) &(l)->item, &(l)->count, &(l)->cap, sizeof(*(l)->item))

void
desk_touch(struct desk *desk)
{
    struct desks *ds = desk->desks;

    if (desk->undo != NULL)
        return;
    desk->undo = mem_alloc(sizeof(*desk->undo));
    *desk->undo = (struct desk_undo){.st = desk->st,
                                     .row = desk->row,
                                     .history_len = desk->history.len,
                                     .open = desk->open,
                                     .attached = desk->attached,
                                     .end_ms = desk->end_ms};
    memcpy(desk->undo->format, desk->format, sizeof(desk->format));
    memcpy(desk->undo->ends, desk->ends, sizeof(desk->ends));
    memcpy(desk->undo->told_seq, desk->told_seq, sizeof(desk->told_seq));
    memcpy(desk->undo->told_ord, desk->told_ord, sizeof(desk->told_ord));
    list_append(&ds->touched, &desk->touched);
    if (ds->game->loop->finishing)
        loop_post(ds->game->loop, &ds->game->again);
}

void
turn_record_add(struct desk *desk, const struct desk_step *step)
{
    struct desks *ds = desk->desks;
    struct turn *turn = &ds->turn;
    struct buf *data = &ds->data;
    struct journal_record record = {.rules = desk->st.rules.version,
                                    .kind = step->kind,
                                    .seat = step->seat,
                                    .time_ms = step->time_ms,
                                    .session = step->session,
                                    .cseq = step->cseq,
                                    .hash = desk_state_hash(&desk->st)};
    struct turn_record *r = LIST_ADD(&turn->records);

    data->len = 0;
    desk_step_encode(data, step, &desk->st);
    record.data = buf_str(data);
    *r = (struct turn_record){
        .desk = desk, .seq = desk->st.seq, .at = turn->bytes.len};
    journal_encode(&turn->bytes, &record);
    r->len = turn->bytes.len - r->at;
}

/* The cseq from which on the session's messages are not done; else NULL. */
static struct desk_undone *
find_undone(struct desk *desk, uint64_t session)
{
    int64_t now_ms = desk->desks->game->loop->now_ms;

    for (unsigned i = 0; i < DESK_UNDONE; i++)
        if (desk->undone[i].session == session &&
            now_ms - desk->undone[i].since_ms <= BINDING_PATIENCE_MS)
            return &desk->undone[i];
    return NULL;
}

void
desk_forget_undone(struct desk *desk, uint64_t session)
{
    for (unsigned i = 0; i < DESK_UNDONE; i++)
        if (desk->undone[i].session == session)
            desk->undone[i] = (struct desk_undone){0};
}

static void
note_undone(struct desk *desk, uint64_t session, uint64_t cseq)
{
    if (find_undone(desk, session) != NULL)
        return; /* of one before it */
    desk_forget_undone(desk, session);
    desk->undone[desk->undone_at] = (struct desk_undone){
        session, cseq, desk->desks->game->loop->now_ms};
    desk->undone_at = (desk->undone_at + 1) % DESK_UNDONE;
}

bool
turn_message_add(struct desk *desk, const struct bound_message *m,
                 const struct handler *h)
{
    struct turn *turn = &desk->desks->turn;
    struct turn_message *t = LIST_ADD(&turn->messages);
    const struct desk_undone *undone = find_undone(desk, m->session);

    *t = (struct turn_message){
        .desk = desk,
        .gate = m->gate,
        .session = m->session,
        .cseq = m->cseq,
        .mid = m->mid,
        .asked = m->asked,
        .format = m->format,
        .wants = m->wants,
        .gone = m->gone,
        .kept = m->kept,
        .answers = h != NULL && (h->flags & HANDLER_ANSWERS),
        .undone = undone != NULL && m->cseq > undone->cseq,
        .route = m->route,
        .payload_at = turn->bytes.len,
        .payload_len = m->payload.len};
    if (!m->kept)
        buf_append_str(&turn->bytes, m->payload);
    desk->session = m->session;
    desk->cseq = m->cseq;
    desk_touch(desk);
    return !t->undone;
}

void
turn_item_add(struct desk *desk, const struct bound_item *item)
{
    struct turn *turn = &desk->desks->turn;
    struct turn_item *t = LIST_ADD(&turn->items);

    *t = (struct turn_item){.desk = desk,
                            .item = *item,
                            .route_at = turn->bytes.len,
                            .payload_at = turn->bytes.len + item->route.len};
    buf_append_str(&turn->bytes, item->route);
    buf_append_str(&turn->bytes, item->payload);
    desk_touch(desk);
}

void
turn_deinit(struct desks *ds)
{
    mem_free(ds->turn.records.item);
    mem_free(ds->turn.messages.item);
    mem_free(ds->turn.items.item);
    buf_deinit(&ds->turn.bytes);
    for (size_t i = 0; i < ds->frames.count; i++)
        buf_deinit(&ds->frames.item[i].body);
    mem_free(ds->frames.item);
}

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
        return EIO;
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
    return desk->over || desk->heir || desk->next_checkpoint != 0 ||
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
    desk->heir = false;
    memcpy(desk->ends, desk->undo->ends, sizeof(desk->ends));
    memcpy(desk->told_seq, desk->undo->told_seq, sizeof(desk->told_seq));
    memcpy(desk->told_ord, desk->undo->told_ord, sizeof(desk->told_ord));
    desk->end_ms = desk->undo->end_ms;
}

/* The request was not done, and neither were those beside it. */
static void
refuse_request(struct desks *ds, const struct turn_message *m)
{
    struct bound_item item = {.kind = ITEM_RESPONSE,
                              .target = m->desk->uid,
                              .session = {m->session},
                              .sessions = 1,
                              .mid = m->mid};

    ds->scratch.len = 0;
    error_put(codec_of(m->format), &ds->scratch, ERROR_SERVER_INTERNAL, NULL);
    item.payload = buf_str(&ds->scratch);
    desks_deliver(ds, &item);
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

void
desk_say_moved(struct desk *desk)
{
    struct desks *ds = desk->desks;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        uint64_t session = desk->st.seat[i].session;

        if (session != 0)
            frame_send_uint(ds->game->bus, session_id_place(session),
                            FRAME_MOVED, session, desk->uid);
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

/* ---- delivery ---- */

static struct turn_frame *
frame_for(struct desks *ds, struct place to)
{
    struct turn_frame *frame;

    for (size_t i = 0; i < ds->frames.count; i++)
        if (place_is_same_slot(ds->frames.item[i].to, to))
            return &ds->frames.item[i];
    frame = LIST_ADD(&ds->frames);
    *frame = (struct turn_frame){.to = to};
    return frame;
}

static void
send_frame(struct desks *ds, struct turn_frame *frame)
{
    if (frame->count == 0)
        return;
    bus_send(ds->game->bus, frame->to, FRAME_ITEMS, 0,
             bound_items_end(&frame->body, frame->count));
    frame->count = 0;
    frame->body.len = 0;
    if (frame->body.cap > BYTES_KEPT)
        buf_deinit(&frame->body);
}

static void
put_item(struct desks *ds, struct place to, const struct bound_item *item)
{
    struct turn_frame *frame = frame_for(ds, to);

    if (frame->count == 0)
        bound_items_begin(&frame->body);
    bound_item_put(&frame->body, item);
    frame->count++;
    if (frame->body.len > FRAME_FULL)
        send_frame(ds, frame);
}

/* Debug mode: one line for each push; a response has been logged. */
static void
log_push(const struct desks *ds, const struct bound_item *item)
{
    const struct game *game = ds->game;
    size_t len = item->payload.len < DUMP_MAX ? item->payload.len : DUMP_MAX;

    if (!game->conf->limits.debug || !log_is_on(game->log, LOG_DEBUG) ||
        (item->kind != ITEM_PUSH && item->kind != ITEM_TALK))
        return;
    log_write(game->log, LOG_DEBUG, 0,
              "push \"%.*s\" of desk %016llx to %u sessions: %.*s",
              (int) item->route.len, item->route.data,
              (unsigned long long) item->target, item->sessions, (int) len,
              item->payload.data);
}

/* Sessions of one worker at a time; a session's id says which it is. */
void
desks_deliver(struct desks *ds, const struct bound_item *item)
{
    struct bound_item part = *item;
    unsigned left = (1u << item->sessions) - 1;

    log_push(ds, item);
    while (left != 0) {
        struct place gate = PLACE_NONE;

        part.sessions = 0;
        for (unsigned i = 0; i < item->sessions; i++) {
            if (!(left & 1u << i) ||
                (part.sessions != 0 &&
                 !session_id_is_at(item->session[i], gate)))
                continue;
            gate = session_id_place(item->session[i]);
            left &= ~(1u << i);
            part.session[part.sessions++] = item->session[i];
        }
        if (place_is_same_slot(gate, ds->game->place))
            bindings_item(ds->game->bindings, &part);
        else
            put_item(ds, gate, &part);
    }
}

/* Has the session's gate missed something, as it turned out in this turn?
 * Then what is numbered would come behind a gap; it is told when it resumes.
 */
static bool
is_behind(const struct desk *desk, uint64_t session)
{
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (desk->st.seat[i].session == session)
            return !(desk->attached & 1u << i);
    return false;
}

static void
drop_behind(const struct desk *desk, struct bound_item *item)
{
    unsigned n = 0;

    if (item->seq == 0)
        return;
    for (unsigned i = 0; i < item->sessions; i++)
        if (!is_behind(desk, item->session[i]))
            item->session[n++] = item->session[i];
    item->sessions = n;
}

static void
deliver_items(struct desks *ds)
{
    struct turn *turn = &ds->turn;
    const char *bytes = (const char *) turn->bytes.data;

    for (size_t i = 0; i < turn->items.count; i++) {
        struct turn_item *t = &turn->items.item[i];

        if (t->desk->verdict != DESK_GOOD)
            continue;
        desk_hold(t->desk);
        drop_behind(t->desk, &t->item);
        t->item.route.data = bytes + t->route_at;
        t->item.payload.data = bytes + t->payload_at;
        desks_deliver(ds, &t->item);
    }
}

/*
 * The desk is another's: the message is sent again, to the owner, by a gate
 * that keeps it.  We keep none that we have handed over: its client loses the
 * connection, as if this process were gone, which is what the owner believes.
 */
static void
give_back(struct desks *ds, const struct turn_message *m)
{
    struct session *s = session_find(ds->game, m->session);

    if (m->gate.slot != ds->game->place.slot)
        return;
    if (m->kept)
        bindings_moved(ds->game->bindings, m->session, m->desk->uid);
    else if (s != NULL)
        conn_close(s->conn);
}

static unsigned
seat_of(const struct desk *desk, uint64_t session)
{
    for (unsigned i = 0; i < desk->st.rules.seated; i++)
        if (desk->st.seat[i].session == session)
            return i;
    return MAHJONG_SEATS;
}

/* To the gate that keeps the message. */
static void
say_of(struct desks *ds, const struct turn_message *m,
       enum bound_item_kind kind)
{
    struct bound_item item = {.kind = (uint8_t) kind,
                              .target = m->desk->uid,
                              .session = {m->session},
                              .sessions = 1,
                              .cseq = m->cseq};

    if (m->kept)
        desks_deliver(ds, &item);
}

/* Who sent a message to a desk where he does not sit is bound no more. */
static void
end_stranger(struct desks *ds, const struct turn_message *m)
{
    struct bound_item item = {.kind = ITEM_END,
                              .target = m->desk->uid,
                              .session = {m->session},
                              .sessions = 1,
                              .cseq = m->cseq};

    if (seat_of(m->desk, m->session) == MAHJONG_SEATS)
        desks_deliver(ds, &item);
}

/* The message goes back to this worker, which is its gate. */
static void
hand_back(struct desks *ds, const struct turn_message *m)
{
    const char *bytes = (const char *) ds->turn.bytes.data;
    struct bound_message back = {
        .session = m->session,
        .target = m->desk->uid,
        .cseq = m->cseq,
        .asked = m->asked,
        .route = m->route,
        .payload = {bytes + m->payload_at, m->payload_len}};

    bindings_undone(ds->game->bindings, &back);
}

/*
 * A request is refused, and asked for again by its client if at all; who was
 * to answer a question is asked again.  A notify, or the end of a client,
 * stays with its gate.
 */
static void
undo_message(struct desks *ds, const struct turn_message *m)
{
    struct desk *desk = m->desk;

    if (!m->wants) {
        note_undone(desk, m->session, m->cseq);
        if (!m->kept)
            hand_back(ds, m);
        say_of(ds, m, ITEM_UNDONE);
        return;
    }
    refuse_request(ds, m);
    say_of(ds, m, ITEM_UNDONE);
    if (find_undone(desk, m->session) != NULL)
        return; /* what it has answered may still be done */
    if (m->answers)
        desk->unanswered |= (uint8_t) (1u << seat_of(desk, m->session));
    end_stranger(ds, m);
}

static void
finish_message(struct desks *ds, const struct turn_message *m)
{
    if (m->desk->verdict == DESK_FENCED) {
        give_back(ds, m);
    } else if (m->desk->verdict == DESK_REFUSED || m->undone) {
        undo_message(ds, m);
    } else {
        say_of(ds, m, ITEM_ACK);
        end_stranger(ds, m);
    }
}

void
desks_flush(struct desks *ds)
{
    for (size_t i = 0; i < ds->frames.count; i++)
        send_frame(ds, &ds->frames.item[i]);
}

/* Ends that no other worker has to see are seen. */
static void
drop_local_ends(struct desk *desk)
{
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (session_id_is_at(desk->ends[i], desk->desks->game->place))
            desk->ends[i] = 0;
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
                    (desk->verdict == DESK_GOOD && (desk->over || desk->heir));

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
    deliver_items(ds);
    for (size_t i = 0; i < turn->messages.count; i++) {
        const struct turn_message *m = &turn->messages.item[i];

        desk_hold(m->desk);
        finish_message(ds, m);
    }
    desks_let_go(ds);
    desks_flush(ds);
    turn->records.count = turn->messages.count = turn->items.count = 0;
    turn->bytes.len = 0;
    if (turn->bytes.cap > BYTES_KEPT)
        buf_deinit(&turn->bytes);
    finish_desks(ds);
    arena_reset(ds->arena);
}
