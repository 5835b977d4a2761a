/*
 * A stream of packets and the messages in them: what parses must encode to
 * the same message again, and no shorter part of a packet may be one.
 */
#include "game/packet.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "game/message.h"

static void
check_message(const uint8_t *body, size_t len)
{
    struct message m, again;
    uint8_t *head;
    size_t n;

    if (message_parse(&m, body, len) == -1) {
        need(m.error != MESSAGE_ERROR_NONE);
        return;
    }
    need(m.payload + m.len == body + len);
    head = malloc(MESSAGE_HEAD_MAX);
    need(head != NULL);
    n = message_head_put(head, &m);
    need(n <= MESSAGE_HEAD_MAX);
    need(message_parse(&again, head, n) == 0);
    need(again.type == m.type && again.id == m.id && again.code == m.code &&
         again.compressed == m.compressed && again.len == 0 &&
         str_equal(again.route, m.route));
    free(head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    while (size > 0) {
        struct packet pk = {0}, part;
        ssize_t n = packet_parse(&pk, data, size, 300);

        if (n == -1)
            need(pk.error != PACKET_ERROR_NONE);
        if (n <= 0)
            return 0;
        need((size_t) n == PACKET_HEADER + pk.len && (size_t) n <= size);
        need(packet_parse(&part, data, (size_t) n - 1, 300) == 0);
        if (pk.type == PACKET_DATA)
            check_message(pk.body, pk.len);
        data += n;
        size -= (size_t) n;
    }
    return 0;
}
