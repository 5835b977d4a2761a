/*
 * msgpack-c believes a header's element count and allocates for it: five
 * hostile bytes map half a gigabyte.  So every byte that comes from outside
 * is scanned first: lengths, depth and number of elements are held against
 * the bytes that are there.  After a scan that succeeded, unpacking takes at
 * most a fixed multiple of the size scanned.
 */
#ifndef CORE_MSGPACK_SCAN_H
#define CORE_MSGPACK_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { MSGPACK_SCAN_DEPTH = 16 };

/*
 * Returns the size of the one object that begins at buf, 0 if it is not
 * complete, -1 if it can never be a valid object of at most max bytes.  For
 * bytes that are all there is (a row, a whole frame) max is len, and what is
 * incomplete is -1 too.
 */
ssize_t msgpack_scan(const uint8_t *buf, size_t len, size_t max);

#endif
