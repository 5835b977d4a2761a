/*
 * sparrow-bench rounds: how many whole rounds of four bots the rules engine
 * plays in a minute, on one core, from deal to result.
 *
 * Each bot sees its own view only; all events are made.  Shuffling is left
 * out: the walls of a match are made before its clock runs.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/opt.h"
#include "game/mahjong/action.h"
#include "game/mahjong/bot.h"
#include "game/mahjong/desk.h"
#include "game/mahjong/event.h"
#include "game/mahjong/table.h"
#include "game/mahjong/view.h"

enum {
    ROUNDS = 16, /* of a match */
};

struct rounds {
    uint64_t state; /* of the random numbers */
    struct mahjong_action deal[ROUNDS];
    struct mahjong_desk desk;
    struct mahjong_events events;
    uint64_t actions, events_made, rounds, wins, violations;
};

static uint64_t
next_random(struct rounds *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void
make_deals(struct rounds *r)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct mahjong_action *deal = &r->deal[i];

        deal->type = MAHJONG_DEAL;
        deal->wall_len = MAHJONG_WALL;
        deal->dice[0] = deal->dice[1] = 1;
        for (unsigned k = 0; k < MAHJONG_WALL; k++) {
            unsigned j = (unsigned) (next_random(r) % (k + 1));

            deal->wall[k] = deal->wall[j];
            deal->wall[j] = (uint8_t) k;
        }
    }
}

static void
apply(struct rounds *r, const struct mahjong_action *action)
{
    if (mahjong_apply(&r->desk, action, &r->events) != MAHJONG_OK)
        r->violations++;
    r->actions++;
    r->events_made += r->events.count;
    for (unsigned i = 0; i < r->events.count; i++)
        r->wins += r->events.event[i].type == MAHJONG_EV_WIN_SCORE;
}

static void
open_desk(struct rounds *r)
{
    static struct mahjong_action action;

    memset(&r->desk, 0, sizeof(r->desk));
    action.type = MAHJONG_OPEN;
    action.version = MAHJONG_VERSION;
    action.rounds = ROUNDS;
    action.options = (struct mahjong_options){
        .mode = 4, .max_fan = 3, .rules = RULE_YAOJIU * 2 - 1};
    for (action.uid = 1; action.uid <= 4; action.uid++) {
        apply(r, &action);
        action.type = MAHJONG_SIT;
    }
}

/* The bots do what they are asked until the round is over. */
static void
play_round(struct rounds *r, const struct mahjong_action *deal)
{
    struct mahjong_action action = {0};
    struct mahjong_view view;

    for (unsigned i = 0; i < 4; i++) {
        action.type = MAHJONG_READY;
        action.seat = (uint8_t) i;
        apply(r, &action);
    }
    apply(r, deal);
    do {
        for (unsigned i = 0; i < 4; i++) {
            if (r->desk.status == MAHJONG_PLAYING &&
                r->desk.seat[i].offer == 0)
                continue;
            mahjong_view(&r->desk, i, false, &view);
            if (mahjong_bot(&view, &action))
                apply(r, &action);
        }
    } while (r->desk.status == MAHJONG_DEALING ||
             r->desk.status == MAHJONG_SORTED ||
             r->desk.status == MAHJONG_PLAYING);
    r->rounds++;
}

static double
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

static int
run(double seconds, unsigned seed)
{
    static struct rounds r;
    double used = 0;

    r.state = seed;
    mahjong_tables_init();
    do {
        double start;

        make_deals(&r);
        start = now();
        open_desk(&r);
        for (unsigned i = 0; i < ROUNDS; i++)
            play_round(&r, &r.deal[i]);
        used += now() - start;
    } while (used < seconds);
    printf("rounds of four bots: %.0f a minute on one core, %.1f us each\n",
           (double) r.rounds * 60 / used, used * 1e6 / (double) r.rounds);
    printf("  %" PRIu64 " rounds, %.1f actions and %.1f events each, %.2f wins"
           ", %.0f ns an action\n",
           r.rounds, (double) r.actions / (double) r.rounds,
           (double) r.events_made / (double) r.rounds,
           (double) r.wins / (double) r.rounds,
           used * 1e9 / (double) r.actions);
    printf("  a desk is %zu bytes\n", sizeof(struct mahjong_desk));
    if (r.violations > 0)
        printf("  %" PRIu64 " actions of bots were refused\n", r.violations);
    return r.violations > 0;
}

int
bench_rounds(int argc, char **argv)
{
    double seconds = 3;
    unsigned seed = 1;
    const struct opt opts[] = {
        {.name = "duration",
         .letter = 'd',
         .seconds = &seconds,
         .max = 3600,
         .arg = "TIME",
         .help = "of processor time (3s)"},
        {.name = "seed",
         .number = &seed,
         .max = UINT_MAX,
         .arg = "N",
         .help = "of the walls (1)"},
        {.name = NULL},
    };
    int at = opt_parse(opts, "", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    return run(seconds, seed);
}
