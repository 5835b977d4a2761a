#include "http/http_access.h"

#include <string.h>

#include "core/arena.h"
#include "http/http_conf.h"
#include "http/regex.h"

static const char *
parse_who(struct conf *cf, const struct conf_node *node, struct http_access *a)
{
    const char *text = node->argv[1], *why;

    if (strcmp(text, "~") == 0) {
        if (node->argc != 3)
            return "must have one expression after \"~\"";
        a->regex = regex_compile(cf, node->argv[2], false, &why);
        return a->regex != NULL ? NULL : why;
    }
    if (node->argc != 2)
        return "must have one argument, or \"~\" and an expression";
    if (strcmp(text, "all") == 0) {
        a->all = true;
        return NULL;
    }
    why = cidr_parse(&a->cidr, text);
    return why != NULL ? conf_reason(cf, "\"%s\" %s", text, why) : NULL;
}

const char *
http_access_set(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_settings *settings = obj;
    struct http_access *a = arena_zalloc(cf->arena, sizeof(*a));
    struct http_access **end = &settings->access;

    a->allow = strcmp(node->name, "allow") == 0;
    if (settings->access_block != node->parent) {
        settings->access_block = node->parent;
        settings->access = NULL;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = a;
    return parse_who(cf, node, a);
}

bool
http_access_allows(const struct http_access *list, const struct addr *peer,
                   struct regex_match *match)
{
    for (const struct http_access *a = list; a != NULL; a = a->next) {
        char text[ADDR_TEXT];
        int fits;

        if (a->all)
            return a->allow;
        if (a->regex == NULL)
            fits = cidr_has(&a->cidr, peer);
        else
            fits = regex_try(a->regex, str_of(addr_format_host(peer, text)),
                             match);
        if (fits < 0)
            return false;
        if (fits > 0)
            return a->allow;
    }
    return true;
}
