/*
 * What the seats of a desk remember of sessions that were dropped: until
 * somebody comes, wherever the seat is by then, over a checkpoint too.
 */
#include "desk_twin.h"
#include "tap.h"

/* Of a session, which is 100 and the uid at first. */
static bool
act(unsigned seat, uint64_t session, uint64_t cseq,
    struct mahjong_action action)
{
    action.seat = (uint8_t) seat;
    return do_step((struct desk_step){.kind = DESK_ACTION,
                                      .seat = (uint8_t) seat,
                                      .session = session,
                                      .cseq = cseq,
                                      .action = action});
}

static bool
of_seat(unsigned kind, unsigned seat, uint64_t session, uint64_t cseq)
{
    return do_step((struct desk_step){.kind = (uint8_t) kind,
                                      .seat = (uint8_t) seat,
                                      .session = session,
                                      .cseq = cseq,
                                      .enter = DESK_ENTER_BACK});
}

/* Three at a desk for four; the last is dropped. */
static void
sit(void)
{
    memset(&st, 0, sizeof(st));
    memset(&twin, 0, sizeof(twin));
    ok(act(0, 111, 1,
           (struct mahjong_action){.type = MAHJONG_OPEN,
                                   .version = MAHJONG_VERSION,
                                   .options = {.mode = 4, .max_fan = 3},
                                   .rounds = 4,
                                   .uid = 11}),
       "a desk");
    for (unsigned i = 1; i < 3; i++)
        act(i, 111 + i, 1,
            (struct mahjong_action){.type = MAHJONG_SIT, .uid = 11 + i});
    for (unsigned i = 0; i < 3; i++)
        of_seat(DESK_ENTER, i, 111 + i, 7);
    ok(of_seat(DESK_DROP, 2, 0, 0), "one is dropped");
}

static void
is_seat(unsigned seat, uint64_t session, uint64_t dropped,
        uint64_t dropped_cseq, const char *what)
{
    const struct desk_seat *s = &st.seat[seat];

    is_int((int64_t) s->session, (int64_t) session, "%s: who speaks", what);
    is_int((int64_t) s->dropped, (int64_t) dropped, "... who was dropped");
    is_int((int64_t) s->dropped_cseq, (int64_t) dropped_cseq,
           "... and his last message");
}

static void
test_back(void)
{
    sit();
    is_seat(2, 0, 113, 7, "dropped");
    ok(act(2, 113, 9, (struct mahjong_action){.type = MAHJONG_READY}),
       "he says more");
    is_seat(2, 113, 113, 7, "he still has not heard all");
    is_int(st.seat[2].entered, 0, "... and hears nothing");
    ok(of_seat(DESK_DROP, 2, 0, 0), "dropped again");
    is_seat(2, 0, 113, 9, "dropped again");
    ok(of_seat(DESK_ENTER, 2, 113, 10), "he enters");
    is_seat(2, 113, 0, 0, "entered");
}

static void
test_another(void)
{
    sit();
    ok(of_seat(DESK_RESUME, 2, 213, 1), "another session of his comes");
    is_seat(2, 213, 0, 0, "another");
    ok(of_seat(DESK_DROP, 2, 0, 0), "it is dropped");
    is_seat(2, 0, 213, 1, "the last one counts");
}

static void
test_leave(void)
{
    sit();
    ok(act(1, 112, 8, (struct mahjong_action){.type = MAHJONG_LEAVE}),
       "one before him leaves");
    is_seat(1, 0, 113, 7, "it goes with the seat");
    is_seat(2, 0, 0, 0, "and is left nowhere");
    ok(act(1, 113, 8, (struct mahjong_action){.type = MAHJONG_LEAVE}),
       "he leaves himself");
    is_seat(1, 0, 0, 0, "it is forgotten");
}

static void
test_checkpoint(void)
{
    struct desk_state other;
    uint32_t hash;

    sit();
    ok(of_seat(DESK_CHECKPOINT, MAHJONG_NOBODY, 0, 0), "a checkpoint");
    is_seat(2, 0, 113, 7, "keeps it");
    other = st;
    hash = desk_state_hash(&st);
    other.seat[2].dropped = other.seat[2].dropped_cseq = 0;
    is_int(desk_state_hash(&other), hash,
           "a record that knows nothing of it has the same hash");
}

int
main(void)
{
    mahjong_tables_init();
    test_back();
    test_another();
    test_leave();
    test_checkpoint();
    return tap_done();
}
