#include "game/binding_inner.h"

#include "core/log.h"
#include "event/bus.h"
#include "game/errors.h"
#include "game/group.h"
#include "game/message.h"
#include "game/session.h"

void
bindings_moved(struct bindings *bs, uint64_t session, uint64_t target)
{
    struct binding *b = binding_find(bs, session, target);

    if (b == NULL || b->state != BINDING_BOUND)
        return;
    binding_look_again(b);
    binding_look_for(b);
    b = binding_find(bs, session, target);
    if (b != NULL && b->state == BINDING_LOOKING)
        b->owner = PLACE_NONE; /* by the same again, but not at once */
}

/*
 * Said of an owner that is not the owner any more: it may be late.  Or by one
 * that waits in vain, maybe the successor of him whom we know.
 */
static int
moved(struct bindings *bs, const struct bus_frame *f)
{
    struct binding *b;
    uint64_t target;

    if (frame_uint(f->body, &target) != 0)
        return -1;
    b = binding_find(bs, f->session, target);
    if (b != NULL && place_is_same_slot(b->owner, f->from) &&
        b->owner.generation <= f->from.generation)
        bindings_moved(bs, f->session, b->target);
    return 0;
}

/* The owner is done with the messages up to cseq. */
static void
acknowledged(struct binding *b, uint64_t cseq)
{
    bool gone = false;

    LIST_EACH_SAFE (l, &b->kept) {
        struct kept *k = LIST_ITEM(l, struct kept, link);

        if (k->cseq > cseq)
            break;
        gone |= k->gone;
        binding_forget(b, k);
    }
    b->held_ms = 0;
    if (gone || (b->ended && list_is_empty(&b->kept)))
        binding_destroy(b);
    else
        binding_set_pressure(b);
}

/* It takes too long: what is kept is not done, but for the end of a client. */
static void
give_up(struct binding *b)
{
    LIST_EACH_SAFE (l, &b->kept) {
        struct kept *k = LIST_ITEM(l, struct kept, link);

        if (k->gone)
            continue;
        binding_refuse(b, k, ERROR_SERVER_INTERNAL);
        binding_forget(b, k);
    }
    if (b->session != NULL)
        session_close(b->session, "its messages cannot be written");
}

/*
 * What is kept was undone, for want of room or by a fault of the disk.  After
 * a pause the owner is looked for and gets it again, as after a death.
 */
static void
hold(struct binding *b)
{
    int64_t now_ms = b->bs->game->loop->now_ms;

    if (b->state != BINDING_BOUND)
        return; /* it is on hold already */
    if (b->held_ms == 0) {
        b->held_ms = now_ms;
        b->pause_ms = BINDING_AGAIN_MS / 2;
    }
    if (b->pause_ms < BINDING_AGAIN_MAX_MS)
        b->pause_ms *= 2;
    binding_look_again(b);
    b->owner = PLACE_NONE;
    b->again_ms = now_ms + b->pause_ms;
    binding_set_pressure(b);
    if (now_ms - b->held_ms >= BINDING_PATIENCE_MS)
        give_up(b);
}

/* A request that was undone has been refused by the owner. */
static void
undone(struct binding *b, uint64_t cseq)
{
    struct list *l = binding_kept_after(b, cseq)->prev;
    struct kept *k = LIST_ITEM(l, struct kept, link);

    if (l == &b->kept || k->cseq != cseq)
        return;
    if (!k->wants) {
        hold(b);
        return;
    }
    binding_forget(b, k);
    binding_set_pressure(b);
}

void
bindings_undone(struct bindings *bs, const struct bound_message *m)
{
    struct binding *b = binding_find(bs, m->session, m->target);

    if (b == NULL)
        return;
    binding_keep(b, m);
    hold(b);
}

static void
ended(struct binding *b)
{
    b->ended = true;
    if (list_is_empty(&b->kept))
        binding_destroy(b);
}

/* Is it news?  What is numbered is told once, and in order. */
static bool
is_news(struct binding *b, const struct bound_item *item)
{
    if (item->seq == 0)
        return true;
    if (item->seq < b->seq || (item->seq == b->seq && item->ord <= b->ord))
        return false;
    b->seq = item->seq;
    b->ord = item->ord;
    return true;
}

/*
 * Is the response, which another worker has sent, the first?  An owner that
 * gets a request again, as it may be lost, responds again.
 */
static bool
is_first(struct bindings *bs, const struct bound_item *item)
{
    struct binding *b = binding_find(bs, item->session[0], item->target);

    if (b == NULL)
        return false;
    LIST_EACH (l, &b->kept) {
        struct kept *k = LIST_ITEM(l, struct kept, link);

        if (k->mid != item->mid || !k->wants || k->answered)
            continue;
        k->answered = true;
        return true;
    }
    return false;
}

/* What is large and may be lost must not cut off a client who reads slowly. */
static bool
has_room_for_talk(const struct session *s)
{
    return conn_waiting(s->conn) <= s->conn->out_limit / 4;
}

static bool
is_heard(const struct binding *b, const struct bound_item *item)
{
    return b->session != NULL &&
           (item->kind != ITEM_TALK || has_room_for_talk(b->session));
}

/* The session has been told a question; again, if it is the last one. */
static void
mark_question(struct binding *b, uint64_t asks)
{
    if (asks == 0 || asks == b->asks)
        return;
    b->asks = asks;
    conn_mark(b->session->conn, &b->asks_end);
}

static void
tell(struct bindings *bs, const struct bound_item *item)
{
    struct session *hearers[BOUND_SESSIONS] = {NULL};
    struct message head = {
        .type = item->kind == ITEM_RESPONSE ? MESSAGE_RESPONSE : MESSAGE_PUSH,
        .id = item->mid,
        .route = item->route};
    unsigned n = 0;

    if (item->kind == ITEM_RESPONSE) {
        /* to whoever asked, bound or not any more */
        hearers[0] = session_find(bs->game, item->session[0]);
        n = hearers[0] != NULL;
    }
    for (unsigned i = 0; item->kind != ITEM_RESPONSE && i < item->sessions;
         i++) {
        struct binding *b = binding_find(bs, item->session[i], item->target);

        if (b != NULL && is_news(b, item) && is_heard(b, item))
            hearers[n++] = b->session;
    }
    if (log_is_on(bs->game->log, LOG_DEBUG))
        game_log_sent(hearers, n, &head, item->payload.len);
    group_send(hearers, n, &head, item->payload);
    for (unsigned i = 0; item->kind == ITEM_PUSH && i < n; i++)
        mark_question(hearers[i]->binding, item->asks);
}

void
bindings_item(struct bindings *bs, const struct bound_item *item)
{
    struct binding *b;

    if (item->kind == ITEM_PUSH || item->kind == ITEM_TALK ||
        item->kind == ITEM_RESPONSE) {
        tell(bs, item);
        return;
    }
    for (unsigned i = 0; i < item->sessions; i++) {
        b = binding_find(bs, item->session[i], item->target);
        if (b == NULL)
            continue;
        if (item->kind == ITEM_ACK)
            acknowledged(b, item->cseq);
        else if (item->kind == ITEM_UNDONE)
            undone(b, item->cseq);
        else if (item->kind == ITEM_END && b->cseq <= item->cseq)
            ended(b); /* else he has asked for something since */
    }
}

struct items {
    struct bindings *bs;
    struct place from;
};

static void
take_item(void *arg, const struct bound_item *item)
{
    struct items *items = arg;

    if (item->kind == ITEM_RESPONSE && !is_first(items->bs, item))
        return;
    bindings_item(items->bs, item);
    if (item->kind == ITEM_END)
        frame_send_uint(items->bs->game->bus, items->from, FRAME_END_SEEN,
                        item->session[0], item->target);
}

int
bindings_frame(struct bindings *bs, const struct bus_frame *f)
{
    struct items items = {bs, f->from};

    switch (f->type) {
    case FRAME_ITEMS:
        if (bound_items_each(f->body, take_item, &items) == 0)
            return 0;
        log_limited(bs->game->log, LOG_ALERT, 0, "slot %u sent bad items",
                    f->from.slot);
        return -1;
    case FRAME_MOVED:
        return moved(bs, f);
    case FRAME_LOST:
        bindings_lost(bs, f->from);
        break;
    }
    return 0;
}
