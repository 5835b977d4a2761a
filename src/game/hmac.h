/*
 * HMAC-SHA-256.  HMAC() of OpenSSL 3 looks the algorithm up at each call,
 * which takes several times as long as the digest of a short text; here it is
 * looked up once.
 */
#ifndef GAME_HMAC_H
#define GAME_HMAC_H

#include <stddef.h>
#include <stdint.h>

enum { HMAC_LEN = 32 };

/* 0, or -1 if OpenSSL fails. */
int hmac_sha256(const uint8_t *key, size_t key_len, const void *data,
                size_t len, uint8_t mac[HMAC_LEN]);

#endif
