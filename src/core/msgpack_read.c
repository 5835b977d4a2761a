#include "core/msgpack_read.h"

#include "core/mem.h"

bool
msgpack_read(msgpack_unpacked *up, const void *data, size_t len, size_t *at)
{
    msgpack_unpack_return rc;

    msgpack_unpacked_init(up);
    rc = msgpack_unpack_next(up, data, len, at);
    if (rc == MSGPACK_UNPACK_NOMEM_ERROR)
        mem_exhausted();
    return rc == MSGPACK_UNPACK_SUCCESS;
}
