/*
 * Claims: what a discard lets the others do.
 *
 * Everyone who can win is asked at the same time; only when all have answered
 * and none wins, peng and kong count (at most one player can have them, for
 * there are four tiles of a kind).  The robbing of an added kong (kong.c) uses
 * the same questions and answers.
 */
#include "game/mahjong/inner.h"

/*
 * hu on a discard: the hand plus the tile is complete, holds no que tile, and
 * has fan > 0, or pinghu is on, or the discarder has just made a kong.
 */
static bool
could_win(const struct mahjong_desk *desk, unsigned seat)
{
    uint32_t descs;

    if (!player_wins(&desk->seat[seat], desk->claim_tile))
        return false;
    if ((desk->options.rules & RULE_PINGHU) || desk->claim_kong)
        return true;
    return settle_fan(desk, seat, desk->claim_tile, 0, false, &descs) > 0;
}

/*
 * 过手胡: not on a kind that he let pass since his last draw, peng or kong;
 * except on a discard right after a kong, or when the wall is empty.
 */
static bool
is_barred(const struct mahjong_desk *desk, unsigned seat)
{
    return (desk->seat[seat].passed & BIT(kind_of(desk->claim_tile))) &&
           !desk->claim_kong && !wall_is_empty(desk);
}

/* Peng with two or three in hand; kong with three, if a tile is left. */
static unsigned
peng_or_kong(const struct mahjong_desk *desk, unsigned seat)
{
    unsigned n = held(&desk->seat[seat], kind_of(desk->claim_tile));

    if (n < 2)
        return 0;
    if (n == 2 || wall_is_empty(desk))
        return BIT(MAHJONG_PENG);
    return BIT(MAHJONG_PENG) | BIT(MAHJONG_GANG);
}

static void
ask_peng(struct mahjong_desk *desk, struct mahjong_events *events)
{
    desk->phase = MAHJONG_ASK_CLAIM;
    hint_ask(desk, desk->peng_seat, desk->peng_offer | BIT(MAHJONG_PASS),
             events);
}

/*
 * The turn's player has discarded: all who have not won are looked at, for
 * tiles that are not of their que suit.
 */
void
claims_open(struct mahjong_desk *desk, struct mahjong_events *events)
{
    desk->claim_tile = desk->last_discard;
    desk->claim_kong = desk->after_kong;
    desk->after_kong = 0;
    desk->hu_asked = 0;
    desk->peng_seat = MAHJONG_NOBODY;
    desk->peng_offer = 0;
    for (unsigned i = 1; i < desk->seats; i++) {
        unsigned seat = seat_after(desk, desk->turn, i), peng;

        desk->seat[seat].answer = 0;
        if (has_won(desk, seat) || is_que(&desk->seat[seat], desk->claim_tile))
            continue;
        if (could_win(desk, seat) && !is_barred(desk, seat))
            desk->hu_asked |= BIT(seat);
        peng = peng_or_kong(desk, seat);
        if (peng != 0) {
            desk->peng_seat = (uint8_t) seat;
            desk->peng_offer = (uint8_t) peng;
        }
    }
    if (desk->hu_asked == 0 && desk->peng_seat == MAHJONG_NOBODY) {
        round_next(desk, desk->turn, events);
        return;
    }
    if (desk->hu_asked == 0) {
        ask_peng(desk, events);
        return;
    }
    desk->phase = MAHJONG_ASK_CLAIM;
    for (unsigned i = 1; i < desk->seats; i++) {
        unsigned seat = seat_after(desk, desk->turn, i);
        unsigned offer = BIT(MAHJONG_HU) | BIT(MAHJONG_PASS);

        if (seat == desk->peng_seat)
            offer |= desk->peng_offer;
        if (desk->hu_asked & BIT(seat))
            hint_ask(desk, seat, offer, events);
    }
}

/* Peng: the claimed tile and the first two of the hand; he discards next. */
static void
peng(struct mahjong_desk *desk, unsigned seat, struct mahjong_events *events)
{
    struct mahjong_seat *player = &desk->seat[seat];
    struct mahjong_meld *meld = &player->meld[player->melds++];
    struct mahjong_event *event;

    meld->kind = MAHJONG_TRIPLET;
    meld->from = desk->turn;
    player_meld(player, kind_of(desk->claim_tile), 2, meld->tile);
    player_meld_claimed(player, desk->claim_tile, 1);
    meld->tile[2] = desk->claim_tile;
    meld->tile[3] = MAHJONG_NO_TILE;
    player->passed = 0;
    desk->river_len--;
    desk->turn = (uint8_t) seat;

    event = emit(events, MAHJONG_EV_DO, seat, MAHJONG_EVERYBODY);
    event->act.op = MAHJONG_PENG;
    event->act.tiles = 3;
    event->act.tile[0] = desk->claim_tile;
    event->act.tile[1] = meld->tile[0];
    event->act.tile[2] = meld->tile[1];
    round_ask_discard(desk, events);
}

/* 过手胡 begins for who was asked and did not win, whoever else did. */
static void
remember_passed(struct mahjong_desk *desk)
{
    for (unsigned i = 0; i < desk->seats; i++) {
        if ((desk->hu_asked & BIT(i)) && desk->seat[i].answer != MAHJONG_HU)
            desk->seat[i].passed |= BIT(kind_of(desk->claim_tile));
    }
}

/* Does anybody who was asked want the tile to win? */
bool
claims_win(const struct mahjong_desk *desk)
{
    for (unsigned i = 0; i < desk->seats; i++) {
        if ((desk->hu_asked & BIT(i)) && desk->seat[i].answer == MAHJONG_HU)
            return true;
    }
    return false;
}

/*
 * All have answered.  Those who said hu win (一炮多响); only if none does,
 * peng and kong as chosen or, if not asked yet, asked now.
 */
static void
resolve(struct mahjong_desk *desk, struct mahjong_events *events)
{
    unsigned seat = desk->peng_seat;

    remember_passed(desk);
    if (claims_win(desk)) {
        desk->river_len--;
        settle_claimed(desk, false, events);
    } else if (seat != MAHJONG_NOBODY && desk->seat[seat].answer == 0) {
        ask_peng(desk, events);
    } else if (seat != MAHJONG_NOBODY &&
               desk->seat[seat].answer == MAHJONG_PENG) {
        peng(desk, seat, events);
    } else if (seat != MAHJONG_NOBODY &&
               desk->seat[seat].answer == MAHJONG_GANG) {
        desk->river_len--;
        kong_on_discard(desk, seat, events);
    } else {
        round_next(desk, desk->turn, events);
    }
}

void
claims_answer(struct mahjong_desk *desk, unsigned seat, unsigned op,
              struct mahjong_events *events)
{
    desk->seat[seat].answer = (uint8_t) op;
    desk->seat[seat].offer = 0;
    for (unsigned i = 0; i < desk->seats; i++) {
        if (desk->seat[i].offer != 0)
            return;
    }
    if (desk->phase == MAHJONG_ASK_ROB)
        kong_rob_resolve(desk, events);
    else
        resolve(desk, events);
}
