/*
 * Socket addresses: text to sockaddr and back, and address ranges.  Names
 * are never looked up, so nothing here waits.
 */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address with a port, ready for bind() and connect(). */
struct addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
    socklen_t len;
};

/* Room for "[IPv6]:port" and its NUL. */
enum { ADDR_TEXT = INET6_ADDRSTRLEN + 8 };

/*
 * Parses "1.2.3.4:80", "[::1]:80", "*:80" or "80" (both any IPv4 address);
 * the port is 1..65535.  Returns NULL, or what is wrong with the text, to be
 * read after it: "has no port".
 */
const char *addr_parse(struct addr *addr, const char *text);

/* Takes an address alone, "1.2.3.4" or "::1"; the port becomes 0. */
const char *addr_parse_host(struct addr *addr, const char *text);

/*
 * Takes what accept() or getpeername() gave.  An IPv4 client of an IPv6
 * socket (::ffff:1.2.3.4) becomes the IPv4 address it is.  Returns 0, or -1
 * for another family.
 */
int addr_from_sockaddr(struct addr *addr, const struct sockaddr *sa,
                       socklen_t len);

uint16_t addr_port(const struct addr *addr);
void addr_set_port(struct addr *addr, uint16_t port);
bool addr_is_any(const struct addr *addr);
bool addr_is_equal(const struct addr *a, const struct addr *b);

/* Would some connection be for both of them, if both were listened on? */
bool addr_overlaps(const struct addr *a, const struct addr *b);

/* Address and port as addr_parse() takes them; the address alone.  Return
 * out. */
const char *addr_format(const struct addr *addr, char out[ADDR_TEXT]);
const char *addr_format_host(const struct addr *addr, char out[ADDR_TEXT]);

/* A range of addresses of one family: the first bits of them. */
struct cidr {
    uint8_t bytes[16];
    uint8_t family; /* AF_INET, AF_INET6 */
    uint8_t bits;
};

/*
 * Parses "10.0.0.0/8", "::1/128" or a single address.  Bits beyond the
 * prefix must be zero.  Returns NULL, or what is wrong with the text.
 */
const char *cidr_parse(struct cidr *cidr, const char *text);

/* Is the address in the range?  An IPv4-mapped one counts as IPv4. */
bool cidr_has(const struct cidr *cidr, const struct addr *addr);

#endif
