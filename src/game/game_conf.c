#include "game/game_conf.h"

#include <string.h>

#include "core/arena.h"
#include "event/listen_conf.h"
#include "game/component.h"
#include "game/mahjong/desk.h"
#include "game/packet.h"

enum { LIMIT_MAX = 1000000 };

static const char *
set_client_endpoint(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game_client *client = obj;
    const char *colon = strrchr(node->argv[1], ':');
    uint64_t port;

    if (colon == NULL || colon == node->argv[1] ||
        conf_parse_uint(colon + 1, &port) != 0 || port < 1 || port > 65535)
        return "must be \"host:port\"";
    client->endpoint_host = arena_dup(cf->arena, node->argv[1],
                                      (size_t) (colon - node->argv[1]));
    client->endpoint_port = (unsigned) port;
    return NULL;
}

static const char *
set_client_messages(struct conf *cf, const struct conf_node *node, void *obj)
{
    (void) cf;
    ((struct game_client *) obj)->messages = node->argv + 1;
    return NULL;
}

static const struct conf_directive client_directives[] = {
    CONF_CUSTOM("endpoint", set_client_endpoint, 1, 1, 0),
    CONF_STR("version", struct game_client, version),
    CONF_FLAG("force_update", struct game_client, force_update),
    CONF_TEXT("android", struct game_client, android),
    CONF_TEXT("ios", struct game_client, ios),
    CONF_TEXT("share_title", struct game_client, share_title),
    CONF_TEXT("share_desc", struct game_client, share_desc),
    CONF_TEXT("agent", struct game_client, agent),
    CONF_TEXT("support", struct game_client, support),
    CONF_TEXT("voice_appid", struct game_client, voice_appid),
    CONF_TEXT("voice_appkey", struct game_client, voice_appkey),
    CONF_CUSTOM("message", set_client_messages, 1, 32, 0),
    CONF_END,
};

const struct conf_context game_client_context = {"client", client_directives};

static const char *
set_limit_conn(struct conf *cf, const struct conf_node *node, void *obj)
{
    (void) cf;
    return listen_set_limit(node, &((struct game_limits *) obj)->limit_conn);
}

/* limit_message rate=100 burst=400 */
static const char *
set_limit_message(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game_limits *limits = obj;
    const char *rate_text = conf_value(node->argv[1], "rate");
    const char *burst_text = NULL;
    uint64_t rate, burst;

    (void) cf;
    if (strcmp(node->argv[1], "off") == 0 && node->argc == 2) {
        limits->message = (struct bucket_size){0};
        return NULL;
    }
    if (node->argc == 3)
        burst_text = conf_value(node->argv[2], "burst");
    if (rate_text == NULL || conf_parse_uint(rate_text, &rate) != 0 ||
        rate < 1 || rate > LIMIT_MAX || burst_text == NULL ||
        conf_parse_uint(burst_text, &burst) != 0 || burst < 1 ||
        burst > LIMIT_MAX)
        return "must be \"off\" or \"rate=N burst=N\", both from 1 to 1000000";
    limits->message = bucket_size_of(rate, burst);
    return NULL;
}

/* What a game and each of its servers may say. */
static const struct conf_directive limit_directives[] = {
    CONF_MSEC("heartbeat", struct game_limits, heartbeat_ms, CONF_S(1),
              CONF_H(1)),
    CONF_MSEC("handshake_timeout", struct game_limits, handshake_timeout_ms,
              CONF_S(1), CONF_H(1)),
    CONF_MSEC("login_timeout", struct game_limits, login_timeout_ms, 0,
              CONF_H(1)),
    CONF_SIZE("max_packet_size", struct game_limits, max_packet_size, 256,
              PACKET_LIMIT_BODY),
    CONF_SIZE("send_buffer_limit", struct game_limits, send_buffer_limit,
              CONF_KB(4), CONF_MB(64)),
    CONF_CUSTOM("limit_conn", set_limit_conn, 1, 1, 0),
    CONF_CUSTOM("limit_message", set_limit_message, 1, 2, 0),
    CONF_FLAG("hidden_tiles", struct game_limits, hidden_tiles),
    CONF_MSEC("dissolve_timeout", struct game_limits, dissolve_timeout_ms,
              CONF_S(1), CONF_D(1)),
    CONF_MSEC("dissolve_consent_timeout", struct game_limits,
              dissolve_consent_timeout_ms, CONF_S(1), CONF_D(1)),
    CONF_MSEC("turn_timeout", struct game_limits, turn_timeout_ms, 0,
              CONF_H(1)),
    CONF_FLAG("debug", struct game_limits, debug),
    CONF_END,
};

const struct conf_context game_limits_context = {"game, game server",
                                                 limit_directives};

static const char *
set_pipeline(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game_server *server = obj;

    (void) cf;
    if (strcmp(node->argv[1], "none") == 0 && node->argc == 2)
        return NULL;
    if (strcmp(node->argv[1], "xxtea") != 0 || node->argc != 3)
        return "must be \"none\" or \"xxtea KEY\"";
    server->wire.pipeline.kind = PIPELINE_XXTEA;
    xxtea_key_set(&server->wire.pipeline.key, node->argv[2],
                  strlen(node->argv[2]));
    return NULL;
}

static const char *
set_listen(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game_server *server = obj;
    struct game_conf *game = (struct game_conf *) (uintptr_t) server->game;

    return listen_add(cf, node, &game->listeners, server);
}

static const struct conf_enum serializers[] = {{"json", FORMAT_JSON},
                                               {NULL, 0}};

static const struct conf_directive server_directives[] = {
    CONF_ENUM("serializer", struct game_server, wire.format, serializers),
    CONF_CUSTOM("pipeline", set_pipeline, 1, 2, 0),
    CONF_CUSTOM("listen", set_listen, 1, 8, CONF_MULTI),
    CONF_END,
};

const struct conf_context game_server_context = {"game server",
                                                 server_directives};

static const char *
set_server(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game_conf *game = obj;
    struct game_server *server = arena_zalloc(cf->arena, sizeof(*server));
    const struct conf_table tables[] = {
        {&game_limits_context, &server->limits},
        {&ssl_context, &server->ssl},
        {&game_server_context, server},
    };
    const char *why;

    server->game = game;
    server->limits = game->limits;
    ssl_conf_init(&server->ssl);
    if (conf_apply_tables(cf, node, tables, 3) != 0)
        return CONF_FAILED;
    why = listen_check(cf, node, game->listeners, server, &server->ssl,
                       server->limits.limit_conn);
    if (why != NULL)
        return why;
    server->next = game->servers;
    game->servers = server;
    return NULL;
}

static const char *
set_client(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game_conf *game = obj;

    return conf_apply(cf, node, &game_client_context, &game->client) == 0
               ? NULL
               : CONF_FAILED;
}

static const struct conf_directive no_directives[] = {CONF_END};
static const struct conf_context no_directives_context = {"component",
                                                          no_directives};

static const struct component *
find_component(const struct game_conf *game, const char *name)
{
    for (unsigned i = 0; game->known[i] != NULL; i++)
        if (strcmp(game->known[i]->name, name) == 0)
            return game->known[i];
    return NULL;
}

static const char *
set_component(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct game_conf *game = obj;
    const char *name = node->argv[1];
    const struct component *component;
    void *block;

    for (unsigned i = 0; i < game->component_count; i++)
        if (strcmp(game->components[i].component->name, name) == 0)
            return conf_reason(cf, "has \"%s\" a second time", name);
    component = find_component(game, name);
    if (component == NULL)
        return conf_reason(cf, "does not know \"%s\"", name);
    if (game->component_count == GAME_COMPONENTS_MAX)
        return "is given too many times";
    block = arena_zalloc(cf->arena, component->conf_size);
    if (component->conf_defaults != NULL)
        memcpy(block, component->conf_defaults, component->conf_size);
    game->components[game->component_count++] = (struct game_component){
        component, block};
    if (!node->is_block)
        return NULL;
    return conf_apply(cf, node,
                      component->conf != NULL ? component->conf
                                              : &no_directives_context,
                      block) == 0
               ? NULL
               : CONF_FAILED;
}

static const struct conf_enum login_tokens[] = {
    {"require", LOGIN_TOKEN_REQUIRE},
    {"accept", LOGIN_TOKEN_ACCEPT},
    {NULL, 0}};

static const struct conf_directive game_directives[] = {
    CONF_ENUM("login_token", struct game_conf, login_token, login_tokens),
    CONF_MSEC("token_expires", struct game_conf, token_expires_ms, CONF_S(1),
              CONF_D(30)),
    CONF_PATH("token_key", struct game_conf, token_key),
    CONF_MSEC("desk_lifetime", struct game_conf, desk_lifetime_ms, CONF_S(1),
              CONF_D(30)),
    CONF_STR("deal_seed", struct game_conf, deal_seed),
    CONF_BLOCK("component", set_component, 1, 1, CONF_MULTI | CONF_BODYLESS),
    CONF_BLOCK("client", set_client, 0, 0, 0),
    CONF_BLOCK("server", set_server, 0, 0, CONF_MULTI),
    CONF_END,
};

const struct conf_context game_context = {"game", game_directives};

void
game_conf_init(struct game_conf *game, struct conf *cf,
               const struct component *const *known)
{
    static const char *const messages[] = {"欢迎", NULL};

    for (unsigned i = 0; known[i] != NULL; i++)
        if (known[i]->conf != NULL)
            conf_know_one(cf, known[i]->conf);

    *game = (struct game_conf){
        .limits = {.heartbeat_ms = CONF_S(30),
                   .handshake_timeout_ms = CONF_S(10),
                   .login_timeout_ms = CONF_S(60),
                   .max_packet_size = PACKET_MAX_BODY,
                   .send_buffer_limit = CONF_KB(256),
                   .message = bucket_size_of(100, 400),
                   .hidden_tiles = true,
                   .dissolve_timeout_ms = MAHJONG_VOTE_MS,
                   .dissolve_consent_timeout_ms = MAHJONG_VOTE_LAST_MS},
        .client = {.endpoint_host = "127.0.0.1",
                   .endpoint_port = 33251,
                   .version = "1.9.3",
                   .android = "",
                   .ios = "",
                   .share_title = "血战到底",
                   .share_desc = "四川麻将，血战到底",
                   .agent = "",
                   .support = "",
                   .voice_appid = "",
                   .voice_appkey = "",
                   .messages = messages},
        .login_token = LOGIN_TOKEN_REQUIRE,
        .token_expires_ms = CONF_S(21600),
        .desk_lifetime_ms = CONF_D(1),
        .known = known,
    };
}

const char *
game_conf_set(struct conf *cf, const struct conf_node *node,
              struct game_conf *game)
{
    const struct conf_table tables[] = {
        {&game_limits_context, &game->limits},
        {&game_context, game},
    };

    game->present = true;
    if (conf_apply_tables(cf, node, tables, 2) != 0)
        return CONF_FAILED;
    if (game->login_token == LOGIN_TOKEN_ACCEPT)
        conf_warn(cf, conf_find(node, "login_token"),
                  "\"login_token accept\" believes every uid that a client "
                  "names");
    if (game->deal_seed != NULL)
        conf_warn(cf, conf_find(node, "deal_seed"),
                  "\"deal_seed\" makes every wall known beforehand");
    return NULL;
}

bool
game_conf_adopts(const struct game_conf *game)
{
    for (unsigned i = 0; i < game->component_count; i++)
        if (game->components[i].component->owner != NULL)
            return true;
    return false;
}
