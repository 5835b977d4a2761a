/*
 * DeskManager, the component: its block in the conf, its routes, and how it
 * stands between the worker and its desks.
 */
#include "game/modules/desk_manager.h"

#include <stdio.h>

#include "core/conf.h"
#include "core/fail_point.h"
#include "core/slots.h"
#include "game/desk/fields.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game.h"
#include "game/login/login.h"
#include "game/store/accounts.h"

/* ---- UnCompleteDesk ---- */

struct uncomplete_response {
    bool exist;
    struct table_info table_info;
};

static FIELDS(uncomplete_response, FIELD(uncomplete_response, exist),
              FIELD_OBJECT(uncomplete_response, table_info, "tableInfo",
                           table_info));

struct uncomplete_failure {
    int code;
    struct str error;
    bool exist;
    struct table_info table_info;
};

static FIELDS(uncomplete_failure, FIELD(uncomplete_failure, code),
              FIELD(uncomplete_failure, error),
              FIELD(uncomplete_failure, exist),
              FIELD_OBJECT(uncomplete_failure, table_info, "tableInfo",
                           table_info));

static void
uncomplete_fail(struct request *rq, int code, const char *why)
{
    struct uncomplete_failure out = {
        .code = code, .error = desk_failure_text(rq->arena, code, why)};

    respond(rq, &uncomplete_failure_fields, &out);
}

static void
uncomplete_desk(struct request *rq, const void *in)
{
    struct uncomplete_response out = {0};
    struct shared_seat seat;
    struct shared_desk desk;
    int found = shared_seat_find(rq->game->shared, (uint64_t) rq->uid, &seat,
                                 &desk);

    (void) in;
    if (found < 0) {
        uncomplete_fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return;
    }
    if (found == 1) {
        out.exist = true;
        desk_fill_table(rq->arena, &out.table_info, seat.number, &desk);
    }
    respond(rq, &uncomplete_response_fields, &out);
}

/* ---- ReConnect ---- */

struct reconnect_request {
    int64_t uid;
    struct str name;
    struct str head_url;
    int sex;
    struct str token;
};

static FIELDS(reconnect_request, FIELD(reconnect_request, uid),
              FIELD(reconnect_request, name),
              FIELD_NAMED(reconnect_request, head_url, "headUrl"),
              FIELD(reconnect_request, sex),
              FIELD_FLAGS(reconnect_request, token, "token", FIELD_SECRET));

/* A login that is answered only when it fails: then he is sent away. */
static void
reconnect(struct request *rq, const void *body)
{
    const struct reconnect_request *in = body;
    struct store_user user;
    const struct login_claims claims = {in->name, in->head_url, in->sex, 0};
    int code = login_enter(rq, in->uid, in->token, &claims, &user);

    if (code != 0)
        respond_error(rq, code, NULL);
    if (code == ERROR_AUTH_FAILED || code == ERROR_ILLEGAL_PARAMETER)
        session_kick(rq->session, "auth failed");
}

/* ---- its block in the conf ---- */

/* card_consume 4/2 8/3 16/4: rounds and what they cost. */
static const char *
set_card_consume(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct desk_manager_conf *conf = obj;

    (void) cf;
    conf->card_rules = 0;
    for (int i = 1; i < (int) node->argc; i++) {
        struct desk_card_rule *rule = &conf->card_rule[conf->card_rules++];
        unsigned rounds, cards;
        char rest;

        if (sscanf(node->argv[i], "%3u/%6u%c", &rounds, &cards, &rest) != 2 ||
            rounds < 1 || rounds > 16)
            return "must be pairs \"ROUNDS/CARDS\" with rounds up to 16";
        *rule = (struct desk_card_rule){rounds, cards};
    }
    return NULL;
}

static const struct conf_directive directives[] = {
    CONF_CUSTOM("card_consume", set_card_consume, 1, DESK_CARD_RULES, 0),
    CONF_END,
};

static const struct conf_context context = {"component DeskManager",
                                            directives};

static const struct desk_manager_conf defaults = {
    .card_rule = {{4, 2}, {8, 3}, {16, 4}}, .card_rules = 3};

/* ---- the component ---- */

static int
init(struct game *game, const void *conf, void **state)
{
    struct desks *ds = desks_create(game, &desk_manager_component, conf);

    *state = ds;
    desks_load_start(ds);
    return 0;
}

static void
deinit(void *state)
{
    desks_destroy(state);
}

static void
resume(void *state, struct place gate, uint64_t session,
       const struct bound_resume *bound)
{
    desk_resume(state, gate, session, bound);
}

static void
end_seen(void *state, uint64_t session, uint64_t target)
{
    desk_end_seen(state, session, target);
}

static void
died(void *state, struct place place)
{
    desks_gate_died(state, place);
}

/* What was sent to the gate may be lost: it shall say what it has. */
static void
lost(void *state, struct place place)
{
    struct desks *ds = state;

    if (place.slot >= SLOT_WORKERS ||
        place_is_same_slot(place, ds->game->place) || ds->count == 0)
        return;
    desks_detach(ds, place);
    frame_send_uint(ds->game->bus, place, FRAME_LOST, 0, 0);
}

static void
drain(void *state)
{
    desks_hand_over(state);
}

static void
adopt(void *state, uint32_t number, uint64_t target)
{
    fail_point("adopt before");
    desk_get(state, number, target);
    fail_point("adopt after");
}

static bool
is_needed(void *state)
{
    return desks_are_left(state);
}

/* The desk of a session was closed behind its back. */
static void
vanished(struct session *s)
{
    struct player_exit body = {.isexit = true, .exit_type = 6};

    push(s, STR("onDissolve"), &player_exit_fields, &body);
}

static const struct handler handlers[] = {
    {.method = "UnCompleteDesk",
     .out = &uncomplete_response_fields,
     .handle = uncomplete_desk,
     .fail = uncomplete_fail},
    {.method = "ReConnect",
     .flags = HANDLER_OPEN,
     .in = &reconnect_request_fields,
     .handle = reconnect},
    {.method = "CreateDesk",
     .in = &desk_create_request_fields,
     .out = &table_response_fields,
     .handle = desk_create,
     .fail = desk_table_fail},
};

static const struct owner_ops owner = {
    .handlers = desk_handlers,
    .handler_count = DESK_HANDLERS,
    .receive = desk_receive,
    .answer = desk_answer,
    .resume = resume,
    .end_seen = end_seen,
    .died = died,
    .lost = lost,
    .drain = drain,
    .adopt = adopt,
    .is_needed = is_needed,
    .vanished = vanished,
};

const struct component desk_manager_component = {
    .name = "DeskManager",
    .handlers = handlers,
    .handler_count = sizeof(handlers) / sizeof(*handlers),
    .owner = &owner,
    .conf = &context,
    .conf_size = sizeof(defaults),
    .conf_defaults = &defaults,
    .init = init,
    .shutdown = deinit,
};
