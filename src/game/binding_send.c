#include "game/binding_inner.h"

#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "event/bus.h"
#include "game/session.h"
#include "game/store/accounts.h"

/* ---- what is kept ---- */

void
binding_forget(struct binding *b, struct kept *k)
{
    list_remove(&k->link);
    b->kept_count--;
    b->kept_bytes -= k->len;
    mem_free(k);
}

/* The first that is kept behind a message, or the head of the list. */
struct list *
binding_kept_after(struct binding *b, uint64_t cseq)
{
    struct list *l = &b->kept;

    while (l->prev != &b->kept &&
           LIST_ITEM(l->prev, struct kept, link)->cseq > cseq)
        l = l->prev;
    return l;
}

struct kept *
binding_keep(struct binding *b, const struct bound_message *m)
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
    list_append(binding_kept_after(b, m->cseq), &k->link);
    b->kept_count++;
    b->kept_bytes += len;
    return k;
}

/* What every message of the session says. */
struct bound_message
binding_message(const struct binding *b, uint64_t cseq)
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
    struct bound_message m = binding_message(b, k->cseq);

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
void
binding_set_pressure(struct binding *b)
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

/* ---- to the owner ---- */

void
binding_send_message(struct binding *b, const struct bound_message *m)
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

    if (binding_is_here(b)) {
        game_resume(b->bs->game, b->owner, b->session_id, &resume);
        return;
    }
    bound_resume_encode(&body, &resume);
    bus_send(b->bs->game->bus, b->owner, FRAME_RESUME, b->session_id,
             buf_str(&body));
    buf_deinit(&body);
}

/* In this process: it is done when this returns.  -1: it is not here. */
int
binding_hand_over(struct binding *b, const struct bound_message *m)
{
    struct game *game = b->bs->game;

    if (game_bound_message(game, m) == 0)
        return 0;
    binding_look_again(b);
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

        if (!binding_is_here(b)) {
            binding_send_message(b, &m);
            continue;
        }
        if (binding_hand_over(b, &m) != 0)
            return;
        arena_reset(b->bs->game->arena); /* there may be many */
    }
    binding_set_pressure(b);
}

/*
 * Nothing was missed by who has said nothing yet.  Where the owner is this
 * worker the resume may tell the end, and the binding is gone.
 */
void
binding_bind_to(struct binding *b, struct place owner, uint64_t epoch)
{
    struct bindings *bs = b->bs;
    uint64_t session_id = b->session_id, target = b->target;

    b->owner = owner;
    b->epoch = epoch;
    b->state = BINDING_BOUND;
    if (b->cseq == b->first_cseq && !b->known)
        return;
    send_resume(b);
    if (binding_find(bs, session_id, target) == b)
        send_kept(b);
}
