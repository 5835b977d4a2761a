/*
 * Hints: what a player is asked.  The desk keeps only what may be answered;
 * the rest is read from the hand, so that a hint can be told again.
 */
#include "game/mahjong/inner.h"

/* Asks a seat; the hint says everything that the question is about. */
void
hint_ask(struct mahjong_desk *desk, unsigned seat, unsigned offer,
         struct mahjong_events *events)
{
    desk->seat[seat].offer = (uint8_t) offer;
    desk->seat[seat].answer = 0;
    mahjong_hint(desk, seat, &emit(events, MAHJONG_EV_HINT, seat, seat)->hint);
}

/*
 * For every kind whose discard leaves the hand waiting, what it waits for;
 * que and fifth copies are not considered.
 */
static void
hint_tings(const struct mahjong_seat *player, struct mahjong_hint *hint)
{
    uint32_t waits[KINDS];
    uint32_t kinds = hand_hints(&player->tiles, waits);

    for (unsigned kind = 0; kinds != 0; kind++, kinds >>= 1) {
        if (kinds & 1) {
            hint->ting[hint->tings].kind = (uint8_t) kind;
            hint->ting[hint->tings++].waits = waits[kind];
        }
    }
}

void
mahjong_hint(const struct mahjong_desk *desk, unsigned seat,
             struct mahjong_hint *hint)
{
    hint->phase = desk->phase;
    hint->offer = desk->seat[seat].offer;
    hint->tile = MAHJONG_NO_TILE;
    hint->kongs = 0;
    hint->tings = 0;
    if (hint->offer == 0)
        hint->phase = MAHJONG_ASK_NOTHING;
    switch (hint->phase) {
    case MAHJONG_ASK_SELF:
        hint->tile = desk->seat[seat].last_draw;
        hint->kongs = (uint8_t) kong_offers(desk, seat, hint->kong);
        break;
    case MAHJONG_ASK_DISCARD:
        hint_tings(&desk->seat[seat], hint);
        break;
    case MAHJONG_ASK_CLAIM:
    case MAHJONG_ASK_ROB:
        hint->tile = desk->claim_tile;
        break;
    default:
        break;
    }
}
