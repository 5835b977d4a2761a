/*
 * Complete or not, waits, and the hint for a discard.  All three are put
 * together from the facts about the three suits (table.h), and from the rule
 * for seven pairs (七对), which needs no table.
 */

#include "game/mahjong/hand.h"

#include "game/mahjong/table.h"

/* The bit of each digit that makes it odd. */
#define ODD UINT32_C(0111111111)

int
hand_tiles(const struct hand *hand)
{
    return suit_tiles(hand->suit[0]) + suit_tiles(hand->suit[1]) +
           suit_tiles(hand->suit[2]);
}

/* Sets and one pair (平胡 ping hu): two suits are sets, and one has the pair. */
static bool
is_sets_and_pair(const struct hand *hand)
{
    uint32_t sum = suit_facts(hand->suit[0]) + suit_facts(hand->suit[1]) +
                   suit_facts(hand->suit[2]);

    return (sum & FACT_COUNT_MASK) == FACT_COMPLETE;
}

/* The digits of a suit that are five. */
static uint32_t
fives(uint32_t suit)
{
    return suit >> 2 & suit & ODD;
}

/*
 * With five of a kind, for which the tables have no place: is the fifth what
 * the others wait for?
 */
static bool
is_complete_with_fifth(const struct hand *hand)
{
    for (int s = 0; s < SUITS; s++) {
        uint32_t five = fives(hand->suit[s]);
        struct hand rest = *hand;

        if (five == 0)
            continue;
        rest.suit[s] -= five;
        return (hand_waits(&rest) >> (s * RANKS + __builtin_ctz(five) / 3) &
                1) != 0;
    }
    return false;
}

/*
 * Seven pairs (七对 qi dui), of which two may be alike, are 14 tiles without
 * an odd count.  That and a fifth copy are seldom, so the usual way has no
 * branch that depends on the answer.
 */
bool
hand_is_complete(const struct hand *hand)
{
    const uint32_t *suit = hand->suit;

    if ((fives(suit[0]) | fives(suit[1]) | fives(suit[2])) != 0)
        return is_complete_with_fifth(hand);
    if (((suit[0] | suit[1] | suit[2]) & ODD) == 0 &&
        hand_tiles(hand) == HAND_TILES_FULL)
        return true;
    return is_sets_and_pair(hand);
}

/* All bits set if the suit is complete by itself, else none. */
static uint32_t
mask_if_complete(uint32_t facts)
{
    return (facts & (FACT_SETS | FACT_PAIR)) != 0 ? UINT32_MAX : 0;
}

/*
 * What completes sets and a pair: a tile that completes its suit while the
 * other two are complete.  That there is one pair in the end, not none or two
 * or three, follows from the number of tiles.
 */
static uint32_t
waits_for_sets(const uint32_t facts[SUITS])
{
    uint32_t waits = 0;

    for (int s = 0; s < SUITS; s++) {
        uint32_t others = mask_if_complete(facts[(s + 1) % SUITS]) &
                          mask_if_complete(facts[(s + 2) % SUITS]);

        waits |= (facts[s] >> FACT_WAITS_SHIFT & FACT_WAITS_MASK & others)
                 << s * RANKS;
    }
    return waits;
}

/* What completes seven pairs: of 13 tiles, the only kind that is odd. */
static uint32_t
waits_for_pairs(const struct hand *hand)
{
    for (int s = 0; s < SUITS; s++) {
        uint32_t odd = hand->suit[s] & ODD;
        uint32_t rest = (hand->suit[(s + 1) % SUITS] |
                         hand->suit[(s + 2) % SUITS]) &
                        ODD;

        if (odd == 0)
            continue;
        if (rest != 0 || (odd & (odd - 1)) != 0 ||
            hand_tiles(hand) != HAND_TILES)
            return 0;
        return UINT32_C(1) << (s * RANKS + __builtin_ctz(odd) / 3);
    }
    return 0;
}

uint32_t
hand_waits(const struct hand *hand)
{
    const uint32_t facts[SUITS] = {
        suit_facts(hand->suit[0]),
        suit_facts(hand->suit[1]),
        suit_facts(hand->suit[2]),
    };

    return waits_for_sets(facts) | waits_for_pairs(hand);
}

uint32_t
hand_hints(const struct hand *hand, uint32_t waits[KINDS])
{
    struct hand rest = *hand;
    uint32_t facts[SUITS] = {
        suit_facts(hand->suit[0]),
        suit_facts(hand->suit[1]),
        suit_facts(hand->suit[2]),
    };
    uint32_t discards = 0;

    for (int s = 0; s < SUITS; s++) {
        const uint32_t whole = facts[s];

        for (int r = 0; r < RANKS; r++) {
            int kind = s * RANKS + r;
            uint32_t mask;

            if ((hand->suit[s] >> 3 * r & 7) == 0)
                continue;
            rest.suit[s] = hand->suit[s] - suit_one(r);
            facts[s] = suit_facts(rest.suit[s]);
            mask = waits_for_sets(facts) | waits_for_pairs(&rest);
            if (mask != 0) {
                discards |= UINT32_C(1) << kind;
                waits[kind] = mask;
            }
        }
        rest.suit[s] = hand->suit[s];
        facts[s] = whole;
    }
    return discards;
}
