/*
 * Bytes from the bus: whatever passes the scan, msgpack-c must unpack as one
 * object of that size, within a fixed multiple of memory.
 */
#include <msgpack.h>
#include <sanitizer/allocator_interface.h>

#include "core/msgpack_scan.h"
#include "fuzz.h"

/*
 * A byte can be an element of 24 bytes; its list may sit in a chunk of twice
 * its size.  A zone's first chunk has 8 KB.
 */
enum { MAX_FACTOR = 64, MAX_BASE = 16384 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ssize_t n = msgpack_scan(data, size, size);
    msgpack_unpacked unpacked;
    size_t before, used, off = 0;

    need(n == -1 || (n > 0 && (size_t) n <= size));
    if (n == -1)
        return 0;
    need(msgpack_scan(data, (size_t) n, (size_t) n) == n);
    need(msgpack_scan(data, (size_t) n - 1, (size_t) n) == 0);
    before = __sanitizer_get_current_allocated_bytes();
    msgpack_unpacked_init(&unpacked);
    need(msgpack_unpack_next(&unpacked, (const char *) data, (size_t) n,
                             &off) == MSGPACK_UNPACK_SUCCESS);
    need(off == (size_t) n);
    used = __sanitizer_get_current_allocated_bytes() - before;
    need(used <= MAX_BASE + MAX_FACTOR * (size_t) n);
    msgpack_unpacked_destroy(&unpacked);
    return 0;
}
