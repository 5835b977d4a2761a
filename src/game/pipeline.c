#include "game/pipeline.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#include "core/arena.h"
#include "core/buf.h"

/* EVP_DecodeBlock counts in int. */
enum { PIPELINE_MAX = INT_MAX / 2 };

static bool
is_base64(unsigned char c)
{
    static const bool yes[256] = {
        ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['0' ... '9'] = true,
        ['+'] = true,         ['/'] = true,
    };

    return yes[c];
}

/*
 * The size of what the text encodes, or -1.  EVP_DecodeBlock skips space and
 * does not say how much of its last block was padding, so nothing else than
 * whole blocks gets there.
 */
static ssize_t
base64_size(struct str text)
{
    size_t len = text.len, padding = 0, bad = 0;

    if (len % 4 != 0 || len > PIPELINE_MAX)
        return -1;
    while (padding < 2 && padding < len && text.data[len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < len - padding; i++)
        bad |= !is_base64((unsigned char) text.data[i]);
    return bad ? -1 : (ssize_t) (len / 4 * 3 - padding);
}

int
pipeline_in(const struct pipeline *pl, struct arena *arena, struct str in,
            struct str *plain)
{
    *plain = in;
    if (pl->kind == PIPELINE_NONE || in.len == 0)
        return 0;

    ssize_t size = base64_size(in);

    if (size < 0)
        return -1;

    uint8_t *out = arena_alloc(arena, in.len / 4 * 3 + 1);

    if (EVP_DecodeBlock(out, (const uint8_t *) in.data, (int) in.len) < 0)
        return -1;
    if ((size = xxtea_decrypt(&pl->key, out, (size_t) size)) < 0)
        return -1;
    out[size] = '\0';
    *plain = (struct str){(const char *) out, (size_t) size};
    return 0;
}

size_t
pipeline_out_size(const struct pipeline *pl, size_t len)
{
    if (pl->kind == PIPELINE_NONE)
        return len;
    return (xxtea_size(len) + 2) / 3 * 4;
}

/*
 * The encrypted bytes stand for a moment behind the place of the text they
 * become (and behind the NUL that EVP_EncodeBlock adds).
 */
void
pipeline_out(const struct pipeline *pl, struct buf *out, struct str in)
{
    if (pl->kind == PIPELINE_NONE || in.len == 0) {
        buf_append_str(out, in);
        return;
    }
    assert(in.len <= PIPELINE_MAX);

    size_t text = pipeline_out_size(pl, in.len);
    uint8_t *place = buf_reserve(out, text + 1 + xxtea_size(in.len));
    uint8_t *secret = place + text + 1;

    memcpy(secret, in.data, in.len);
    EVP_EncodeBlock(place, secret,
                    (int) xxtea_encrypt(&pl->key, secret, in.len));
    out->len += text;
}
