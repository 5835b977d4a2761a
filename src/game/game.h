/*
 * The game service of one worker: connections that speak the protocol of
 * packets and messages, their sessions, and the components that handle
 * routes.
 *
 *   bytes -> packet -> message -> pipeline -> serializer -> handler
 *
 * and back; see dispatch.c for the way up and down.
 */
#ifndef GAME_GAME_H
#define GAME_GAME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/place.h"
#include "event/conn.h"
#include "game/component.h"
#include "game/game_conf.h"
#include "game/routes.h"
#include "game/session.h"
#include "game/token.h"

struct arena;
struct bindings;
struct bound_resume;
struct bus;
struct bus_frame;
struct env;
struct message;
struct rates;
struct slot_hand;
struct slot_page;
struct store_client;

struct game {
    const struct game_conf *conf;
    struct log *log;
    struct loop *loop;
    struct net *net;
    struct arena *arena; /* of the message in hand */
    struct buf scratch;  /* for payloads on their way out */
    struct env *shared;  /* NULL in a worker without environments */
    struct env *store;
    struct store_client *store_client;
    struct bus *bus;
    const struct token_keys *token_keys;
    struct rates *rates;
    const struct slot_page *pages; /* of all slots */
    struct slot_hand *hand;        /* where it is seen which desk we are at */
    struct place place;            /* this process */
    bool draining;                 /* takes on nothing new */
    bool returning;                /* desks of before are still loaded */
    bool journal;                  /* false: in benchmarks only */
    bool journal_keep;             /* journals are never shortened */
    struct bindings *bindings;
    uint32_t sessions_made;
    struct session **by_id; /* hash of the sessions logged in */
    unsigned by_id_size;
    unsigned by_id_count;
    struct component_instance instances[GAME_COMPONENTS_MAX];
    unsigned instance_count;
    struct routes routes;
    struct list changes; /* logins and logouts of the turn */
    struct list logouts; /* that could not be written so far */
    struct timer logouts_again;
    struct task commit_changes; /* that no desk's commit took along */
    struct task again;          /* something was done after the commits */
};

/* Builds the route table and starts the components; 0, or -1 (logged). */
int game_init(struct game *game);

/* Ends the components in reverse order and frees. */
void game_deinit(struct game *game);

/* The protocol for the listeners of game servers. */
extern const struct conn_ops game_conn_ops;

/*
 * Makes the open connection one of a client of the game server: from now on
 * its bytes are packets.  Whatever protocol owned it before has let it go.
 */
void game_adopt(struct game *game, const struct game_server *server,
                struct conn *c);

/* Frames that concern bindings, on either side. */
int game_frame(struct game *game, const struct bus_frame *f);

/* A process is dead; frames to its slot may be lost. */
void game_died(struct game *game, struct place place);
void game_lost(struct game *game, struct place place);

/* Newer workers take over: nothing new is taken on. */
void game_drain(struct game *game);

/* Is there anything that keeps a draining worker? */
bool game_is_needed(struct game *game);

/* Closes every session, the reason goes to the log: the worker stops. */
void game_close_all(struct game *game, const char *reason);

/* ---- between the files of this floor ---- */

/* dispatch.c: one whole data packet.  0, or -1 to close (logged). */
int game_message(struct session *s, const uint8_t *body, size_t len);

/* Debug mode: a line for each session that a message is sent to. */
void game_log_sent(struct session *const *sessions, unsigned n,
                   const struct message *head, size_t len);

/* A gate, here or elsewhere, shows a session that is bound to this worker. */
void game_resume(struct game *game, struct place gate, uint64_t session,
                 const struct bound_resume *resume);

/* A message for something that lives in this worker: 0, or -1 if it does
 * not. */
int game_bound_message(struct game *game, const struct bound_message *m);

/* Answers a request whose handler cannot be reached. */
void game_refuse(struct session *s, struct str route, uint64_t id, int code);

/*
 * The next component, from NULL on, that sessions can be bound to things of;
 * NULL after the last.
 */
struct component_instance *game_next_owner(struct game *game,
                                           struct component_instance *i);

#define GAME_EACH_OWNER(i, game)                                              \
    for (struct component_instance *i = game_next_owner(game, NULL);          \
         i != NULL; i = game_next_owner(game, i))

/* Tells the components that what s was bound to has vanished. */
void game_vanished(struct session *s);

#endif
