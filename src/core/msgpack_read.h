/*
 * The one way to take msgpack apart.  When msgpack-c has no memory it answers
 * as if the bytes were at fault; nobody is to take that for damage.
 */
#ifndef CORE_MSGPACK_READ_H
#define CORE_MSGPACK_READ_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Unpacks the object at *at of bytes that have been scanned, and moves *at
 * behind it; false if there is none.  Out of memory ends the process.  The
 * caller destroys *up in either case.
 */
bool msgpack_read(msgpack_unpacked *up, const void *data, size_t len,
                  size_t *at);

#endif
