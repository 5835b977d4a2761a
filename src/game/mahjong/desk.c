/*
 * Who sits at the desk, the order of its states, and the one entry.
 *
 *   created -> dealing -> sorted -> playing -> round over -> cleaned ->
 *   dealing ... -> destroyed; interrupted by a dissolve
 *
 * "sorted" is passed by four players only; "round over" and "interrupted" do
 * not last beyond the action that leads to them.
 */
#include "game/mahjong/desk.h"

#include "game/mahjong/inner.h"

_Static_assert(sizeof(struct mahjong_desk) <= 2048, "a desk fits in 2 KB");

bool
mahjong_options_are_valid(const struct mahjong_options *options,
                          unsigned rounds)
{
    if (options->mode != 3 && options->mode != 4)
        return false;
    if (rounds != 1 && rounds != 4 && rounds != 8 && rounds != 16)
        return false;
    return options->max_fan >= 1 && options->max_fan <= 16 &&
           (options->zimo == MAHJONG_ZIMO_FAN ||
            options->zimo == MAHJONG_ZIMO_DI) &&
           options->rules < RULE_YAOJIU << 1;
}

bool
mahjong_times_are_valid(const struct mahjong_times *times)
{
    return times->vote_ms <= MAHJONG_TIME_MAX &&
           times->vote_last_ms <= MAHJONG_TIME_MAX &&
           times->turn_ms <= MAHJONG_TIME_MAX;
}

bool
mahjong_version_is_valid(unsigned version)
{
    return version >= MAHJONG_VERSION_1 && version <= MAHJONG_VERSION;
}

/* Four players: pinghu is always on. */
void
mahjong_set_options(struct mahjong_desk *desk,
                    const struct mahjong_options *options, unsigned rounds)
{
    desk->options = *options;
    if (options->mode == 4)
        desk->options.rules |= RULE_PINGHU;
    desk->seats = options->mode;
    desk->rounds = (uint8_t) rounds;
}

static void
take_seat(struct mahjong_desk *desk, int64_t uid,
          struct mahjong_events *events)
{
    unsigned seat = desk->seated++;

    desk->seat[seat].uid = uid;
    desk->seat[seat].score = MAHJONG_START_SCORE;
    emit(events, MAHJONG_EV_SAT, seat, MAHJONG_EVERYBODY)->uid = uid;
}

static enum mahjong_violation
open_desk(struct mahjong_desk *desk, const struct mahjong_action *action,
          struct mahjong_events *events)
{
    if (desk->seats != 0)
        return MAHJONG_NOT_NOW;
    if (!mahjong_version_is_valid(action->version) ||
        !mahjong_options_are_valid(&action->options, action->rounds) ||
        !mahjong_times_are_valid(&action->times) || action->uid <= 0)
        return MAHJONG_BAD_VALUE;
    round_clear(desk);
    desk->version = action->version;
    desk->times = action->times;
    mahjong_set_options(desk, &action->options, action->rounds);
    desk->status = MAHJONG_CREATED;
    desk->vote_by = MAHJONG_NOBODY;
    emit(events, MAHJONG_EV_OPENED, 0, MAHJONG_EVERYBODY);
    take_seat(desk, action->uid, events);
    return MAHJONG_OK;
}

/* Players sit in order of joining. */
static enum mahjong_violation
sit(struct mahjong_desk *desk, int64_t uid, struct mahjong_events *events)
{
    if (uid <= 0)
        return MAHJONG_BAD_VALUE;
    for (unsigned i = 0; i < desk->seated; i++) {
        if (desk->seat[i].uid == uid)
            return MAHJONG_SEATED;
    }
    if (desk->status != MAHJONG_CREATED)
        return MAHJONG_NOT_NOW;
    if (desk->seated == desk->seats)
        return MAHJONG_FULL;
    take_seat(desk, uid, events);
    return MAHJONG_OK;
}

/*
 * Leaving, before the first round only: moves the later ones up and clears
 * ready; the creator's leaving destroys the desk.  When all are ready the
 * match begins, with those who sit there, though the deal may have to wait
 * for a while: nobody leaves but the creator.
 */
static enum mahjong_violation
leave(struct mahjong_desk *desk, unsigned seat, struct mahjong_events *events)
{
    struct mahjong_event *event;

    if (desk->status != MAHJONG_CREATED ||
        (seat != 0 && mahjong_all_ready(desk)))
        return MAHJONG_NOT_NOW;
    event = emit(events, MAHJONG_EV_LEFT, seat, MAHJONG_EVERYBODY);
    event->left.uid = desk->seat[seat].uid;
    event->left.ready = desk->ready & BIT(seat);
    event->left.creator = seat == 0;
    if (seat == 0) {
        dissolve_cancel(desk, events);
        ending_close(desk, events);
        return MAHJONG_OK;
    }
    desk->seated--;
    for (unsigned i = seat; i < desk->seated; i++)
        desk->seat[i] = desk->seat[i + 1];
    memset(&desk->seat[desk->seated], 0, sizeof(desk->seat[0]));
    desk->seat[desk->seated].last_draw = MAHJONG_NO_TILE;
    desk->seat[desk->seated].win_tile = MAHJONG_NO_TILE;
    desk->ready = without_seat(desk->ready, seat);
    desk->offline = without_seat(desk->offline, seat);
    desk->trustee = without_seat(desk->trustee, seat);
    dissolve_left(desk, seat, events);
    return MAHJONG_OK;
}

/*
 * A round starts when all seats are taken and all are ready (offline players
 * may be ready).  Ready outside created and cleaned changes nothing.
 */
static enum mahjong_violation
ready(struct mahjong_desk *desk, unsigned seat, struct mahjong_events *events)
{
    bool news = !(desk->ready & BIT(seat));

    if (desk->status != MAHJONG_CREATED && desk->status != MAHJONG_CLEANED)
        return MAHJONG_NOT_NOW;
    desk->ready |= BIT(seat);
    emit(events, MAHJONG_EV_READY, seat, MAHJONG_EVERYBODY);
    if (news && desk->ready == BIT(desk->seats) - 1)
        emit(events, MAHJONG_EV_ALL_READY, MAHJONG_NOBODY, MAHJONG_EVERYBODY);
    return MAHJONG_OK;
}

/* A player whose connection drops keeps the seat. */
static enum mahjong_violation
presence(struct mahjong_desk *desk, unsigned seat, bool online,
         struct mahjong_events *events)
{
    bool was = !(desk->offline & BIT(seat));

    if (online == was)
        return MAHJONG_AGAIN;
    desk->offline ^= BIT(seat);
    emit(events, MAHJONG_EV_PRESENCE, seat, MAHJONG_EVERYBODY)->on = online;
    return MAHJONG_OK;
}

/* What players do; all but leaving ends the server's playing for them. */
static enum mahjong_violation
apply_player(struct mahjong_desk *desk, const struct mahjong_action *action,
             struct mahjong_events *events)
{
    unsigned seat = action->seat;

    switch (action->type) {
    case MAHJONG_LEAVE:
        return leave(desk, seat, events);
    case MAHJONG_READY:
        return ready(desk, seat, events);
    case MAHJONG_SORT:
        return round_sort(desk, seat, events);
    case MAHJONG_QUE:
        return round_que(desk, seat, action->que, events);
    case MAHJONG_CHOOSE:
        return round_choose(desk, seat, action->op, action->tile, events);
    case MAHJONG_DISSOLVE:
        return dissolve_apply(desk, seat, action->now_ms, events);
    case MAHJONG_VOTE:
        return dissolve_vote(desk, seat, action->consent, action->now_ms,
                             events);
    default:
        return MAHJONG_BAD_VALUE;
    }
}

/* What happens to a seat or to the desk. */
static enum mahjong_violation
apply_other(struct mahjong_desk *desk, const struct mahjong_action *action,
            struct mahjong_events *events)
{
    switch (action->type) {
    case MAHJONG_SIT:
        return sit(desk, action->uid, events);
    case MAHJONG_DEAL:
        return round_deal(desk, action, events);
    case MAHJONG_TURN_TIMEOUT:
        return round_timeout(desk, action->seat, events);
    case MAHJONG_OFFLINE:
    case MAHJONG_ONLINE:
        return presence(desk, action->seat, action->type == MAHJONG_ONLINE,
                        events);
    case MAHJONG_VOTE_TIMEOUT:
        return dissolve_timeout(desk, action->now_ms, events);
    case MAHJONG_EXPIRE:
        dissolve_now(desk, events);
        return MAHJONG_OK;
    default:
        return MAHJONG_BAD_VALUE;
    }
}

static bool
is_by_player(unsigned type)
{
    return type == MAHJONG_LEAVE || type == MAHJONG_READY ||
           type == MAHJONG_SORT || type == MAHJONG_QUE ||
           type == MAHJONG_CHOOSE || type == MAHJONG_DISSOLVE ||
           type == MAHJONG_VOTE;
}

static bool
is_about_seat(unsigned type)
{
    return is_by_player(type) || type == MAHJONG_TURN_TIMEOUT ||
           type == MAHJONG_OFFLINE || type == MAHJONG_ONLINE;
}

/*
 * The server begins to play for a seat with its first time-out and stops with
 * the player's next action; that his connection is back is none: a phone can
 * do that by itself.  The desk is told only when the action holds.
 */
static enum mahjong_violation
apply_open_desk(struct mahjong_desk *desk, const struct mahjong_action *action,
                struct mahjong_events *events)
{
    bool by_player = is_by_player(action->type);
    bool timeout = action->type == MAHJONG_TURN_TIMEOUT;
    bool change = false;
    enum mahjong_violation violation;

    if (is_about_seat(action->type) && action->seat >= desk->seated)
        return MAHJONG_NO_SEAT;
    if ((by_player && action->type != MAHJONG_LEAVE) || timeout)
        change = !(desk->trustee & BIT(action->seat)) == timeout;
    if (change)
        emit(events, MAHJONG_EV_TRUSTEE, action->seat, MAHJONG_EVERYBODY)->on =
            timeout;
    violation = by_player ? apply_player(desk, action, events)
                          : apply_other(desk, action, events);
    if (violation == MAHJONG_OK && change)
        desk->trustee ^= (uint8_t) BIT(action->seat);
    return violation;
}

enum mahjong_violation
mahjong_apply(struct mahjong_desk *desk, const struct mahjong_action *action,
              struct mahjong_events *events)
{
    enum mahjong_violation violation;

    events->count = 0;
    if (action->type == MAHJONG_OPEN)
        violation = open_desk(desk, action, events);
    else if (action->type == MAHJONG_CHECKPOINT)
        violation = checkpoint_restore(desk, action);
    else if (desk->seats == 0 || desk->status == MAHJONG_DESTROYED)
        violation = MAHJONG_NOT_NOW;
    else
        violation = apply_open_desk(desk, action, events);
    if (violation != MAHJONG_OK)
        events->count = 0;
    return violation;
}

const char *
mahjong_violation_text(enum mahjong_violation violation)
{
    static const char *const text[] = {
        [MAHJONG_OK] = "ok",
        [MAHJONG_NOT_NOW] = "not now",
        [MAHJONG_NO_SEAT] = "nobody sits there",
        [MAHJONG_FULL] = "the desk is full",
        [MAHJONG_SEATED] = "sits here already",
        [MAHJONG_BAD_VALUE] = "bad value",
        [MAHJONG_AGAIN] = "done already",
        [MAHJONG_NOT_ASKED] = "not your turn",
        [MAHJONG_NOT_OFFERED] = "not offered",
        [MAHJONG_NOT_HELD] = "no such tile to choose",
        [MAHJONG_VOTE_RUNS] = "a vote is running",
        [MAHJONG_NO_VOTE] = "no vote is running",
        [MAHJONG_TOO_EARLY] = "too early",
    };

    if ((unsigned) violation >= sizeof(text) / sizeof(text[0]))
        return "unknown";
    return text[violation];
}
