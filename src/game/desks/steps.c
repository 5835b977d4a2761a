/*
 * Steps of a live desk: each is applied at once, its record and its pushes
 * wait for the end of the turn.
 */
#include <string.h>

#include "game/desk/pushes.h"
#include "game/desks/desks.h"
#include "game/game.h"

/* Where pushes of a live desk go. */
struct live {
    struct desk_pusher pusher;
    struct desk *desk;
    uint64_t seq;
};

static void
push_live(struct desk_pusher *t, unsigned seats, unsigned ord,
          struct str route, struct str payload)
{
    struct live *live = LIST_ITEM(t, struct live, pusher);
    struct bound_item item = {.kind = ITEM_PUSH,
                              .target = live->desk->uid,
                              .seq = live->seq,
                              .ord = ord,
                              .asks = t->asks,
                              .route = route,
                              .payload = payload};

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        if (!(seats & 1u << i) || t->audience.session[i] == 0)
            continue;
        if (live->desk->attached & 1u << i)
            item.session[item.sessions++] = t->audience.session[i];
        if (live->seq != 0) {
            live->desk->told_seq[i] = live->seq;
            live->desk->told_ord[i] = ord;
        }
    }
    if (item.sessions != 0)
        turn_item_add(live->desk, &item);
}

static struct live
live_pusher(struct desk *desk, const struct desk_audience *audience)
{
    struct desks *ds = desk->desks;

    return (struct live){.pusher = {.st = &desk->st,
                                    .audience = *audience,
                                    .number = desk->number,
                                    .arena = ds->arena,
                                    .text = ds->scratch,
                                    .push = push_live},
                         .desk = desk,
                         .seq = desk->st.seq};
}

/* What clients ask for is in the row: who sits there, how far it is. */
static void
update_row(struct desk *desk)
{
    const struct mahjong_desk *rules = &desk->st.rules;

    desk->row.status = rules->status;
    desk->row.round = rules->round;
    for (unsigned i = 0; i < SHARED_SEATS_MAX; i++)
        desk->row.seats[i] = i < rules->seated &&
                                     rules->status != MAHJONG_DESTROYED
                                 ? (uint64_t) rules->seat[i].uid
                                 : 0;
}

/* The sessions that are bound to seats which are no more are told so. */
static void
say_end(struct desk *desk, const struct desk_audience *audience,
        unsigned seats, uint64_t cseq)
{
    struct bound_item item = {.kind = ITEM_END,
                              .target = desk->uid,
                              .seq = desk->st.seq,
                              .cseq = cseq};

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        if (!(seats & 1u << i) || audience->session[i] == 0)
            continue;
        item.session[0] = audience->session[i];
        item.sessions = 1;
        if (desk->attached & 1u << i)
            turn_item_add(desk, &item);
        if (desk->st.rules.status == MAHJONG_DESTROYED)
            desk->end_sessions[i] = audience->session[i];
    }
}

static uint8_t
without(uint8_t bits, unsigned seat)
{
    unsigned low = bits & ((1u << seat) - 1);

    return (uint8_t) (low | (bits >> 1 & ~((1u << seat) - 1)));
}

/* The seats above one that was left move down. */
static void
close_gap(struct desk *desk, unsigned seat)
{
    desk->open = without(desk->open, seat);
    desk->attached = without(desk->attached, seat);
    desk->nudged = without(desk->nudged, seat);
    desk->unasked = without(desk->unasked, seat);
    for (unsigned i = seat; i + 1 < MAHJONG_SEATS; i++)
        desk->format[i] = desk->format[i + 1];
}

/* The sessions of the seats as they are now. */
static struct desk_audience
audience_of(const struct desk *desk)
{
    struct desk_audience audience;

    desk_audience_of(&audience, &desk->st);
    audience.open = desk->open;
    memcpy(audience.format, desk->format, sizeof(audience.format));
    return audience;
}

/*
 * Does the step leave the desk as it is?  Its events are then in ds->events.
 * All that players can send and that is not looked at here is refused by the
 * rules when it is no news.  The number of the message counts as nothing: a
 * gate that sends it again to another owner gets the same answer again.
 */
static bool
is_repeat(struct desk *desk, const struct desk_step *step)
{
    unsigned action = step->kind == DESK_ACTION ? step->action.type : 0;
    unsigned seat = step->seat;
    struct desk_state after;

    if ((step->kind != DESK_ENTER && action != MAHJONG_READY &&
         action != MAHJONG_QUE) ||
        step->news || seat >= desk->st.rules.seated)
        return false;
    after = desk->st;
    if (desk_state_apply(&after, step, &desk->desks->events) != MAHJONG_OK)
        return false;
    after.seq = desk->st.seq;
    after.seat[seat].cseq = desk->st.seat[seat].cseq;
    return memcmp(&after, &desk->st, sizeof(after)) == 0;
}

/* Few in a second: each costs more than the message that asks for it. */
static bool
may_push_again(struct desk *desk, unsigned seat)
{
    int64_t now_ms = desk->desks->game->loop->now_ms;

    if (now_ms - desk->again[seat].since_ms >= 1000) {
        desk->again[seat].since_ms = now_ms;
        desk->again[seat].count = 0;
    }
    return desk->again[seat].count++ < DESK_AGAIN_MAX;
}

/* Pushes the events of a repeated step to its player, without numbers. */
static void
push_again(struct desk *desk, const struct desk_step *step)
{
    const struct desk_seat *seat = &desk->st.seat[step->seat];
    struct desk_audience audience = audience_of(desk);
    struct live live;

    if (!may_push_again(desk, step->seat))
        return;
    memset(audience.session, 0, sizeof(audience.session));
    audience.session[step->seat] = seat->session;
    audience.entered = (uint8_t) (seat->entered << step->seat);
    live = live_pusher(desk, &audience);
    live.seq = 0;
    desk_push_step(&live.pusher, step, &desk->desks->events);
    desk->desks->scratch = live.pusher.text;
}

bool
desk_is_worn_by(const struct desk *desk, const struct desk_step *step)
{
    if (desk->st.seq - desk->checkpoint_seq < DESK_RECORDS_REPEAT)
        return false;
    if (step->kind != DESK_ACTION)
        return step->kind == DESK_RESUME;
    return step->action.type == MAHJONG_OFFLINE ||
           step->action.type == MAHJONG_DISSOLVE ||
           step->action.type == MAHJONG_QUE;
}

enum mahjong_violation
desk_do(struct desk *desk, struct desk_step *step)
{
    struct desks *ds = desk->desks;
    bool leaves = desk_step_is_leave(step);
    enum mahjong_violation violation;
    struct desk_audience audience;
    struct live live;

    if (desk->over)
        return MAHJONG_NOT_NOW;
    step->time_ms = ds->game->loop->now_ms;
    /* what a gate may have missed is numbered, so that it can be told */
    if (is_repeat(desk, step) && (desk->attached & 1u << step->seat)) {
        push_again(desk, step);
        return MAHJONG_OK;
    }
    desk_touch(desk);
    audience = audience_of(desk);
    violation = desk_state_apply(&desk->st, step, &ds->events);
    if (violation != MAHJONG_OK)
        return violation;
    if (!leaves)
        audience = audience_of(desk);
    turn_record_add(desk, step);
    desk_history_add(ds, &desk->history, &desk->st, step, &ds->events);
    live = live_pusher(desk, &audience);
    desk_push_step(&live.pusher, step, &ds->events);
    ds->scratch = live.pusher.text;
    update_row(desk);
    if (desk->st.rules.status == MAHJONG_DESTROYED) {
        desk->end_ms = step->time_ms + DESK_END_MS;
        say_end(desk, &audience, ~0u, UINT64_MAX);
    } else if (leaves) {
        say_end(desk, &audience, 1u << step->action.seat, step->cseq);
        close_gap(desk, step->action.seat);
    }
    return MAHJONG_OK;
}

enum mahjong_violation
desk_do_action(struct desk *desk, struct mahjong_action *action)
{
    struct desk_step step = {
        .kind = DESK_ACTION, .seat = MAHJONG_NOBODY, .action = *action};

    return desk_do(desk, &step);
}

void
desk_set_view(struct desk *desk, unsigned seat, bool open, uint8_t format)
{
    desk->open &= (uint8_t) ~(1u << seat);
    desk->open |= (uint8_t) (open << seat);
    desk->format[seat] = format;
}

void
desk_detach(struct desk *desk, unsigned seat)
{
    uint64_t session = desk->st.seat[seat].session;

    desk->attached &= (uint8_t) ~(1u << seat);
    if (desk->undo == NULL)
        return;
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (desk->undo->st.seat[i].session == session)
            desk->undo->attached &= (uint8_t) ~(1u << i);
}

void
desk_drop(struct desk *desk, unsigned seat)
{
    struct desk_step step = {.kind = DESK_DROP, .seat = (uint8_t) seat};

    desk_detach(desk, seat);
    desk_do(desk, &step);
    desk_set_timer(desk);
}

/* Told now or never, and not numbered. */
void
desk_hint_again(struct desk *desk, unsigned seat)
{
    struct desk_audience audience = audience_of(desk);
    struct live live;

    if (seat >= desk->st.rules.seated)
        return;
    if (!(desk->attached & 1u << seat)) {
        desk->unasked |= (uint8_t) (1u << seat);
        return;
    }
    live = live_pusher(desk, &audience);
    live.seq = 0;
    desk_push_hint(&live.pusher, seat);
    desk->desks->scratch = live.pusher.text;
}
