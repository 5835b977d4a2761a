/*
 * The http block: which location a path belongs to, what the settings of a
 * block inherit, who is let in, how often, and what is refused as an error.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/addr.h"
#include "core/buf.h"
#include "event/listener.h"
#include "event/rates.h"
#include "http/http_access.h"
#include "http/http_conf.h"
#include "http/modules/modules.h"
#include "http/regex.h"
#include "tap.h"

static char reported[1024];

static void
report(void *arg, bool is_error, const char *line)
{
    (void) arg;
    (void) is_error;
    snprintf(reported, sizeof(reported), "%s", line);
}

static const char *
set_http(struct conf *cf, const struct conf_node *node, void *obj)
{
    return http_conf_set(cf, node, obj);
}

static const struct conf_directive main_directives[] = {
    CONF_BLOCK("http", set_http, 0, 0, 0),
    CONF_END,
};
static const struct conf_context main_context = {"main", main_directives};

/* Loads an http block with the text in its server; NULL when refused. */
static struct conf *load(struct http_conf *http, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static struct conf *
load(struct http_conf *http, const char *fmt, ...)
{
    struct conf *cf = conf_create("/tmp/x.conf", "/tmp/", report, NULL);
    struct buf text = {0};
    va_list ap;
    int rc;

    reported[0] = '\0';
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    http_conf_init(http, cf, http_modules);
    rc = conf_load_text(cf, "x.conf", (char *) text.data, text.len);
    if (rc == 0)
        rc = conf_apply(cf, cf->root, &main_context, http);
    buf_deinit(&text);
    if (rc == 0)
        return cf;
    conf_destroy(cf);
    return NULL;
}

#define SERVER(text) "http { server { listen 80; " text " } }"

/* ---- locations ---- */

static void
test_locations(struct regex_match *match)
{
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"/", "root"},
        {"/other", "root"},
        {"/x", "exact"},
        {"/x/", "root"},
        {"/a", "root"},
        {"/a/", "a"},
        {"/a/b", "a"},
        {"/a/b/", "ab"},
        {"/a/b/c", "ab"},
        {"/a/x.php", "php"},
        {"/a/x.PHP", "nocase"},
        {"/a/only/x.php", "only"},
        {"/a/only/x/y.php", "php"}, /* the longest prefix has no ^~ */
        {"/x.php", "php"},
        {"/exact.php", "exactphp"},
        {"/x.php.html", "root"},
        {"/hist/123", "digits"},
        {"/hist/12x", "root"},
    };
    struct http_conf http;
    struct conf *cf = load(
        &http, SERVER("location / { return 200 root; }"
                      "location = /x { return 200 exact; }"
                      "location /a/ { return 200 a; }"
                      "location /a/b/ { return 200 ab; }"
                      "location ~ \\.php$ { return 200 php; }"
                      "location ~* \\.php$ { return 200 nocase; }"
                      "location ^~ /a/only/ { return 200 only; }"
                      "location /a/only/x/ { return 200 onlyx; }"
                      "location = /exact.php { return 200 exactphp; }"
                      "location ~ ^/hist/(\\d+)$ { return 200 digits; }"));

    ok(cf != NULL, "the block is good: %s", reported);
    if (cf == NULL)
        return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct http_location *l = http_location_find(
            http.servers, str_of(cases[i].path), match);

        is_str(l != NULL ? l->return_text.data : "none", cases[i].want, "%s",
               cases[i].path);
    }
    conf_destroy(cf);

    cf = load(&http, SERVER("location = /x { ping; }"
                            "location ~ ^(a|/)+z { ping; }"));
    ok(http_location_find(http.servers, STR("/y"), match) == NULL,
       "nothing fits");
    conf_destroy(cf);
}

static void
test_limits_of_regex(struct regex_match *match)
{
    struct http_conf http;
    struct conf *cf = load(&http, SERVER("location ~ ^(/?a+)+$ { ping; }"
                                         "location / { version; }"));
    char path[64];

    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = 'b';
    is_str(http_location_find(http.servers, (struct str){path, sizeof(path)},
                              match)
               ->endpoint->name,
           "version", "an expression that backtracks without end is given up");
    conf_destroy(cf);
}

/* ---- settings ---- */

static void
test_inheritance(void)
{
    struct http_conf http;
    const struct http_location *l;
    struct conf *cf = load(
        &http,
        "http { keepalive_timeout 5s; client_max_body_size 2k; deny all;"
        "    limit_req 7 burst=9; access_log logs/a.log;"
        "    server { listen 80; cors on; client_max_body_size 3k;"
        "        location /a { ping; }"
        "        location /b { ping; keepalive_timeout 0; allow all;"
        "            cors off; limit_req off; access_log off; }"
        "    }"
        "    server { listen 81; location / { version; } }"
        "}");

    ok(cf != NULL, "the block is good: %s", reported);
    if (cf == NULL)
        return;
    l = http.servers->next->locations;
    ok(l->settings.keepalive_timeout_ms == 5000 &&
           l->settings.client_max_body_size == 3072 && l->settings.cors &&
           l->settings.limit_req != NULL && l->settings.limit_req->burst == 10,
       "a location has what is around it");
    is_str(l->settings.access_log, "/tmp/logs/a.log", "the log too");
    ok(l->settings.access != NULL && !l->settings.access->allow,
       "and who is denied");
    ok(l->settings.limit_req == http.servers->locations->settings.limit_req,
       "the limit that both inherit is one");
    l = l->next;
    ok(l->settings.keepalive_timeout_ms == 0 && !l->settings.cors &&
           l->settings.limit_req == NULL && l->settings.access_log == NULL,
       "what it says itself counts");
    ok(l->settings.access->allow && l->settings.access->next == NULL,
       "its allow replaces those around it");
    ok(!http.servers->settings.cors, "the next server has none of it");
    ok(http.listeners != NULL && http.listeners->next != NULL &&
           http.listeners->next->next == NULL,
       "two listeners");
    conf_destroy(cf);
}

/* ---- allow and deny ---- */

static bool
allows(const struct http_conf *http, const char *text,
       struct regex_match *match)
{
    struct addr peer;

    addr_parse_host(&peer, text);
    return http_access_allows(http->servers->locations->settings.access, &peer,
                              match);
}

static void
test_access(struct regex_match *match)
{
    struct http_conf http;
    struct conf *cf = load(
        &http,
        SERVER("location / { ping; deny 10.0.0.1; allow 10.0.0.0/8;"
               "allow ~ ^192\\.168\\.(1|2)\\.; allow ::1; deny all; }"));

    ok(!allows(&http, "10.0.0.1", match), "the first that fits denies");
    ok(allows(&http, "10.0.0.2", match), "... or allows");
    ok(allows(&http, "192.168.2.9", match), "an expression");
    ok(!allows(&http, "192.168.3.9", match), "... that does not match");
    ok(allows(&http, "::1", match) && !allows(&http, "::2", match), "IPv6");
    conf_destroy(cf);
    cf = load(&http, SERVER("location / { ping; deny 10.0.0.1; }"));
    ok(allows(&http, "10.0.0.2", match), "nothing fits: allowed");
    conf_destroy(cf);
    cf = load(&http, SERVER("location / { ping; deny 1::1;"
                            "allow ~ ^([0-9a-f:]+)+[xy]; allow all; }"));
    ok(!allows(&http, "1111:2222:3333:4444:5555:6666:7777:8888", match),
       "an expression that comes to no end denies");
    ok(allows(&http, "1::2", match), "... where it comes to one it does not");
    conf_destroy(cf);
}

/* ---- limit_req ---- */

static unsigned
count(struct rates *rates, const struct http_settings *settings,
      const char *text, int64_t at, unsigned tries)
{
    struct addr peer;
    struct caller caller;
    unsigned n = 0;

    addr_parse_host(&peer, text);
    caller = caller_by_address(settings->limit_req, &peer);
    for (unsigned i = 0; i < tries; i++)
        n += rates_allow(rates, settings->limit_req, &caller, at);
    return n;
}

static void
test_limit_req(void)
{
    struct rates *rates = rates_create();
    struct http_conf http;
    struct conf *cf = load(&http, SERVER("limit_req 10 burst=5;"
                                         "location /a { ping; }"
                                         "location /b { ping; }"
                                         "location /c { ping;"
                                         "    limit_req 10; }"));
    const struct http_settings *a = &http.servers->locations->settings;
    const struct http_settings *b = &http.servers->locations->next->settings;
    const struct http_settings *c =
        &http.servers->locations->next->next->settings;

    is_int(count(rates, a, "10.0.0.1", 1000, 9), 6, "one and the burst");
    is_int(count(rates, b, "10.0.0.1", 1000, 9), 0, "it is one count");
    is_int(count(rates, c, "10.0.0.1", 1000, 9), 1, "another limit_req");
    is_int(count(rates, a, "10.0.0.2", 1000, 9), 6, "another address");
    is_int(count(rates, a, "10.0.0.1", 1099, 9), 0, "not yet");
    is_int(count(rates, a, "10.0.0.1", 1100, 9), 1, "one more after 100 ms");
    is_int(count(rates, a, "10.0.0.1", 1300, 9), 2, "two after 200 ms");
    is_int(count(rates, a, "10.0.0.1", 99000, 9), 6, "all after a while");
    is_int(count(rates, a, "2001:db8::1", 1000, 9), 6, "IPv6");
    is_int(count(rates, a, "2001:db8::2:3:4:5", 1000, 9), 0, "the same /64");
    is_int(count(rates, a, "2001:db8:0:1::1", 1000, 9), 6, "another");
    for (unsigned i = 0; i < 200000; i++) {
        struct caller caller;
        struct addr peer;

        addr_parse_host(&peer, "11.0.0.0");
        peer.in.sin_addr.s_addr += i << 8;
        caller = caller_by_address(a->limit_req, &peer);
        rates_allow(rates, a->limit_req, &caller, 100000);
    }
    is_int(count(rates, a, "10.0.0.9", 100001, 9), 6,
           "a flood of addresses leaves room for the next");
    rates_destroy(rates);
    conf_destroy(cf);
}

/* ---- errors ---- */

static void
test_errors(void)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"http { server { location / { ping; } } }", "has no \"listen\""},
        {SERVER("listen 80;"), "overlaps with 0.0.0.0:80"},
        {SERVER("listen 81 ssl;"), "needs \"ssl_certificate\""},
        {SERVER("location / { }"), "neither an endpoint nor"},
        {SERVER("location / { ping; return 200; }"), "both an endpoint and"},
        {SERVER("location / { ping; version; }"), "second endpoint"},
        {SERVER("location x { ping; }"), "begins with \"/\""},
        {SERVER("location == /x { ping; }"), "\"~*\" is expected"},
        {SERVER("location ~ ( { ping; }"), "bad expression"},
        {SERVER("location / { ping; } location ^~ / { ping; }"), "twice"},
        {SERVER("location = /x { ping; } location = /x { ping; }"), "twice"},
        {SERVER("location / { ping; guest_channels a; }"), "guest_channels"},
        {SERVER("location / { guest_login_query; guest_cards 1; }"),
         "guest_cards"},
        {SERVER("location / { ping; client_header_timeout 5s; }"),
         "client_header_timeout"},
        {SERVER("location / { ping 1; }"), "ping"},
        {SERVER("location / { return 99; }"), "between 200 and 599"},
        {SERVER("location / { return 301; }"), "where to"},
        {SERVER("location / { return 301 \"a b\"; }"), "blanks"},
        {SERVER("location / { return 204 x; }"), "cannot have a text"},
        {SERVER("location / { ping; allow ~; }"), "expression after"},
        {SERVER("location / { ping; allow 1.2.3; }"), "is no IP address"},
        {SERVER("location / { ping; deny ~ [; }"), "bad expression"},
        {SERVER("location / { ping; limit_req 0; }"), "1 to 1000000"},
        {SERVER("location / { ping; limit_req 1 x=2; }"), "burst=N"},
        {SERVER("location / { ping; client_max_body_size 1g; }"),
         "client_max_body_size"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct http_conf http;
        struct conf *cf = load(&http, "%s", cases[i].text);

        ok(cf == NULL && strstr(reported, cases[i].why) != NULL, "refused: %s",
           reported);
        conf_destroy(cf);
    }
}

int
main(void)
{
    struct regex_match *match = regex_match_create();

    test_locations(match);
    test_limits_of_regex(match);
    test_inheritance();
    test_access(match);
    test_limit_req();
    test_errors();
    regex_match_destroy(match);
    return tap_done();
}
