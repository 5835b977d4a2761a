#include "game/group.h"

#include <string.h>

#include "event/conn.h"
#include "game/game.h"
#include "game/message.h"
#include "game/packet.h"
#include "game/pipeline.h"

static bool
is_same_wire(const struct pipeline *a, const struct pipeline *b)
{
    return a == b ||
           (a->kind == b->kind && !memcmp(&a->key, &b->key, sizeof(a->key)));
}

/* A data packet with the message. */
static void
send_first(struct session *s, const struct message *head, struct str plain,
           size_t *len)
{
    const struct pipeline *pipeline = &s->server->pipeline;
    struct buf *out = conn_out(s->conn);
    size_t body = pipeline_out_size(pipeline, plain.len), at = out->len;
    uint8_t *start = buf_reserve(out, PACKET_HEADER + MESSAGE_HEAD_MAX + body);
    size_t head_len = message_head_put(start + PACKET_HEADER, head);

    packet_header_put(start, PACKET_DATA, head_len + body);
    out->len += PACKET_HEADER + head_len;
    pipeline_out(pipeline, out, plain);
    *len = out->len - at;
}

/* The same bytes again. */
static void
send_copy(struct session *s, const struct session *first, size_t len)
{
    const struct buf *from = &first->conn->out;

    buf_append(conn_out(s->conn), from->data + from->len - len, len);
}

void
group_send(struct session *const *sessions, unsigned n,
           const struct message *head, struct str plain)
{
    const struct session *first = NULL;
    size_t len = 0;

    for (unsigned i = 0; i < n; i++) {
        struct session *s = sessions[i];

        if (s->conn->closing || s->conn->finishing)
            continue;
        if (first != NULL &&
            is_same_wire(&first->server->pipeline, &s->server->pipeline)) {
            send_copy(s, first, len);
            continue;
        }
        send_first(s, head, plain, &len);
        first = s;
    }
}
