#include "game/desks/desk.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/fail_point.h"
#include "core/log.h"
#include "core/mem.h"
#include "game/desks/replay.h"
#include "game/game.h"
#include "game/store/client.h"
#include "game/wall.h"

/* ---- the table ---- */

static struct desk **
chain_of(struct desks *ds, uint64_t uid)
{
    return &ds->by_uid[(uid ^ uid >> 32) & (ds->by_uid_size - 1)];
}

static void
grow(struct desks *ds)
{
    mem_free(ds->by_uid);
    ds->by_uid_size = ds->by_uid_size ? ds->by_uid_size * 2 : 64;
    ds->by_uid = mem_zalloc(ds->by_uid_size * sizeof(struct desk *));
    LIST_EACH (l, &ds->all) {
        struct desk *desk = LIST_ITEM(l, struct desk, all);
        struct desk **chain = chain_of(ds, desk->uid);

        desk->next = *chain;
        *chain = desk;
    }
}

struct desk *
desk_find(struct desks *ds, uint64_t uid)
{
    struct desk *desk = ds->by_uid_size ? *chain_of(ds, uid) : NULL;

    while (desk != NULL && desk->uid != uid)
        desk = desk->next;
    return desk;
}

static void
timer_fired(struct timer *t)
{
    struct desk *desk = LIST_ITEM(t, struct desk, timer);
    struct desks *ds = desk->desks;

    desk_hold(desk);
    desk_set_timer(desk);
    desks_let_go(ds);
}

struct desk *
desk_add(struct desks *ds, uint32_t number, const struct shared_desk *row)
{
    struct desk *desk = mem_zalloc(sizeof(*desk));
    struct desk **chain;

    if (ds->count == ds->by_uid_size)
        grow(ds);
    desk->desks = ds;
    desk->number = number;
    desk->uid = row->uid;
    desk->row = *row;
    desk->timer.fire = timer_fired;
    desk->first_seq = 1;
    shared_desk_encode(&desk->row_bytes, number, row);
    list_init(&desk->touched);
    list_append(&ds->all, &desk->all);
    chain = chain_of(ds, desk->uid);
    desk->next = *chain;
    *chain = desk;
    ds->count++;
    return desk;
}

void
desk_remove(struct desk *desk)
{
    struct desks *ds = desk->desks;
    struct desk **at = chain_of(ds, desk->uid);

    desk_replay_destroy(desk->loading);
    LIST_EACH_SAFE (l, &ds->replays) {
        struct desk_replay *r = LIST_ITEM(l, struct desk_replay, link);

        if (r->desk == desk)
            desk_replay_destroy(r);
    }
    if (desk->asking != 0)
        store_client_cancel(ds->game->store_client, desk->ask_id);
    while (*at != desk)
        at = &(*at)->next;
    *at = desk->next;
    list_remove(&desk->all);
    list_remove(&desk->touched);
    ds->count--;
    timer_clear(&ds->game->loop->timers, &desk->timer);
    buf_deinit(&desk->row_bytes);
    buf_deinit(&desk->history);
    mem_free(desk->undo);
    mem_free(desk);
}

struct desks *
desks_create(struct game *game, const struct desk_manager_conf *conf)
{
    struct desks *ds = mem_zalloc(sizeof(*ds));

    ds->game = game;
    ds->conf = conf;
    ds->arena = arena_create(16 * 1024);
    list_init(&ds->all);
    list_init(&ds->touched);
    list_init(&ds->commit.link);
    list_init(&ds->load.link);
    list_init(&ds->replays);
    list_init(&ds->replay.link);
    ds->replay.run = desks_replay_turn;
    ds->commit.run = desks_commit;
    ds->load.run = desks_load_turn;
    ds->look.fire = desks_look_fired;
    grow(ds);
    loop_on_finish_first(game->loop, &ds->commit);
    return ds;
}

void
desks_destroy(struct desks *ds)
{
    if (ds == NULL)
        return;
    while (!list_is_empty(&ds->all))
        desk_remove(LIST_ITEM(ds->all.next, struct desk, all));
    timer_clear(&ds->game->loop->timers, &ds->look);
    timer_clear(&ds->game->loop->timers, &ds->hand_over);
    list_remove(&ds->commit.link);
    list_remove(&ds->load.link);
    list_remove(&ds->replay.link);
    turn_deinit(ds);
    buf_deinit(&ds->scratch);
    buf_deinit(&ds->data);
    arena_destroy(ds->arena);
    mem_free(ds->by_uid);
    mem_free(ds);
}

/* ---- steps ---- */

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
            desk->ends[i] = audience->session[i];
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

/* ---- what the state asks for ---- */

static int
make_seed(struct desks *ds, const struct desk *desk,
          uint8_t seed[WALL_SEED_LEN])
{
    const char *fixed = ds->game->conf->deal_seed;
    char text[256];
    int n;

    if (fixed == NULL)
        return wall_seed(seed);
    n = snprintf(text, sizeof(text), "%s %u", fixed,
                 desk->st.rules.round + 1u);
    SHA256((const unsigned char *) text, (size_t) n, seed);
    return 0;
}

static void
deal(struct desk *desk)
{
    struct mahjong_action action = {.type = MAHJONG_DEAL};
    uint8_t seed[WALL_SEED_LEN];
    struct wall wall;

    if (make_seed(desk->desks, desk, seed) != 0 ||
        wall_make(&wall, seed, desk->st.rules.seats) != 0) {
        log_limited(desk->desks->game->log, LOG_CRIT, 0,
                    "no random bytes to be had for desk %06u", desk->number);
        desk->retry_ms = desk->desks->game->loop->now_ms + DESK_RETRY_MS;
        return;
    }
    memcpy(action.wall, wall.tile, wall.len);
    memcpy(action.dice, wall.dice, sizeof(action.dice));
    action.wall_len = wall.len;
    action.banker = wall.banker;
    desk_do_action(desk, &action);
}

void
desk_deal(struct desk *desk)
{
    if (desk_can_checkpoint(&desk->st) && mahjong_all_ready(&desk->st.rules))
        deal(desk);
}

void
desk_go_on(struct desk *desk)
{
    if (desk->st.record_id != 0)
        desk_deal(desk);
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

/* ---- time ---- */

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
