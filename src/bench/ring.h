/*
 * Requests made in advance, with the answers they must get: two rings of
 * frames of constant length.  A connection that keeps K requests in flight
 * sends and compares straight from here, any number of frames at a time,
 * because the first K frames stand once more behind the last.
 *
 * Ids always take two bytes (128..16383), each frame has a payload of its
 * own, and connections start at different places: an answer that is lost,
 * doubled, out of order, or another connection's, has the wrong bytes.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

struct ring {
    unsigned cycle; /* different frames */
    size_t req_len; /* of each request and each answer */
    size_t ans_len;
    struct buf req;
    struct buf ans;
};

/*
 * Requests to Echo.Ping with `size` random bytes, through XXTEA if key has a
 * length; with `mirror` the answer is the request itself.
 */
void ring_init(struct ring *r, unsigned inflight, unsigned size,
               struct str key, bool mirror);
void ring_deinit(struct ring *r);

#endif
