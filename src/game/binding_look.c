#include "game/binding_inner.h"

#include "core/log.h"
#include "core/slots.h"
#include "event/bus.h"
#include "game/errors.h"
#include "game/store/shared.h"

void
binding_look_again(struct binding *b)
{
    struct loop *loop = b->bs->game->loop;

    if (b->state == BINDING_BOUND)
        b->since_ms = loop->now_ms;
    b->state = BINDING_LOOKING;
    if (!timer_is_set(&b->bs->look))
        timer_set(&loop->timers, &b->bs->look, loop->now_ms + BINDING_LOOK_MS);
}

static bool
is_waiting(struct binding *b)
{
    b->waits = b->waits &&
               binding_find(b->bs, b->session_id, b->target) != NULL;
    return b->waits;
}

void
binding_refuse_waiting(struct binding *b)
{
    LIST_EACH_SAFE (l, &b->kept) {
        struct kept *k = LIST_ITEM(l, struct kept, link);

        if (!k->wants)
            continue;
        binding_refuse(b, k, ERROR_SERVER_INTERNAL);
        binding_forget(b, k);
    }
    binding_set_pressure(b);
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
    binding_bind_to(b, game->place, row.epoch);
}

void
binding_look_for(struct binding *b)
{
    struct game *game = b->bs->game;
    int64_t waited_ms = game->loop->now_ms - b->since_ms;
    struct shared_desk row;
    struct shared_slot slot;
    struct place place;
    int found = shared_desk_get(game->shared, b->number, &row);

    if (found == 0 || (found == 1 && row.uid != b->target)) {
        binding_end(b);
        return;
    }
    if (waited_ms > BINDING_PATIENCE_MS)
        binding_refuse_waiting(b);
    if (is_waiting(b))
        return;
    if (found < 0 || shared_slot_get(game->shared, row.owner.slot, &slot) != 1)
        return;
    place = (struct place){row.owner.node, row.owner.slot, slot.generation};
    if (slot.state == SHARED_SLOT_LIVE && !place_is_equal(place, b->owner) &&
        place.generation == slot_generation(game->pages, place.slot) &&
        !bus_is_busy(game->bus, place))
        binding_bind_to(b, place, row.epoch);
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
void
bindings_each(struct bindings *bs,
              void (*fn)(struct binding *b, struct place place),
              struct place place)
{
    each_of(bs, &bs->gone, fn, place);
    each_of(bs, &bs->all, fn, place);
}

static void
look_if_due(struct binding *b, struct place place)
{
    (void) place;
    if (b->state == BINDING_LOOKING &&
        b->again_ms <= b->bs->game->loop->now_ms)
        binding_look_for(b);
}

/* Those that are still looking need the timer again. */
static void
look_later(struct binding *b, struct place place)
{
    (void) place;
    if (b->state == BINDING_LOOKING)
        binding_look_again(b);
}

void
bindings_look_fired(struct timer *t)
{
    struct bindings *bs = LIST_ITEM(t, struct bindings, look);

    bindings_each(bs, look_if_due, PLACE_NONE);
    bindings_each(bs, look_later, PLACE_NONE);
}

static void
owner_died(struct binding *b, struct place place)
{
    if (!place_is_same_slot(b->owner, place) ||
        b->owner.generation > place.generation)
        return;
    binding_look_again(b);
    b->owner = place;
}

void
bindings_died(struct bindings *bs, struct place place)
{
    bindings_each(bs, owner_died, place);
}

static void
owner_lost(struct binding *b, struct place place)
{
    if (!place_is_same_slot(b->owner, place) || b->state != BINDING_BOUND ||
        binding_is_here(b))
        return;
    binding_look_again(b);
    b->owner = PLACE_NONE;
}

void
bindings_lost(struct bindings *bs, struct place place)
{
    bindings_each(bs, owner_lost, place);
}
