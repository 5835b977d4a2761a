/*
 * allow and deny: who may use a location, by address.  The directives of a
 * block are tried in their order and the first that fits decides; if none
 * does, all may.  A block that has any does not inherit those around it.
 */
#ifndef HTTP_HTTP_ACCESS_H
#define HTTP_HTTP_ACCESS_H

#include <stdbool.h>

#include "core/addr.h"
#include "core/conf.h"

struct pcre2_real_code_8;
struct regex_match;

struct http_access {
    bool allow;
    bool all;
    struct cidr cidr;
    struct pcre2_real_code_8 *regex; /* on the address as text; or NULL */
    struct http_access *next;
};

/* The setter of allow and deny; the object is a struct http_settings. */
const char *http_access_set(struct conf *cf, const struct conf_node *node,
                            void *settings);

/* An expression that cannot be decided within its limits denies. */
bool http_access_allows(const struct http_access *list,
                        const struct addr *peer, struct regex_match *match);

#endif
