/*
 * The head of an HTTP/1.1 request, the chunked body and the target's parts.
 * The parsers own nothing: the caller's bytes in, positions out.  They are
 * strict, since what two parsers read differently is how requests are
 * smuggled: CRLF only, no folded lines, no space before a colon, one Host,
 * one Content-Length or one Transfer-Encoding and never both.
 */
#ifndef HTTP_HTTP_PARSE_H
#define HTTP_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/str.h"

struct arena;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_PATCH,
    HTTP_TRACE,
};

enum { HTTP_MAX_HEADERS = 64 };

struct http_limits {
    size_t max_line;   /* request line, without CRLF; above it 414 */
    size_t max_head;   /* the whole head; above it 431 */
    uint64_t max_body; /* above it 413; also checked by http_chunked */
};

struct http_header {
    struct str name;
    struct str value; /* without space around it */
};

struct http_request {
    enum http_method method;
    struct str method_name;
    struct str target; /* as it stands in the request line */
    struct str path;   /* begins with '/', or is "*"; still encoded */
    struct str query;  /* behind '?'; data is NULL without one */
    struct str host;   /* of an absolute target, else the Host header */
    int minor;         /* HTTP/1.minor */
    bool keep_alive;
    bool chunked;
    bool has_length;
    bool expects_continue;
    uint64_t content_length; /* 0 unless has_length */
    unsigned header_count;
    struct http_header header[HTTP_MAX_HEADERS];
    int status;         /* when -1 is returned: what to answer ... */
    const char *reason; /* ... and what was wrong, for the log */
};

/*
 * Returns the length of the head with its empty line, 0 if it is not complete
 * yet, -1 if it can never be valid: the answer is rq->status (400, 413, 414,
 * 417, 431, 501, 505), then the connection must be closed.  last_len is the
 * len of the previous call with the same bytes in front, 0 at first: bytes
 * are looked at once while the head is incomplete.  All strings borrow from
 * buf.
 */
ssize_t http_parse(struct http_request *rq, const char *buf, size_t len,
                   size_t last_len, const struct http_limits *limits);

/* The token of "Authorization: Bearer TOKEN"; empty if there is none. */
struct str http_bearer(const struct http_request *rq);

/* The value of the first header of that name (any case), or NULL. */
const struct str *http_header_find(const struct http_request *rq,
                                   struct str name);

/* Is token in the comma-separated list, without case? */
bool http_list_has(struct str list, struct str token);

/* Decodes a chunked body in place; zeroed but for max_body it is ready. */
struct http_chunked {
    uint64_t max_body;
    uint64_t body;     /* bytes decoded so far */
    uint64_t left;     /* of the present chunk */
    unsigned digits;   /* of the present chunk size */
    unsigned overhead; /* bytes of extensions and trailers so far */
    uint8_t state;
    int status; /* when -1 is returned: 400, 413 */
};

/*
 * Takes the next len bytes of the stream at buf and moves what is body to
 * its front, *out bytes.  Returns the bytes consumed if the body is complete
 * (what follows it is left where it is), 0 if more is to come and all len
 * were consumed, -1 if it is invalid.  A chunked body without any byte yet
 * (len 0) is 0.
 */
ssize_t http_chunked_decode(struct http_chunked *c, char *buf, size_t len,
                            size_t *out);

/*
 * Decodes %XX, merges slashes and resolves dot segments.  out has room for
 * len bytes and may be path itself.  Returns the length, at least 1, or -1
 * for a path that does not begin with '/', leaves the root, has a broken %
 * or a control byte (encoded or not).
 */
ssize_t http_path_normalize(char *out, const char *path, size_t len);

/*
 * The argument of a query string "a=1&b=x%20y", decoded into the arena; the
 * first of that name counts.  Returns 1, 0 if there is none, -1 if its value
 * has a broken % or a NUL.
 */
int http_query_get(struct str query, struct str name, struct arena *arena,
                   struct str *value);

/* 0..15, or -1 for what is no hexadecimal digit. */
int http_hex_value(unsigned char c);

#endif
