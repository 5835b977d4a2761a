/*
 * The frames between gates and owners: what is encoded is what is decoded, and
 * a body that is cut, or has one field more or less, is none.  And the ids of
 * the sessions in them.
 */
#include "game/frames.h"

#include "game/session.h"
#include "tap.h"

static const struct bound_message message = {.target = UINT64_MAX - 1,
                                             .number = 123456,
                                             .epoch = 7,
                                             .uid = 1234567890123,
                                             .cseq = 300,
                                             .mid = 1ULL << 40,
                                             .wants = true,
                                             .gone = false,
                                             .open = true,
                                             .asked = UINT64_MAX,
                                             .route = STR_INIT("A.B"),
                                             .payload = STR_INIT("{\"x\":1}"),
                                             .ip = STR_INIT("127.0.0.1")};

static void
test_message(void)
{
    struct bound_message m = {0};
    struct buf body = {0};
    unsigned taken = 0;

    bound_message_encode(&body, &message);
    is_int(bound_message_decode(&m, buf_str(&body)), 0, "a message");
    ok(m.target == message.target && m.number == message.number &&
           m.epoch == message.epoch && m.uid == message.uid &&
           m.cseq == message.cseq && m.mid == message.mid &&
           m.wants == message.wants && m.open == message.open &&
           m.gone == message.gone,
       "its numbers and flags");
    ok(m.asked == message.asked, "the question that it can answer");
    ok(str_equal(m.route, message.route) &&
           str_equal(m.payload, message.payload) &&
           str_equal(m.ip, message.ip),
       "its strings");
    for (size_t len = 0; len < body.len; len++)
        taken += bound_message_decode(
                     &m, (struct str){(const char *) body.data, len}) == 0;
    is_int(taken, 0, "none that is cut");
    body.data[0]++; /* the head of the array */
    is_int(bound_message_decode(&m, buf_str(&body)), -1, "one field more");
    body.data[0] -= 2;
    is_int(bound_message_decode(&m, buf_str(&body)), -1, "one less");
    buf_deinit(&body);
}

static struct bound_item heard[2];
static unsigned heard_count;

static void
hear(void *arg, const struct bound_item *item)
{
    (void) arg;
    if (heard_count < 2)
        heard[heard_count] = *item;
    heard_count++;
}

static void
test_items(void)
{
    static const struct bound_item asks = {.kind = ITEM_PUSH,
                                           .target = 9,
                                           .session = {11, 12, 13, 14},
                                           .sessions = 4,
                                           .seq = 1ULL << 33,
                                           .ord = 8,
                                           .asks = 1ULL << 33,
                                           .route = STR_INIT("onX"),
                                           .payload = STR_INIT("{}")},
                                   ack = {.kind = ITEM_ACK,
                                          .target = 9,
                                          .session = {11},
                                          .sessions = 1,
                                          .seq = 5,
                                          .mid = 6,
                                          .cseq = 7};
    struct buf body = {0};
    struct str whole;
    unsigned taken = 0;

    bound_items_begin(&body);
    bound_item_put(&body, &asks);
    bound_item_put(&body, &ack);
    whole = bound_items_end(&body, 2);
    is_int(bound_items_each(whole, hear, NULL), 0, "two items");
    is_int(heard_count, 2, "each is heard");
    ok(heard[0].kind == ITEM_PUSH && heard[0].target == 9 &&
           heard[0].sessions == 4 && heard[0].session[3] == 14 &&
           heard[0].seq == asks.seq && heard[0].ord == 8 &&
           heard[0].mid == 0 && str_equal(heard[0].route, asks.route) &&
           str_equal(heard[0].payload, asks.payload),
       "a push");
    ok(heard[0].asks == asks.asks, "the question in it");
    ok(heard[1].kind == ITEM_ACK && heard[1].sessions == 1 &&
           heard[1].session[0] == 11 && heard[1].seq == 5 &&
           heard[1].mid == 6 && heard[1].cseq == 7 && heard[1].asks == 0,
       "an acknowledgement");
    for (size_t len = 0; len < whole.len; len++)
        taken += bound_items_each((struct str){whole.data, len}, hear, NULL) ==
                 0;
    is_int(taken, 0, "none that are cut");
    buf_deinit(&body);
}

static void
test_adopt(void)
{
    struct frame_adopt adopt;

    is_int(frame_adopt_decode(&adopt, STR("\x92\x05\x07")), 0, "an adoption");
    ok(adopt.number == 5 && adopt.target == 7, "number and target");
    is_int(frame_adopt_decode(&adopt, STR("\x91\x05")), -1, "one field less");
    is_int(frame_adopt_decode(&adopt, STR("\x05")), -1, "no list");
}

static void
test_session_id(void)
{
    const struct place last = {63, 1023, UINT32_MAX}, next = {63, 1023, 0};
    uint64_t id = session_id_make(last, UINT32_MAX);
    struct place place = session_id_place(id);

    ok(id == UINT64_MAX, "the largest id");
    ok(place.node == 63 && place.slot == 1023 && place.generation == 0xffff,
       "says where the session lives");
    ok(session_id_is_of(id, last) && !session_id_is_of(id, next),
       "and in which process");
    ok(session_id_is_at(id, next) &&
           !session_id_is_at(id, place_here(1023, 0)),
       "a slot is one of its node");
}

int
main(void)
{
    test_adopt();
    test_session_id();
    test_message();
    test_items();
    return tap_done();
}
