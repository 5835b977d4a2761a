/*
 * The protocol on a connection: handshake, ack, heartbeats, data, kick; and
 * the life of the sessions.
 */
#include "core/bucket.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "event/conn.h"
#include "game/game.h"
#include "game/json.h"
#include "game/packet.h"

enum {
    MESSAGES_A_TURN = 16,   /* of one connection */
    STRANGER_PACKET = 4096, /* body, before login */
    MESSAGE_BYTES = 1024,   /* what counts as one for limit_message */
    STRANGER_HELLO = 16384, /* ... of a handshake */
    BEATS_AN_INTERVAL = 4,  /* heartbeats to a client */
};

static void
send_packet(struct session *s, enum packet_type type, struct str body)
{
    wire_put_packet(&s->server->wire, conn_out(s->conn), type, body);
}

/* ---- time ---- */

/* When limit_message lets the next packet in. */
static int64_t
read_ms(const struct session *s)
{
    return bucket_room_ms(s->messages_ns, &s->server->limits.message);
}

static int64_t
interval_ms(const struct session *s)
{
    return (int64_t) s->server->limits.heartbeat_ms;
}

/* When a client is closed from which nothing comes until then. */
static int64_t
silent_at_ms(const struct session *s)
{
    return s->conn->active_ms + interval_ms(s) * 5 / 2;
}

/* The connection's timer goes to what is due first. */
static void
set_timer(struct session *s)
{
    const struct game_limits *limits = &s->server->limits;
    int64_t due = s->heartbeat_ms, silent_ms = silent_at_ms(s);

    if (silent_ms < due)
        due = silent_ms;
    if (s->state != SESSION_WORKING)
        due = s->opened_ms + (int64_t) limits->handshake_timeout_ms;
    else if (s->uid == 0 && limits->login_timeout_ms != 0 &&
             s->opened_ms + (int64_t) limits->login_timeout_ms < due)
        due = s->opened_ms + (int64_t) limits->login_timeout_ms;
    if (s->conn->paused & CONN_PAUSE_RATE && read_ms(s) < due)
        due = read_ms(s);
    conn_set_timer(s->conn, due);
}

/*
 * Every packet counts for limit_message, those of voices by their length.
 * Above the limit no more of the client is read: what it sends waits in its
 * own socket.
 */
static void
count_packet(struct session *s, size_t len)
{
    const struct bucket_size *limit = &s->server->limits.message;
    int64_t messages = 1 + (int64_t) (len / MESSAGE_BYTES);
    int64_t now_ms = s->conn->net->loop->now_ms;

    if (limit->interval_ns == 0)
        return;
    bucket_fill(&s->messages_ns, limit, messages, now_ms);
    if (read_ms(s) <= now_ms)
        return;
    conn_pause(s->conn, CONN_PAUSE_RATE);
    set_timer(s);
}

static bool
may_read_again(const struct session *s, int64_t now_ms)
{
    return s->conn->paused & CONN_PAUSE_RATE && read_ms(s) <= now_ms;
}

static void
close_for(struct session *s, const char *what)
{
    s->dismissed = true;
    log_client_text(s->game->log, conn_log_context, s->conn, what);
    conn_close(s->conn);
}

/* Since the first of the heartbeats that are counted. */
static bool
is_new_interval(const struct session *s, int64_t now_ms)
{
    return (uint32_t) now_ms - s->beats_since_ms >= (uint32_t) interval_ms(s);
}

/*
 * The heartbeats are pomelo's, as all clients know them: one when the client
 * has acknowledged the handshake, one in answer to each of the client's, and
 * one when none has gone for one and a half intervals.  Some clients answer an
 * interval later, some begin by themselves; and some answer at once, which
 * would never end if each answer were answered.
 */
static void
send_heartbeat(struct session *s)
{
    int64_t now_ms = s->conn->net->loop->now_ms;

    /* A kick may be lost on its way; the row tells who is the one. */
    if (!session_is_current(s)) {
        session_kick(s, "logged in elsewhere");
        return;
    }
    if (is_new_interval(s, now_ms)) {
        s->beats_since_ms = (uint32_t) now_ms;
        s->beats = 0;
    }
    s->beats++;
    send_packet(s, PACKET_HEARTBEAT, STR(""));
    s->heartbeat_ms = now_ms + interval_ms(s) * 3 / 2;
    set_timer(s);
}

static void
answer_heartbeat(struct session *s)
{
    int64_t now_ms = s->conn->net->loop->now_ms;

    if (s->state == SESSION_WORKING &&
        (s->beats < BEATS_AN_INTERVAL || is_new_interval(s, now_ms)))
        send_heartbeat(s);
}

/* What this process has not read, or was late for, is not the client's fault.
 */
static bool
is_silent(struct session *s, int64_t now_ms)
{
    conn_excuse_lateness(s->conn);
    if (now_ms < silent_at_ms(s))
        return false;
    if (!conn_has_unread(s->conn))
        return true;
    s->conn->active_ms = now_ms;
    return false;
}

static void
heartbeat_due(struct session *s, int64_t now_ms)
{
    if (is_silent(s, now_ms))
        close_for(s, "client is silent for two and a half heartbeats");
    else if (now_ms >= s->heartbeat_ms)
        send_heartbeat(s);
    else
        set_timer(s);
}

static void
timed_out(struct conn *c)
{
    struct session *s = c->owner;
    int64_t now_ms = c->net->loop->now_ms;
    uint64_t login_ms = s->server->limits.login_timeout_ms;

    if (may_read_again(s, now_ms)) {
        conn_resume(c, CONN_PAUSE_RATE);
        set_timer(s);
        return;
    }
    if (s->state != SESSION_WORKING)
        close_for(s, "client did not shake hands in time");
    else if (s->uid == 0 && login_ms != 0 &&
             now_ms >= s->opened_ms + (int64_t) login_ms)
        close_for(s, "client did not log in in time");
    else
        heartbeat_due(s, now_ms);
}

/* ---- packets ---- */

/* The connection is closed for what the client sent; -1. */
static int
bad_packet(struct session *s, const char *what)
{
    s->dismissed = true;
    log_client_text(s->game->log, conn_log_context, s->conn, what);
    return -1;
}

static void
handshake_answer(struct session *s)
{
    struct game *game = s->game;
    const struct game_limits *limits = &s->server->limits;
    struct buf *text = &game->scratch;

    text->len = 0;
    buf_printf(text,
               "{\"code\":200,\"sys\":{\"heartbeat\":%llu,"
               "\"servertime\":%lld",
               (unsigned long long) limits->heartbeat_ms / 1000,
               (long long) (clock_wall_ms() / 1000));
    if (limits->debug)
        buf_printf(text, ",\"worker\":%u", game->place.slot);
    buf_append_str(text, STR("}}"));
    send_packet(s, PACKET_HANDSHAKE, buf_str(text));
}

/* Nothing in its body matters to us, so it may be anything. */
static int
handshake(struct session *s)
{
    if (s->state != SESSION_NEW)
        return 0; /* a second one */
    handshake_answer(s);
    s->state = SESSION_SHAKEN;
    return 0;
}

static int
acknowledged(struct session *s)
{
    if (s->state == SESSION_NEW)
        return bad_packet(s, "client sent an ack that nobody asked for");
    if (s->state == SESSION_WORKING)
        return 0; /* a second one */
    s->state = SESSION_WORKING;
    s->conn->doing = "handling messages";
    send_heartbeat(s);
    return 0;
}

static int
handle_packet(struct session *s, const struct packet *pk)
{
    switch (pk->type) {
    case PACKET_DATA:
        if (s->state != SESSION_WORKING)
            return bad_packet(s, "client sent data before the ack");
        return game_message(s, pk->body, pk->len);
    case PACKET_HEARTBEAT:
        answer_heartbeat(s);
        return 0;
    case PACKET_HANDSHAKE:
        return handshake(s);
    case PACKET_HANDSHAKE_ACK:
        return acknowledged(s);
    default:
        return bad_packet(s, "client sent a kick");
    }
}

/* How long the body of a packet of this type may be. */
static size_t
max_body(const struct session *s, uint8_t type)
{
    size_t max = s->server->limits.max_packet_size;
    size_t stranger = type == PACKET_HANDSHAKE ? STRANGER_HELLO
                                               : STRANGER_PACKET;

    return s->uid == 0 && max > stranger ? stranger : max;
}

static ssize_t
input(struct conn *c, const uint8_t *data, size_t len)
{
    struct session *s = c->owner;
    size_t used = 0;

    for (int i = 0; used < len; i++) {
        struct packet pk;
        ssize_t n;

        if (i == MESSAGES_A_TURN) {
            conn_again(c);
            break;
        }
        n = packet_parse(&pk, data + used, len - used,
                         max_body(s, data[used]));
        if (n == 0)
            break;
        if (n < 0)
            return bad_packet(s, packet_error_text(pk.error));
        used += (size_t) n;
        if (handle_packet(s, &pk) != 0)
            return -1;
        if (conn_is_ending(c))
            return (ssize_t) len;
        count_packet(s, pk.len);
        if (c->paused)
            break;
    }
    return (ssize_t) used;
}

/* ---- life ---- */

void
game_adopt(struct game *game, const struct game_server *server, struct conn *c)
{
    struct session *s = mem_zalloc(sizeof(*s));

    s->id = session_id_make(game->place, ++game->sessions_made);
    s->game = game;
    s->conn = c;
    s->server = server;
    s->opened_ms = c->net->loop->now_ms;
    c->ops = &game_conn_ops;
    c->owner = s;
    c->doing = "shaking hands";
    c->out_limit = STRANGER_OUTPUT;
    set_timer(s);
}

static int
opened(struct conn *c)
{
    game_adopt(c->entry->service, c->entry->server, c);
    return 0;
}

static void
closed(struct conn *c)
{
    struct session *s = c->owner;

    session_logout(s, s->dismissed ? "closed by the server"
                      : c->eof     ? "closed by the client"
                                   : "the connection is gone");
    session_set_stranger(s, NULL);
    mem_free(s);
    c->owner = NULL;
}

const struct conn_ops game_conn_ops = {
    .name = "game",
    .opened = opened,
    .input = input,
    .timeout = timed_out,
    .closed = closed,
};

void
session_kick(struct session *s, const char *reason)
{
    struct buf *text = &s->game->scratch;

    if (conn_is_ending(s->conn))
        return;
    text->len = 0;
    buf_append_str(text, STR("{\"reason\":"));
    json_put_str(text, str_of(reason));
    buf_append_byte(text, '}');
    send_packet(s, PACKET_KICK, buf_str(text));
    log_client(s->game->log, conn_log_context, s->conn, "uid %lld kicked: %s",
               (long long) s->uid, reason);
    s->dismissed = true;
    conn_finish(s->conn);
}

void
session_close(struct session *s, const char *reason)
{
    if (conn_is_ending(s->conn))
        return;
    log_client(s->game->log, conn_log_context, s->conn, "uid %lld closed: %s",
               (long long) s->uid, reason);
    s->dismissed = true;
    conn_finish(s->conn);
}

static void
close_one(struct conn *c, void *arg)
{
    if (c->ops == &game_conn_ops && c->owner != NULL)
        session_close(c->owner, arg);
    else if (c->ops == &game_conn_ops)
        conn_close(c);
}

void
game_close_all(struct game *game, const char *reason)
{
    net_each(game->net, close_one, (void *) (uintptr_t) reason);
}
