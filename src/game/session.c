/*
 * Who is logged in.  The row of a uid in shared memory names the one session
 * that may act for it; a login overwrites the row, then tells the session
 * that was there to go.  The message may be lost: each session looks at its
 * row with every heartbeat.
 */
#include "game/session.h"

#include <poll.h>

#include "core/fail_point.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/bus.h"
#include "event/conn.h"
#include "game/binding.h"
#include "game/errors.h"
#include "game/frames.h"
#include "game/game.h"
#include "game/store/shared.h"

static struct session **
chain_of(struct game *game, uint64_t id)
{
    return &game->by_id[(uint32_t) id & (game->by_id_size - 1)];
}

static void
grow(struct game *game)
{
    struct session **old = game->by_id;
    unsigned size = game->by_id_size;

    game->by_id_size = size ? size * 2 : 64;
    game->by_id = mem_zalloc(game->by_id_size * sizeof(struct session *));
    for (unsigned i = 0; i < size; i++)
        for (struct session *s = old[i], *next; s != NULL; s = next) {
            struct session **chain = chain_of(game, s->id);

            next = s->next_by_id;
            s->next_by_id = *chain;
            *chain = s;
        }
    mem_free(old);
}

static void
table_add(struct session *s)
{
    struct game *game = s->game;
    struct session **chain;

    if (game->by_id_count == game->by_id_size)
        grow(game);
    chain = chain_of(game, s->id);
    s->next_by_id = *chain;
    *chain = s;
    game->by_id_count++;
}

static void
table_remove(struct session *s)
{
    struct session **at = chain_of(s->game, s->id);

    while (*at != s)
        at = &(*at)->next_by_id;
    *at = s->next_by_id;
    s->game->by_id_count--;
}

struct session *
session_find(struct game *game, uint64_t id)
{
    if (game->by_id_size == 0)
        return NULL;
    for (struct session *s = *chain_of(game, id); s != NULL; s = s->next_by_id)
        if (s->id == id)
            return s;
    return NULL;
}

int
session_login(struct session *s, int64_t uid)
{
    struct game *game = s->game;
    struct shared_session old;

    if (s->uid != 0 && s->uid != uid)
        session_logout(s);
    fail_point("session claim before");
    switch (shared_session_claim(game->shared, (uint64_t) uid, game->place,
                                 s->id, game->loop->now_ms, &old)) {
    case SHARED_FAILED:
        return ERROR_SERVER_INTERNAL;
    case SHARED_DENIED:
        return ERROR_FREQUENCY_LIMITED;
    case SHARED_CLAIMED:
        break;
    }
    fail_point("session claim after");
    if (s->uid == 0) {
        s->uid = uid;
        table_add(s);
        s->conn->out_limit = s->server->limits.send_buffer_limit;
    }
    if (old.session_id != 0)
        frame_send_kick(game->bus, old.place, old.session_id,
                        "logged in elsewhere");
    return 0;
}

/* The end of its stream is here, read or not. */
static bool
is_closed_by_client(const struct conn *c)
{
    struct pollfd p = {.fd = c->source.fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) == 1;
}

void
session_oust(struct session *s, const char *reason)
{
    bool counts = !s->kicked && !s->conn->closing &&
                  !is_closed_by_client(s->conn);

    session_kick(s, reason);
    if (counts)
        shared_session_kicked(s->game->shared, (uint64_t) s->uid,
                              s->game->loop->now_ms);
}

bool
session_is_current(struct session *s)
{
    struct shared_session row;

    if (s->uid == 0)
        return true;
    switch (shared_session_get(s->game->shared, (uint64_t) s->uid, &row)) {
    case 0:
        return false;
    case 1:
        return row.session_id == s->id;
    default:
        return true; /* the row cannot be read now: no reason to kick */
    }
}

void
session_logout(struct session *s)
{
    if (s->uid == 0)
        return;
    shared_session_release(s->game->shared, (uint64_t) s->uid, s->id,
                           s->game->loop->now_ms);
    table_remove(s);
    binding_close(s);
    s->uid = 0;
}
