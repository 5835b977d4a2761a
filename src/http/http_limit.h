/*
 * limit_req: how often an address may ask, in one worker.
 *
 * A leaky bucket for each pair of address and directive, in a table of a
 * fixed size: whoever floods it with addresses drives out the pairs that were
 * idle for longest, and cannot make it grow.  An IPv6 client has at least a
 * /64 for himself, so that much of the address counts.
 */
#ifndef HTTP_HTTP_LIMIT_H
#define HTTP_HTTP_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct http_limit;
struct http_settings;

/* NULL when there are no random bytes. */
struct http_limit *http_limit_create(void);
void http_limit_destroy(struct http_limit *limit);

/* Counts one request; false if it is one too many (and then not counted). */
bool http_limit_allows(struct http_limit *limit,
                       const struct http_settings *settings,
                       const struct addr *peer, int64_t now_ms);

#endif
