#include "game/errors.h"

#include <assert.h>
#include <stddef.h>

#include "core/buf.h"
#include "game/codec.h"

struct error_body {
    int code;
    struct str error;
};

static FIELDS(error_body, FIELD(error_body, code), FIELD(error_body, error));

/* In the order of the codes, from ERROR_UNKNOWN. */
static const char *const texts[] = {
    "unknown",
    "bad route",
    "not found",
    "wrong type",
    "user name exists",
    "auth failed",
    "illegal parameter",
    "not an RSA public key",
    "not an RSA private key",
    "illegal login type",
    "wrong password",
    "user name not found",
    "init failed",
    "server internal",
    "database operation",
    "cache operation",
    "permission denied",
    "not implemented",
    "user not found",
    "token not found",
    "invalid token",
    "illegal name",
    "token mismatch user",
    "invalid platform",
    "unsupported sign type",
    "order not found",
    "invalid parameter",
    "request failed",
    "illegal order type",
    "coin not enough",
    "frequency limited",
    "verify failed",
    "sign failed",
    "trade existed",
    "provider not found",
    "third account not found",
    "wrong third login type",
    "dir not exists",
    "pay test disabled",
    "property not found",
    "uuid not found",
    "production not found",
    "request prepay id failed",
    "desk not found",
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static_assert(TEXTS == ERROR_DESK_NOT_FOUND - ERROR_UNKNOWN + 1,
              "one text for each code");

const char *
error_text(int code)
{
    bool known = code >= ERROR_UNKNOWN && code <= ERROR_DESK_NOT_FOUND;

    return texts[known ? code - ERROR_UNKNOWN : 0];
}

void
error_put(const struct codec *codec, struct buf *out, int code,
          const char *why)
{
    const char *text = error_text(code);

    if (why == NULL) {
        error_put_text(codec, out, code, str_of(text));
        return;
    }

    struct buf both = {0};

    buf_printf(&both, "%s: %s", text, why);
    error_put_text(codec, out, code, buf_str(&both));
    buf_deinit(&both);
}

void
error_put_text(const struct codec *codec, struct buf *out, int code,
               struct str text)
{
    const struct error_body body = {code, text};

    codec->put(out, &error_body_fields, &body);
}
