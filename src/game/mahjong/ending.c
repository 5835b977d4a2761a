/*
 * The end of a round and of the match: results, statistics, the next banker.
 */
#include "game/mahjong/inner.h"

/*
 * Waiting at the end: a complete hand is one tile away, no que tile in hand
 * (花猪), and not all tiles waited for are in the own hand and melds.
 */
bool
ending_waits(const struct mahjong_seat *player)
{
    uint32_t waits;

    if (player->hand_len % 3 != 1 || has_que(player))
        return false;
    waits = hand_waits(&player->tiles);
    for (unsigned kind = 0; waits != 0; kind++, waits >>= 1) {
        if ((waits & 1) &&
            held(player, kind) +
                    (unsigned) hand_count(&player->melded, (int) kind) <
                4)
            return true;
    }
    return false;
}

/* Points of the round: wins and kongs. */
static int32_t
round_total(const struct mahjong_seat *player)
{
    return player->won + player->rain + player->wind;
}

/* Reported fan: -1 at or above maxFan, -2 for who did not win. */
static int
reported_fan(const struct mahjong_desk *desk,
             const struct mahjong_seat *player)
{
    if (player->win_tile == MAHJONG_NO_TILE)
        return -2;
    return player->win_fan >= desk->options.max_fan ? -1 : player->win_fan;
}

/* A void round keeps the shape: hands as they lie, no points. */
static void
report_seat(const struct mahjong_desk *desk, unsigned seat, bool whole,
            struct mahjong_round_seat *report)
{
    const struct mahjong_seat *player = &desk->seat[seat];

    memset(report, 0, sizeof(*report));
    report->uid = player->uid;
    report->score = player->score;
    report->fan = -2;
    report->hand_len = player->hand_len;
    report->win_tile = player->win_tile;
    report->ting = has_won(desk, seat) || ending_waits(player);
    memcpy(report->hand, player->hand, player->hand_len);
    if (!whole)
        return;
    report->total = round_total(player);
    report->rain = player->rain;
    report->wind = player->wind;
    report->fan = (int16_t) reported_fan(desk, player);
    report->banner = player->banner;
    report->descs = player->descs;
}

/*
 * Match statistics count finished rounds only; a compensation is neither a win
 * nor paid for as a discarder.
 */
static void
count_round(struct mahjong_seat *player)
{
    player->score += round_total(player);
    player->stats.self_drawn += player->banner == MAHJONG_BANNER_SELF_DRAWN;
    player->stats.won += player->win_tile != MAHJONG_NO_TILE;
    player->stats.lost += player->lost;
    for (unsigned i = 0; i < player->melds; i++) {
        unsigned kind = player->meld[i].kind;

        player->stats.concealed_kongs += kind == MAHJONG_CONCEALED_KONG;
        player->stats.open_kongs += kind == MAHJONG_DISCARD_KONG ||
                                    kind == MAHJONG_ADDED_KONG;
    }
}

/* 大赢家 the highest total, 炮王 the most wins paid for; above 0, ties share. */
static void
game_end(const struct mahjong_desk *desk, bool normal,
         struct mahjong_events *events)
{
    struct mahjong_event *event = emit(events, MAHJONG_EV_GAME_END,
                                       MAHJONG_NOBODY, MAHJONG_EVERYBODY);
    int32_t best = 1;
    unsigned worst = 1;

    memset(&event->game, 0, sizeof(event->game));
    event->game.normal = normal;
    for (unsigned i = 0; i < desk->seats; i++) {
        event->game.stats[i] = desk->seat[i].stats;
        event->game.total[i] = desk->seat[i].score - MAHJONG_START_SCORE;
        if (event->game.total[i] > best)
            best = event->game.total[i];
        if (desk->seat[i].stats.lost > worst)
            worst = desk->seat[i].stats.lost;
    }
    for (unsigned i = 0; i < desk->seats; i++) {
        if (event->game.total[i] == best)
            event->game.best |= BIT(i);
        if (desk->seat[i].stats.lost == worst)
            event->game.worst |= BIT(i);
    }
}

/* The match is over; nothing can happen to the desk any more. */
void
ending_close(struct mahjong_desk *desk, struct mahjong_events *events)
{
    round_clear(desk);
    desk->status = MAHJONG_DESTROYED;
    emit(events, MAHJONG_EV_DESTROYED, MAHJONG_NOBODY, MAHJONG_EVERYBODY);
}

/*
 * The round is over, whole or interrupted (void); so may be the match.  A
 * round's end cancels a vote.  Nobody won: the banker stays.
 */
void
ending_round(struct mahjong_desk *desk, bool whole,
             struct mahjong_events *events)
{
    bool dealt = desk->status != MAHJONG_CLEANED;
    bool last = !whole || desk->round == desk->rounds;
    struct mahjong_event *event;

    dissolve_cancel(desk, events);
    desk->status = whole ? MAHJONG_ROUND_OVER : MAHJONG_INTERRUPTED;
    if (whole) {
        for (unsigned i = 0; i < desk->seats; i++)
            count_round(&desk->seat[i]);
        if (desk->next_banker != MAHJONG_NOBODY)
            desk->banker = desk->next_banker;
    }
    event = emit(events, MAHJONG_EV_ROUND_END, MAHJONG_NOBODY,
                 MAHJONG_EVERYBODY);
    event->round.round = desk->round;
    event->round.last = last;
    event->round.whole = whole;
    event->round.dealt = dealt;
    for (unsigned i = 0; i < desk->seats; i++)
        report_seat(desk, i, whole, &event->round.seat[i]);
    if (last) {
        game_end(desk, whole, events);
        ending_close(desk, events);
        return;
    }
    round_clear(desk);
    desk->ready = 0;
    desk->status = MAHJONG_CLEANED;
}
