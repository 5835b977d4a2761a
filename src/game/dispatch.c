/*
 * The way of a message: up from the body of a data packet to the handler of
 * its route, and down from an answer to the bytes in the connection's
 * output.
 */
#include "game/game.h"

#include <stdio.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"
#include "game/binding.h"
#include "game/codec.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/group.h"
#include "game/json.h"
#include "game/message.h"
#include "game/packet.h"

enum { DUMP_MAX = 512 };

/* ---- down ---- */

/* ", while ..., client: ..." of a session; of another worker's its id. */
static size_t
request_context(const void *object, char *buf, size_t size)
{
    const struct request *rq = object;
    int n;

    if (rq->session != NULL)
        return conn_log_context(rq->session->conn, buf, size);
    n = snprintf(buf, size, ", while handling messages, session: %llx",
                 (unsigned long long) rq->bound->session);
    return (size_t) n < size ? (size_t) n : size - 1;
}

const struct codec *
request_codec(const struct request *rq)
{
    return codec_of(rq->bound != NULL ? rq->bound->format
                                      : rq->session->server->wire.format);
}

static bool
is_debug(const struct request *rq)
{
    return rq->session != NULL ? rq->session->server->limits.debug
                               : rq->game->conf->limits.debug;
}

static void
write_message(const struct request *rq, const char *what,
              const struct fields *fields, const void *body, size_t len)
{
    struct log *log = rq->game->log;
    struct buf text = {0};
    char name[64];

    if (fields != NULL && body != NULL)
        json_dump(&text, fields, body, DUMP_MAX);
    else
        buf_printf(&text, "%zu bytes", len);
    log_about(log, LOG_DEBUG, 0, request_context, rq,
              "%s %llu \"%s\" uid %lld: %.*s", what,
              (unsigned long long) rq->id,
              log_escape(name, sizeof(name), rq->route.data, rq->route.len),
              (long long) rq->uid, (int) text.len, (const char *) text.data);
    buf_deinit(&text);
}

/* Debug mode: one line for each message. */
static inline void
log_message(const struct request *rq, const char *what,
            const struct fields *fields, const void *body, size_t len)
{
    if (is_debug(rq) && log_is_on(rq->game->log, LOG_DEBUG))
        write_message(rq, what, fields, body, len);
}

void
game_log_sent(struct session *const *sessions, unsigned n,
              const struct message *head, size_t len)
{
    for (unsigned i = 0; i < n; i++) {
        struct session *s = sessions[i];
        struct request rq = {.game = s->game,
                             .session = s,
                             .route = head->route,
                             .id = head->id,
                             .uid = s->uid};

        if (!conn_is_ending(s->conn))
            log_message(&rq, message_type_name(head->type), NULL, NULL, len);
    }
}

static bool
may_respond(const struct request *rq)
{
    return rq->wants_response && !rq->answered;
}

static void
send_response(struct request *rq, struct str body)
{
    struct message head = {.type = MESSAGE_RESPONSE, .id = rq->id};

    rq->answered = true;
    if (rq->bound != NULL)
        rq->component->owner->answer(rq, body);
    else
        group_send(&rq->session, 1, &head, body);
}

void
respond_raw(struct request *rq, struct str body)
{
    if (!may_respond(rq))
        return;
    log_message(rq, "response", NULL, NULL, body.len);
    send_response(rq, body);
}

void
respond(struct request *rq, const struct fields *fields, const void *body)
{
    struct buf *scratch = &rq->game->scratch;

    if (!may_respond(rq))
        return;
    log_message(rq, "response", fields, body, 0);
    scratch->len = 0;
    request_codec(rq)->put(scratch, fields, body);
    send_response(rq, buf_str(scratch));
}

void
respond_error(struct request *rq, int code, const char *why)
{
    struct buf *scratch = &rq->game->scratch;
    char route[64];

    log_client(rq->game->log, request_context, rq,
               "\"%s\" of uid %lld refused: %d %s%s%s",
               log_escape(route, sizeof(route), rq->route.data, rq->route.len),
               (long long) rq->uid, code, error_text(code), why ? ": " : "",
               why ? why : "");
    scratch->len = 0;
    error_put(request_codec(rq), scratch, code, why);
    respond_raw(rq, buf_str(scratch));
}

struct later
later_of(const struct request *rq)
{
    return (struct later){.session = rq->session->id,
                          .id = rq->id,
                          .route = rq->route,
                          .wants = may_respond(rq)};
}

/* False when the session is gone. */
static bool
take_up(struct request *rq, struct game *game, const struct later *later)
{
    *rq = (struct request){.game = game,
                           .session = session_find(game, later->session),
                           .arena = game->arena,
                           .route = later->route,
                           .id = later->id,
                           .wants_response = later->wants};
    if (rq->session == NULL || conn_is_ending(rq->session->conn))
        return false;
    rq->uid = rq->session->uid;
    return true;
}

void
respond_later(struct game *game, const struct later *later,
              const struct fields *fields, const void *body)
{
    struct request rq;

    if (take_up(&rq, game, later))
        respond(&rq, fields, body);
}

void
respond_later_error(struct game *game, const struct later *later, int code,
                    const char *why)
{
    struct request rq;

    if (take_up(&rq, game, later))
        respond_error(&rq, code, why);
}

void
push_raw(struct session *s, struct str route, struct str body)
{
    struct message head = {.type = MESSAGE_PUSH, .route = route};

    game_log_sent(&s, 1, &head, body.len);
    group_send(&s, 1, &head, body);
}

void
push(struct session *s, struct str route, const struct fields *fields,
     const void *body)
{
    struct buf *scratch = &s->game->scratch;
    struct message head = {.type = MESSAGE_PUSH, .route = route};
    struct request rq = {
        .game = s->game, .session = s, .route = route, .uid = s->uid};

    log_message(&rq, "push", fields, body, 0);
    scratch->len = 0;
    wire_codec(&s->server->wire)->put(scratch, fields, body);
    group_send(&s, 1, &head, buf_str(scratch));
}

/* ---- up ---- */

void
request_refuse(struct request *rq, const struct handler *h, int code,
               const char *why)
{
    if (h != NULL && h->fail != NULL)
        h->fail(rq, code, why);
    else
        respond_error(rq, code, why);
}

/* The payload as the handler declares it, in the arena; 0, or -1 (refused). */
static int
decode(struct request *rq, const struct handler *h, void **in)
{
    const char *why;

    *in = NULL;
    if (h->in == NULL)
        return 0;
    *in = arena_alloc(rq->arena, h->in->size);
    why = request_codec(rq)->parse(h->in, *in, rq->payload, rq->arena);
    if (why == NULL)
        return 0;
    request_refuse(rq, h, ERROR_ILLEGAL_PARAMETER, why);
    return -1;
}

static void
log_received(const struct request *rq, const struct handler *h, const void *in)
{
    log_message(rq, rq->wants_response ? "request" : "notify", h->in, in,
                rq->payload.len);
}

void
request_call(struct request *rq, const struct handler *h)
{
    void *in;

    if (decode(rq, h, &in) != 0)
        return;
    log_received(rq, h, in);
    h->handle(rq, in);
}

/*
 * The payload is decoded where it is handled; here only to find out where, and
 * for a session that is bound to nothing, which may stay so.
 */
static void
send_bound(struct request *rq, const struct handler *h)
{
    bool looks = (h->flags & HANDLER_BIND_READS) ||
                 rq->session->binding == NULL;
    void *in = NULL;

    if (looks && decode(rq, h, &in) != 0)
        return;
    log_received(rq, h, in);
    if (h->bind(rq, in) == 0)
        binding_send(rq->session, rq, h->flags & HANDLER_ANSWERS);
}

static void
route_message(struct request *rq, const struct message *m)
{
    struct session *s = rq->session;
    const struct route *route = m->compressed
                                    ? NULL
                                    : routes_find(&rq->game->routes, m->route);
    const struct handler *h = route != NULL ? route->handler : NULL;
    struct str in = {(const char *) m->payload, m->len};

    if (h == NULL) {
        request_refuse(rq, NULL, ERROR_BAD_ROUTE, NULL);
        return;
    }
    rq->component = route->instance->component;
    rq->state = route->instance->state;
    rq->route = route->name; /* which outlives the message */
    if (s->uid == 0 && (h->flags & HANDLER_OPEN) == 0) {
        request_refuse(rq, h, ERROR_AUTH_FAILED, NULL);
        return;
    }
    if (pipeline_in(&s->server->wire.pipeline, rq->arena, in, &rq->payload) !=
        0) {
        request_refuse(rq, h, ERROR_ILLEGAL_PARAMETER,
                       "payload does not decrypt");
        return;
    }
    if (h->flags & HANDLER_BOUND)
        send_bound(rq, h);
    else
        request_call(rq, h);
}

void
game_refuse(struct session *s, struct str route, uint64_t id, int code)
{
    const struct route *r = routes_find(&s->game->routes, route);
    struct request rq = {.game = s->game,
                         .session = s,
                         .arena = s->game->arena,
                         .route = route,
                         .id = id,
                         .uid = s->uid,
                         .wants_response = true};

    request_refuse(&rq, r != NULL ? r->handler : NULL, code, NULL);
}

int
game_bound_message(struct game *game, const struct bound_message *m)
{
    const struct route *route = routes_find(&game->routes, m->route);
    const struct component_instance *to = route != NULL ? route->instance
                                                        : NULL;

    if (!m->gone)
        return to == NULL || to->component->owner == NULL
                   ? 0
                   : to->component->owner->receive(to->state, m,
                                                   route->handler);
    GAME_EACH_OWNER(i, game)
    if (i->component->owner->receive(i->state, m, NULL) != 0)
        return -1;
    return 0;
}

int
game_message(struct session *s, const uint8_t *body, size_t len)
{
    struct game *game = s->game;
    struct message m;
    struct request rq;

    if (message_parse(&m, body, len) != 0) {
        log_client(game->log, conn_log_context, s->conn,
                   "client sent a bad message: %s",
                   message_error_text(m.error));
        return -1;
    }
    if (m.type != MESSAGE_REQUEST && m.type != MESSAGE_NOTIFY) {
        log_client(game->log, conn_log_context, s->conn, "client sent a %s",
                   message_type_name(m.type));
        return 0;
    }
    rq = (struct request){
        .game = game,
        .session = s,
        .uid = s->uid,
        .arena = game->arena,
        .route = m.route,
        .id = m.id,
        .wants_response = m.type == MESSAGE_REQUEST,
    };
    route_message(&rq, &m);
    arena_reset(game->arena);
    return 0;
}
