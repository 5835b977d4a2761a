/*
 * The scan before msgpack-c: tables, truncations before a guard page, and
 * that msgpack-c agrees on what is one object.
 */
#include "core/msgpack_scan.h"

#include <msgpack.h>

#include "guard.h"
#include "tap.h"

static struct guard guard;

static ssize_t
scan(const void *bytes, size_t len, size_t max)
{
    return msgpack_scan(guard_copy(&guard, bytes, len), len, max);
}

static void
test_hostile(void)
{
#define C(s) s, sizeof(s) - 1
    static const struct {
        const char *bytes;
        size_t len;
        const char *what;
    } cases[] = {
        {C(""), "nothing"},
        {C("\xc1"), "the byte that is never used"},
        {C("\x91\xc1"), "it inside a list"},
        {C("\xdd\xff\xff\xff\xff"), "four billion elements"},
        {C("\xdf\xff\xff\xff\xff"), "four billion pairs"},
        {C("\xdf\x80\0\0\0"), "pairs whose double wraps in 32 bits"},
        {C("\xdc\xff\xff\0"), "65535 elements, one there"},
        {C("\xc6\xff\xff\xff\xff"), "4 GB of bytes"},
        {C("\xdb\xff\xff\xff\xffx"), "4 GB of text"},
        {C("\xc9\xff\xff\xff\xff\1x"), "4 GB of extension"},
        {C("\x92\x01"), "one of two elements"},
        {C("\x81\xa1k"), "a key without its value"},
        {C("\xa2k"), "half a text"},
        {C("\xcd\1"), "half a number"},
        {C("\xdc\0"), "half a count"},
        {C("\x9f\x9f\x9f\x9f\x9f"), "lists that promise too much together"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_int(scan(cases[i].bytes, cases[i].len, cases[i].len), -1, "%s",
               cases[i].what);
    is_int(scan("\xdd\0\0\x03\xfc", 5, 1024), -1,
           "one element more than a frame of 1024 bytes can hold");
    is_int(scan("\xdd\0\0\x03\xfb", 5, 1024), 0, "as many as it can");
    is_int(scan("\xa4k", 2, 4), -1, "a text longer than the frame");
    is_int(scan("\xa3k", 2, 4), 0, "a text not there yet");
    is_int(scan("\xdc", 1, 2), -1, "a header longer than the frame");
    is_int(scan("\xdc", 1, 3), 0, "a header not there yet");
    is_int(scan("\1\2\3", 3, 3), 1, "the first object only");
    is_int(scan("\x92\1\2\3", 4, 3), 3, "what is behind max is not looked at");
}

static void
test_depth(void)
{
    uint8_t nested[64];

    memset(nested, 0x91, sizeof(nested));
    nested[16] = 0xc0;
    is_int(scan(nested, 17, 17), 17, "16 levels");
    nested[15] = 0x90;
    is_int(scan(nested, 16, 16), 16, "16 levels, the last one empty");
    nested[15] = 0x91;
    nested[16] = 0x90;
    is_int(scan(nested, 17, 17), -1, "17 levels, the last one empty");
    nested[16] = 0x91;
    nested[17] = 0xc0;
    is_int(scan(nested, 18, 18), -1, "17 levels");
    memset(nested, 0x81, sizeof(nested));
    is_int(scan(nested, 64, 64), -1, "a ladder of maps in their keys");
}

/* One object of each kind and size of header. */
static void
pack_everything(msgpack_packer *pk, const char *many)
{
    static const size_t lens[] = {0, 1, 31, 32, 255, 256, 65535, 65536};

    msgpack_pack_array(pk, 30 + 4 * 8);
    for (unsigned bits = 0; bits < 8; bits++) {
        msgpack_pack_uint64(pk, (uint64_t) 0xff << (8 * bits) >> 1);
        msgpack_pack_int64(pk, -(int64_t) ((uint64_t) 0x7f << (8 * bits)));
    }
    msgpack_pack_nil(pk);
    msgpack_pack_true(pk);
    msgpack_pack_false(pk);
    msgpack_pack_float(pk, 1.5f);
    msgpack_pack_double(pk, 1.5);
    for (size_t n = 1; n <= 16; n *= 2) {
        msgpack_pack_ext(pk, n, 5);
        msgpack_pack_ext_body(pk, many, n);
    }
    for (size_t i = 0; i < 8; i++) {
        msgpack_pack_str_with_body(pk, many, lens[i]);
        msgpack_pack_bin_with_body(pk, many, lens[i]);
        msgpack_pack_ext_with_body(pk, many, lens[i], 7);
        msgpack_pack_array(pk, lens[i] % 70000);
        for (size_t n = 0; n < lens[i]; n++)
            msgpack_pack_nil(pk);
    }
    msgpack_pack_map(pk, 0);
    msgpack_pack_map(pk, 1);
    msgpack_pack_int(pk, 1);
    msgpack_pack_map(pk, 0);
    msgpack_pack_map(pk, 300);
    for (int n = 0; n < 600; n++)
        msgpack_pack_int(pk, n);
    msgpack_pack_map(pk, 70000);
    for (int n = 0; n < 140000; n++)
        msgpack_pack_nil(pk);
}

static void
test_agrees(void)
{
    static char many[65536];
    msgpack_sbuffer sb;
    msgpack_packer pk;
    msgpack_unpacked unpacked;
    size_t off = 0, bad = 0;

    msgpack_sbuffer_init(&sb);
    msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
    pack_everything(&pk, many);
    is_int(scan(sb.data, sb.size, sb.size), sb.size, "every kind is passed");
    msgpack_unpacked_init(&unpacked);
    ok(msgpack_unpack_next(&unpacked, sb.data, sb.size, &off) ==
               MSGPACK_UNPACK_SUCCESS &&
           off == sb.size,
       "msgpack-c says the same");
    msgpack_unpacked_destroy(&unpacked);
    for (size_t cut = 1; cut < sb.size; cut += cut < 2000 ? 1 : 997) {
        bad += scan(sb.data, cut, sb.size) != 0;
        bad += scan(sb.data, cut, cut) != -1;
    }
    is_int(bad, 0, "no part of it is an object, or invalid before its end");
    msgpack_sbuffer_destroy(&sb);
}

/* Each first byte, followed by zeros or ones. */
static void
test_first_bytes(void)
{
    size_t bad = 0;

    for (unsigned first = 0; first < 256; first++) {
        for (unsigned fill = 0; fill < 2; fill++) {
            uint8_t bytes[64];
            msgpack_unpacked unpacked;
            size_t off = 0;
            ssize_t n;

            memset(bytes, fill ? 0x01 : 0x00, sizeof(bytes));
            bytes[0] = (uint8_t) first;
            if ((n = scan(bytes, 64, 64)) <= 0)
                continue;
            msgpack_unpacked_init(&unpacked);
            bad += msgpack_unpack_next(&unpacked, (char *) bytes, 64, &off) !=
                       MSGPACK_UNPACK_SUCCESS ||
                   off != (size_t) n;
            msgpack_unpacked_destroy(&unpacked);
        }
    }
    is_int(bad, 0, "msgpack-c agrees on all that passes");
}

int
main(void)
{
    guard = guard_create(1 << 20);
    test_hostile();
    test_depth();
    test_agrees();
    test_first_bytes();
    guard_destroy(&guard);
    return tap_done();
}
