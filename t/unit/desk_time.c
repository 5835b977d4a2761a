/*
 * What a desk waits for and how long: the deadlines of a state follow from the
 * times in its records, so that a replay at any later time, by anybody, comes
 * to the same ones.
 */
#include "desk_twin.h"
#include "tap.h"

enum { TURN_MS = 20000 };

static bool
act(int64_t time_ms, struct mahjong_action action)
{
    return do_step((struct desk_step){.kind = DESK_ACTION,
                                      .seat = MAHJONG_NOBODY,
                                      .time_ms = time_ms,
                                      .action = action});
}

static bool
seat_act(int64_t time_ms, unsigned type, unsigned seat)
{
    return act(time_ms, (struct mahjong_action){.type = (uint8_t) type,
                                                .seat = (uint8_t) seat});
}

/* A desk of four whose tiles are dealt at that time, in order. */
static void
deal(int64_t time_ms, struct mahjong_times times)
{
    struct mahjong_action action = {.type = MAHJONG_OPEN,
                                    .version = MAHJONG_VERSION,
                                    .options = {.mode = 4, .max_fan = 3},
                                    .rounds = 4,
                                    .uid = 11,
                                    .times = times};

    memset(&st, 0, sizeof(st));
    memset(&twin, 0, sizeof(twin));
    ok(act(1, action), "a desk");
    for (int64_t uid = 12; uid <= 14; uid++)
        act(2, (struct mahjong_action){.type = MAHJONG_SIT, .uid = uid});
    for (unsigned i = 0; i < 4; i++)
        seat_act(3, MAHJONG_READY, i);
    action = (struct mahjong_action){
        .type = MAHJONG_DEAL, .wall_len = 108, .dice = {1, 6}};
    for (unsigned i = 0; i < 108; i++)
        action.wall[i] = (uint8_t) i;
    ok(act(time_ms, action), "dealt");
}

static void
is_due(int64_t a, int64_t b, int64_t c, int64_t d, const char *what)
{
    int64_t want[4] = {a, b, c, d};

    for (unsigned i = 0; i < 4; i++) {
        is_int(desk_turn_deadline(&st, i), want[i], "%s: seat %u", what, i);
        is_int(desk_turn_deadline(&twin, i), want[i], "... replayed");
    }
}

static void
test_turns(void)
{
    deal(1000, (struct mahjong_times){.turn_ms = TURN_MS});
    is_due(21000, 21000, 21000, 21000, "all have to sort");
    ok(seat_act(2000, MAHJONG_SORT, 1), "one does");
    is_due(21000, 0, 21000, 21000, "the others have the time they had");
    for (unsigned i = 0; i < 4; i++)
        seat_act(5000 + i, MAHJONG_SORT, i);
    is_due(25003, 25003, 25003, 25003, "all have to name a suit");
    for (unsigned i = 0; i < 4; i++)
        act(6000, (struct mahjong_action){
                      .type = MAHJONG_QUE, .seat = (uint8_t) i, .que = 3});
    ok(st.rules.seat[0].offer & 1u << MAHJONG_GANG, "the banker may kong");
    is_due(26000, 0, 0, 0, "he is asked");
    ok(seat_act(7000, MAHJONG_DISSOLVE, 0), "other things");
    is_due(26000, 0, 0, 0, "give no more time");

    ok(seat_act(26000, MAHJONG_TURN_TIMEOUT, 0), "the server plays");
    is_due(29000, 0, 0, 0, "who is there can take over");
    ok(seat_act(26001, MAHJONG_OFFLINE, 0), "he goes");
    is_due(27000, 0, 0, 0, "who is not there is played for soon");
    ok(seat_act(26002, MAHJONG_ONLINE, 0), "he is back");
    is_due(29000, 0, 0, 0, "and can take over");
    ok(act(26003, (struct mahjong_action){.type = MAHJONG_VOTE,
                                          .seat = 0,
                                          .consent = false}),
       "he does something");
    is_due(46000, 0, 0, 0, "and has all his time again");
}

static void
test_short(void)
{
    deal(1000, (struct mahjong_times){.turn_ms = 500});
    ok(seat_act(1500, MAHJONG_TURN_TIMEOUT, 2), "the server plays");
    for (unsigned i = 0; i < 4; i++)
        seat_act(1600, MAHJONG_SORT, i);
    is_due(2100, 2100, 2100, 2100, "a trustee has no more than the others");
}

static void
test_none(void)
{
    deal(1000, (struct mahjong_times){.vote_ms = 1000});
    is_due(0, 0, 0, 0, "without a time nobody is played for");
}

/* A hint has the number of the step that asked, until the round is over. */
static void
test_hints(void)
{
    uint64_t asked;

    deal(1000, (struct mahjong_times){.turn_ms = TURN_MS});
    for (unsigned i = 0; i < 4; i++)
        seat_act(2000, MAHJONG_TURN_TIMEOUT, i);
    for (unsigned i = 0; i < 4; i++)
        is_int(st.hint_seq[i], 0, "seat %u is asked no hint", i);
    for (unsigned i = 0; i < 4; i++)
        seat_act(3000, MAHJONG_TURN_TIMEOUT, i);
    asked = st.seq;
    ok(st.rules.seat[st.rules.turn].offer != 0, "the banker is asked");
    for (unsigned i = 0; i < 4; i++)
        is_int(st.hint_seq[i], i == st.rules.turn ? asked : 0,
               "the hint of seat %u", i);
    ok(seat_act(4000, MAHJONG_OFFLINE, 2), "a step that asks nothing");
    is_int(st.hint_seq[st.rules.turn], asked, "leaves the number");
    ok(seat_act(5000, MAHJONG_TURN_TIMEOUT, st.rules.turn), "the next");
    for (unsigned i = 0; i < 4; i++)
        if (st.rules.seat[i].offer != 0)
            is_int(st.hint_seq[i], st.seq, "is asked under its own");
    ok(seat_act(6000, MAHJONG_EXPIRE, 0), "the round is over");
    for (unsigned i = 0; i < 4; i++)
        is_int(st.hint_seq[i], 0, "seat %u is asked nothing any more", i);
}

/* An EXPIRE ends the round: nobody is waited for. */
static void
test_over(void)
{
    deal(1000, (struct mahjong_times){.turn_ms = TURN_MS});
    ok(seat_act(2000, MAHJONG_EXPIRE, 0), "the desk is too old");
    is_due(0, 0, 0, 0, "nobody plays at it");
}

/* A checkpoint keeps the times. */
static void
test_checkpoint(void)
{
    struct mahjong_times times = {.vote_ms = 7000, .turn_ms = TURN_MS};

    deal(1000, times);
    for (int64_t now = 2000; st.rules.status != MAHJONG_CLEANED; now += 1000)
        for (unsigned i = 0; i < 4; i++)
            seat_act(now, MAHJONG_TURN_TIMEOUT, i);
    is_due(0, 0, 0, 0, "the round is over");
    ok(st.rules.round == 1 && st.rules.trustee == 15, "nobody has played it");
    memset(&twin.dealt_ms, 0, sizeof(twin.dealt_ms));
    memset(twin.asked_ms, 0, sizeof(twin.asked_ms));
    st = twin;
    ok(do_step((struct desk_step){
           .kind = DESK_CHECKPOINT, .seat = MAHJONG_NOBODY, .time_ms = 99000}),
       "a checkpoint");
    ok(memcmp(&twin.rules.times, &times, sizeof(times)) == 0,
       "keeps the times");
    is_int(twin.rules.trustee, 15, "and for whom the server plays");
}

int
main(void)
{
    mahjong_tables_init();
    test_turns();
    test_short();
    test_none();
    test_hints();
    test_over();
    test_checkpoint();
    return tap_done();
}
