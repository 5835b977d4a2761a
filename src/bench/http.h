/*
 * Answers of an HTTP/1.1 server, as far as a client needs that keeps its
 * connection: status, Content-Length, Connection.
 */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/str.h"

struct http_answer {
    int status;
    bool last; /* the server closes after it */
    struct str body;
};

/*
 * Returns the bytes consumed, 0 if the answer is not complete, -1 if it is
 * not HTTP/1.1 with a Content-Length.  The body borrows from p.
 */
ssize_t http_parse(struct http_answer *a, const char *p, size_t n);

#endif
