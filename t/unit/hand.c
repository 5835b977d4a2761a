/*
 * Hands and the tables behind them, against a plain recursive search that
 * knows nothing of either: every suit there is, and many whole hands.
 */

#include "tap.h"

#include "game/mahjong/hand.h"
#include "game/mahjong/table.h"

static uint64_t seed = 20240607;

static unsigned
roll(unsigned n)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (seed >> 33) % n;
}

static bool
is_edge(int rank)
{
    return rank == 0 || rank == 8;
}

/*
 * Takes a suit apart in every way, the lowest tile first.  `read` is what is
 * true of the part already taken off.
 */
static uint32_t
plain_readings(int count[RANKS], bool has_pair, uint32_t read)
{
    uint32_t facts = 0;
    int r = 0;

    while (r < RANKS && count[r] == 0)
        r++;
    if (r == RANKS)
        return read | (has_pair ? FACT_PAIR : FACT_SETS);
    if (count[r] >= 2 && !has_pair) {
        count[r] -= 2;
        facts |= plain_readings(
            count, true, is_edge(r) ? read : read & ~(uint32_t) FACT_YAOJIU);
        count[r] += 2;
    }
    if (count[r] >= 3) {
        count[r] -= 3;
        facts |= plain_readings(count, has_pair,
                                is_edge(r) ? read
                                           : read & ~(uint32_t) FACT_YAOJIU);
        count[r] += 3;
    }
    if (r < 7 && count[r + 1] > 0 && count[r + 2] > 0) {
        uint32_t run = read & ~(uint32_t) FACT_TRIPLETS;

        if (r != 0 && r != 6)
            run &= ~(uint32_t) FACT_YAOJIU;
        if (r == 3)
            run |= FACT_RUN_456;
        count[r]--, count[r + 1]--, count[r + 2]--;
        facts |= plain_readings(count, has_pair, run);
        count[r]++, count[r + 1]++, count[r + 2]++;
    }
    return facts;
}

static uint32_t
plain_complete(int count[RANKS])
{
    return plain_readings(count, false, FACT_YAOJIU | FACT_TRIPLETS);
}

static uint32_t
plain_facts(int count[RANKS], int tiles)
{
    uint32_t facts = plain_complete(count);

    for (int r = 0; r < RANKS && tiles < HAND_TILES_FULL; r++) {
        count[r]++;
        if (plain_complete(count) != 0)
            facts |= FACT_WAITS << r;
        count[r]--;
    }
    return facts;
}

/* Complete by the rules, any counts: sets and a pair, or seven pairs. */
static bool
plain_is_complete(int count[KINDS])
{
    int pairs = 0;
    int tiles = 0;
    int odd = 0;

    for (int k = 0; k < KINDS; k++) {
        tiles += count[k];
        odd += count[k] % 2;
    }
    if (tiles == HAND_TILES_FULL && odd == 0)
        return true;
    for (int s = 0; s < SUITS; s++) {
        uint32_t facts = plain_complete(count + s * RANKS);

        if ((facts & (FACT_SETS | FACT_PAIR)) == 0)
            return false;
        pairs += (facts & FACT_PAIR) != 0;
    }
    return pairs == 1;
}

static uint32_t
plain_waits(int count[KINDS])
{
    uint32_t waits = 0;

    for (int k = 0; k < KINDS; k++) {
        count[k]++;
        if (plain_is_complete(count))
            waits |= UINT32_C(1) << k;
        count[k]--;
    }
    return waits;
}

static uint32_t
digits(const int count[RANKS])
{
    uint32_t suit = 0;

    for (int r = RANKS - 1; r >= 0; r--)
        suit = suit << 3 | count[r];
    return suit;
}

static struct hand
hand_of(const int count[KINDS])
{
    struct hand hand;

    for (int s = 0; s < SUITS; s++)
        hand.suit[s] = digits(count + s * RANKS);
    return hand;
}

/* The suits there are, each once: the next one, false after the last. */
static bool
next_suit(int count[RANKS], int *tiles)
{
    do {
        int r = 0;

        while (r < RANKS && count[r] == COPIES) {
            count[r++] = 0;
            *tiles -= COPIES;
        }
        if (r == RANKS)
            return false;
        count[r]++;
        ++*tiles;
    } while (*tiles > HAND_TILES_FULL);
    return true;
}

static void
test_every_suit(void)
{
    int count[RANKS] = {0};
    int tiles = 0;
    unsigned suits = 0;
    unsigned facts = 0;
    unsigned sums = 0;

    do {
        uint32_t suit = digits(count);

        suits++;
        facts += suit_facts(suit) != plain_facts(count, tiles);
        sums += suit_tiles(suit) != tiles;
    } while (next_suit(count, &tiles));
    is_int(suits, SUIT_VECTORS, "every suit of at most 14 tiles is tried");
    is_int(facts, 0, "the tables tell what the search finds");
    is_int(sums, 0, "the digits of a suit add up to its tiles");
}

/* Every suit as a hand of its own, where its size is that of a hand. */
static void
test_every_hand_of_one_suit(void)
{
    int count[KINDS] = {0};
    int tiles = 0;
    unsigned complete = 0;
    unsigned waits = 0;

    do {
        struct hand hand = hand_of(count);

        if (tiles % 3 == 2)
            complete += hand_is_complete(&hand) != plain_is_complete(count);
        if (tiles % 3 == 1)
            waits += hand_waits(&hand) != plain_waits(count);
    } while (next_suit(count, &tiles));
    is_int(complete, 0, "complete or not: every hand of one suit");
    is_int(waits, 0, "waits: every hand of one suit");
}

static void
put(int count[KINDS], int kind, int n)
{
    count[kind] += n;
}

/* A hand of n tiles: sets, pairs and strays, so that many are near. */
static void
random_hand(int count[KINDS], int n)
{
    int suits = 1 + roll(3);

    memset(count, 0, KINDS * sizeof(*count));
    while (n > 0) {
        int kind = roll(suits) * RANKS + roll(RANKS);
        int what = roll(8);

        if (what < 3 && n >= 3 && count[kind] <= 1) {
            put(count, kind, 3);
            n -= 3;
        } else if (what < 6 && n >= 3 && kind % RANKS < 7 && count[kind] < 4 &&
                   count[kind + 1] < 4 && count[kind + 2] < 4) {
            put(count, kind, 1);
            put(count, kind + 1, 1);
            put(count, kind + 2, 1);
            n -= 3;
        } else if (what == 6 && n >= 2 && count[kind] <= 2) {
            put(count, kind, 2);
            n -= 2;
        } else if (what == 7 && count[kind] < 4) {
            put(count, kind, 1);
            n -= 1;
        }
    }
}

/* Seven pairs as well, often with one tile wrong. */
static void
random_pairs(int count[KINDS], int n)
{
    memset(count, 0, KINDS * sizeof(*count));
    for (; n > 0; n -= n == 1 ? 1 : 2) {
        int kind = roll(KINDS);

        while (count[kind] > 2)
            kind = roll(KINDS);
        put(count, kind, n == 1 ? 1 : 2);
    }
    if (roll(2) == 0) {
        int from = roll(KINDS);
        int to = roll(KINDS);

        if (count[from] > 0 && count[to] < 4) {
            put(count, from, -1);
            put(count, to, 1);
        }
    }
}

static void
any_hand(int count[KINDS], int n)
{
    if (roll(4) == 0)
        random_pairs(count, n);
    else
        random_hand(count, n);
}

static void
test_random_complete(void)
{
    unsigned bad = 0;
    unsigned won = 0;

    for (int i = 0; i < 100000; i++) {
        int count[KINDS];
        struct hand hand;
        bool want;

        any_hand(count, 2 + 3 * roll(5));
        hand = hand_of(count);
        want = plain_is_complete(count);
        won += want;
        bad += hand_is_complete(&hand) != want;
    }
    is_int(bad, 0, "complete or not: random hands of 2 to 14 tiles");
    ok(won > 10000 && won < 90000, "of both sorts (%u complete)", won);
}

static void
test_random_waits(void)
{
    unsigned bad = 0;
    unsigned waiting = 0;

    for (int i = 0; i < 40000; i++) {
        int count[KINDS];
        struct hand hand;
        uint32_t want;

        any_hand(count, 1 + 3 * roll(5));
        hand = hand_of(count);
        want = plain_waits(count);
        waiting += want != 0;
        bad += hand_waits(&hand) != want;
    }
    is_int(bad, 0, "waits: random hands of 1 to 13 tiles");
    ok(waiting > 4000 && waiting < 36000, "of both sorts (%u wait)", waiting);
}

/* Does the hint agree with the search, and leave the rest alone? */
static bool
is_hint_right(int count[KINDS])
{
    struct hand hand = hand_of(count);
    uint32_t waits[KINDS];
    uint32_t hints;

    memset(waits, 0xff, sizeof(waits));
    hints = hand_hints(&hand, waits);
    for (int k = 0; k < KINDS; k++) {
        uint32_t want = 0;

        if (count[k] > 0) {
            count[k]--;
            want = plain_waits(count);
            count[k]++;
        }
        if ((hints >> k & 1) != (want != 0) ||
            waits[k] != (want != 0 ? want : UINT32_MAX))
            return false;
    }
    return hints >> KINDS == 0;
}

static void
test_random_hints(void)
{
    unsigned bad = 0;

    for (int i = 0; i < 8000; i++) {
        int count[KINDS];

        any_hand(count, 2 + 3 * roll(5));
        bad += !is_hint_right(count);
    }
    is_int(bad, 0, "hints: random hands of 2 to 14 tiles");
}

/* Five of a kind: no hand to hold, but a wait for the fifth is a wait. */
static void
test_fifth_copy(void)
{
    unsigned bad = 0;
    unsigned won = 0;

    for (int i = 0; i < 200000; i++) {
        int count[KINDS];
        int kind = roll(KINDS);
        struct hand hand;
        bool want;

        any_hand(count, 1 + 3 * roll(5));
        if (count[kind] != COPIES)
            continue;
        count[kind]++;
        hand = hand_of(count);
        want = plain_is_complete(count);
        won += want;
        bad += hand_is_complete(&hand) != want;
    }
    is_int(bad, 0, "complete or not: with a fifth copy");
    ok(won > 0, "some of them complete (%u)", won);
}

/* Under AddressSanitizer: no suit at all reads outside the tables. */
static void
test_garbage(void)
{
    struct hand hand;
    uint32_t waits[KINDS];
    uint32_t sum = 0;

    for (int i = 0; i < 100000; i++) {
        for (int s = 0; s < SUITS; s++)
            hand.suit[s] = (uint32_t) roll(1 << 16) << 16 | roll(1 << 16);
        sum |= hand_is_complete(&hand) | hand_waits(&hand);
        sum |= hand_hints(&hand, waits);
    }
    ok(sum >> KINDS == 0, "garbage is answered within the kinds");
}

static void
test_tiles(void)
{
    unsigned bad = 0;

    for (int id = 0; id < TILES; id++) {
        int index = tile_index(id);

        bad += !is_index(index) || index_kind(index) != tile_kind(id) ||
               index / 10 != tile_suit(id) ||
               index % 10 != kind_rank(tile_kind(id)) + 1;
    }
    is_int(bad, 0, "ids, kinds and indexes agree");
    is_int(tile_index(0), 1, "the first tile is 1 tiao");
    is_int(tile_index(35), 9, "the 36th is 9 tiao");
    is_int(tile_index(36), 11, "the next is 1 tong");
    is_int(tile_index(107), 29, "the last is 9 wan");
    ok(!is_index(0) && !is_index(10) && !is_index(20) && !is_index(30) &&
           !is_index(-1),
       "0, 10, 20, 30 and -1 are no indexes");
}

static void
test_hand(void)
{
    struct hand hand = {{0}};

    hand_add(&hand, 8, 4);
    hand_add(&hand, 9, 1);
    hand_add(&hand, 26, 3);
    is_int(hand_count(&hand, 8), 4, "four of a kind added");
    is_int(hand_count(&hand, 9), 1, "one of the next");
    is_int(hand_tiles(&hand), 8, "eight tiles in all");
    hand_remove(&hand, 26, 2);
    is_int(hand_count(&hand, 26), 1, "two taken away");
    ok(hand.suit[SUIT_WAN] == 0100000000, "a suit is nine octal digits");
}

int
main(void)
{
    mahjong_tables_init();
    test_tiles();
    test_hand();
    test_every_suit();
    test_every_hand_of_one_suit();
    mahjong_tables_init();
    is_int(suit_facts(0), FACT_SETS | FACT_YAOJIU | FACT_TRIPLETS,
           "a second init changes nothing");
    test_random_complete();
    test_random_waits();
    test_random_hints();
    test_fifth_copy();
    test_garbage();
    return tap_done();
}
