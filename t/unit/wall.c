/*
 * Walls against vectors that were computed by another program, in another
 * language, from the construction that wall.h states.
 */
#include "game/wall.h"

#include "tap.h"

#include <stdlib.h>

struct vector {
    const char *what;
    uint8_t first, step; /* seed[i] = first + i * step */
    unsigned players;
    uint8_t dice[2], banker;
    uint8_t tile[WALL_TILES];
};

static const struct vector vectors[] = {
    {"zeros, 3 players",
     0,
     0,
     3,
     {4, 2},
     2,
     {19, 22, 52, 64, 11, 43, 18, 58, 55, 24, 57, 14, 28, 20, 7,  13, 60, 35,
      33, 15, 53, 41, 69, 46, 65, 1,  16, 17, 42, 61, 71, 67, 2,  6,  59, 26,
      63, 3,  0,  5,  54, 21, 27, 48, 34, 12, 30, 8,  70, 36, 39, 47, 50, 4,
      25, 49, 44, 37, 56, 38, 32, 10, 9,  51, 68, 66, 29, 40, 23, 45, 31, 62}},
    {"zeros, 4 players",
     0,
     0,
     4,
     {2, 1},
     0,
     {49,  11, 103, 58, 80, 71, 41,  104, 18, 89, 53,  47, 87, 90, 14,  19,
      78,  23, 76,  22, 39, 70, 30,  75,  0,  50, 16,  26, 54, 69, 67,  99,
      101, 20, 45,  10, 17, 55, 84,  38,  66, 61, 42,  59, 40, 46, 5,   93,
      85,  73, 91,  35, 7,  52, 102, 48,  6,  1,  100, 60, 43, 33, 105, 65,
      68,  83, 63,  82, 94, 2,  34,  107, 8,  74, 86,  13, 28, 27, 106, 96,
      12,  77, 21,  81, 57, 36, 3,   24,  25, 15, 44,  37, 56, 64, 32,  72,
      9,   51, 88,  97, 98, 95, 29,  4,   92, 79, 31,  62}},
    {"counting, 3 players",
     0,
     1,
     3,
     {6, 2},
     0,
     {65, 56, 69, 43, 39, 12, 57, 18, 28, 14, 61, 1,  3,  53, 22, 7,  8,  63,
      38, 41, 37, 52, 31, 67, 62, 48, 36, 44, 13, 51, 66, 26, 0,  55, 60, 71,
      11, 30, 58, 9,  10, 32, 5,  34, 68, 4,  27, 6,  42, 33, 47, 46, 23, 17,
      21, 64, 24, 15, 54, 16, 35, 29, 49, 25, 20, 50, 19, 2,  40, 59, 70, 45}},
    {"counting, 4 players",
     0,
     1,
     4,
     {6, 4},
     0,
     {7,  64, 92,  32, 0,   74, 48, 6,  24, 56, 101, 93,  62, 72, 41,  15,
      28, 26, 85,  66, 102, 90, 43, 61, 3,  30, 22,  104, 98, 79, 103, 91,
      88, 68, 18,  57, 65,  45, 27, 29, 12, 19, 69,  89,  52, 37, 42,  71,
      82, 76, 106, 97, 78,  99, 75, 80, 63, 1,  84,  59,  58, 95, 8,   39,
      33, 87, 86,  10, 31,  11, 44, 94, 54, 96, 4,   46,  67, 21, 100, 51,
      5,  2,  107, 20, 36,  16, 53, 83, 47, 60, 105, 17,  38, 81, 77,  40,
      35, 55, 13,  25, 49,  14, 50, 34, 73, 23, 70,  9}},
    {"ones, 3 players",
     255,
     0,
     3,
     {5, 2},
     0,
     {69, 60, 62, 41, 66, 68, 29, 61, 13, 38, 42, 43, 23, 37, 26, 24, 70, 32,
      31, 50, 18, 57, 8,  45, 53, 35, 67, 34, 11, 10, 19, 36, 0,  7,  71, 1,
      20, 5,  55, 46, 54, 39, 28, 14, 3,  56, 33, 15, 52, 17, 65, 12, 27, 63,
      6,  49, 51, 16, 59, 58, 25, 40, 9,  4,  21, 44, 47, 30, 48, 64, 22, 2}},
    {"ones, 4 players",
     255,
     0,
     4,
     {3, 1},
     1,
     {62,  13,  85, 50,  29, 7,   15, 6,  91,  83, 65, 45, 44, 0,  42,  95,
      77,  94,  88, 32,  26, 69,  61, 52, 101, 10, 14, 19, 70, 47, 102, 39,
      93,  98,  99, 106, 71, 103, 1,  20, 82,  97, 49, 59, 33, 16, 96,  57,
      87,  40,  18, 80,  48, 54,  79, 66, 41,  67, 35, 43, 86, 73, 53,  92,
      36,  63,  12, 46,  72, 34,  38, 60, 31,  2,  37, 55, 89, 56, 75,  8,
      84,  105, 76, 58,  3,  90,  24, 27, 17,  5,  64, 4,  23, 11, 51,  100,
      104, 25,  9,  68,  21, 107, 78, 30, 81,  28, 22, 74}},
};

static void
test_vectors(void)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        uint8_t seed[WALL_SEED_LEN];
        struct wall wall;

        for (unsigned k = 0; k < WALL_SEED_LEN; k++)
            seed[k] = (uint8_t) (v->first + k * v->step);
        is_int(wall_make(&wall, seed, v->players), 0, "%s", v->what);
        is_int(wall.len, v->players == 3 ? 72 : 108, "%s: length", v->what);
        ok(memcmp(wall.tile, v->tile, sizeof(wall.tile)) == 0, "%s: tiles",
           v->what);
        ok(memcmp(wall.dice, v->dice, 2) == 0, "%s: dice", v->what);
        is_int(wall.banker, v->banker, "%s: banker", v->what);
    }
}

/* Chi square of where tile 0 lies, of the dice and of the banker. */
static double
chi(const unsigned *count, unsigned n, unsigned total)
{
    double sum = 0, want = (double) total / n;

    for (unsigned i = 0; i < n; i++)
        sum += (count[i] - want) * (count[i] - want) / want;
    return sum;
}

static void
test_even(void)
{
    enum { ROUNDS = 20000 };
    static unsigned place[WALL_TILES], die[6], banker[4];
    uint8_t seed[WALL_SEED_LEN] = {0};
    bool whole = true;

    for (unsigned r = 0; r < ROUNDS; r++) {
        uint8_t seen[WALL_TILES] = {0};
        struct wall wall;

        memcpy(seed, &r, sizeof(r));
        whole = wall_make(&wall, seed, 4) == 0 && whole;
        for (unsigned i = 0; i < wall.len; i++) {
            whole = wall.tile[i] < WALL_TILES && !seen[wall.tile[i]]++ &&
                    whole;
            if (wall.tile[i] == 0)
                place[i]++;
        }
        die[wall.dice[0] - 1]++;
        banker[wall.banker]++;
    }
    ok(whole, "every wall has every tile once");
    /* Far beyond the 99.99th percentiles: 107, 5 and 3 degrees of freedom. */
    ok(chi(place, WALL_TILES, ROUNDS) < 180, "tile 0 lies anywhere");
    ok(chi(die, 6, ROUNDS) < 30, "dice are even");
    ok(chi(banker, 4, ROUNDS) < 25, "so is the banker");
}

int
main(void)
{
    uint8_t a[WALL_SEED_LEN] = {0}, b[WALL_SEED_LEN] = {0};
    struct wall wall;

    test_vectors();
    test_even();
    is_int(wall_make(&wall, a, 2), -1, "not for two players");
    is_int(wall_make(&wall, a, 5), -1, "not for five");
    ok(wall_seed(a) == 0 && wall_seed(b) == 0 && memcmp(a, b, sizeof(a)) != 0,
       "seeds differ");
    return tap_done();
}
