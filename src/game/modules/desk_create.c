/*
 * DeskManager.CreateDesk, in the worker that has the client.
 */
#include <openssl/rand.h>
#include <string.h>

#include "core/clock.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "event/conn.h"
#include "game/binding.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/modules/desk_manager.h"
#include "game/store/accounts.h"
#include "game/store/clubs.h"
#include "game/store/journal.h"

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

struct desk_create_request {
    struct str version;
    int64_t club_id;
    struct create_options options;
};

FIELDS(desk_create_request, FIELD(desk_create_request, version),
       FIELD_NAMED(desk_create_request, club_id, "clubId"),
       FIELD_OBJECT(desk_create_request, options, "options", create_options));

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

bool
desk_client_is_too_old(const struct request *rq, struct str version)
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

void
desk_create(struct request *rq, const void *body)
{
    const struct desk_create_request *in = body;
    struct mahjong_action open = {.type = MAHJONG_OPEN,
                                  .version = MAHJONG_VERSION,
                                  .uid = rq->uid,
                                  .times = times_of(rq->session->server)};
    uint64_t club = in->club_id > 0 ? (uint64_t) in->club_id : 0;
    struct shared_seat seat;
    struct shared_desk desk;
    const char *why;
    int code;

    if (desk_client_is_too_old(rq, in->version)) {
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
