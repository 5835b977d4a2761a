/*
 * The HTTP request head, chunked bodies, paths and query strings: tables,
 * every cut before a guard page, byte by byte.
 */
#include "http/http_parse.h"

#include "core/arena.h"
#include "guard.h"
#include "tap.h"

static const struct http_limits limits = {
    .max_line = 100, .max_head = 400, .max_body = 1000};
static struct guard guard;
static struct arena *arena;

static ssize_t
parse(struct http_request *rq, struct str text, size_t last_len)
{
    memset(rq, 0xaa, sizeof(*rq));
    return http_parse(rq, guard_copy(&guard, text.data, text.len), text.len,
                      last_len, &limits);
}

/* The same byte by byte, as a slow client sends it. */
static ssize_t
parse_slowly(struct http_request *rq, struct str text)
{
    for (size_t len = 1, last = 0; len <= text.len; last = len++) {
        ssize_t n = parse(rq, (struct str){text.data, len}, last);

        if (n != 0)
            return n;
    }
    return 0;
}

#define H "Host: a\r\n"

static void
test_good(void)
{
    struct http_request rq;
    struct str text = STR("POST /v1/%75ser/?a=1?b HTTP/1.1\r\n"
                          "hOST:\t example.org:80 \r\n"
                          "Content-Length:12\r\n"
                          "X-Empty:\r\n"
                          "X-Raw: \xe6\x88\xbf \"quoted\" \t\r\n"
                          "Expect: 100-Continue\r\n"
                          "\r\nnext");
    const struct str *value;

    is_int(parse(&rq, text, 0), text.len - 4, "the head ends at its end");
    ok(rq.method == HTTP_POST && rq.minor == 1 && rq.keep_alive &&
           !rq.chunked && rq.has_length && rq.content_length == 12 &&
           rq.expects_continue && rq.header_count == 5,
       "its facts");
    ok(str_equal(rq.target, STR("/v1/%75ser/?a=1?b")) &&
           str_equal(rq.path, STR("/v1/%75ser/")) &&
           str_equal(rq.query, STR("a=1?b")) &&
           str_equal(rq.host, STR("example.org:80")) &&
           str_equal(rq.method_name, STR("POST")),
       "its parts");
    value = http_header_find(&rq, STR("x-raw"));
    ok(value && str_equal(*value, STR("\xe6\x88\xbf \"quoted\"")),
       "a value without the space around it");
    value = http_header_find(&rq, STR("x-empty"));
    ok(value && value->len == 0, "an empty value");
    ok(!http_header_find(&rq, STR("x-none")), "no such header");
    is_int(parse_slowly(&rq, text), text.len - 4, "the same byte by byte");
    ok(rq.content_length == 12 && rq.header_count == 5, "with its facts");
}

static void
test_keep_alive(void)
{
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        {"GET / HTTP/1.1\r\n" H "\r\n", true},
        {"GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" H "Connection: x , CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n", true},
        {"GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\n"
         "Connection: close\r\n\r\n",
         false},
        {"GET / HTTP/1.7\r\n" H "\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
    };
    struct http_request rq;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(parse(&rq, str_of(cases[i].text), 0) > 0, "connection %zu", i);
        is_int(rq.keep_alive, cases[i].keep, "connection %zu: kept?", i);
    }
}

static void
test_targets(void)
{
    static const struct {
        const char *target, *path, *query, *host;
    } cases[] = {
        {"/", "/", NULL, "a"},
        {"/?", "/", "", "a"},
        {"/x?y=/z", "/x", "y=/z", "a"},
        {"/\xe6\x88\xbf", "/\xe6\x88\xbf", NULL, "a"},
        {"//x//y", "//x//y", NULL, "a"},
        {"http://b", "/", NULL, "b"},
        {"HTTP://b:1/c?d", "/c", "d", "b:1"},
        {"https://b?d", "/", "d", "b"},
        {"http://[::1]/", "/", NULL, "[::1]"},
    };
    struct http_request rq;
    char text[200];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" H "\r\n",
                 cases[i].target);
        ok(parse(&rq, str_of(text), 0) > 0 &&
               str_equal(rq.path, str_of(cases[i].path)) &&
               str_equal(rq.query, str_of(cases[i].query)) &&
               (rq.query.data == NULL) == (cases[i].query == NULL) &&
               str_equal(rq.host, str_of(cases[i].host)),
           "target %s", cases[i].target);
    }
    ok(parse(&rq, STR("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 0) > 0 &&
           str_equal(rq.path, STR("*")),
       "OPTIONS *");
}

static void
test_bad(void)
{
#define G "GET / HTTP/1.1\r\n"
#define B(s, n)                                                               \
    {                                                                         \
        STR_INIT(s), n                                                        \
    }
    static const struct {
        struct str text;
        int status;
    } cases[] = {
        /* the request line */
        B("\x16\x03\x01", 400),
        B("\r\n" G H "\r\n", 400),
        B("\n", 400),
        B(" GET / HTTP/1.1\r\n" H "\r\n", 400),
        B("GET  / HTTP/1.1\r\n" H "\r\n", 400),
        B("GET / HTTP/1.1 \r\n" H "\r\n", 400),
        B("GET /  HTTP/1.1\r\n" H "\r\n", 400),
        B("GET /a b HTTP/1.1\r\n" H "\r\n", 400),
        B("GET\t/ HTTP/1.1\r\n" H "\r\n", 400),
        B("GET /\r\n\r\n", 400),
        B("GET\r\n\r\n", 400),
        B("G(T / HTTP/1.1\r\n" H "\r\n", 400),
        B("GET / http/1.1\r\n" H "\r\n", 400),
        B("GET / HTTP/1.10\r\n" H "\r\n", 400),
        B("GET / HTTP/11\r\n" H "\r\n", 400),
        B("GET / HTTP/a.1\r\n" H "\r\n", 400),
        B("GET / HTTP/2.0\r\n" H "\r\n", 505),
        B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        B("GET / HTTP/0.9\r\n" H "\r\n", 505),
        B("get / HTTP/1.1\r\n" H "\r\n", 501),
        B("BREW / HTTP/1.1\r\n" H "\r\n", 501),
        B("CONNECT a:1 HTTP/1.1\r\n" H "\r\n", 501),
        B("GET * HTTP/1.1\r\n" H "\r\n", 400),
        B("GET x HTTP/1.1\r\n" H "\r\n", 400),
        B("GET /#f HTTP/1.1\r\n" H "\r\n", 400),
        B("GET /\t HTTP/1.1\r\n" H "\r\n", 400),
        B("GET http:// HTTP/1.1\r\n" H "\r\n", 400),
        B("GET http:///x HTTP/1.1\r\n" H "\r\n", 400),
        B("GET http://u@h/ HTTP/1.1\r\n" H "\r\n", 400),
        B("GET ftp://h/ HTTP/1.1\r\n" H "\r\n", 400),
        /* line ends and bytes */
        B("GET / HTTP/1.1\n", 400),
        B(G "Host: a\n", 400),
        B(G "Host: a\rb", 400),
        B(G H "\rX", 400),
        B(G H "X: a\0b", 400),
        B(G H "X: \x01", 400),
        B(G H "X: \x7f", 400),
        B("GET /\0", 400),
        /* header lines */
        B(G " Host: a\r\n\r\n", 400),
        B(G H " folded\r\n\r\n", 400),
        B(G H "X: a\r\n\tfolded\r\n\r\n", 400),
        B(G "Host : a\r\n\r\n", 400),
        B(G H "X\t: a\r\n\r\n", 400),
        B(G H "No colon\r\n\r\n", 400),
        B(G H "nocolon\r\n\r\n", 400),
        B(G H ": a\r\n\r\n", 400),
        B(G H "X@: a\r\n\r\n", 400),
        B(G H "\xc3\xa4: a\r\n\r\n", 400),
        /* Host */
        B(G "\r\n", 400),
        B(G "Hosts: a\r\n\r\n", 400),
        B(G H H "\r\n", 400),
        B(G "Host:\r\n\r\n", 400),
        B(G "Host: a b\r\n\r\n", 400),
        B(G "Host: a/b\r\n\r\n", 400),
        B(G "Host: u@a\r\n\r\n", 400),
        B("GET http://a/ HTTP/1.1\r\n\r\n", 400),
        /* framing */
        B(G H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        B(G H "Transfer-Encoding: chunked\r\ncontent-length: 5\r\n\r\n", 400),
        B(G H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        B(G H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
        B(G H "Content-Length: 5, 5\r\n\r\n", 400),
        B(G H "Content-Length: +5\r\n\r\n", 400),
        B(G H "Content-Length: -5\r\n\r\n", 400),
        B(G H "Content-Length: 0x5\r\n\r\n", 400),
        B(G H "Content-Length: 5 5\r\n\r\n", 400),
        B(G H "Content-Length:\r\n\r\n", 400),
        B(G H "Content-Length: 1001\r\n\r\n", 413),
        B(G H "Content-Length: 18446744073709551616\r\n\r\n", 413),
        B(G H "Content-Length: 18446744073709551621\r\n\r\n", 413),
        B(G H "Content-Length: 99999999999999999999999999999\r\n\r\n", 413),
        B(G H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        B(G H "Transfer-Encoding: identity\r\n\r\n", 501),
        B(G H "Transfer-Encoding: xchunked\r\n\r\n", 501),
        B(G H "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n",
          400),
        B(G H "Transfer-Encoding: chunked, chunked\r\n\r\n", 501),
        B(G H "Transfer-Encoding:\r\n\r\n", 400),
        B(G H "Transfer-Encoding: chunked\r\n"
              "Transfer-Encoding: identity\r\n\r\n",
          400),
        B("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        B(G H "Expect: a miracle\r\n\r\n", 417),
    };
    struct http_request rq;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ssize_t n = parse(&rq, cases[i].text, 0);

        is_int(n == -1 ? rq.status : n, cases[i].status, "bad head %zu", i);
        ok(rq.reason != NULL, "bad head %zu: its reason", i);
        n = parse_slowly(&rq, cases[i].text);
        is_int(n == -1 ? rq.status : n, cases[i].status,
               "bad head %zu, byte by byte", i);
    }
}

static void
test_limits(void)
{
    static struct http_request rq;
    char text[4000];
    size_t n;

    memset(text, 'x', sizeof(text));
    memcpy(text, "GET /", 5);
    is_int(parse(&rq, (struct str){text, 101}, 0), 0, "101 bytes of a line");
    ok(parse(&rq, (struct str){text, 102}, 101) == -1 && rq.status == 414,
       "102 bytes without a line's end");
    ok(parse_slowly(&rq, (struct str){text, 4000}) == -1 && rq.status == 414,
       "byte by byte");
    memcpy(text + 91, " HTTP/1.1\r\n" H "\r\n", 22);
    ok(parse(&rq, (struct str){text, 113}, 0) == 113, "100 bytes and its end");
    memcpy(text + 92, " HTTP/1.1\r\n" H "\r\n", 22);
    ok(parse(&rq, (struct str){text, 114}, 0) == -1 && rq.status == 414,
       "101 bytes and its end");

    n = (size_t) sprintf(text, G H "X: ");
    memset(text + n, 'x', sizeof(text) - n);
    is_int(parse(&rq, (struct str){text, 399}, 0), 0, "399 bytes of a head");
    ok(parse(&rq, (struct str){text, 400}, 399) == -1 && rq.status == 431,
       "400 bytes without an end");
    memcpy(text + 396, "\r\n\r\n", 4);
    is_int(parse(&rq, (struct str){text, 4000}, 0), 400, "400 and its end");
    memcpy(text + 396, "x\r\n\r\n", 5);
    ok(parse(&rq, (struct str){text, 4000}, 0) == -1 && rq.status == 431,
       "401 and its end");
    is_int(parse(&rq, (struct str){"", 0}, 0), 0, "nothing");

    for (unsigned count = HTTP_MAX_HEADERS; count < HTTP_MAX_HEADERS + 2;
         count++) {
        n = (size_t) sprintf(text, G H);
        for (unsigned i = 1; i < count; i++)
            n += (size_t) sprintf(text + n, "a:\r\n");
        n += (size_t) sprintf(text + n, "\r\n");
        ssize_t got = parse(&rq, (struct str){text, n}, 0);

        if (count == HTTP_MAX_HEADERS)
            ok(got == (ssize_t) n && rq.header_count == count, "64 headers");
        else
            ok(got == -1 && rq.status == 431, "65 headers");
    }
}

/* Decodes text in pieces of n bytes; what the last call returned. */
static ssize_t
decode(struct http_chunked *c, struct str text, size_t n, char *body,
       size_t *body_len)
{
    ssize_t result = 0;
    size_t pos = 0;

    *c = (struct http_chunked){.max_body = 20};
    *body_len = 0;
    while (result == 0 && pos < text.len) {
        size_t part = text.len - pos < n ? text.len - pos : n, out;
        char *p = guard_copy(&guard, text.data + pos, part);

        result = http_chunked_decode(c, p, part, &out);
        if (result == -1)
            return -1;
        memcpy(body + *body_len, p, out);
        *body_len += out;
        if (result > 0)
            return (ssize_t) pos + result;
        pos += part;
    }
    return result;
}

static void
test_chunked(void)
{
#define OK(s, n, b)                                                           \
    {                                                                         \
        STR_INIT(s), n, 0, b                                                  \
    }
#define NO(s, st)                                                             \
    {                                                                         \
        STR_INIT(s), -1, st, ""                                               \
    }
    static const struct {
        struct str text;
        ssize_t want;
        int status;
        const char *body;
    } cases[] = {
        OK("0\r\n\r\n", 5, ""),
        OK("0\r\n\r\nGET /", 5, ""),
        OK("5\r\nhello\r\n0\r\n\r\n", 15, "hello"),
        OK("5\r\nhello\r\n6\r\n world\r\n000\r\n\r\nx", 28, "hello world"),
        OK("5;a=b;c=\"d\"\r\nhello\r\n0;\r\n\r\n", 26, "hello"),
        OK("0\r\nTrailer: x\r\nY: z\r\n\r\n", 23, ""),
        OK("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", 35,
           "01234567890123456789"),
        OK("5\r\n0\r\n\r\n\r\n0\r\n\r\n", 15, "0\r\n\r\n"),
        OK("0000000000000001\r\nx\r\n0\r\n\r\n", 26, "x"),
        OK("5\r\nhel", 0, "hel"),
        OK("5\r\nhello\r\n0\r\n\r", 0, "hello"),
        OK("", 0, ""),
        NO("\r\n", 400),
        NO("x\r\n", 400),
        NO("-1\r\n", 400),
        NO("0x5\r\n", 400),
        NO(" 5\r\n", 400),
        NO("5 \r\n", 400),
        NO("5\n", 400),
        NO("5\rh", 400),
        NO(";a\r\n", 400),
        NO("5;a\0\r\n", 400),
        NO("5;a\n", 400),
        NO("5\r\nhello0\r\n\r\n", 400),
        NO("5\r\nhello\n", 400),
        NO("5\r\nhello\rx", 400),
        NO("4\r\nhello\r\n", 400),
        NO("0\r\n\n", 400),
        NO("0\r\n folded\r\n\r\n", 400),
        NO("0\r\n: x\r\n\r\n", 400),
        NO("0\r\nX: y\n", 400),
        NO("0\r\nX: y\0", 400),
        NO("0\r\n\rx", 400),
        NO("15\r\n", 413),
        NO("a\r\n0123456789\r\nb\r\n", 413),
        NO("7fffffffffffffff\r\n", 413),
        NO("ffffffffffffffff\r\n", 413),
        NO("10000000000000005\r\n", 400),
        NO("00000000000000000\r\n", 400),
    };
    struct http_chunked c;
    char body[64];
    size_t len;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t n = 1; n <= 40; n += n < 4 ? 1 : 36) {
            ssize_t got = decode(&c, cases[i].text, n, body, &len);

            ok(got == cases[i].want &&
                   (got != -1 ? str_equal((struct str){body, len},
                                          str_of(cases[i].body))
                              : c.status == cases[i].status),
               "chunked body %zu in pieces of %zu", i, n);
        }
    }
}

static void
test_chunked_overhead(void)
{
    struct http_chunked c = {.max_body = 20};
    char bytes[10000];
    size_t out;

    memset(bytes, 'e', sizeof(bytes));
    memcpy(bytes, "1;", 2);
    ok(http_chunked_decode(&c, bytes, sizeof(bytes), &out) == -1 &&
           c.status == 400,
       "an endless extension");
    c = (struct http_chunked){.max_body = 20};
    memcpy(bytes, "0\r\n", 3);
    ok(http_chunked_decode(&c, bytes, sizeof(bytes), &out) == -1 &&
           c.status == 400,
       "an endless trailer");
}

static void
test_paths(void)
{
    static const struct {
        struct str path;
        const char *want; /* NULL: refused */
    } cases[] = {
        {STR_INIT("/"), "/"},
        {STR_INIT("/a"), "/a"},
        {STR_INIT("/a/b/"), "/a/b/"},
        {STR_INIT("//a///b//"), "/a/b/"},
        {STR_INIT("/."), "/"},
        {STR_INIT("/./"), "/"},
        {STR_INIT("/a/."), "/a/"},
        {STR_INIT("/a/./b"), "/a/b"},
        {STR_INIT("/a/.."), "/"},
        {STR_INIT("/a/../"), "/"},
        {STR_INIT("/a/../b"), "/b"},
        {STR_INIT("/a/b/../../c"), "/c"},
        {STR_INIT("/a/b/.."), "/a/"},
        {STR_INIT("/a//../b"), "/b"},
        {STR_INIT("/..."), "/..."},
        {STR_INIT("/..a/.b"), "/..a/.b"},
        {STR_INIT("/%61%2Fb"), "/a/b"},
        {STR_INIT("/%e6%88%bf"), "/\xe6\x88\xbf"},
        {STR_INIT("/\xe6\x88\xbf"), "/\xe6\x88\xbf"},
        {STR_INIT("/a+b%2b%20"), "/a+b+ "},
        {STR_INIT("/%2561"), "/%61"},
        {STR_INIT("/a/%2e%2E/b"), "/b"},
        {STR_INIT(""), NULL},
        {STR_INIT("a"), NULL},
        {STR_INIT("*"), NULL},
        {STR_INIT("/.."), NULL},
        {STR_INIT("/../"), NULL},
        {STR_INIT("/../a"), NULL},
        {STR_INIT("/a/../../b"), NULL},
        {STR_INIT("/./.."), NULL},
        {STR_INIT("//.."), NULL},
        {STR_INIT("/%2e%2e/etc"), NULL},
        {STR_INIT("/%2e%2e%2fetc"), NULL},
        {STR_INIT("/a%2f..%2f..%2fetc"), NULL},
        {STR_INIT("/%00"), NULL},
        {STR_INIT("/a%00.txt"), NULL},
        {STR_INIT("/a\0"), NULL},
        {STR_INIT("/%0a"), NULL},
        {STR_INIT("/%7f"), NULL},
        {STR_INIT("/%"), NULL},
        {STR_INIT("/%4"), NULL},
        {STR_INIT("/%4g"), NULL},
        {STR_INIT("/%g4"), NULL},
        {STR_INIT("/%%41"), NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = cases[i].path.len;
        char out[64];
        char *same = guard_copy(&guard, cases[i].path.data, len);
        ssize_t n = http_path_normalize(out, cases[i].path.data, len);
        ssize_t again = http_path_normalize(same, same, len);

        if (cases[i].want == NULL)
            ok(n == -1 && again == -1, "path %zu is refused", i);
        else
            ok(n == again && n == (ssize_t) strlen(cases[i].want) &&
                   !memcmp(out, cases[i].want, (size_t) n) &&
                   !memcmp(same, out, (size_t) n),
               "path %s", cases[i].want);
    }
}

static void
test_query(void)
{
    static const struct {
        const char *query, *name;
        int found;
        const char *want;
    } cases[] = {
        {"a=1", "a", 1, "1"},
        {"a=1&b=2", "b", 1, "2"},
        {"a=1&a=2", "a", 1, "1"},
        {"aa=1&a=2", "a", 1, "2"},
        {"a", "a", 1, ""},
        {"a=", "a", 1, ""},
        {"a&b=1", "b", 1, "1"},
        {"&&a=1", "a", 1, "1"},
        {"a=b=c", "a", 1, "b=c"},
        {"a=x%20y+z%2B", "a", 1, "x y z+"},
        {"%61=1", "a", 1, "1"},
        {"a+b=1", "a b", 1, "1"},
        {"a%2Bb=1", "a+b", 1, "1"},
        {"a%26=1", "a&", 1, "1"},
        {"a=%e6%88%bf", "a", 1, "\xe6\x88\xbf"},
        {"A=1", "a", 0, NULL},
        {"", "a", 0, NULL},
        {"b=1", "a", 0, NULL},
        {"ab=1", "a", 0, NULL},
        {"%=1&a=2", "a", 1, "2"},
        {"a=%", "a", -1, NULL},
        {"a=%4", "a", -1, NULL},
        {"a=%zz", "a", -1, NULL},
        {"a=x%00y", "a", -1, NULL},
        {"a=%4&41", "a", -1, NULL},
    };
    struct str value;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str query = str_of(cases[i].query);

        query.data = guard_copy(&guard, query.data, query.len);
        is_int(http_query_get(query, str_of(cases[i].name), arena, &value),
               cases[i].found, "query %s", cases[i].query);
        if (cases[i].found == 1)
            is_str(value.data, cases[i].want, "query %s: its value",
                   cases[i].query);
    }
    is_int(http_query_get((struct str){NULL, 0}, STR("a"), arena, &value), 0,
           "no query");
}

static void
test_bearer(void)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"Bearer x.y", "x.y"}, {"bearer z", "z"}, {"Bearer ", ""},
        {"Bearer", ""},        {"Basic x", ""},   {"", ""},
    };
    struct http_request rq = {.header_count = 0};
    struct str token;

    is_int(http_bearer(&rq).len, 0, "no header, no token");
    rq.header_count = 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rq.header[0] = (struct http_header){STR("Authorization"),
                                            str_of(cases[i].value)};
        token = http_bearer(&rq);
        ok(str_equal(token, str_of(cases[i].want)), "the token of \"%s\"",
           cases[i].value);
    }
}

int
main(void)
{
    guard = guard_create(4096);
    arena = arena_create(4096);
    test_good();
    test_keep_alive();
    test_targets();
    test_bad();
    test_limits();
    test_chunked();
    test_chunked_overhead();
    test_paths();
    test_query();
    test_bearer();
    arena_destroy(arena);
    guard_destroy(&guard);
    return tap_done();
}
