/*
 * Walls by rejection sampling; wall.h states the construction.
 */
#include "game/wall.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "game/hmac.h"

static const char label[] = "sparrow wall 1";

/* The stream of the seed; `failed` stays once OpenSSL has failed. */
struct stream {
    const uint8_t *seed;
    uint8_t block[HMAC_LEN];
    unsigned used;
    uint32_t next;
    int failed;
};

static void
next_block(struct stream *stream)
{
    uint8_t data[sizeof(label) - 1 + 4];
    uint32_t i = stream->next++;

    memcpy(data, label, sizeof(label) - 1);
    for (unsigned k = 0; k < 4; k++)
        data[sizeof(label) - 1 + k] = (uint8_t) (i >> (24 - 8 * k));
    if (hmac_sha256(stream->seed, WALL_SEED_LEN, data, sizeof(data),
                    stream->block) != 0)
        stream->failed = 1;
    stream->used = 0;
}

/* Uniform in [0, n): bytes that would favour some values are skipped. */
static unsigned
below(struct stream *stream, unsigned n)
{
    for (;;) {
        unsigned byte;

        if (stream->used == HMAC_LEN)
            next_block(stream);
        if (stream->failed)
            return 0;
        byte = stream->block[stream->used++];
        if (byte < 256 - 256 % n)
            return byte % n;
    }
}

int
wall_seed(uint8_t seed[WALL_SEED_LEN])
{
    return RAND_bytes(seed, WALL_SEED_LEN) == 1 ? 0 : -1;
}

int
wall_make(struct wall *wall, const uint8_t seed[WALL_SEED_LEN],
          unsigned players)
{
    struct stream stream = {.seed = seed, .used = HMAC_LEN};
    int failed;

    if (players != 3 && players != 4)
        return -1;
    memset(wall, 0, sizeof(*wall));
    wall->len = players == 3 ? 72 : WALL_TILES;
    for (unsigned i = 0; i < wall->len; i++)
        wall->tile[i] = (uint8_t) i;
    for (unsigned i = wall->len - 1u; i > 0; i--) {
        unsigned j = below(&stream, i + 1);
        uint8_t tile = wall->tile[i];

        wall->tile[i] = wall->tile[j];
        wall->tile[j] = tile;
    }
    wall->dice[0] = (uint8_t) (1 + below(&stream, 6));
    wall->dice[1] = (uint8_t) (1 + below(&stream, 6));
    wall->banker = (uint8_t) below(&stream, players);
    failed = stream.failed;
    OPENSSL_cleanse(&stream, sizeof(stream));
    return failed ? -1 : 0;
}
