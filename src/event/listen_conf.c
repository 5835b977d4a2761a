#include "event/listen_conf.h"

#include <string.h>

#include "core/arena.h"

enum { BACKLOG = 511, BACKLOG_MAX = 65535 };

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

struct listener *
listen_parse(struct conf *cf, const struct conf_node *node, const char **why)
{
    struct listener *l = arena_zalloc(cf->arena, sizeof(*l));

    *why = addr_parse(&l->addr, node->argv[1]);
    if (*why != NULL) {
        *why = conf_reason(cf, "\"%s\" %s", node->argv[1], *why);
        return NULL;
    }
    addr_format(&l->addr, l->text);
    l->backlog = BACKLOG;
    for (unsigned i = 2; i < node->argc; i++) {
        *why = set_option(cf, l, node->argv[i]);
        if (*why != NULL)
            return NULL;
    }
    return l;
}
