/*
 * XXTEA ("Corrected Block TEA", Wheeler and Needham 1998) in the shape the
 * xxtea libraries gave it: little-endian words, the plain text padded with
 * zeros to whole words and followed by one word with its length, the key
 * padded with zeros or cut to 16 bytes.  Nothing is authenticated; it hides
 * payloads from a casual eye, as the clients in the field expect.
 */
#ifndef GAME_XXTEA_H
#define GAME_XXTEA_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct xxtea_key {
    uint32_t word[4];
};

void xxtea_key_set(struct xxtea_key *key, const void *data, size_t len);

/* The encrypted size of len < 2^31 bytes; nothing stays nothing. */
static inline size_t
xxtea_size(size_t len)
{
    return len == 0 ? 0 : (len + 3) / 4 * 4 + 4;
}

/*
 * Encrypts the first len bytes of buf in place; buf has room for
 * xxtea_size(len), which is returned.
 */
size_t xxtea_encrypt(const struct xxtea_key *key, uint8_t *buf, size_t len);

/*
 * Decrypts buf in place.  Returns the length of the plain text at its start,
 * or -1 if len is no size that xxtea_encrypt makes or the length word inside
 * does not fit it: another key, or damage.  buf is scrambled then.
 */
ssize_t xxtea_decrypt(const struct xxtea_key *key, uint8_t *buf, size_t len);

#endif
