/*
 * What leaves when a turn is committed: pushes and responses, and to each gate
 * what became of its messages.
 */
#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/bus.h"
#include "event/conn.h"
#include "game/binding.h"
#include "game/component.h"
#include "game/desks/desks.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/session.h"

enum { DUMP_MAX = 512 }; /* of a payload, in the log */

enum {
    BODY_KEPT = 1 << 20, /* of a frame's buffer, from turn to turn */
    FRAME_FULL = 256 << 10,
};

/* ---- to gates ---- */

static struct turn_frame *
frame_for(struct desks *ds, struct place to)
{
    struct turn_frame *frame;

    for (size_t i = 0; i < ds->frames.count; i++)
        if (place_is_same_slot(ds->frames.item[i].to, to))
            return &ds->frames.item[i];
    frame = TURN_LIST_ADD(&ds->frames);
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
    if (frame->body.cap > BODY_KEPT)
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
deliver_item(struct desks *ds, struct turn_item *t)
{
    const char *bytes = (const char *) ds->turn.bytes.data;

    t->item.route.data = bytes + t->route_at;
    t->item.payload.data = bytes + t->payload_at;
    desks_deliver(ds, &t->item);
}

static void
deliver_items(struct desks *ds)
{
    struct turn *turn = &ds->turn;

    for (size_t i = 0; i < turn->items.count; i++) {
        struct turn_item *t = &turn->items.item[i];

        if (t->desk->verdict != DESK_GOOD)
            continue;
        desk_hold(t->desk);
        drop_behind(t->desk, &t->item);
        deliver_item(ds, t);
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
 * The request was not done, and neither were those beside it.  The refusal is
 * what the route's handler makes of it, and leaves at once.
 */
static void
refuse_request(struct desks *ds, const struct turn_message *m)
{
    struct turn *turn = &ds->turn;
    size_t before = turn->items.count;
    const struct bound_message bound = {
        .session = m->session, .target = m->desk->uid, .format = m->format};
    struct request rq = {.game = ds->game,
                         .component = ds->component,
                         .state = ds,
                         .bound = &bound,
                         .target = m->desk,
                         .uid = (int64_t) m->uid,
                         .arena = ds->game->arena,
                         .route = str_of(m->handler->method),
                         .id = m->mid,
                         .wants_response = true};

    request_refuse(&rq, m->handler, ERROR_SERVER_INTERNAL, NULL);
    for (size_t i = before; i < turn->items.count; i++)
        deliver_item(ds, &turn->items.item[i]);
    turn->items.count = before;
    arena_reset(ds->game->arena);
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
        desk_note_undone(desk, m->session, m->cseq);
        if (!m->kept)
            hand_back(ds, m);
        say_of(ds, m, ITEM_UNDONE);
        return;
    }
    refuse_request(ds, m);
    say_of(ds, m, ITEM_UNDONE);
    if (desk_find_undone(desk, m->session) != NULL)
        return; /* what it has answered may still be done */
    if (m->handler != NULL && (m->handler->flags & HANDLER_ANSWERS))
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

void
turn_deliver(struct desks *ds)
{
    struct turn *turn = &ds->turn;

    deliver_items(ds);
    for (size_t i = 0; i < turn->messages.count; i++) {
        const struct turn_message *m = &turn->messages.item[i];

        desk_hold(m->desk);
        finish_message(ds, m);
    }
    desks_let_go(ds);
    desks_flush(ds);
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
