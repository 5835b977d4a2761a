/*
 * The one way to take msgpack apart.  When msgpack-c has no memory it answers
 * as if the bytes were at fault; nobody is to take that for damage.
 */
#ifndef CORE_MSGPACK_READ_H
#define CORE_MSGPACK_READ_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

/*
 * Unpacks the object at *at of bytes that have been scanned, and moves *at
 * behind it; false if there is none.  Out of memory ends the process.  The
 * caller destroys *up in either case.
 */
bool msgpack_read(msgpack_unpacked *up, const void *data, size_t len,
                  size_t *at);

/* The same for an unsigned number up to max. */
bool msgpack_read_uint(const void *data, size_t len, size_t *at, uint64_t max,
                       uint64_t *value);

/*
 * Reads the values of a list one by one.  The first that is not there, or not
 * of the kind that is asked for, makes the reader bad; from then on it gives
 * zeros.  Strings borrow from the bytes, or from the reader until its end.
 */
struct msgpack_reader {
    msgpack_unpacked up;
    const msgpack_object *at; /* the next value */
    uint32_t left;            /* how many there are */
    bool bad;
};

/* Begins with bytes that have been scanned: a list. */
void msgpack_reader_begin(struct msgpack_reader *r, struct str bytes);

uint64_t msgpack_reader_uint(struct msgpack_reader *r, uint64_t max);
struct str msgpack_reader_bytes(struct msgpack_reader *r); /* bin or str */

/* The next value, a list: its own reader, which needs no end; may be bad. */
struct msgpack_reader msgpack_reader_list(struct msgpack_reader *r);

/* Frees; 0, or -1 if it was bad or values are left. */
int msgpack_reader_end(struct msgpack_reader *r);

#endif
