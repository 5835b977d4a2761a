/*
 * The game block of the conf file and its servers.  What may stand in both is
 * in struct game_limits: a server starts with a copy of the block's.
 */
#ifndef GAME_GAME_CONF_H
#define GAME_GAME_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bucket.h"
#include "core/conf.h"
#include "event/ssl_conf.h"
#include "game/wire.h"

struct component;
struct listener;

enum game_login_token { LOGIN_TOKEN_REQUIRE, LOGIN_TOKEN_ACCEPT };

struct game_limits {
    uint64_t heartbeat_ms;
    uint64_t handshake_timeout_ms;
    uint64_t login_timeout_ms; /* 0: none */
    uint64_t max_packet_size;
    uint64_t send_buffer_limit;
    unsigned limit_conn;        /* of an address; 0: none */
    struct bucket_size message; /* limit_message */
    bool hidden_tiles;
    /* of the desks that are made here */
    uint64_t dissolve_timeout_ms;
    uint64_t dissolve_consent_timeout_ms;
    uint64_t turn_timeout_ms; /* 0: nobody is played for */
    bool debug; /* say the worker in the handshake, log each message */
};

/* One `server` of the game. */
struct game_server {
    struct game_limits limits;
    struct ssl_conf ssl;
    struct wire wire;
    const struct game_conf *game;
    struct game_server *next;
};

/* What the login tells clients. */
struct game_client {
    const char *endpoint_host;
    unsigned endpoint_port;
    const char *version;
    bool force_update;
    const char *android;
    const char *ios;
    const char *share_title;
    const char *share_desc;
    const char *agent;
    const char *support;
    const char *voice_appid;
    const char *voice_appkey;
    const char *const *messages;
};

enum { GAME_COMPONENTS_MAX = 32 };

/* A `component` of the conf, and what its block says. */
struct game_component {
    const struct component *component;
    const void *conf;
};

struct game_conf {
    struct game_limits limits;
    struct game_client client;
    unsigned login_token; /* enum game_login_token */
    uint64_t token_expires_ms;
    const char *token_key; /* path */
    uint64_t desk_lifetime_ms;
    const char *deal_seed; /* NULL: walls are random */
    struct game_component components[GAME_COMPONENTS_MAX];
    unsigned component_count;
    struct game_server *servers;
    struct listener *listeners; /* of all servers, in the order of the file */
    const struct component *const *known; /* every component, up to NULL */
    bool present;                         /* there is a game block */
};

/* The contexts; known components are given by what stands above. */
extern const struct conf_context game_context;
extern const struct conf_context game_limits_context; /* game and server */
extern const struct conf_context game_server_context;
extern const struct conf_context game_client_context;

/* The defaults; tells cf the contexts of the known components. */
void game_conf_init(struct game_conf *game, struct conf *cf,
                    const struct component *const *known);

/* Is there a component that takes over what lives in workers: desks? */
bool game_conf_adopts(const struct game_conf *game);

/* The setter of the `game` block; obj is the struct game_conf. */
const char *game_conf_set(struct conf *cf, const struct conf_node *node,
                          struct game_conf *game);

#endif
