/*
 * The bot wins whenever it can, takes kongs and pengs, gets rid of its que
 * suit, then waits for as many tiles as it can see no end of, and before that
 * keeps what has neighbours.
 */
#include "game/mahjong/bot.h"

#include <string.h>

#include "game/mahjong/inner.h"

struct sight {
    uint8_t own[27];  /* the hand by kind */
    uint8_t seen[27]; /* all that lies open, and the hand */
};

static void
see(struct sight *sight, int tile)
{
    if (tile >= 0 && tile < MAHJONG_WALL)
        sight->seen[tile / 4]++;
}

static void
look(const struct mahjong_view *view, struct sight *sight)
{
    const struct mahjong_seat_view *me = &view->player[view->seat];

    memset(sight, 0, sizeof(*sight));
    for (unsigned i = 0; i < me->hand_len; i++) {
        sight->own[me->hand[i] / 4]++;
        see(sight, me->hand[i]);
    }
    for (unsigned i = 0; i < view->seated; i++) {
        const struct mahjong_seat_view *player = &view->player[i];

        for (unsigned k = 0; k < player->river_len; k++)
            see(sight, player->river[k]);
        for (unsigned k = 0; k < player->melds; k++) {
            for (unsigned t = 0; t < 4; t++)
                see(sight, player->meld[k].tile[t]);
        }
        see(sight, player->win_tile);
    }
}

/* How many of the kinds waited for may still come. */
static unsigned
live(const struct sight *sight, uint32_t waits)
{
    unsigned n = 0;

    for (unsigned kind = 0; waits != 0; kind++, waits >>= 1) {
        if ((waits & 1) && sight->seen[kind] < 4)
            n += 4 - sight->seen[kind];
    }
    return n;
}

/* The kind whose discard waits for most; 27 if none waits for anything. */
static unsigned
best_ting(const struct mahjong_hint *hint, const struct sight *sight)
{
    unsigned best = 27, most = 0;

    for (unsigned i = 0; i < hint->tings; i++) {
        unsigned n = live(sight, hint->ting[i].waits);

        if (n > most) {
            most = n;
            best = hint->ting[i].kind;
        }
    }
    return best;
}

/* What a kind is good for: its own kind and its neighbours in the hand. */
static unsigned
worth(const struct sight *sight, unsigned kind)
{
    const uint8_t *own = sight->own + kind / 9 * 9;
    unsigned rank = kind % 9, sum;

    sum = 4u * (own[rank] - 1u);
    if (rank >= 1)
        sum += 3 * (own[rank - 1] > 0);
    if (rank <= 7)
        sum += 3 * (own[rank + 1] > 0);
    if (rank >= 2)
        sum += own[rank - 2] > 0;
    if (rank <= 6)
        sum += own[rank + 2] > 0;
    /* The middle is easier to build on. */
    return 4 * sum + (rank >= 1 && rank <= 7) + (rank >= 2 && rank <= 6);
}

static unsigned
choose_discard(const struct mahjong_view *view)
{
    const struct mahjong_seat_view *me = &view->player[view->seat];
    unsigned best = 0, kind, least = 1000;
    struct sight sight;
    bool que = false;

    look(view, &sight);
    kind = best_ting(&view->hint, &sight);
    for (unsigned i = 0; i < me->hand_len; i++) {
        bool is_que = me->que > 0 && me->hand[i] / 36 == me->que - 1;
        unsigned value = worth(&sight, (unsigned) me->hand[i] / 4);

        if (kind < 27 && (unsigned) me->hand[i] / 4 == kind)
            value = 0;
        if (is_que > que || (is_que == que && value < least)) {
            best = i;
            least = value;
            que = is_que;
        }
    }
    return (unsigned) me->hand[best];
}

static void
choose(const struct mahjong_view *view, struct mahjong_action *action)
{
    static const uint8_t order[] = {MAHJONG_HU, MAHJONG_GANG, MAHJONG_PENG,
                                    MAHJONG_PASS, MAHJONG_DISCARD};
    const struct mahjong_hint *hint = &view->hint;
    unsigned i = 0;

    while (!(hint->offer & BIT(order[i])))
        i++;
    action->type = MAHJONG_CHOOSE;
    action->op = order[i];
    action->tile = hint->tile;
    if (order[i] == MAHJONG_DISCARD)
        action->tile = (uint8_t) choose_discard(view);
    else if (order[i] == MAHJONG_GANG && hint->phase == MAHJONG_ASK_SELF)
        action->tile = hint->kong[0];
}

bool
mahjong_bot(const struct mahjong_view *view, struct mahjong_action *action)
{
    action->seat = view->seat;
    switch (view->status) {
    case MAHJONG_CREATED:
    case MAHJONG_CLEANED:
        action->type = MAHJONG_READY;
        return !(view->ready & BIT(view->seat));
    case MAHJONG_DEALING:
        action->type = MAHJONG_SORT;
        return !(view->sorted & BIT(view->seat));
    case MAHJONG_SORTED:
        action->type = MAHJONG_QUE;
        action->que = (uint8_t) -view->player[view->seat].que;
        return view->player[view->seat].que < 0;
    case MAHJONG_PLAYING:
        if (view->hint.offer == 0)
            return false;
        choose(view, action);
        return true;
    default:
        return false;
    }
}
