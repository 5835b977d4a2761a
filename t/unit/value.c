/*
 * The value table of the rules, row by row: what makes each pattern, what
 * does not, and which reading counts when there are several.
 *
 * Tiles are written as digits with their suit behind: t 条, o 筒, w 万.
 */

#include "tap.h"

#include "game/mahjong/table.h"
#include "game/mahjong/value.h"

#define MENQING   RULE_MENQING
#define JIANGDUI  RULE_JIANGDUI
#define JIAXIN    RULE_JIAXIN
#define PENGPENG  RULE_PENGPENG
#define YAOJIU    RULE_YAOJIU
#define ALL_RULES 63

enum { SHOWN_MAX = 256 };

struct example {
    const char *name;
    const char *hand;  /* with the tile won on */
    const char *melds; /* the tiles of all melds */
    const char *win;
    unsigned rules;
    unsigned circumstances;
    int fan; /* -1: not complete */
    const char *shown;
};

static const struct example examples[] = {
    /* 平胡 */
    {"平胡", "123 456t 789 234o 55w", "", "5w", 0, 0, 0, ""},
    {"平胡 with every switch on", "123 456t 789o 55w", "222w", "5w", ALL_RULES,
     0, 0, ""},
    {"no hand: a tile is wrong", "123 456t 789 235o 55w", "", "5w", 0, 0, -1,
     ""},
    {"no hand: two pairs, no third set", "11 22 345t 678 999o 1w", "", "9o", 0,
     0, -1, ""},

    /* 清一色 */
    {"清一色", "123 456 789 234 55t", "", "5t", 0, 0, 2, "清一色"},
    {"清一色 in wan", "234 456 678 55w", "111w", "5w", 0, 0, 2, "清一色"},
    {"清一色: not with a meld of another suit", "123 456 789 55t", "222o",
     "5t", 0, 0, 0, ""},
    {"清一色: not with the same ranks in two suits", "123 456t 123 456o 55t",
     "", "5t", 0, 0, 0, ""},

    /* 中张 */
    {"中张", "234 456t 678o 55w", "333w", "5w", MENQING, 0, 1, "中张"},
    {"中张: not with a 1", "123 456t 678 55o", "333w", "5o", MENQING, 0, 0,
     ""},
    {"中张: not with a 9", "345 789t 678 55o", "333w", "5o", MENQING, 0, 0,
     ""},
    {"中张: not with a meld of 9", "234 456t 678 55o", "999w", "5o", MENQING,
     0, 0, ""},
    {"中张: not without menqing", "234 456t 678 55o", "333w", "5o",
     ALL_RULES & ~MENQING, 0, 0, ""},

    /* 门清 */
    {"门清", "123 456t 789 234o 55w", "", "5w", MENQING, 0, 1, "门清"},
    {"门清: not with a meld", "123 456t 789o 55w", "222w", "5w", MENQING, 0, 0,
     ""},
    {"门清: a concealed kong is a meld", "123 456t 789o 55w", "1111w", "5w",
     MENQING, 0, 1, "根x1"},
    {"门清: not without menqing", "123 456t 789 234o 55w", "", "5w",
     ALL_RULES & ~MENQING, 0, 0, ""},

    /* 海底, 杠上花, 杠上炮, 抢杠胡 */
    {"海底", "123 456t 789 234o 55w", "", "5w", 0, WIN_LAST_TILE, 1, "海底"},
    {"杠上花", "123 456t 789o 55w", "222w", "5w", 0, WIN_REPLACEMENT, 1,
     "杠上花"},
    {"杠上炮", "123 456t 789o 55w", "222w", "5w", 0, WIN_AFTER_KONG, 1,
     "杠上炮"},
    {"抢杠胡", "123 456t 789o 55w", "222w", "5w", 0, WIN_ROBBED_KONG, 1,
     "抢杠胡"},
    {"海底 and 杠上花", "123 456t 789o 55w", "222w", "5w", 0,
     WIN_LAST_TILE | WIN_REPLACEMENT, 2, "海底 杠上花"},
    {"杠上炮 and 七对", "11 33 55t 77 99 22o 44w", "", "4w", 0, WIN_AFTER_KONG,
     3, "杠上炮 七对"},

    /* 七对 */
    {"七对", "11 33 55t 77 99 22o 44w", "", "4w", 0, 0, 2, "七对"},
    {"七对: not with a meld", "11 33 55t 77o", "222w 333w", "7o", 0, 0, -1,
     ""},
    {"龙七对", "1111 33t 77 99 22o 44w", "", "4w", 0, 0, 3, "龙七对"},
    {"双龙七对", "1111 3333t 77 22o 44w", "", "4w", 0, 0, 4, "双龙七对"},
    {"豪华龙七对", "1111 3333t 7777o 44w", "", "4w", 0, 0, 5, "豪华龙七对"},
    {"七对 with 将对", "22 55 88t 22 55 88o 22w", "", "2w", JIANGDUI, 0, 4,
     "七对 将对"},
    {"豪华龙七对 with 将对", "2222 5555t 8888o 55w", "", "5w", JIANGDUI, 0, 7,
     "豪华龙七对 将对"},
    {"七对 with 将对: not with a 3", "22 55 88t 22 55 88o 33w", "", "3w",
     JIANGDUI, 0, 2, "七对"},
    {"七对 with 将对: not without jiangdui", "22 55 88t 22 55 88o 22w", "",
     "2w", ALL_RULES & ~JIANGDUI & ~MENQING, 0, 2, "七对"},
    {"七对 with 清一色, 中张, 门清", "2233 4466 7788 55t", "", "5t", MENQING,
     0, 6, "清一色 中张 门清 七对"},

    /* 碰碰胡 */
    {"碰碰胡", "111 333t 777 999o 44w", "", "4w", 0, 0, 1, "碰碰胡"},
    {"碰碰胡 with pengpeng", "111 333t 777 999o 44w", "", "4w", PENGPENG, 0, 2,
     "碰碰胡"},
    {"碰碰胡 with melds", "111 333t 44w", "777 999o", "4w", 0, 0, 1, "碰碰胡"},
    {"碰碰胡: a kong is a triplet", "111 333t 44w", "7777 9999o", "4w", 0, 0,
     3, "碰碰胡 根x2"},
    {"碰碰胡: not with a run", "111 333t 789o 44w", "555w", "4w", 0, 0, 0, ""},
    {"碰碰胡: the 5 are no pair", "222 55 456t", "666 444o", "2t", PENGPENG, 0,
     0, ""},
    {"碰碰胡 with 将对", "222 555t 888 222o 55w", "", "5w", JIANGDUI, 0, 3,
     "碰碰胡 将对"},
    {"碰碰胡 with 将对: melds count", "222 555t 55w", "888 333o", "5w",
     JIANGDUI, 0, 1, "碰碰胡"},
    {"金钩胡", "44w", "111 333t 777 999o", "4w", 0, 0, 2, "碰碰胡 金钩胡"},
    {"金钩胡: not with five tiles in hand", "111t 44w", "333t 777 999o", "4w",
     0, 0, 1, "碰碰胡"},
    {"碰碰胡, 将对, 金钩胡, four 根", "55w", "2222 5555t 2222 8888o", "5w",
     JIANGDUI | PENGPENG, 0, 9, "碰碰胡 将对 金钩胡 根x4"},

    /* 夹心五 */
    {"夹心五", "123 456t 789 234o 77w", "", "5t", JIAXIN, 0, 1, "夹心五"},
    {"夹心五: not won on the 4", "123 456t 789 234o 77w", "", "4t", JIAXIN, 0,
     0, ""},
    {"夹心五: not 3-4-5", "123 345t 789 234o 77w", "", "5t", JIAXIN, 0, 0, ""},
    {"夹心五: not the pair", "123 55t 789 234o 777w", "", "5t", JIAXIN, 0, 0,
     ""},
    {"夹心五: 4-5-6 in another suit", "123 555t 456 789o 77w", "", "5t",
     JIAXIN, 0, 0, ""},
    {"夹心五: one of two fives", "456 567t 123 789o 99w", "", "5t", JIAXIN, 0,
     1, "夹心五"},
    {"夹心五: not without jiaxin", "123 456t 789 234o 77w", "", "5t",
     ALL_RULES & ~JIAXIN & ~MENQING, 0, 0, ""},
    {"夹心五: not with four triplets", "444 555 666t 11w", "999o", "5t",
     JIAXIN, 0, 1, "碰碰胡"},

    /* 全幺九 */
    {"全幺九", "123 789t 111 789o 99w", "", "9w", YAOJIU, 0, 3, "全幺九"},
    {"全幺九 with melds of 1 and 9", "123t 99w", "111 999o 1111w", "9w",
     YAOJIU, 0, 4, "全幺九 根x1"},
    {"全幺九: not with a meld of 2", "123 789t 99w", "111 222o", "9w", YAOJIU,
     0, 0, ""},
    {"全幺九: not with 2-3-4", "123 234t 111 789o 99w", "", "9w", YAOJIU, 0, 0,
     ""},
    {"全幺九: not with a pair of 2", "123 789t 111 789o 22w", "", "2w", YAOJIU,
     0, 0, ""},
    {"全幺九: not without yaojiu", "123 789t 111 789o 99w", "", "9w",
     ALL_RULES & ~YAOJIU & ~MENQING, 0, 0, ""},
    {"全幺九: not with four triplets", "111 999t 99w", "111 999o", "9w",
     YAOJIU, 0, 1, "碰碰胡"},
    {"全幺九: not with four exposed", "99w", "111 999t 111 999o", "9w",
     YAOJIU | PENGPENG, 0, 3, "碰碰胡 金钩胡"},

    /* 根 */
    {"根x1 in the hand", "1111 23t 456 789o 55w", "", "5w", 0, 0, 1, "根x1"},
    {"根x1 in hand and meld", "123t 456 789o 55w", "111t", "5w", 0, 0, 1,
     "根x1"},
    {"根x2 in the hand", "1111 2222 3t 789o 55w", "", "5w", 0, 0, 2, "根x2"},
    {"根x4", "1111 23t 44w", "3333 5555 7777o", "4w", 0, 0, 4, "根x4"},
    {"根: not with seven pairs", "1111 3333t 77 22o 44w", "", "4w", 0, 0, 4,
     "双龙七对"},

    /* The reading with the most fan. */
    {"全幺九 before 龙七对", "1111 22 33 77 88 99t", "", "9t", YAOJIU, 0, 6,
     "清一色 全幺九 根x1"},
    {"龙七对 without yaojiu", "1111 22 33 77 88 99t", "", "9t", 0, 0, 5,
     "清一色 龙七对"},
    {"豪华龙七对 before three 根", "1111 2222 3333 44t", "", "4t", 0, 0, 7,
     "清一色 豪华龙七对"},
    {"七对 before 夹心五", "44 55 66 77 88 99t 11o", "", "5t", JIAXIN, 0, 2,
     "七对"},
    {"夹心五 where seven pairs are none", "44 55 66t 11o", "999 888w", "5t",
     JIAXIN, 0, 1, "夹心五"},
    {"three runs before three triplets", "111 222 333t 99w", "111o", "9w",
     YAOJIU, 0, 3, "全幺九"},
    {"three triplets without yaojiu", "111 222 333t 99w", "111o", "9w", 0, 0,
     1, "碰碰胡"},
    {"碰碰胡 before 夹心五, which is as much", "444 555 666t 11w", "999o",
     "5t", JIAXIN, 0, 1, "碰碰胡"},
};

static struct hand
read_hand(const char *text)
{
    static const char suits[] = "tow";
    struct hand hand = {{0}};
    const char *from = text;

    for (const char *p = text; *p != '\0'; p++) {
        const char *suit = strchr(suits, *p);

        if (suit == NULL)
            continue;
        for (; from < p; from++) {
            if (*from != ' ')
                hand_add(&hand, (suit - suits) * RANKS + *from - '1', 1);
        }
        from = p + 1;
    }
    return hand;
}

/* The only kind in a hand. */
static int
read_kind(const char *text)
{
    struct hand hand = read_hand(text);
    int kind = 0;

    while (hand_count(&hand, kind) == 0)
        kind++;
    return kind;
}

/* The descriptions as they are shown, a space between. */
static const char *
shown(const struct value *value, char text[SHOWN_MAX])
{
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < value->n_desc; i++)
        len += snprintf(text + len, SHOWN_MAX - len, "%s%s", i ? " " : "",
                        value_desc_text(value->desc[i]));
    return text;
}

static void
test_example(const struct example *e)
{
    struct value_query query = {
        .hand = read_hand(e->hand),
        .melds = read_hand(e->melds),
        .win = read_kind(e->win),
        .rules = e->rules,
        .circumstances = e->circumstances,
    };
    struct value value = {.fan = 99};
    char text[SHOWN_MAX];

    ok(hand_count(&query.hand, query.win) > 0 &&
           hand_tiles(&query.hand) % 3 == 2 &&
           hand_tiles(&query.hand) + hand_tiles(&query.melds) >=
               HAND_TILES_FULL,
       "%s: a hand", e->name);
    is_int(value_of(&query, &value), e->fan, "%s: fan", e->name);
    is_int(value.fan, e->fan < 0 ? 99 : e->fan, "%s: *value", e->name);
    is_str(shown(&value, text), e->shown, "%s: shown", e->name);
}

struct best_example {
    const char *name;
    const char *hand;
    const char *melds;
    unsigned rules;
    int best;
    const char *shown;
};

static const struct best_example best_examples[] = {
    {"not waiting", "123 456t 789 24o 57w", "", 0, -1, ""},
    {"five pairs are not enough", "11 33 55t 77 99o 4 68w", "", 0, -1, ""},
    {"平胡", "123 456t 789 23o 55w", "", 0, 0, ""},
    {"1 and 4: only the 4 makes 中张", "23 567t 88o", "333o 444w", MENQING, 1,
     "中张"},
    {"a triplet or a run", "55 88t", "111 333o 777w", JIAXIN, 1, "碰碰胡"},
    {"5 as the middle", "46 88t", "111 333o 777w", JIAXIN, 1, "夹心五"},
    {"six pairs", "11 33 55t 77 99 2o 44w", "", 0, 2, "七对"},
    {"six pairs, four of a kind", "1111 33t 77 99 2o 44w", "", 0, 3, "龙七对"},
    {"the fourth is a 根", "111 23t 55w", "333o 777o", 0, 1, "根x1"},
    {"金钩胡", "5w", "111 333t 777 999o", 0, 2, "碰碰胡 金钩胡"},
    {"all copies in the hand", "1111t", "222t 333o 444w", 0, -1, ""},
    {"all copies in a kong", "12t 55w", "3333t 444 555o", 0, -1, ""},
    {"all copies in hand and meld", "2t", "222t 333o 444 555w", 0, -1, ""},
    {"one of two waits has no copy left", "23 55t", "1111o 4444t 333w", 0, 2,
     "根x2"},
    {"one wait with all its copies in a kong is not it", "23 55t",
     "1111t 444o 333w", 0, 1, "根x1"},
    {"no circumstance counts, 清一色 does", "123 456 789 23 55t", "", 0, 2,
     "清一色"},
};

static void
test_best_wait(const struct best_example *e)
{
    struct hand hand = read_hand(e->hand);
    struct hand melds = read_hand(e->melds);
    struct value value = {0};
    char text[SHOWN_MAX];

    ok(hand_tiles(&hand) % 3 == 1 &&
           hand_tiles(&hand) + hand_tiles(&melds) >= HAND_TILES,
       "best wait: %s: a hand", e->name);
    is_int(value_best_wait(&hand, &melds, e->rules, &value), e->best,
           "best wait: %s", e->name);
    is_str(shown(&value, text), e->shown, "best wait: %s: shown", e->name);
}

int
main(void)
{
    mahjong_tables_init();
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
        test_example(&examples[i]);
    for (size_t i = 0; i < sizeof(best_examples) / sizeof(*best_examples); i++)
        test_best_wait(&best_examples[i]);
    is_str(value_desc_text(DESCS), "", "no text beyond the last");
    return tap_done();
}
