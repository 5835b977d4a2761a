/*
 * A request head, its target and a chunked body.  The first byte says in
 * which pieces the bytes arrive: the outcome must not depend on it.
 */
#include "http/http_parse.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "fuzz.h"

static const struct http_limits limits = {
    .max_line = 200, .max_head = 1000, .max_body = 5000};

/* In pieces of n bytes, each in memory of exactly its size. */
static ssize_t
parse_in_pieces(struct http_request *rq, const char *p, size_t len, size_t n)
{
    ssize_t result = 0;

    for (size_t have = 0, last = 0; have < len && result == 0; last = have) {
        char *copy;

        have = len - have < n ? len : have + n;
        copy = malloc(have);
        need(copy != NULL);
        memcpy(copy, p, have);
        result = http_parse(rq, copy, have, last, &limits);
        free(copy);
    }
    return result;
}

static void
check_path(struct str path)
{
    char *out = malloc(path.len + 1);
    ssize_t n;

    need(out != NULL);
    n = http_path_normalize(out, path.data, path.len);
    if (n != -1) {
        need(n >= 1 && (size_t) n <= path.len && out[0] == '/');
        out[n] = '\0';
        need(strlen(out) == (size_t) n);
        need(strstr(out, "//") == NULL && strstr(out, "/../") == NULL &&
             strstr(out, "/./") == NULL);
        need(n < 3 || strcmp(out + n - 3, "/..") != 0);
    }
    free(out);
}

static size_t
decode(const char *p, size_t len, size_t n, char *body, ssize_t *result)
{
    struct http_chunked c = {.max_body = 5000};
    size_t total = 0, pos = 0;

    *result = 0;
    while (pos < len && *result == 0) {
        size_t part = len - pos < n ? len - pos : n, out;
        char *copy = malloc(part);

        need(copy != NULL);
        memcpy(copy, p + pos, part);
        *result = http_chunked_decode(&c, copy, part, &out);
        need(out <= part && (*result == -1 || total + out == c.body));
        if (*result != -1)
            memcpy(body + total, copy, out);
        total += out;
        if (*result > 0)
            *result += (ssize_t) pos;
        pos += part;
        free(copy);
    }
    need(total <= 5000);
    need(*result != -1 || c.status == 400 || c.status == 413);
    return total;
}

static void
check_chunked(const char *p, size_t len, size_t n)
{
    static char whole[5000], pieces[5000];
    ssize_t result, again;
    size_t total = decode(p, len, len, whole, &result);
    size_t same = decode(p, len, n, pieces, &again);

    need(result == again);
    if (result != -1)
        need(total == same && memcmp(whole, pieces, total) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request rq, slow;
    struct arena *arena;
    struct str value;
    const char *p = (const char *) data + 1;
    size_t n;
    ssize_t head;

    if (size < 2)
        return 0;
    n = data[0] + 1u;
    size--;
    check_chunked(p, size, n);
    check_path((struct str){p, size});
    head = http_parse(&rq, p, size, 0, &limits);
    need(parse_in_pieces(&slow, p, size, n) == head);
    if (head == -1)
        need(rq.status >= 400 && rq.status <= 505 && rq.reason != NULL);
    if (head <= 0)
        return 0;
    need((size_t) head <= size && memcmp(p + head - 4, "\r\n\r\n", 4) == 0);
    need(!(rq.chunked && rq.has_length) && rq.content_length <= 5000);
    need(rq.minor == 0 || rq.host.len > 0);
    check_path(rq.path);
    arena = arena_create(1024);
    http_query_get(rq.query, STR("a"), arena, &value);
    arena_destroy(arena);
    check_chunked(p + head, size - (size_t) head, n);
    return 0;
}
