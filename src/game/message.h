/*
 * A message is the body of a data packet:
 *
 *     flag:1 | id (varint, request and response) | route (not response) |
 *     payload
 *
 * The flag's bits 1-3 are the type, bit 0 says that the route is a 2-byte
 * code of the dictionary instead of 1 byte length and text.  The other bits
 * are zero: none of what later dialects put there is spoken here, and to pass
 * such a payload on would be to misread it.  One has a reason of its own: bit
 * 4, with which libpitaya says that it has compressed the payload.
 *
 * The codec owns nothing and allocates nothing.
 */
#ifndef GAME_MESSAGE_H
#define GAME_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

enum message_type {
    MESSAGE_REQUEST,
    MESSAGE_NOTIFY,
    MESSAGE_RESPONSE,
    MESSAGE_PUSH,
};

enum {
    MESSAGE_MAX_ROUTE = 255,
    /* the longest head: flag, ten bytes of varint, length, route */
    MESSAGE_HEAD_MAX = 1 + 10 + 1 + MESSAGE_MAX_ROUTE,
};

enum message_error {
    MESSAGE_ERROR_NONE,
    MESSAGE_ERROR_FLAG,  /* a type above push, or a bit nobody defined */
    MESSAGE_ERROR_ZLIB,  /* the payload is compressed */
    MESSAGE_ERROR_ID,    /* truncated, or more than 64 bits */
    MESSAGE_ERROR_ROUTE, /* truncated */
};

struct message {
    uint8_t type;     /* enum message_type */
    uint8_t error;    /* enum message_error, set when -1 is returned */
    bool compressed;  /* the route is `code`, not `route` */
    uint16_t code;    /* 0 unless compressed */
    uint64_t id;      /* 0 for notify and push */
    struct str route; /* empty if compressed and for a response */
    const uint8_t *payload;
    size_t len; /* of the payload */
};

static inline bool
message_has_id(uint8_t type)
{
    return !(type & 1);
}

static inline bool
message_has_route(uint8_t type)
{
    return type != MESSAGE_RESPONSE;
}

/*
 * Takes the whole body of a data packet apart.  Returns 0, or -1 if it is
 * truncated or impossible.  route and payload borrow from body.
 */
int message_parse(struct message *m, const uint8_t *body, size_t len);

/*
 * Writes all that stands before the payload and returns its length, at most
 * MESSAGE_HEAD_MAX; out must have room for that many.  Uses type, id, and
 * route (at most MESSAGE_MAX_ROUTE bytes) or code.
 */
size_t message_head_put(uint8_t *out, const struct message *m);

/* "request", "notify", "response", "push", else "unknown". */
const char *message_type_name(uint8_t type);

/* "bad message flag" ...; for the log. */
const char *message_error_text(enum message_error error);

#endif
