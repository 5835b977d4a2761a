/*
 * The table of a worker's desks, by their uids.
 */
#include "core/arena.h"
#include "core/mem.h"
#include "game/desks/desks.h"
#include "game/desks/replay.h"
#include "game/game.h"
#include "game/store/client.h"

static struct desk **
chain_of(struct desks *ds, uint64_t uid)
{
    return &ds->by_uid[(uid ^ uid >> 32) & (ds->by_uid_size - 1)];
}

static void
grow(struct desks *ds)
{
    mem_free(ds->by_uid);
    ds->by_uid_size = ds->by_uid_size ? ds->by_uid_size * 2 : 64;
    ds->by_uid = mem_zalloc(ds->by_uid_size * sizeof(struct desk *));
    LIST_EACH (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);
        struct desk **chain = chain_of(ds, desk->uid);

        desk->next = *chain;
        *chain = desk;
    }
}

struct desk *
desk_find(struct desks *ds, uint64_t uid)
{
    struct desk *desk = ds->by_uid_size ? *chain_of(ds, uid) : NULL;

    while (desk != NULL && desk->uid != uid)
        desk = desk->next;
    return desk;
}

static void
timer_fired(struct timer *t)
{
    struct desk *desk = LIST_ITEM(t, struct desk, timer);
    struct desks *ds = desk->desks;

    desk_hold(desk);
    desk_set_timer(desk);
    desks_let_go(ds);
}

struct desk *
desk_add(struct desks *ds, uint32_t number, const struct shared_desk *row)
{
    struct desk *desk = mem_zalloc(sizeof(*desk));
    struct desk **chain;

    if (ds->count == ds->by_uid_size)
        grow(ds);
    desk->desks = ds;
    desk->number = number;
    desk->uid = row->uid;
    desk->row = *row;
    desk->timer.fire = timer_fired;
    desk->first_seq = 1;
    shared_desk_encode(&desk->row_bytes, number, row);
    list_init(&desk->touched);
    list_append(&ds->all, &desk->all);
    chain = chain_of(ds, desk->uid);
    desk->next = *chain;
    *chain = desk;
    ds->count++;
    return desk;
}

void
desk_remove(struct desk *desk)
{
    struct desks *ds = desk->desks;
    struct desk **at = chain_of(ds, desk->uid);

    desk_replay_destroy(desk->loading);
    LIST_EACH_SAFE (l, &ds->replays) {
        struct desk_replay *r = LIST_ITEM(l, struct desk_replay, link);

        if (r->desk == desk)
            desk_replay_destroy(r);
    }
    if (desk->asking != 0)
        store_client_cancel(ds->game->store_client, desk->ask_id);
    while (*at != desk)
        at = &(*at)->next;
    *at = desk->next;
    list_remove(&desk->all);
    list_remove(&desk->touched);
    ds->count--;
    timer_clear(&ds->game->loop->timers, &desk->timer);
    buf_deinit(&desk->row_bytes);
    buf_deinit(&desk->history);
    mem_free(desk->undo);
    mem_free(desk);
}

struct desks *
desks_create(struct game *game, const struct component *component,
             const struct desk_manager_conf *conf)
{
    struct desks *ds = mem_zalloc(sizeof(*ds));

    ds->game = game;
    ds->component = component;
    ds->conf = conf;
    ds->arena = arena_create(16 * 1024);
    list_init(&ds->all);
    list_init(&ds->touched);
    list_init(&ds->commit.link);
    list_init(&ds->load.link);
    list_init(&ds->replays);
    list_init(&ds->replay.link);
    ds->replay.run = desks_replay_turn;
    ds->commit.run = desks_commit;
    ds->load.run = desks_load_turn;
    ds->look.fire = desks_look_fired;
    grow(ds);
    loop_on_finish_first(game->loop, &ds->commit);
    return ds;
}

void
desks_destroy(struct desks *ds)
{
    if (ds == NULL)
        return;
    while (!list_is_empty(&ds->all))
        desk_remove(LIST_ITEM(ds->all.next, struct desk, all));
    timer_clear(&ds->game->loop->timers, &ds->look);
    timer_clear(&ds->game->loop->timers, &ds->hand_over);
    list_remove(&ds->commit.link);
    list_remove(&ds->load.link);
    list_remove(&ds->replay.link);
    turn_deinit(ds);
    buf_deinit(&ds->scratch);
    buf_deinit(&ds->data);
    arena_destroy(ds->arena);
    mem_free(ds->by_uid);
    mem_free(ds);
}
