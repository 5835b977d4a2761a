/*
 * The life of a worker's game: its components, and what other processes send
 * to it.
 */
#include "game/game.h"

#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/bus.h"
#include "game/binding.h"
#include "game/frames.h"

/* ---- other processes ---- */

static int
bound_message(struct game *game, const struct bus_frame *f)
{
    struct bound_message m;

    if (bound_message_decode(&m, f->body) != 0) {
        log_limited(game->log, LOG_ALERT, 0, "slot %u sent a bad message",
                    f->from.slot);
        return -1;
    }
    m.gate = f->from;
    m.session = f->session;
    m.kept = true;
    if (game_bound_message(game, &m) != 0)
        frame_send_uint(game->bus, f->from, FRAME_MOVED, f->session, m.target);
    arena_reset(game->arena);
    return 0;
}

struct component_instance *
game_next_owner(struct game *game, struct component_instance *i)
{
    struct component_instance *end = game->instances + game->instance_count;

    i = i == NULL ? game->instances : i + 1;
    while (i < end && i->component->owner == NULL)
        i++;
    return i < end ? i : NULL;
}

void
game_resume(struct game *game, struct place gate, uint64_t session,
            const struct bound_resume *resume)
{
    GAME_EACH_OWNER(i, game)
    i->component->owner->resume(i->state, gate, session, resume);
}

static int
resume_frame(struct game *game, const struct bus_frame *f)
{
    struct bound_resume resume;

    if (bound_resume_decode(&resume, f->body) != 0) {
        log_limited(game->log, LOG_ALERT, 0, "slot %u sent a bad resume",
                    f->from.slot);
        return -1;
    }
    game_resume(game, f->from, f->session, &resume);
    return 0;
}

static int
end_seen(struct game *game, const struct bus_frame *f)
{
    uint64_t target;

    if (frame_uint(f->body, &target) != 0)
        return -1;
    GAME_EACH_OWNER(i, game)
    i->component->owner->end_seen(i->state, f->session, target);
    return 0;
}

static int
adopt(struct game *game, const struct bus_frame *f)
{
    struct frame_adopt adopted;

    if (frame_adopt_decode(&adopted, f->body) != 0)
        return -1;
    GAME_EACH_OWNER(i, game)
    i->component->owner->adopt(i->state, adopted.number, adopted.target);
    return 0;
}

void
game_drain(struct game *game)
{
    game->draining = true;
    GAME_EACH_OWNER(i, game)
    i->component->owner->drain(i->state);
}

int
game_frame(struct game *game, const struct bus_frame *f)
{
    switch (f->type) {
    case FRAME_BOUND:
        return bound_message(game, f);
    case FRAME_RESUME:
        return resume_frame(game, f);
    case FRAME_END_SEEN:
        return end_seen(game, f);
    case FRAME_ADOPT:
        return adopt(game, f);
    default:
        return bindings_frame(game->bindings, f);
    }
}

void
game_died(struct game *game, struct place place)
{
    bindings_died(game->bindings, place);
    GAME_EACH_OWNER(i, game)
    i->component->owner->died(i->state, place);
}

void
game_lost(struct game *game, struct place place)
{
    bindings_lost(game->bindings, place);
    GAME_EACH_OWNER(i, game)
    i->component->owner->lost(i->state, place);
}

void
game_vanished(struct session *s)
{
    GAME_EACH_OWNER(i, s->game)
    i->component->owner->vanished(s);
}

bool
game_is_needed(struct game *game)
{
    GAME_EACH_OWNER(i, game)
    if (i->component->owner->is_needed(i->state))
        return true;
    return bindings_count(game->bindings) != 0;
}

static void
commit_changes(struct task *t)
{
    sessions_commit(LIST_ITEM(t, struct game, commit_changes));
}

static void
nothing(struct task *t)
{
    (void) t; /* only keeps the loop from waiting */
}

static bool
add_routes(struct game *game, struct component_instance *i,
           const struct handler *handlers, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        if (!routes_add(&game->routes, i->component->name, &handlers[k], i))
            return false;
    return true;
}

static int
add_components(struct game *game)
{
    const struct game_conf *conf = game->conf;

    for (unsigned k = 0; k < conf->component_count; k++) {
        struct component_instance *i =
            &game->instances[game->instance_count++];
        const struct component *c = conf->components[k].component;

        *i = (struct component_instance){c, conf->components[k].conf, NULL};
        if (!add_routes(game, i, c->handlers, c->handler_count) ||
            (c->owner != NULL && !add_routes(game, i, c->owner->handlers,
                                             c->owner->handler_count))) {
            log_write(game->log, LOG_EMERG, 0, "too many routes");
            return -1;
        }
    }
    return 0;
}

static int
start_components(struct game *game)
{
    struct component_instance *end = game->instances + game->instance_count;

    for (struct component_instance *i = game->instances; i < end; i++)
        if (i->component->init != NULL &&
            i->component->init(game, i->conf, &i->state) != 0)
            return -1;
    for (struct component_instance *i = game->instances; i < end; i++)
        if (i->component->after_init != NULL &&
            i->component->after_init(i->state) != 0)
            return -1;
    return 0;
}

static void
end_components(struct game *game)
{
    for (unsigned k = game->instance_count; k-- > 0;)
        if (game->instances[k].component->before_shutdown != NULL)
            game->instances[k].component->before_shutdown(
                game->instances[k].state);
    for (unsigned k = game->instance_count; k-- > 0;)
        if (game->instances[k].component->shutdown != NULL)
            game->instances[k].component->shutdown(game->instances[k].state);
}

int
game_init(struct game *game)
{
    list_init(&game->changes);
    list_init(&game->logouts);
    game->logouts_again.fire = sessions_logouts_fired;
    list_init(&game->commit_changes.link);
    list_init(&game->again.link);
    game->commit_changes.run = commit_changes;
    game->again.run = nothing;
    loop_on_finish_first(game->loop, &game->commit_changes);
    game->arena = arena_create(64 * 1024);
    game->bindings = bindings_create(game);
    if (add_components(game) != 0 || start_components(game) != 0)
        return -1;
    arena_reset(game->arena);
    return 0;
}

void
game_deinit(struct game *game)
{
    end_components(game);
    routes_deinit(&game->routes);
    bindings_destroy(game->bindings);
    sessions_deinit(game);
    list_remove(&game->commit_changes.link);
    list_remove(&game->again.link);
    arena_destroy(game->arena);
    buf_deinit(&game->scratch);
    mem_free(game->by_id);
}
