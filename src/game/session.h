/*
 * A session is the server's end of one client.  It is named by an id that
 * is used only once and says where the session lives.
 */
#ifndef GAME_SESSION_H
#define GAME_SESSION_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/place.h"
#include "core/str.h"

struct binding;
struct conn;
struct later;
struct game;
struct game_server;
struct store_user;
struct timer;

/*
 * The id, from its high bits: 6 of the node, 10 of the slot, the lower 16 of
 * the process's generation, 32 of a counter from 1.  0 is nobody.
 */
enum {
    SESSION_NODE_AT = 58,
    SESSION_SLOT_AT = 48,
    SESSION_SLOT_MAX = 0x3ff,
    SESSION_GENERATION_AT = 32,
    SESSION_GENERATION_MAX = 0xffff
};

static inline uint64_t
session_id_make(struct place place, uint32_t counter)
{
    uint64_t generation = place.generation & SESSION_GENERATION_MAX;

    return (uint64_t) place.node << SESSION_NODE_AT |
           (uint64_t) place.slot << SESSION_SLOT_AT |
           generation << SESSION_GENERATION_AT | counter;
}

/* The slot where it lives, with as much of the generation as the id has. */
static inline struct place
session_id_place(uint64_t id)
{
    return (struct place){.node = (uint16_t) (id >> SESSION_NODE_AT),
                          .slot = id >> SESSION_SLOT_AT & SESSION_SLOT_MAX,
                          .generation = id >> SESSION_GENERATION_AT &
                                        SESSION_GENERATION_MAX};
}

/* Does it live in that slot, whatever the generation? */
static inline bool
session_id_is_at(uint64_t id, struct place place)
{
    return place_is_same_slot(session_id_place(id), place);
}

/* Is it one of the process that lives, or lived, there? */
static inline bool
session_id_is_of(uint64_t id, struct place place)
{
    uint64_t first = session_id_make(place, 0);

    return id >> SESSION_GENERATION_AT == first >> SESSION_GENERATION_AT;
}

enum { STRANGER_OUTPUT = 16384 }; /* bytes that may wait, before login */

enum session_state {
    SESSION_NEW,    /* waits for the handshake */
    SESSION_SHAKEN, /* waits for the ack */
    SESSION_WORKING
};

/*
 * What outlives a binding: messages are numbered by session, and who is bound
 * to the same target again has heard what he has heard.
 */
struct binding_mark {
    uint64_t target, seq, ord, cseq;
};

struct session {
    uint64_t id;
    int64_t uid; /* 0: not logged in */
    struct game *game;
    struct conn *conn;
    const struct game_server *server;
    struct binding *binding;    /* NULL: it is bound to nothing */
    struct binding_mark bound;  /* how far the last binding came */
    struct session *next_by_id; /* of those logged in: the hash chain */
    int64_t opened_ms;
    int64_t messages_ns;         /* limit_message: when its bucket is empty */
    int64_t heartbeat_ms;        /* when the next one goes by itself */
    struct store_user *stranger; /* as it says, if the store has no row */
    uint32_t beats_since_ms;     /* the low bits */
    uint8_t beats;               /* heartbeats that have gone since then */
    uint8_t state;
    bool dismissed; /* kicked or closed by us; the log says why */
    bool claiming;  /* its login waits for the end of the turn */
};

/*
 * A kick with a reason, then the connection is closed.  Clients do not come
 * back after a kick, so it is for who is logged in elsewhere, has no valid
 * token, or is sent away by an operator.
 */
void session_kick(struct session *s, const char *reason);

/*
 * The connection is closed, with what is in its output; the reason goes to the
 * log.  The client comes again.
 */
void session_close(struct session *s, const char *reason);

/*
 * Makes the session the one of uid in the whole daemon.  That is tried at the
 * end of the turn: what the session's client is sent in this turn goes only
 * if it succeeds, else `later` is refused in its place (logged where it is our
 * fault).  Until then no more input of the client is handled.  A session that
 * has the uid keeps it: whether its row still says so it sees by itself.
 */
void session_login(struct session *s, int64_t uid, const struct later *later);

/* What its client says it is; NULL: the store knows better. */
void session_set_stranger(struct session *s, const struct store_user *user);

/*
 * The rows of the logins and logouts of a turn.  On a transaction, which may
 * be run again: 0 or an error.  Then what became of it, as env_write() says
 * it (0 or -1): logins are through or refused, logouts are done or wait.
 */
int sessions_write(struct game *game, MDB_txn *txn);
void sessions_written(struct game *game, int rc);

/* Both, in a transaction of its own if any is left. */
void sessions_commit(struct game *game);

/* Logouts that could not be written are tried again. */
void sessions_logouts_fired(struct timer *t);

/* For the last time. */
void sessions_deinit(struct game *game);

/*
 * Another session has taken the uid: kicked.  It counts as a kick of a
 * reconnect war unless the client has closed its end: who comes back at once
 * is often faster than the news of his close.
 */
void session_oust(struct session *s, const char *reason);

/* Does the row of the uid still name this session?  Yes without a uid. */
bool session_is_current(struct session *s);

/* Gives the uid up; nothing without one. */
void session_logout(struct session *s, const char *why);

/* A session of this worker by its id, logged in; NULL when it is gone. */
struct session *session_find(struct game *game, uint64_t id);

#endif
