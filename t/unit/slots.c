/*
 * Whose desk is to blame for a death.
 */
#include "core/slots.h"

#include <sys/mman.h>

#include "tap.h"

enum { A = 4711, B = 4712, SLOT = 3, HOUR = SLOT_SUSPECT_MS };

static struct slot_page *pages;

static unsigned
die(unsigned slot, uint64_t desk, uint64_t session, uint64_t cseq, int64_t ms)
{
    slot_hand_set(&pages[slot].hand, desk, session, cseq);
    return slots_blame(pages, slot, ms);
}

static void
test_counts(void)
{
    struct slot_hand hand = {0};

    is_int(slots_blame(pages, SLOT, 1), 0, "nothing in hand: nobody's fault");
    is_int(slots_deaths(pages, A, &hand), 0, "nothing counts against a desk");
    is_int(die(SLOT, A, 7, 9, 10), 1, "a first death");
    is_int(slots_deaths(pages, B, &hand), 0, "not against another desk");
    is_int(slots_deaths(pages, A, &hand), 1, "it is counted");
    is_int((int64_t) hand.session, 7, "... with the session");
    is_int((int64_t) hand.cseq, 9, "... and the message");
    is_int(die(SLOT + 1, A, 0, 0, 20), 2, "a second one, in another slot");
    is_int(slots_deaths(pages, A, &hand), 2, "both count");
    is_int((int64_t) hand.cseq, 9, "the message is that of the first");
}

static void
test_room(void)
{
    struct slot_hand hand;
    unsigned n = 0;

    for (uint64_t desk = 1; desk < SLOT_SUSPECTS; desk++)
        n += die(SLOT, desk, 1, 1, 30);
    is_int(n, SLOT_SUSPECTS - 1, "there is room for some desks");
    is_int(die(SLOT, B, 1, 1, HOUR), 0, "not for one more");
    is_int(slots_deaths(pages, B, &hand), 0, "it is not counted");
    is_int(die(SLOT, A, 1, 1, HOUR), 3, "those that are there are");
    is_int(die(SLOT, B, 2, 5, 31 + HOUR), 1, "after an hour there is room");
    is_int(slots_deaths(pages, B, &hand), 1, "it is counted");
    is_int((int64_t) hand.cseq, 5, "with its own message");
    n = 0;
    for (uint64_t desk = 1; desk < SLOT_SUSPECTS; desk++)
        n += slots_deaths(pages, desk, &hand);
    is_int(n, SLOT_SUSPECTS - 2, "one other is forgotten");
    is_int(slots_deaths(pages, A, &hand), 3, "not one that died later");
}

int
main(void)
{
    pages = slots_create();
    if (pages == NULL)
        return 1;
    test_counts();
    test_room();
    munmap(pages, SLOT_COUNT * sizeof(*pages));
    return tap_done();
}
