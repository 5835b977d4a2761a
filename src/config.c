#include "auto_config.h"

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "event/listen_conf.h"
#include "game/modules/modules.h"
#include "http/modules/modules.h"

/* ---- events ---- */

static const struct conf_enum methods[] = {{"epoll", 0}, {NULL, 0}};

struct events_block {
    unsigned worker_connections;
    unsigned use;
    bool multi_accept;
};

static const struct conf_directive events_directives[] = {
    CONF_UINT("worker_connections", struct events_block, worker_connections,
              16, 1 << 24),
    CONF_ENUM("use", struct events_block, use, methods),
    CONF_FLAG("multi_accept", struct events_block, multi_accept),
    CONF_END,
};

static const struct conf_context events_context = {"events",
                                                   events_directives};

static const char *
set_events(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct config *config = obj;
    struct events_block block = {
        .worker_connections = config->worker_connections,
        .multi_accept = config->multi_accept};

    if (conf_apply(cf, node, &events_context, &block) != 0)
        return CONF_FAILED;
    config->worker_connections = block.worker_connections;
    config->multi_accept = block.multi_accept;
    return NULL;
}

/* ---- shared_memory and store ---- */

static const struct conf_directive shared_directives[] = {
    CONF_PATH("path", struct environment_conf, path),
    CONF_SIZE("size", struct environment_conf, size, CONF_MB(1),
              CONF_GB(16384)),
    CONF_FLAG("journal_keep", struct environment_conf, journal_keep),
#if WITH_DEBUG
    CONF_FLAG("journal", struct environment_conf, journal),
#endif
    CONF_END,
};

static const struct conf_directive store_directives[] = {
    CONF_PATH("path", struct environment_conf, path),
    CONF_SIZE("size", struct environment_conf, size, CONF_MB(1),
              CONF_GB(16384)),
    CONF_MSEC("store_timeout", struct environment_conf, store_timeout_ms, 100,
              CONF_M(5)),
    CONF_MSEC("commit_interval", struct environment_conf, commit_interval_ms,
              0, CONF_S(1)),
    CONF_END,
};

static const struct conf_context shared_context = {"shared_memory",
                                                   shared_directives};
static const struct conf_context store_context = {"store", store_directives};

static const char *
set_shared(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct config *config = obj;

    return conf_apply(cf, node, &shared_context, &config->shared) == 0
               ? NULL
               : CONF_FAILED;
}

static const char *
set_store(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct config *config = obj;

    return conf_apply(cf, node, &store_context, &config->store) == 0
               ? NULL
               : CONF_FAILED;
}

/* ---- game and http ---- */

static const char *
set_game(struct conf *cf, const struct conf_node *node, void *obj)
{
    return game_conf_set(cf, node, &((struct config *) obj)->game);
}

static const char *
set_http(struct conf *cf, const struct conf_node *node, void *obj)
{
    return http_conf_set(cf, node, &((struct config *) obj)->http);
}

#if WITH_DEBUG
static const char *
set_fail_point(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct config *config = obj;
    struct fail_plan *plan = &config->fail;
    const char *action = node->argc > 3 ? node->argv[3] : "kill";
    size_t len = strlen(node->argv[2]);
    char number[16];
    uint64_t n;

    plan->always = len > 0 && node->argv[2][len - 1] == '+';
    snprintf(number, sizeof(number), "%.*s", (int) (len - plan->always),
             node->argv[2]);
    if (conf_parse_uint(number, &n) != 0 || n < 1 || n > 1000000)
        return "must be \"fail_point NAME N\" with N from 1";
    if (strcmp(action, "abort") == 0)
        plan->action = FAIL_ABORT;
    else if (strcmp(action, "hang") == 0)
        plan->action = FAIL_HANG;
    else if (strcmp(action, "kill") != 0)
        return "must end in kill, abort or hang";
    plan->name = node->argv[1];
    plan->n = (unsigned) n;
    conf_warn(cf, node, "\"fail_point\" is for tests: a process will fail");
    return NULL;
}
#endif

static const struct conf_directive block_directives[] = {
    CONF_BLOCK("events", set_events, 0, 0, 0),
    CONF_BLOCK("shared_memory", set_shared, 0, 0, 0),
    CONF_BLOCK("store", set_store, 0, 0, 0),
    CONF_BLOCK("game", set_game, 0, 0, 0),
    CONF_BLOCK("http", set_http, 0, 0, 0),
#if WITH_DEBUG
    CONF_CUSTOM("fail_point", set_fail_point, 2, 3, 0),
#endif
    CONF_END,
};

static const struct conf_context blocks_context = {"main", block_directives};

/* Those of endpoints and components come with them. */
static const struct conf_context *const contexts[] = {
    &core_context,        &blocks_context,        &events_context,
    &shared_context,      &store_context,         &game_context,
    &game_limits_context, &game_client_context,   &game_server_context,
    &ssl_context,         &http_context,          &http_settings_context,
    &http_server_context, &http_location_context, NULL,
};

void
config_init(struct config *config, struct conf *cf)
{
    conf_know(cf, contexts);
    core_conf_init(&config->core);
    game_conf_init(&config->game, cf, game_modules);
    http_conf_init(&config->http, cf, http_modules);
    config->cf = cf;
    config->worker_connections = 16384;
    config->shared.path = conf_path_prefix(cf, SPARROW_RUN_PATH "/shared");
    config->shared.size = CONF_GB(1);
    config->shared.journal = true;
    config->game.token_key = conf_path_prefix(cf,
                                              SPARROW_RUN_PATH "/token.key");
    config->store.path = conf_path_prefix(cf, SPARROW_DATA_PATH);
    config->store.size = CONF_GB(16);
    config->store.store_timeout_ms = CONF_S(5);
    config->store.commit_interval_ms = 20;
}

/* What two blocks must agree on. */
static int
check(struct config *config, struct conf *cf)
{
    const struct game_conf *game = &config->game;
    const struct http_conf *http = &config->http;

    if (strcmp(config->shared.path, config->store.path) == 0)
        return conf_error(cf, conf_find(cf->root, "store"),
                          "\"shared_memory\" and \"store\" have the same "
                          "path");
    for (const struct listener *g = game->listeners; g != NULL; g = g->next)
        for (const struct listener *h = http->listeners; h != NULL;
             h = h->next)
            if (addr_overlaps(&g->addr, &h->addr))
                return conf_error(cf, h->node, "\"listen\" %s",
                                  listen_overlap(cf, h, g));
    if (game->listeners == NULL && http->listeners == NULL)
        conf_warn(cf, NULL, "\"%s\" has no \"listen\": nobody can connect",
                  cf->path);
    return 0;
}

struct config *
config_load(const struct config_source *source, conf_report *report, void *arg)
{
    struct conf *cf = conf_create(source->path, source->prefix, report, arg);
    struct config *config = arena_zalloc(cf->arena, sizeof(*config));
    const struct conf_table tables[] = {{&core_context, &config->core},
                                        {&blocks_context, config}};

    config_init(config, cf);
    if (conf_load(cf, source->globals) != 0 ||
        conf_apply_tables(cf, cf->root, tables, 2) != 0 ||
        core_conf_finish(&config->core, cf, source->error_log) != 0 ||
        check(config, cf) != 0) {
        conf_destroy(cf);
        return NULL;
    }
    return config;
}

void
config_destroy(struct config *config)
{
    if (config != NULL)
        conf_destroy(config->cf);
}
