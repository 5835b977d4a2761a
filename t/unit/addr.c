#include "core/addr.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "tap.h"

static const char bad_port[] = "has a port that is not between 1 and 65535";
static const char no_name[] = "has no IP address (names are not looked up)";
static const char no_in6[] = "has no IPv6 address between \"[\" and \"]\"";

/* What addr_format() gives back, or the reason that addr_parse() gives. */
static const struct {
    const char *text, *want;
} addresses[] = {
    {"127.0.0.1:80", "127.0.0.1:80"},
    {"255.255.255.255:65535", "255.255.255.255:65535"},
    {"1.2.3.4:1", "1.2.3.4:1"},
    {"*:33251", "0.0.0.0:33251"},
    {"33251", "0.0.0.0:33251"},
    {"0080", "0.0.0.0:80"},
    {"[::]:80", "[::]:80"},
    {"[::1]:80", "[::1]:80"},
    {"[2001:DB8:0:0:0:0:0:1]:65535", "[2001:db8::1]:65535"},
    {"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
     "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
    {"", bad_port},
    {"0", bad_port},
    {"65536", bad_port},
    {"18446744073709551696", bad_port},
    {"*:", bad_port},
    {"1.2.3.4:", bad_port},
    {"1.2.3.4:0", bad_port},
    {"1.2.3.4:65536", bad_port},
    {"1.2.3.4:80x", bad_port},
    {"1.2.3.4:-1", bad_port},
    {"1.2.3.4:+80", bad_port},
    {"1.2.3.4: 80", bad_port},
    {"[::1]:", bad_port},
    {"[::1]:0", bad_port},
    {"[::1]:65536", bad_port},
    {"1.2.3.4", "has no port"},
    {"*", "has no port"},
    {"localhost", "has no port"},
    {"[::1]", "has no port"},
    {"[::1]80", "has no port"},
    {"localhost:80", no_name},
    {":80", no_name},
    {"1.2.3:80", no_name},
    {"1.2.3.4.5:80", no_name},
    {"256.1.1.1:80", no_name},
    {"01.2.3.4:80", no_name},
    {"**:80", no_name},
    {" 1.2.3.4:80", no_name},
    {"1.2.3.4.1.2.3.4.1.2.3.4.1.2.3.4.1.2.3.4.1.2.3.4.1.2.3.4:80", no_name},
    {"1111111111222222222233333333334444444444555555:80", no_name},
    {"::1:80", "has an IPv6 address without \"[\" and \"]\""},
    {"[::1", "has a \"[\" without \"]\""},
    {"[", "has a \"[\" without \"]\""},
    {"[]:80", no_in6},
    {"[1.2.3.4]:80", no_in6},
    {"[::1%lo]:80", no_in6},
    {"[::g]:80", no_in6},
    {"[1111111111222222222233333333334444444444555555]:80", no_in6},
    {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80", no_in6},
};

static void
test_addresses(void)
{
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        /* Each on the heap, so that a sanitizer sees its end. */
        char *text = strdup(addresses[i].text), out[ADDR_TEXT];
        struct addr a;
        const char *got = addr_parse(&a, text);

        if (got == NULL)
            got = addr_format(&a, out);
        is_str(got, addresses[i].want, "address \"%s\"", text);
        free(text);
    }
}

static void
test_hosts(void)
{
    char out[ADDR_TEXT];
    struct addr a, b;

    ok(addr_parse_host(&a, "10.1.2.3") == NULL, "an IPv4 host");
    is_str(addr_format_host(&a, out), "10.1.2.3", "as text");
    is_int(addr_port(&a), 0, "it has no port");
    addr_set_port(&a, 443);
    is_str(addr_format(&a, out), "10.1.2.3:443", "until it is set");
    ok(addr_parse(&b, "10.1.2.3:443") == NULL && addr_is_equal(&a, &b),
       "equal to the same from text");
    addr_set_port(&b, 444);
    ok(!addr_is_equal(&a, &b), "another port is another address");
    ok(!addr_is_any(&a), "it is one address");

    ok(addr_parse_host(&a, "fe80::1") == NULL, "an IPv6 host");
    addr_set_port(&a, 443);
    is_str(addr_format(&a, out), "[fe80::1]:443", "as text");
    is_str(addr_format_host(&a, out), "fe80::1", "without its port");
    ok(addr_parse(&b, "[fe80::1]:443") == NULL && addr_is_equal(&a, &b),
       "equal to the same from text");
    ok(addr_parse(&b, "[fe80::2]:443") == NULL && !addr_is_equal(&a, &b),
       "another host is another address");
    ok(addr_parse(&b, "1.2.3.4:443") == NULL && !addr_is_equal(&a, &b),
       "so is another family");

    ok(addr_parse(&a, "*:80") == NULL && addr_is_any(&a), "* is any");
    ok(addr_parse(&a, "[::]:80") == NULL && addr_is_any(&a), ":: is any");
    is_str(addr_parse_host(&a, "localhost"), "is no IP address",
           "a name is no host");
    is_str(addr_parse_host(&a, "1.2.3.4:80"), "is no IP address",
           "nor is an address with a port");
}

static void
test_sockaddr(void)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNIX};
    char out[ADDR_TEXT];
    struct addr a, b;

    addr_parse(&a, "1.2.3.4:80");
    is_int(addr_from_sockaddr(&b, &a.sa, a.len), 0, "from an IPv4 sockaddr");
    ok(addr_is_equal(&a, &b) && b.len == a.len, "the same comes out");
    is_int(addr_from_sockaddr(&b, &a.sa, a.len - 1), -1, "a short one");

    addr_parse(&a, "[::1]:80");
    is_int(addr_from_sockaddr(&b, &a.sa, a.len), 0, "from an IPv6 sockaddr");
    ok(addr_is_equal(&a, &b) && b.len == a.len, "the same comes out");
    is_int(addr_from_sockaddr(&b, &a.sa, a.len - 1), -1, "a short one");

    addr_parse(&a, "[::ffff:1.2.3.4]:80");
    is_int(addr_from_sockaddr(&b, &a.sa, a.len), 0, "from a mapped sockaddr");
    is_str(addr_format(&b, out), "1.2.3.4:80", "it is IPv4");
    is_int(addr_from_sockaddr(&b, (struct sockaddr *) &ss, sizeof(ss)), -1,
           "another family");
}

static const struct {
    const char *range, *host;
    bool has;
} ranges[] = {
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.128.0.0/9", "10.128.0.0", true},
    {"10.128.0.0/9", "10.127.255.255", false},
    {"192.168.1.252/30", "192.168.1.255", true},
    {"192.168.1.252/30", "192.168.1.251", false},
    {"127.0.0.1", "127.0.0.1", true},
    {"127.0.0.1", "127.0.0.0", false},
    {"127.0.0.1/32", "127.0.0.2", false},
    {"0.0.0.0/0", "255.0.0.1", true},
    {"128.0.0.0/1", "255.0.0.1", true},
    {"128.0.0.0/1", "127.0.0.1", false},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "1.2.3.4", false},
    {"::/0", "ffff::1", true},
    {"::1", "::1", true},
    {"::1/128", "::", false},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"fe80::/10", "febf::1", true},
    {"fe80::/10", "fec0::1", false},
    {"1.2.3.0/24", "::ffff:1.2.3.4", true},
    {"1.2.3.0/24", "::ffff:1.2.4.4", false},
    {"::/0", "::ffff:1.2.3.4", false},
};

static const struct {
    const char *text, *want;
} bad_ranges[] = {
    {"", "is no IP address"},
    {"all", "is no IP address"},
    {"10.0.0/8", "is no IP address"},
    {"/8", "is no IP address"},
    {"1111111111222222222233333333334444444444555555/8", "is no IP address"},
    {"[::1]/128", "is no IP address"},
    {"10.0.0.0/33", "has a prefix that is not between 0 and 32"},
    {"10.0.0.0/", "has a prefix that is not between 0 and 32"},
    {"10.0.0.0/-1", "has a prefix that is not between 0 and 32"},
    {"10.0.0.0/8/8", "has a prefix that is not between 0 and 32"},
    {"::/129", "has a prefix that is not between 0 and 128"},
    {"::/18446744073709551616", "has a prefix that is not between 0 and 128"},
    {"10.0.0.1/8", "has bits set behind its prefix"},
    {"10.0.0.1/31", "has bits set behind its prefix"},
    {"128.0.0.0/0", "has bits set behind its prefix"},
    {"fe80::1/127", "has bits set behind its prefix"},
    {"::ffff:1.2.3.4", "is an IPv4 address in IPv6 form"},
    {"::ffff:0:0/96", "is an IPv4 address in IPv6 form"},
};

static void
test_ranges(void)
{
    struct cidr range;
    struct addr a;

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        const char *bad = cidr_parse(&range, ranges[i].range);

        ok(bad == NULL && addr_parse_host(&a, ranges[i].host) == NULL,
           "a range and a host");
        ok(cidr_has(&range, &a) == ranges[i].has, "%s %s %s", ranges[i].range,
           ranges[i].has ? "has" : "has not", ranges[i].host);
    }
    for (size_t i = 0; i < sizeof(bad_ranges) / sizeof(bad_ranges[0]); i++)
        is_str(cidr_parse(&range, bad_ranges[i].text), bad_ranges[i].want,
               "range \"%s\"", bad_ranges[i].text);
}

int
main(void)
{
    test_addresses();
    test_hosts();
    test_sockaddr();
    test_ranges();
    return tap_done();
}
