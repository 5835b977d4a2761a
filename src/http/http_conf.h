/*
 * The http block of the conf file: servers, their locations, and what a
 * location does.  What may stand in http, server and location alike is in
 * struct http_settings: each inner block starts with a copy of the outer's.
 */
#ifndef HTTP_HTTP_CONF_H
#define HTTP_HTTP_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bucket.h"
#include "core/conf.h"
#include "core/str.h"
#include "event/ssl_conf.h"

struct core_conf;
struct http_access;
struct http_endpoint;
struct http_operators;
struct listener;
struct log;
struct logfiles;
struct pcre2_real_code_8;
struct regex_match;

struct http_settings {
    uint64_t keepalive_timeout_ms;     /* 0: every answer closes */
    uint64_t client_header_timeout_ms; /* for a whole head */
    uint64_t client_body_timeout_ms;   /* for a whole body */
    uint64_t client_max_body_size;
    struct http_access *access;           /* inherited as a whole */
    const struct conf_node *access_block; /* where it was given */
    struct http_operators *operators;     /* NULL: no operator_token */
    unsigned limit_conn;                  /* of an address; 0: none */
    const struct bucket_size *limit_req;  /* NULL: off; who inherits it shares
                                             its counts */
    const char *access_log;               /* path; NULL: off */
    int access_log_fd;                    /* -1 until opened */
    bool cors; /* answer OPTIONS, allow any origin */
};

enum http_location_kind {
    LOCATION_PREFIX,
    LOCATION_EXACT,       /* = */
    LOCATION_PREFIX_ONLY, /* ^~ : no regular expression after it */
    LOCATION_REGEX,       /* ~ */
    LOCATION_REGEX_NOCASE /* ~* */
};

struct http_location {
    enum http_location_kind kind;
    struct str pattern; /* of the decoded path; NUL-terminated too */
    struct pcre2_real_code_8 *regex;
    struct http_settings settings;
    unsigned return_status;               /* 0: no `return` */
    struct str return_text;               /* body, or where to */
    const struct http_endpoint *endpoint; /* NULL: none */
    void *endpoint_conf;                  /* endpoint->conf_size bytes */
    const struct http_server *server;
    struct http_location *next; /* in the order of the file */
};

struct http_server {
    struct http_settings settings;
    struct ssl_conf ssl;
    struct http_location *locations;
    struct http_location **locations_end;
    struct http_conf *http;
    struct http_server *next;
};

struct http_conf {
    struct http_settings settings;
    struct http_server *servers;
    struct listener *listeners;
    const struct http_endpoint *const *known; /* every endpoint, up to NULL */
    const struct conf_context *endpoints; /* the directives that name them */
};

/* The tables, for the check of the man page. */
extern const struct conf_context http_context;
extern const struct conf_context http_settings_context; /* http to location */
extern const struct conf_context http_server_context;
extern const struct conf_context http_location_context;

/*
 * The defaults.  Makes the directives that name the known endpoints, and tells
 * cf the contexts of them.
 */
void http_conf_init(struct http_conf *http, struct conf *cf,
                    const struct http_endpoint *const *known);

/* The setter of the `http` block. */
const char *http_conf_set(struct conf *cf, const struct conf_node *node,
                          struct http_conf *http);

/* Opens the access logs; 0, or -1 (logged). */
int http_conf_open_logs(struct http_conf *http, const struct core_conf *core,
                        struct logfiles *files, struct log *log);

/*
 * Reads the files of operator_token; with `make` those that are not there are
 * made, else left out.  0, or -1 (logged).
 */
int http_conf_load_operators(struct http_conf *http,
                             const struct core_conf *core, bool make,
                             struct log *log);

/* ---- locations: http_location.c ---- */

/* The setter of a directive that chooses an endpoint in a location. */
const char *http_endpoint_set(struct conf *cf, const struct conf_node *node,
                              void *location);

/* The setter of a `location` block; its object is the struct http_server. */
const char *http_location_set(struct conf *cf, const struct conf_node *node,
                              void *server);

/*
 * The location for a normalised path, in the order of nginx: the exact one;
 * else the longest prefix, if it says ^~; else the first expression that
 * matches; else the longest prefix.  NULL when nothing fits.
 */
const struct http_location *http_location_find(const struct http_server *s,
                                               struct str path,
                                               struct regex_match *match);

#endif
