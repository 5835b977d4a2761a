/*
 * Who pays whom: wins, kongs, rain passed on, compensation at the end.
 * Every settlement sums to zero.
 */
#include "game/mahjong/inner.h"

/* Value of a win: min(2^fan, 2^maxFan) from each who pays. */
static int32_t
points(const struct mahjong_desk *desk, unsigned fan)
{
    unsigned cap = desk->options.max_fan;

    return (int32_t) 1 << (fan < cap ? fan : cap);
}

/*
 * The fan of the seat's hand with the tile it wins on; a self-drawn one is in
 * the hand already.  Self-drawn with zimo "fan": one more.
 */
unsigned
settle_fan(const struct mahjong_desk *desk, unsigned seat, unsigned tile,
           unsigned circumstances, bool self_drawn, uint32_t *descs)
{
    const struct mahjong_seat *player = &desk->seat[seat];
    struct value_query query = {
        .hand = player->tiles,
        .melds = player->melded,
        .win = (uint8_t) kind_of(tile),
        .rules = desk->options.rules,
        .circumstances = (uint8_t) circumstances,
    };
    struct value value = {0};

    if (!self_drawn)
        hand_add(&query.hand, query.win, 1);
    value_of(&query, &value);
    *descs = 0;
    for (unsigned i = 0; i < value.n_desc; i++)
        *descs |= BIT(value.desc[i]);
    return value.fan +
           (self_drawn && desk->options.zimo == MAHJONG_ZIMO_FAN ? 1u : 0u);
}

/* 海底: self-drawn, the wall's last; 杠上花: a kong's replacement. */
static unsigned
self_drawn_circumstances(const struct mahjong_desk *desk)
{
    return (wall_is_empty(desk) ? WIN_LAST_TILE : 0u) |
           (desk->after_kong ? WIN_REPLACEMENT : 0u);
}

/* The winner is out of play; what he won with is shown at the round's end. */
static void
declare(struct mahjong_desk *desk, unsigned seat, unsigned tile, unsigned fan,
        unsigned banner, uint32_t descs, struct mahjong_events *events)
{
    struct mahjong_seat *winner = &desk->seat[seat];
    struct mahjong_event *event;

    winner->win_tile = (uint8_t) tile;
    winner->win_fan = (uint8_t) fan;
    winner->banner = (uint8_t) banner;
    winner->descs = descs;
    /* First banker to be: the first winner of the round. */
    if (desk->next_banker == MAHJONG_NOBODY)
        desk->next_banker = (uint8_t) seat;

    event = emit(events, MAHJONG_EV_DO, seat, MAHJONG_EVERYBODY);
    event->act.op = MAHJONG_HU;
    event->act.tiles = 1;
    event->act.tile[0] = (uint8_t) tile;
}

/* Each payer pays `each`. */
static void
pay_win(struct mahjong_desk *desk, unsigned seat, unsigned payers,
        int32_t each, unsigned kind, struct mahjong_events *events)
{
    struct mahjong_event *event = emit(events, MAHJONG_EV_WIN_SCORE, seat,
                                       MAHJONG_EVERYBODY);

    memset(&event->score, 0, sizeof(event->score));
    event->score.kind = (uint8_t) kind;
    event->score.payers = (uint8_t) payers;
    for (unsigned i = 0; i < desk->seats; i++) {
        if (payers & BIT(i)) {
            event->score.change[i] -= each;
            event->score.change[seat] += each;
        }
    }
    for (unsigned i = 0; i < desk->seats; i++)
        desk->seat[i].won += event->score.change[i];
}

static unsigned
playing(const struct mahjong_desk *desk)
{
    unsigned n = 0;

    for (unsigned i = 0; i < desk->seats; i++)
        n += !has_won(desk, i);
    return n;
}

/* 血战: winners are out, the others go on until one is left. */
static void
after_wins(struct mahjong_desk *desk, unsigned last_winner,
           struct mahjong_events *events)
{
    if (playing(desk) < 2)
        ending_round(desk, true, events);
    else
        round_next(desk, last_winner, events);
}

/*
 * Self-drawn: all who have not won pay; with zimo "di" one point more after
 * the cap.
 */
void
settle_self_drawn(struct mahjong_desk *desk, struct mahjong_events *events)
{
    unsigned seat = desk->turn, payers = 0, fan;
    struct mahjong_seat *winner = &desk->seat[seat];
    uint32_t descs;

    fan = settle_fan(desk, seat, winner->last_draw,
                     self_drawn_circumstances(desk), true, &descs);
    player_remove(winner, winner->last_draw);
    for (unsigned i = 0; i < desk->seats; i++) {
        if (i != seat && !has_won(desk, i))
            payers |= BIT(i);
    }
    declare(desk, seat, winner->last_draw, fan, MAHJONG_BANNER_SELF_DRAWN,
            descs, events);
    pay_win(desk, seat, payers,
            points(desk, fan) + (desk->options.zimo == MAHJONG_ZIMO_DI),
            MAHJONG_WIN_SELF_DRAWN, events);
    after_wins(desk, seat, events);
}

static void
kong_columns(struct mahjong_desk *desk, bool wind,
             const struct mahjong_event *event)
{
    for (unsigned i = 0; i < desk->seats; i++) {
        if (wind)
            desk->seat[i].wind += (int16_t) event->score.change[i];
        else
            desk->seat[i].rain += (int16_t) event->score.change[i];
    }
}

/* 下雨: concealed and discard kongs; 刮风: added ones. */
void
settle_kong(struct mahjong_desk *desk, unsigned seat,
            struct mahjong_meld *meld, unsigned payers, unsigned pays,
            struct mahjong_events *events)
{
    struct mahjong_event *event = emit(events, MAHJONG_EV_KONG_SCORE, seat,
                                       MAHJONG_EVERYBODY);

    meld->payers = (uint8_t) payers;
    meld->pays = (uint8_t) pays;
    memset(&event->score, 0, sizeof(event->score));
    event->score.kind = meld->kind;
    event->score.payers = (uint8_t) payers;
    for (unsigned i = 0; i < desk->seats; i++) {
        if (payers & BIT(i)) {
            event->score.change[i] -= (int32_t) pays;
            event->score.change[seat] += (int32_t) pays;
        }
    }
    kong_columns(desk, meld->kind == MAHJONG_ADDED_KONG, event);
}

/*
 * 转雨, after a discard right after a kong has been won on (杠上炮): the
 * konger keeps nothing of his last kong; whoever had paid for it pays each
 * winner but himself the same in full.  So a winner who had paid gets his
 * payment back and pays the other winners; two such winners pay each other,
 * which cancels.  In version 1 a winner paid nobody.
 */
static void
pass_rain_on(struct mahjong_desk *desk, unsigned winners,
             struct mahjong_events *events)
{
    struct mahjong_meld *meld = &desk->seat[desk->turn].meld[desk->kong_meld];
    struct mahjong_event *event = emit(events, MAHJONG_EV_RAIN_PASSED,
                                       desk->turn, MAHJONG_EVERYBODY);

    memset(&event->score, 0, sizeof(event->score));
    event->score.kind = meld->kind;
    event->score.payers = meld->payers;
    for (unsigned payer = 0; payer < desk->seats; payer++) {
        unsigned paid = winners & ~BIT(payer);

        if (!(meld->payers & BIT(payer)))
            continue;
        if (desk->version == MAHJONG_VERSION_1 && (winners & BIT(payer)))
            paid = 0;
        event->score.change[desk->turn] -= meld->pays;
        event->score.change[payer] += meld->pays;
        for (unsigned i = 0; i < desk->seats; i++) {
            if (!(paid & BIT(i)))
                continue;
            event->score.change[payer] -= meld->pays;
            event->score.change[i] += meld->pays;
        }
    }
    kong_columns(desk, meld->kind == MAHJONG_ADDED_KONG, event);
    meld->payers = 0;
}

/*
 * Those who said hu win on the tile of the turn's player, in seat order from
 * him; he pays each.  A tile that made two or more winners makes its owner the
 * next banker.
 */
void
settle_claimed(struct mahjong_desk *desk, bool robbed,
               struct mahjong_events *events)
{
    unsigned owner = desk->turn, tile = desk->claim_tile;
    unsigned winners = 0, n = 0, last = owner, circumstances;

    /* 抢杠胡, or 杠上炮: the discard after a kong. */
    circumstances = robbed             ? WIN_ROBBED_KONG
                    : desk->claim_kong ? WIN_AFTER_KONG
                                       : 0u;

    for (unsigned i = 1; i < desk->seats; i++) {
        unsigned seat = seat_after(desk, owner, i), fan;
        uint32_t descs;

        if (!(desk->hu_asked & BIT(seat)) ||
            desk->seat[seat].answer != MAHJONG_HU)
            continue;
        fan = settle_fan(desk, seat, tile, circumstances, false, &descs);
        declare(desk, seat, tile, fan, MAHJONG_BANNER_WON, descs, events);
        pay_win(desk, seat, BIT(owner), points(desk, fan), MAHJONG_WIN_DISCARD,
                events);
        winners |= BIT(seat);
        last = seat;
        /* 炮王 counts each win; in version 1 it counted the tile. */
        if (n++ == 0 || desk->version != MAHJONG_VERSION_1)
            desk->seat[owner].lost++;
    }
    desk->seat[owner].banner = MAHJONG_BANNER_PAID;
    if (n > 1)
        desk->next_banker = (uint8_t) owner;
    if (desk->claim_kong && !robbed)
        pass_rain_on(desk, winners, events);
    after_wins(desk, last, events);
}

/* Who is not waiting at the end keeps no income of his kongs. */
static void
refund_kongs(struct mahjong_desk *desk, unsigned seat,
             struct mahjong_events *events)
{
    struct mahjong_seat *player = &desk->seat[seat];

    for (unsigned i = 0; i < player->melds; i++) {
        struct mahjong_meld *meld = &player->meld[i];
        struct mahjong_event *event;

        if (meld->payers == 0)
            continue;
        event = emit(events, MAHJONG_EV_KONG_REFUND, seat, MAHJONG_EVERYBODY);
        memset(&event->score, 0, sizeof(event->score));
        event->score.kind = meld->kind;
        event->score.payers = meld->payers;
        for (unsigned payer = 0; payer < desk->seats; payer++) {
            if (meld->payers & BIT(payer)) {
                event->score.change[payer] += meld->pays;
                event->score.change[seat] -= meld->pays;
            }
        }
        kong_columns(desk, meld->kind == MAHJONG_ADDED_KONG, event);
        meld->payers = 0;
    }
}

/* The best waiting hand: as a win by discard, no circumstance fans. */
static int32_t
best_wait_points(const struct mahjong_desk *desk,
                 const struct mahjong_seat *player)
{
    struct value value;
    int fan = value_best_wait(&player->tiles, &player->melded,
                              desk->options.rules, &value);

    return points(desk, fan < 0 ? 0 : (unsigned) fan);
}

/*
 * The wall ran out and two or more have not won: those who are not waiting
 * (ending_waits) lose all kong income of the round, also when nobody waits,
 * and pay every waiting player the value of his best waiting hand.
 */
void
settle_compensation(struct mahjong_desk *desk, struct mahjong_events *events)
{
    unsigned payers = 0;

    for (unsigned i = 0; i < desk->seats; i++) {
        if (!has_won(desk, i) && !ending_waits(&desk->seat[i]))
            payers |= BIT(i);
    }
    for (unsigned i = 0; i < desk->seats; i++) {
        if (payers & BIT(i))
            refund_kongs(desk, i, events);
    }
    for (unsigned i = 0; i < desk->seats && payers != 0; i++) {
        if (has_won(desk, i) || (payers & BIT(i)))
            continue;
        pay_win(desk, i, payers, best_wait_points(desk, &desk->seat[i]),
                MAHJONG_WIN_COMPENSATION, events);
        for (unsigned k = 0; k < desk->seats; k++) {
            if (payers & BIT(k))
                desk->seat[k].banner = MAHJONG_BANNER_COMPENSATED;
        }
    }
}
