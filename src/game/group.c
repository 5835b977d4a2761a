#include "game/group.h"

#include "event/conn.h"
#include "game/game.h"
#include "game/wire.h"

/* Returns how many bytes that were. */
static size_t
send_first(struct session *s, const struct message *head, struct str plain)
{
    struct buf *out = conn_out(s->conn);
    size_t at = out->len;

    wire_put_message(&s->server->wire, out, head, plain);
    return out->len - at;
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

        if (conn_is_ending(s->conn))
            continue;
        if (first != NULL &&
            wire_is_same(&first->server->wire, &s->server->wire)) {
            send_copy(s, first, len);
            continue;
        }
        len = send_first(s, head, plain);
        first = s;
    }
}
