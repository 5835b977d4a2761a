/*
 * The nano protocol from the client's side: packets, messages, the XXTEA
 * pipeline.  It shares no code with the daemon, on purpose: what both sides
 * would get wrong in the same way, nobody would see.
 */
#ifndef BENCH_NANO_H
#define BENCH_NANO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/client.h"
#include "core/buf.h"
#include "core/str.h"

enum nano_type {
    NANO_HANDSHAKE = 1,
    NANO_ACK = 2,
    NANO_HEARTBEAT = 3,
    NANO_DATA = 4,
    NANO_KICK = 5,
};

enum nano_flag {
    NANO_REQUEST = 0 << 1,
    NANO_NOTIFY = 1 << 1,
    NANO_RESPONSE = 2 << 1,
    NANO_PUSH = 3 << 1,
};

enum { NANO_HEAD = 4 };

/* A packet taken apart; of a data packet also the message.  It borrows. */
struct nano_packet {
    enum nano_type type;
    struct str body;
    enum nano_flag flag;
    uint64_t id;        /* of a response */
    struct str route;   /* of a push */
    struct str payload; /* of a response or a push */
};

/* Returns the bytes consumed, 0 if incomplete, -1 if it cannot be valid. */
ssize_t nano_parse(struct nano_packet *pk, const uint8_t *p, size_t n);

void nano_packet(struct buf *out, enum nano_type type, struct str body);

/*
 * A data packet with a request or a response.  A key of zero length means no
 * pipeline, else the payload goes through XXTEA and base64.
 */
void nano_request(struct buf *out, uint64_t id, struct str route,
                  struct str payload, struct str key);
void nano_response(struct buf *out, uint64_t id, struct str payload,
                   struct str key);

/* The same with a notify, which has no answer. */
void nano_notify(struct buf *out, struct str route, struct str payload,
                 struct str key);

/* The payload as it was before the pipeline; appends; 0 or -1. */
int nano_open(struct buf *out, struct str payload, struct str key);

/*
 * What to ask the user about a payload that is to be JSON: NULL if nothing,
 * else an error that names --xxtea.
 */
const char *nano_doubt(struct str payload, struct str key);

/*
 * The client's part of the handshake.  nano_shake sends the request;
 * nano_shaken takes what comes, sends the ack when the answer is complete
 * and good, and then returns how many of the n bytes it used (at least 1);
 * 0 when more must come (all n are kept in `in`); -1 after client_fail.
 */
void nano_shake(struct client *c, uint64_t now);
ssize_t nano_shaken(struct client *c, struct buf *in, const uint8_t *p,
                    size_t n, uint64_t now);

/*
 * A heartbeat has come: one goes back, not at once but an interval later, as
 * pomelo's clients in JavaScript do it; `ops->beat` sends it.
 */
void nano_heartbeat(struct client *c, uint64_t now);

#endif
