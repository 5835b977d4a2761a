/*
 * operator_token: who may use a location, by a token that the request brings
 * as "Authorization: Bearer TOKEN".  The master reads it from its file with
 * the conf; only its digest is kept.
 */
#ifndef HTTP_HTTP_OPERATOR_H
#define HTTP_HTTP_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conf.h"

struct http_request;

enum { OPERATOR_TOKEN_MAX = 256, OPERATOR_DIGEST = 32 };

struct http_operator {
    uint8_t digest[OPERATOR_DIGEST]; /* SHA-256 of the token */
};

/* The setter of operator_token; the object is a struct http_settings. */
const char *http_operator_set(struct conf *cf, const struct conf_node *node,
                              void *settings);

/* Does the request bring the token?  In constant time as to the token. */
bool http_operator_allows(const struct http_operator *op,
                          const struct http_request *rq);

#endif
