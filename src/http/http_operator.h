/*
 * operator_token: who may use a location, by a token that the request brings
 * as "Authorization: Bearer TOKEN".  The file has a line "NAME read|write
 * TOKEN" for each; an endpoint that changes something wants one that writes.
 * The master reads the file, and makes it at the first start; only digests
 * are kept.
 */
#ifndef HTTP_HTTP_OPERATOR_H
#define HTTP_HTTP_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conf.h"

struct http_request;
struct log;

enum {
    OPERATORS_MAX = 64,
    OPERATOR_NAME_MAX = 32,
    OPERATOR_TOKEN_MAX = 256,
    OPERATOR_DIGEST = 32
};

struct http_operators {
    const char *path;
    unsigned count; /* 0: not read yet */
    struct {
        uint8_t digest[OPERATOR_DIGEST]; /* SHA-256 of the token */
        bool writes;
    } list[OPERATORS_MAX];
};

/* The setter of operator_token; the object is a struct http_settings. */
const char *http_operator_set(struct conf *cf, const struct conf_node *node,
                              void *settings);

/* Reads the file, or makes it with one token that writes.  0, -1 (logged). */
int http_operators_load(struct http_operators *operators, struct log *log);

enum http_operator_role { OPERATOR_NOBODY, OPERATOR_READS, OPERATOR_WRITES };

/* Whose token the request brings; in constant time as to the tokens. */
enum http_operator_role
http_operator_role(const struct http_operators *operators,
                   const struct http_request *rq);

#endif
