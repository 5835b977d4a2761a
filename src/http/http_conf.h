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

#include "core/addr.h"
#include "core/conf.h"
#include "event/ssl_conf.h"

struct core_conf;
struct http_endpoint;
struct listener;
struct log;
struct logfiles;
struct pcre2_real_code_8;

/* One `allow` or `deny`; the first that fits decides. */
struct http_access {
    bool allow;
    bool all;
    struct cidr cidr;
    struct pcre2_real_code_8 *regex; /* on the address as text; or NULL */
    struct http_access *next;
};

struct http_settings {
    uint64_t keepalive_timeout_ms;     /* 0: every answer closes */
    uint64_t client_header_timeout_ms; /* for a whole head */
    uint64_t client_body_timeout_ms;   /* for a whole body */
    uint64_t client_max_body_size;
    struct http_access *access;    /* inherited as a whole */
    unsigned limit_req_per_second; /* 0: none; per address */
    unsigned limit_req_burst;
    const char *access_log; /* path; NULL: off */
    int access_log_fd;      /* -1 until opened */
    bool cors;              /* answer OPTIONS, allow any origin */
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
    const char *pattern;
    size_t pattern_len;
    struct pcre2_real_code_8 *regex;
    struct http_settings settings;
    unsigned return_status;  /* 0: no `return` */
    const char *return_text; /* body, or the target of a redirect */
    const struct http_endpoint *endpoint; /* NULL: none */
    void *endpoint_conf;                  /* endpoint->conf_size bytes */
    unsigned id;                /* of the limit_req zone; unique in the conf */
    struct http_location *next; /* in the order of the file */
};

struct http_server {
    struct http_settings settings;
    struct ssl_conf ssl;
    struct http_location *locations;
    const struct http_conf *http;
    struct http_server *next;
};

struct http_conf {
    struct http_settings settings;
    struct http_server *servers;
    struct listener *listeners;
    struct listener **listeners_end;
    const struct http_endpoint *const *known; /* every endpoint, up to NULL */
    unsigned locations;                       /* the number of ids given */
};

/* Every table, for the check of the man page. */
extern const struct conf_context http_context;
extern const struct conf_context http_settings_context; /* http to location */
extern const struct conf_context http_server_context;
extern const struct conf_context http_location_context;

void http_conf_init(struct http_conf *http,
                    const struct http_endpoint *const *known);

/* The setter of the `http` block. */
const char *http_conf_set(struct conf *cf, const struct conf_node *node,
                          struct http_conf *http);

/* Opens the access logs; 0, or -1 (logged). */
int http_conf_open_logs(struct http_conf *http, const struct core_conf *core,
                        struct logfiles *files, struct log *log);

#endif
