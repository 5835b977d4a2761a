/*
 * The histories of the rounds that the store has not saved, one behind the
 * other in a buffer of the desk: usually of the round that is played, or of
 * none.  They follow from the journal as the state does: a replay makes them
 * again, and a checkpoint is only taken when there are none.
 */
#include <string.h>

#include "core/clock.h"
#include "game/desks/desks.h"
#include "game/game.h"
#include "game/history.h"

enum { ROUND_USUAL = 640 }; /* bytes: few rounds are longer */

_Static_assert((int) HISTORY_MAX == (int) STORE_EVENTS,
               "the store has room for every round");

/* Wall time only enters here: what the step's time is for people. */
static int64_t
wall_of(const struct desks *ds, const struct desk_step *step)
{
    int64_t now_ms = clock_wall_ms();
    int64_t age_ms = ds->game->loop->now_ms - step->time_ms;

    /* what would be before 1970 or after now is not believed */
    return age_ms > 0 && age_ms < now_ms ? now_ms - age_ms : now_ms;
}

void
desk_history_add(const struct desks *ds, struct buf *history,
                 const struct desk_state *st, const struct desk_step *step,
                 const struct mahjong_events *events)
{
    for (unsigned i = 0; i < events->count; i++) {
        const struct mahjong_event *event = &events->event[i];
        int64_t wall_ms = 0;

        if (event->type == MAHJONG_EV_DEAL)
            buf_reserve(history, ROUND_USUAL);
        if (event->type == MAHJONG_EV_DEAL ||
            event->type == MAHJONG_EV_ROUND_END)
            wall_ms = wall_of(ds, step);
        history_add(history, &st->rules, event, wall_ms);
    }
}

void
desk_history_trim(struct buf *history, unsigned saved)
{
    struct mahjong_event end;
    struct history h;
    int len;

    while ((len = history_measure(&h, buf_str(history), &end)) > 0 &&
           h.round <= saved)
        buf_consume(history, (size_t) len);
    if (history->len == 0)
        buf_deinit(history); /* nothing is kept between rounds */
}

void
desk_history_fill(const struct desk *desk, struct store_save_round *args)
{
    const struct mahjong_desk *rules = &desk->st.rules;
    struct str bytes = buf_str(&desk->history);
    struct mahjong_event end;
    struct history h;
    int len = history_measure(&h, bytes, &end);

    if (len <= 0 || len > HISTORY_MAX || h.round != args->round) {
        /* finished under a daemon that kept none */
        args->begin_at = args->end_at = clock_wall_ms();
        for (unsigned i = 0; i < rules->seated; i++)
            args->score_change[i] = rules->seat[i].score - MAHJONG_START_SCORE;
        return;
    }
    args->begin_at = h.begin_ms;
    args->end_at = h.end_ms;
    for (unsigned i = 0; i < h.seats; i++) {
        args->score_change[i] = end.round.seat[i].score - MAHJONG_START_SCORE;
        args->round_change[i] = end.round.seat[i].total;
    }
    args->events.blob.len = (uint16_t) len;
    memcpy(args->events.data, bytes.data, (size_t) len);
}
