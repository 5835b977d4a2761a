#include "game/frames.h"

#include <msgpack.h>
#include <stdio.h>

#include "core/buf.h"
#include "event/bus.h"

void
frame_send_kick(struct bus *bus, struct place to, uint64_t session,
                const char *reason)
{
    struct buf body = {0};
    msgpack_packer pk;

    msgpack_packer_init(&pk, &body, buf_write);
    msgpack_pack_str_with_body(&pk, reason, strlen(reason));
    bus_send(bus, to.slot, FRAME_KICK, session, buf_str(&body));
    buf_deinit(&body);
}

char *
frame_text(struct str body, char *out, size_t size)
{
    msgpack_unpacked up;
    size_t at = 0;

    out[0] = '\0';
    msgpack_unpacked_init(&up);
    if (msgpack_unpack_next(&up, body.data, body.len, &at) ==
            MSGPACK_UNPACK_SUCCESS &&
        up.data.type == MSGPACK_OBJECT_STR)
        snprintf(out, size, "%.*s", (int) up.data.via.str.size,
                 up.data.via.str.ptr);
    msgpack_unpacked_destroy(&up);
    return out;
}
