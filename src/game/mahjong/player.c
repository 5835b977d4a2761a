/*
 * The tiles of one player: the hand in its order and the same by kind.
 */
#include "game/mahjong/inner.h"

void
player_add(struct mahjong_seat *seat, unsigned tile)
{
    seat->hand[seat->hand_len++] = (uint8_t) tile;
    hand_add(&seat->tiles, (int) kind_of(tile), 1);
}

/* The rest keeps its order. */
void
player_remove(struct mahjong_seat *seat, unsigned tile)
{
    unsigned i = 0;

    while (seat->hand[i] != tile)
        i++;
    seat->hand_len--;
    memmove(seat->hand + i, seat->hand + i + 1, seat->hand_len - i);
    seat->hand[seat->hand_len] = 0;
    hand_remove(&seat->tiles, (int) kind_of(tile), 1);
}

void
player_meld(struct mahjong_seat *seat, unsigned kind, unsigned n,
            uint8_t *tiles)
{
    unsigned kept = 0, taken = 0;

    for (unsigned i = 0; i < seat->hand_len; i++) {
        if (taken < n && kind_of(seat->hand[i]) == kind)
            tiles[taken++] = seat->hand[i];
        else
            seat->hand[kept++] = seat->hand[i];
    }
    memset(seat->hand + kept, 0, seat->hand_len - kept);
    seat->hand_len = (uint8_t) kept;
    hand_remove(&seat->tiles, (int) kind, (int) n);
    hand_add(&seat->melded, (int) kind, (int) n);
}

void
player_meld_claimed(struct mahjong_seat *seat, unsigned tile, int n)
{
    hand_add(&seat->melded, (int) kind_of(tile), n);
}

bool
player_wins(const struct mahjong_seat *seat, unsigned tile)
{
    struct hand hand = seat->tiles;

    if (has_que(seat))
        return false;
    if (tile != MAHJONG_NO_TILE)
        hand_add(&hand, (int) kind_of(tile), 1);
    return hand_is_complete(&hand);
}
