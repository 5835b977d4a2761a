#include "game/binding.h"

#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/slots.h"
#include "event/bus.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/group.h"
#include "game/message.h"
#include "game/session.h"
#include "game/store/accounts.h"
#include "game/store/shared.h"

/* A message that the owner has not acknowledged. */
struct kept {
    struct list link;
    uint64_t cseq;
    uint64_t mid;
    uint64_t asked;
    bool wants;
    bool answered; /* ... and has its response */
    bool gone;
    size_t route_len;
    size_t len; /* of route and payload */
    char data[];
};

enum state {
    LOOKING, /* where is the owner? */
    BOUND
};

struct binding {
    struct list all; /* in bs->all or bs->gone */
    struct bindings *bs;
    struct session *session; /* NULL: it is gone */
    uint64_t session_id;
    uint64_t uid;
    uint64_t target;
    uint32_t number;
    uint8_t state;
    bool open;
    uint8_t format; /* of the session */
    bool known;     /* to the owner, before its first message */
    bool waits;     /* for one that is gone, of the same session and target */
    bool ended;     /* the owner has said so; what is kept is still answered */
    struct place owner; /* BOUND: it lives there; else there it died */
    uint64_t epoch;
    uint64_t cseq;       /* of the last message */
    uint64_t first_cseq; /* before its first */
    struct list kept;
    unsigned kept_count;
    size_t kept_bytes;
    uint64_t seq, ord; /* the last event that was told */
    uint64_t asks;     /* the last question that was told; 0: none */
    struct conn_mark asks_end;
    int64_t since_ms; /* LOOKING: since then */
    int64_t held_ms;  /* what is kept was undone, since then; 0: no */
    int64_t again_ms; /* LOOKING: not before then */
    int64_t pause_ms; /* ... the last time */
    char ip[ADDR_TEXT];
};

struct bindings {
    struct game *game;
    struct list all;
    struct list gone;  /* those without a session */
    struct list *next; /* of a walk through one of them */
    struct buf body;   /* of the frame in hand */
    unsigned count;
    struct timer look;
};

static bool
is_here(const struct binding *b)
{
    return place_is_equal(b->owner, b->bs->game->place);
}

/* ---- what is kept ---- */

static void
forget(struct binding *b, struct kept *k)
{
    list_remove(&k->link);
    b->kept_count--;
    b->kept_bytes -= k->len;
    mem_free(k);
}

/* The first that is kept behind a message, or the head of the list. */
static struct list *
behind(struct binding *b, uint64_t cseq)
{
    struct list *l = &b->kept;

    while (l->prev != &b->kept &&
           LIST_ITEM(l->prev, struct kept, link)->cseq > cseq)
        l = l->prev;
    return l;
}

static struct kept *
keep(struct binding *b, const struct bound_message *m)
{
    size_t len = m->route.len + m->payload.len;
    struct kept *k = mem_alloc(sizeof(*k) + len);

    *k = (struct kept){.cseq = m->cseq,
                       .mid = m->mid,
                       .asked = m->asked,
                       .wants = m->wants,
                       .gone = m->gone,
                       .route_len = m->route.len,
                       .len = len};
    if (m->route.len != 0)
        memcpy(k->data, m->route.data, m->route.len);
    if (m->payload.len != 0)
        memcpy(k->data + m->route.len, m->payload.data, m->payload.len);
    list_append(behind(b, m->cseq), &k->link);
    b->kept_count++;
    b->kept_bytes += len;
    return k;
}

/* What every message of the session says. */
static struct bound_message
message_number(const struct binding *b, uint64_t cseq)
{
    struct bound_message m = {.gate = b->bs->game->place,
                              .session = b->session_id,
                              .target = b->target,
                              .number = b->number,
                              .epoch = b->epoch,
                              .uid = b->uid,
                              .cseq = cseq,
                              .open = b->open,
                              .format = b->format,
                              .ip = str_of(b->ip)};

    if (b->session != NULL && b->session->stranger != NULL) {
        m.name = str_of(b->session->stranger->name);
        m.head_url = str_of(b->session->stranger->head_url);
        m.sex = b->session->stranger->sex;
    }
    return m;
}

static struct bound_message
message_of(const struct binding *b, const struct kept *k)
{
    struct bound_message m = message_number(b, k->cseq);

    m.mid = k->mid;
    m.asked = k->asked;
    m.wants = k->wants && !k->answered;
    m.gone = k->gone;
    m.kept = true;
    m.route = (struct str){k->data, k->route_len};
    m.payload = (struct str){k->data + k->route_len, k->len - k->route_len};
    return m;
}

/* Stops and starts reading the client as the owner keeps up. */
static void
set_pressure(struct binding *b)
{
    bool much = b->kept_count >= BINDING_KEPT_MAX ||
                b->kept_bytes >= BINDING_KEPT_BYTES || b->held_ms != 0;

    if (b->session == NULL)
        return;
    if (much)
        conn_pause(b->session->conn, CONN_PAUSE_KEPT);
    else
        conn_resume(b->session->conn, CONN_PAUSE_KEPT);
}

/* ---- life ---- */

/* Out of its list; a walk goes on behind it. */
static void
unlink_binding(struct binding *b)
{
    if (b->bs->next == &b->all)
        b->bs->next = b->all.next;
    list_remove(&b->all);
}

/* The session goes on without it, but for its mark. */
static void
leave_session(struct binding *b)
{
    conn_resume(b->session->conn, CONN_PAUSE_KEPT);
    conn_mark(b->session->conn, NULL);
    b->session->binding = NULL;
    b->session->bound = (struct binding_mark){
        .target = b->target, .seq = b->seq, .ord = b->ord, .cseq = b->cseq};
    b->session = NULL;
}

static void
destroy(struct binding *b)
{
    while (!list_is_empty(&b->kept))
        forget(b, LIST_ITEM(b->kept.next, struct kept, link));
    if (b->session != NULL)
        leave_session(b);
    unlink_binding(b);
    b->bs->count--;
    mem_free(b);
}

/* The request cannot be done; a notify is forgotten. */
static void
refuse(struct binding *b, const struct kept *k, int code)
{
    if (k->wants && !k->answered && b->session != NULL)
        game_refuse(b->session, (struct str){k->data, k->route_len}, k->mid,
                    code);
}

/* The target is gone: so is all that was meant for it. */
static void
end(struct binding *b)
{
    LIST_EACH_SAFE (l, &b->kept) {
        refuse(b, LIST_ITEM(l, struct kept, link), ERROR_DESK_NOT_FOUND);
    }
    if (b->session != NULL && b->seq != 0 && !b->ended)
        game_vanished(b->session);
    destroy(b);
}

/* ---- to the owner ---- */

static void
send_message(struct binding *b, const struct bound_message *m)
{
    struct buf *body = &b->bs->body;

    body->len = 0;
    bound_message_encode(body, m);
    bus_send(b->bs->game->bus, b->owner, FRAME_BOUND, b->session_id,
             buf_str(body));
}

/* Shows the session to the owner, who may be another by now. */
static void
send_resume(struct binding *b)
{
    struct bound_resume resume = {.target = b->target,
                                  .number = b->number,
                                  .epoch = b->epoch,
                                  .uid = b->uid,
                                  .open = b->open,
                                  .format = b->format,
                                  .seq = b->seq,
                                  .ord = b->ord,
                                  .since = b->known ? 0 : b->first_cseq};
    struct buf body = {0};

    if (is_here(b)) {
        game_resume(b->bs->game, b->owner, b->session_id, &resume);
        return;
    }
    bound_resume_encode(&body, &resume);
    bus_send(b->bs->game->bus, b->owner, FRAME_RESUME, b->session_id,
             buf_str(&body));
    buf_deinit(&body);
}

static void
look_again(struct binding *b)
{
    struct loop *loop = b->bs->game->loop;

    if (b->state == BOUND)
        b->since_ms = loop->now_ms;
    b->state = LOOKING;
    if (!timer_is_set(&b->bs->look))
        timer_set(&loop->timers, &b->bs->look, loop->now_ms + BINDING_LOOK_MS);
}

/* In this process: it is done when this returns.  -1: it is not here. */
static int
hand_over(struct binding *b, const struct bound_message *m)
{
    struct game *game = b->bs->game;

    if (game_bound_message(game, m) == 0)
        return 0;
    look_again(b);
    b->owner = PLACE_NONE;
    return -1;
}

/* All that is kept goes to an owner who may have seen a part of it. */
static void
send_kept(struct binding *b)
{
    LIST_EACH_SAFE (l, &b->kept) {
        struct kept *k = LIST_ITEM(l, struct kept, link);
        struct bound_message m = message_of(b, k);

        if (!is_here(b)) {
            send_message(b, &m);
            continue;
        }
        if (hand_over(b, &m) != 0)
            return;
        arena_reset(b->bs->game->arena); /* there may be many */
    }
    set_pressure(b);
}

static struct binding *find(struct bindings *bs, uint64_t session_id,
                            uint64_t target);

static bool
is_waiting(struct binding *b)
{
    b->waits = b->waits && find(b->bs, b->session_id, b->target) != NULL;
    return b->waits;
}

/*
 * Nothing was missed by who has said nothing yet.  Where the owner is this
 * worker the resume may tell the end, and the binding is gone.
 */
static void
bind_to(struct binding *b, struct place owner, uint64_t epoch)
{
    struct bindings *bs = b->bs;
    uint64_t session_id = b->session_id, target = b->target;

    b->owner = owner;
    b->epoch = epoch;
    b->state = BOUND;
    if (b->cseq == b->first_cseq && !b->known)
        return;
    send_resume(b);
    if (find(bs, session_id, target) == b)
        send_kept(b);
}

/* ---- where is the owner? ---- */

static void
refuse_waiting(struct binding *b)
{
    LIST_EACH_SAFE (l, &b->kept) {
        struct kept *k = LIST_ITEM(l, struct kept, link);

        if (!k->wants)
            continue;
        refuse(b, k, ERROR_SERVER_INTERNAL);
        forget(b, k);
    }
    set_pressure(b);
}

/* The slot stays away: the target becomes this worker's. */
static void
adopt(struct binding *b)
{
    struct game *game = b->bs->game;
    struct shared_desk row;

    if (game->draining)
        return;
    if (shared_desk_adopt(game->shared, b->number, b->target, game->place,
                          &row) != SHARED_CLAIMED)
        return;
    log_write(game->log, LOG_NOTICE, 0,
              "desk %06u adopted: nobody lives in the slot of its owner",
              b->number);
    bind_to(b, game->place, row.epoch);
}

static void
look_for(struct binding *b)
{
    struct game *game = b->bs->game;
    int64_t waited_ms = game->loop->now_ms - b->since_ms;
    struct shared_desk row;
    struct shared_slot slot;
    struct place place;
    int found = shared_desk_get(game->shared, b->number, &row);

    if (found == 0 || (found == 1 && row.uid != b->target)) {
        end(b);
        return;
    }
    if (waited_ms > BINDING_PATIENCE_MS)
        refuse_waiting(b);
    if (is_waiting(b))
        return;
    if (found < 0 || shared_slot_get(game->shared, row.owner.slot, &slot) != 1)
        return;
    place = (struct place){row.owner.node, row.owner.slot, slot.generation};
    if (slot.state == SHARED_SLOT_LIVE && !place_is_equal(place, b->owner) &&
        place.generation == slot_generation(game->pages, place.slot) &&
        !bus_is_busy(game->bus, place))
        bind_to(b, place, row.epoch);
    else if (slot.state != SHARED_SLOT_LIVE && waited_ms > BINDING_ADOPT_MS)
        adopt(b);
}

static void
each_of(struct bindings *bs, struct list *head,
        void (*fn)(struct binding *b, struct place place), struct place place)
{
    for (struct list *l = head->next; l != head; l = bs->next) {
        bs->next = l->next;
        fn(LIST_ITEM(l, struct binding, all), place);
    }
    bs->next = NULL;
}

/*
 * Calls fn for every binding, which may destroy any: where the owner is this
 * worker a desk may end at once.  A walk does not begin within another.
 */
static void
each(struct bindings *bs, void (*fn)(struct binding *b, struct place place),
     struct place place)
{
    each_of(bs, &bs->gone, fn, place);
    each_of(bs, &bs->all, fn, place);
}

static void
look_if_due(struct binding *b, struct place place)
{
    (void) place;
    if (b->state == LOOKING && b->again_ms <= b->bs->game->loop->now_ms)
        look_for(b);
}

/* Those that are still looking need the timer again. */
static void
look_later(struct binding *b, struct place place)
{
    (void) place;
    if (b->state == LOOKING)
        look_again(b);
}

static void
look_fired(struct timer *t)
{
    struct bindings *bs = LIST_ITEM(t, struct bindings, look);

    each(bs, look_if_due, PLACE_NONE);
    each(bs, look_later, PLACE_NONE);
}

static void
owner_died(struct binding *b, struct place place)
{
    if (!place_is_same_slot(b->owner, place) ||
        b->owner.generation > place.generation)
        return;
    look_again(b);
    b->owner = place;
}

void
bindings_died(struct bindings *bs, struct place place)
{
    each(bs, owner_died, place);
}

static void
owner_lost(struct binding *b, struct place place)
{
    if (!place_is_same_slot(b->owner, place) || b->state != BOUND ||
        is_here(b))
        return;
    look_again(b);
    b->owner = PLACE_NONE;
}

void
bindings_lost(struct bindings *bs, struct place place)
{
    each(bs, owner_lost, place);
}

/* ---- from clients ---- */

struct bindings *
bindings_create(struct game *game)
{
    struct bindings *bs = mem_zalloc(sizeof(*bs));

    bs->game = game;
    bs->look.fire = look_fired;
    list_init(&bs->all);
    list_init(&bs->gone);
    return bs;
}

void
bindings_destroy(struct bindings *bs)
{
    if (bs == NULL)
        return;
    while (!list_is_empty(&bs->all))
        destroy(LIST_ITEM(bs->all.next, struct binding, all));
    while (!list_is_empty(&bs->gone))
        destroy(LIST_ITEM(bs->gone.next, struct binding, all));
    timer_clear(&bs->game->loop->timers, &bs->look);
    buf_deinit(&bs->body);
    mem_free(bs);
}

unsigned
bindings_count(const struct bindings *bs)
{
    return bs->count;
}

struct binding *
binding_create(struct session *s, uint32_t number, uint64_t target)
{
    struct bindings *bs = s->game->bindings;
    struct binding *b = mem_zalloc(sizeof(*b));

    b->bs = bs;
    b->session = s;
    b->session_id = s->id;
    b->uid = (uint64_t) s->uid;
    b->target = target;
    b->number = number;
    b->open = !s->server->limits.hidden_tiles;
    b->format = (uint8_t) s->server->wire.format;
    b->since_ms = s->game->loop->now_ms;
    b->cseq = b->first_cseq = s->bound.cseq;
    b->waits = b->cseq != 0 && find(bs, s->id, target) != NULL;
    if (s->bound.target == target) {
        b->seq = s->bound.seq;
        b->ord = s->bound.ord;
    }
    addr_format_host(&s->conn->peer, b->ip);
    list_init(&b->kept);
    list_append(&bs->all, &b->all);
    bs->count++;
    s->binding = b;
    look_for(b);
    if (s->binding == b && b->state == LOOKING)
        look_again(b);
    return s->binding;
}

void
binding_set_known(struct binding *b)
{
    b->known = true;
}

uint32_t
binding_number(const struct session *s)
{
    return s->binding != NULL ? s->binding->number : 0;
}

static void
pass_on(struct binding *b, struct bound_message *m)
{
    if (b->state == BOUND && is_here(b)) {
        if (hand_over(b, m) == 0)
            return;
    }
    keep(b, m);
    if (b->state == BOUND)
        send_message(b, m);
    set_pressure(b);
}

void
binding_send(struct session *s, const struct request *rq, bool answers)
{
    struct binding *b = s->binding;
    struct bound_message m = message_number(b, ++b->cseq);

    m.mid = rq->id;
    m.wants = rq->wants_response;
    if (answers && conn_has_acknowledged(s->conn))
        m.asked = b->asks;
    m.route = rq->route;
    m.payload = rq->payload;
    pass_on(b, &m);
}

void
binding_close(struct session *s)
{
    struct binding *b = s->binding;
    struct bound_message m;

    if (b == NULL)
        return;
    if (b->waits) { /* so its owner does not know of it */
        refuse_waiting(b);
        destroy(b);
        return;
    }
    m = message_number(b, ++b->cseq);
    m.gone = true;
    leave_session(b);
    unlink_binding(b);
    list_append(&b->bs->gone, &b->all);
    keep(b, &m);
    m.kept = true;
    if (b->state == BOUND && is_here(b))
        hand_over(b, &m);
    else if (b->state == BOUND)
        send_message(b, &m);
}

/* ---- from owners ---- */

/*
 * The one that the owner knows: where a client has logged in as another there
 * may be one that is gone beside that of the session, which waits.
 */
static struct binding *
find(struct bindings *bs, uint64_t session_id, uint64_t target)
{
    struct session *s = session_find(bs->game, session_id);
    struct binding *bound = s != NULL ? s->binding : NULL;

    if (bound != NULL && bound->target == target && !bound->waits)
        return bound;
    LIST_EACH (l, &bs->gone) {
        struct binding *b = LIST_ITEM(l, struct binding, all);

        if (b->session_id == session_id && b->target == target)
            return b;
    }
    return NULL;
}

void
bindings_moved(struct bindings *bs, uint64_t session, uint64_t target)
{
    struct binding *b = find(bs, session, target);

    if (b == NULL || b->state != BOUND)
        return;
    look_again(b);
    look_for(b);
    b = find(bs, session, target);
    if (b != NULL && b->state == LOOKING)
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
    b = find(bs, f->session, target);
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
        forget(b, k);
    }
    b->held_ms = 0;
    if (gone || (b->ended && list_is_empty(&b->kept)))
        destroy(b);
    else
        set_pressure(b);
}

/* It takes too long: what is kept is not done, but for the end of a client. */
static void
give_up(struct binding *b)
{
    LIST_EACH_SAFE (l, &b->kept) {
        struct kept *k = LIST_ITEM(l, struct kept, link);

        if (k->gone)
            continue;
        refuse(b, k, ERROR_SERVER_INTERNAL);
        forget(b, k);
    }
    if (b->session != NULL)
        session_close(b->session, "its messages cannot be written");
}

/*
 * What is kept was undone, for want of room or by a fault of the disk.  After a
 * pause the owner is looked for and gets it again, as after a death.
 */
static void
hold(struct binding *b)
{
    int64_t now_ms = b->bs->game->loop->now_ms;

    if (b->state != BOUND)
        return; /* it is on hold already */
    if (b->held_ms == 0) {
        b->held_ms = now_ms;
        b->pause_ms = BINDING_AGAIN_MS / 2;
    }
    if (b->pause_ms < BINDING_AGAIN_MAX_MS)
        b->pause_ms *= 2;
    look_again(b);
    b->owner = PLACE_NONE;
    b->again_ms = now_ms + b->pause_ms;
    set_pressure(b);
    if (now_ms - b->held_ms >= BINDING_PATIENCE_MS)
        give_up(b);
}

/* A request that was undone has been refused by the owner. */
static void
undone(struct binding *b, uint64_t cseq)
{
    struct list *l = behind(b, cseq)->prev;
    struct kept *k = LIST_ITEM(l, struct kept, link);

    if (l == &b->kept || k->cseq != cseq)
        return;
    if (!k->wants) {
        hold(b);
        return;
    }
    forget(b, k);
    set_pressure(b);
}

void
bindings_undone(struct bindings *bs, const struct bound_message *m)
{
    struct binding *b = find(bs, m->session, m->target);

    if (b == NULL)
        return;
    keep(b, m);
    hold(b);
}

static void
ended(struct binding *b)
{
    b->ended = true;
    if (list_is_empty(&b->kept))
        destroy(b);
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
    struct binding *b = find(bs, item->session[0], item->target);

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
        struct binding *b = find(bs, item->session[i], item->target);

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
        b = find(bs, item->session[i], item->target);
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
