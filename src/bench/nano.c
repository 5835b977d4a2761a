#include "bench/nano.h"

#include <openssl/evp.h>
#include <string.h>

#include "bench/scan.h"

enum { BODY_MAX = 1 << 20 };

/* packets and messages */

static int
message_parse(struct nano_packet *pk)
{
    const uint8_t *p = (const uint8_t *) pk->body.data;
    size_t n = pk->body.len, at = 1;

    if (n == 0)
        return -1;
    pk->flag = p[0] & 0x0e;
    if (pk->flag == NANO_RESPONSE) {
        unsigned shift = 0;
        pk->id = 0;
        do {
            if (at == n || shift > 63)
                return -1;
            pk->id |= (uint64_t) (p[at] & 0x7f) << shift;
            shift += 7;
        } while ((p[at++] & 0x80) != 0);
    } else if (pk->flag == NANO_PUSH) {
        at += (p[0] & 1) != 0 ? 2 : n > 1 ? 1 + (size_t) p[1] : 1;
        if (at > n)
            return -1;
        pk->route = (p[0] & 1) != 0
                        ? STR("")
                        : (struct str){(const char *) p + 2, at - 2};
    } else {
        return -1;
    }
    pk->payload = (struct str){pk->body.data + at, n - at};
    return 0;
}

ssize_t
nano_parse(struct nano_packet *pk, const uint8_t *p, size_t n)
{
    if (n < NANO_HEAD)
        return 0;
    size_t len = (size_t) p[1] << 16 | (size_t) p[2] << 8 | p[3];
    if (p[0] < NANO_HANDSHAKE || p[0] > NANO_KICK || len > BODY_MAX)
        return -1;
    if (n < NANO_HEAD + len)
        return 0;
    pk->type = p[0];
    pk->body = (struct str){(const char *) p + NANO_HEAD, len};
    if (pk->type == NANO_DATA && message_parse(pk) == -1)
        return -1;
    return (ssize_t) (NANO_HEAD + len);
}

static void
head_append(struct buf *out, enum nano_type type, size_t len)
{
    const uint8_t head[NANO_HEAD] = {
        (uint8_t) type,
        (uint8_t) (len >> 16),
        (uint8_t) (len >> 8),
        (uint8_t) len,
    };
    buf_append(out, head, sizeof head);
}

void
nano_packet(struct buf *out, enum nano_type type, struct str body)
{
    head_append(out, type, body.len);
    buf_append_str(out, body);
}

static void
id_append(struct buf *out, uint64_t id)
{
    for (; id >= 0x80; id >>= 7)
        buf_append_byte(out, (uint8_t) (id | 0x80));
    buf_append_byte(out, (uint8_t) id);
}

/* the pipeline */

#define MX                                                                    \
    ((((z >> 5) ^ (y << 2)) + ((y >> 3) ^ (z << 4))) ^                        \
     ((sum ^ y) + (k[(p & 3) ^ e] ^ z)))

static const uint32_t DELTA = 0x9e3779b9;

static void
xxtea_encrypt(uint32_t *v, uint32_t n, const uint32_t *k)
{
    uint32_t z = v[n - 1], y, sum = 0, p, e;

    for (uint32_t round = 6 + 52 / n; round > 0; round--) {
        sum += DELTA;
        e = sum >> 2 & 3;
        for (p = 0; p < n; p++) {
            y = v[p + 1 < n ? p + 1 : 0];
            z = v[p] += MX;
        }
    }
}

static void
xxtea_decrypt(uint32_t *v, uint32_t n, const uint32_t *k)
{
    uint32_t y = v[0], z, p, e;

    for (uint32_t sum = (6 + 52 / n) * DELTA; sum != 0; sum -= DELTA) {
        e = sum >> 2 & 3;
        for (p = n; p-- > 0;) {
            z = v[p > 0 ? p - 1 : n - 1];
            y = v[p] -= MX;
        }
    }
}

/* Words are little-endian on the wire, as on every machine we run on. */
static void
key_words(uint32_t words[4], struct str key)
{
    memset(words, 0, 16);
    memcpy(words, key.data, key.len < 16 ? key.len : 16);
}

static void
seal(struct buf *out, struct str payload, struct str key)
{
    if (key.len == 0 || payload.len == 0) {
        buf_append_str(out, payload);
        return;
    }

    uint32_t k[4], len = (uint32_t) payload.len;
    uint32_t n = (len + 3) / 4 + 1;
    struct buf words = {0};
    memset(buf_reserve(&words, (size_t) n * 4), 0, (size_t) n * 4);
    memcpy(words.data, payload.data, len);
    memcpy(words.data + (size_t) (n - 1) * 4, &len, 4);
    key_words(k, key);
    xxtea_encrypt((uint32_t *) (void *) words.data, n, k);
    out->len += (size_t) EVP_EncodeBlock(buf_reserve(out, (size_t) n * 6 + 8),
                                         words.data, (int) n * 4);
    buf_deinit(&words);
}

static int
decrypt(struct buf *out, uint8_t *words, size_t size, struct str key)
{
    uint32_t k[4], len;

    if (size < 8 || size % 4 != 0)
        return -1;
    key_words(k, key);
    xxtea_decrypt((uint32_t *) (void *) words, (uint32_t) (size / 4), k);
    memcpy(&len, words + size - 4, 4);
    if (len > size - 4 || len + 3 < size - 4)
        return -1;
    buf_append(out, words, len);
    return 0;
}

int
nano_open(struct buf *out, struct str payload, struct str key)
{
    if (key.len == 0 || payload.len == 0) {
        buf_append_str(out, payload);
        return 0;
    }
    if (payload.len % 4 != 0)
        return -1;

    struct buf words = {0};
    int n = EVP_DecodeBlock(buf_reserve(&words, payload.len),
                            (const uint8_t *) payload.data, (int) payload.len);
    for (size_t i = payload.len; n > 0 && payload.data[i - 1] == '='; i--)
        n--;
    int rc = n < 0 ? -1 : decrypt(out, words.data, (size_t) n, key);
    buf_deinit(&words);
    return rc;
}

static void
message_append(struct buf *out, struct buf *message, struct str payload,
               struct str key)
{
    seal(message, payload, key);
    nano_packet(out, NANO_DATA, buf_str(message));
    buf_deinit(message);
}

void
nano_request(struct buf *out, uint64_t id, struct str route,
             struct str payload, struct str key)
{
    struct buf m = {0};

    buf_append_byte(&m, NANO_REQUEST);
    id_append(&m, id);
    buf_append_byte(&m, (uint8_t) route.len);
    buf_append_str(&m, route);
    message_append(out, &m, payload, key);
}

void
nano_notify(struct buf *out, struct str route, struct str payload,
            struct str key)
{
    struct buf m = {0};

    buf_append_byte(&m, NANO_NOTIFY);
    buf_append_byte(&m, (uint8_t) route.len);
    buf_append_str(&m, route);
    message_append(out, &m, payload, key);
}

void
nano_response(struct buf *out, uint64_t id, struct str payload, struct str key)
{
    struct buf m = {0};

    buf_append_byte(&m, NANO_RESPONSE);
    id_append(&m, id);
    message_append(out, &m, payload, key);
}

/* the handshake */

void
nano_shake(struct client *c, uint64_t now)
{
    static const char body[] =
        "{\"sys\":{\"type\":\"sparrow-bench\",\"version\":\"0.0.1\"},"
        "\"user\":{}}";
    struct buf out = {0};

    nano_packet(&out, NANO_HANDSHAKE, STR(body));
    c->waiting_ns = now;
    ssize_t sent = client_send(c, out.data, out.len, now);
    if (sent >= 0 && (size_t) sent < out.len)
        client_fail(c, now, "handshake: not taken");
    buf_deinit(&out);
}

ssize_t
nano_shaken(struct client *c, struct buf *in, const uint8_t *p, size_t n,
            uint64_t now)
{
    static const uint8_t ack[] = {NANO_ACK, 0, 0, 0};
    struct nano_packet pk;
    size_t before = in->len;
    int64_t code;

    buf_append(in, p, n);
    ssize_t used = nano_parse(&pk, in->data, in->len);
    if (used == 0)
        return 0;
    if (used == -1 || pk.type != NANO_HANDSHAKE) {
        client_fail(c, now,
                    used == -1 ? "handshake: garbage"
                               : "handshake: other packet");
        return -1;
    }
    if (!scan_number(pk.body, "code", &code) || code != 200) {
        client_fail(c, now, "handshake: refused");
        return -1;
    }
    buf_deinit(in);
    ssize_t sent = client_send(c, ack, sizeof ack, now);
    if (sent == -1)
        return -1;
    if (sent < (ssize_t) sizeof ack) {
        client_fail(c, now, "handshake: not taken");
        return -1;
    }
    c->waiting_ns = 0;
    return used - (ssize_t) before;
}
