/*
 * DeskManager, in the worker that has the client: making desks, finding the
 * one that a session's messages go to.  What happens at a desk is in
 * desk_handlers.c.
 */
#include "game/modules/desk_manager.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/conf.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/slots.h"
#include "event/bus.h"
#include "event/conn.h"
#include "game/binding.h"
#include "game/codec.h"
#include "game/desk/fields.h"
#include "game/desk/read.h"
#include "game/desk/words.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game.h"
#include "game/login/login.h"
#include "game/modules/desk_guess.h"
#include "game/store/accounts.h"
#include "game/store/clubs.h"
#include "game/store/journal.h"

/* ---- tables in answers ---- */

static struct mahjong_options
options_of(const struct shared_desk *row)
{
    return (struct mahjong_options){.mode = row->mode,
                                    .max_fan = row->max_fan,
                                    .zimo = row->flags & SHARED_DESK_ZIMO_DI
                                                ? MAHJONG_ZIMO_DI
                                                : MAHJONG_ZIMO_FAN,
                                    .rules = row->flags & SHARED_DESK_RULES};
}

static void
fill(struct arena *arena, struct table_info *out, uint32_t number,
     const struct shared_desk *row)
{
    struct mahjong_options options = options_of(row);

    *out = (struct table_info){
        .desk_id = str_of(arena_printf(arena, "%06u", number)),
        .created_at = row->created_at / 1000,
        .creator = (int64_t) row->creator,
        .title = desk_title(arena, number, row->round, row->rounds),
        .desc = desk_describe(arena, &options),
        .status = row->status,
        .round = row->round,
        .mode = row->mode,
    };
}

void
desk_respond_table(struct request *rq, uint32_t number,
                   const struct shared_desk *row)
{
    struct table_response out = {.code = 0};

    fill(rq->arena, &out.table_info, number, row);
    respond(rq, &table_response_fields, &out);
}

static void
respond_failure(struct request *rq, int code, struct str text)
{
    struct table_response out = {.code = code, .error = text};
    char route[64];

    log_client(rq->game->log, rq->session != NULL ? conn_log_context : NULL,
               rq->session != NULL ? rq->session->conn : NULL,
               "\"%s\" of uid %lld refused: %d %.*s",
               log_escape(route, sizeof(route), rq->route.data, rq->route.len),
               (long long) rq->uid, code, (int) text.len, text.data);
    respond(rq, &table_response_fields, &out);
}

/* Of the code, and why if there is more to say. */
static struct str
failure_text(struct arena *arena, int code, const char *why)
{
    const char *text = error_text(code);

    if (why != NULL)
        text = arena_printf(arena, "%s: %s", text, why);
    return str_of(text);
}

void
desk_table_fail(struct request *rq, int code, const char *why)
{
    respond_failure(rq, code, failure_text(rq->arena, code, why));
}

static bool
has_table(const struct request *rq)
{
    return str_equal(rq->route, STR("DeskManager.Join")) ||
           str_equal(rq->route, STR("DeskManager.CreateDesk"));
}

void
desk_respond_text(struct request *rq, int code, const char *text)
{
    struct buf body = {0};

    if (has_table(rq)) {
        respond_failure(rq, code, str_of(text));
        return;
    }
    error_put_text(request_codec(rq), &body, code, str_of(text));
    respond_raw(rq, buf_str(&body));
    buf_deinit(&body);
}

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
        .code = code, .error = failure_text(rq->arena, code, why)};

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
        fill(rq->arena, &out.table_info, seat.number, &desk);
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

/* ---- CreateDesk ---- */

struct create_options {
    int mode;
    int round;
    int max_fan;
    struct str zimo;
    bool menqing, jiangdui, jiaxin, pengpeng, pinghu, yaojiu;
};

static FIELDS(create_options, FIELD(create_options, mode),
              FIELD(create_options, round),
              FIELD_NAMED(create_options, max_fan, "maxFan"),
              FIELD(create_options, zimo), FIELD(create_options, menqing),
              FIELD(create_options, jiangdui), FIELD(create_options, jiaxin),
              FIELD(create_options, pengpeng), FIELD(create_options, pinghu),
              FIELD(create_options, yaojiu));

struct create_request {
    struct str version;
    int64_t club_id;
    struct create_options options;
};

static FIELDS(create_request, FIELD(create_request, version),
              FIELD_NAMED(create_request, club_id, "clubId"),
              FIELD_OBJECT(create_request, options, "options",
                           create_options));

static bool
in_range(int n, int low, int high)
{
    return n >= low && n <= high;
}

/* NULL, or what is wrong with the options. */
static const char *
read_options(const struct create_options *in, struct mahjong_action *open)
{
    bool di = str_equal(in->zimo, STR("di"));

    if (!in_range(in->mode, 3, 4))
        return "mode";
    if (in->round != 1 && in->round != 4 && in->round != 8 && in->round != 16)
        return "round";
    if (!in_range(in->max_fan, 1, 16))
        return "maxFan";
    if (!di && !str_equal(in->zimo, STR("fan")))
        return "zimo";
    open->rounds = (uint8_t) in->round;
    open->options = (struct mahjong_options){
        .mode = (uint8_t) in->mode,
        .max_fan = (uint8_t) in->max_fan,
        .zimo = di ? MAHJONG_ZIMO_DI : MAHJONG_ZIMO_FAN,
        .rules = (uint8_t) ((in->menqing ? RULE_MENQING : 0) |
                            (in->jiangdui ? RULE_JIANGDUI : 0) |
                            (in->jiaxin ? RULE_JIAXIN : 0) |
                            (in->pengpeng ? RULE_PENGPENG : 0) |
                            (in->pinghu || in->mode == 4 ? RULE_PINGHU : 0) |
                            (in->yaojiu ? RULE_YAOJIU : 0))};
    return NULL;
}

/* A desk waits as the server says where it was made. */
static struct mahjong_times
times_of(const struct game_server *server)
{
    const struct game_limits *limits = &server->limits;

    return (struct mahjong_times){
        .vote_ms = (uint32_t) limits->dissolve_timeout_ms,
        .vote_last_ms = (uint32_t) limits->dissolve_consent_timeout_ms,
        .turn_ms = (uint32_t) limits->turn_timeout_ms};
}

static bool
is_too_old(const struct request *rq, struct str version)
{
    const struct game_client *client = &rq->game->conf->client;

    return client->force_update &&
           !str_equal(version, str_of(client->version));
}

enum { CLUB_BALANCE_LEAST = -100 };

/* Can it be paid for?  NULL, or why not. */
static const char *
refuse_payer(struct request *rq, uint64_t club, unsigned rounds, int *code)
{
    struct store_club row;
    struct store_user user;
    int found;

    if (club != 0)
        found = store_club_get(rq->game->store, club, &row);
    else
        found = store_user_get(rq->game->store, (uint64_t) rq->uid, &user);
    *code = found < 0 ? ERROR_SERVER_INTERNAL : DESK_NO_CARDS;
    if (found < 0)
        return error_text(*code);
    if (club != 0)
        return found == 1 && row.balance > CLUB_BALANCE_LEAST
                   ? NULL
                   : "俱乐部房卡不足";
    if (found == 1 && user.cards < desk_cost(rq->state, rounds))
        return "房卡不足";
    return NULL;
}

/* One line when it begins, at most one a minute, and one when it ends. */
static void
note_refused(struct desks *ds, unsigned percent)
{
    struct desks_refused *refused = &ds->refused;
    int64_t now_ms = ds->game->loop->now_ms;

    refused->count++;
    if (refused->said ||
        (refused->said_ms != 0 && now_ms - refused->said_ms < DESK_REFUSED_MS))
        return;
    refused->said = true;
    refused->said_ms = now_ms;
    log_write(ds->game->log, LOG_ERR, 0,
              "no new desks: %u%% of \"size\" of \"shared_memory\" are in use",
              percent);
}

static void
note_room(struct desks *ds)
{
    struct desks_refused *refused = &ds->refused;

    if (!refused->said)
        return;
    log_write(ds->game->log, LOG_NOTICE, 0,
              "new desks again, %llu were refused",
              (unsigned long long) refused->count);
    refused->said = false;
    refused->count = 0;
}

/* Shared memory is filling up: what runs goes on, nothing new begins. */
static bool
is_nearly_full(struct request *rq)
{
    const struct slot_page *page = &rq->game->pages[SLOT_STORE];
    unsigned percent = atomic_load(&page->shared_percent);

    if (percent > ENV_FULL_PERCENT) {
        note_refused(rq->state, percent);
        return true;
    }
    note_room(rq->state);
    return false;
}

/* The first record; the desk is not yet anybody's. */
static int
open_state(struct request *rq, struct desk_state *st,
           const struct mahjong_action *open, struct buf *record)
{
    const struct store_user *stranger = rq->session->stranger;
    struct login_claims claims = {.sex = 0};
    char ip[ADDR_TEXT];
    struct mahjong_events events;
    struct journal_record r;
    struct buf data = {0};
    struct desk_step step = {
        .kind = DESK_ACTION,
        .time_ms = rq->game->loop->now_ms,
        .session = rq->session->id,
        .action = *open,
        .price = 1 + (uint32_t) desk_cost(rq->state, open->rounds)};

    if (stranger != NULL)
        claims = (struct login_claims){str_of(stranger->name),
                                       str_of(stranger->head_url),
                                       stranger->sex, 0};
    addr_format_host(&rq->session->conn->peer, ip);
    if (desk_profile_of(rq->game, (uint64_t) rq->uid, str_of(ip), &claims,
                        &step.profile) != 0)
        return -1;
    memset(st, 0, sizeof(*st));
    if (desk_state_apply(st, &step, &events) != MAHJONG_OK)
        return -1;
    desk_step_encode(&data, &step, st);
    r = (struct journal_record){.rules = st->rules.version,
                                .kind = step.kind,
                                .time_ms = step.time_ms,
                                .session = step.session,
                                .data = buf_str(&data),
                                .hash = desk_state_hash(st)};
    journal_encode(record, &r);
    buf_deinit(&data);
    return 0;
}

static struct shared_desk
row_of(struct request *rq, const struct mahjong_action *open, uint64_t club,
       uint64_t uid)
{
    const struct mahjong_options *options = &open->options;

    return (struct shared_desk){
        .owner = rq->game->place,
        .epoch = 1,
        .uid = uid,
        .creator = (uint64_t) rq->uid,
        .club = club,
        .created_at = clock_wall_ms(),
        .mode = options->mode,
        .rounds = open->rounds,
        .max_fan = options->max_fan,
        .flags = options->rules |
                 (options->zimo == MAHJONG_ZIMO_DI ? SHARED_DESK_ZIMO_DI : 0),
        .seats = {(uint64_t) rq->uid}};
}

/* The desk is made with its first record and the creator's seat in one. */
static void
create(struct request *rq, const struct mahjong_action *open, uint64_t club)
{
    struct desks *ds = rq->state;
    struct {
        uint64_t uid;
        uint32_t number;
    } random;
    struct buf record = {0};
    struct desk_state st;
    struct shared_desk row;
    enum shared_claim claim = SHARED_FAILED;
    uint32_t number;
    struct desk *desk;
    struct binding *b;

    if (RAND_bytes((unsigned char *) &random, sizeof(random)) == 1 &&
        random.uid != 0 && open_state(rq, &st, open, &record) == 0) {
        row = row_of(rq, open, club, random.uid);
        claim = shared_desk_create(rq->game->shared, random.number,
                                   rq->session->id, &row, buf_str(&record),
                                   &number);
        fail_point("claim after");
    }
    buf_deinit(&record);
    if (claim == SHARED_DENIED) {
        desk_respond_text(rq, DESK_SEATED, DESK_SEATED_TEXT);
        return;
    }
    if (claim == SHARED_OUSTED) { /* which it has not heard yet */
        desk_table_fail(rq, ERROR_AUTH_FAILED, NULL);
        session_kick(rq->session, "logged in elsewhere");
        return;
    }
    if (claim != SHARED_CLAIMED) {
        desk_table_fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return;
    }
    log_client(rq->game->log, conn_log_context, rq->session->conn,
               "desk %06u made by uid %lld: %u players, %u rounds, %u cards",
               number, (long long) rq->uid, row.mode, row.rounds,
               st.price - 1);
    desk = desk_add(ds, number, &row);
    desk->st = st;
    desk->attached = 1;
    desk_set_view(desk, 0, !rq->session->server->limits.hidden_tiles,
                  (uint8_t) rq->session->server->wire.format);
    desk_set_timer(desk);
    if (rq->game->draining)
        desks_hand_over(ds);
    b = binding_create(rq->session, number, row.uid);
    if (b != NULL)
        binding_set_known(b); /* he sits there without a message */
    desk_respond_table(rq, number, &row);
}

static void
create_desk(struct request *rq, const void *body)
{
    const struct create_request *in = body;
    struct mahjong_action open = {.type = MAHJONG_OPEN,
                                  .version = MAHJONG_VERSION,
                                  .uid = rq->uid,
                                  .times = times_of(rq->session->server)};
    uint64_t club = in->club_id > 0 ? (uint64_t) in->club_id : 0;
    struct shared_seat seat;
    struct shared_desk desk;
    const char *why;
    int code;

    if (is_too_old(rq, in->version)) {
        desk_respond_text(rq, DESK_OLD_VERSION, "客户端版本过低, 请更新");
        return;
    }
    why = read_options(&in->options, &open);
    if (why != NULL) {
        desk_table_fail(rq, ERROR_ILLEGAL_PARAMETER, why);
        return;
    }
    if (rq->session->binding != NULL ||
        shared_seat_find(rq->game->shared, (uint64_t) rq->uid, &seat, &desk) ==
            1) {
        desk_respond_text(rq, DESK_SEATED, DESK_SEATED_TEXT);
        return;
    }
    why = refuse_payer(rq, club, open.rounds, &code);
    if (why != NULL)
        desk_respond_text(rq, code, why);
    else if (is_nearly_full(rq))
        desk_table_fail(rq, ERROR_SERVER_INTERNAL, "no room for more desks");
    else
        create(rq, &open, club);
}

/* ---- where a session's messages go ---- */

FIELDS(desk_join, FIELD(desk_join, version),
       FIELD_NAMED(desk_join, desk_id, "deskId"));

FIELDS(desk_back, FIELD_NAMED(desk_back, desk_id, "deskId"));

/* Binds the session to the desk where its player sits: 1, 0 nowhere, -1 that
 * cannot be read. */
static int
bind_to_seat(struct request *rq)
{
    struct shared_seat seat;
    struct shared_desk desk;
    int found;

    if (rq->session->binding != NULL)
        return 1;
    found = shared_seat_find(rq->game->shared, (uint64_t) rq->uid, &seat,
                             &desk);
    if (found != 1)
        return found;
    return binding_create(rq->session, seat.number, seat.desk_uid) != NULL;
}

int
desk_bind(struct request *rq, const void *in)
{
    int bound = bind_to_seat(rq);

    (void) in;
    if (bound == 1)
        return 0;
    respond_error(
        rq, bound == 0 ? ERROR_DESK_NOT_FOUND : ERROR_SERVER_INTERNAL, NULL);
    return -1;
}

int
desk_bind_vote(struct request *rq, const void *in)
{
    struct empty nothing = {0};
    int bound = bind_to_seat(rq);

    (void) in;
    if (bound == 1)
        return 0;
    if (bound < 0)
        respond_error(rq, ERROR_SERVER_INTERNAL, NULL);
    else
        push(rq->session, STR("onDissolveSuccess"), &empty_fields, &nothing);
    return -1;
}

int
desk_bind_back(struct request *rq, const void *body)
{
    const struct desk_back *in = body;
    uint32_t number = desk_number_parse(in->desk_id);
    int bound = number != 0 ? bind_to_seat(rq) : 0;

    if (bound == 1 && binding_number(rq->session) == number)
        return 0;
    if (bound < 0)
        respond_error(rq, ERROR_SERVER_INTERNAL, NULL);
    else if (str_equal(rq->route, STR("DeskManager.ReJoin")))
        desk_respond_text(rq, -1, DESK_GONE_TEXT);
    return -1;
}

static int
refuse_number(struct request *rq)
{
    desk_respond_text(rq, ERROR_DESK_NOT_FOUND, DESK_NONE_TEXT);
    return -1;
}

int
desk_bind_join(struct request *rq, const void *body)
{
    const struct desk_join *in = body;
    uint32_t number = desk_number_parse(in->desk_id);
    struct shared_desk desk;
    int found;

    if (is_too_old(rq, in->version)) {
        desk_respond_text(rq, -1, "客户端版本过低, 请更新");
        return -1;
    }
    found = bind_to_seat(rq);
    if (found < 0) {
        desk_table_fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return -1;
    }
    if (found == 1) {
        if (binding_number(rq->session) == number)
            return 0;
        desk_respond_text(rq, DESK_SEATED, DESK_SEATED_TEXT);
        return -1;
    }
    if (number == 0) /* which tells nobody anything */
        return refuse_number(rq);
    if (!desk_may_guess(rq)) {
        desk_table_fail(rq, ERROR_FREQUENCY_LIMITED, NULL);
        return -1;
    }
    found = shared_desk_get(rq->game->shared, number, &desk);
    if (found < 0) {
        desk_table_fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return -1;
    }
    if (found == 0 || desk.status == MAHJONG_DESTROYED ||
        binding_create(rq->session, number, desk.uid) == NULL) {
        desk_guessed(rq);
        return refuse_number(rq);
    }
    return 0;
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
    struct desks *ds = desks_create(game, conf);

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
     .in = &create_request_fields,
     .out = &table_response_fields,
     .handle = create_desk,
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
