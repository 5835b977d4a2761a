/*
 * The HTTP service of one worker: HTTP/1.1 on connections, locations, and
 * endpoints, which answer at once or later.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "event/conn.h"
#include "http/http_conf.h"
#include "http/http_parse.h"

struct arena;
struct env;
struct game_conf;
struct store_client;
struct token_keys;

struct http {
    const struct http_conf *conf;
    const struct game_conf *game_conf; /* what the login tells clients */
    struct log *log;
    struct loop *loop;
    struct net *net;
    struct arena *arena; /* of the request in hand, reset after it */
    struct buf scratch;  /* for bodies on their way out */
    struct env *store;
    struct store_client *store_client;
    const struct token_keys *token_keys;
    struct http_limit_req *limit_req; /* http_limit.c */
    bool draining;                    /* every answer says Connection: close */
};

int http_init(struct http *http);
void http_deinit(struct http *http);

/* The protocol for the listeners of HTTP servers. */
extern const struct conn_ops http_conn_ops;

/* The worker stops or drains: idle connections are closed, others after
 * their answer. */
void http_drain(struct http *http);

/*
 * One request and its answer.  It lives on the heap from the complete request
 * (body read) until the answer; when the client goes meanwhile, `gone` is
 * set and the answer is dropped, but it is still to be given.
 */
struct http_exchange {
    struct http *http;
    struct conn *conn; /* NULL when gone */
    const struct http_location *location;
    const void *conf;             /* location->endpoint_conf */
    struct http_request *request; /* only until handle() returns */
    struct str path;              /* normalised */
    struct str body;              /* only until handle() returns */
    struct arena *arena;          /* only until handle() returns */
    struct addr peer;             /* the client, by real_ip rules if any */
    bool answered;
};

enum http_method_bit {
    METHOD_GET = 1,
    METHOD_POST = 2,
};

/* What a location can do; a const struct. */
struct http_endpoint {
    const char *name; /* the directive that chooses it */
    unsigned methods; /* METHOD_*; others get 405 with Allow */
    /* its own directives in the location, applied to endpoint_conf */
    const struct conf_context *context; /* NULL: none */
    size_t conf_size;
    const void *conf_default; /* copied first; NULL: zeros */
    /*
     * Answers by one of the functions below, or keeps x and answers later
     * (the connection hands no further request over meanwhile).
     */
    void (*handle)(struct http_exchange *x);
};

/* The answer: x is gone after it. */
void http_answer_json(struct http_exchange *x, int status, struct str body);

/* {"code":..,"error":".."} with a fitting status. */
void http_answer_error(struct http_exchange *x, int status, int code,
                       const char *why);

#endif
