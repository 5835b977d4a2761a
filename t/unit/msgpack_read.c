/*
 * Lists that are read value by value: the first that is not as it should be
 * makes the reader bad, and nothing is read behind the end.
 */
#include "core/msgpack_read.h"

#include "tap.h"

static void
test_good(void)
{
    /* [1, 65536, "ab", bin "c", [7, 8]] */
    struct str bytes = STR("\x95\x01\xce\0\1\0\0\xa2"
                           "ab\xc4\x01"
                           "c\x92\x07\x08");
    struct msgpack_reader r, inner;

    msgpack_reader_begin(&r, bytes);
    is_int(r.left, 5, "five values");
    is_int(msgpack_reader_uint(&r, 1), 1, "a number at its bound");
    is_int(msgpack_reader_uint(&r, UINT32_MAX), 65536, "a large one");
    ok(str_equal(msgpack_reader_bytes(&r), STR("ab")), "a text");
    ok(str_equal(msgpack_reader_bytes(&r), STR("c")), "a binary");
    inner = msgpack_reader_list(&r);
    is_int(inner.left, 2, "a list in the list");
    is_int(msgpack_reader_uint(&inner, 9) + msgpack_reader_uint(&inner, 9), 15,
           "its numbers");
    ok(!inner.bad && !r.bad, "all is good");
    is_int(msgpack_reader_uint(&inner, 9), 0, "nothing behind its end");
    ok(inner.bad && !r.bad, "and then it is bad");
    is_int(msgpack_reader_end(&r), 0, "the end");
}

static void
test_bad(void)
{
    struct msgpack_reader r;

    msgpack_reader_begin(&r, STR("\x92\x05\x06"));
    is_int(msgpack_reader_uint(&r, 4), 0, "a number above its bound");
    is_int(msgpack_reader_uint(&r, 9), 0, "and all behind it");
    is_int(msgpack_reader_end(&r), -1, "is bad");
    msgpack_reader_begin(&r, STR("\x92\x05\x06"));
    msgpack_reader_uint(&r, 9);
    is_int(msgpack_reader_end(&r), -1, "so is what is left");
    msgpack_reader_begin(&r, STR("\x91\xff"));
    is_int(msgpack_reader_uint(&r, UINT64_MAX), 0, "a negative number");
    ok(r.bad, "is none");
    msgpack_reader_end(&r);
    msgpack_reader_begin(&r, STR("\x91\x05"));
    is_int(msgpack_reader_bytes(&r).len, 0, "a number is no text");
    is_int(msgpack_reader_end(&r), -1, "that is bad");
    msgpack_reader_begin(&r, STR("\x91\x05"));
    ok(msgpack_reader_list(&r).bad && r.bad, "nor a list");
    msgpack_reader_end(&r);
    msgpack_reader_begin(&r, STR("\x05"));
    ok(r.bad, "what is no list");
    is_int(msgpack_reader_end(&r), -1, "is bad from the beginning");
    msgpack_reader_begin(&r, STR("\x92\x05"));
    ok(r.bad, "what is cut, too");
    msgpack_reader_end(&r);
}

int
main(void)
{
    test_good();
    test_bad();
    return tap_done();
}
