/*
 * Steps of a replayed conversation: applied to the desk and its twin, and what
 * each seat is told of them compared with what the player was told.
 */
#ifndef T_UNIT_TELL_STEP_H
#define T_UNIT_TELL_STEP_H

#include "core/arena.h"
#include "game/desk/pushes.h"
#include "game/store/journal.h"
#include "tell_original.h"
#include "tell_record.h"

enum {
    HEARD = 128,        /* pushes of one step */
    CONNECTIONS = 1000, /* a session is player * CONNECTIONS + connection */
};

struct listener {
    struct desk_pusher pusher;
    struct heard heard[HEARD];
    unsigned count;
};

/* All that changes while a record is replayed. */
struct run {
    struct match m;
    struct desk_state st, twin;
    uint32_t number;
    uint64_t cseq;
    int64_t now_ms;
    unsigned act_at[MAX_PLAYERS], coin_at[MAX_PLAYERS];
    unsigned connection[MAX_PLAYERS];
    unsigned told;
};

struct test {
    struct record record;
    struct run run;
    unsigned open; /* players who see all tiles */
    struct listener listener;
    struct listener quiet;
    struct mahjong_events events;
    struct arena *arena;
    struct buf bytes;
};

static inline uint64_t
session_of(const struct run *run, unsigned p)
{
    return p * CONNECTIONS + run->connection[p];
}

/* Listening */

static inline void
hear(struct desk_pusher *pusher, unsigned seats, unsigned ord,
     struct str route, struct str payload)
{
    struct listener *l = (struct listener *) pusher; /* its first member */
    struct heard *h = &l->heard[l->count++];

    h->seats = seats;
    h->ord = ord;
    snprintf(h->route, sizeof(h->route), "%.*s", (int) route.len, route.data);
    h->body = json_loadb(payload.data, payload.len, JSON_REJECT_DUPLICATES,
                         NULL);
}

static inline void
listen(struct test *t, struct listener *l,
       const struct desk_audience *audience, const struct desk_step *step,
       bool quiet)
{
    l->count = 0;
    l->pusher = (struct desk_pusher){.st = &t->run.st,
                                     .audience = *audience,
                                     .number = t->run.number,
                                     .arena = t->arena,
                                     .text = l->pusher.text,
                                     .quiet = quiet,
                                     .push = hear};
    desk_push_step(&l->pusher, step, &t->events);
}

/* Numbers rise for everyone, and do not depend on the payloads. */
static inline bool
check_ord(struct test *t)
{
    struct match *m = &t->run.m;
    unsigned next[MAHJONG_SEATS] = {0};

    if (t->quiet.count != t->listener.count)
        return fail(m, "quiet, %u pushes instead of %u", t->quiet.count,
                    t->listener.count);
    for (unsigned i = 0; i < t->listener.count; i++) {
        const struct heard *h = &t->listener.heard[i];
        const struct heard *q = &t->quiet.heard[i];

        if (h->body == NULL)
            return fail(m, "%s is not JSON", h->route);
        if (q->body != NULL || q->ord != h->ord || q->seats != h->seats ||
            strcmp(q->route, h->route) != 0)
            return fail(m, "quiet, %s is another push", h->route);
        for (unsigned seat = 0; seat < MAHJONG_SEATS; seat++) {
            if (!(h->seats >> seat & 1))
                continue;
            if (h->ord < next[seat])
                return fail(m, "%s has number %u", h->route, h->ord);
            next[seat] = h->ord + 1;
        }
    }
    return true;
}

/* Comparing */

/* Is the push what the event is about? */
static inline bool
is_about(const struct match *m, const struct mahjong_event *e,
         const struct heard *h)
{
    switch (e->type) {
    case MAHJONG_EV_DRAW:
        return strcmp(h->route, "onMoPai") == 0;
    case MAHJONG_EV_HINT:
        return strcmp(h->route, "onOpTypeHint") == 0 &&
               h->seats == 1u << e->seat;
    case MAHJONG_EV_DO:
        return strcmp(h->route, "onOpTypeDo") == 0;
    case MAHJONG_EV_WIN_SCORE:
        return strcmp(h->route, "onHuScoreChange") == 0 &&
               number(h->body, "acId") == m->desk.seat[e->seat].uid;
    case MAHJONG_EV_ROUND_END:
        return strcmp(h->route, "onRoundEnd") == 0;
    case MAHJONG_EV_GAME_END:
        return strcmp(h->route, "onGameEnd") == 0;
    default:
        return false;
    }
}

/* Counts the events before the one that the push is about. */
static inline unsigned
count_until(struct test *t, unsigned at, const struct heard *h)
{
    struct match *m = &t->run.m;
    unsigned to = at;

    while (to < t->events.count && !is_about(m, &t->events.event[to], h))
        to++;
    if (to == t->events.count)
        return at;
    while (at < to)
        keep_count(m, &t->events.event[at++]);
    return at;
}

static inline bool
compare_heard(struct test *t, const struct desk_audience *audience,
              struct heard *h)
{
    struct said said = {.route = h->route, .body = h->body};

    for (unsigned seat = 0; seat < MAHJONG_SEATS; seat++) {
        if (!(h->seats >> seat & 1) || audience->session[seat] == 0)
            continue;
        said.player = (unsigned) (audience->session[seat] / CONNECTIONS);
        if (!told(&t->run.m, &said))
            return false;
        t->run.told++;
        said.again = true;
        if (t->run.m.ended)
            return true;
    }
    return true;
}

/* The place of the creator's onCoinChange is not compared. */
static inline bool
compare_coin(struct test *t, const struct desk_audience *audience,
             const struct heard *h)
{
    unsigned p = (unsigned) (audience->session[0] / CONNECTIONS);
    unsigned at = t->run.coin_at[p]++;

    t->run.told++;
    return h->seats == 1 &&
           json_equal(h->body, body_of(t->record.actor[p].coin[at]));
}

static inline bool
compare_step(struct test *t, const struct desk_audience *audience,
             const struct desk_step *step)
{
    struct match *m = &t->run.m;
    unsigned at = 0;
    bool over = false;

    for (unsigned i = 0; i < t->listener.count && !m->ended; i++) {
        struct heard *h = &t->listener.heard[i];

        at = count_until(t, at, h);
        if (strcmp(h->route, "onCoinChange") == 0) {
            if (!compare_coin(t, audience, h))
                return fail(m, "the creator has other cards");
        } else if (!spoil(m, &t->run.st, step, h) ||
                   !compare_heard(t, audience, h)) {
            return false;
        }
    }
    for (; at < t->events.count; at++)
        keep_count(m, &t->events.event[at]);
    for (unsigned i = 0; i < t->events.count; i++)
        over = over || t->events.event[i].type == MAHJONG_EV_ROUND_END;
    if (over)
        round_over(m);
    return true;
}

/* What he was asked can be asked again. */
static inline bool
check_hints(struct test *t)
{
    struct listener *again = &t->quiet;

    for (unsigned i = 0; i < t->listener.count; i++) {
        const struct heard *h = &t->listener.heard[i];
        unsigned seat = 0;
        bool same;

        if (strcmp(h->route, "onOpTypeHint") != 0)
            continue;
        while (!(h->seats >> seat & 1))
            seat++;
        again->count = 0;
        again->pusher.quiet = false;
        desk_push_hint(&again->pusher, seat);
        same = again->count == 1 && again->heard[0].seats == h->seats &&
               json_equal(again->heard[0].body, h->body);
        json_decref(again->heard[0].body);
        if (!same)
            return fail(&t->run.m, "the hint is another when told again");
    }
    return true;
}

static inline bool
tell(struct test *t, const struct desk_audience *audience,
     const struct desk_step *step)
{
    bool good;

    listen(t, &t->listener, audience, step, false);
    listen(t, &t->quiet, audience, step, true);
    good = check_ord(t) && check_hints(t) && compare_step(t, audience, step);
    for (unsigned i = 0; i < t->listener.count; i++)
        json_decref(t->listener.heard[i].body);
    arena_reset(t->arena);
    return good;
}

/* Steps */

/* The step as its record leads the twin to the same state. */
static inline bool
check_twin(struct test *t, const struct desk_step *step)
{
    static struct mahjong_events events;
    struct run *run = &t->run;
    struct journal_record record = {.rules = run->st.rules.version,
                                    .kind = step->kind,
                                    .seat = step->seat,
                                    .time_ms = step->time_ms,
                                    .session = step->session,
                                    .cseq = step->cseq,
                                    .hash = desk_state_hash(&run->st)};
    struct desk_step again;
    const char *why;

    t->bytes.len = 0;
    desk_step_encode(&t->bytes, step, &run->st);
    record.data = buf_str(&t->bytes);
    why = desk_state_replay(&run->twin, &record, &again, &events);
    if (why != NULL)
        return fail(&run->m, "a record of kind %d %s", step->kind, why);
    if (events.count != t->events.count)
        return fail(&run->m, "a replay makes other events");
    return memcmp(&run->st, &run->twin, sizeof(run->st)) == 0 ||
           fail(&run->m, "a replay makes another desk");
}

static inline uint8_t
open_seats(const struct test *t, const struct desk_audience *audience)
{
    unsigned seats = 0;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        seats |= (t->open >> audience->session[i] / CONNECTIONS & 1) << i;
    return (uint8_t) seats;
}

static inline bool
do_step(struct test *t, struct desk_step *step)
{
    struct run *run = &t->run;
    bool leaves = step->kind == DESK_ACTION &&
                  step->action.type == MAHJONG_LEAVE;
    enum mahjong_violation violation;
    struct desk_audience audience;

    step->time_ms = run->now_ms;
    desk_audience_of(&audience, &run->st);
    violation = desk_state_apply(&run->st, step, &t->events);
    if (violation != MAHJONG_OK)
        return fail(&run->m, "action %d of seat %d refused: %s",
                    step->action.type, step->seat,
                    mahjong_violation_text(violation));
    if (!leaves)
        desk_audience_of(&audience, &run->st);
    audience.open = open_seats(t, &audience);
    run->m.desk = run->st.rules;
    return check_twin(t, step) && tell(t, &audience, step);
}

static inline bool
do_action(struct test *t, const struct mahjong_action *action)
{
    struct desk_step step = {
        .kind = DESK_ACTION, .seat = MAHJONG_NOBODY, .action = *action};

    return do_step(t, &step);
}

/* The cards are taken; he is told in the record too, at some time. */
static inline bool
open_record(struct test *t)
{
    const struct run *run = &t->run;
    unsigned p = (unsigned) (run->st.seat[0].session / CONNECTIONS);
    struct desk_step step = {.kind = DESK_OPENED,
                             .seat = MAHJONG_NOBODY,
                             .personal = true,
                             .record_id = 1};

    if (run->coin_at[p] == t->record.actor[p].coins)
        return fail(&t->run.m, "player %u has no onCoinChange", p);
    step.balance = number(body_of(t->record.actor[p].coin[run->coin_at[p]]),
                          "coin");
    return do_step(t, &step);
}

/* The wall is put together from what one player saw who saw most of it. */
static inline bool
deal(struct test *t)
{
    struct mahjong_action action = {0}, best = {0};
    unsigned most = 0;

    for (unsigned p = 0; p < MAX_PLAYERS; p++) {
        const struct actor *actor = &t->record.actor[p];
        unsigned at = t->run.m.player[p].push_at, n;

        if (desk_seat_of(&t->run.st, (uint64_t) t->run.m.player[p].uid) >=
            MAHJONG_SEATS)
            continue;
        while (at < actor->showns &&
               strcmp(route_of(actor->shown[at]), "onDuanPai") != 0)
            at++;
        if (at == actor->showns)
            continue;
        n = deal_of(&action, actor->shown + at, actor->showns - at);
        if (n > most) {
            most = n;
            best = action;
        }
    }
    return most > 0 ? do_action(t, &best)
                    : fail(&t->run.m, "the record has no such round");
}

/* As desk_go_on() does, and passes for who was not asked in the record. */
static inline bool
go_on(struct test *t)
{
    struct run *run = &t->run;
    const struct mahjong_desk *rules = &run->st.rules;

    if (desk_can_checkpoint(&run->st) && rules->seats != 0 &&
        rules->ready == (1u << rules->seats) - 1) {
        if (run->st.record_id == 0 && !open_record(t))
            return false;
        if (!deal(t))
            return false;
    }
    for (unsigned seat = 0; seat < MAHJONG_SEATS; seat++) {
        struct mahjong_action pass = {.type = MAHJONG_CHOOSE,
                                      .seat = (uint8_t) seat,
                                      .op = MAHJONG_PASS,
                                      .tile = MAHJONG_NO_TILE};

        if (!run->m.silent[seat])
            continue;
        run->m.silent[seat] = false;
        if (!do_action(t, &pass))
            return false;
    }
    return true;
}

#endif
