#include "core/slots.h"

#include <stddef.h>
#include <sys/mman.h>

struct slot_page *
slots_create(void)
{
    void *p = mmap(NULL, SLOT_COUNT * sizeof(struct slot_page),
                   PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void
copy(struct slot_hand *to, const struct slot_hand *from)
{
    slot_hand_set(to, from->desk, from->session, from->cseq);
}

/* That of the desk, else one that can be taken for it. */
static struct slot_suspect *
find(struct slot_page *master, uint64_t desk, int64_t now_ms)
{
    struct slot_suspect *found = NULL;

    for (unsigned i = 0; i < master->suspected; i++) {
        struct slot_suspect *s = &master->suspects[i];

        if (s->hand.desk == desk)
            return s;
        if (now_ms - s->at_ms > SLOT_SUSPECT_MS)
            found = s;
    }
    if (found == NULL && master->suspected < SLOT_SUSPECTS)
        found = &master->suspects[master->suspected++];
    return found;
}

unsigned
slots_blame(struct slot_page *pages, unsigned slot, int64_t now_ms)
{
    const struct slot_hand *hand = &pages[slot].hand;
    struct slot_suspect *s;

    if (hand->desk == 0)
        return 0;
    s = find(&pages[SLOT_MASTER], hand->desk, now_ms);
    if (s == NULL)
        return 0;
    if (s->hand.desk != hand->desk) {
        s->deaths = 0; /* who reads meanwhile sees nothing of it */
        copy(&s->hand, hand);
    }
    s->at_ms = now_ms;
    return ++s->deaths;
}

unsigned
slots_deaths(const struct slot_page *pages, uint64_t desk,
             struct slot_hand *hand)
{
    const struct slot_page *master = &pages[SLOT_MASTER];

    for (unsigned i = 0; i < master->suspected; i++) {
        const struct slot_suspect *s = &master->suspects[i];
        unsigned deaths = s->deaths;

        if (deaths == 0 || s->hand.desk != desk)
            continue;
        copy(hand, &s->hand);
        return deaths;
    }
    return 0;
}
