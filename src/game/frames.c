#include "game/frames.h"

#include <msgpack.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/msgpack_read.h"
#include "event/bus.h"

static void
send_text(struct bus *bus, struct place to, unsigned type, uint64_t session,
          const char *text)
{
    struct buf body = {0};
    msgpack_packer pk;

    msgpack_packer_init(&pk, &body, buf_write);
    msgpack_pack_str_with_body(&pk, text, strlen(text));
    bus_send(bus, to, type, session, buf_str(&body));
    buf_deinit(&body);
}

void
frame_send_kick(struct bus *bus, struct place to, uint64_t session,
                const char *reason)
{
    send_text(bus, to, FRAME_KICK, session, reason);
}

void
frame_send_close(struct bus *bus, struct place to, uint64_t session,
                 const char *reason)
{
    send_text(bus, to, FRAME_CLOSE, session, reason);
}

int
frame_text(struct str body, char *out, size_t size)
{
    msgpack_unpacked up;
    size_t at = 0;
    int rc = -1;

    if (msgpack_read(&up, body.data, body.len, &at) &&
        up.data.type == MSGPACK_OBJECT_STR) {
        snprintf(out, size, "%.*s", (int) up.data.via.str.size,
                 up.data.via.str.ptr);
        rc = 0;
    }
    msgpack_unpacked_destroy(&up);
    return rc;
}
