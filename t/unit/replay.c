/*
 * Replays matches that were recorded from the original server into the rules
 * engine: walls, answers and their order come from the record, and every
 * event is compared with what the players were told, every hand, score and
 * statistic.
 *
 *   replay [FILE...]    files as t/captures/game-*.jsonl; none: those
 *
 * A file that is known must have exactly as many differences that the rules
 * ask for, of each kind, as stored in replay_fixed.h.
 *
 * Normalised, for the original leaves it to chance: the order of tings, of
 * several winners, of payers and of losers within a push.
 */
#include <glob.h>
#include <jansson.h>
#include <stdlib.h>

#include "game/mahjong/table.h"
#include "game/mahjong/value.h"
#include "replay_explain.h"

/* Loading */

static bool
is_game_push(const char *route)
{
    static const char *const routes[] = {
        "onDuanPai",         "onDingQueHint",   "onDingQue",
        "onMoPai",           "onOpTypeHint",    "onOpTypeDo",
        "onGangScoreChange", "onHuScoreChange", "onRoundEnd",
        "onGameEnd"};

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i], route) == 0)
            return true;
    }
    return false;
}

/* Seats are the order of the first onDuanPai. */
static bool
find_seats(struct match *m)
{
    size_t i, k;
    json_t *line, *account;

    m->options = json_object_get(
        json_object_get(json_array_get(m->lines, 0), "meta"), "options");
    if (m->options == NULL)
        return fail(m, "no options");
    m->seats = (unsigned) number(m->options, "mode");
    json_array_foreach(m->lines, i, line)
    {
        if (strcmp(route_of(line), "onDuanPai") != 0)
            continue;
        json_array_foreach(json_object_get(body_of(line), "accountInfo"), k,
                           account)
        {
            if (k < MAHJONG_SEATS)
                m->player[k].uid = number(account, "acId");
        }
        return k == m->seats || fail(m, "%zu hands", k);
    }
    return fail(m, "no hands");
}

static void
sort_line(struct player *player, json_t *line)
{
    if (is_string(line, "type", "push") && is_game_push(route_of(line)))
        add_line(&player->push, &player->pushes, line);
    if (is_string(line, "dir", "send") &&
        (strcmp(route_of(line), "DeskManager.DingQue") == 0 ||
         strcmp(route_of(line), "DeskManager.OpChoose") == 0))
        add_line(&player->send, &player->sends, line);
}

static bool
sort_lines(struct match *m)
{
    json_int_t uid[MAHJONG_SEATS] = {0};
    size_t i;
    json_t *line;

    json_array_foreach(m->lines, i, line)
    {
        json_int_t p = number(line, "p");

        if (p >= 0 && p < MAHJONG_SEATS &&
            strcmp(route_of(line), "Manager.Login") == 0 &&
            is_string(line, "dir", "recv"))
            uid[p] = number(body_of(line), "acId");
    }
    json_array_foreach(m->lines, i, line)
    {
        for (unsigned p = 0; p < MAHJONG_SEATS; p++) {
            unsigned seat = 0;

            while (seat < m->seats && m->player[seat].uid != uid[p])
                seat++;
            if (seat < m->seats && is_of(line, p))
                sort_line(&m->player[seat], line);
        }
    }
    return true;
}

/* Comparing */

static bool
compare(struct match *m, const struct mahjong_event *e)
{
    struct said said = {0};
    bool good = true;

    said.body = event_json(m, e, &said.route);
    if (said.body == NULL)
        return true;
    m->events++;
    for (unsigned i = 0; i < m->seats && good; i++) {
        if (e->to != i && e->to != MAHJONG_EVERYBODY)
            continue;
        said.player = i;
        good = told(m, &said);
        said.again = true;
    }
    json_decref(said.body);
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
    round_over(m);
    return true;
}

/* The original counts compensations. */
static bool
compare_counts(struct match *m, unsigned i, const struct mahjong_stats *ours,
               json_t *theirs)
{
    m->count[COMPENSATION_NO_WIN] += m->compensated[i] > 0;
    m->count[COMPENSATION_NO_PAO] += m->paid[i] > 0;
    return same(m, i, "ziMo", ours->self_drawn, number(theirs, "ziMo")) &&
           same(m, i, "hu", ours->won + m->compensated[i],
                number(theirs, "hu")) &&
           same(m, i, "pao", ours->lost + m->paid[i], number(theirs, "pao")) &&
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
        pao_differs = pao_differs || m->paid[k] > 0;
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
    struct mahjong_action action;

    read_options(&action, m->options);
    m->rounds = action.rounds;
    for (unsigned i = 0; i < m->seats; i++) {
        action.uid = m->player[i].uid;
        if (!apply(m, &action))
            return false;
        action.type = MAHJONG_SIT;
    }
    return true;
}

static bool
deal(struct match *m)
{
    struct player *player = &m->player[0];
    const char *route = route_of(next_push(player));
    struct mahjong_action action;

    if (strcmp(route, "onDuanPai") != 0)
        return fail(m, "a round begins with %s", route);
    deal_of(&action, player->push + player->push_at,
            player->pushes - player->push_at);
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

static void
replay(const char *path, unsigned total[FIXED])
{
    static struct match m;
    const struct fixed_count *stored;
    const char *slash = strrchr(path, '/');
    char differ[512];
    bool good;

    memset(&m, 0, sizeof(m));
    m.name = slash ? slash + 1 : path;
    good = load_lines(&m, path) && find_seats(&m) && sort_lines(&m) &&
           play(&m);
    for (unsigned i = 0; i < FIXED; i++)
        total[i] += m.count[i];
    describe_counts(&m, differ, sizeof(differ));
    ok(good, "%s: %u events%s", m.name, m.events, differ);
    if (!good)
        printf("# %s\n", m.why);
    stored = stored_count(m.name);
    if (stored != NULL)
        ok(memcmp(stored->count, m.count, sizeof(m.count)) == 0,
           "%s: as many differences as stored", m.name);
    unload(&m);
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
