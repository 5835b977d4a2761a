/*
 * Matches played at random, with much that no client should send in between:
 * after every step all that must always hold is looked at.
 *
 *   desk_random [STEPS [SEED]]
 */
#include <stdlib.h>

#include "game/history.h"
#include "game/mahjong/action.h"
#include "game/mahjong/bot.h"
#include "game/mahjong/desk.h"
#include "game/mahjong/event.h"
#include "game/mahjong/table.h"
#include "game/mahjong/view.h"
#include "tap.h"

struct run {
    uint64_t state; /* of the random numbers */
    struct mahjong_desk desk;
    struct mahjong_desk shadow; /* rebuilt from the bytes of the actions */
    struct mahjong_events events;
    int64_t now_ms;
    unsigned long steps, accepted, refused, matches, ended, expired;
    /* what has been seen, so that it is known what was tested */
    unsigned long wins[3], wins_on_one[4], robbed, robbed_by_two, rain_passed,
        rain_passed_two, refunds, kongs[5], pengs, passed_bar, three_players,
        empty_wall_pengs, timeouts, votes, checkpoints, round_ends;
    unsigned most_events;
    struct buf history; /* of the round */
    size_t longest;     /* of them all */
    const char *broken; /* the first invariant that did not hold */
};

static uint64_t
next(struct run *run)
{
    uint64_t z = (run->state += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static unsigned
below(struct run *run, unsigned n)
{
    return (unsigned) (next(run) % n);
}

static void
must(struct run *run, bool holds, const char *what)
{
    if (!holds && run->broken == NULL)
        run->broken = what;
}

/* 108 or 72 tiles, each in one place; the counts by kind say the same. */
static void
check_tiles(struct run *run)
{
    const struct mahjong_desk *desk = &run->desk;
    uint8_t place[MAHJONG_NO_TILE + 1] = {0};

    for (unsigned i = desk->wall_next; i < desk->wall_len; i++)
        place[desk->wall[i]]++;
    for (unsigned i = 0; i < desk->river_len; i++)
        place[desk->river[i]]++;
    for (unsigned i = 0; i < desk->seated; i++) {
        const struct mahjong_seat *seat = &desk->seat[i];
        struct hand hand = {{0}}, melded = {{0}};
        bool shared = false;

        for (unsigned k = 0; k < seat->hand_len; k++) {
            place[seat->hand[k]]++;
            hand_add(&hand, seat->hand[k] / 4, 1);
        }
        for (unsigned k = 0; k < seat->melds; k++) {
            unsigned n = seat->meld[k].kind == MAHJONG_TRIPLET ? 3 : 4;

            for (unsigned t = 0; t < n; t++) {
                place[seat->meld[k].tile[t]]++;
                hand_add(&melded, seat->meld[k].tile[t] / 4, 1);
            }
        }
        /* One tile may have made several winners. */
        for (unsigned k = 0; k < i; k++)
            shared = shared || desk->seat[k].win_tile == seat->win_tile;
        if (!shared)
            place[seat->win_tile]++;
        must(run, memcmp(&hand, &seat->tiles, sizeof(hand)) == 0,
             "the hand by kind is the hand");
        must(run, memcmp(&melded, &seat->melded, sizeof(melded)) == 0,
             "the melds by kind are the melds");
    }
    for (unsigned tile = 0; tile < desk->wall_len; tile++)
        must(run, place[tile] == 1, "each tile is in one place");
    for (unsigned tile = desk->wall_len; tile < MAHJONG_WALL; tile++)
        must(run, place[tile] == 0, "no tile comes from nowhere");
}

static void
check_points(struct run *run)
{
    const struct mahjong_desk *desk = &run->desk;
    int64_t score = 0, won = 0, rain = 0, wind = 0;

    for (unsigned i = 0; i < desk->seated; i++) {
        score += desk->seat[i].score;
        won += desk->seat[i].won;
        rain += desk->seat[i].rain;
        wind += desk->seat[i].wind;
    }
    must(run, score == (int64_t) MAHJONG_START_SCORE * desk->seated,
         "scores add up");
    must(run, won == 0 && rain == 0 && wind == 0, "points of a round add up");
}

/* At most one seat acts, or only claimers; nobody out of play. */
static void
check_turn(struct run *run)
{
    const struct mahjong_desk *desk = &run->desk;
    bool claims = desk->phase == MAHJONG_ASK_CLAIM ||
                  desk->phase == MAHJONG_ASK_ROB;
    unsigned asked = 0;

    for (unsigned i = 0; i < desk->seated; i++) {
        const struct mahjong_seat *seat = &desk->seat[i];

        if (seat->offer == 0)
            continue;
        asked++;
        must(run, seat->win_tile == MAHJONG_NO_TILE, "no winner is asked");
        must(run, claims != (i == desk->turn),
             "the turn's player, or the others");
        must(run, seat->hand_len % 3 == (claims ? 1 : 2),
             "as many tiles as the question needs");
    }
    if (desk->status == MAHJONG_PLAYING)
        must(run, claims ? asked >= 1 : asked == 1, "somebody is asked");
    else
        must(run, asked == 0, "nobody is asked");
}

/* Does an event ask the seat something? */
static bool
is_asked(const struct run *run, unsigned seat)
{
    for (unsigned i = 0; i < run->events.count; i++) {
        const struct mahjong_event *event = &run->events.event[i];

        if (event->type == MAHJONG_EV_DEAL)
            return true;
        if ((event->type == MAHJONG_EV_QUE_HINT ||
             event->type == MAHJONG_EV_HINT) &&
            event->seat == seat)
            return true;
    }
    return false;
}

/* A seat is waited for from an event on that asks it, and from no other. */
static void
check_asked(struct run *run, const struct mahjong_desk *before,
            const struct mahjong_action *action)
{
    for (unsigned i = 0; i < run->desk.seated; i++) {
        bool owed = before->seats != 0 && mahjong_owes(before, i);
        bool answers = action->seat == i &&
                       (action->type == MAHJONG_SORT ||
                        action->type == MAHJONG_QUE ||
                        action->type == MAHJONG_CHOOSE ||
                        action->type == MAHJONG_TURN_TIMEOUT);

        if (!mahjong_owes(&run->desk, i))
            continue;
        must(run, is_asked(run, i) == (!owed || answers),
             "each question begins with an event, and none goes on with one");
    }
}

/* The server can play for exactly those who are waited for. */
static void
check_owes(struct run *run, unsigned seat)
{
    static struct mahjong_desk other;
    static struct mahjong_events events;
    struct mahjong_action action = {.type = MAHJONG_TURN_TIMEOUT,
                                    .seat = (uint8_t) seat};

    other = run->desk;
    must(run,
         (mahjong_apply(&other, &action, &events) == MAHJONG_OK) ==
             mahjong_owes(&run->desk, seat),
         "who owes an answer can be played for, nobody else");
}

/*
 * A view must not change when all that the seat may not know does: the tiles
 * of the others and the wall dealt anew, what they drew, passed, are asked.
 */
static void
check_view(struct run *run, unsigned seat)
{
    static struct mahjong_desk other;
    static struct mahjong_view view, other_view;
    uint8_t *hidden[MAHJONG_WALL];
    unsigned n = 0;

    other = run->desk;
    for (unsigned i = other.wall_next; i < other.wall_len; i++)
        hidden[n++] = &other.wall[i];
    for (unsigned i = 0; i < other.seated; i++) {
        struct mahjong_seat *player = &other.seat[i];

        if (i == seat)
            continue;
        for (unsigned k = 0; k < player->hand_len; k++)
            hidden[n++] = &player->hand[k];
        if (player->last_draw != MAHJONG_NO_TILE)
            player->last_draw = (uint8_t) below(run, MAHJONG_WALL);
        player->passed ^= (uint32_t) next(run);
        if (other.status == MAHJONG_SORTED)
            player->que = (uint8_t) below(run, 4);
        player->offer = player->answer = 0;
    }
    for (unsigned i = n; i-- > 1;) {
        unsigned j = below(run, i + 1);
        uint8_t tile = *hidden[i];

        *hidden[i] = *hidden[j];
        *hidden[j] = tile;
    }
    other.next_banker = (uint8_t) below(run, 4);
    mahjong_view(&run->desk, seat, false, &view);
    mahjong_view(&other, seat, false, &other_view);
    must(run, memcmp(&view, &other_view, sizeof(view)) == 0,
         "a view holds nothing that its seat may not know");
    for (unsigned i = 0; i < view.seated; i++) {
        for (unsigned k = 0; k < view.player[i].hand_len; k++)
            must(run,
                 (view.player[i].hand[k] == MAHJONG_HIDDEN) == (i != seat),
                 "others' tiles are hidden, own ones are not");
    }
    mahjong_view(&run->desk, seat, true, &view);
    for (unsigned i = 0; i < view.seated; i++) {
        for (unsigned k = 0; k < view.player[i].hand_len; k++)
            must(run, view.player[i].hand[k] == run->desk.seat[i].hand[k],
                 "an open view shows all");
    }
}

/* Between rounds: a checkpoint makes the same desk. */
static void
check_checkpoint(struct run *run)
{
    struct mahjong_action action, decoded;
    struct mahjong_desk desk = {0};
    struct mahjong_events events;
    uint8_t data[MAHJONG_ACTION_MAX];
    size_t len;

    if (mahjong_checkpoint(&run->desk, &action) < 0) {
        must(run,
             run->desk.status != MAHJONG_CREATED &&
                 run->desk.status != MAHJONG_CLEANED,
             "no checkpoint only while a round runs");
        return;
    }
    run->checkpoints++;
    len = mahjong_action_encode(&action, data, sizeof(data));
    must(run,
         len > 0 && mahjong_action_decode(&decoded, data, len) == (int) len,
         "a checkpoint can be encoded and decoded");
    decoded.version = action.version;
    must(run,
         mahjong_apply(&desk, &decoded, &events) == MAHJONG_OK &&
             memcmp(&desk, &run->desk, sizeof(desk)) == 0,
         "a checkpoint makes the same desk");
}

/* The bytes of the action make the same desk of the shadow. */
static void
check_replay(struct run *run, const struct mahjong_action *action)
{
    static struct mahjong_events events;
    struct mahjong_action decoded;
    uint8_t data[MAHJONG_ACTION_MAX];
    size_t len = mahjong_action_encode(action, data, sizeof(data));

    must(run, len > 0, "an action fits its bound");
    must(run, mahjong_action_decode(&decoded, data, len) == (int) len,
         "an action decodes to its end");
    decoded.version = action->version;
    must(run, mahjong_apply(&run->shadow, &decoded, &events) == MAHJONG_OK,
         "what was accepted is accepted again");
    must(run, mahjong_hash(&run->shadow) == mahjong_hash(&run->desk),
         "encode, decode, replay: the same hash");
    must(run, memcmp(&run->shadow, &run->desk, sizeof(run->desk)) == 0,
         "encode, decode, replay: the same bytes");
    must(run, events.count == run->events.count, "... and as many events");
}

static void
check_hint(struct run *run, const struct mahjong_event *event)
{
    struct mahjong_hint hint;

    must(run, event->to == event->seat, "a hint is for its seat alone");
    if (run->desk.seat[event->seat].offer == 0)
        return; /* answered within the same action: never */
    memset(&hint, 0, sizeof(hint));
    mahjong_hint(&run->desk, event->seat, &hint);
    must(run,
         hint.offer == event->hint.offer && hint.phase == event->hint.phase &&
             hint.kongs == event->hint.kongs &&
             hint.tings == event->hint.tings && hint.tile == event->hint.tile,
         "a hint can be told again");
    must(run, hint.kongs <= MAHJONG_KONGS && hint.tings <= MAHJONG_HAND,
         "a hint fits");
}

static void
count_event(struct run *run, const struct mahjong_event *event, unsigned *wins)
{
    const struct mahjong_desk *desk = &run->desk;

    switch (event->type) {
    case MAHJONG_EV_WIN_SCORE:
        run->wins[event->score.kind]++;
        *wins += event->score.kind == MAHJONG_WIN_DISCARD;
        break;
    case MAHJONG_EV_KONG_SCORE:
        run->kongs[event->score.kind]++;
        break;
    case MAHJONG_EV_RAIN_PASSED:
        run->rain_passed++;
        run->rain_passed_two += *wins > 1;
        break;
    case MAHJONG_EV_KONG_REFUND:
        run->refunds++;
        break;
    case MAHJONG_EV_DO:
        run->pengs += event->act.op == MAHJONG_PENG;
        if (event->act.op == MAHJONG_PENG && desk->wall_next == desk->wall_len)
            run->empty_wall_pengs++;
        break;
    case MAHJONG_EV_ROUND_END:
        run->round_ends++;
        break;
    case MAHJONG_EV_GAME_END:
        run->ended++;
        break;
    default:
        break;
    }
}

static void
check_events(struct run *run, bool rob)
{
    unsigned wins = 0;

    for (unsigned i = 0; i < run->events.count; i++) {
        const struct mahjong_event *event = &run->events.event[i];
        int64_t sum = 0;

        if (event->type == MAHJONG_EV_HINT)
            check_hint(run, event);
        if (event->type == MAHJONG_EV_WIN_SCORE ||
            event->type == MAHJONG_EV_KONG_SCORE ||
            event->type == MAHJONG_EV_RAIN_PASSED ||
            event->type == MAHJONG_EV_KONG_REFUND) {
            for (unsigned k = 0; k < MAHJONG_SEATS; k++)
                sum += event->score.change[k];
            must(run, sum == 0, "each settlement sums to zero");
        }
        count_event(run, event, &wins);
    }
    if (wins > 0)
        run->wins_on_one[wins]++;
    if (wins > 0 && rob) {
        run->robbed++;
        run->robbed_by_two += wins > 1;
    }
    if (run->events.count > run->most_events)
        run->most_events = run->events.count;
    must(run, run->events.count < MAHJONG_EVENTS - 2, "events fit");
}

/* Whatever is played, a round comes back from its history and is short. */
static void
check_history(struct run *run)
{
    struct mahjong_event end;
    struct history h;

    for (unsigned i = 0; i < run->events.count; i++) {
        const struct mahjong_event *event = &run->events.event[i];

        if (event->type == MAHJONG_EV_DEAL)
            run->history.len = 0;
        history_add(&run->history, &run->desk, event, 1);
        if (event->type != MAHJONG_EV_ROUND_END || !event->round.whole)
            continue;
        must(run,
             history_measure(&h, buf_str(&run->history), &end) ==
                     (int) run->history.len &&
                 run->history.len <= HISTORY_MAX,
             "a round has a history");
        if (run->history.len > run->longest)
            run->longest = run->history.len;
    }
}

static void
step(struct run *run, const struct mahjong_action *action)
{
    static struct mahjong_desk before;
    bool rob = run->desk.phase == MAHJONG_ASK_ROB;
    enum mahjong_violation violation;

    before = run->desk;
    violation = mahjong_apply(&run->desk, action, &run->events);
    run->steps++;
    if (violation != MAHJONG_OK) {
        run->refused++;
        must(run, memcmp(&before, &run->desk, sizeof(before)) == 0,
             "a refused action changes no byte");
        must(run, run->events.count == 0, "a refused action says nothing");
        must(run, strcmp(mahjong_violation_text(violation), "unknown") != 0,
             "a violation has words");
        return;
    }
    run->accepted++;
    run->timeouts += action->type == MAHJONG_TURN_TIMEOUT;
    run->votes += action->type == MAHJONG_VOTE;
    check_events(run, rob);
    check_history(run);
    check_tiles(run);
    check_points(run);
    check_turn(run);
    check_replay(run, action);
    check_asked(run, &before, action);
    if (run->desk.seated > 0) {
        check_view(run, below(run, run->desk.seated));
        check_owes(run, below(run, run->desk.seated));
    }
    if (below(run, 4) == 0 || run->desk.status == MAHJONG_CLEANED)
        check_checkpoint(run);
}

static void
place(uint8_t *wall, unsigned len, unsigned at, unsigned tile)
{
    uint8_t *found = memchr(wall, (int) tile, len);

    *found = wall[at];
    wall[at] = (uint8_t) tile;
}

/*
 * Three seats wait for the same kind from the start: four runs and one more.
 */
static void
place_twins(struct run *run, uint8_t *wall, unsigned len)
{
    static const uint8_t kinds[13] = {0,  1,  2,  3,  4,  5, 9,
                                      10, 11, 12, 13, 14, 7};
    unsigned other = below(run, 4), copy = 0;

    for (unsigned seat = 0; seat < 4; seat++) {
        for (unsigned i = 0; i < 13 && seat != other; i++)
            place(wall, len, 13 * seat + i, kinds[i] * 4 + copy);
        copy += seat != other;
    }
}

/* Walls: shuffled well, or so badly that kongs and wins abound. */
static void
deal(struct run *run, struct mahjong_action *action)
{
    unsigned n, swaps;

    memset(action, 0, sizeof(*action));
    action->type = MAHJONG_DEAL;
    action->wall_len = run->desk.seats == 3 ? 72 : 108;
    action->dice[0] = (uint8_t) (1 + below(run, 6));
    action->dice[1] = (uint8_t) (1 + below(run, 6));
    action->banker = (uint8_t) below(run, run->desk.seats);
    for (unsigned i = 0; i < action->wall_len; i++)
        action->wall[i] = (uint8_t) i;
    n = action->wall_len;
    swaps = below(run, 3) == 0 ? 10 + below(run, 60) : 4 * n;
    for (unsigned i = 0; i < swaps; i++) {
        unsigned j = below(run, n), k = below(run, n);
        uint8_t tile = action->wall[j];

        action->wall[j] = action->wall[k];
        action->wall[k] = tile;
    }
    if (run->desk.seats == 4 && below(run, 8) == 0)
        place_twins(run, action->wall, action->wall_len);
}

static void
random_options(struct run *run, struct mahjong_action *action)
{
    static const uint8_t rounds[] = {1, 4, 8, 16};

    memset(action, 0, sizeof(*action));
    action->type = MAHJONG_OPEN;
    action->uid = 1000 + below(run, 1000);
    action->version = action->uid % 2 ? MAHJONG_VERSION_1 : MAHJONG_VERSION_2;
    action->rounds = rounds[below(run, 4) & below(run, 4)];
    action->options.mode = (uint8_t) (3 + (below(run, 3) > 0));
    action->options.max_fan = (uint8_t) (1 + below(run, 16));
    action->options.zimo = (uint8_t) below(run, 2);
    action->options.rules = (uint8_t) below(run, 64);
    if (below(run, 2) == 0)
        action->times = (struct mahjong_times){
            .vote_ms = below(run, 600000),
            .vote_last_ms = below(run, 300000),
            .turn_ms = below(run, MAHJONG_TIME_MAX)};
}

/* Anything, of any seat. */
static void
garbage(struct run *run, struct mahjong_action *action)
{
    memset(action, 0, sizeof(*action));
    action->type = (uint8_t) below(run, MAHJONG_CHECKPOINT + 2);
    if ((action->type == MAHJONG_EXPIRE ||
         action->type == MAHJONG_VOTE_TIMEOUT ||
         action->type == MAHJONG_LEAVE) &&
        below(run, 400) > 0)
        action->type = MAHJONG_CHOOSE;
    action->seat = (uint8_t) below(run, 6);
    action->op = (uint8_t) below(run, 8);
    action->que = (uint8_t) below(run, 5);
    action->tile = (uint8_t) below(run, 256);
    action->consent = below(run, 40) > 0;
    if (action->type == MAHJONG_VOTE && below(run, 3) > 0)
        action->consent = false;
    action->uid = (int64_t) below(run, 3000) - 100;
    run->now_ms += below(run, 20000);
    action->now_ms = run->now_ms;
    action->banker = (uint8_t) below(run, 5);
    if (action->type == MAHJONG_DEAL && below(run, 2) == 0) {
        deal(run, action);
        action->wall[below(run, MAHJONG_WALL)] = (uint8_t) below(run, 110);
    }
    if (action->type == MAHJONG_OPEN)
        random_options(run, action);
    if (action->type == MAHJONG_CHECKPOINT)
        mahjong_checkpoint(&run->desk, action);
}

/* Bytes of an action with a bit of damage. */
static bool
damaged(struct run *run, struct mahjong_action *action)
{
    uint8_t data[MAHJONG_ACTION_MAX];
    uint32_t version;
    size_t len;
    int n;

    garbage(run, action);
    version = action->version;
    len = mahjong_action_encode(action, data, sizeof(data));
    if (len == 0)
        return false;
    data[below(run, (unsigned) len)] ^= (uint8_t) (1u << below(run, 8));
    n = mahjong_action_decode(action, data, len);
    action->version = version;
    return n == (int) len && action->type != MAHJONG_EXPIRE &&
           action->type != MAHJONG_LEAVE &&
           action->type != MAHJONG_VOTE_TIMEOUT;
}

/* An answer to what a seat is asked: any offered one. */
static bool
answer(struct run *run, unsigned seat, struct mahjong_action *action)
{
    struct mahjong_hint hint;

    memset(action, 0, sizeof(*action));
    mahjong_hint(&run->desk, seat, &hint);
    if (hint.offer == 0)
        return false;
    action->type = MAHJONG_CHOOSE;
    action->seat = (uint8_t) seat;
    do {
        action->op = (uint8_t) (1 + below(run, 5));
    } while (!(hint.offer >> action->op & 1));
    action->tile = hint.tile;
    if (action->op == MAHJONG_DISCARD)
        action->tile = run->desk.seat[seat]
                           .hand[below(run, run->desk.seat[seat].hand_len)];
    if (action->op == MAHJONG_GANG && hint.kongs > 0)
        action->tile = hint.kong[below(run, hint.kongs)];
    return true;
}

/* What a decent client, or the one who shuffles, would do next. */
static bool
decent(struct run *run, struct mahjong_action *action)
{
    struct mahjong_desk *desk = &run->desk;
    struct mahjong_view view;
    unsigned seat;

    memset(action, 0, sizeof(*action));
    if (desk->status == MAHJONG_CREATED && desk->seated < desk->seats) {
        action->type = MAHJONG_SIT;
        action->uid = 1000 + below(run, 1000);
        return true;
    }
    if (desk->ready == (1u << desk->seats) - 1 &&
        (desk->status == MAHJONG_CREATED || desk->status == MAHJONG_CLEANED)) {
        deal(run, action);
        return true;
    }
    seat = below(run, desk->seated);
    if (below(run, 4) == 0 && answer(run, seat, action))
        return true;
    mahjong_view(desk, seat, false, &view);
    return mahjong_bot(&view, action);
}

static void
open_desk(struct run *run)
{
    struct mahjong_action action;

    memset(&run->desk, 0, sizeof(run->desk));
    memset(&run->shadow, 0, sizeof(run->shadow));
    run->matches++;
    random_options(run, &action);
    step(run, &action);
    run->three_players += run->desk.seats == 3;
    must(run, run->desk.seated == 1, "a desk opens");
}

static void
one_step(struct run *run)
{
    struct mahjong_action action;

    if (run->desk.seats == 0 || run->desk.status == MAHJONG_DESTROYED) {
        open_desk(run);
        return;
    }
    switch (below(run, 16)) {
    case 0:
    case 1:
        garbage(run, &action);
        step(run, &action);
        break;
    case 2:
        if (damaged(run, &action))
            step(run, &action);
        break;
    default:
        if (decent(run, &action))
            step(run, &action);
        break;
    }
}

/* Every match ends: with bots alone, within so many actions. */
static void
test_ends(struct run *run)
{
    unsigned long ended = run->ended;
    bool all = true;

    for (unsigned i = 0; i < 40; i++) {
        struct mahjong_action action;
        unsigned n = 0;

        open_desk(run);
        while (run->desk.status != MAHJONG_DESTROYED && n < 20000) {
            n++;
            if (decent(run, &action))
                step(run, &action);
        }
        all = all && run->desk.status == MAHJONG_DESTROYED;
    }
    ok(all, "every match of players who answer ends");
    is_int(run->ended - ended, 40, "... with a result");
}

static void
seen(unsigned long n, const char *what)
{
    ok(n > 0, "%s: %lu", what, n);
}

int
main(int argc, char **argv)
{
    unsigned long steps = argc > 1 ? strtoul(argv[1], NULL, 10) : 300000;
    static struct run run;

    run.state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261122;
    mahjong_tables_init();
    while (run.steps < steps && run.broken == NULL)
        one_step(&run);
    ok(run.broken == NULL,
       "what must always hold held in %lu steps, %lu "
       "accepted, %lu refused%s%s",
       run.steps, run.accepted, run.refused, run.broken ? ": " : "",
       run.broken ? run.broken : "");
    test_ends(&run);
    ok(run.broken == NULL, "it held there too%s%s", run.broken ? ": " : "",
       run.broken ? run.broken : "");
    seen(run.matches, "matches");
    seen(run.ended, "matches with a result");
    seen(run.round_ends, "rounds");
    seen(run.three_players, "matches of three players");
    seen(run.wins[MAHJONG_WIN_SELF_DRAWN], "self-drawn wins");
    seen(run.wins_on_one[1], "tiles with one winner");
    seen(run.wins_on_one[2], "tiles with two winners");
    seen(run.wins_on_one[3], "tiles with three winners");
    seen(run.wins[MAHJONG_WIN_COMPENSATION], "compensations");
    seen(run.kongs[MAHJONG_CONCEALED_KONG], "concealed kongs");
    seen(run.kongs[MAHJONG_DISCARD_KONG], "kongs on discards");
    seen(run.kongs[MAHJONG_ADDED_KONG], "added kongs");
    seen(run.robbed, "robbed kongs");
    seen(run.rain_passed, "rain passed on");
    seen(run.refunds, "kongs paid back");
    seen(run.pengs, "pengs");
    seen(run.timeouts, "time-outs");
    seen(run.votes, "votes");
    seen(run.checkpoints, "checkpoints");
    printf("# robbed by two %lu, rain to two %lu, pengs on an empty wall %lu, "
           "at most %u events, histories of at most %zu bytes\n",
           run.robbed_by_two, run.rain_passed_two, run.empty_wall_pengs,
           run.most_events, run.longest);
    buf_deinit(&run.history);
    return tap_done();
}
