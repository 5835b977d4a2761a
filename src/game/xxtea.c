#include "game/xxtea.h"

#include <endian.h>
#include <string.h>

#define DELTA 0x9e3779b9u

static uint32_t
load(const uint8_t *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof(w));
    return le32toh(w);
}

static void
store(uint8_t *p, uint32_t w)
{
    w = htole32(w);
    memcpy(p, &w, sizeof(w));
}

/* The MX of the paper: y is the word after, z the word before. */
static inline uint32_t
mix(const struct xxtea_key *key, uint32_t y, uint32_t z, uint32_t sum,
    uint32_t i, uint32_t e)
{
    return (((z >> 5) ^ (y << 2)) + ((y >> 3) ^ (z << 4))) ^
           ((sum ^ y) + (key->word[(i & 3) ^ e] ^ z));
}

void
xxtea_key_set(struct xxtea_key *key, const void *data, size_t len)
{
    uint8_t bytes[sizeof(key->word)] = {0};

    if (len > sizeof(bytes))
        len = sizeof(bytes);
    if (len != 0)
        memcpy(bytes, data, len);
    for (unsigned i = 0; i < 4; i++)
        key->word[i] = load(bytes + 4 * i);
}

size_t
xxtea_encrypt(const struct xxtea_key *key, uint8_t *buf, size_t len)
{
    size_t size = xxtea_size(len);
    uint32_t words = (uint32_t) (size / 4);

    if (size == 0)
        return 0;
    memset(buf + len, 0, size - 4 - len);
    store(buf + size - 4, (uint32_t) len);

    uint32_t sum = 0, z = (uint32_t) len;

    for (uint32_t rounds = 6 + 52 / words; rounds > 0; rounds--) {
        uint32_t w = load(buf), y, e, i;

        sum += DELTA;
        e = sum >> 2 & 3;
        for (i = 0; i < words - 1; i++) {
            y = load(buf + 4 * (size_t) (i + 1));
            z = w + mix(key, y, z, sum, i, e);
            store(buf + 4 * (size_t) i, z);
            w = y;
        }
        y = load(buf);
        z = w + mix(key, y, z, sum, i, e);
        store(buf + 4 * (size_t) i, z);
    }
    return size;
}

ssize_t
xxtea_decrypt(const struct xxtea_key *key, uint8_t *buf, size_t len)
{
    uint32_t words = (uint32_t) (len / 4);

    if (len == 0)
        return 0;
    if (len % 4 != 0 || len < 8 || len > INT32_MAX)
        return -1;

    uint32_t rounds = 6 + 52 / words;
    uint32_t y = load(buf);

    for (uint32_t sum = rounds * DELTA; sum != 0; sum -= DELTA) {
        uint32_t w = load(buf + len - 4), z, e = sum >> 2 & 3, i;

        for (i = words - 1; i > 0; i--) {
            z = load(buf + 4 * (size_t) (i - 1));
            y = w - mix(key, y, z, sum, i, e);
            store(buf + 4 * (size_t) i, y);
            w = z;
        }
        z = load(buf + len - 4);
        y = w - mix(key, y, z, sum, i, e);
        store(buf, y);
    }

    size_t plain = load(buf + len - 4);

    return xxtea_size(plain) == len && plain != 0 ? (ssize_t) plain : -1;
}
