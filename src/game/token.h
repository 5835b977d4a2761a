/*
 * Login tokens:
 *
 *   1.<key id>.<uid>.<issued>.<expires>.<base64url of HMAC-SHA256>
 *
 * the HMAC over all before the last dot, times in unix seconds.  The secret
 * is made at the first start, in a file that only its owner reads; the
 * master reads it, the workers have it by fork.  The file has a line
 * "ID HEX" for each key, at most two: the first signs, both are accepted, so
 * that a key can be rotated: put the new one in front, later drop the old.
 */
#ifndef GAME_TOKEN_H
#define GAME_TOKEN_H

#include <stdint.h>

#include "core/str.h"

struct log;

enum {
    TOKEN_KEYS = 2,
    TOKEN_KEY_ID = 16, /* characters at most, and NUL */
    TOKEN_MAX = 160    /* the longest token, and NUL */
};

struct token_keys {
    unsigned count;
    struct {
        char id[TOKEN_KEY_ID + 1];
        uint8_t secret[32];
    } keys[TOKEN_KEYS];
};

struct token {
    int64_t uid;
    int64_t issued; /* unix seconds */
    int64_t expires;
};

/* Reads the file, or makes it with one fresh key.  0, or -1 (logged). */
int token_keys_load(struct token_keys *keys, const char *path,
                    struct log *log);

/* Writes the token as text, NUL-terminated; returns its length, or 0 if it
 * cannot be signed. */
size_t token_make(const struct token_keys *keys, const struct token *token,
                  char out[TOKEN_MAX]);

/*
 * Takes a token apart and checks it, in constant time as to the secret.
 * NULL and *token filled, or why it is refused (for the log).
 */
const char *token_check(const struct token_keys *keys, struct str text,
                        int64_t now, struct token *token);

#endif
