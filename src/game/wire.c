#include "game/wire.h"

#include <string.h>

#include "core/buf.h"
#include "game/message.h"

bool
wire_is_same(const struct wire *a, const struct wire *b)
{
    return a == b || (a->framing == b->framing && a->format == b->format &&
                      a->pipeline.kind == b->pipeline.kind &&
                      !memcmp(&a->pipeline.key, &b->pipeline.key,
                              sizeof(a->pipeline.key)));
}

void
wire_put_packet(const struct wire *wire, struct buf *out,
                enum packet_type type, struct str body)
{
    (void) wire; /* a stream of packets needs no more */
    packet_header_put(buf_reserve(out, PACKET_HEADER), type, body.len);
    out->len += PACKET_HEADER;
    buf_append_str(out, body);
}

void
wire_put_message(const struct wire *wire, struct buf *out,
                 const struct message *head, struct str plain)
{
    size_t body = pipeline_out_size(&wire->pipeline, plain.len);
    uint8_t *start = buf_reserve(out, PACKET_HEADER + MESSAGE_HEAD_MAX + body);
    size_t head_len = message_head_put(start + PACKET_HEADER, head);

    packet_header_put(start, PACKET_DATA, head_len + body);
    out->len += PACKET_HEADER + head_len;
    pipeline_out(&wire->pipeline, out, plain);
}

void
wire_describe(const struct wire *wire, struct buf *out)
{
    static const char *const pipelines[] = {
        [PIPELINE_NONE] = "none", [PIPELINE_XXTEA] = "xxtea"};

    buf_printf(out, "serializer %s, pipeline %s", wire_codec(wire)->name,
               pipelines[wire->pipeline.kind]);
}
