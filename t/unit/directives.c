/*
 * sparrow.conf(5) against the tables of directives: each directive has an
 * entry in the section of its context and each entry a directive; ranges and
 * repetition are told as the tables have them; and a conf that says every
 * default that the manual states is the same as one that says nothing.
 *
 * An entry begins with ".It Ic NAME".  Its text begins with "Default: VALUE",
 * "Required" or, where no value could be written, "Without it"; an entry that
 * begins with "Debugging only" may be of a directive that is not built.
 */
#include <stdlib.h>

#include "auto_config.h"

#include "config.h"
#include "core/buf.h"
#include "http/modules/modules.h"
#include "scratch.h"
#include "tap.h"

enum { ENTRIES = 256, TEXT = 2048 };

struct entry {
    char section[64];
    char name[64];
    char text[TEXT]; /* the lines below .It */
    bool found;      /* some table has it */
};

struct manual {
    struct entry entries[ENTRIES];
    unsigned count;
};

static struct manual manual;

/* ---- the manual ---- */

static void
begin_entry(struct manual *m, const char *section, const char *line)
{
    struct entry *e = &m->entries[m->count++];

    if (m->count > ENTRIES) {
        printf("Bail out! more entries than expected\n");
        exit(1);
    }
    snprintf(e->section, sizeof(e->section), "%s", section);
    snprintf(e->name, sizeof(e->name), "%.*s", (int) strcspn(line, " \n"),
             line);
}

static void
read_manual(struct manual *m, const char *path)
{
    char line[512], section[64] = "";
    FILE *f = fopen(path, "r");

    if (f == NULL) {
        printf("Bail out! cannot open %s\n", path);
        exit(1);
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, ".Sh ", 4) == 0)
            section[0] = '\0';
        else if (strncmp(line, ".Ss ", 4) == 0)
            snprintf(section, sizeof(section), "%.*s",
                     (int) strcspn(line + 4, "\n"), line + 4);
        else if (strncmp(line, ".It Ic ", 7) == 0)
            begin_entry(m, section, line + 7);
        else if (m->count != 0 && section[0] != '\0')
            strncat(m->entries[m->count - 1].text, line,
                    TEXT - strlen(m->entries[m->count - 1].text) - 1);
    }
    fclose(f);
}

static struct entry *
find_entry(struct manual *m, const char *section, const char *name)
{
    for (unsigned i = 0; i < m->count; i++)
        if (strcmp(m->entries[i].section, section) == 0 &&
            strcmp(m->entries[i].name, name) == 0)
            return &m->entries[i];
    return NULL;
}

/* What stands behind "Default: "; false if it is told in words. */
static bool
stated_default(const struct entry *e, char out[256])
{
    size_t len;

    if (strncmp(e->text, "Default: ", 9) != 0)
        return false;
    len = strcspn(e->text + 9, ";\n");
    if (len != 0 && e->text[9 + len] == '\n' && e->text[9 + len - 1] == '.')
        len--;
    snprintf(out, 256, "%.*s", (int) len, e->text + 9);
    return true;
}

/* ---- each directive has its entry ---- */

static bool
is_number(const struct conf_directive *d)
{
    return d->kind == CONF_KIND_UINT || d->kind == CONF_KIND_SIZE ||
           d->kind == CONF_KIND_MSEC;
}

static void
format(const struct conf_directive *d, uint64_t value,
       char out[CONF_NUMBER_TEXT])
{
    if (d->kind == CONF_KIND_SIZE)
        conf_format_size(out, value);
    else if (d->kind == CONF_KIND_MSEC)
        conf_format_msec(out, value);
    else
        snprintf(out, CONF_NUMBER_TEXT, "%llu", (unsigned long long) value);
}

static void
check_range(const struct conf_directive *d, const struct entry *e)
{
    char low[CONF_NUMBER_TEXT], high[CONF_NUMBER_TEXT], want[128];

    format(d, d->min, low);
    format(d, d->max, high);
    snprintf(want, sizeof(want), "rom %s to %s.\n", low, high);
    if (!ok(strstr(e->text, want) != NULL, "%s: its range", d->name))
        printf("#   no \"f%.*s\"\n", (int) strlen(want) - 1, want);
}

static bool
needs_no_default(const struct conf_directive *d)
{
    return d->kind == CONF_KIND_BLOCK || d->max_args == 0;
}

static void
check_directive(void *arg, const struct conf_context *context,
                const struct conf_directive *d)
{
    struct entry *e = find_entry(arg, context->name, d->name);
    bool repeats;

    if (!ok(e != NULL, "\"%s\" has an entry under \"%s\"", d->name,
            context->name))
        return;
    e->found = true;
    repeats = strstr(e->text, "ay be given several times") != NULL;
    is_int(repeats, (d->flags & CONF_MULTI) != 0,
           "%s: whether it may be given several times", d->name);
    if (!needs_no_default(d))
        ok(strncmp(e->text, "Default: ", 9) == 0 ||
               strncmp(e->text, "Required", 8) == 0 ||
               strncmp(e->text, "Without it", 10) == 0 ||
               strncmp(e->text, "Debugging only", 14) == 0,
           "%s: says first what holds without it", d->name);
    if (is_number(d))
        check_range(d, e);
}

static void
test_entries(void)
{
    struct conf *cf = conf_create("none", "/", NULL, NULL);
    struct config config = {0};

    config_init(&config, cf);
    conf_each_known(cf, check_directive, &manual);
    conf_destroy(cf);
    for (unsigned i = 0; i < manual.count; i++) {
        const struct entry *e = &manual.entries[i];

        if (!WITH_DEBUG && strncmp(e->text, "Debugging only", 14) == 0)
            continue;
        ok(e->found, "the entry \"%s\" under \"%s\" is of a directive",
           e->name, e->section);
    }
}

/* ---- the defaults are true ---- */

/* The defaults of a section as directives. */
static void
put_defaults(struct buf *out, const char *section)
{
    char value[256];

    for (unsigned i = 0; i < manual.count; i++)
        if (strcmp(manual.entries[i].section, section) == 0 &&
            stated_default(&manual.entries[i], value))
            buf_printf(out, "%s %s;\n", manual.entries[i].name, value);
}

/* A conf with every block; the words between them are sections. */
static const char *const skeleton[] = {
    "=main",
    "events {",
    "=events",
    "} shared_memory {",
    "=shared_memory",
    "} store {",
    "=store",
    "} game {",
    "=game",
    "=game, game server",
    "component DeskManager {",
    "=component DeskManager",
    "} client {",
    "=client",
    "} server { listen 1001;",
    "=game server",
    "=game, game server",
    "=game server, http server",
    "} } http {",
    "=http",
    "=http, http server, location",
    "server { listen 1002;",
    "=http server",
    "=http, http server, location",
    "=game server, http server",
    "location / { guest_login;",
    "=http, http server, location",
    "=location",
    "=location of guest_login",
    "} location /query { guest_login_query;",
    "=location of guest_login_query",
    "} } }",
};

static void
report(void *arg, bool is_error, const char *line)
{
    (void) arg;
    if (is_error)
        printf("# %s\n", line);
}

static struct config *
load(const char *path, bool with_defaults)
{
    struct config_source source = {
        .path = path, .prefix = "/p/", .error_log = "logs/error.log"};
    struct buf text = {0};
    struct config *config;

    for (size_t i = 0; i < sizeof(skeleton) / sizeof(*skeleton); i++)
        if (skeleton[i][0] != '=')
            buf_printf(&text, "%s\n", skeleton[i]);
        else if (with_defaults)
            put_defaults(&text, skeleton[i] + 1);
    buf_append_byte(&text, '\0');
    source.globals = (const char *) text.data;
    config = config_load(&source, report, NULL);
    buf_deinit(&text);
    return config;
}

/* What the directives of a context fill; NULL: nothing to be looked at. */
static const void *
object_of(const struct config *c, const struct conf_context *context)
{
    if (strcmp(context->name, "shared_memory") == 0)
        return &c->shared;
    if (strcmp(context->name, "store") == 0)
        return &c->store;
    if (context == &core_context)
        return &c->core;
    if (context == &game_context)
        return &c->game;
    if (context == &game_limits_context)
        return &c->game.servers->limits;
    if (context == &game_client_context)
        return &c->game.client;
    if (context == &game_server_context)
        return c->game.servers;
    if (context == &ssl_context)
        return &c->game.servers->ssl;
    if (context == &http_context)
        return &c->http;
    if (context == &http_server_context)
        return c->http.servers;
    if (context == &http_settings_context)
        return &c->http.servers->locations->settings;
    if (strcmp(context->name, "location of guest_login") == 0)
        return c->http.servers->locations->endpoint_conf;
    return NULL;
}

struct two {
    const struct config *silent;
    const struct config *told;
};

static size_t
field_size(const struct conf_directive *d)
{
    if (d->kind == CONF_KIND_FLAG)
        return sizeof(bool);
    return d->kind == CONF_KIND_ENUM ? sizeof(unsigned) : d->size;
}

static void
check_text(const struct conf_directive *d, const char *silent,
           const char *told)
{
    if (silent == NULL || told == NULL)
        ok(silent == told, "%s: its default is true", d->name);
    else
        is_str(told, silent, "%s: its default is true", d->name);
}

static void
check_default(void *arg, const struct conf_context *context,
              const struct conf_directive *d)
{
    const struct two *two = arg;
    const char *silent = object_of(two->silent, context);
    const char *told = object_of(two->told, context);

    if (silent == NULL || d->kind == CONF_KIND_CUSTOM ||
        d->kind == CONF_KIND_BLOCK || d->kind == CONF_KIND_STRS)
        return;
    silent += d->offset;
    told += d->offset;
    if (d->kind == CONF_KIND_STR)
        check_text(d, *(const char *const *) silent,
                   *(const char *const *) told);
    else
        ok(memcmp(silent, told, field_size(d)) == 0, "%s: its default is true",
           d->name);
}

/* A number that is not zero has a default, and that can be written. */
static void
check_stated(void *arg, const struct conf_context *context,
             const struct conf_directive *d)
{
    static const char zeros[sizeof(uint64_t)];
    const struct two *two = arg;
    const char *silent = object_of(two->silent, context);
    const struct entry *e = find_entry(&manual, context->name, d->name);
    char value[256];

    if (silent != NULL && e != NULL && is_number(d) &&
        memcmp(silent + d->offset, zeros, d->size) != 0)
        ok(stated_default(e, value), "%s: its default is stated", d->name);
}

/* Directives with setters of their own. */
static void
check_others(const struct config *a, const struct config *b)
{
    is_int(b->worker_connections, a->worker_connections, "worker_connections");
    is_int(b->multi_accept, a->multi_accept, "multi_accept");
    is_int(b->core.workers, a->core.workers, "worker_processes");
    is_int(b->core.affinity_auto, a->core.affinity_auto, "affinity");
    is_str(b->core.pid_path, a->core.pid_path, "pid");
    is_int(b->core.error_log_count, a->core.error_log_count, "error_log");
    is_str(b->core.error_logs[0].path, a->core.error_logs[0].path, "its path");
    is_int(b->core.error_logs[0].level, a->core.error_logs[0].level,
           "its level");
    is_str(b->shared.path, a->shared.path, "path of shared_memory");
    is_str(b->store.path, a->store.path, "path of store");
    is_str(b->game.client.endpoint_host, a->game.client.endpoint_host,
           "endpoint");
    is_int(b->game.client.endpoint_port, a->game.client.endpoint_port,
           "its port");
    is_str(b->game.client.messages[0], a->game.client.messages[0], "message");
    is_int(b->game.servers->wire.pipeline.kind,
           a->game.servers->wire.pipeline.kind, "pipeline");
    is_int(b->game.limits.message.interval_ns,
           a->game.limits.message.interval_ns, "limit_message");
    is_int(b->game.limits.limit_conn, a->game.limits.limit_conn, "limit_conn");
    is_int(b->http.settings.limit_conn, a->http.settings.limit_conn,
           "limit_conn of http");
    is_int(b->game.limits.message.burst, a->game.limits.message.burst,
           "its burst");
    is_int(b->game.servers->ssl.tls.protocols,
           a->game.servers->ssl.tls.protocols, "ssl_protocols");
    ok(a->http.settings.limit_req == NULL &&
           b->http.settings.limit_req == NULL,
       "limit_req");
    ok(a->http.settings.access_log == NULL &&
           b->http.settings.access_log == NULL,
       "access_log");
}

static void
test_defaults(const char *path)
{
    struct config *silent = load(path, false), *told = load(path, true);
    struct two two = {silent, told};

    if (ok(silent != NULL, "a conf without values loads") &&
        ok(told != NULL, "a conf with every stated default loads")) {
        conf_each_known(silent->cf, check_default, &two);
        conf_each_known(silent->cf, check_stated, &two);
        check_others(silent, told);
    }
    config_destroy(silent);
    config_destroy(told);
}

int
main(void)
{
    struct scratch scratch;
    char path[512];
    FILE *f;

    scratch_init(&scratch);
    read_manual(&manual, "man/sparrow.conf.5");
    test_entries();
    snprintf(path, sizeof(path), "%s/empty.conf", scratch.path);
    f = fopen(path, "w");
    if (f != NULL)
        fclose(f);
    test_defaults(path);
    scratch_deinit(&scratch);
    return tap_done();
}
