/*
 * The outer frame of the game protocol: type:1, length:3 (big-endian), body.
 * This codec owns nothing: the caller's bytes in, positions out.  Whether a
 * packet is allowed at this point of a connection's life is not decided here.
 */
#ifndef GAME_PACKET_H
#define GAME_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum packet_type {
    PACKET_HANDSHAKE = 1,
    PACKET_HANDSHAKE_ACK,
    PACKET_HEARTBEAT,
    PACKET_DATA,
    PACKET_KICK,
};

enum {
    PACKET_HEADER = 4,
    PACKET_MAX_BODY = 65536,      /* what clients may send by default */
    PACKET_LIMIT_BODY = 0xffffff, /* what three bytes can say */
};

enum packet_error {
    PACKET_ERROR_NONE,
    PACKET_ERROR_TYPE, /* not 1..5 */
    PACKET_ERROR_SIZE, /* longer than max_body */
};

struct packet {
    uint8_t type;        /* as received, also when it is wrong */
    uint8_t error;       /* enum packet_error, set when -1 is returned */
    const uint8_t *body; /* borrows from buf */
    size_t len;          /* of the body; set also with PACKET_ERROR_SIZE */
};

/*
 * Returns the bytes consumed, 0 if the packet is not complete yet, -1 if it
 * can never be valid; a wrong type is seen in the first byte, a body longer
 * than max_body in the header.  On success pk->body borrows from buf.
 */
ssize_t packet_parse(struct packet *pk, const uint8_t *buf, size_t len,
                     size_t max_body);

/* Writes the header of a packet with a body of len <= PACKET_LIMIT_BODY. */
void packet_header_put(uint8_t out[PACKET_HEADER], enum packet_type type,
                       size_t len);

/*
 * "handshake", "ack", "heartbeat", "data", "kick", "unknown" for any other
 * number.
 */
const char *packet_type_name(uint8_t type);

/* "client sent a bad packet type" ...; static, for the log. */
const char *packet_error_text(enum packet_error error);

#endif
