/*
 * Quarantine.  A message that makes us fault would do so again: the gate sends
 * it to the next owner of the desk, or it stands in the journal.  So it is
 * seen in our slot's page at which desk, and at which message, we are; when we
 * die by a fault the master counts that against the desk.  After the first
 * death the message is refused, after the second the desk is closed, whatever
 * killed: a message, a record, a timer.  All others go on.
 *
 * Nothing is in hand while we wait for the writer's lock of LMDB: who is
 * aborted there waits for somebody else, and no desk is to blame.
 */
#include "core/slots.h"
#include "game/desks/desks.h"
#include "game/game.h"

void
desk_hold(struct desk *desk)
{
    slot_hand_set(desk->desks->game->hand, desk->uid, desk->session,
                  desk->cseq);
}

void
desks_let_go(struct desks *ds)
{
    slot_hand_set(ds->game->hand, 0, 0, 0);
}

bool
desk_is_poison(const struct desk *desk, const struct bound_message *m)
{
    struct slot_hand hand;

    return slots_deaths(desk->desks->game->pages, desk->uid, &hand) != 0 &&
           hand.session == m->session && hand.cseq == m->cseq;
}

bool
desk_is_deadly(const struct desk *desk)
{
    struct slot_hand hand;

    return slots_deaths(desk->desks->game->pages, desk->uid, &hand) >=
           SLOT_DEADLY;
}
