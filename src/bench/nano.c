#include "bench/nano.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>

#include "bench/scan.h"
#include "core/mem.h"

enum {
    BODY_MAX = 1 << 20,
    FEW_WORDS = 1024, /* what is larger is sealed and opened on the heap */
};

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

/* The head of a packet whose body follows; its length is set afterwards. */
static size_t
packet_begin(struct buf *out, enum nano_type type)
{
    const uint8_t head[NANO_HEAD] = {(uint8_t) type};

    buf_append(out, head, sizeof head);
    return out->len;
}

static void
packet_end(struct buf *out, size_t body)
{
    size_t len = out->len - body;

    out->data[body - 3] = (uint8_t) (len >> 16);
    out->data[body - 2] = (uint8_t) (len >> 8);
    out->data[body - 1] = (uint8_t) len;
}

void
nano_packet(struct buf *out, enum nano_type type, struct str body)
{
    size_t at = packet_begin(out, type);

    buf_append_str(out, body);
    packet_end(out, at);
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
    uint32_t few[FEW_WORDS], *words = few, k[4];
    uint32_t len = (uint32_t) payload.len, n = (len + 3) / 4 + 1;

    if (key.len == 0 || payload.len == 0) {
        buf_append_str(out, payload);
        return;
    }
    if (n > FEW_WORDS)
        words = mem_alloc((size_t) n * 4);
    words[n - 2] = 0;
    memcpy(words, payload.data, len);
    words[n - 1] = len;
    key_words(k, key);
    xxtea_encrypt(words, n, k);
    out->len += (size_t) EVP_EncodeBlock(buf_reserve(out, (size_t) n * 6 + 8),
                                         (const uint8_t *) words, (int) n * 4);
    if (words != few)
        mem_free(words);
}

int
nano_open(struct buf *out, struct str payload, struct str key)
{
    uint32_t few[FEW_WORDS], *words = few, k[4], len;
    int size, rc = -1;

    if (key.len == 0 || payload.len == 0) {
        buf_append_str(out, payload);
        return 0;
    }
    if (payload.len % 4 != 0)
        return -1;
    if (payload.len > sizeof few)
        words = mem_alloc(payload.len);
    size = EVP_DecodeBlock((uint8_t *) words, (const uint8_t *) payload.data,
                           (int) payload.len);
    for (size_t i = payload.len; size > 0 && payload.data[i - 1] == '='; i--)
        size--;
    if (size >= 8 && size % 4 == 0) {
        key_words(k, key);
        xxtea_decrypt(words, (uint32_t) size / 4, k);
        len = words[size / 4 - 1];
        if (len <= (uint32_t) size - 4 && len + 3 >= (uint32_t) size - 4) {
            buf_append(out, words, len);
            rc = 0;
        }
    }
    if (words != few)
        mem_free(words);
    return rc;
}

/* As the XXTEA pipeline makes it: base64 of three words at least. */
static bool
is_sealed(struct str s)
{
    size_t n = s.len;

    if (n < 16 || n % 4 != 0)
        return false;
    n -= s.data[n - 1] == '=' ? s.data[n - 2] == '=' ? 2 : 1 : 0;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char) s.data[i]) && s.data[i] != '+' &&
            s.data[i] != '/')
            return false;
    return true;
}

const char *
nano_doubt(struct str payload, struct str key)
{
    if (key.len == 0)
        return is_sealed(payload)
                   ? "game: is the pipeline xxtea? use --xxtea KEY"
                   : NULL;
    return is_sealed(payload) ? "game: does not open: is --xxtea the key?"
                              : "game: not sealed: is the pipeline xxtea?";
}

/* A data packet; `id` counts only in requests and responses. */
static void
message(struct buf *out, enum nano_flag flag, uint64_t id, struct str route,
        struct str payload, struct str key)
{
    size_t body = packet_begin(out, NANO_DATA);

    buf_append_byte(out, (uint8_t) flag);
    if (flag == NANO_REQUEST || flag == NANO_RESPONSE)
        id_append(out, id);
    if (flag != NANO_RESPONSE) {
        buf_append_byte(out, (uint8_t) route.len);
        buf_append_str(out, route);
    }
    seal(out, payload, key);
    packet_end(out, body);
}

void
nano_request(struct buf *out, uint64_t id, struct str route,
             struct str payload, struct str key)
{
    message(out, NANO_REQUEST, id, route, payload, key);
}

void
nano_notify(struct buf *out, struct str route, struct str payload,
            struct str key)
{
    message(out, NANO_NOTIFY, 0, route, payload, key);
}

void
nano_response(struct buf *out, uint64_t id, struct str payload, struct str key)
{
    message(out, NANO_RESPONSE, id, STR(""), payload, key);
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
    struct str sys;
    int64_t code, interval;

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
    if (!scan_field(pk.body, "sys", &sys) ||
        !scan_number(sys, "heartbeat", &interval) || interval < 0)
        interval = 0;
    c->loop->beat_after_ns = (uint64_t) interval * 1000000000;
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

void
nano_heartbeat(struct client *c, uint64_t now)
{
    if (c->loop->beat_after_ns != 0) /* else the server wants none */
        client_beat_later(c, now);
}
