/*
 * The wire of a game server: how the bytes of its clients are framed, what
 * their payloads are written in, what happens to a payload before it leaves.
 * Everything that is sent to a client of a game server is written here.
 */
#ifndef GAME_WIRE_H
#define GAME_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/str.h"
#include "game/codec.h"
#include "game/packet.h"
#include "game/pipeline.h"

struct buf;
struct message;

enum framing {
    FRAMING_STREAM, /* packets, one behind the other */
};

struct wire {
    enum framing framing;
    unsigned format; /* enum format: the payloads of messages */
    struct pipeline pipeline;
};

static inline const struct codec *
wire_codec(const struct wire *wire)
{
    return codec_of(wire->format);
}

/* Are the same bytes sent to clients of both? */
bool wire_is_same(const struct wire *a, const struct wire *b);

/* Appends a packet. */
void wire_put_packet(const struct wire *wire, struct buf *out,
                     enum packet_type type, struct str body);

/* Appends a data packet with the message; plain is its payload. */
void wire_put_message(const struct wire *wire, struct buf *out,
                      const struct message *head, struct str plain);

/* Appends "serializer json, pipeline none": for the log. */
void wire_describe(const struct wire *wire, struct buf *out);

#endif
