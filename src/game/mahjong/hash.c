/*
 * The hash of a desk, the same on every machine: of values, not of memory.
 * Eight bytes a step, mixed by a multiplication; good against accidents, not
 * against enemies.
 *
 * The struct has no padding: a desk is copied, compared and written as bytes,
 * and bytes that belong to no field would make equal desks differ.  A field
 * that is added to a struct goes into its sum here, and into the hash.
 */
#include "game/mahjong/inner.h"

enum {
    DESK_BYTES = 32, /* the fields of one byte */
};

_Static_assert(sizeof(struct mahjong_options) == 4, "no padding");
_Static_assert(sizeof(struct mahjong_times) == 3 * 4, "no padding");
_Static_assert(sizeof(struct mahjong_stats) == 5, "no padding");
_Static_assert(sizeof(struct mahjong_meld) == 9, "no padding");
_Static_assert(sizeof(struct mahjong_seat) ==
                   8 + 4 * 4 + 2 * sizeof(struct hand) + 2 * 2 + 10 +
                       MAHJONG_HAND +
                       MAHJONG_MELDS * sizeof(struct mahjong_meld) +
                       sizeof(struct mahjong_stats) + 3,
               "no padding");
_Static_assert(sizeof(struct mahjong_desk) ==
                   MAHJONG_SEATS * sizeof(struct mahjong_seat) + 8 +
                       sizeof(struct mahjong_times) + 4 +
                       sizeof(struct mahjong_options) + DESK_BYTES +
                       MAHJONG_WALL + 2 * MAHJONG_RIVER,
               "no padding");

static uint64_t
mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    return sum ^ sum >> 32;
}

/* Little-endian; compilers make one instruction of it. */
static uint64_t
load(const uint8_t *p)
{
    return (uint64_t) p[0] | (uint64_t) p[1] << 8 | (uint64_t) p[2] << 16 |
           (uint64_t) p[3] << 24 | (uint64_t) p[4] << 32 |
           (uint64_t) p[5] << 40 | (uint64_t) p[6] << 48 |
           (uint64_t) p[7] << 56;
}

static uint64_t
mix_bytes(uint64_t sum, const uint8_t *bytes, size_t len)
{
    for (; len >= 8; len -= 8, bytes += 8)
        sum = mix(sum, load(bytes));
    for (; len > 0; len--, bytes++)
        sum = mix(sum, *bytes);
    return sum;
}

static uint64_t
mix_two(uint64_t sum, uint32_t a, uint32_t b)
{
    return mix(sum, (uint64_t) a << 32 | b);
}

static uint64_t
mix_seat(uint64_t sum, const struct mahjong_seat *seat)
{
    sum = mix(sum, (uint64_t) seat->uid);
    sum = mix_two(sum, (uint32_t) seat->score, (uint32_t) seat->won);
    sum = mix_two(sum, seat->passed, seat->descs);
    for (unsigned i = 0; i < SUITS; i++)
        sum = mix_two(sum, seat->tiles.suit[i], seat->melded.suit[i]);
    sum = mix_two(sum, (uint16_t) seat->rain, (uint16_t) seat->wind);
    return mix_bytes(
        sum, (const uint8_t *) seat + offsetof(struct mahjong_seat, que),
        sizeof(*seat) - offsetof(struct mahjong_seat, que));
}

/* A desk without times of its own has the hash it had before there were. */
static uint64_t
mix_times(uint64_t sum, const struct mahjong_times *times)
{
    if (!mahjong_has_times(times))
        return sum;
    sum = mix_two(sum, times->vote_ms, times->vote_last_ms);
    return mix(sum, times->turn_ms);
}

/* A desk of version 1 has the hash it had before there were versions. */
static uint64_t
mix_version(uint64_t sum, uint32_t version)
{
    return version == MAHJONG_VERSION_1 ? sum : mix(sum, version);
}

uint32_t
mahjong_hash(const struct mahjong_desk *desk)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        sum = mix_seat(sum, &desk->seat[i]);
    sum = mix(sum, (uint64_t) desk->vote_deadline_ms);
    sum = mix_times(sum, &desk->times);
    sum = mix_version(sum, desk->version);
    sum = mix_bytes(
        sum, (const uint8_t *) desk + offsetof(struct mahjong_desk, options),
        sizeof(*desk) - offsetof(struct mahjong_desk, options));
    return (uint32_t) (sum ^ sum >> 32);
}
