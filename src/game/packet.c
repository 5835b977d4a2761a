#include "game/packet.h"

ssize_t
packet_parse(struct packet *pk, const uint8_t *buf, size_t len,
             size_t max_body)
{
    if (len == 0)
        return 0;
    pk->type = buf[0];
    if ((uint8_t) (pk->type - PACKET_HANDSHAKE) >= PACKET_KICK) {
        pk->error = PACKET_ERROR_TYPE;
        return -1;
    }
    if (len < PACKET_HEADER)
        return 0;
    pk->len = (size_t) buf[1] << 16 | (size_t) buf[2] << 8 | buf[3];
    if (pk->len > max_body) {
        pk->error = PACKET_ERROR_SIZE;
        return -1;
    }
    if (len - PACKET_HEADER < pk->len)
        return 0;
    pk->body = buf + PACKET_HEADER;
    return (ssize_t) (PACKET_HEADER + pk->len);
}

void
packet_header_put(uint8_t out[PACKET_HEADER], enum packet_type type,
                  size_t len)
{
    out[0] = (uint8_t) type;
    out[1] = (uint8_t) (len >> 16);
    out[2] = (uint8_t) (len >> 8);
    out[3] = (uint8_t) len;
}

const char *
packet_type_name(uint8_t type)
{
    static const char *const names[] = {"unknown",   "handshake", "ack",
                                        "heartbeat", "data",      "kick"};

    return names[type <= PACKET_KICK ? type : 0];
}

const char *
packet_error_text(enum packet_error error)
{
    switch (error) {
    case PACKET_ERROR_TYPE:
        return "client sent a bad packet type";
    case PACKET_ERROR_SIZE:
        return "client sent a packet too large";
    case PACKET_ERROR_NONE:
        break;
    }
    return "no error";
}
