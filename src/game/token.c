#include "game/token.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/log.h"
#include "core/secret.h"
#include "game/hmac.h"

enum { MAC_TEXT = 43 }; /* base64url of 32 bytes, without padding */

/* ---- the key file ---- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
parse_key(struct token_keys *keys, const char *line)
{
    size_t id = strcspn(line, " ");
    const char *hex = line + id + 1;

    if (keys->count == TOKEN_KEYS || id == 0 || id > TOKEN_KEY_ID ||
        line[id] != ' ' || strspn(hex, "0123456789abcdefABCDEF") != 64 ||
        (hex[64] != '\n' && hex[64] != '\0'))
        return false;
    for (size_t i = 0; i < id; i++)
        if (!isalnum((unsigned char) line[i]))
            return false;
    memcpy(keys->keys[keys->count].id, line, id);
    for (int i = 0; i < 32; i++)
        keys->keys[keys->count].secret[i] =
            (uint8_t) (hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    keys->count++;
    return true;
}

int
token_keys_load(struct token_keys *keys, const char *path, struct log *log)
{
    char line[256];
    FILE *f = secret_file_open(path, "token key", "k1", log);

    *keys = (struct token_keys){0};
    if (f == NULL)
        return -1;
    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] == '#' || line[0] == '\n' || parse_key(keys, line))
            continue;
        log_write(log, LOG_EMERG, 0,
                  "\"%s\" has a line that is not \"ID HEX\" with 64 hex "
                  "digits, or more than %d keys",
                  path, TOKEN_KEYS);
        keys->count = 0;
        break;
    }
    OPENSSL_cleanse(line, sizeof(line));
    fclose(f);
    if (keys->count == 0)
        log_write(log, LOG_EMERG, 0, "no token key in \"%s\"", path);
    return keys->count != 0 ? 0 : -1;
}

/* ---- tokens ---- */

/* MAC_TEXT characters and NUL; -1 if OpenSSL fails. */
static int
mac_text(const uint8_t secret[32], const char *text, size_t len,
         char out[MAC_TEXT + 2])
{
    uint8_t mac[HMAC_LEN];

    if (hmac_sha256(secret, 32, text, len, mac) != 0)
        return -1;
    EVP_EncodeBlock((unsigned char *) out, mac, sizeof(mac));
    out[MAC_TEXT] = '\0';
    for (char *p = out; *p != '\0'; p++)
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    return 0;
}

size_t
token_make(const struct token_keys *keys, const struct token *token,
           char out[TOKEN_MAX])
{
    char mac[MAC_TEXT + 2];
    int n = snprintf(out, TOKEN_MAX, "1.%s.%" PRId64 ".%" PRId64 ".%" PRId64,
                     keys->keys[0].id, token->uid, token->issued,
                     token->expires);

    if (mac_text(keys->keys[0].secret, out, (size_t) n, mac) != 0) {
        out[0] = '\0';
        return 0;
    }
    return (size_t) (n +
                     snprintf(out + n, TOKEN_MAX - (size_t) n, ".%s", mac));
}

/* A decimal number without sign or leading zeros, then a dot. */
static const char *
take_number(const char *p, int64_t *out)
{
    int64_t n = 0;
    const char *start = p;

    for (; *p >= '0' && *p <= '9'; p++) {
        if (p - start == 16)
            return NULL;
        n = n * 10 + (*p - '0');
    }
    if (p == start || (*start == '0' && p - start > 1) || *p != '.')
        return NULL;
    *out = n;
    return p + 1;
}

static bool
mac_is_good(const struct token_keys *keys, const char *id, size_t id_len,
            const char *text, const char *mac)
{
    char want[MAC_TEXT + 2];

    for (unsigned i = 0; i < keys->count; i++) {
        if (strlen(keys->keys[i].id) != id_len ||
            memcmp(keys->keys[i].id, id, id_len) != 0)
            continue;
        return mac_text(keys->keys[i].secret, text, (size_t) (mac - text) - 1,
                        want) == 0 &&
               CRYPTO_memcmp(want, mac, MAC_TEXT) == 0;
    }
    return false;
}

const char *
token_check(const struct token_keys *keys, struct str text, int64_t now,
            struct token *token)
{
    char copy[TOKEN_MAX];
    const char *id, *p;

    if (text.len >= sizeof(copy))
        return "too long";
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len || strncmp(copy, "1.", 2) != 0)
        return "malformed";
    id = copy + 2;
    p = strchr(id, '.');
    if (p == NULL || (p = take_number(p + 1, &token->uid)) == NULL ||
        (p = take_number(p, &token->issued)) == NULL ||
        (p = take_number(p, &token->expires)) == NULL || strlen(p) != MAC_TEXT)
        return "malformed";
    if (!mac_is_good(keys, id, strcspn(id, "."), copy, p))
        return "bad signature";
    if (now >= token->expires)
        return "expired";
    return NULL;
}
