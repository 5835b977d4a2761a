#include "game/binding.h"

#include "core/mem.h"
#include "game/binding_inner.h"
#include "game/errors.h"
#include "game/session.h"

/* ---- life ---- */

/*
 * The one that the owner knows: where a client has logged in as another there
 * may be one that is gone beside that of the session, which waits.
 */
struct binding *
binding_find(struct bindings *bs, uint64_t session_id, uint64_t target)
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

void
binding_destroy(struct binding *b)
{
    while (!list_is_empty(&b->kept))
        binding_forget(b, LIST_ITEM(b->kept.next, struct kept, link));
    if (b->session != NULL)
        leave_session(b);
    unlink_binding(b);
    b->bs->count--;
    mem_free(b);
}

/* The request cannot be done; a notify is forgotten. */
void
binding_refuse(struct binding *b, const struct kept *k, int code)
{
    if (k->wants && !k->answered && b->session != NULL)
        game_refuse(b->session, (struct str){k->data, k->route_len}, k->mid,
                    code);
}

/* The target is gone: so is all that was meant for it. */
void
binding_end(struct binding *b)
{
    LIST_EACH_SAFE (l, &b->kept) {
        binding_refuse(b, LIST_ITEM(l, struct kept, link),
                       ERROR_DESK_NOT_FOUND);
    }
    if (b->session != NULL && b->seq != 0 && !b->ended)
        game_vanished(b->session);
    binding_destroy(b);
}

/* ---- from clients ---- */

struct bindings *
bindings_create(struct game *game)
{
    struct bindings *bs = mem_zalloc(sizeof(*bs));

    bs->game = game;
    bs->look.fire = bindings_look_fired;
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
        binding_destroy(LIST_ITEM(bs->all.next, struct binding, all));
    while (!list_is_empty(&bs->gone))
        binding_destroy(LIST_ITEM(bs->gone.next, struct binding, all));
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
    b->waits = b->cseq != 0 && binding_find(bs, s->id, target) != NULL;
    if (s->bound.target == target) {
        b->seq = s->bound.seq;
        b->ord = s->bound.ord;
    }
    addr_format_host(&s->conn->peer, b->ip);
    list_init(&b->kept);
    list_append(&bs->all, &b->all);
    bs->count++;
    s->binding = b;
    binding_look_for(b);
    if (s->binding == b && b->state == BINDING_LOOKING)
        binding_look_again(b);
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
    if (b->state == BINDING_BOUND && binding_is_here(b)) {
        if (binding_hand_over(b, m) == 0)
            return;
    }
    binding_keep(b, m);
    if (b->state == BINDING_BOUND)
        binding_send_message(b, m);
    binding_set_pressure(b);
}

void
binding_send(struct session *s, const struct request *rq, bool answers)
{
    struct binding *b = s->binding;
    struct bound_message m = binding_message(b, ++b->cseq);

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
        binding_refuse_waiting(b);
        binding_destroy(b);
        return;
    }
    m = binding_message(b, ++b->cseq);
    m.gone = true;
    leave_session(b);
    unlink_binding(b);
    list_append(&b->bs->gone, &b->all);
    binding_keep(b, &m);
    m.kept = true;
    if (b->state == BINDING_BOUND && binding_is_here(b))
        binding_hand_over(b, &m);
    else if (b->state == BINDING_BOUND)
        binding_send_message(b, &m);
}
