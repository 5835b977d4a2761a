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
#include "game/session.h"
#include "game/token.h"

struct arena;
struct bus;
struct env;
struct store_client;

enum { GAME_ROUTES = 256 }; /* places in the table: a power of two */

/* A route as it is looked up. */
struct route {
    struct str name; /* "Manager.Login"; empty: free */
    const struct handler *handler;
    const struct component *component;
};

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
    struct place place; /* this process */
    uint32_t sessions_made;
    struct session **by_id; /* hash of the sessions logged in */
    unsigned by_id_size;
    unsigned by_id_count;
    struct route routes[GAME_ROUTES];
    const struct route *last_route; /* the one looked up last */
    struct list applies;            /* ClubManager's questions to the store */
};

/* Builds the route table and starts the components; 0, or -1 (logged). */
int game_init(struct game *game);

/* Ends the components in reverse order and frees. */
void game_deinit(struct game *game);

/* The protocol for the listeners of game servers. */
extern const struct conn_ops game_conn_ops;

/* Kicks every session with a reason: the worker stops. */
void game_kick_all(struct game *game, const char *reason);

/* ---- between the files of this floor ---- */

/* dispatch.c: one whole data packet.  0, or -1 to close (logged). */
int game_message(struct session *s, const uint8_t *body, size_t len);

/* Enters the routes of a component; -1 (logged) when there are too many. */
int game_add_routes(struct game *game, const struct component *component);

#endif
