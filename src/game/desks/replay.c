#include "game/desks/replay.h"

#include <time.h>

#include "core/fail_point.h"
#include "core/mem.h"
#include "game/desks/desks.h"
#include "game/game.h"
#include "game/store/journal.h"

enum { LOOK_AT_CLOCK = 16 /* records between two looks */ };

static int64_t
clock_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Is the push behind what the session's gate has forwarded? */
static bool
is_missed(const struct desk_replay *r, unsigned ord)
{
    const struct bound_resume *last = &r->resume;

    return r->seq > last->seq || (r->seq == last->seq && ord > last->ord);
}

static void
push_missed(struct desk_pusher *t, unsigned seats, unsigned ord,
            struct str route, struct str payload)
{
    struct desk_replay *r = LIST_ITEM(t, struct desk_replay, pusher);
    struct bound_item item = {.kind = ITEM_PUSH,
                              .target = r->desk->uid,
                              .session = {r->session},
                              .sessions = 1,
                              .seq = r->seq,
                              .ord = ord,
                              .asks = t->asks,
                              .route = route,
                              .payload = payload};

    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        if (!(seats & 1u << i))
            continue;
        if (r->loading) {
            r->desk->told_seq[i] = r->seq;
            r->desk->told_ord[i] = ord;
        } else if (t->audience.session[i] == r->session && is_missed(r, ord)) {
            desks_deliver(r->desk->desks, &item);
        }
    }
}

/* Repeats the end to the session of a player whom the step removed. */
static void
push_end(struct desk_replay *r)
{
    struct bound_item item = {.kind = ITEM_END,
                              .target = r->desk->uid,
                              .session = {r->session},
                              .sessions = 1,
                              .seq = r->seq};
    bool over = r->st.rules.status == MAHJONG_DESTROYED;
    bool left = desk_step_is_leave(&r->step);

    item.cseq = over ? UINT64_MAX : r->step.cseq;
    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (r->pusher.audience.session[i] == r->session &&
            (over || (left && r->step.action.seat == i)))
            desks_deliver(r->desk->desks, &item);
}

static void
tell_step(struct desk_replay *r, const struct desk_audience *before)
{
    if (desk_step_is_leave(&r->step))
        r->pusher.audience = *before;
    else
        desk_audience_of(&r->pusher.audience, &r->st);
    /* nobody gets the payloads of what was forwarded long ago */
    r->pusher.quiet = r->loading || r->seq < r->resume.seq;
    desk_push_step(&r->pusher, &r->step, &r->events);
    if (!r->loading)
        push_end(r);
}

/* NULL, or what is wrong with the record. */
static const char *
apply(struct desk_replay *r, uint64_t seq, struct str row)
{
    struct journal_record record;
    struct desk_audience before = r->pusher.audience;
    const char *why = journal_decode(&record, row);

    if (why != NULL)
        return why;
    if (r->seq == 0) {
        r->first_seq = seq;
        r->st.seq = seq - 1;
    } else if (seq != r->seq + 1) {
        return "does not follow the one before";
    }
    r->seq = seq;
    r->records++;
    if (record.kind == DESK_CHECKPOINT)
        r->checkpoint_seq = seq;
    desk_audience_of(&before, &r->st);
    why = desk_state_replay(&r->st, &record, &r->step, &r->events);
    if (why != NULL)
        return why;
    if (r->loading)
        desk_history_add(r->desk->desks, &r->history, &r->st, &r->step,
                         &r->events);
    tell_step(r, &before);
    return NULL;
}

static int
replay_row(void *arg, uint64_t seq, struct str row)
{
    struct desk_replay *r = arg;

    fail_point_number("desk replay", r->desk->number);
    r->at = seq;
    r->why = apply(r, seq, row);
    if (r->why != NULL)
        return DESK_REPLAY_BAD;
    r->from = seq + 1;
    return r->records % LOOK_AT_CLOCK == 0 && clock_us() >= r->until_us
               ? DESK_REPLAY_MORE
               : 0;
}

struct desk_replay *
desk_replay_create(struct desk *desk, uint64_t from)
{
    struct desk_replay *r = mem_zalloc(sizeof(*r));

    list_init(&r->link);
    r->desk = desk;
    r->from = from;
    r->pusher.st = &r->st;
    r->pusher.number = desk->number;
    r->pusher.arena = desk->desks->arena;
    r->pusher.push = push_missed;
    return r;
}

void
desk_replay_destroy(struct desk_replay *r)
{
    if (r == NULL)
        return;
    list_remove(&r->link);
    buf_deinit(&r->history);
    mem_free(r);
}

/* What all replays of this turn may still take. */
static int64_t
time_left_us(struct desks *ds)
{
    if (ds->replay_ms != ds->game->loop->now_ms) {
        ds->replay_ms = ds->game->loop->now_ms;
        ds->replay_us = 0;
    }
    return DESK_LOAD_MS * 1000 - ds->replay_us;
}

enum desk_replay_result
desk_replay_run(struct desk_replay *r)
{
    struct desks *ds = r->desk->desks;
    int64_t left_us = time_left_us(ds), begun_us = clock_us();
    int rc;

    if (left_us <= 0)
        return DESK_REPLAY_MORE;
    r->slices++;
    r->until_us = begun_us + left_us;
    r->pusher.text = ds->scratch;
    rc = journal_walk(ds->game->shared, r->desk->uid, r->from, replay_row, r);
    ds->scratch = r->pusher.text;
    ds->replay_us += clock_us() - begun_us;
    if (rc == DESK_REPLAY_DONE && r->seq == 0) {
        r->why = "is missing";
        rc = DESK_REPLAY_BAD;
    }
    return rc;
}

void
desk_replay_later(struct desk_replay *r)
{
    struct desks *ds = r->desk->desks;

    list_append(&ds->replays, &r->link);
    loop_post(ds->game->loop, &ds->replay);
}

/* Each in turn; one that waits is freed with its desk. */
void
desks_replay_turn(struct task *t)
{
    struct desks *ds = LIST_ITEM(t, struct desks, replay);

    while (!list_is_empty(&ds->replays) && time_left_us(ds) > 0) {
        struct desk_replay *r = LIST_ITEM(ds->replays.next, struct desk_replay,
                                          link);

        /* what this turn has done so far shall be in the journal too */
        if (r->desk->undo != NULL) {
            desks_commit(&ds->commit);
            continue;
        }
        list_remove(&r->link);
        if (r->loading)
            desk_load_slice(r->desk);
        else
            desk_resume_slice(r);
    }
    if (!list_is_empty(&ds->replays))
        loop_post(ds->game->loop, &ds->replay);
}
