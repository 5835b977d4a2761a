/*
 * What a desk does by itself when its time has come.
 */
#include "core/fail_point.h"
#include "core/log.h"
#include "game/desks/desks.h"
#include "game/game.h"
#include "game/session.h"

/*
 * Seats whose connection nobody has shown since the desk came back: their
 * gates are told once to look where the desk is, then the seats are dropped.
 */
static void
drop_unattached(struct desk *desk)
{
    struct game *game = desk->desks->game;

    desk->attach_ms = 0;
    for (unsigned i = 0; i < desk->st.rules.seated; i++) {
        uint64_t session = desk->st.seat[i].session;

        if (session == 0 || desk->attached & 1u << i)
            continue;
        if (desk->nudged & 1u << i) {
            desk_drop(desk, i);
            continue;
        }
        desk->nudged |= (uint8_t) (1u << i);
        desk->attach_ms = game->loop->now_ms + DESK_ATTACH_MS;
        frame_send_uint(game->bus, session_id_place(session), FRAME_MOVED,
                        session, desk->uid);
    }
    if (desk->attach_ms == 0)
        desk->nudged = 0;
}

static void
vote_timeout(struct desk *desk, int64_t now_ms)
{
    struct mahjong_action action = {.type = MAHJONG_VOTE_TIMEOUT,
                                    .now_ms = now_ms};

    desk_do_action(desk, &action);
}

/* The server plays for those who have not answered in time. */
static void
turn_timeouts(struct desk *desk, int64_t now_ms)
{
    struct mahjong_action action = {.type = MAHJONG_TURN_TIMEOUT};

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        int64_t deadline_ms = desk_turn_deadline(&desk->st, i);

        action.seat = (uint8_t) i;
        if (deadline_ms != 0 && now_ms >= deadline_ms)
            desk_do_action(desk, &action);
    }
}

static void
expire(struct desk *desk)
{
    struct mahjong_action action = {.type = MAHJONG_EXPIRE};

    desk_do_action(desk, &action);
}

void
desk_take_checkpoint(struct desk *desk)
{
    struct desk_step step = {.kind = DESK_CHECKPOINT, .seat = MAHJONG_NOBODY};

    if (desk->st.saved != desk->st.done || desk->next_checkpoint != 0 ||
        !desk_can_checkpoint(&desk->st))
        return; /* the next one will do */
    fail_point("checkpoint before");
    if (desk_do(desk, &step) == MAHJONG_OK)
        desk->next_checkpoint = desk->st.seq;
}

/* Keeps the journal short, whatever players do. */
static void
bound_journal(struct desk *desk)
{
    uint64_t records = desk->st.seq - desk->checkpoint_seq;

    if (desk->st.rules.status == MAHJONG_DESTROYED)
        return;
    if (records >= DESK_RECORDS_CHECKPOINT)
        desk_take_checkpoint(desk);
    if (records < DESK_RECORDS_MAX || desk->next_checkpoint != 0)
        return;
    log_write(desk->desks->game->log, LOG_WARN, 0,
              "desk %06u has too many records in one round, closing it",
              desk->number);
    expire(desk);
}

static int64_t
expiry_of(const struct desk *desk)
{
    return desk->st.opened_ms +
           (int64_t) desk->desks->game->conf->desk_lifetime_ms;
}

/* What is due is done; several things may be. */
static void
do_due(struct desk *desk, int64_t now_ms)
{
    const struct mahjong_desk *rules = &desk->st.rules;

    if (now_ms < desk->held_ms)
        return;
    if (now_ms >= desk->end_ms)
        desk->end_ms = 0;
    if (desk->attach_ms != 0 && now_ms >= desk->attach_ms)
        drop_unattached(desk);
    if (rules->voting && now_ms >= rules->vote_deadline_ms) {
        fail_point_number("desk vote", desk->number);
        vote_timeout(desk, now_ms);
    }
    turn_timeouts(desk, now_ms);
    if (rules->status != MAHJONG_DESTROYED && now_ms >= expiry_of(desk)) {
        log_write(desk->desks->game->log, LOG_INFO, 0,
                  "desk %06u reached desk_lifetime, closing it", desk->number);
        expire(desk);
    }
    bound_journal(desk);
    if (desk->retry_ms != 0 && now_ms >= desk->retry_ms) {
        desk->retry_ms = 0;
        if (desk->st.record_id != 0)
            desk_deal(desk);
    }
    desk_ask(desk);
}

static void
earliest(int64_t *due_ms, int64_t ms)
{
    if (ms != 0 && (*due_ms == 0 || ms < *due_ms))
        *due_ms = ms;
}

void
desk_set_timer(struct desk *desk)
{
    const struct mahjong_desk *rules = &desk->st.rules;
    struct loop *loop = desk->desks->game->loop;
    int64_t due_ms = 0;

    if (desk->over)
        return;
    do_due(desk, loop->now_ms);
    earliest(&due_ms, desk->attach_ms);
    earliest(&due_ms, desk->retry_ms);
    earliest(&due_ms, desk->end_ms);
    if (rules->voting)
        earliest(&due_ms, rules->vote_deadline_ms);
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        earliest(&due_ms, desk_turn_deadline(&desk->st, i));
    if (rules->status != MAHJONG_DESTROYED)
        earliest(&due_ms, expiry_of(desk));
    if (loop->now_ms < desk->held_ms)
        due_ms = desk->held_ms;
    if (due_ms == 0)
        timer_clear(&loop->timers, &desk->timer);
    else if (due_ms != desk->timer.deadline_ms || !timer_is_set(&desk->timer))
        timer_set(&loop->timers, &desk->timer, due_ms);
}
