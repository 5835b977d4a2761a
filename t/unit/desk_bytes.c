/*
 * Directed tests of what leaves the desk: views, the bytes of actions,
 * checkpoints, the hash.
 */
#include "desk_table.h"

#include <sys/mman.h>
#include <unistd.h>

#define WAITS_A  "123456789t 45o 77o"
#define DROPS_3O "3o 123456789w 1122w"

static struct table t;

static const struct setup plain = {.hand = {"9o 123456789w 1122w"}};

static enum mahjong_violation
name_que(unsigned seat, unsigned que)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_QUE,
                                           .seat = (uint8_t) seat,
                                           .que = (uint8_t) que});
}

static enum mahjong_violation
dissolve(unsigned seat, int64_t now_ms)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_DISSOLVE,
                                           .seat = (uint8_t) seat,
                                           .now_ms = now_ms});
}

static enum mahjong_violation
vote(unsigned seat, bool consent, int64_t now_ms)
{
    return act(&t, (struct mahjong_action){.type = MAHJONG_VOTE,
                                           .seat = (uint8_t) seat,
                                           .consent = consent,
                                           .now_ms = now_ms});
}

static void
test_view(void)
{
    struct mahjong_view view;
    uint8_t tiles[16];
    unsigned n;

    start(&t, &(struct setup){.hand = {"5o 123456789w 1122w",
                                       "555o 1111t 246o 27t 8o", NULL},
                              .draws = "9w 8w 7w 3t"});
    drop(&t, 0, "5o");
    say(&t, 1, MAHJONG_PENG);
    drop(&t, 1, "8o");
    drop(&t, 2, "9w");
    mahjong_view(&t.desk, 0, false, &view);
    is_int(view.player[0].hand_len, 13, "own tiles");
    is_int(view.player[0].hand[0], t.desk.seat[0].hand[0], "are seen");
    is_int(view.player[1].hand[0], MAHJONG_HIDDEN, "others' are not");
    is_int(view.player[1].hand_len, 10, "their number is");
    is_int(view.player[1].melds, 1, "melds are");
    is_int(view.player[2].last_draw, MAHJONG_HIDDEN,
           "what others drew is not");
    is_int(view.player[1].last_draw, 0, "0 before any");
    is_int(view.player[0].last_draw, t.desk.seat[0].last_draw, "own is");
    ok(view.player[2].river_len == 1 && view.player[2].river[0] / 4 == 26,
       "discards are");
    is_int(view.player[0].river_len, 0, "without claimed ones");
    is_int(view.last_discard / 4, kind("9w"), "the last discard");
    is_int(view.last_discard_seat, 2, "and whose");
    is_int(view.rest, t.desk.wall_len - t.desk.wall_next, "tiles left");
    is_int(view.hint.offer, 0, "others' questions are not");
    mahjong_view(&t.desk, 3, false, &view);
    is_int(view.hint.offer, DISCARD, "the own is");
    mahjong_view(&t.desk, 0, true, &view);
    is_int(view.player[1].hand[0], t.desk.seat[1].hand[0],
           "open: all tiles are seen");

    drop(&t, 3, "8w");
    drop(&t, 0, "7w");
    kong(&t, 1, "5o");
    kong(&t, 1, "1t");
    mahjong_view(&t.desk, 0, false, &view);
    n = mahjong_view_melds(&view.player[1], tiles);
    is_int(n, 8, "eight tiles in melds");
    ok(tiles[2] == kind("5o") * 4 && tiles[3] / 4u == kind("1t") &&
           tiles[6] / 4u == kind("1t"),
       "per meld own tiles, then the claimed one");
    ok(tiles[0] / 4u == kind("5o") && tiles[7] / 4u == kind("5o"),
       "the fourth of an added kong at the very end");
}

static void
test_view_of_que(void)
{
    struct mahjong_view view;

    open_table(&t, &plain);
    mahjong_view(&t.desk, 0, false, &view);
    ok(view.seated == 4 && view.player[3].uid == 104 &&
           view.player[3].win_tile == -1,
       "a view before the first round");
    for (unsigned i = 0; i < 4; i++)
        seat_act(&t, MAHJONG_READY, i);
    t.deal = (struct mahjong_action){.type = MAHJONG_DEAL, .dice = {1, 6}};
    make_wall(&t, &plain);
    act(&t, t.deal);
    for (unsigned i = 0; i < 4; i++)
        seat_act(&t, MAHJONG_SORT, i);
    name_que(1, 3);
    mahjong_view(&t.desk, 0, false, &view);
    is_int(view.player[0].que, -1, "own que: -(suggestion) while not chosen");
    is_int(view.player[1].que, 0, "others' not before all have chosen");
    mahjong_view(&t.desk, 1, false, &view);
    is_int(view.player[1].que, 3, "own que once chosen");
    name_que(0, 3);
    name_que(2, 2);
    name_que(3, 3);
    mahjong_view(&t.desk, 0, false, &view);
    is_int(view.player[2].que, 2, "all ques after that");
}

/* The bytes of actions */

/* Ends at a page that cannot be read. */
static uint8_t *
guarded(const uint8_t *data, size_t len)
{
    static uint8_t *page;
    size_t size = (size_t) sysconf(_SC_PAGESIZE);

    if (page == NULL) {
        page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(page + size, size, PROT_NONE);
    }
    return len == 0 ? page + size : memcpy(page + size - len, data, len);
}

static void
check_bytes(const struct mahjong_action *action, const char *what)
{
    uint8_t data[MAHJONG_ACTION_MAX], again[MAHJONG_ACTION_MAX];
    struct mahjong_action decoded;
    size_t len = mahjong_action_encode(action, data, sizeof(data));
    bool dry = true, small = true;

    ok(len > 0, "%s: %zu bytes", what, len);
    for (size_t n = 0; n < len; n++) {
        dry = dry && mahjong_action_decode(&decoded, guarded(data, n), n) == 0;
        small = small && mahjong_action_encode(action, again, n) == 0;
    }
    ok(dry, "%s: any fewer and more are needed", what);
    ok(small, "%s: nor does it fit in less", what);
    is_int(mahjong_action_decode(&decoded, guarded(data, len), len), len,
           "%s: decoded", what);
    is_int(mahjong_action_encode(&decoded, again, sizeof(again)), len,
           "%s: encoded again", what);
    ok(memcmp(data, again, len) == 0, "%s: the same bytes", what);
}

static void
test_bytes(void)
{
    static const char *const name[] = {
        "",       "open",         "sit",          "leave",  "ready",
        "deal",   "sort",         "que",          "choose", "dissolve",
        "vote",   "vote timeout", "turn timeout", "expire", "offline",
        "online", "checkpoint"};
    struct mahjong_action action = {.seat = 2,
                                    .op = MAHJONG_PENG,
                                    .que = 3,
                                    .consent = true,
                                    .tile = 107,
                                    .now_ms = 1234567890123,
                                    .uid = 1LL << 53,
                                    .rounds = 16,
                                    .options = {4, 16, 1, 63},
                                    .times = {300000, 0, 1},
                                    .wall_len = 108,
                                    .dice = {6, 6},
                                    .banker = 3};

    for (unsigned i = 0; i < 108; i++)
        action.wall[i] = (uint8_t) i;
    for (unsigned type = MAHJONG_OPEN; type < MAHJONG_CHECKPOINT; type++) {
        action.type = (uint8_t) type;
        check_bytes(&action, name[type]);
    }
    start(&t, &(struct setup){.hand = {DROPS_3O, NULL, WAITS_A, NULL},
                              .last = ""});
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    dissolve(1, 77);
    is_int(mahjong_checkpoint(&t.desk, &action), 0, "between rounds");
    check_bytes(&action, "checkpoint");
    action.checkpoint.times = (struct mahjong_times){0, UINT32_MAX, 0};
    check_bytes(&action, "checkpoint with times");
}

/* Written down once; a change of these is a change of all journals. */
static void
test_golden_bytes(void)
{
    static const uint8_t want[] = {1, MAHJONG_CHOOSE, 3, MAHJONG_DISCARD, 77};
    static const uint8_t vote_bytes[] = {1, MAHJONG_VOTE, 2, 1, 0x80, 0x02};
    static const uint8_t open_bytes[] = {1, MAHJONG_OPEN, 3, 8, 1, 0, 4, 14};
    static const uint8_t times_bytes[] = {2, MAHJONG_OPEN, 3, 8, 1,    0,
                                          4, 14,           2, 0, 0x82, 0x01};
    struct mahjong_action action = {
        .type = MAHJONG_CHOOSE, .seat = 3, .op = MAHJONG_DISCARD, .tile = 77};
    uint8_t data[MAHJONG_ACTION_MAX];
    struct setup s = {.hand = {DROPS_3O, NULL, WAITS_A, NULL}};

    is_int(mahjong_action_encode(&action, data, sizeof(data)), sizeof(want),
           "a choice is five bytes");
    ok(memcmp(data, want, sizeof(want)) == 0, "version, type, seat, op, tile");
    action = (struct mahjong_action){
        .type = MAHJONG_VOTE, .seat = 2, .consent = true, .now_ms = 128};
    is_int(mahjong_action_encode(&action, data, sizeof(data)),
           sizeof(vote_bytes), "a vote");
    ok(memcmp(data, vote_bytes, sizeof(vote_bytes)) == 0,
       "numbers are zigzag varints");
    action = (struct mahjong_action){
        .type = MAHJONG_OPEN, .options = {3, 8, 1, 0}, .rounds = 4, .uid = 7};
    is_int(mahjong_action_encode(&action, data, sizeof(data)),
           sizeof(open_bytes), "a desk without times of its own");
    ok(memcmp(data, open_bytes, sizeof(open_bytes)) == 0,
       "is opened as before there were any");
    action.times = (struct mahjong_times){.vote_ms = 2, .turn_ms = 130};
    is_int(mahjong_action_encode(&action, data, sizeof(data)),
           sizeof(times_bytes), "one with times");
    ok(memcmp(data, times_bytes, sizeof(times_bytes)) == 0,
       "has them behind, which makes it version 2");
    s.version = MAHJONG_VERSION_1;
    start(&t, &s);
    is_int(mahjong_hash(&t.desk), 1896683233, "the hash of a desk in play");
    t.desk.times = (struct mahjong_times){.vote_ms = 1};
    ok(mahjong_hash(&t.desk) != 1896683233, "times are part of it");
    t.desk.times = (struct mahjong_times){0};
    t.desk.version = MAHJONG_VERSION_2;
    ok(mahjong_hash(&t.desk) != 1896683233, "and the version of the rules");
    t.desk.version = MAHJONG_VERSION_1;
    drop(&t, 0, "3o");
    is_int(mahjong_hash(&t.desk), 381891246, "and after a discard");
    s.version = MAHJONG_VERSION_2;
    start(&t, &s);
    is_int(mahjong_hash(&t.desk), 3310106869, "one of version 2");
}

static int
decode(const uint8_t *data, size_t len)
{
    struct mahjong_action action;

    return mahjong_action_decode(&action, guarded(data, len), len);
}

#define DECODE(...)                                                           \
    decode((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void
test_bad_bytes(void)
{
    is_int(DECODE(3, MAHJONG_OPEN, 3), -1, "another version");
    is_int(DECODE(2, MAHJONG_READY, 0), -1, "times where there can be none");
    is_int(DECODE(2, MAHJONG_OPEN, 3, 8, 1, 0, 4, 14, 0, 0, 0), -1,
           "none where there must be some");
    is_int(DECODE(2, MAHJONG_OPEN, 3, 8, 1, 0, 4, 14, 0x80, 0x80, 0x80, 0x80,
                  0x10, 0, 0),
           -1, "a time of 33 bits");
    is_int(DECODE(0), -1, "at once");
    is_int(DECODE(1, 0), -1, "no type 0");
    is_int(DECODE(1, 17), -1, "no type 17");
    is_int(DECODE(1, MAHJONG_READY, 4), -1, "no seat 4");
    is_int(DECODE(1, MAHJONG_READY, 3, 99), 3, "what follows is not read");
    is_int(DECODE(1, MAHJONG_CHOOSE, 0, 1, 108), -1, "no tile 108");
    is_int(DECODE(1, MAHJONG_CHOOSE, 0, 1, 255), 5, "but none");
    is_int(DECODE(1, MAHJONG_VOTE, 0, 2, 0), -1, "consent is 0 or 1");
    is_int(DECODE(1, MAHJONG_SIT, 0x80, 0x00), -1, "not the shortest form");
    is_int(DECODE(1, MAHJONG_SIT, 0x80), 0, "a number that goes on");
    is_int(
        DECODE(1, MAHJONG_SIT, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
        12, "64 bits");
    is_int(
        DECODE(1, MAHJONG_SIT, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2),
        -1, "65 bits");
    is_int(DECODE(1, MAHJONG_SIT, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                  129),
           -1, "and more");
    is_int(DECODE(1, MAHJONG_DEAL, 1, 1, 0, 109), -1, "a wall of 109");
}

/* Checkpoints */

static enum mahjong_violation
restore(const struct mahjong_action *action, struct mahjong_desk *desk)
{
    static struct mahjong_events none;

    memset(desk, 0, sizeof(*desk));
    return mahjong_apply(desk, action, &none);
}

static void
test_checkpoint(void)
{
    struct mahjong_action good, bad;
    struct mahjong_desk desk;

    memset(&desk, 0, sizeof(desk));
    is_int(mahjong_checkpoint(&desk, &good), -1, "none of an empty desk");
    start(&t, &(struct setup){.hand = {DROPS_3O, NULL, WAITS_A, NULL},
                              .last = ""});
    is_int(mahjong_checkpoint(&t.desk, &good), -1, "none while a round runs");
    drop(&t, 0, "3o");
    say(&t, 2, MAHJONG_HU);
    seat_act(&t, MAHJONG_READY, 1);
    seat_act(&t, MAHJONG_OFFLINE, 3);
    dissolve(0, 10);
    vote(2, true, 20);
    is_int(mahjong_checkpoint(&t.desk, &good), 0, "one between rounds");
    is_int(restore(&good, &desk), MAHJONG_OK, "is taken");
    ok(memcmp(&desk, &t.desk, sizeof(desk)) == 0, "and makes the same desk");
    is_int(mahjong_apply(&desk, &good, &t.events), MAHJONG_NOT_NOW,
           "on an empty desk only");
    for (unsigned version = 0; version <= MAHJONG_VERSION + 1; version++) {
        bad = good;
        bad.version = version;
        is_int(restore(&bad, &desk),
               version >= MAHJONG_VERSION_1 && version <= MAHJONG_VERSION
                   ? MAHJONG_OK
                   : MAHJONG_BAD_VALUE,
               "version %u of the rules", version);
    }
#define REFUSED(change, what)                                                 \
    bad = good;                                                               \
    bad.checkpoint.change;                                                    \
    is_int(restore(&bad, &desk), MAHJONG_BAD_VALUE, what);                    \
    is_int(desk.seats, 0, "... and changes nothing")
    REFUSED(score[0]++, "points that do not add up");
    REFUSED(uid[1] = 101, "one player twice");
    REFUSED(uid[1] = 0, "nobody");
    REFUSED(seated = 3, "a free seat after the first round");
    REFUSED(round = 4, "no round left");
    REFUSED(round = 0, "statistics before the first round");
    REFUSED(banker = 4, "no banker");
    REFUSED(options.mode = 5, "bad options");
    REFUSED(options.mode = 3, "more players than seats");
    REFUSED(rounds = 5, "bad rounds");
    REFUSED(stats[2].won = 2, "more wins than rounds");
    REFUSED(agreed = 15, "a vote that is over");
    REFUSED(agreed = 4, "an applicant who does not agree");
    REFUSED(voting = 0, "votes without a vote");
    REFUSED(ready = 16, "who is ready");
    REFUSED(vote_deadline_ms = -1, "no time");
    REFUSED(times.turn_ms = MAHJONG_TIME_MAX + 1, "a turn of more than a day");
    bad = good;
    bad.checkpoint.ready = 15;
    is_int(restore(&bad, &desk), MAHJONG_OK, "all may be ready");
}

int
main(void)
{
    mahjong_tables_init();
    test_view();
    test_view_of_que();
    test_bytes();
    test_golden_bytes();
    test_bad_bytes();
    test_checkpoint();
    return tap_done();
}
