/*
 * Dissolving: a vote of 300 s from the request, at most 150 s from the first
 * consent, unless the desk has other times; one refusal ends it; all who sit
 * there must consent (the applicant counts) or the time runs out.
 */
#include "game/mahjong/inner.h"

static uint32_t
vote_ms(const struct mahjong_desk *desk)
{
    return desk->times.vote_ms != 0 ? desk->times.vote_ms : MAHJONG_VOTE_MS;
}

static uint32_t
vote_last_ms(const struct mahjong_desk *desk)
{
    return desk->times.vote_last_ms != 0 ? desk->times.vote_last_ms
                                         : MAHJONG_VOTE_LAST_MS;
}

/* Can a deadline be made of it? */
static bool
is_time(int64_t now_ms)
{
    return now_ms >= 0 && now_ms <= INT64_MAX - MAHJONG_TIME_MAX;
}

static unsigned
vote_status(const struct mahjong_desk *desk, unsigned seat)
{
    if (seat == desk->vote_by)
        return MAHJONG_VOTE_APPLIED;
    if (desk->agreed & BIT(seat))
        return MAHJONG_VOTE_AGREED;
    if (desk->offline & BIT(seat))
        return MAHJONG_VOTE_OFFLINE;
    return MAHJONG_VOTE_WAITING;
}

uint32_t
mahjong_vote(const struct mahjong_desk *desk, int64_t now_ms,
             uint8_t status[MAHJONG_SEATS])
{
    int64_t rest = desk->vote_deadline_ms - now_ms;

    if (!desk->voting)
        return 0;
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        status[i] = i < desk->seated ? (uint8_t) vote_status(desk, i)
                                     : (uint8_t) MAHJONG_VOTE_WAITING;
    if (rest < 0)
        return 0;
    return rest < vote_ms(desk) ? (uint32_t) rest : vote_ms(desk);
}

static void
say_vote(const struct mahjong_desk *desk, unsigned type, unsigned seat,
         int64_t now_ms, struct mahjong_events *events)
{
    struct mahjong_event *event = emit(events, type, seat, MAHJONG_EVERYBODY);

    event->vote.rest_ms = mahjong_vote(desk, now_ms, event->vote.status);
}

static bool
all_agree(const struct mahjong_desk *desk)
{
    return desk->agreed == BIT(desk->seated) - 1;
}

static void
vote_clear(struct mahjong_desk *desk)
{
    desk->voting = 0;
    desk->vote_by = MAHJONG_NOBODY;
    desk->agreed = 0;
    desk->consent = 0;
    desk->vote_deadline_ms = 0;
}

/* Without a push, as at a round's end. */
void
dissolve_cancel(struct mahjong_desk *desk, struct mahjong_events *events)
{
    if (!desk->voting)
        return;
    vote_clear(desk);
    emit(events, MAHJONG_EV_VOTE_CLOSED, MAHJONG_NOBODY, MAHJONG_EVERYBODY);
}

/*
 * Before the first round a dissolve just closes the desk, afterwards it ends
 * the match; a round that runs is void.
 */
void
dissolve_now(struct mahjong_desk *desk, struct mahjong_events *events)
{
    if (desk->status != MAHJONG_CREATED) {
        ending_round(desk, false, events);
        return;
    }
    dissolve_cancel(desk, events);
    emit(events, MAHJONG_EV_DISSOLVED, MAHJONG_NOBODY, MAHJONG_EVERYBODY);
    ending_close(desk, events);
}

enum mahjong_violation
dissolve_apply(struct mahjong_desk *desk, unsigned seat, int64_t now_ms,
               struct mahjong_events *events)
{
    if (desk->voting)
        return MAHJONG_VOTE_RUNS;
    if (!is_time(now_ms))
        return MAHJONG_BAD_VALUE;
    desk->voting = 1;
    desk->vote_by = (uint8_t) seat;
    desk->agreed = (uint8_t) BIT(seat);
    desk->vote_deadline_ms = now_ms + vote_ms(desk);
    say_vote(desk, MAHJONG_EV_VOTE_OPENED, seat, now_ms, events);
    if (all_agree(desk))
        dissolve_now(desk, events);
    return MAHJONG_OK;
}

/* A vote answer without a running vote is refused. */
enum mahjong_violation
dissolve_vote(struct mahjong_desk *desk, unsigned seat, bool consent,
              int64_t now_ms, struct mahjong_events *events)
{
    if (!desk->voting)
        return MAHJONG_NO_VOTE;
    if (!is_time(now_ms))
        return MAHJONG_BAD_VALUE;
    if (!consent) {
        emit(events, MAHJONG_EV_VOTE_FAILED, seat, MAHJONG_EVERYBODY);
        dissolve_cancel(desk, events);
        return MAHJONG_OK;
    }
    if (desk->agreed & BIT(seat))
        return MAHJONG_AGAIN;
    desk->agreed |= BIT(seat);
    if (!desk->consent && desk->vote_deadline_ms > now_ms + vote_last_ms(desk))
        desk->vote_deadline_ms = now_ms + vote_last_ms(desk);
    desk->consent = 1;
    say_vote(desk, MAHJONG_EV_VOTE_STATUS, seat, now_ms, events);
    if (all_agree(desk))
        dissolve_now(desk, events);
    return MAHJONG_OK;
}

enum mahjong_violation
dissolve_timeout(struct mahjong_desk *desk, int64_t now_ms,
                 struct mahjong_events *events)
{
    if (!desk->voting)
        return MAHJONG_NO_VOTE;
    if (now_ms < desk->vote_deadline_ms)
        return MAHJONG_TOO_EARLY;
    dissolve_now(desk, events);
    return MAHJONG_OK;
}

/* `seat` has left: his voice is gone, the rest may be of one mind now. */
void
dissolve_left(struct mahjong_desk *desk, unsigned seat,
              struct mahjong_events *events)
{
    if (!desk->voting)
        return;
    desk->agreed = without_seat(desk->agreed, seat);
    if (desk->vote_by == seat)
        desk->vote_by = MAHJONG_NOBODY;
    else if (desk->vote_by != MAHJONG_NOBODY && desk->vote_by > seat)
        desk->vote_by--;
    if (all_agree(desk))
        dissolve_now(desk, events);
}
