/*
 * Socket addresses.  An IPv4 address has one form here, AF_INET: what comes
 * from a socket as ::ffff:1.2.3.4 is unmapped, and a range written that way
 * is refused, since it would never match.
 */
#include "core/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/conf.h"

/* Longest host that is looked at; inet_pton() wants a NUL behind it. */
enum { HOST_MAX = INET6_ADDRSTRLEN };

static void
set_in(struct addr *addr, struct in_addr ip, uint16_t port)
{
    memset(addr, 0, sizeof(*addr));
    addr->in.sin_family = AF_INET;
    addr->in.sin_addr = ip;
    addr->in.sin_port = htons(port);
    addr->len = sizeof(addr->in);
}

static void
set_in6(struct addr *addr, const struct in6_addr *ip, uint16_t port)
{
    memset(addr, 0, sizeof(*addr));
    addr->in6.sin6_family = AF_INET6;
    addr->in6.sin6_addr = *ip;
    addr->in6.sin6_port = htons(port);
    addr->len = sizeof(addr->in6);
}

static int
parse_port(uint16_t *port, const char *text)
{
    uint64_t value;

    if (conf_parse_uint(text, &value) < 0 || value < 1 || value > UINT16_MAX)
        return -1;
    *port = (uint16_t) value;
    return 0;
}

/* len bytes at text as a NUL-terminated host. */
static int
copy_host(char host[HOST_MAX], const char *text, size_t len)
{
    if (len >= HOST_MAX)
        return -1;
    memcpy(host, text, len);
    host[len] = '\0';
    return 0;
}

static const char *
parse_in6(struct addr *addr, const char *text)
{
    const char *close = strchr(text, ']');
    char host[HOST_MAX];
    struct in6_addr ip;
    uint16_t port;

    if (close == NULL)
        return "has a \"[\" without \"]\"";
    if (copy_host(host, text + 1, (size_t) (close - text - 1)) < 0 ||
        inet_pton(AF_INET6, host, &ip) != 1)
        return "has no IPv6 address between \"[\" and \"]\"";
    if (close[1] != ':')
        return "has no port";
    if (parse_port(&port, close + 2) < 0)
        return "has a port that is not between 1 and 65535";
    set_in6(addr, &ip, port);
    return NULL;
}

static const char *
parse_in(struct addr *addr, const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon != NULL ? (size_t) (colon - text) : 0;
    struct in_addr ip = {INADDR_ANY};
    char host[HOST_MAX];
    uint16_t port;

    if (colon == NULL && text[strspn(text, "0123456789")] != '\0')
        return "has no port";
    if (len > 0 && memchr(text, ':', len) != NULL)
        return "has an IPv6 address without \"[\" and \"]\"";
    if (parse_port(&port, colon != NULL ? colon + 1 : text) < 0)
        return "has a port that is not between 1 and 65535";
    if (colon != NULL && !(len == 1 && text[0] == '*') &&
        (copy_host(host, text, len) < 0 || inet_pton(AF_INET, host, &ip) != 1))
        return "has no IP address (names are not looked up)";
    set_in(addr, ip, port);
    return NULL;
}

const char *
addr_parse(struct addr *addr, const char *text)
{
    return text[0] == '[' ? parse_in6(addr, text) : parse_in(addr, text);
}

const char *
addr_parse_host(struct addr *addr, const char *text)
{
    struct in6_addr ip6;
    struct in_addr ip;

    if (inet_pton(AF_INET, text, &ip) == 1)
        set_in(addr, ip, 0);
    else if (inet_pton(AF_INET6, text, &ip6) == 1)
        set_in6(addr, &ip6, 0);
    else
        return "is no IP address";
    return NULL;
}

/* The IPv4 address inside ::ffff:1.2.3.4. */
static struct in_addr
unmapped(const struct in6_addr *ip6)
{
    struct in_addr ip;

    memcpy(&ip, ip6->s6_addr + 12, sizeof(ip));
    return ip;
}

int
addr_from_sockaddr(struct addr *addr, const struct sockaddr *sa, socklen_t len)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (len >= sizeof(in) && sa->sa_family == AF_INET) {
        memcpy(&in, sa, sizeof(in));
        set_in(addr, in.sin_addr, ntohs(in.sin_port));
        return 0;
    }
    if (len < sizeof(in6) || sa->sa_family != AF_INET6)
        return -1;
    memcpy(&in6, sa, sizeof(in6));
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
        set_in(addr, unmapped(&in6.sin6_addr), ntohs(in6.sin6_port));
        return 0;
    }
    set_in6(addr, &in6.sin6_addr, ntohs(in6.sin6_port));
    addr->in6.sin6_scope_id = in6.sin6_scope_id;
    return 0;
}

uint16_t
addr_port(const struct addr *addr)
{
    return ntohs(addr->sa.sa_family == AF_INET6 ? addr->in6.sin6_port
                                                : addr->in.sin_port);
}

void
addr_set_port(struct addr *addr, uint16_t port)
{
    if (addr->sa.sa_family == AF_INET6)
        addr->in6.sin6_port = htons(port);
    else
        addr->in.sin_port = htons(port);
}

bool
addr_is_any(const struct addr *addr)
{
    if (addr->sa.sa_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
    return addr->in.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool
addr_is_equal(const struct addr *a, const struct addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family || addr_port(a) != addr_port(b))
        return false;
    if (a->sa.sa_family == AF_INET6)
        return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr) &&
               a->in6.sin6_scope_id == b->in6.sin6_scope_id;
    return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

bool
addr_overlaps(const struct addr *a, const struct addr *b)
{
    return a->sa.sa_family == b->sa.sa_family &&
           addr_port(a) == addr_port(b) &&
           (addr_is_any(a) || addr_is_any(b) || addr_is_equal(a, b));
}

const char *
addr_format_host(const struct addr *addr, char out[ADDR_TEXT])
{
    const void *ip = addr->sa.sa_family == AF_INET6
                         ? (const void *) &addr->in6.sin6_addr
                         : (const void *) &addr->in.sin_addr;

    inet_ntop(addr->sa.sa_family, ip, out, ADDR_TEXT);
    return out;
}

const char *
addr_format(const struct addr *addr, char out[ADDR_TEXT])
{
    char host[ADDR_TEXT];

    addr_format_host(addr, host);
    snprintf(out, ADDR_TEXT,
             addr->sa.sa_family == AF_INET6 ? "[%.45s]:%u" : "%.45s:%u", host,
             addr_port(addr));
    return out;
}

/* Clears the bits behind the prefix; was any of them set? */
static bool
clear_rest(uint8_t bytes[16], unsigned bits)
{
    bool had = false;

    for (unsigned i = bits / 8; i < 16; i++) {
        uint8_t keep = i == bits / 8 ? (uint8_t) (0xff00 >> bits % 8) : 0;

        had |= (bytes[i] & ~keep) != 0;
        bytes[i] &= keep;
    }
    return had;
}

const char *
cidr_parse(struct cidr *cidr, const char *text)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t) (slash - text) : strlen(text);
    char host[HOST_MAX];
    unsigned most = 32;
    uint64_t bits;

    memset(cidr, 0, sizeof(*cidr));
    if (copy_host(host, text, len) < 0)
        return "is no IP address";
    if (inet_pton(AF_INET, host, cidr->bytes) == 1) {
        cidr->family = AF_INET;
    } else if (inet_pton(AF_INET6, host, cidr->bytes) == 1) {
        cidr->family = AF_INET6;
        most = 128;
        if (memcmp(cidr->bytes, mapped, sizeof(mapped)) == 0)
            return "is an IPv4 address in IPv6 form";
    } else {
        return "is no IP address";
    }
    bits = most;
    if (slash != NULL &&
        (conf_parse_uint(slash + 1, &bits) < 0 || bits > most))
        return most == 32 ? "has a prefix that is not between 0 and 32"
                          : "has a prefix that is not between 0 and 128";
    cidr->bits = (uint8_t) bits;
    if (clear_rest(cidr->bytes, cidr->bits))
        return "has bits set behind its prefix";
    return NULL;
}

static bool
is_prefix(const uint8_t *prefix, unsigned bits, const uint8_t *bytes)
{
    if (memcmp(prefix, bytes, bits / 8) != 0)
        return false;
    return bits % 8 == 0 ||
           ((prefix[bits / 8] ^ bytes[bits / 8]) & (0xff00 >> bits % 8)) == 0;
}

bool
cidr_has(const struct cidr *cidr, const struct addr *addr)
{
    const struct in6_addr *ip6 = &addr->in6.sin6_addr;
    struct in_addr ip = addr->in.sin_addr;
    sa_family_t family = addr->sa.sa_family;

    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(ip6)) {
        ip = unmapped(ip6);
        family = AF_INET;
    }
    if (family != cidr->family)
        return false;
    return is_prefix(cidr->bytes, cidr->bits,
                     family == AF_INET ? (const uint8_t *) &ip : ip6->s6_addr);
}
