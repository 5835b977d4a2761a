/*
 * The parts of the load tool that can be wrong silently: percentiles, and the
 * readers of what a server answers, which meet each cut of an answer in a
 * piece of memory of exactly that size.
 */
#include "bench/hist.c"
#include "bench/http.c"
#include "bench/scan.c"

#include <stdlib.h>

#include "tap.h"

static void
test_hist(void)
{
    static struct hist h, more;

    is_int(hist_quantile(&h, 0.5), 0, "nothing added, nothing to tell");
    for (uint64_t v = 1; v <= 100000; v++)
        hist_add(v % 2 ? &h : &more, v * 1000, 1);
    hist_move(&h, &more);
    is_int(more.count, 0, "what was moved is gone");
    is_int(h.count, 100000, "and has come");
    is_int(h.max, 100000000, "the maximum is exact");
    is_int(hist_quantile(&h, 1), 100000000, "as the last percentile is");

    bool near = true;
    for (unsigned q = 1; q <= 999; q++) {
        uint64_t want = q * 100000;
        uint64_t got = hist_quantile(&h, q / 1000.0);
        near = near && got >= want && got <= want + want / 31 + 1;
    }
    ok(near, "all percentiles are at most 1/31 too high");

    bool rise = true;
    for (unsigned bit = 0; bit < 63; bit++) {
        uint64_t v = (uint64_t) 1 << bit;
        rise = rise && bucket_end(hist_bucket(v)) >= v &&
               hist_bucket(v) >= hist_bucket(v - 1) &&
               hist_bucket(v) < HIST_BUCKETS;
    }
    ok(rise, "buckets rise with the value");
    ok(hist_bucket(UINT64_MAX) < HIST_BUCKETS, "the largest has one");
    is_int(bucket_end(hist_bucket(UINT64_MAX)), UINT64_MAX, "that ends there");
}

/* A copy whose end is the end of the memory. */
static char *
exact(const char *p, size_t n)
{
    char *copy = malloc(n > 0 ? n : 1);

    memcpy(copy, p, n);
    return copy;
}

static void
test_http(void)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nServer: x\r\n"
                               "content-length: 5\r\nConnection: Close\r\n"
                               "\r\nhelloHTTP";
    size_t whole = sizeof(text) - 1 - 4;
    struct http_answer a;
    bool all = true;

    for (size_t n = 0; n < whole; n++) {
        char *p = exact(text, n);
        all = all && http_parse(&a, p, n) == 0;
        free(p);
    }
    ok(all, "no part of an answer is one");
    is_int(http_parse(&a, text, whole + 4), whole, "the answer ends");
    is_int(a.status, 200, "its status");
    ok(a.last, "its Connection");
    ok(str_equal(a.body, STR("hello")), "its body");

    static const char *const bad[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
        "GARBAGE!!\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        is_int(http_parse(&a, bad[i], strlen(bad[i])), -1, "bad answer %zu",
               i);
}

static void
test_scan(void)
{
    static const char text[] =
        "{\"list\":[{\"uid\":1},\"]\"],\"q\\\"\":\"\\\",\\\"uid\\\":2\","
        "\"name\":\"x\\\\\",\"minus\":-12 , \"uid\":77,\"big\":123456789012"
        "3456789012,\"z\":true}";
    struct str json = STR(text), v;
    int64_t n = 0;

    ok(scan_number(json, "uid", &n) && n == 77, "the outermost field only");
    ok(scan_number(json, "minus", &n) && n == -12, "a negative number");
    ok(scan_field(json, "name", &v) && str_equal(v, STR("x\\\\")),
       "a string, as it is written");
    ok(scan_field(json, "z", &v) && str_equal(v, STR("true")), "a literal");
    ok(scan_field(json, "list", &v) && v.len == 15, "an array");
    ok(!scan_number(json, "big", &n), "no number beyond 18 digits");
    ok(!scan_number(json, "name", &n), "no number in a string");
    ok(!scan_field(json, "ui", &v), "no field by half its name");

    bool none = true;
    for (size_t len = 0; len + 1 < json.len; len++) {
        char *p = exact(text, len);
        none = none && !scan_field((struct str){p, len}, "z", &v);
        free(p);
    }
    ok(none, "no field in any cut of the text before its end");
}

int
main(void)
{
    test_hist();
    test_http();
    test_scan();
    return tap_done();
}
