/*
 * The value table of the rules.
 *
 * Some rows are about all tiles, hand and melds, or about how the hand was
 * won: they count whatever way the hand is read (add_common).  The others are
 * about a reading of the hand as sets and a pair or as seven pairs: there is
 * one read_*() for each, called in the order of the table, and the reading
 * with the most fan is kept.  Which readings a suit allows is in the tables.
 */

#include "game/mahjong/value.h"

#include <stdbool.h>

#include "game/mahjong/table.h"

/* Masks of digits: ranks are the digits of a suit, rank 1 the rightmost. */
#define RANKS_1_9   UINT32_C(0700000007)
#define RANKS_2_5_8 UINT32_C(0070070070)
#define ONES        UINT32_C(0111111111) /* times n: n of every rank */

enum { RANK_5 = 4 };

/* What the rows look at. */
struct look {
    const struct value_query *query;
    struct hand all;   /* hand and melds */
    uint32_t any;      /* or of the suits of all */
    uint32_t win;      /* the facts of the suit won in */
    uint32_t every;    /* the facts true of every suit of the hand */
    bool is_sets;      /* the hand is sets and a pair */
    bool is_pairs;     /* the hand is seven pairs */
    struct value base; /* the rows that count in any reading */
    struct value best; /* the best reading so far */
    bool is_read;      /* there is a best */
};

static const char *const desc_text[DESCS] = {
    [DESC_QING_YI_SE] = "清一色",
    [DESC_ZHONG_ZHANG] = "中张",
    [DESC_MEN_QING] = "门清",
    [DESC_HAI_DI] = "海底",
    [DESC_GANG_SHANG_HUA] = "杠上花",
    [DESC_GANG_SHANG_PAO] = "杠上炮",
    [DESC_QIANG_GANG_HU] = "抢杠胡",
    [DESC_QI_DUI] = "七对",
    [DESC_LONG_QI_DUI] = "龙七对",
    [DESC_SHUANG_LONG] = "双龙七对",
    [DESC_HAO_HUA_LONG] = "豪华龙七对",
    [DESC_PENG_PENG_HU] = "碰碰胡",
    [DESC_JIANG_DUI] = "将对",
    [DESC_JIN_GOU_HU] = "金钩胡",
    [DESC_JIA_XIN_WU] = "夹心五",
    [DESC_QUAN_YAO_JIU] = "全幺九",
    [DESC_GEN_1] = "根x1",
    [DESC_GEN_2] = "根x2",
    [DESC_GEN_3] = "根x3",
    [DESC_GEN_4] = "根x4",
};

const char *
value_desc_text(enum value_desc desc)
{
    return (unsigned) desc < DESCS ? desc_text[desc] : "";
}

static void
add(struct value *value, enum value_desc desc, int fan)
{
    value->desc[value->n_desc++] = desc;
    value->fan += fan;
}

static bool
has_rule(const struct look *look, enum rule rule)
{
    return (look->query->rules & rule) != 0;
}

static bool
is_won_by(const struct look *look, enum circumstance circumstance)
{
    return (look->query->circumstances & circumstance) != 0;
}

/* The digits of a suit that are four, each as a 1. */
static uint32_t
fours(uint32_t suit)
{
    return suit >> 2 & ~(suit >> 1) & ~suit & ONES;
}

/* How many kinds there are four of. */
static int
count_fours(const struct hand *hand)
{
    return suit_tiles(fours(hand->suit[0]) + fours(hand->suit[1]) +
                      fours(hand->suit[2]));
}

/* 清一色 qing yi se: one suit only, hand and melds. */
static bool
is_one_suit(const struct look *look)
{
    const uint32_t *suit = look->all.suit;

    return (suit[0] != 0) + (suit[1] != 0) + (suit[2] != 0) == 1;
}

/* 中张 zhong zhang: no 1 and no 9 anywhere. */
static bool
is_without_1_and_9(const struct look *look)
{
    return (look->any & RANKS_1_9) == 0;
}

/* 门清 men qing: no melds at all; a concealed kong is one. */
static bool
is_without_melds(const struct look *look)
{
    const struct hand *melds = &look->query->melds;

    return (melds->suit[0] | melds->suit[1] | melds->suit[2]) == 0;
}

/* 将对 jiang dui: only ranks 2, 5, 8. */
static bool
is_only_2_5_8(const struct look *look)
{
    return (look->any & ~RANKS_2_5_8) == 0;
}

/* The rows that count in any reading. */
static void
add_common(struct look *look)
{
    struct value *base = &look->base;

    if (is_one_suit(look))
        add(base, DESC_QING_YI_SE, 2);
    if (has_rule(look, RULE_MENQING) && is_without_1_and_9(look))
        add(base, DESC_ZHONG_ZHANG, 1);
    if (has_rule(look, RULE_MENQING) && is_without_melds(look))
        add(base, DESC_MEN_QING, 1);
    if (is_won_by(look, WIN_LAST_TILE))
        add(base, DESC_HAI_DI, 1);
    if (is_won_by(look, WIN_REPLACEMENT))
        add(base, DESC_GANG_SHANG_HUA, 1);
    if (is_won_by(look, WIN_AFTER_KONG))
        add(base, DESC_GANG_SHANG_PAO, 1);
    if (is_won_by(look, WIN_ROBBED_KONG))
        add(base, DESC_QIANG_GANG_HU, 1);
}

/* 根 gen: each kind of which hand and melds hold all four. */
static void
add_gen(const struct look *look, struct value *value)
{
    int n = count_fours(&look->all);

    if (n > 0)
        add(value, DESC_GEN_1 + n - 1, n);
}

/* Keeps a reading that is better than those before it. */
static void
offer(struct look *look, const struct value *reading)
{
    if (look->is_read && reading->fan <= look->best.fan)
        return;
    look->best = *reading;
    look->is_read = true;
}

/* 平胡 ping hu: any sets and a pair. */
static void
read_ping_hu(struct look *look)
{
    struct value reading = look->base;

    if (!look->is_sets)
        return;
    add_gen(look, &reading);
    offer(look, &reading);
}

/*
 * 七对 qi dui: seven pairs; four of a kind are two of them, and with one, two
 * or three such it is 龙七对, 双龙七对, 豪华龙七对.  No 根 with it.
 */
static void
read_qi_dui(struct look *look)
{
    struct value reading = look->base;
    int n;

    if (!look->is_pairs)
        return;
    n = count_fours(&look->query->hand);
    add(&reading, DESC_QI_DUI + n, 2 + n);
    if (has_rule(look, RULE_JIANGDUI) && is_only_2_5_8(look))
        add(&reading, DESC_JIANG_DUI, 2);
    offer(look, &reading);
}

/*
 * 碰碰胡 peng peng hu: four triplets or kongs and a pair; with all four of
 * them exposed, two tiles in hand, 金钩胡 jin gou hu.
 */
static void
read_peng_peng_hu(struct look *look)
{
    struct value reading = look->base;

    if (!look->is_sets || (look->every & FACT_TRIPLETS) == 0)
        return;
    add(&reading, DESC_PENG_PENG_HU, has_rule(look, RULE_PENGPENG) ? 2 : 1);
    if (has_rule(look, RULE_JIANGDUI) && is_only_2_5_8(look))
        add(&reading, DESC_JIANG_DUI, 2);
    if (hand_tiles(&look->query->hand) == 2)
        add(&reading, DESC_JIN_GOU_HU, 1);
    add_gen(look, &reading);
    offer(look, &reading);
}

/* 夹心五 jia xin wu: won on a 5 as the middle of 4-5-6. */
static void
read_jia_xin_wu(struct look *look)
{
    struct value reading = look->base;

    if (!look->is_sets || !has_rule(look, RULE_JIAXIN) ||
        kind_rank(look->query->win) != RANK_5 ||
        (look->win & FACT_RUN_456) == 0)
        return;
    add(&reading, DESC_JIA_XIN_WU, 1);
    add_gen(look, &reading);
    offer(look, &reading);
}

/*
 * 全幺九 quan yao jiu: a 1 or 9 in every set and in the pair.  One set at
 * least is a run, so there is a tile beside 1 and 9, else it is 碰碰胡.
 */
static void
read_quan_yao_jiu(struct look *look)
{
    const struct hand *melds = &look->query->melds;
    struct value reading = look->base;

    if (!look->is_sets || !has_rule(look, RULE_YAOJIU) ||
        (look->every & FACT_YAOJIU) == 0 || (look->any & ~RANKS_1_9) == 0 ||
        ((melds->suit[0] | melds->suit[1] | melds->suit[2]) & ~RANKS_1_9) != 0)
        return;
    add(&reading, DESC_QUAN_YAO_JIU, 3);
    add_gen(look, &reading);
    offer(look, &reading);
}

/* Looks up what the rows ask about. */
static void
look_at(struct look *look, const struct value_query *query)
{
    const struct hand *hand = &query->hand;
    uint32_t facts[SUITS];
    uint32_t any = 0;

    *look = (struct look){.query = query};
    for (int s = 0; s < SUITS; s++) {
        look->all.suit[s] = hand->suit[s] + query->melds.suit[s];
        look->any |= look->all.suit[s];
        any |= hand->suit[s];
        facts[s] = suit_facts(hand->suit[s]);
    }
    look->win = facts[kind_suit(query->win)];
    look->every = facts[0] & facts[1] & facts[2];
    look->is_sets = ((facts[0] + facts[1] + facts[2]) & FACT_COUNT_MASK) ==
                    FACT_COMPLETE;
    look->is_pairs = (any & ONES) == 0 && hand_tiles(hand) == HAND_TILES_FULL;
}

int
value_of(const struct value_query *query, struct value *value)
{
    struct look look;

    look_at(&look, query);
    add_common(&look);
    read_ping_hu(&look);
    read_qi_dui(&look);
    read_peng_peng_hu(&look);
    read_jia_xin_wu(&look);
    read_quan_yao_jiu(&look);
    if (!look.is_read)
        return -1;
    *value = look.best;
    return value->fan;
}

int
value_best_wait(const struct hand *hand, const struct hand *melds,
                uint8_t rules, struct value *value)
{
    uint32_t waits = hand_waits(hand);
    int best = -1;

    for (int kind = 0; kind < KINDS; kind++) {
        struct value_query query = {
            .hand = *hand, .melds = *melds, .win = kind, .rules = rules};
        struct value one;

        if ((waits >> kind & 1) == 0 ||
            hand_count(hand, kind) + hand_count(melds, kind) >= COPIES)
            continue;
        hand_add(&query.hand, kind, 1);
        if (value_of(&query, &one) > best) {
            *value = one;
            best = one.fan;
        }
    }
    return best;
}
