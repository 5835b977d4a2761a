/*
 * Who is logged in.  The row of a uid in shared memory names the one session
 * that may act for it; a login overwrites the row, then tells the session
 * that was there to go.  The message may be lost: each session looks at its
 * row with every heartbeat.
 *
 * The rows are written in one transaction at the end of a turn, that of the
 * desks if there is one.  Until then a login counts as done, its answer waits
 * in the connection's output and the client's next message is not looked at;
 * if it is refused after all, the answer is taken back (unless the connection
 * is being closed).
 */
#include "game/session.h"

#include <poll.h>

#include "core/fail_point.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/bus.h"
#include "event/conn.h"
#include "game/binding.h"
#include "game/component.h"
#include "game/errors.h"
#include "game/frames.h"
#include "game/game.h"
#include "game/store/accounts.h"
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

/* ---- the rows, at the end of a turn ---- */

enum { LOGOUTS_AGAIN_MS = 1000 };

/* The end of its stream is here, read or not. */
static bool
is_closed_by_client(const struct conn *c)
{
    struct pollfd p = {.fd = c->source.fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) == 1;
}

/*
 * A client that has closed its connection is often back by another one before
 * this worker has read what it sent by the first.
 */
static bool
has_left(const struct shared_session_claim *claim)
{
    struct session *s = session_find(claim->arg, claim->session_id);

    return s == NULL || conn_is_closed(s->conn) ||
           is_closed_by_client(s->conn);
}

/* A login or a logout that waits for it. */
struct change {
    struct list link;
    struct shared_session_claim claim;
    struct later later; /* whose answer is taken back */
    size_t out_len;     /* where it begins in the output */
    bool is_logout;
};

static struct change *
add_change(struct game *game, uint64_t uid, uint64_t session_id)
{
    struct change *ch = mem_zalloc(sizeof(*ch));

    ch->claim = (struct shared_session_claim){.has_left = has_left,
                                              .arg = game,
                                              .uid = uid,
                                              .session_id = session_id,
                                              .place = game->place,
                                              .now_ms = game->loop->now_ms};
    list_append(&game->changes, &ch->link);
    if (game->loop->finishing)
        loop_post(game->loop, &game->again);
    return ch;
}

static void
at_logins(const struct game *game, const char *name)
{
    LIST_EACH (l, &game->changes) {
        if (!LIST_ITEM(l, struct change, link)->is_logout)
            fail_point(name);
    }
}

int
sessions_write(struct game *game, MDB_txn *txn)
{
    int rc = 0;

    at_logins(game, "session claim before");
    LIST_EACH (l, &game->changes) {
        struct change *ch = LIST_ITEM(l, struct change, link);
        struct shared_session_claim *claim = &ch->claim;

        if (rc == 0 && ch->is_logout)
            rc = shared_session_release(game->shared, txn, claim->uid,
                                        claim->session_id, claim->now_ms);
        else if (rc == 0)
            rc = shared_session_claim(game->shared, txn, claim);
    }
    return rc;
}

/* The session is not what its client was going to be told. */
static void
take_back(struct session *s, const struct change *ch, int code)
{
    if (!conn_is_ending(s->conn)) {
        s->conn->out.len = ch->out_len;
        respond_later_error(s->game, &ch->later, code, NULL);
    }
    table_remove(s);
    s->uid = 0;
    s->conn->out_limit = STRANGER_OUTPUT;
}

static void
finish_login(struct game *game, const struct change *ch, int rc)
{
    const struct shared_session_claim *claim = &ch->claim;
    struct session *s = session_find(game, claim->session_id);

    if (rc == 0 && claim->answer == SHARED_CLAIMED &&
        claim->old.session_id != 0)
        frame_send_kick(game->bus, claim->old.place, claim->old.session_id,
                        "logged in elsewhere");
    if (s == NULL || conn_is_closed(s->conn))
        return;
    if (rc < 0)
        take_back(s, ch, ERROR_SERVER_INTERNAL);
    else if (claim->answer == SHARED_OUSTED)
        take_back(s, ch, ERROR_AUTH_FAILED);
    else if (claim->answer != SHARED_CLAIMED)
        take_back(s, ch, ERROR_FREQUENCY_LIMITED);
    else
        log_client(game->log, conn_log_context, s->conn, "uid %lld logged in",
                   (long long) s->uid);
    s->claiming = false;
    conn_resume(s->conn, CONN_PAUSE_BUSY);
}

static void
drop_change(struct change *ch)
{
    list_remove(&ch->link);
    mem_free(ch);
}

/* The session has the uid again: that it had left it is past. */
static void
forget_logouts(struct game *game, const struct shared_session_claim *claim)
{
    LIST_EACH_SAFE (l, &game->logouts) {
        struct change *ch = LIST_ITEM(l, struct change, link);

        if (ch->claim.uid == claim->uid &&
            ch->claim.session_id == claim->session_id)
            drop_change(ch);
    }
}

/* The row says that the session is there: it must not stay. */
static void
wait_with(struct game *game, struct change *ch)
{
    struct loop *loop = game->loop;

    list_remove(&ch->link);
    list_append(&game->logouts, &ch->link);
    if (!timer_is_set(&game->logouts_again))
        timer_set(&loop->timers, &game->logouts_again,
                  loop->now_ms + LOGOUTS_AGAIN_MS);
}

void
sessions_written(struct game *game, int rc)
{
    if (rc == 0)
        at_logins(game, "session claim after");
    while (!list_is_empty(&game->changes)) {
        struct change *ch = LIST_ITEM(game->changes.next, struct change, link);

        if (ch->is_logout && rc < 0) {
            wait_with(game, ch);
            continue;
        }
        if (!ch->is_logout) {
            list_remove(&ch->link);
            finish_login(game, ch, rc);
        }
        if (!ch->is_logout && rc == 0 && ch->claim.answer == SHARED_CLAIMED)
            forget_logouts(game, &ch->claim);
        drop_change(ch);
    }
}

static int
write_changes(struct env *env, MDB_txn *txn, void *arg)
{
    (void) env;
    return sessions_write(arg, txn);
}

static int
write_logouts(struct env *env, MDB_txn *txn, void *arg)
{
    struct game *game = arg;
    int rc = 0;

    LIST_EACH (l, &game->changes) {
        struct change *ch = LIST_ITEM(l, struct change, link);

        if (rc == 0 && ch->is_logout)
            rc = shared_session_release(env, txn, ch->claim.uid,
                                        ch->claim.session_id,
                                        ch->claim.now_ms);
    }
    return rc;
}

/* There is no room: logouts, which give some, use the reserve. */
static void
commit_logouts(struct game *game)
{
    bool any = false;

    LIST_EACH (l, &game->changes) {
        any |= LIST_ITEM(l, struct change, link)->is_logout;
    }
    if (!any || env_write_reserve(game->shared, write_logouts, game) < 0)
        return;
    LIST_EACH_SAFE (l, &game->changes) {
        struct change *ch = LIST_ITEM(l, struct change, link);

        if (ch->is_logout)
            drop_change(ch);
    }
}

void
sessions_commit(struct game *game)
{
    int rc;

    if (list_is_empty(&game->changes))
        return;
    rc = env_write(game->shared, write_changes, game);
    if (rc < 0 && env_is_full(game->shared))
        commit_logouts(game);
    sessions_written(game, rc);
}

/* Before what has come since: who is gone may be there again. */
static void
take_logouts(struct game *game)
{
    while (!list_is_empty(&game->logouts)) {
        struct change *ch = LIST_ITEM(game->logouts.prev, struct change, link);

        list_remove(&ch->link);
        list_append(game->changes.next, &ch->link);
        ch->claim.now_ms = game->loop->now_ms;
    }
}

void
sessions_logouts_fired(struct timer *t)
{
    take_logouts(LIST_ITEM(t, struct game, logouts_again));
}

void
sessions_deinit(struct game *game)
{
    take_logouts(game);
    sessions_commit(game);
    while (!list_is_empty(&game->logouts))
        drop_change(LIST_ITEM(game->logouts.next, struct change, link));
    timer_clear(&game->loop->timers, &game->logouts_again);
}

void
session_login(struct session *s, int64_t uid, const struct later *later)
{
    struct game *game = s->game;
    struct change *ch;

    if (s->uid == uid)
        return;
    session_logout(s, "logs in as another");
    ch = add_change(game, (uint64_t) uid, s->id);
    ch->later = *later;
    ch->out_len = conn_out(s->conn)->len;
    s->uid = uid;
    table_add(s);
    s->conn->out_limit = (uint32_t) s->server->limits.send_buffer_limit;
    s->claiming = true;
    conn_pause(s->conn, CONN_PAUSE_BUSY);
}

void
session_set_stranger(struct session *s, const struct store_user *user)
{
    mem_free(s->stranger);
    s->stranger = NULL;
    if (user == NULL)
        return;
    s->stranger = mem_alloc(sizeof(*user));
    *s->stranger = *user;
}

void
session_oust(struct session *s, const char *reason)
{
    bool counts = !conn_is_ending(s->conn) && !is_closed_by_client(s->conn);

    session_kick(s, reason);
    if (counts)
        shared_session_kicked(s->game->shared, (uint64_t) s->uid,
                              s->game->loop->now_ms);
}

bool
session_is_current(struct session *s)
{
    struct shared_session row;

    if (s->uid == 0 || s->claiming)
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
session_logout(struct session *s, const char *why)
{
    if (s->uid == 0)
        return;
    log_client(s->game->log, conn_log_context, s->conn,
               "uid %lld logged out: %s", (long long) s->uid, why);
    add_change(s->game, (uint64_t) s->uid, s->id)->is_logout = true;
    table_remove(s);
    binding_close(s);
    s->uid = 0;
}
