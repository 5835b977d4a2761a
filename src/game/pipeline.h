/*
 * What happens to a payload between the message and the serializer: nothing,
 * or XXTEA.  Inbound base64 -> decrypt, outbound encrypt -> base64 (standard
 * alphabet, padded, no line breaks; anything else is refused).
 */
#ifndef GAME_PIPELINE_H
#define GAME_PIPELINE_H

#include <stddef.h>
#include <stdint.h>

#include "core/str.h"
#include "game/xxtea.h"

struct arena;
struct buf;

enum pipeline_kind { PIPELINE_NONE, PIPELINE_XXTEA };

/* Zeroed it is PIPELINE_NONE. */
struct pipeline {
    enum pipeline_kind kind;
    struct xxtea_key key;
};

/*
 * The plain payload of what a client sent: in itself without a pipeline,
 * else a copy in the arena (with a NUL behind it).  Returns 0, or -1 if it is
 * not base64 or does not decrypt.
 */
int pipeline_in(const struct pipeline *pl, struct arena *arena, struct str in,
                struct str *plain);

/* How many bytes pipeline_out() will append for a payload of len bytes. */
size_t pipeline_out_size(const struct pipeline *pl, size_t len);

/* Appends the payload as the client expects it; in must not be in out. */
void pipeline_out(const struct pipeline *pl, struct buf *out, struct str in);

#endif
