#include "http/http_conf.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/core_conf.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/logfiles.h"
#include "core/mem.h"
#include "event/listen_conf.h"
#include "http/http.h"
#include "http/http_access.h"
#include "http/http_operator.h"

/* ---- what http, server and location may say ---- */

static const char *
set_limit_req(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_settings *settings = obj;
    uint64_t rate, burst = 0;
    struct bucket_size *limit;
    const char *value;

    settings->limit_req = NULL;
    if (strcmp(node->argv[1], "off") == 0 && node->argc == 2)
        return NULL;
    if (conf_parse_uint(node->argv[1], &rate) != 0 || rate < 1 ||
        rate > 1000000)
        return "must be \"off\" or requests a second, 1 to 1000000";
    if (node->argc == 3) {
        value = conf_value(node->argv[2], "burst");
        if (value == NULL || conf_parse_uint(value, &burst) != 0 ||
            burst > 1000000)
            return "must have \"burst=N\", 0 to 1000000, behind the rate";
    }
    limit = arena_alloc(cf->arena, sizeof(*limit));
    *limit = bucket_size_of(rate, burst + 1);
    settings->limit_req = limit;
    return NULL;
}

static const char *
set_access_log(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_settings *settings = obj;

    settings->access_log = NULL;
    if (strcmp(node->argv[1], "off") == 0)
        return NULL;
    settings->access_log = conf_path_prefix(cf, node->argv[1]);
    return conf_path_reason(node->argv[1]);
}

static const struct conf_directive settings_directives[] = {
    CONF_MSEC("keepalive_timeout", struct http_settings, keepalive_timeout_ms,
              0, CONF_H(1)),
    CONF_MSEC("client_body_timeout", struct http_settings,
              client_body_timeout_ms, CONF_S(1), CONF_H(1)),
    CONF_SIZE("client_max_body_size", struct http_settings,
              client_max_body_size, 0, CONF_MB(16)),
    CONF_CUSTOM("allow", http_access_set, 1, 2, CONF_MULTI),
    CONF_CUSTOM("deny", http_access_set, 1, 2, CONF_MULTI),
    CONF_CUSTOM("operator_token", http_operator_set, 1, 1, 0),
    CONF_CUSTOM("limit_req", set_limit_req, 1, 2, 0),
    CONF_CUSTOM("access_log", set_access_log, 1, 1, 0),
    CONF_FLAG("cors", struct http_settings, cors),
    CONF_END,
};

const struct conf_context http_settings_context = {
    "http, http server, location", settings_directives};

/* ---- server ---- */

static const char *
set_listen(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_server *server = obj;
    struct http_conf *http = (struct http_conf *) (uintptr_t) server->http;

    return listen_add(cf, node, &http->listeners, server);
}

static const char *
set_server_limit_conn(struct conf *cf, const struct conf_node *node, void *obj)
{
    (void) cf;
    return listen_set_limit(
        node, &((struct http_server *) obj)->settings.limit_conn);
}

static const struct conf_directive server_directives[] = {
    CONF_MSEC("client_header_timeout", struct http_server,
              settings.client_header_timeout_ms, CONF_S(1), CONF_H(1)),
    CONF_CUSTOM("limit_conn", set_server_limit_conn, 1, 1, 0),
    CONF_CUSTOM("listen", set_listen, 1, 8, CONF_MULTI),
    CONF_BLOCK("location", http_location_set, 1, 2, CONF_MULTI),
    CONF_END,
};

const struct conf_context http_server_context = {"http server",
                                                 server_directives};

static const char *
set_server(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_conf *http = obj;
    struct http_server *server = arena_zalloc(cf->arena, sizeof(*server));
    const struct conf_table tables[] = {
        {&http_settings_context, &server->settings},
        {&ssl_context, &server->ssl},
        {&http_server_context, server},
    };
    const char *why;

    server->http = http;
    server->settings = http->settings;
    server->locations_end = &server->locations;
    ssl_conf_init(&server->ssl);
    server->ssl.tls.alpn = "\x08http/1.1\x08http/1.0";
    if (conf_apply_tables(cf, node, tables, 3) != 0)
        return CONF_FAILED;
    why = listen_check(cf, node, http->listeners, server, &server->ssl,
                       server->settings.limit_conn);
    if (why != NULL)
        return why;
    server->next = http->servers;
    http->servers = server;
    return NULL;
}

/* ---- http ---- */

static const char *
set_limit_conn(struct conf *cf, const struct conf_node *node, void *obj)
{
    (void) cf;
    return listen_set_limit(node,
                            &((struct http_conf *) obj)->settings.limit_conn);
}

static const struct conf_directive http_directives[] = {
    CONF_MSEC("client_header_timeout", struct http_conf,
              settings.client_header_timeout_ms, CONF_S(1), CONF_H(1)),
    CONF_CUSTOM("limit_conn", set_limit_conn, 1, 1, 0),
    CONF_BLOCK("server", set_server, 0, 0, CONF_MULTI),
    CONF_END,
};

const struct conf_context http_context = {"http", http_directives};

/* One directive for each endpoint, by its name. */
static const struct conf_context *
name_endpoints(struct conf *cf, const struct http_endpoint *const *known)
{
    static const struct conf_directive one = CONF_CUSTOM(
        NULL, http_endpoint_set, 0, 0, 0);
    static const struct conf_directive end = CONF_END;
    struct conf_context *context = arena_zalloc(cf->arena, sizeof(*context));
    struct conf_directive *directives;
    unsigned n = 0;

    while (known[n] != NULL)
        n++;
    directives = arena_alloc(cf->arena, (n + 1) * sizeof(*directives));
    for (unsigned i = 0; i < n; i++) {
        directives[i] = one;
        directives[i].name = known[i]->name;
    }
    directives[n] = end;
    *context = (struct conf_context){"location", directives};
    return context;
}

void
http_conf_init(struct http_conf *http, struct conf *cf,
               const struct http_endpoint *const *known)
{
    const struct conf_context *endpoints = name_endpoints(cf, known);

    conf_know_one(cf, endpoints);
    for (unsigned i = 0; known[i] != NULL; i++)
        if (known[i]->context != NULL)
            conf_know_one(cf, known[i]->context);
    *http = (struct http_conf){
        .settings = {.keepalive_timeout_ms = CONF_S(75),
                     .client_header_timeout_ms = CONF_S(60),
                     .client_body_timeout_ms = CONF_S(60),
                     .client_max_body_size = CONF_KB(64),
                     .access_log_fd = -1},
        .known = known,
        .endpoints = endpoints,
    };
}

const char *
http_conf_set(struct conf *cf, const struct conf_node *node,
              struct http_conf *http)
{
    const struct conf_table tables[] = {
        {&http_settings_context, &http->settings},
        {&http_context, http},
    };

    return conf_apply_tables(cf, node, tables, 2) == 0 ? NULL : CONF_FAILED;
}

static int
make_folder_of(const char *file, const struct core_conf *core, struct log *log)
{
    char *path = mem_strdup(file);
    int rc = folder_make(core, dirname(path), 0750, false, log);

    mem_free(path);
    return rc;
}

static int
open_log(struct http_settings *settings, const struct core_conf *core,
         struct logfiles *files, struct log *log)
{
    if (settings->access_log == NULL)
        return 0;
    if (make_folder_of(settings->access_log, core, log) != 0)
        return -1;
    settings->access_log_fd = logfiles_get(files, settings->access_log);
    if (settings->access_log_fd >= 0)
        return 0;
    log_write(log, LOG_EMERG, errno, "open() \"%s\" failed",
              settings->access_log);
    return -1;
}

int
http_conf_open_logs(struct http_conf *http, const struct core_conf *core,
                    struct logfiles *files, struct log *log)
{
    for (struct http_server *s = http->servers; s != NULL; s = s->next) {
        if (open_log(&s->settings, core, files, log) != 0)
            return -1;
        for (struct http_location *l = s->locations; l != NULL; l = l->next)
            if (open_log(&l->settings, core, files, log) != 0)
                return -1;
    }
    return 0;
}

/* Blocks that inherit the directive share what was read. */
static int
load_operators(struct http_settings *settings, const struct core_conf *core,
               bool make, struct log *log)
{
    struct http_operators *operators = settings->operators;

    if (operators == NULL || operators->count != 0)
        return 0;
    if (make && make_folder_of(operators->path, core, log) != 0)
        return -1;
    if (!make && access(operators->path, F_OK) != 0 && errno == ENOENT)
        return 0;
    return http_operators_load(operators, log);
}

int
http_conf_load_operators(struct http_conf *http, const struct core_conf *core,
                         bool make, struct log *log)
{
    for (struct http_server *s = http->servers; s != NULL; s = s->next) {
        if (load_operators(&s->settings, core, make, log) != 0)
            return -1;
        for (struct http_location *l = s->locations; l != NULL; l = l->next)
            if (load_operators(&l->settings, core, make, log) != 0)
                return -1;
    }
    return 0;
}
