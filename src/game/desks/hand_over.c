/*
 * Handing desks over: a worker that drains gives its desks to workers of the
 * newest configuration, a few at a time, and stays the gate of its clients.
 *
 * The change of the owner is one more thing that a turn writes, with the
 * fence as ever.  Nothing else travels: the new owner replays the journal,
 * the gates look the owner up and resume.  So a death anywhere in it is an
 * ordinary recovery.
 */
#include "core/fail_point.h"
#include "core/log.h"
#include "event/bus.h"
#include "game/binding.h"
#include "game/desks/desks.h"
#include "game/game.h"

enum {
    DESKS_A_TICK = 8,
    TICK_MS = 4,
    HEIRLESS_MS = 100 /* when there is nobody to take them */
};

/* The next worker of the newest configuration that takes desks, in turn. */
static bool
find_heir(struct desks *ds, struct place *heir)
{
    const struct slot_page *pages = ds->game->pages;
    uint32_t build = atomic_load(&pages[SLOT_MASTER].build);

    for (unsigned i = 0; i < SLOT_WORKERS; i++) {
        unsigned slot = ++ds->last_heir % SLOT_WORKERS;
        uint32_t generation = slot_generation(pages, slot);

        if (slot == ds->game->place.slot || generation == 0 ||
            atomic_load(&pages[slot].build) != build ||
            atomic_load(&pages[slot].adopts) == 0)
            continue;
        *heir = place_here(slot, generation);
        return true;
    }
    return false;
}

static void
fire(struct timer *t)
{
    struct desks *ds = LIST_ITEM(t, struct desks, hand_over);
    struct loop *loop = ds->game->loop;
    unsigned n = 0;
    struct place heir;

    LIST_EACH_SAFE (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);

        if (n == DESKS_A_TICK)
            break;
        if (desk->over || desk->handing_over || desk->loading != NULL ||
            loop->now_ms < desk->held_ms || !find_heir(ds, &heir))
            continue;
        fail_point("hand over before");
        desk_touch(desk);
        desk->row.owner = heir;
        desk->row.epoch++;
        desk->handing_over = true;
        n++;
    }
    if (ds->count != 0)
        timer_set(&loop->timers, t,
                  loop->now_ms + (n != 0 ? TICK_MS : HEIRLESS_MS));
}

void
desks_hand_over(struct desks *ds)
{
    ds->hand_over.fire = fire;
    if (!timer_is_set(&ds->hand_over))
        timer_set(&ds->game->loop->timers, &ds->hand_over,
                  ds->game->loop->now_ms);
}

/*
 * Who drains may have been made the heir of desks just before, and not been
 * told yet: before it ends it looks for them, in slices, as at its start.
 */
bool
desks_are_left(struct desks *ds)
{
    if (ds->count != 0) {
        ds->looked = false;
        return true;
    }
    if (!list_is_empty(&ds->load.link))
        return true;
    if (ds->looked)
        return false;
    ds->looked = true;
    ds->loading.walk.from = 0;
    ds->loading.since_ms = ds->game->loop->now_ms;
    loop_post(ds->game->loop, &ds->load);
    return true;
}

/* It is committed: the heir and the gates are told. */
void
desk_handed_over(struct desk *desk)
{
    struct game *game = desk->desks->game;
    const struct frame_adopt adopt = {desk->number, desk->uid};

    fail_point("hand over after");
    frame_send_adopt(game->bus, desk->row.owner, &adopt);
    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        uint64_t session = desk->st.seat[i].session;

        if (session == 0)
            continue;
        if (session_id_is_at(session, game->place))
            bindings_moved(game->bindings, session, desk->uid);
        else
            frame_send_uint(game->bus, session_id_place(session), FRAME_MOVED,
                            session, desk->uid);
    }
}
