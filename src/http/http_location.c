/*
 * The location block, and which location a path belongs to.
 */
#include <string.h>

#include "core/arena.h"
#include "http/http.h"
#include "http/http_conf.h"
#include "http/regex.h"

/* ---- the block ---- */

static bool
is_regex(const struct http_location *l)
{
    return l->kind == LOCATION_REGEX || l->kind == LOCATION_REGEX_NOCASE;
}

static const char *
parse_pattern(struct conf *cf, const struct conf_node *node,
              struct http_location *l)
{
    static const char *const modifiers[] = {
        [LOCATION_EXACT] = "=",
        [LOCATION_PREFIX_ONLY] = "^~",
        [LOCATION_REGEX] = "~",
        [LOCATION_REGEX_NOCASE] = "~*",
    };
    const char *pattern = node->argv[node->argc - 1];
    const char *why = NULL;

    if (node->argc == 3) {
        int kind = LOCATION_REGEX_NOCASE;

        while (kind > 0 && strcmp(node->argv[1], modifiers[kind]) != 0)
            kind--;
        if (kind == 0)
            return conf_reason(cf,
                               "has \"%s\" where \"=\", \"^~\", \"~\" or "
                               "\"~*\" is expected",
                               node->argv[1]);
        l->kind = (enum http_location_kind) kind;
    }
    l->pattern = str_of(pattern);
    if (is_regex(l)) {
        l->regex = regex_compile(cf, pattern, l->kind == LOCATION_REGEX_NOCASE,
                                 &why);
        return why;
    }
    return pattern[0] == '/' ? NULL
                             : "must have a path that begins with \"/\"";
}

static bool
is_same(const struct http_location *a, const struct http_location *b)
{
    if (!str_equal(a->pattern, b->pattern))
        return false;
    if (a->kind == b->kind)
        return true;
    return !is_regex(a) && !is_regex(b) && a->kind != LOCATION_EXACT &&
           b->kind != LOCATION_EXACT;
}

/* The endpoint that the block's directives name; the first of several. */
static const struct http_endpoint *
find_endpoint(const struct http_conf *http, const struct conf_node *block)
{
    for (const struct conf_node *n = block->first_child; n != NULL;
         n = n->next)
        for (unsigned i = 0; http->known[i] != NULL; i++)
            if (strcmp(http->known[i]->name, n->name) == 0)
                return http->known[i];
    return NULL;
}

static void *
make_endpoint_conf(struct conf *cf, const struct http_endpoint *endpoint)
{
    void *conf = arena_zalloc(cf->arena, endpoint->conf_size);

    if (endpoint->conf_default != NULL)
        memcpy(conf, endpoint->conf_default, endpoint->conf_size);
    return conf;
}

static const char *
apply(struct conf *cf, const struct conf_node *node, struct http_location *l,
      const struct conf_context *endpoints)
{
    const struct http_endpoint *e = find_endpoint(l->server->http, node);
    struct conf_table tables[4] = {
        {&http_settings_context, &l->settings},
        {&http_location_context, l},
        {endpoints, l},
    };
    size_t n = 3;

    if (e != NULL && e->context != NULL) {
        l->endpoint_conf = make_endpoint_conf(cf, e);
        tables[n++] = (struct conf_table){e->context, l->endpoint_conf};
    }
    if (conf_apply_tables(cf, node, tables, n) != 0)
        return CONF_FAILED;
    if (l->endpoint == NULL && l->return_status == 0)
        return "has neither an endpoint nor \"return\"";
    if (l->endpoint != NULL && l->return_status != 0)
        return "has both an endpoint and \"return\"";
    return NULL;
}

const char *
http_location_set(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_server *server = obj;
    struct http_location *l = arena_zalloc(cf->arena, sizeof(*l));
    const char *why = parse_pattern(cf, node, l);

    if (why != NULL)
        return why;
    l->server = server;
    l->settings = server->settings;
    for (const struct http_location *o = server->locations; o != NULL;
         o = o->next)
        if (is_same(o, l))
            return conf_reason(cf, "is given twice for \"%s\"",
                               l->pattern.data);
    why = apply(cf, node, l, server->http->endpoints);
    if (why != NULL)
        return why;
    *server->locations_end = l;
    server->locations_end = &l->next;
    return NULL;
}

const char *
http_endpoint_set(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_location *l = obj;

    if (l->endpoint != NULL)
        return conf_reason(cf, "is the second endpoint, after \"%s\"",
                           l->endpoint->name);
    for (unsigned i = 0; l->endpoint == NULL; i++)
        if (strcmp(l->server->http->known[i]->name, node->name) == 0)
            l->endpoint = l->server->http->known[i];
    return NULL;
}

/* ---- return ---- */

static bool
is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

static const char *
set_return(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_location *l = obj;
    uint64_t status;

    (void) cf;
    if (conf_parse_uint(node->argv[1], &status) != 0 || status < 200 ||
        status > 599)
        return "must have a status between 200 and 599";
    l->return_status = (unsigned) status;
    if (is_redirect(l->return_status) != (node->argc == 3) &&
        is_redirect(l->return_status))
        return "must say where to after this status";
    if (node->argc == 3 && (status == 204 || status == 304))
        return "cannot have a text with this status";
    if (node->argc == 3)
        l->return_text = str_of(node->argv[2]);
    for (size_t i = 0; i < l->return_text.len; i++)
        if (is_redirect(l->return_status) &&
            (unsigned char) l->return_text.data[i] <= ' ')
            return "has a target with blanks in it";
    return NULL;
}

static const struct conf_directive location_directives[] = {
    CONF_CUSTOM("return", set_return, 1, 2, 0),
    CONF_END,
};

const struct conf_context http_location_context = {"location",
                                                   location_directives};

/* ---- the choice ---- */

static bool
fits(const struct http_location *l, struct str path)
{
    return l->kind == LOCATION_EXACT ? str_equal(path, l->pattern)
                                     : str_has_prefix(path, l->pattern);
}

const struct http_location *
http_location_find(const struct http_server *s, struct str path,
                   struct regex_match *match)
{
    const struct http_location *best = NULL;

    for (const struct http_location *l = s->locations; l != NULL;
         l = l->next) {
        if (is_regex(l) || !fits(l, path))
            continue;
        if (l->kind == LOCATION_EXACT)
            return l;
        if (best == NULL || l->pattern.len > best->pattern.len)
            best = l;
    }
    if (best != NULL && best->kind == LOCATION_PREFIX_ONLY)
        return best;
    for (const struct http_location *l = s->locations; l != NULL; l = l->next)
        if (is_regex(l) && regex_try(l->regex, path, match) > 0)
            return l;
    return best;
}
