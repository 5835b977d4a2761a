/*
 * What a winning hand is worth: its fan and why.
 *
 * All rows of the value table of the rules are in value.c, one place each.
 * Not here, because they are not about the hand: the zimo bonus, the cap, who
 * pays, and whether a hand of 0 fan may win on a discard (pinghu).
 */

#ifndef GAME_MAHJONG_VALUE_H
#define GAME_MAHJONG_VALUE_H

#include <stdint.h>

#include "game/mahjong/hand.h"

/* The switches of a desk. */
enum rule {
    RULE_MENQING = 1 << 0,  /* 门清 and 中张 count */
    RULE_JIANGDUI = 1 << 1, /* 将对 counts */
    RULE_JIAXIN = 1 << 2,   /* 夹心五 counts */
    RULE_PENGPENG = 1 << 3, /* 碰碰胡 is 2 fan, not 1 */
    RULE_PINGHU = 1 << 4,   /* 0 fan may win on a discard; not read here */
    RULE_YAOJIU = 1 << 5,   /* 全幺九 counts */
};

/*
 * How the tile was won.  The caller vouches for them: WIN_LAST_TILE only for
 * a self-drawn tile, WIN_AFTER_KONG only for a discard, and so on.
 */
enum circumstance {
    WIN_LAST_TILE = 1 << 0,   /* 海底: drew the last tile of the wall */
    WIN_REPLACEMENT = 1 << 1, /* 杠上花: drew it as replacement of a kong */
    WIN_AFTER_KONG = 1 << 2,  /* 杠上炮: the discard right after a kong */
    WIN_ROBBED_KONG = 1 << 3, /* 抢杠胡: robbed from an added kong */
};

/* What a value is made of, in the order in which it is shown. */
enum value_desc {
    DESC_QING_YI_SE,     /* 清一色 */
    DESC_ZHONG_ZHANG,    /* 中张 */
    DESC_MEN_QING,       /* 门清 */
    DESC_HAI_DI,         /* 海底 */
    DESC_GANG_SHANG_HUA, /* 杠上花 */
    DESC_GANG_SHANG_PAO, /* 杠上炮 */
    DESC_QIANG_GANG_HU,  /* 抢杠胡 */
    DESC_QI_DUI,         /* 七对 */
    DESC_LONG_QI_DUI,    /* 龙七对 */
    DESC_SHUANG_LONG,    /* 双龙七对 */
    DESC_HAO_HUA_LONG,   /* 豪华龙七对 */
    DESC_PENG_PENG_HU,   /* 碰碰胡 */
    DESC_JIANG_DUI,      /* 将对 */
    DESC_JIN_GOU_HU,     /* 金钩胡 */
    DESC_JIA_XIN_WU,     /* 夹心五 */
    DESC_QUAN_YAO_JIU,   /* 全幺九 */
    DESC_GEN_1,          /* 根x1 ... */
    DESC_GEN_2,
    DESC_GEN_3,
    DESC_GEN_4, /* ... 根x4 */
    DESCS,
};

enum { VALUE_DESC_MAX = 12 };

struct value_query {
    struct hand hand;      /* with the tile won on; 2, 5, 8, 11 or 14 tiles */
    struct hand melds;     /* the tiles of all melds: 3 or 4 of a kind */
    uint8_t win;           /* the kind won on; it is in the hand */
    uint8_t rules;         /* enum rule */
    uint8_t circumstances; /* enum circumstance */
};

struct value {
    uint8_t fan; /* not capped, without the zimo bonus */
    uint8_t n_desc;
    uint8_t desc[VALUE_DESC_MAX]; /* enum value_desc, ascending */
};

/*
 * The value of a hand won with.  When it can be read in several ways, that of
 * the reading with the most fan, of equal ones that earlier in the table.
 * Returns the fan, or -1 (and leaves *value alone) if the hand is not
 * complete.
 */
int value_of(const struct value_query *query, struct value *value);

/*
 * The best a waiting hand could become by a discard: the compensation (查大叫)
 * at the end of a round.  No circumstances, and no fifth copies: a tile whose
 * four copies are all in hand and melds is not waited for.  Of equally good
 * waits *value tells the lowest kind's.  Returns the fan, or -1 (and leaves
 * *value alone) if the hand does not wait.  Que tiles in the hand are the
 * caller's business.
 */
int value_best_wait(const struct hand *hand, const struct hand *melds,
                    uint8_t rules, struct value *value);

/* The text shown for a description, such as 清一色. */
const char *value_desc_text(enum value_desc desc);

#endif
