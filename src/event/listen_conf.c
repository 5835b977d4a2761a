#include "event/listen_conf.h"

#include <string.h>

#include "core/arena.h"
#include "event/ssl_conf.h"

enum { BACKLOG = 511, BACKLOG_MAX = 65535, LIMIT_MAX = 1000000 };

static const char *
set_option(struct conf *cf, struct listener *l, const char *option)
{
    const char *value;
    uint64_t n;

    if (strcmp(option, "ssl") == 0) {
        l->ssl = true;
        return NULL;
    }
    value = conf_value(option, "backlog");
    if (value != NULL) {
        if (conf_parse_uint(value, &n) != 0 || n < 1 || n > BACKLOG_MAX)
            return "has a \"backlog\" that is not between 1 and 65535";
        l->backlog = (unsigned) n;
        return NULL;
    }
    value = conf_value(option, "so_keepalive");
    if (value != NULL && (!strcmp(value, "on") || !strcmp(value, "off"))) {
        l->so_keepalive = strcmp(value, "on") == 0;
        return NULL;
    }
    return conf_reason(cf, "has an unknown option \"%s\"", option);
}

const char *
listen_overlap(struct conf *cf, const struct listener *l,
               const struct listener *other)
{
    return conf_reason(cf, "on %s overlaps with %s of %s:%u", l->text,
                       other->text, other->node->file, other->node->line);
}

const char *
listen_add(struct conf *cf, const struct conf_node *node,
           struct listener **list, const void *server)
{
    struct listener *l = arena_zalloc(cf->arena, sizeof(*l));
    struct listener **end = list;
    const char *why;

    if (strncmp(node->argv[1], "unix:", 5) == 0)
        return "on a UNIX socket is not supported yet";
    why = addr_parse(&l->addr, node->argv[1]);
    if (why != NULL)
        return conf_reason(cf, "\"%s\" %s", node->argv[1], why);
    addr_format(&l->addr, l->text);
    l->backlog = BACKLOG;
    l->entry.server = server;
    l->entry.text = l->text;
    l->node = node;
    for (unsigned i = 2; i < node->argc; i++) {
        why = set_option(cf, l, node->argv[i]);
        if (why != NULL)
            return why;
    }
    for (; *end != NULL; end = &(*end)->next)
        if (addr_overlaps(&(*end)->addr, &l->addr))
            return listen_overlap(cf, l, *end);
    *end = l;
    return NULL;
}

const char *
listen_check(struct conf *cf, const struct conf_node *node,
             struct listener *list, const void *server,
             const struct ssl_conf *ssl, unsigned limit_conn)
{
    if (conf_find(node, "listen") == NULL)
        return "has no \"listen\"";
    for (struct listener *l = list; l != NULL; l = l->next) {
        if (l->entry.server != server)
            continue;
        if (l->ssl && ssl_conf_check(cf, node, ssl) != 0)
            return CONF_FAILED;
        l->entry.limit_conn = limit_conn;
    }
    return NULL;
}

const char *
listen_set_limit(const struct conf_node *node, unsigned *limit)
{
    uint64_t n = 0;

    if (strcmp(node->argv[1], "off") != 0 &&
        (conf_parse_uint(node->argv[1], &n) != 0 || n < 1 || n > LIMIT_MAX))
        return "must be \"off\" or a number from 1 to 1000000";
    *limit = (unsigned) n;
    return NULL;
}
