/*
 * sparrow-bench rules: what the arithmetic of hands takes, in nanoseconds a
 * hand, on one core, through the public functions.
 *
 * Each function is measured on three kinds of ground:
 *
 *   warm   a thousand hands over and over: hands and tables are in the cache
 *   mixed  four million different hands in turn, more than the cache holds
 *   cold   one call after the caches have been filled with something else;
 *          the median of many
 *
 * The hands are of all sizes and of one to three suits, built from sets and
 * pairs with some tiles put wrong, so that both answers are frequent.
 */
#include "bench/bench.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/opt.h"
#include "game/mahjong/hand.h"
#include "game/mahjong/table.h"
#include "game/mahjong/value.h"

enum {
    MIXED = 4 << 20,
    WARM = 1 << 10,
    PASSES = 5,
    COLD_CALLS = 301,
    JUNK = 128 << 20, /* bytes that push everything else out of the caches */
};

struct rules {
    uint64_t state; /* of the random numbers */
    uint64_t sum;   /* of all answers, so that none is left out */
    struct hand *hands;
    struct value_query *queries;
    uint8_t *junk;
};

/* One call for hand i of the set; the answer, or a digest of it. */
typedef uint64_t (*call)(const struct rules *r, size_t i);

static uint64_t
call_nothing(const struct rules *r, size_t i)
{
    return r->state + i;
}

static uint64_t
call_complete(const struct rules *r, size_t i)
{
    return hand_is_complete(&r->hands[i]);
}

static uint64_t
call_waits(const struct rules *r, size_t i)
{
    return hand_waits(&r->hands[i]);
}

static uint64_t
call_hints(const struct rules *r, size_t i)
{
    uint32_t waits[KINDS];

    return hand_hints(&r->hands[i], waits);
}

static uint64_t
call_value(const struct rules *r, size_t i)
{
    struct value value = {0};

    return value_of(&r->queries[i], &value) + value.n_desc;
}

static unsigned
roll(struct rules *r, unsigned n)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (unsigned) ((z ^ z >> 31) % n);
}

/* Adds n of a kind, if the wall has as many; does it? */
static bool
try_add(struct hand *hand, const struct hand *melds, int kind, int n)
{
    if (hand_count(hand, kind) + hand_count(melds, kind) + n > COPIES)
        return false;
    hand_add(hand, kind, n);
    return true;
}

static int
any_kind(struct rules *r, int suits)
{
    return (int) (roll(r, (unsigned) suits) * RANKS + roll(r, RANKS));
}

static void
add_pair(struct rules *r, struct hand *hand, const struct hand *melds,
         int suits)
{
    while (!try_add(hand, melds, any_kind(r, suits), 2))
        ;
}

static void
add_set(struct rules *r, struct hand *hand, const struct hand *melds,
        int suits)
{
    for (;;) {
        int kind = any_kind(r, suits);

        if (roll(r, 3) == 0) {
            if (try_add(hand, melds, kind, 3))
                return;
        } else if (kind % RANKS < RANKS - 2) {
            struct hand before = *hand;

            if (try_add(hand, melds, kind, 1) &&
                try_add(hand, melds, kind + 1, 1) &&
                try_add(hand, melds, kind + 2, 1))
                return;
            *hand = before;
        }
    }
}

static void
add_meld(struct rules *r, struct hand *melds, int suits)
{
    static const struct hand nothing;

    for (;;) {
        int kind = any_kind(r, suits);

        if (hand_count(melds, kind) == 0 &&
            try_add(melds, &nothing, kind, 3 + (int) roll(r, 2)))
            return;
    }
}

/* A winning hand, of any number of melds; one in ten is seven pairs. */
static void
make_won(struct rules *r, struct hand *hand, struct hand *melds)
{
    int suits = 1 + (int) roll(r, 3);
    int n = (int) roll(r, 5);

    memset(hand, 0, sizeof(*hand));
    memset(melds, 0, sizeof(*melds));
    if (roll(r, 10) == 0) {
        for (int i = 0; i < 7; i++)
            add_pair(r, hand, melds, suits);
        return;
    }
    for (int i = 0; i < n; i++)
        add_meld(r, melds, suits);
    for (int i = n; i < 4; i++)
        add_set(r, hand, melds, suits);
    add_pair(r, hand, melds, suits);
}

/* The kind of the n-th tile of a hand. */
static int
nth_kind(const struct hand *hand, int n)
{
    int kind = 0;

    while ((n -= hand_count(hand, kind)) >= 0)
        kind++;
    return kind;
}

static int
held_kind(struct rules *r, const struct hand *hand)
{
    return nth_kind(hand, (int) roll(r, (unsigned) hand_tiles(hand)));
}

/* Puts up to two tiles wrong. */
static void
spoil(struct rules *r, struct hand *hand)
{
    static const struct hand nothing;

    for (unsigned i = roll(r, 3); i > 0; i--) {
        hand_remove(hand, held_kind(r, hand), 1);
        while (!try_add(hand, &nothing, any_kind(r, SUITS), 1))
            ;
    }
}

/* Hands of 2 to 14 tiles, or with full of 14 only; less `missing` tiles. */
static void
make_hands(struct rules *r, bool full, int missing)
{
    for (size_t i = 0; i < MIXED; i++) {
        struct hand melds;

        do
            make_won(r, &r->hands[i], &melds);
        while (full && hand_tiles(&r->hands[i]) != HAND_TILES_FULL);
        spoil(r, &r->hands[i]);
        if (missing > 0)
            hand_remove(&r->hands[i], held_kind(r, &r->hands[i]), missing);
    }
}

static void
make_queries(struct rules *r)
{
    for (size_t i = 0; i < MIXED; i++) {
        struct value_query *query = &r->queries[i];

        memset(query, 0, sizeof(*query));
        make_won(r, &query->hand, &query->melds);
        query->win = (uint8_t) held_kind(r, &query->hand);
        query->rules = (uint8_t) roll(r, 2 * RULE_YAOJIU);
        query->circumstances = (uint8_t) (roll(r, 2) << roll(r, 4));
    }
}

static double
now_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static double
median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), compare);
    return values[n / 2];
}

/* Nanoseconds of processor time a call, over the first n hands. */
static double
sweep(struct rules *r, call one, size_t n)
{
    double took[PASSES];

    for (int pass = 0; pass < PASSES; pass++) {
        double start = now_ns(CLOCK_PROCESS_CPUTIME_ID);

        for (size_t done = 0; done < MIXED; done += n) {
            for (size_t i = 0; i < n; i++)
                r->sum += one(r, i);
        }
        took[pass] = (now_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / MIXED;
    }
    return median(took, PASSES);
}

static double
cold(struct rules *r, call one)
{
    double took[COLD_CALLS];

    for (int n = 0; n < COLD_CALLS; n++) {
        size_t i = roll(r, MIXED);
        double start;

        for (size_t k = 0; k < JUNK; k += 64)
            r->sum += r->junk[k]++;
        start = now_ns(CLOCK_MONOTONIC);
        r->sum += one(r, i);
        took[n] = now_ns(CLOCK_MONOTONIC) - start;
    }
    return median(took, COLD_CALLS);
}

static void
report(struct rules *r, const char *name, call one)
{
    double idle = cold(r, call_nothing);

    printf("%-26s %8.1f %8.1f %8.0f\n", name, sweep(r, one, WARM),
           sweep(r, one, MIXED), cold(r, one) - idle);
    fflush(stdout);
}

static void
report_tables(void)
{
    double start = now_ns(CLOCK_MONOTONIC);

    mahjong_tables_init();
    printf("tables: %zu bytes, made in %.2f ms\n\n", mahjong_tables_size(),
           (now_ns(CLOCK_MONOTONIC) - start) / 1e6);
}

static void
report_all(struct rules *r)
{
    report_tables();
    printf("%-26s %8s %8s %8s\n", "ns a hand", "warm", "mixed", "cold");
    make_hands(r, false, 0);
    report(r, "complete or not", call_complete);
    make_hands(r, true, 1);
    report(r, "waits of 13 tiles", call_waits);
    make_hands(r, true, 0);
    report(r, "hint for 14 tiles", call_hints);
    make_queries(r);
    report(r, "value with descriptions", call_value);
}

/* Measures, unless there is no memory for it. */
static int
run(void)
{
    struct rules r = {
        .hands = malloc(MIXED * sizeof(*r.hands)),
        .queries = malloc(MIXED * sizeof(*r.queries)),
        .junk = calloc(JUNK, 1),
    };
    bool is_ready = r.hands != NULL && r.queries != NULL && r.junk != NULL;

    if (is_ready)
        report_all(&r);
    else
        fprintf(stderr, "sparrow-bench: rules: out of memory\n");
    free(r.hands);
    free(r.queries);
    free(r.junk);
    return !is_ready || r.sum == 0;
}

int
bench_rules(int argc, char **argv)
{
    static const struct opt opts[] = {{.name = NULL}};
    int at = opt_parse(opts, "", argc, argv);

    if (at <= 0)
        return at == 0 ? 0 : 2;
    return run();
}
