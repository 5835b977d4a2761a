/*
 * Replays matches that were recorded from the original server into the rules
 * engine: walls, answers and their order come from the record, and every
 * event is compared with what the players were told, every hand, score and
 * statistic.
 *
 *   replay [FILE...]    files as t/captures/game-*.jsonl; none: those
 *
 * Where the original is wrong and the rules say otherwise ([fixed] there), the
 * difference has a name below, is checked against the value that the rules
 * ask for, and is counted; a file that is known must have exactly as many of
 * each as stored here.
 *
 * Normalised, for the original leaves it to chance: the order of tings, of
 * several winners, of payers and of losers within a push.
 *
 * A record may leave out what everybody was told for all but one player.
 */
#include <glob.h>
#include <jansson.h>
#include <stdlib.h>

#include "game/mahjong/action.h"
#include "game/mahjong/table.h"
#include "game/mahjong/value.h"
#include "replay_fixed.h"
#include "replay_json.h"
#include "replay_record.h"
#include "tap.h"

/* Differences that the rules ask for */

/* The value by the rules, worked out by hand, is stored with the file. */
static bool
is_stored(const struct match *m, enum fixed fixed, json_t *ours)
{
    for (size_t i = 0; i < sizeof(fixed_push) / sizeof(fixed_push[0]); i++) {
        json_t *want;
        bool same;

        if (fixed_push[i].fixed != fixed ||
            strcmp(fixed_push[i].file, m->name) != 0)
            continue;
        want = json_loads(fixed_push[i].push, 0, NULL);
        same = want != NULL && json_equal(want, ours);
        json_decref(want);
        if (same)
            return true;
    }
    return false;
}

static bool
explain_que(struct match *m, const struct mahjong_event *e)
{
    unsigned count[3] = {0}, que = e->que[e->seat];

    for (unsigned i = 0; i < m->desk.seat[e->seat].hand_len; i++)
        count[m->desk.seat[e->seat].hand[i] / 36]++;
    for (unsigned suit = 0; suit < 3; suit++) {
        if (count[suit] < count[que - 1] ||
            (suit < que - 1 && count[suit] == count[que - 1]))
            return false;
    }
    m->count[QUE_SUGGESTION]++;
    return true;
}

static bool
explain_peng(struct match *m, json_t *ours, json_t *theirs)
{
    json_t *tiles = json_object_get(theirs, "mjs");
    json_t *cut;
    bool same;

    if (number(theirs, "optype") != MAHJONG_PENG ||
        json_array_size(tiles) != 4)
        return false;
    cut = json_deep_copy(theirs);
    json_array_remove(json_object_get(cut, "mjs"), 3);
    same = json_equal(cut, ours);
    json_decref(cut);
    m->count[PENG_OF_THREE_IDS] += same;
    return same;
}

/* With an empty wall the original asks nobody who holds three. */
static bool
explain_empty_wall(struct match *m, const struct mahjong_event *e)
{
    if (m->desk.wall_next != m->desk.wall_len ||
        e->hint.phase != MAHJONG_ASK_CLAIM ||
        e->hint.offer != (1 << MAHJONG_PENG | 1 << MAHJONG_PASS) ||
        hand_count(&m->desk.seat[e->seat].tiles, e->hint.tile / 4) != 3)
        return false;
    m->count[PENG_ON_EMPTY_WALL]++;
    m->silent[e->seat] = true;
    return true;
}

/* `theirs` is NULL where the record has no such push. */
static void
add_delta(struct match *m, const struct mahjong_event *e, json_t *theirs)
{
    json_t *changes = json_object_get(theirs, "scoreChange");

    for (unsigned i = 0; i < m->seats; i++) {
        int32_t score = 0;
        size_t k;
        json_t *change;

        json_array_foreach(changes, k, change)
        {
            if (number(change, "acId") == m->player[i].uid)
                score = (int32_t) number(change, "score");
        }
        if (theirs != NULL && i == e->seat)
            score = (int32_t) number(theirs, "totalWinScore");
        m->delta_round[i] += e->score.change[i] - score;
    }
}

static bool
explain_compensation(struct match *m, const struct mahjong_event *e,
                     json_t *ours, const char *route, json_t *theirs,
                     bool *consume)
{
    if (e->score.kind != MAHJONG_WIN_COMPENSATION)
        return false;
    *consume = strcmp(route, "onHuScoreChange") == 0 &&
               number(theirs, "acId") == m->player[e->seat].uid;
    if (*consume && is_stored(m, COMPENSATION_VALUE, ours)) {
        m->count[COMPENSATION_VALUE]++;
        add_delta(m, e, theirs);
        return true;
    }
    if (!*consume && is_stored(m, DEAD_WAIT, ours)) {
        m->count[DEAD_WAIT] += !m->dead_wait;
        m->dead_wait = true;
        add_delta(m, e, NULL);
        return true;
    }
    return false;
}

/* After the last winner in seat order from the discarder. */
static bool
explain_next(struct match *m, const struct mahjong_event *e)
{
    unsigned from = m->desk.last_discard_seat, last = from, next;

    if (m->winners < 2)
        return false;
    for (unsigned i = 1; i < m->seats; i++) {
        unsigned seat = (from + i) % m->seats;

        if (m->desk.seat[seat].win_tile == m->desk.last_discard)
            last = seat;
    }
    next = last;
    do {
        next = (next + 1) % m->seats;
    } while (m->desk.seat[next].win_tile != MAHJONG_NO_TILE);
    if (e->seat != next)
        return false;
    m->count[NEXT_AFTER_WINNERS]++;
    m->ended = true;
    return true;
}

static bool
explain(struct match *m, const struct mahjong_event *e, json_t *ours,
        const char *route, json_t *theirs, bool *consume)
{
    *consume = true;
    switch (e->type) {
    case MAHJONG_EV_QUE_HINT:
        return explain_que(m, e);
    case MAHJONG_EV_DO:
        return explain_peng(m, ours, theirs);
    case MAHJONG_EV_HINT:
        *consume = false;
        return explain_empty_wall(m, e);
    case MAHJONG_EV_WIN_SCORE:
        return explain_compensation(m, e, ours, route, theirs, consume);
    case MAHJONG_EV_DRAW:
        return explain_next(m, e);
    default:
        return false;
    }
}

/* Comparing */

static json_t *
next_push(struct player *player)
{
    while (player->push_at < player->pushes &&
           player->push[player->push_at] == NULL)
        player->push_at++;
    return player->push_at < player->pushes ? player->push[player->push_at]
                                            : NULL;
}

static bool
is_of_win(const json_t *line)
{
    return (strcmp(route_of(line), "onOpTypeDo") == 0 &&
            number(body_of(line), "optype") == MAHJONG_HU) ||
           strcmp(route_of(line), "onHuScoreChange") == 0;
}

/* One of the pushes about wins that come next. */
static bool
take_win(struct player *player, json_t *ours, const char *route)
{
    for (unsigned i = player->push_at; i < player->pushes; i++) {
        json_t *line = player->push[i];

        if (line == NULL)
            continue;
        if (!is_of_win(line))
            return false;
        if (strcmp(route_of(line), route) == 0 &&
            equals(ours, body_of(line))) {
            player->push[i] = NULL;
            return true;
        }
    }
    return false;
}

/* One player must have been told this next. */
static bool
told(struct match *m, unsigned seat, const struct mahjong_event *e,
     json_t *ours, const char *route, bool first)
{
    struct player *player = &m->player[seat];
    json_t *line = next_push(player), *theirs = body_of(line);
    static struct match copy;
    struct match *explained = m;
    char *ours_text, *theirs_text;
    bool consume;

    if (line != NULL && strcmp(route_of(line), route) == 0 &&
        equals(ours, theirs)) {
        player->push_at++;
        return true;
    }
    if (line != NULL && is_of_win(line) && take_win(player, ours, route))
        return true;
    /* What everybody is told counts once. */
    if (!first) {
        copy = *m;
        explained = &copy;
    }
    if (explain(explained, e, ours, route_of(line), theirs, &consume)) {
        player->push_at += consume;
        return true;
    }
    ours_text = json_dumps(ours, JSON_COMPACT);
    theirs_text = json_dumps(theirs, JSON_COMPACT);
    fail(m, "seat %u: %s: ours %s, theirs %s %s", seat, route, ours_text,
         route_of(line), theirs_text ? theirs_text : "nothing");
    free(ours_text);
    free(theirs_text);
    return false;
}

static bool
compare(struct match *m, const struct mahjong_event *e)
{
    const char *route = NULL;
    json_t *ours = event_json(m, e, &route);
    bool good = true, first = true;

    if (ours == NULL)
        return true;
    m->events++;
    for (unsigned i = 0; i < m->seats && good; i++) {
        if (e->to == i ||
            (e->to == MAHJONG_EVERYBODY && m->player[i].public)) {
            good = told(m, i, e, ours, route, first);
            first = false;
        }
    }
    json_decref(ours);
    return good;
}

static bool
same(struct match *m, unsigned seat, const char *what, json_int_t ours,
     json_int_t theirs)
{
    return ours == theirs ||
           fail(m, "seat %u: %s is %lld, in the record %lld", seat, what,
                (long long) ours, (long long) theirs);
}

static bool
same_desc(struct match *m, unsigned seat, uint32_t descs, const json_t *stats)
{
    const char *theirs = json_string_value(json_object_get(stats, "desc"));
    char ours[256] = "";

    for (int i = 0; i < DESCS; i++) {
        if (!(descs >> i & 1))
            continue;
        if (ours[0] != '\0')
            strcat(ours, " ");
        strcat(ours, value_desc_text((enum value_desc) i));
    }
    return (theirs != NULL && strcmp(ours, theirs) == 0) ||
           fail(m, "seat %u: %s, in the record %s", seat, ours, theirs);
}

/* The only seat whose result may differ by more than points. */
static bool
waits_in_vain(const struct match *m, unsigned seat)
{
    return m->dead_wait && (int) seat == dead_wait_seat;
}

static bool
compare_round_seat(struct match *m, unsigned i, json_t *theirs)
{
    const struct mahjong_round_seat *ours = &m->round.round.seat[i];
    json_t *tiles = json_array_get(json_object_get(theirs, "tiles"), i);
    json_t *stats = json_array_get(json_object_get(theirs, "stats"), i);
    json_t *score = json_array_get(json_object_get(theirs, "scoreChange"), i);
    json_t *hand = tiles_json(ours->hand, ours->hand_len);
    bool good = json_equal(hand, json_object_get(tiles, "shouPai"));
    bool vain = waits_in_vain(m, i);

    json_decref(hand);
    if (!good)
        return fail(m, "seat %u: another hand at the end", i);
    if (vain && (ours->ting || ours->banner != MAHJONG_BANNER_COMPENSATED))
        return fail(m, "seat %u: waits in vain, but is not told so", i);
    return same(m, i, "uid", ours->uid, number(tiles, "acId")) &&
           same(m, i, "huPai",
                ours->win_tile == MAHJONG_NO_TILE ? -1 : ours->win_tile,
                number(tiles, "huPai")) &&
           same(m, i, "isTing", ours->ting || vain,
                json_is_true(json_object_get(tiles, "isTing"))) &&
           same(m, i, "fanshu", ours->fan, number(stats, "fanshu")) &&
           same(m, i, "feng", ours->wind, number(stats, "feng")) &&
           same(m, i, "yu", ours->rain - m->delta_kong[i],
                number(stats, "yu")) &&
           same(m, i, "total", ours->total - m->delta_round[i],
                number(stats, "total")) &&
           (vain || same(m, i, "bannerType", ours->banner,
                         number(stats, "bannerType"))) &&
           same_desc(m, i, ours->descs, stats) &&
           same(m, i, "score", ours->total - m->delta_round[i],
                number(score, "score")) &&
           same(m, i, "remain", ours->score - m->delta[i] - m->delta_round[i],
                number(score, "remain"));
}

static bool
compare_round(struct match *m, json_t *theirs)
{
    for (unsigned i = 0; i < m->seats; i++) {
        if (!compare_round_seat(m, i, theirs))
            return false;
    }
    for (unsigned i = 0; i < m->seats; i++)
        m->delta[i] += m->delta_round[i];
    memset(m->delta_round, 0, sizeof(m->delta_round));
    return true;
}

/* The original counts compensations, and a tile as often as it is won on. */
static bool
compare_counts(struct match *m, unsigned i, const struct mahjong_stats *ours,
               json_t *theirs)
{
    m->count[COMPENSATION_NO_WIN] += m->compensated[i] > 0;
    m->count[COMPENSATION_NO_PAO] += m->paid[i] > 0;
    m->count[ONE_TILE_ONE_PAO] += m->doubled[i] > 0;
    return same(m, i, "ziMo", ours->self_drawn, number(theirs, "ziMo")) &&
           same(m, i, "hu", ours->won + m->compensated[i],
                number(theirs, "hu")) &&
           same(m, i, "pao", ours->lost + m->paid[i] + m->doubled[i],
                number(theirs, "pao")) &&
           same(m, i, "anGang", ours->concealed_kongs,
                number(theirs, "anGang")) &&
           same(m, i, "mingGang", ours->open_kongs,
                number(theirs, "mingGang"));
}

static bool
compare_game_seat(struct match *m, unsigned i, const struct mahjong_event *e,
                  json_t *theirs)
{
    bool worst = json_is_true(json_object_get(theirs, "isPaoWang"));
    bool ours = e->game.worst >> i & 1;
    bool most = e->game.stats[i].lost > 0;
    bool best = e->game.total[i] > 0;
    bool their_best = e->game.total[i] - m->delta[i] > 0;
    bool pao_differs = false;

    for (unsigned k = 0; k < m->seats; k++) {
        most = most && e->game.stats[k].lost <= e->game.stats[i].lost;
        best = best && e->game.total[k] <= e->game.total[i];
        their_best = their_best && e->game.total[k] - m->delta[k] <=
                                       e->game.total[i] - m->delta[i];
        pao_differs = pao_differs || m->paid[k] > 0 || m->doubled[k] > 0;
    }
    if (ours != most)
        return fail(m, "seat %u: isPaoWang is %d", i, ours);
    if (ours != worst && !pao_differs)
        return fail(m, "seat %u: isPaoWang differs for no reason", i);
    m->count[PAO_WANG] += ours != worst;
    return compare_counts(m, i, &e->game.stats[i], theirs) &&
           same(m, i, "totalScore", e->game.total[i] - m->delta[i],
                number(theirs, "totalScore")) &&
           same(m, i, "isBigWinner, by our totals", e->game.best >> i & 1,
                best) &&
           same(m, i, "isBigWinner, by the record's totals", their_best,
                json_is_true(json_object_get(theirs, "isBigWinner"))) &&
           same(m, i, "isCreator", i == 0,
                json_is_true(json_object_get(theirs, "isCreator")));
}

/* ROUND_END goes with onRoundEnd, or with the onGameEnd that follows. */
static bool
compare_end(struct match *m, const struct mahjong_event *e)
{
    const char *route = e->type == MAHJONG_EV_ROUND_END ? "onRoundEnd"
                                                        : "onGameEnd";

    if (e->type == MAHJONG_EV_ROUND_END) {
        m->round = *e;
        if (e->round.last)
            return true;
    }
    m->events++;
    for (unsigned i = 0; i < m->seats; i++) {
        json_t *line = next_push(&m->player[i]), *theirs = body_of(line);

        if (!m->player[i].public)
            continue;
        if (strcmp(route_of(line), route) != 0)
            return fail(m, "%s: the record has %s", route, route_of(line));
        m->player[i].push_at++;
        if (i > 0)
            continue;
        if (!compare_round(m, e->type == MAHJONG_EV_GAME_END
                                  ? json_object_get(theirs, "roundStats")
                                  : theirs))
            return false;
        for (unsigned k = 0; e->type == MAHJONG_EV_GAME_END && k < m->seats;
             k++) {
            if (!compare_game_seat(
                    m, k, e,
                    json_array_get(json_object_get(theirs, "stats"), k)))
                return false;
        }
    }
    return true;
}

static void
keep_count(struct match *m, const struct mahjong_event *e)
{
    if (e->type == MAHJONG_EV_DO)
        m->winners = e->act.op == MAHJONG_HU ? m->winners + 1 : 0;
    if (e->type == MAHJONG_EV_KONG_REFUND && (int) e->seat == dead_wait_seat &&
        is_dead_wait_file(m->name)) {
        for (unsigned i = 0; i < m->seats; i++) {
            m->delta_kong[i] += e->score.change[i];
            m->delta_round[i] += e->score.change[i];
        }
    }
    if (e->type != MAHJONG_EV_WIN_SCORE)
        return;
    if (e->score.kind == MAHJONG_WIN_DISCARD && m->winners > 1)
        m->doubled[m->desk.last_discard_seat]++;
    if (e->score.kind == MAHJONG_WIN_COMPENSATION && !m->dead_wait) {
        m->compensated[e->seat]++;
        for (unsigned i = 0; i < m->seats; i++)
            m->paid[i] += e->score.payers >> i & 1;
    }
}

static bool
apply(struct match *m, const struct mahjong_action *action)
{
    static struct mahjong_events events;
    enum mahjong_violation violation = mahjong_apply(&m->desk, action,
                                                     &events);

    if (violation != MAHJONG_OK)
        return fail(m, "action %d of seat %d refused: %s", action->type,
                    action->seat, mahjong_violation_text(violation));
    for (unsigned i = 0; i < events.count && !m->ended; i++) {
        const struct mahjong_event *e = &events.event[i];
        bool good;

        if (e->type == MAHJONG_EV_ROUND_END || e->type == MAHJONG_EV_GAME_END)
            good = compare_end(m, e);
        else
            good = compare(m, e);
        if (!good)
            return false;
        keep_count(m, e);
    }
    return true;
}

/* Playing */

static bool
open_desk(struct match *m)
{
    static const char *const rules[] = {"menqing",  "jiangdui", "jiaxin",
                                        "pengpeng", "pinghu",   "yaojiu"};
    struct mahjong_action action = {.type = MAHJONG_OPEN};

    action.options.mode = (uint8_t) m->seats;
    action.options.max_fan = (uint8_t) number(m->options, "maxFan");
    action.options.zimo = is_string(m->options, "zimo", "di");
    for (unsigned i = 0; i < 6; i++) {
        if (json_is_true(json_object_get(m->options, rules[i])))
            action.options.rules |= (uint8_t) (1 << i);
    }
    m->rounds = (unsigned) number(m->options, "round");
    action.rounds = (uint8_t) m->rounds;
    for (unsigned i = 0; i < m->seats; i++) {
        action.uid = m->player[i].uid;
        if (!apply(m, &action))
            return false;
        action.type = MAHJONG_SIT;
    }
    return true;
}

/* The tail of the wall that was never drawn is not in the record. */
static void
fill_wall(struct mahjong_action *deal, unsigned n)
{
    bool seen[MAHJONG_WALL] = {false};

    for (unsigned i = 0; i < n; i++)
        seen[deal->wall[i]] = true;
    for (unsigned tile = 0; tile < deal->wall_len; tile++) {
        if (!seen[tile])
            deal->wall[n++] = (uint8_t) tile;
    }
}

static unsigned
wall_of_hands(struct match *m, struct mahjong_action *deal, json_t *body)
{
    json_t *accounts = json_object_get(body, "accountInfo");

    for (unsigned i = 0; i < m->seats; i++) {
        json_t *hand = json_object_get(json_array_get(accounts, i), "mjs");

        for (unsigned k = 0; k < 13; k++)
            deal->wall[13 * i + k] = (uint8_t) json_integer_value(
                json_array_get(hand, k));
        if (json_array_size(hand) == 14) {
            deal->banker = (uint8_t) i;
            deal->wall[13 * m->seats] = (uint8_t) json_integer_value(
                json_array_get(hand, 13));
        }
    }
    return 13 * m->seats + 1;
}

static bool
deal(struct match *m)
{
    struct player *player = &m->player[0];
    struct mahjong_action action = {.type = MAHJONG_DEAL};
    json_t *line = next_push(player);
    unsigned n;

    if (strcmp(route_of(line), "onDuanPai") != 0)
        return fail(m, "a round begins with %s", route_of(line));
    action.wall_len = m->seats == 3 ? 72 : 108;
    action.dice[0] = (uint8_t) number(body_of(line), "dice1");
    action.dice[1] = (uint8_t) number(body_of(line), "dice2");
    n = wall_of_hands(m, &action, body_of(line));
    for (unsigned i = player->push_at + 1; i < player->pushes; i++) {
        const char *route = route_of(player->push[i]);

        if (strcmp(route, "onDuanPai") == 0)
            break;
        if (strcmp(route, "onMoPai") == 0 && n < action.wall_len)
            action.wall[n++] = (uint8_t) json_integer_value(json_array_get(
                json_object_get(body_of(player->push[i]), "mjids"), 0));
    }
    fill_wall(&action, n);
    return apply(m, &action);
}

static json_t *
next_send(struct match *m, unsigned seat, const char *route)
{
    struct player *player = &m->player[seat];
    json_t *line;

    if (player->send_at == player->sends)
        return NULL;
    line = player->send[player->send_at++];
    return strcmp(route_of(line), route) == 0 ? body_of(line) : NULL;
}

static bool
all_seats(struct match *m, unsigned type)
{
    for (unsigned i = 0; i < m->seats; i++) {
        struct mahjong_action action = {.type = (uint8_t) type,
                                        .seat = (uint8_t) i};

        if (type == MAHJONG_QUE) {
            json_t *body = next_send(m, i, "DeskManager.DingQue");

            if (body == NULL)
                return fail(m, "seat %u names no que", i);
            action.que = (uint8_t) number(body, "que");
        }
        if (!apply(m, &action))
            return false;
    }
    return true;
}

static bool
choose(struct match *m, unsigned seat)
{
    struct mahjong_action action = {.type = MAHJONG_CHOOSE,
                                    .seat = (uint8_t) seat,
                                    .op = MAHJONG_PASS,
                                    .tile = MAHJONG_NO_TILE};

    if (!m->silent[seat]) {
        json_t *body = next_send(m, seat, "DeskManager.OpChoose");

        if (body == NULL)
            return fail(m, "seat %u is asked and does not answer", seat);
        action.op = (uint8_t) number(body, "optype");
        action.tile = mahjong_tile_id(number(body, "idx"));
    }
    m->silent[seat] = false;
    return apply(m, &action);
}

static bool
play_round(struct match *m)
{
    if (!all_seats(m, MAHJONG_READY) || !deal(m) ||
        !all_seats(m, MAHJONG_SORT))
        return false;
    if (m->seats == 4 && !all_seats(m, MAHJONG_QUE))
        return false;
    while (m->desk.status == MAHJONG_PLAYING && !m->ended) {
        unsigned seat = 0;

        while (seat < m->seats && m->desk.seat[seat].offer == 0)
            seat++;
        if (seat == m->seats)
            return fail(m, "nobody is asked");
        if (!choose(m, seat))
            return false;
    }
    return true;
}

static bool
play(struct match *m)
{
    if (!open_desk(m))
        return false;
    for (unsigned i = 0; i < m->rounds && !m->ended; i++) {
        if (!play_round(m))
            return false;
    }
    for (unsigned i = 0; i < m->seats && !m->ended; i++) {
        if (next_push(&m->player[i]) != NULL)
            return fail(m, "seat %u: the record goes on with %s", i,
                        route_of(next_push(&m->player[i])));
        if (m->player[i].send_at != m->player[i].sends)
            return fail(m, "seat %u said more", i);
    }
    return true;
}

static const struct fixed_count *
stored_count(const char *name)
{
    for (size_t i = 0; i < sizeof(fixed_count) / sizeof(fixed_count[0]); i++) {
        if (strcmp(fixed_count[i].file, name) == 0)
            return &fixed_count[i];
    }
    return NULL;
}

static void
replay(const char *path, unsigned total[FIXED])
{
    static struct match m;
    const struct fixed_count *stored;
    const char *slash = strrchr(path, '/');
    char differ[512] = "";
    bool good;

    memset(&m, 0, sizeof(m));
    m.name = slash ? slash + 1 : path;
    good = load_lines(&m, path) && find_seats(&m) && sort_lines(&m) &&
           play(&m);
    for (unsigned i = 0; i < FIXED; i++) {
        total[i] += m.count[i];
        if (m.count[i] > 0)
            snprintf(differ + strlen(differ), sizeof(differ) - strlen(differ),
                     "%s%u %s", differ[0] ? ", " : "; ", m.count[i],
                     fixed_name[i]);
    }
    ok(good, "%s: %u events%s", m.name, m.events, differ);
    if (!good)
        printf("# %s\n", m.why);
    stored = stored_count(m.name);
    if (stored != NULL)
        ok(memcmp(stored->count, m.count, sizeof(m.count)) == 0,
           "%s: as many differences as stored", m.name);
    json_decref(m.lines);
}

int
main(int argc, char **argv)
{
    unsigned total[FIXED] = {0};
    glob_t shipped = {0};

    mahjong_tables_init();
    for (int i = 1; i < argc; i++)
        replay(argv[i], total);
    if (argc < 2) {
        ok(glob("t/captures/game-*.jsonl", 0, NULL, &shipped) == 0,
           "there are records");
        for (size_t i = 0; i < shipped.gl_pathc; i++)
            replay(shipped.gl_pathv[i], total);
        globfree(&shipped);
    }
    for (unsigned i = 0; i < FIXED; i++)
        printf("# %-32s %u\n", fixed_name[i], total[i]);
    return tap_done();
}
