/*
 * What players ask of a desk, in the worker where it lives.
 */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "game/codec.h"
#include "game/desk/fields.h"
#include "game/desks/desks.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game.h"
#include "game/modules/desk_guess.h"
#include "game/modules/desk_manager.h"
#include "game/store/accounts.h"
#include "game/store/clubs.h"

enum { VOICE_MAX = 48000 };

/* ---- steps ---- */

static unsigned
seat_of(const struct request *rq)
{
    const struct desk *desk = rq->target;

    return desk_seat_of(&desk->st, rq->bound->uid);
}

/* What the rules say no to. */
static void
refuse(struct request *rq, enum mahjong_violation violation)
{
    int code = violation == MAHJONG_BAD_VALUE || violation == MAHJONG_NOT_HELD
                   ? ERROR_ILLEGAL_PARAMETER
                   : ERROR_REQUEST_FAILED;

    respond_error(rq, code, mahjong_violation_text(violation));
}

/* The step as one of the sender's; a refusal is answered. */
static enum mahjong_violation
take_step(struct request *rq, struct desk_step *step)
{
    enum mahjong_violation violation = MAHJONG_NO_SEAT;
    unsigned seat = seat_of(rq);

    step->seat = (uint8_t) seat;
    step->action.seat = (uint8_t) seat;
    step->session = rq->bound->session;
    step->cseq = rq->bound->cseq;
    if (desk_is_worn_by(rq->target, step)) {
        respond_error(rq, ERROR_FREQUENCY_LIMITED, NULL);
        return MAHJONG_NOT_NOW;
    }
    if (seat < MAHJONG_SEATS)
        violation = desk_do(rq->target, step);
    if (violation != MAHJONG_OK)
        refuse(rq, violation);
    return violation;
}

static enum mahjong_violation
act(struct request *rq, struct mahjong_action action)
{
    struct desk_step step = {.kind = DESK_ACTION, .action = action};

    return take_step(rq, &step);
}

static int64_t
now_ms(const struct request *rq)
{
    return rq->game->loop->now_ms;
}

/* ---- sitting down ---- */

/* What the others will see of a player. */
int
desk_profile_of(struct game *game, uint64_t uid, struct str ip,
                const struct login_claims *claims,
                struct desk_profile *profile)
{
    struct store_user user;
    size_t len = ip.len < DESK_IP - 1 ? ip.len : DESK_IP - 1;

    memset(profile, 0, sizeof(*profile));
    if (login_user(game, uid, claims, &user) < 0)
        return -1;
    memcpy(profile->name, user.name, sizeof(profile->name));
    memcpy(profile->head_url, user.head_url, sizeof(profile->head_url));
    profile->sex = user.sex;
    memcpy(profile->ip, ip.data, len);
    return 0;
}

_Static_assert((int) DESK_NAME == STORE_NAME && (int) DESK_URL == STORE_URL,
               "a profile holds what the store has");

/* NULL, or why he may not come in. */
static const char *
refuse_member(struct request *rq, const struct desk *desk)
{
    struct store_member member;
    int found;

    if (desk->row.club == 0)
        return NULL;
    found = store_member_get(rq->game->store, desk->row.club, rq->bound->uid,
                             &member);
    if (found == 1 && member.status == STORE_MEMBER)
        return NULL;
    if (found < 0)
        return error_text(ERROR_SERVER_INTERNAL);
    return "您不是俱乐部成员, 不能加入该房间";
}

/* What may still change is looked at when the turn is committed. */
static bool
is_seated_elsewhere(struct request *rq, const struct desk *desk)
{
    struct shared_seat seat;
    struct shared_desk row;

    return shared_seat_find(rq->game->shared, rq->bound->uid, &seat, &row) ==
               1 &&
           seat.desk_uid != desk->uid;
}

static void
refuse_join(struct request *rq, int code, const char *why)
{
    desk_guessed(rq);
    desk_respond_text(rq, code, why);
}

static void
sit(struct request *rq, struct desk *desk)
{
    struct desk_step step = {.kind = DESK_ACTION,
                             .session = rq->bound->session,
                             .cseq = rq->bound->cseq,
                             .action = {.type = MAHJONG_SIT, .uid = rq->uid}};
    const struct login_claims claims = {rq->bound->name, rq->bound->head_url,
                                        rq->bound->sex, 0};

    step.seat = desk->st.rules.seated;
    if (desk->st.rules.status == MAHJONG_DESTROYED) {
        refuse_join(rq, ERROR_DESK_NOT_FOUND, DESK_NONE_TEXT);
        return;
    }
    if (desk->st.rules.status != MAHJONG_CREATED ||
        desk->st.rules.seated == desk->st.rules.seats) {
        refuse_join(rq, -1, "您加入的房间已经满人, 请确认房间号后再次确认");
        return;
    }
    if (is_seated_elsewhere(rq, desk)) {
        refuse_join(rq, DESK_SEATED, DESK_SEATED_TEXT);
        return;
    }
    if (desk_profile_of(rq->game, rq->bound->uid, rq->bound->ip, &claims,
                        &step.profile) != 0 ||
        desk_do(desk, &step) != MAHJONG_OK) {
        desk_table_fail(rq, ERROR_SERVER_INTERNAL, NULL);
        return;
    }
    desk_respond_table(rq, desk->number, &desk->row);
}

void
desk_join(struct request *rq, const void *in)
{
    struct desk *desk = rq->target;
    const char *why;

    (void) in; /* its number is how it came here */
    if (seat_of(rq) < MAHJONG_SEATS &&
        desk->st.rules.status != MAHJONG_DESTROYED) {
        desk_respond_table(rq, desk->number, &desk->row);
        return;
    }
    if (!desk_may_guess(rq)) {
        desk_table_fail(rq, ERROR_FREQUENCY_LIMITED, NULL);
        return;
    }
    why = refuse_member(rq, desk);
    if (why != NULL)
        refuse_join(rq, -1, why);
    else
        sit(rq, desk);
}

/* ---- coming in, coming back ---- */

struct init_request {
    bool is_reenter;
};

static FIELDS(init_request,
              FIELD_NAMED(init_request, is_reenter, "isReenter"));

static void
client_init(struct request *rq, const void *body)
{
    const struct init_request *in = body;
    struct desk_step step = {.kind = DESK_ENTER,
                             .enter = in->is_reenter ? DESK_ENTER_AGAIN
                                                     : DESK_ENTER_FIRST};

    take_step(rq, &step);
}

/*
 * Who comes back between rounds counts as ready, and the others get
 * onPlayerEnter, unless the player was here all the time.
 */
static void
come_back(struct request *rq)
{
    struct desk *desk = rq->target;
    struct desk_step step = {.kind = DESK_ENTER, .enter = DESK_ENTER_BACK};
    struct desk_step ready_step = {.kind = DESK_ACTION,
                                   .action = {.type = MAHJONG_READY}};
    uint64_t seq = desk->st.seq;

    if (desk->st.rules.status == MAHJONG_DESTROYED ||
        seat_of(rq) >= MAHJONG_SEATS) {
        desk_respond_text(rq, -1, DESK_GONE_TEXT);
        return;
    }
    if (take_step(rq, &step) != MAHJONG_OK)
        return;
    ready_step.news = desk->st.seq != seq;
    if (desk_can_checkpoint(&desk->st))
        take_step(rq, &ready_step);
}

static void
rejoin(struct request *rq, const void *in)
{
    (void) in;
    come_back(rq);
}

static void
pause_play(struct request *rq, const void *in)
{
    (void) in;
    act(rq, (struct mahjong_action){.type = MAHJONG_OFFLINE});
}

static void
resume_play(struct request *rq, const void *in)
{
    struct desk_step step = {.kind = DESK_RESUME};

    (void) in;
    take_step(rq, &step);
}

/* ---- playing ---- */

static void
ready(struct request *rq, const void *in)
{
    (void) in;
    act(rq, (struct mahjong_action){.type = MAHJONG_READY});
}

static void
sorted(struct request *rq, const void *in)
{
    (void) in;
    act(rq, (struct mahjong_action){.type = MAHJONG_SORT});
}

struct que_request {
    int que;
};

static FIELDS(que_request, FIELD(que_request, que));

static void
ding_que(struct request *rq, const void *body)
{
    const struct que_request *in = body;
    unsigned que = in->que < 1 || in->que > 3 ? 0 : (unsigned) in->que;

    act(rq,
        (struct mahjong_action){.type = MAHJONG_QUE, .que = (uint8_t) que});
}

struct choose_request {
    int optype;
    int64_t idx;
    int64_t hint; /* the one that it answers; 0: not named */
};

static FIELDS(choose_request, FIELD(choose_request, optype),
              FIELD(choose_request, idx), FIELD(choose_request, hint));

/*
 * Does the choice answer another hint than the one that is open?  A client
 * that answers twice has often been asked something new meanwhile.
 */
static bool
is_for_another_hint(struct request *rq, const struct choose_request *in)
{
    const struct desk_state *st = &((struct desk *) rq->target)->st;
    unsigned seat = seat_of(rq);
    uint64_t hint = in->hint != 0 ? (uint64_t) in->hint : rq->bound->asked;

    return seat < MAHJONG_SEATS && st->rules.seat[seat].offer != 0 &&
           st->hint_seq[seat] != hint;
}

/* A refused choice changes nothing, and the hint is sent again. */
static void
choose(struct request *rq, const void *body)
{
    const struct choose_request *in = body;
    bool known = in->optype >= MAHJONG_DISCARD && in->optype <= MAHJONG_PASS;
    struct mahjong_action action = {.type = MAHJONG_CHOOSE,
                                    .op = (uint8_t) (known ? in->optype : 0),
                                    .tile = mahjong_tile_id(in->idx)};

    if (is_for_another_hint(rq, in))
        respond_error(rq, ERROR_REQUEST_FAILED, "not an answer to this hint");
    else if (act(rq, action) == MAHJONG_OK)
        return;
    desk_hint_again(rq->target, seat_of(rq));
}

/* ---- leaving, dissolving ---- */

struct exit_request {
    bool is_destroy;
};

static FIELDS(exit_request,
              FIELD_NAMED(exit_request, is_destroy, "isDestroy"));

static void
leave(struct request *rq, const void *body)
{
    const struct exit_request *in = body;
    struct desk_step step = {.kind = DESK_ACTION,
                             .action = {.type = MAHJONG_LEAVE},
                             .destroy = in->is_destroy};

    take_step(rq, &step);
}

static void
dissolve(struct request *rq, const void *in)
{
    (void) in;
    act(rq, (struct mahjong_action){.type = MAHJONG_DISSOLVE,
                                    .now_ms = now_ms(rq)});
}

struct vote_request {
    bool result;
};

static FIELDS(vote_request, FIELD(vote_request, result));

static void
vote(struct request *rq, const void *body)
{
    const struct vote_request *in = body;

    act(rq, (struct mahjong_action){.type = MAHJONG_VOTE,
                                    .consent = in->result,
                                    .now_ms = now_ms(rq)});
}

/* ---- talking ---- */

/*
 * To those of the group, as it stands now, who read the format; it may be
 * lost.
 */
static void
push_talk(struct request *rq, unsigned format, struct str route,
          struct str payload)
{
    struct desk *desk = rq->target;
    struct bound_item item = {.kind = ITEM_TALK,
                              .target = desk->uid,
                              .route = route,
                              .payload = payload};

    for (unsigned i = 0; i < desk->st.rules.seated; i++)
        if (desk->st.seat[i].entered && desk->st.seat[i].session != 0 &&
            (desk->attached & 1u << i) && desk->format[i] == format)
            item.session[item.sessions++] = desk->st.seat[i].session;
    if (item.sessions != 0)
        turn_item_add(desk, &item);
}

static void
voice_message(struct request *rq, const void *in)
{
    (void) in;
    if (rq->payload.len > VOICE_MAX)
        respond_error(rq, ERROR_ILLEGAL_PARAMETER, "too long");
    else if (seat_of(rq) >= MAHJONG_SEATS)
        refuse(rq, MAHJONG_NO_SEAT);
    else
        push_talk(rq, rq->bound->format, STR("onVoiceMessage"), rq->payload);
}

struct recording_request {
    struct str file_id;
};

static FIELDS(recording_request,
              FIELD_NAMED(recording_request, file_id, "fileId"));

static void
recording_voice(struct request *rq, const void *body)
{
    const struct recording_request *in = body;
    struct recording_voice out = {rq->uid, in->file_id};
    struct buf text = {0};

    if (seat_of(rq) >= MAHJONG_SEATS) {
        refuse(rq, MAHJONG_NO_SEAT);
        return;
    }
    for (unsigned format = 0; format < FORMATS; format++) {
        text.len = 0;
        codec_of(format)->put(&text, &recording_voice_fields, &out);
        push_talk(rq, format, STR("onRecordingVoice"), buf_str(&text));
    }
    buf_deinit(&text);
}

/* ---- the table ---- */

#define ROUTE(method_, fn, more, ...)                                         \
    {                                                                         \
        .method = method_, .flags = HANDLER_BOUND | (more), .handle = fn,     \
        __VA_ARGS__                                                           \
    }
#define BOUND(method_, fn, ...) ROUTE(method_, fn, 0, __VA_ARGS__)
#define BIND_READS(method_, fn, ...)                                          \
    ROUTE(method_, fn, HANDLER_BIND_READS, __VA_ARGS__)

const struct handler desk_handlers[DESK_HANDLERS] = {
    BIND_READS("Join", desk_join, .in = &desk_join_fields,
               .out = &table_response_fields, .bind = desk_bind_join,
               .fail = desk_table_fail),
    BIND_READS("ReJoin", rejoin, .in = &desk_back_fields,
               .bind = desk_bind_back),
    BIND_READS("ReEnter", rejoin, .in = &desk_back_fields,
               .bind = desk_bind_back),
    BOUND("ClientInitCompleted", client_init, .in = &init_request_fields,
          .bind = desk_bind),
    BOUND("Ready", ready, .bind = desk_bind),
    BOUND("QiPaiFinished", sorted, .bind = desk_bind),
    BOUND("DingQue", ding_que, .in = &que_request_fields, .bind = desk_bind),
    ROUTE("OpChoose", choose, HANDLER_ANSWERS, .in = &choose_request_fields,
          .bind = desk_bind),
    BOUND("Pause", pause_play, .bind = desk_bind),
    BOUND("Resume", resume_play, .bind = desk_bind),
    BOUND("Exit", leave, .in = &exit_request_fields, .bind = desk_bind_vote),
    BOUND("Dissolve", dissolve, .bind = desk_bind_vote),
    BOUND("DissolveStatus", vote, .in = &vote_request_fields,
          .bind = desk_bind_vote),
    BOUND("VoiceMessage", voice_message, .bind = desk_bind),
    BOUND("RecordingVoice", recording_voice, .in = &recording_request_fields,
          .bind = desk_bind),
};
