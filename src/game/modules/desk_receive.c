/*
 * A message comes to its desk: is it from the session that it says, has it
 * been applied already, and where its answer goes.
 */
#include "core/fail_point.h"
#include "core/log.h"
#include "game/desks/desks.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/modules/desk_manager.h"

/*
 * May the session speak for its uid?  Only the one that the row names, and not
 * when its gate is dead: what a closed one has said may come late, after what
 * its successor says, or after its end.
 */
static bool
is_current(struct game *game, const struct bound_message *m)
{
    struct shared_session row;

    return m->gate.generation == slot_generation(game->pages, m->gate.slot) &&
           shared_session_get(game->shared, m->uid, &row) == 1 &&
           row.session_id == m->session;
}

/*
 * A session that has come to a seat gets its pushes from now on.  A message
 * does not attach a session that was seated before: it may have been sent
 * before its gate knew that it had missed something.  The gate resumes.
 */
static void
attach(struct desk *desk, const struct bound_message *m)
{
    unsigned seat = desk_seat_of(&desk->st, m->uid);

    if (seat >= MAHJONG_SEATS)
        return;
    desk_set_view(desk, seat, m->open, m->format);
    desk->attached |= (uint8_t) (1u << seat);
}

static struct request
request_of(struct desk *desk, const struct bound_message *m)
{
    struct game *game = desk->desks->game;

    return (struct request){.game = game,
                            .component = &desk_manager_component,
                            .state = desk->desks,
                            .bound = m,
                            .target = desk,
                            .uid = (int64_t) m->uid,
                            .arena = game->arena,
                            .route = m->route,
                            .payload = m->payload,
                            .id = m->mid,
                            .wants_response = m->wants};
}

static void
call(struct desk *desk, const struct bound_message *m, const struct handler *h)
{
    struct request rq = request_of(desk, m);
    unsigned seat = desk_seat_of(&desk->st, m->uid);
    bool comes = seat >= MAHJONG_SEATS ||
                 desk->st.seat[seat].session != m->session;

    fail_point_at("desk message", m->route);
    if (comes)
        attach(desk, m);
    request_call(&rq, h);
    if (comes)
        attach(desk, m);
    desk_go_on(desk);
}

/* Done before the owner died: only who asked for a table has to be told. */
static void
repeat(struct desk *desk, const struct bound_message *m,
       const struct handler *h)
{
    if (m->wants && h->handle == desk_join)
        call(desk, m, h);
}

/* A worker has died at it: it is not tried again. */
static void
refuse_poison(struct desk *desk, const struct bound_message *m,
              const struct handler *h, unsigned seat)
{
    struct request rq = request_of(desk, m);

    log_write(rq.game->log, LOG_ERR, 0,
              "desk %06u: \"%.*s\" of uid %llu is refused: a worker died at "
              "it",
              desk->number, (int) m->route.len, m->route.data,
              (unsigned long long) m->uid);
    if (h != NULL && m->wants)
        request_refuse(&rq, h, ERROR_SERVER_INTERNAL, NULL);
    desk_hint_again(desk, seat);
}

/*
 * The last message of the session that is applied; 0: none that the seat
 * remembers.
 */
static uint64_t
last_cseq(const struct desk *desk, unsigned seat, uint64_t session)
{
    const struct desk_seat *s;

    if (seat >= MAHJONG_SEATS)
        return 0;
    s = &desk->st.seat[seat];
    if (s->session == session)
        return s->cseq;
    return s->dropped == session ? s->dropped_cseq : 0;
}

static void
take(struct desk *desk, const struct bound_message *m, const struct handler *h)
{
    struct game *game = desk->desks->game;
    unsigned seat = desk_seat_of(&desk->st, m->uid);
    bool his = seat < MAHJONG_SEATS &&
               desk->st.seat[seat].session == m->session;

    if (desk_is_poison(desk, m)) {
        refuse_poison(desk, m, h, seat);
    } else if (m->gone) {
        /* it may come twice, the second time when he is back */
        if (his && m->cseq >= desk->st.seat[seat].cseq)
            desk_drop(desk, seat);
    } else if (m->cseq <= last_cseq(desk, seat, m->session)) {
        repeat(desk, m, h);
    } else if (his || is_current(game, m)) {
        call(desk, m, h);
    }
}

int
desk_receive(void *state, const struct bound_message *m,
             const struct handler *h)
{
    struct desks *ds = state;
    struct desk *desk = desk_get(ds, m->number, m->target);

    if (desk == NULL || m->epoch < desk->row.epoch)
        return -1;
    if (turn_message_add(desk, m, h)) {
        desk_hold(desk);
        take(desk, m, h);
        desks_let_go(ds);
    }
    return 0;
}

void
desk_answer(struct request *rq, struct str body)
{
    struct bound_item item = {.kind = ITEM_RESPONSE,
                              .target = rq->bound->target,
                              .session = {rq->bound->session},
                              .sessions = 1,
                              .mid = rq->id,
                              .payload = body};

    turn_item_add(rq->target, &item);
}
