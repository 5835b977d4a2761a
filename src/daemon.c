#include "auto_config.h"

#include "daemon.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/env.h"
#include "core/fail_point.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/slots.h"
#include "game/component.h"
#include "game/mahjong/table.h"

void
daemon_report(void *arg, bool is_error, const char *line)
{
    struct daemon *daemon = arg;

    if (is_error || !daemon->quiet)
        log_write(daemon->log, is_error ? LOG_EMERG : LOG_WARN, 0, "%s", line);
}

static struct core_conf *
parse(void *arg)
{
    struct daemon *daemon = arg;
    struct config *config = config_load(&daemon->source, daemon_report,
                                        daemon);

    return config != NULL ? &config->core : NULL;
}

/* What a running daemon cannot change. */
static int
check_restart(const struct config *next, const struct config *old,
              struct log *log)
{
    const char *what = NULL;

    if (strcmp(next->shared.path, old->shared.path) != 0 ||
        next->shared.size != old->shared.size)
        what = "path or size of shared_memory";
    else if (strcmp(next->store.path, old->store.path) != 0 ||
             next->store.size != old->store.size)
        what = "path or size of store";
    else if (next->core.uid != old->core.uid ||
             next->core.gid != old->core.gid)
        what = "user";
    else if (strcmp(next->core.pid_path, old->core.pid_path) != 0)
        what = "pid";
    if (what == NULL)
        return 0;
    log_write(log, LOG_EMERG, 0, "a change of %s needs a restart", what);
    return -1;
}

int
daemon_open_logs(struct daemon *daemon, struct config *config)
{
    const struct core_conf *core = &config->core;

    for (unsigned i = 0; i < core->error_log_count; i++) {
        const char *path = core->error_logs[i].path;

        if (path != NULL &&
            folder_make(core, dirname(arena_strdup(config->cf->arena, path)),
                        0750, false, daemon->log) != 0)
            return -1;
    }
    if (http_conf_open_logs(&config->http, core, &daemon->files,
                            daemon->log) != 0)
        return -1;
    return core_conf_open_logs(core, &daemon->files, daemon->log);
}

static struct tls_conf *
game_tls(const struct listener *l)
{
    return &((struct game_server *) (uintptr_t) l->entry.server)->ssl.tls;
}

static struct tls_conf *
http_tls(const struct listener *l)
{
    return &((struct http_server *) (uintptr_t) l->entry.server)->ssl.tls;
}

/* The directive that holds for a listener: that of the innermost block. */
static const struct conf_node *
find_directive(const struct listener *l, const char *name)
{
    const struct conf_node *block = l->node->parent, *node = NULL;

    for (; block != NULL && node == NULL; block = block->parent)
        node = conf_find(block, name);
    return node;
}

static int
load_tls_of(struct daemon *daemon, struct config *config,
            struct listener *list,
            struct tls_conf *(*tls_of)(const struct listener *l))
{
    for (struct listener *l = list; l != NULL; l = l->next) {
        struct tls_failure why;

        if (!l->ssl)
            continue;
        l->entry.tls = tls_create(tls_of(l), &daemon->tickets, &why);
        if (l->entry.tls == NULL)
            return conf_error(config->cf, find_directive(l, why.directive),
                              "\"%s\": %s", why.directive, why.text);
    }
    return 0;
}

static int
load_tls(struct daemon *daemon, struct config *config)
{
    return load_tls_of(daemon, config, config->game.listeners, game_tls) ||
                   load_tls_of(daemon, config, config->http.listeners,
                               http_tls)
               ? -1
               : 0;
}

static void
free_tls(struct listener *list)
{
    for (struct listener *l = list; l != NULL; l = l->next) {
        tls_destroy(l->entry.tls);
        l->entry.tls = NULL;
    }
}

static int
open_listeners(struct daemon *daemon, struct config *config,
               struct listener *list)
{
    for (struct listener *l = list; l != NULL; l = l->next)
        if (listener_open(&daemon->groups, l, config->core.workers,
                          daemon->log) != 0)
            return -1;
    return 0;
}

static int
make_folders(struct daemon *daemon, struct config *config)
{
    const struct core_conf *core = &config->core;

    return folder_make(core, config->shared.path, 0700, true, daemon->log) ||
                   folder_make(core, config->store.path, 0700, true,
                               daemon->log)
               ? -1
               : 0;
}

/* ---- -t: what a start would meet, without making anything ---- */

static int
check_listeners(struct daemon *daemon, const struct listener *l)
{
    for (; l != NULL; l = l->next)
        if (listener_check(l, true, daemon->log) != 0)
            return -1;
    return 0;
}

/* May the path be written, or made where it is to be? */
static int
check_writable(struct daemon *daemon, const char *path)
{
    char at[PATH_MAX];

    snprintf(at, sizeof(at), "%s", path);
    while (access(at, F_OK) != 0 && errno == ENOENT && strlen(at) > 1)
        dirname(at);
    if (access(at, W_OK) == 0)
        return 0;
    log_write(daemon->log, LOG_EMERG, errno,
              "\"%s\" cannot be written by who runs this test", path);
    return -1;
}

static int
check_files(struct daemon *daemon, struct config *config)
{
    const struct core_conf *core = &config->core;

    for (unsigned i = 0; i < core->error_log_count; i++)
        if (core->error_logs[i].path != NULL &&
            check_writable(daemon, core->error_logs[i].path) != 0)
            return -1;
    if (check_writable(daemon, core->run_dir) != 0 ||
        check_writable(daemon, core->pid_path) != 0 ||
        check_writable(daemon, config->shared.path) != 0 ||
        check_writable(daemon, config->store.path) != 0)
        return -1;
    if (http_conf_load_operators(&config->http, core, false, daemon->log) != 0)
        return -1;
    if (access(config->game.token_key, F_OK) != 0 && errno == ENOENT)
        return 0; /* it is made at the first start */
    return token_keys_load(&config->token_keys, config->game.token_key,
                           daemon->log);
}

int
daemon_check(struct daemon *daemon, struct config *config)
{
    int rc = load_tls(daemon, config);

    free_tls(config->game.listeners);
    free_tls(config->http.listeners);
    return rc != 0 || check_files(daemon, config) != 0 ||
                   check_listeners(daemon, config->game.listeners) != 0 ||
                   check_listeners(daemon, config->http.listeners) != 0
               ? -1
               : 0;
}

/* ---- start and reload ---- */

/* The last thing to do: nothing else has to be taken back when it fails. */
static int
change_folder(const struct core_conf *core, struct log *log)
{
    if (core->working_directory == NULL || chdir(core->working_directory) == 0)
        return 0;
    log_write(log, LOG_EMERG, errno, "chdir() to \"%s\" failed",
              core->working_directory);
    return -1;
}

/*
 * Desks live on with the component that they are of.  One that is made in the
 * second that the count is old stays with its worker, which finds no heir.
 */
static int
check_desks(const struct config *next, const struct config *old,
            const struct slot_page *pages, struct log *log)
{
    unsigned desks = atomic_load(&pages[SLOT_STORE].desks);

    if (desks == 0 || !game_conf_adopts(&old->game) ||
        game_conf_adopts(&next->game))
        return 0;
    log_write(log, LOG_EMERG, 0,
              "there are %u desks, and no component of the new configuration "
              "takes them",
              desks);
    return -1;
}

static void
tell_component(const struct component *c, struct log *log)
{
    struct buf text = {0};

    for (unsigned i = 0; i < c->handler_count; i++)
        buf_printf(&text, " %s", c->handlers[i].method);
    for (unsigned i = 0; c->owner != NULL && i < c->owner->handler_count; i++)
        buf_printf(&text, " %s", c->owner->handlers[i].method);
    log_write(log, LOG_NOTICE, 0, "component %s:%.*s", c->name, (int) text.len,
              (const char *) text.data);
    buf_deinit(&text);
}

/* What this daemon is, once at its start. */
static void
tell(const struct config *config, struct log *log)
{
    log_write(log, LOG_NOTICE, 0, "sparrow/%s", SPARROW_VERSION);
    if (config->core.master_process)
        log_write(log, LOG_NOTICE, 0, "running as master with %u workers",
                  config->core.workers);
    else
        log_write(log, LOG_NOTICE, 0, "running in singleton mode");
    for (const struct listener *l = config->game.listeners; l != NULL;
         l = l->next) {
        const struct game_server *server = l->entry.server;
        struct buf wire = {0};

        wire_describe(&server->wire, &wire);
        log_write(log, LOG_NOTICE, 0, "listening on %s: game%s, %.*s", l->text,
                  l->ssl ? ", ssl" : "", (int) wire.len,
                  (const char *) wire.data);
        buf_deinit(&wire);
    }
    for (const struct listener *l = config->http.listeners; l != NULL;
         l = l->next)
        log_write(log, LOG_NOTICE, 0, "listening on %s: http%s", l->text,
                  l->ssl ? ", ssl" : "");
    for (unsigned i = 0; i < config->game.component_count; i++)
        tell_component(config->game.components[i].component, log);
}

static int
open_all(void *arg, struct core_conf *core, const struct core_conf *old,
         const struct slot_page *pages)
{
    struct daemon *daemon = arg;
    struct config *config = (struct config *) core;

    if (old != NULL && (check_restart(config, (const struct config *) old,
                                      daemon->log) != 0 ||
                        check_desks(config, (const struct config *) old, pages,
                                    daemon->log) != 0))
        return -1;
    if (old == NULL && tls_tickets_init(&daemon->tickets) != 0) {
        log_write(daemon->log, LOG_EMERG, 0, "no random bytes available");
        return -1;
    }
    mahjong_tables_init(); /* before the fork: all workers share them */
    tls_tickets_advance(&daemon->tickets, clock_boot_ms());
    fail_point_arm(&config->fail);
    if (load_tls(daemon, config) != 0 || make_folders(daemon, config) != 0 ||
        open_listeners(daemon, config, config->game.listeners) != 0 ||
        open_listeners(daemon, config, config->http.listeners) != 0 ||
        token_keys_load(&config->token_keys, config->game.token_key,
                        daemon->log) != 0 ||
        http_conf_load_operators(&config->http, core, true, daemon->log) != 0)
        return -1;
    /* at a start they are open: why it fails shall stand in them */
    if (old != NULL && daemon_open_logs(daemon, config) != 0)
        return -1;
    if (old == NULL)
        tell(config, daemon->log);
    return change_folder(core, daemon->log);
}

static void
mark_used(struct listener *list)
{
    for (struct listener *l = list; l != NULL; l = l->next)
        if (l->group != NULL)
            l->group->used = true;
}

/* Logs that only the other configuration has are closed. */
static void
drop_logs(struct daemon *daemon, struct config *kept)
{
    logfiles_unmark(&daemon->files);
    if (daemon_open_logs(daemon, kept) == 0)
        logfiles_sweep(&daemon->files);
}

static void
unload(void *arg, struct core_conf *core, const struct core_conf *next)
{
    struct daemon *daemon = arg;
    struct config *config = (struct config *) core;

    free_tls(config->game.listeners);
    free_tls(config->http.listeners);
    for (struct listen_group *g = daemon->groups; g != NULL; g = g->next)
        g->used = false;
    if (next != NULL) {
        mark_used(((const struct config *) next)->game.listeners);
        mark_used(((const struct config *) next)->http.listeners);
    }
    listen_groups_sweep(&daemon->groups);
    if (next != NULL)
        drop_logs(daemon, (struct config *) (uintptr_t) next);
    config_destroy(config);
}

static const char *
env_path(const struct core_conf *core, unsigned env)
{
    const struct config *config = (const struct config *) core;

    return env == SLOT_ENV_SHARED ? config->shared.path : config->store.path;
}

static int
set_aside(void *arg, struct core_conf *core)
{
    struct daemon *daemon = arg;
    struct config *config = (struct config *) core;
    char stamp[32];

    snprintf(stamp, sizeof(stamp), "%lld", (long long) time(NULL));
    return env_set_aside(config->shared.path, stamp, daemon->log);
}

const struct master_ops daemon_ops = {
    .parse = parse,
    .open = open_all,
    .unload = unload,
    .worker = worker_main,
    .store = store_main,
    .env_path = env_path,
    .set_aside = set_aside,
};
