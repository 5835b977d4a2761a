/*
 * Packets and messages: tables, each truncation before a guard page, what
 * goes out comes in again.
 */
#include "game/packet.h"

#include "game/message.h"
#include "guard.h"
#include "tap.h"

static struct guard guard;

static void
test_packet_table(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        ssize_t want;
        int error;
        const char *what;
    } cases[] = {
        {"", 0, 0, 0, "nothing"},
        {"\1", 1, 0, 0, "a type alone"},
        {"\1\0\0", 3, 0, 0, "three bytes"},
        {"\3\0\0\0", 4, 4, 0, "a heartbeat"},
        {"\4\0\0\2ab", 6, 6, 0, "data"},
        {"\4\0\0\2abc", 7, 6, 0, "data and more"},
        {"\4\0\0\2a", 5, 0, 0, "half of its body"},
        {"\5\0\0\0", 4, 4, 0, "a kick"},
        {"\0", 1, -1, PACKET_ERROR_TYPE, "type 0"},
        {"\6", 1, -1, PACKET_ERROR_TYPE, "type 6, alone"},
        {"\xff\0\0\0", 4, -1, PACKET_ERROR_TYPE, "type 255"},
        {"G", 1, -1, PACKET_ERROR_TYPE, "the G of GET"},
        {"\4\0\0\x11", 4, -1, PACKET_ERROR_SIZE, "17 bytes, none there"},
        {"\4\0\0\x10", 4, 0, 0, "16 bytes, none there"},
        {"\4\xff\xff\xff", 4, -1, PACKET_ERROR_SIZE, "16 MB"},
        {"\4\1\0\0", 4, -1, PACKET_ERROR_SIZE, "65536 bytes"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint8_t *p = guard_copy(&guard, cases[i].bytes, cases[i].len);
        struct packet pk = {0};

        is_int(packet_parse(&pk, p, cases[i].len, 16), cases[i].want, "%s",
               cases[i].what);
        is_int(pk.error, cases[i].error, "%s: its error", cases[i].what);
        if (cases[i].want > 0)
            ok(pk.type == p[0] && pk.body == p + 4 &&
                   (ssize_t) pk.len == cases[i].want - 4,
               "%s: its parts", cases[i].what);
    }
}

static void
test_packet_bytewise(void)
{
    uint8_t stream[600];
    struct packet pk;
    ssize_t n = -1;
    size_t early = 0;

    packet_header_put(stream, PACKET_DATA, 513);
    memset(stream + 4, 'x', 513);
    for (size_t len = 0; len < 517; len++)
        early += packet_parse(&pk, guard_copy(&guard, stream, len), len,
                              PACKET_MAX_BODY) != 0;
    is_int(early, 0, "no part of a packet is a packet");
    n = packet_parse(&pk, guard_copy(&guard, stream, 517), 517, 513);
    is_int(n, 517, "the whole is, at exactly the limit");
    is_int(packet_parse(&pk, stream, 517, 512), -1, "one above is not");
    is_int(pk.len, 513, "the refused length is known to the log");
    is_str(packet_error_text(pk.error), "client sent a packet too large",
           "so is why");

    packet_header_put(stream, PACKET_KICK, PACKET_LIMIT_BODY);
    ok(memcmp(stream, "\5\xff\xff\xff", 4) == 0, "the longest header");
    is_str(packet_type_name(PACKET_HANDSHAKE), "handshake", "type 1");
    is_str(packet_type_name(PACKET_KICK), "kick", "type 5");
    is_str(packet_type_name(6), "unknown", "type 6");
    is_str(packet_type_name(255), "unknown", "type 255");
}

static void
test_message_table(void)
{
#define FF9  "\xff\xff\xff\xff\xff\xff\xff\xff\xff"
#define C(s) s, sizeof(s) - 1
    static const struct {
        const char *bytes;
        size_t len;
        int error;
        int type;
        uint64_t id;
        int code;
        const char *route;
        size_t payload;
        const char *what;
    } cases[] = {
        {C("\0\1\1ahi"), 0, 0, 1, 0, "a", 2, "a request"},
        {C("\0\1\1a"), 0, 0, 1, 0, "a", 0, "a request without payload"},
        {C("\0\1\0"), 0, 0, 1, 0, "", 0, "a request with an empty route"},
        {C("\1\5\1\2x"), 0, 0, 5, 258, "", 1, "a compressed request"},
        {C("\2\3abc{}"), 0, 1, 0, 0, "abc", 2, "a notify"},
        {C("\3\377\376"), 0, 1, 0, 65534, "", 0, "a compressed notify"},
        {C("\4\7xyz"), 0, 2, 7, 0, "", 3, "a response"},
        {C("\5\7xyz"), 0, 2, 7, 0, "", 3, "one with the route bit"},
        {C("\6\2onp"), 0, 3, 0, 0, "on", 1, "a push"},
        {C("\0\x80\1\1a"), 0, 0, 128, 0, "a", 0, "id 128"},
        {C("\0\x80\0\1a"), 0, 0, 0, 0, "a", 0, "id 0 in two bytes"},
        {C("\4" FF9 "\1"), 0, 2, UINT64_MAX, 0, "", 0, "the largest id"},
        {C(""), MESSAGE_ERROR_FLAG, 0, 0, 0, "", 0, "nothing"},
        {C("\x08\1\1a"), MESSAGE_ERROR_FLAG, 0, 0, 0, "", 0, "type 4"},
        {C("\x0e\1\1a"), MESSAGE_ERROR_FLAG, 0, 0, 0, "", 0, "type 7"},
        {C("\x10\1\1a"), MESSAGE_ERROR_ZLIB, 0, 0, 0, "", 0, "zlib"},
        {C("\x13\1\1a"), MESSAGE_ERROR_ZLIB, 0, 0, 0, "", 0, "with a code"},
        {C("\x18\1\1a"), MESSAGE_ERROR_FLAG, 0, 0, 0, "", 0, "and type 4"},
        {C("\x20\1\1a"), MESSAGE_ERROR_FLAG, 0, 0, 0, "", 0, "pitaya's error"},
        {C("\xff\1\1a"), MESSAGE_ERROR_FLAG, 0, 0, 0, "", 0, "flag 255"},
        {C("\0"), MESSAGE_ERROR_ID, 0, 0, 0, "", 0, "no id"},
        {C("\0\x80"), MESSAGE_ERROR_ID, 0, 0, 0, "", 0, "half an id"},
        {C("\0" FF9 "\2\1a"), MESSAGE_ERROR_ID, 0, 0, 0, "", 0, "65 bits"},
        {C("\4" FF9 "\x81\0"), MESSAGE_ERROR_ID, 0, 0, 0, "", 0, "11 bytes"},
        {C("\0" FF9 FF9 FF9), MESSAGE_ERROR_ID, 0, 0, 0, "", 0, "a bomb"},
        {C("\0\1"), MESSAGE_ERROR_ROUTE, 0, 0, 0, "", 0, "no route"},
        {C("\0\1\2a"), MESSAGE_ERROR_ROUTE, 0, 0, 0, "", 0, "half a route"},
        {C("\2\377"), MESSAGE_ERROR_ROUTE, 0, 0, 0, "", 0, "a length alone"},
        {C("\1\1"), MESSAGE_ERROR_ROUTE, 0, 0, 0, "", 0, "no code"},
        {C("\3\1"), MESSAGE_ERROR_ROUTE, 0, 0, 0, "", 0, "half a code"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message m = {0};
        const uint8_t *p = guard_copy(&guard, cases[i].bytes, cases[i].len);
        int result = message_parse(&m, p, cases[i].len);

        is_int(result, cases[i].error ? -1 : 0, "%s", cases[i].what);
        if (cases[i].error) {
            is_int(m.error, cases[i].error, "%s: its error", cases[i].what);
            continue;
        }
        ok(m.type == cases[i].type && m.id == cases[i].id &&
               m.code == cases[i].code &&
               str_equal(m.route, str_of(cases[i].route)) &&
               m.len == cases[i].payload &&
               m.payload + m.len == p + cases[i].len,
           "%s: its parts", cases[i].what);
    }
}

/* Everything message_head_put() can write is read back, from a guard page. */
static void
test_message_round_trip(void)
{
    static char text[MESSAGE_MAX_ROUTE];
    static const size_t routes[] = {0, 1, 127, 128, 255};
    size_t bad = 0, longest = 0;

    memset(text, 'r', sizeof(text));
    for (unsigned flag = 0; flag < 8; flag++) {
        for (unsigned bit = 0; bit <= 64; bit++) {
            for (size_t i = 0; i < 5; i++) {
                uint8_t out[MESSAGE_HEAD_MAX];
                struct message m = {
                    .type = (uint8_t) (flag >> 1),
                    .compressed = flag & 1,
                    .code = (uint16_t) (bit * 1000),
                    .id = bit == 64 ? UINT64_MAX : (uint64_t) 1 << bit,
                    .route = {text, routes[i]},
                };
                struct message back;
                size_t n = message_head_put(out, &m);
                bool has_id = flag < 2 || (flag >> 1) == 2;
                bool is_text = !(flag & 1) && (flag >> 1) != 2;

                longest = n > longest ? n : longest;
                if (message_parse(&back, guard_copy(&guard, out, n), n) ||
                    back.type != m.type || back.compressed != m.compressed ||
                    back.id != (has_id ? m.id : 0) || back.len != 0 ||
                    (is_text && back.route.len != routes[i]))
                    bad++;
                for (size_t cut = 0; cut < n; cut++)
                    bad += message_parse(&back, guard_copy(&guard, out, cut),
                                         cut) == 0;
            }
        }
    }
    is_int(bad, 0, "heads come back as they went, and no part of one does");
    is_int(longest, MESSAGE_HEAD_MAX, "the longest head is as long as said");
    is_str(message_type_name(3), "push", "type 3");
    is_str(message_type_name(4), "unknown", "type 4");
}

int
main(void)
{
    guard = guard_create(4096);
    test_packet_table();
    test_packet_bytewise();
    test_message_table();
    test_message_round_trip();
    guard_destroy(&guard);
    return tap_done();
}
