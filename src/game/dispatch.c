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
#include "game/errors.h"
#include "game/fields.h"
#include "game/json.h"
#include "game/message.h"
#include "game/packet.h"

enum { DUMP_MAX = 512 };

static uint32_t
route_hash(struct str route)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < route.len; i++)
        h = (h ^ (uint8_t) route.data[i]) * 16777619u;
    return h ^ h >> 15;
}

static const struct route *
route_find(struct game *game, struct str name)
{
    if (game->last_route != NULL && str_equal(game->last_route->name, name))
        return game->last_route;
    for (uint32_t i = route_hash(name);; i++) {
        const struct route *r = &game->routes[i & (GAME_ROUTES - 1)];

        if (r->name.len == 0)
            return NULL;
        if (str_equal(r->name, name)) {
            game->last_route = r;
            return r;
        }
    }
}

int
game_add_routes(struct game *game, const struct component *component)
{
    for (unsigned k = 0; k < component->handler_count; k++) {
        const struct handler *h = &component->handlers[k];
        struct str name;
        uint32_t i;
        unsigned tries = 0;

        name = str_of(
            arena_printf(game->arena, "%s.%s", component->name, h->method));
        for (i = route_hash(name);
             game->routes[i & (GAME_ROUTES - 1)].name.len != 0; i++)
            tries++;
        if (tries > GAME_ROUTES / 2) {
            log_write(game->log, LOG_EMERG, 0, "too many routes");
            return -1;
        }
        game->routes[i & (GAME_ROUTES - 1)] = (struct route){
            {mem_strdup(name.data), name.len}, h, component};
    }
    return 0;
}

/* ---- down ---- */

/* A data packet with a message of this head and a plain payload. */
static void
send_message(struct session *s, const struct message *head, struct str plain)
{
    const struct pipeline *pipeline = &s->server->pipeline;
    struct buf *out = conn_out(s->conn);
    size_t body = pipeline_out_size(pipeline, plain.len);
    uint8_t *start = buf_reserve(out, PACKET_HEADER + MESSAGE_HEAD_MAX + body);
    size_t head_len = message_head_put(start + PACKET_HEADER, head);

    packet_header_put(start, PACKET_DATA, head_len + body);
    out->len += PACKET_HEADER + head_len;
    pipeline_out(pipeline, out, plain);
}

/* Debug mode: one line for each message. */
static void
log_message(struct session *s, const char *what, struct str route, uint64_t id,
            const struct fields *fields, const void *body, size_t len)
{
    struct log *log = s->game->log;
    struct buf text = {0};
    char name[64];

    if (!s->server->limits.debug || !log_is_on(log, LOG_DEBUG))
        return;
    if (fields != NULL && body != NULL)
        json_dump(&text, fields, body, DUMP_MAX);
    else
        buf_printf(&text, "%zu bytes", len);
    log_about(log, LOG_DEBUG, 0, conn_log_context, s->conn,
              "%s %llu \"%s\" uid %lld: %.*s", what, (unsigned long long) id,
              log_escape(name, sizeof(name), route.data, route.len),
              (long long) s->uid, (int) text.len, (const char *) text.data);
    buf_deinit(&text);
}

void
respond_raw(struct request *rq, struct str body)
{
    struct message head = {.type = MESSAGE_RESPONSE, .id = rq->id};

    if (!rq->wants_response || rq->answered)
        return;
    rq->answered = true;
    send_message(rq->session, &head, body);
}

void
respond(struct request *rq, const struct fields *fields, const void *body)
{
    struct buf *scratch = &rq->game->scratch;

    if (!rq->wants_response || rq->answered)
        return;
    log_message(rq->session, "response", rq->route, rq->id, fields, body, 0);
    scratch->len = 0;
    json_put(scratch, fields, body);
    respond_raw(rq, buf_str(scratch));
}

void
respond_error(struct request *rq, int code, const char *why)
{
    struct buf *scratch = &rq->game->scratch;
    char route[64];

    log_client(rq->game->log, conn_log_context, rq->session->conn,
               "\"%s\" of uid %lld refused: %d %s%s%s",
               log_escape(route, sizeof(route), rq->route.data, rq->route.len),
               (long long) rq->session->uid, code, error_text(code),
               why ? ": " : "", why ? why : "");
    scratch->len = 0;
    error_body(scratch, code, why);
    respond_raw(rq, buf_str(scratch));
}

struct later
later_of(const struct request *rq)
{
    return (struct later){.session = rq->session->id,
                          .id = rq->id,
                          .route = rq->route,
                          .wants = rq->wants_response && !rq->answered};
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
    return rq->session != NULL && !rq->session->kicked;
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

    send_message(s, &head, body);
}

void
push(struct session *s, struct str route, const struct fields *fields,
     const void *body)
{
    struct buf *scratch = &s->game->scratch;

    log_message(s, "push", route, 0, fields, body, 0);
    scratch->len = 0;
    json_put(scratch, fields, body);
    push_raw(s, route, buf_str(scratch));
}

/* ---- up ---- */

static void
refuse(struct request *rq, const struct handler *h, int code, const char *why)
{
    if (h != NULL && h->fail != NULL)
        h->fail(rq, code, why);
    else
        respond_error(rq, code, why);
}

/* Decodes the payload as the handler declares it and calls it. */
static void
call(struct request *rq, const struct handler *h)
{
    void *in = NULL;
    const char *why;

    if (h->in != NULL) {
        in = arena_alloc(rq->arena, h->in->size);
        why = json_parse(h->in, in, rq->payload, rq->arena);
        if (why != NULL) {
            refuse(rq, h, ERROR_ILLEGAL_PARAMETER, why);
            return;
        }
    }
    log_message(rq->session, rq->wants_response ? "request" : "notify",
                rq->route, rq->id, h->in, in, rq->payload.len);
    h->handle(rq, in);
}

static void
route_message(struct request *rq, const struct message *m)
{
    struct session *s = rq->session;
    const struct route *route = m->compressed ? NULL
                                              : route_find(rq->game, m->route);
    const struct handler *h = route != NULL ? route->handler : NULL;
    struct str in = {(const char *) m->payload, m->len};

    if (h == NULL) {
        refuse(rq, NULL, ERROR_BAD_ROUTE, NULL);
        return;
    }
    rq->route = route->name; /* which outlives the message */
    if (s->uid == 0 && (h->flags & HANDLER_OPEN) == 0) {
        refuse(rq, h, ERROR_AUTH_FAILED, NULL);
        return;
    }
    if (pipeline_in(&s->server->pipeline, rq->arena, in, &rq->payload) != 0) {
        refuse(rq, h, ERROR_ILLEGAL_PARAMETER, "payload does not decrypt");
        return;
    }
    call(rq, h);
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
        .arena = game->arena,
        .route = m.route,
        .id = m.id,
        .wants_response = m.type == MESSAGE_REQUEST,
    };
    route_message(&rq, &m);
    arena_reset(game->arena);
    return 0;
}
