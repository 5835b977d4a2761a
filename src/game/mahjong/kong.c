/*
 * Kongs: which are offered, what they take, how an added one is robbed.  They
 * pay at once (settle.c); then the konger draws a replacement.
 */
#include "game/mahjong/inner.h"

static bool
has_triplet(const struct mahjong_seat *player, unsigned kind)
{
    for (unsigned i = 0; i < player->melds; i++) {
        if (player->meld[i].kind == MAHJONG_TRIPLET &&
            kind_of(player->meld[i].tile[0]) == kind)
            return true;
    }
    return false;
}

/*
 * Own kongs, unless the wall is empty: four of a kind in hand (concealed), or
 * a hand tile that matches an own triplet (added, also later than the turn it
 * was drawn); not of the que suit.  One id each, concealed first, by hand
 * order.
 */
unsigned
kong_offers(const struct mahjong_desk *desk, unsigned seat, uint8_t *tiles)
{
    const struct mahjong_seat *player = &desk->seat[seat];
    uint32_t seen = 0;
    unsigned n = 0;

    if (wall_is_empty(desk))
        return 0;
    for (unsigned i = 0; i < player->hand_len; i++) {
        unsigned kind = kind_of(player->hand[i]);

        if (!(seen & BIT(kind)) && !is_que(player, player->hand[i]) &&
            held(player, kind) == 4)
            tiles[n++] = player->hand[i];
        seen |= BIT(kind);
    }
    for (unsigned i = 0; i < player->hand_len; i++) {
        if (!is_que(player, player->hand[i]) &&
            has_triplet(player, kind_of(player->hand[i])))
            tiles[n++] = player->hand[i];
    }
    return n;
}

static void
say_kong(const struct mahjong_meld *meld, unsigned seat, unsigned tiles,
         struct mahjong_events *events)
{
    struct mahjong_event *event = emit(events, MAHJONG_EV_DO, seat,
                                       MAHJONG_EVERYBODY);

    event->act.op = MAHJONG_GANG;
    event->act.tiles = (uint8_t) tiles;
    if (meld->kind == MAHJONG_CONCEALED_KONG) {
        memcpy(event->act.tile, meld->tile, 4);
    } else {
        event->act.tile[0] = meld->tile[3];
        memcpy(event->act.tile + 1, meld->tile, 3);
    }
}

/* All who have not won, but the konger. */
static unsigned
all_others(const struct mahjong_desk *desk, unsigned konger)
{
    unsigned payers = 0;

    for (unsigned i = 0; i < desk->seats; i++) {
        if (i != konger && !has_won(desk, i))
            payers |= BIT(i);
    }
    return payers;
}

/* The kong counts: it is paid, and the konger draws. */
static void
kong_stands(struct mahjong_desk *desk, unsigned seat, unsigned meld,
            unsigned payers, unsigned pays, struct mahjong_events *events)
{
    settle_kong(desk, seat, &desk->seat[seat].meld[meld], payers, pays,
                events);
    desk->after_kong = 1;
    desk->kong_meld = (uint8_t) meld;
    round_draw(desk, seat, events);
}

/* On a discard, with three in hand: 2 from the discarder. */
void
kong_on_discard(struct mahjong_desk *desk, unsigned seat,
                struct mahjong_events *events)
{
    struct mahjong_seat *player = &desk->seat[seat];
    struct mahjong_meld *meld = &player->meld[player->melds++];

    meld->kind = MAHJONG_DISCARD_KONG;
    meld->from = desk->turn;
    player_meld(player, kind_of(desk->claim_tile), 3, meld->tile);
    player_meld_claimed(player, desk->claim_tile, 1);
    meld->tile[3] = desk->claim_tile;
    say_kong(meld, seat, 4, events);
    kong_stands(desk, seat, player->melds - 1u, BIT(desk->turn), 2, events);
}

/* Concealed: 2 from each. */
static void
concealed_kong(struct mahjong_desk *desk, unsigned kind,
               struct mahjong_events *events)
{
    struct mahjong_seat *player = &desk->seat[desk->turn];
    struct mahjong_meld *meld = &player->meld[player->melds++];

    meld->kind = MAHJONG_CONCEALED_KONG;
    meld->from = desk->turn;
    player_meld(player, kind, 4, meld->tile);
    say_kong(meld, desk->turn, 4, events);
    kong_stands(desk, desk->turn, player->melds - 1u,
                all_others(desk, desk->turn), 2, events);
}

/* 抢杠胡: all who could win on it (no fan needed, never barred) are asked. */
static void
ask_robbers(struct mahjong_desk *desk, struct mahjong_events *events)
{
    desk->hu_asked = 0;
    for (unsigned i = 1; i < desk->seats; i++) {
        unsigned seat = seat_after(desk, desk->turn, i);

        desk->seat[seat].answer = 0;
        if (has_won(desk, seat) ||
            is_que(&desk->seat[seat], desk->claim_tile) ||
            !player_wins(&desk->seat[seat], desk->claim_tile))
            continue;
        desk->phase = MAHJONG_ASK_ROB;
        desk->hu_asked |= BIT(seat);
        hint_ask(desk, seat, BIT(MAHJONG_HU) | BIT(MAHJONG_PASS), events);
    }
}

/* Added: 1 from each, unless it is robbed. */
static void
added_kong_stands(struct mahjong_desk *desk, struct mahjong_events *events)
{
    kong_stands(desk, desk->turn, desk->kong_meld,
                all_others(desk, desk->turn), 1, events);
}

static unsigned
added_kongs(const struct mahjong_seat *player)
{
    unsigned n = 0;

    for (unsigned i = 0; i < player->melds; i++)
        n += player->meld[i].kind == MAHJONG_ADDED_KONG;
    return n;
}

static void
added_kong(struct mahjong_desk *desk, unsigned kind,
           struct mahjong_events *events)
{
    struct mahjong_seat *player = &desk->seat[desk->turn];
    struct mahjong_meld *meld = player->meld;

    while (meld->kind != MAHJONG_TRIPLET || kind_of(meld->tile[0]) != kind)
        meld++;
    player_meld(player, kind, 1, &meld->tile[3]);
    meld->kind = MAHJONG_ADDED_KONG;
    meld->added = (uint8_t) added_kongs(player);
    desk->kong_meld = (uint8_t) (meld - player->meld);
    desk->claim_tile = meld->tile[3];
    say_kong(meld, desk->turn, 1, events);
    ask_robbers(desk, events);
    if (desk->hu_asked == 0)
        added_kong_stands(desk, events);
}

void
kong_own(struct mahjong_desk *desk, unsigned kind,
         struct mahjong_events *events)
{
    if (held(&desk->seat[desk->turn], kind) == 4)
        concealed_kong(desk, kind, events);
    else
        added_kong(desk, kind, events);
}

/*
 * If anybody robs it the kong does not count and pays nothing, and the tile
 * leaves the konger, who pays as a discarder.
 */
void
kong_rob_resolve(struct mahjong_desk *desk, struct mahjong_events *events)
{
    struct mahjong_seat *konger = &desk->seat[desk->turn];
    struct mahjong_meld *meld = &konger->meld[desk->kong_meld];

    if (!claims_win(desk)) {
        added_kong_stands(desk, events);
        return;
    }
    player_meld_claimed(konger, meld->tile[3], -1);
    meld->kind = MAHJONG_TRIPLET;
    meld->tile[3] = MAHJONG_NO_TILE;
    meld->added = 0;
    settle_claimed(desk, true, events);
}
