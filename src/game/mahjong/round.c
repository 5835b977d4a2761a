/*
 * A round: dealing, sorting, 定缺, turns, discards.
 *
 *   turn: draw (not at the banker's first turn, not after peng) -> self-check
 *   -> discard -> claims (claims.c) -> next turn
 */
#include "game/mahjong/inner.h"

/* Wall: each id exactly once; three players do without the third suit. */
static bool
is_wall(const struct mahjong_desk *desk, const struct mahjong_action *action)
{
    uint8_t seen[MAHJONG_WALL] = {0};
    unsigned len = desk->seats == 3 ? 72 : 108;

    if (action->wall_len != len)
        return false;
    for (unsigned i = 0; i < len; i++) {
        if (action->wall[i] >= len || seen[action->wall[i]]++)
            return false;
    }
    return true;
}

static bool
is_die(unsigned n)
{
    return n >= 1 && n <= 6;
}

/* Forgets the round; what is left is what the next one inherits. */
void
round_clear(struct mahjong_desk *desk)
{
    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        struct mahjong_seat old = desk->seat[i];

        memset(&desk->seat[i], 0, sizeof(desk->seat[i]));
        desk->seat[i].uid = old.uid;
        desk->seat[i].score = old.score;
        desk->seat[i].stats = old.stats;
        desk->seat[i].last_draw = MAHJONG_NO_TILE;
        desk->seat[i].win_tile = MAHJONG_NO_TILE;
    }
    memset(&desk->sorted, 0,
           sizeof(*desk) - offsetof(struct mahjong_desk, sorted));
    desk->kong_meld = MAHJONG_NOBODY;
    desk->claim_tile = MAHJONG_NO_TILE;
    desk->peng_seat = MAHJONG_NOBODY;
    desk->next_banker = MAHJONG_NOBODY;
    desk->last_discard = MAHJONG_NO_TILE;
    desk->last_discard_seat = MAHJONG_NOBODY;
}

/*
 * Wall: seat i has wall[13i..13i+12], the banker's 14th is wall[13n], draws go
 * on from there.  First banker: random, it comes with the wall.
 */
enum mahjong_violation
round_deal(struct mahjong_desk *desk, const struct mahjong_action *action,
           struct mahjong_events *events)
{
    struct mahjong_event *event;

    if (desk->status != MAHJONG_CREATED && desk->status != MAHJONG_CLEANED)
        return MAHJONG_NOT_NOW;
    if (!mahjong_all_ready(desk))
        return MAHJONG_NOT_NOW;
    if (!is_wall(desk, action) || !is_die(action->dice[0]) ||
        !is_die(action->dice[1]))
        return MAHJONG_BAD_VALUE;
    if (desk->round == 0 && action->banker >= desk->seats)
        return MAHJONG_BAD_VALUE;

    round_clear(desk);
    if (desk->round++ == 0)
        desk->banker = action->banker;
    desk->status = MAHJONG_DEALING;
    memcpy(desk->dice, action->dice, sizeof(desk->dice));
    memcpy(desk->wall, action->wall, action->wall_len);
    desk->wall_len = action->wall_len;
    desk->wall_next = (uint8_t) (13 * desk->seats + 1);
    desk->turn = desk->banker;

    event = emit(events, MAHJONG_EV_DEAL, desk->banker, MAHJONG_EVERYBODY);
    event->deal.round = desk->round;
    event->deal.banker = desk->banker;
    memcpy(event->deal.dice, desk->dice, sizeof(desk->dice));
    for (unsigned i = 0; i < desk->seats; i++) {
        struct mahjong_seat *seat = &desk->seat[i];

        for (unsigned k = 0; k < 13; k++)
            player_add(seat, desk->wall[13 * i + k]);
        if (i == desk->banker) {
            seat->last_draw = desk->wall[13 * desk->seats];
            player_add(seat, seat->last_draw);
        }
        event->deal.hand_len[i] = seat->hand_len;
        memcpy(event->deal.hand[i], seat->hand, sizeof(seat->hand));
    }
    return MAHJONG_OK;
}

/* Suggestion: the suit with the fewest tiles, lowest on a tie. */
unsigned
round_que_suggestion(const struct mahjong_seat *seat)
{
    unsigned count[3] = {0}, best = 0;

    for (unsigned i = 0; i < seat->hand_len; i++)
        count[kind_of(seat->hand[i]) / 9]++;
    for (unsigned suit = 1; suit < 3; suit++) {
        if (count[suit] < count[best])
            best = suit;
    }
    return best + 1;
}

static void self_check(struct mahjong_desk *desk,
                       struct mahjong_events *events);

/* Play starts with the banker, who has 14 tiles and does not draw. */
static void
start_play(struct mahjong_desk *desk, struct mahjong_events *events)
{
    desk->status = MAHJONG_PLAYING;
    self_check(desk, events);
}

/* Sorting (QiPaiFinished); four players then name their que suits. */
enum mahjong_violation
round_sort(struct mahjong_desk *desk, unsigned seat,
           struct mahjong_events *events)
{
    struct mahjong_event *event;

    if (desk->status != MAHJONG_DEALING)
        return MAHJONG_NOT_NOW;
    if (desk->sorted & BIT(seat))
        return MAHJONG_AGAIN;
    desk->sorted |= BIT(seat);
    if (desk->sorted != BIT(desk->seats) - 1)
        return MAHJONG_OK;
    if (desk->seats == 3) {
        start_play(desk, events);
        return MAHJONG_OK;
    }
    desk->status = MAHJONG_SORTED;
    for (unsigned i = 0; i < desk->seats; i++) {
        event = emit(events, MAHJONG_EV_QUE_HINT, i, i);
        event->que[i] = (uint8_t) round_que_suggestion(&desk->seat[i]);
    }
    return MAHJONG_OK;
}

/*
 * 定缺, only in state sorted; a second choice before all have chosen replaces
 * the first.
 */
enum mahjong_violation
round_que(struct mahjong_desk *desk, unsigned seat, unsigned que,
          struct mahjong_events *events)
{
    struct mahjong_event *event;

    if (desk->status != MAHJONG_SORTED)
        return MAHJONG_NOT_NOW;
    if (que < 1 || que > 3)
        return MAHJONG_BAD_VALUE;
    desk->seat[seat].que = (uint8_t) que;
    for (unsigned i = 0; i < desk->seats; i++) {
        if (desk->seat[i].que == 0)
            return MAHJONG_OK;
    }
    event = emit(events, MAHJONG_EV_QUE, seat, MAHJONG_EVERYBODY);
    for (unsigned i = 0; i < desk->seats; i++)
        event->que[i] = desk->seat[i].que;
    start_play(desk, events);
    return MAHJONG_OK;
}

/* A draw ends 过手胡; an empty wall ends the round. */
void
round_draw(struct mahjong_desk *desk, unsigned seat,
           struct mahjong_events *events)
{
    struct mahjong_seat *player = &desk->seat[seat];
    unsigned tile;

    if (wall_is_empty(desk)) {
        settle_compensation(desk, events);
        ending_round(desk, true, events);
        return;
    }
    tile = desk->wall[desk->wall_next++];
    player_add(player, tile);
    player->last_draw = (uint8_t) tile;
    player->passed = 0;
    desk->turn = (uint8_t) seat;
    emit(events, MAHJONG_EV_DRAW, seat, MAHJONG_EVERYBODY)->tile = (uint8_t)
        tile;
    self_check(desk, events);
}

void
round_next(struct mahjong_desk *desk, unsigned seat,
           struct mahjong_events *events)
{
    do {
        seat = seat_after(desk, seat, 1);
    } while (has_won(desk, seat));
    desk->after_kong = 0;
    round_draw(desk, seat, events);
}

/*
 * Self-check: after a draw, after a kong's replacement draw and at the
 * banker's first turn, not after peng.  One hint with all that is possible
 * plus pass; else straight on.
 */
static void
self_check(struct mahjong_desk *desk, struct mahjong_events *events)
{
    uint8_t kongs[MAHJONG_KONGS];
    unsigned offer = 0;

    if (kong_offers(desk, desk->turn, kongs) > 0)
        offer |= BIT(MAHJONG_GANG);
    if (player_wins(&desk->seat[desk->turn], MAHJONG_NO_TILE))
        offer |= BIT(MAHJONG_HU);
    if (offer == 0) {
        round_ask_discard(desk, events);
        return;
    }
    desk->phase = MAHJONG_ASK_SELF;
    hint_ask(desk, desk->turn, offer | BIT(MAHJONG_PASS), events);
}

void
round_ask_discard(struct mahjong_desk *desk, struct mahjong_events *events)
{
    desk->phase = MAHJONG_ASK_DISCARD;
    hint_ask(desk, desk->turn, BIT(MAHJONG_DISCARD), events);
}

/* Only a tile in the hand can be discarded; que tiles need not go first. */
static enum mahjong_violation
discard(struct mahjong_desk *desk, unsigned tile,
        struct mahjong_events *events)
{
    struct mahjong_seat *player = &desk->seat[desk->turn];
    struct mahjong_event *event;

    if (memchr(player->hand, (int) tile, player->hand_len) == NULL)
        return MAHJONG_NOT_HELD;
    player->offer = 0;
    player_remove(player, tile);
    desk->river[desk->river_len] = (uint8_t) tile;
    desk->river_seat[desk->river_len++] = desk->turn;
    desk->last_discard = (uint8_t) tile;
    desk->last_discard_seat = desk->turn;

    event = emit(events, MAHJONG_EV_DO, desk->turn, MAHJONG_EVERYBODY);
    event->act.op = MAHJONG_DISCARD;
    event->act.tiles = 1;
    event->act.tile[0] = (uint8_t) tile;
    claims_open(desk, events);
    return MAHJONG_OK;
}

/* An own kong: any id of an offered kind will do. */
static bool
is_kong_offered(const struct mahjong_desk *desk, unsigned tile)
{
    uint8_t kongs[MAHJONG_KONGS];
    unsigned n = kong_offers(desk, desk->turn, kongs);

    for (unsigned i = 0; i < n; i++) {
        if (kind_of(kongs[i]) == kind_of(tile))
            return true;
    }
    return false;
}

static enum mahjong_violation
choose_self(struct mahjong_desk *desk, unsigned op, unsigned tile,
            struct mahjong_events *events)
{
    if (op == MAHJONG_GANG && !is_kong_offered(desk, tile))
        return MAHJONG_NOT_HELD;
    desk->seat[desk->turn].offer = 0;
    if (op == MAHJONG_GANG)
        kong_own(desk, kind_of(tile), events);
    else if (op == MAHJONG_HU)
        settle_self_drawn(desk, events);
    else
        round_ask_discard(desk, events);
    return MAHJONG_OK;
}

/* Only what was offered is accepted; choices out of turn are refused. */
enum mahjong_violation
round_choose(struct mahjong_desk *desk, unsigned seat, unsigned op,
             unsigned tile, struct mahjong_events *events)
{
    if (desk->status != MAHJONG_PLAYING)
        return MAHJONG_NOT_NOW;
    if (desk->seat[seat].offer == 0)
        return MAHJONG_NOT_ASKED;
    if (op < MAHJONG_DISCARD || op > MAHJONG_PASS ||
        !(desk->seat[seat].offer & BIT(op)))
        return MAHJONG_NOT_OFFERED;
    switch (desk->phase) {
    case MAHJONG_ASK_DISCARD:
        return discard(desk, tile, events);
    case MAHJONG_ASK_SELF:
        return choose_self(desk, op, tile, events);
    default:
        claims_answer(desk, seat, op, events);
        return MAHJONG_OK;
    }
}

bool
mahjong_owes(const struct mahjong_desk *desk, unsigned seat)
{
    switch (desk->status) {
    case MAHJONG_DEALING:
        return !(desk->sorted & BIT(seat));
    case MAHJONG_SORTED:
        return desk->seat[seat].que == 0;
    case MAHJONG_PLAYING:
        return desk->seat[seat].offer != 0;
    default:
        return false;
    }
}

/* The tile drawn, que tiles first. */
static unsigned
default_discard(const struct mahjong_seat *player)
{
    unsigned tile = player->hand[player->hand_len - 1];

    if (is_que(player, tile))
        return tile;
    for (unsigned i = player->hand_len; i-- > 0;) {
        if (is_que(player, player->hand[i]))
            return player->hand[i];
    }
    return tile;
}

/* turn_timeout: sorts, takes the suggestion, passes, discards for a seat. */
enum mahjong_violation
round_timeout(struct mahjong_desk *desk, unsigned seat,
              struct mahjong_events *events)
{
    const struct mahjong_seat *player = &desk->seat[seat];

    switch (desk->status) {
    case MAHJONG_DEALING:
        return round_sort(desk, seat, events);
    case MAHJONG_SORTED:
        if (player->que != 0)
            return MAHJONG_AGAIN;
        return round_que(desk, seat, round_que_suggestion(player), events);
    case MAHJONG_PLAYING:
        if (player->offer & BIT(MAHJONG_DISCARD))
            return round_choose(desk, seat, MAHJONG_DISCARD,
                                default_discard(player), events);
        return round_choose(desk, seat, MAHJONG_PASS, MAHJONG_NO_TILE, events);
    default:
        return MAHJONG_NOT_NOW;
    }
}
