/*
 * The HTTP service of one worker: HTTP/1.1 on connections, locations, and
 * endpoints, which answer at once or later.
 *
 *   bytes -> head -> location -> body -> endpoint -> answer
 *
 * A connection has one exchange at a time; what the client sends ahead waits
 * until it is answered, so answers are in order.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/buf.h"
#include "core/list.h"
#include "event/conn.h"
#include "http/http_conf.h"
#include "http/http_parse.h"

struct arena;
struct env;
struct fields;
struct game;
struct game_conf;
struct rates;
struct regex_match;
struct store_client;
struct token_keys;

struct http {
    const struct http_conf *conf;
    const struct game *game;           /* of this worker */
    const struct game_conf *game_conf; /* what the login tells clients */
    struct log *log;
    struct loop *loop;
    struct net *net;
    struct env *shared;
    struct env *store;
    struct store_client *store_client;
    const struct token_keys *token_keys;
    struct rates *rates; /* of limit_req */

    struct arena *arena;         /* of the request in hand, reset after it */
    struct buf scratch;          /* for bodies on their way out */
    struct http_request request; /* the one in hand */
    struct regex_match *match;
    struct list waiting; /* exchanges that are answered later */
    struct list later;   /* those of them that have a next step */
    struct task step;
    bool draining; /* every answer says Connection: close */

    time_t second; /* that the texts are of */
    char date[32]; /* "Sun, 22 Nov 2026 22:15:01 GMT" */
    char local_time[32];

    struct buf lines;    /* of access logs, written when the turn ends */
    int lines_fd;        /* the file they are for */
    time_t lines_failed; /* when a complaint was logged */
    struct task finish;
};

void http_init(struct http *http);
void http_deinit(struct http *http);

/* The protocol for the listeners of HTTP servers. */
extern const struct conn_ops http_conn_ops;

/*
 * The worker stops or drains: an idle connection is closed when nothing has
 * come for a second, the others after their answer.  (Closing at once would
 * cut off requests that are on their way.)
 */
void http_drain(struct http *http);

/*
 * One request and its answer, on the heap.  When the client goes before the
 * answer, conn is NULL; the answer is still to be given, and dropped.
 */
struct http_exchange {
    struct http *http;
    struct conn *conn;
    const struct http_server *server;
    const struct http_location *location; /* NULL: there is none */
    const struct http_settings *settings; /* the location's or server's */
    const void *conf;                     /* location->endpoint_conf */
    struct addr peer;
    void *data; /* the endpoint's own, freed with the exchange */
    void (*step)(struct http_exchange *x); /* see http_later() */
    struct list later;

    /* Only until handle() returns: */
    struct http_request *request;
    struct str path; /* normalised */
    struct str body;
    struct arena *arena;

    /* Of the answer: */
    bool keep_alive;
    bool is_head;     /* no body */
    bool is_old;      /* HTTP/1.0 */
    struct buf line;  /* for the access log, the request in front ... */
    size_t line_tail; /* ... and what stands behind the status from here */
    struct list waiting;
};

enum http_method_bit {
    METHOD_GET = 1, /* and HEAD */
    METHOD_POST = 2,
};

/* What a location can do; a const struct. */
struct http_endpoint {
    const char *name; /* the directive that chooses it */
    unsigned methods; /* METHOD_*; others get 405 with Allow */
    bool changes;     /* something that is kept: an operator must write */
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

/*
 * Calls step(x) in this turn or a later one: of all exchanges that ask for it
 * one a turn has a step, so that no number of requests makes turns long.
 */
void http_later(struct http_exchange *x,
                void (*step)(struct http_exchange *x));

/* The answer: x is gone after it. */
void http_answer_json(struct http_exchange *x, int status, struct str body);

/*
 * What a path says beside its location: what follows the last '/' of it.
 * "/v1/gm/desks/012345" has the parameter "012345".
 */
struct str http_path_parameter(const struct http_exchange *x);

/* 200 with the object as JSON. */
void http_answer_object(struct http_exchange *x, const struct fields *fields,
                        const void *object);

/* {"code":..,"error":".."}; why may be NULL. */
void http_answer_error(struct http_exchange *x, int status, int code,
                       const char *why);

/* ---- between the files of this floor ---- */

/* http_answer.c: extra are header lines, each with its CRLF. */
struct http_answer {
    int status;
    struct str type;
    struct str extra;
    struct str body;
};

void http_answer(struct http_exchange *x, const struct http_answer *answer);

/* The error that belongs to a status; why may be NULL. */
void http_refuse(struct http_exchange *x, int status, struct str extra,
                 const char *why);

/*
 * http_route.c.  Sets path and location by the request; -1 for a bad path.
 */
int http_locate(struct http_exchange *x);

/* Is a request with this head welcome?  If not, it has been answered. */
bool http_admit(struct http_exchange *x);

/* Answers as the location's `return` says. */
void http_return(struct http_exchange *x);

/* http.c: the answer is written; frees x. */
void http_exchange_end(struct http_exchange *x);

/* Brings the texts of the time up to date. */
void http_update_time(struct http *http);

/* http_log.c: notes the request, if there is one, for the line. */
void http_log_begin(struct http_exchange *x);
void http_log_end(struct http_exchange *x, int status, size_t body_len);
void http_log_flush(struct http *http);

#endif
