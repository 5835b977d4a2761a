/*
 * Compares what a replay tells a player with what the record has told him.
 * Where the original is wrong and the rules say otherwise ([fixed] there), the
 * difference has a name (replay_fixed.h), is checked against the value that
 * the rules ask for, and is counted; what follows from it is kept in the
 * match.
 */
#ifndef T_UNIT_REPLAY_EXPLAIN_H
#define T_UNIT_REPLAY_EXPLAIN_H

#include "replay_json.h"
#include "tap.h"

/* What the replay has to say, to one player. */
struct said {
    const char *route;
    json_t *body;
    unsigned player;
    bool again; /* somebody else has been told the same: counts once */
};

static inline unsigned
seat_of(const struct match *m, json_int_t uid)
{
    unsigned seat = 0;

    while (seat < m->seats && m->desk.seat[seat].uid != uid)
        seat++;
    return seat;
}

/* Differences that the rules ask for */

/* The value by the rules, worked out by hand, is stored with the file. */
static inline bool
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

static inline bool
explain_que(struct match *m, const struct said *said)
{
    unsigned seat = seat_of(m, m->player[said->player].uid);
    unsigned count[4] = {0}, que = (unsigned) number(said->body, "que");

    if (seat == m->seats || que < 1 || que > 3)
        return false;
    for (unsigned i = 0; i < m->desk.seat[seat].hand_len; i++)
        count[1 + m->desk.seat[seat].hand[i] / 36]++;
    for (unsigned suit = 1; suit <= 3; suit++) {
        if (count[suit] < count[que] ||
            (suit < que && count[suit] == count[que]))
            return false;
    }
    m->count[QUE_SUGGESTION]++;
    return true;
}

static inline bool
explain_peng(struct match *m, const struct said *said, json_t *theirs)
{
    json_t *tiles = json_object_get(theirs, "mjs");
    json_t *cut;
    bool same;

    if (number(theirs, "optype") != MAHJONG_PENG ||
        json_array_size(tiles) != 4)
        return false;
    cut = json_deep_copy(theirs);
    json_array_remove(json_object_get(cut, "mjs"), 3);
    same = json_equal(cut, said->body);
    json_decref(cut);
    m->count[PENG_OF_THREE_IDS] += same;
    return same;
}

/* With an empty wall the original asks nobody who holds three. */
static inline bool
explain_empty_wall(struct match *m, const struct said *said)
{
    unsigned seat = seat_of(m, number(said->body, "uid"));
    struct mahjong_hint hint;

    if (seat == m->seats || m->desk.wall_next != m->desk.wall_len)
        return false;
    mahjong_hint(&m->desk, seat, &hint);
    if (hint.phase != MAHJONG_ASK_CLAIM ||
        hint.offer != (1 << MAHJONG_PENG | 1 << MAHJONG_PASS) ||
        hand_count(&m->desk.seat[seat].tiles, hint.tile / 4) != 3)
        return false;
    m->count[PENG_ON_EMPTY_WALL]++;
    m->silent[seat] = true;
    return true;
}

/* What a win brings to a seat by its push; NULL is none. */
static inline int32_t
change_of(const struct match *m, const json_t *win, unsigned seat)
{
    json_int_t uid = m->desk.seat[seat].uid;
    json_t *change;
    size_t i;

    if (win != NULL && number(win, "acId") == uid)
        return (int32_t) number(win, "totalWinScore");
    json_array_foreach(json_object_get(win, "scoreChange"), i, change)
    {
        if (number(change, "acId") == uid)
            return (int32_t) number(change, "score");
    }
    return 0;
}

/* `theirs` is NULL where the record has no such push. */
static inline void
add_delta(struct match *m, const json_t *ours, const json_t *theirs)
{
    for (unsigned i = 0; i < m->seats; i++)
        m->delta_round[i] += change_of(m, ours, i) - change_of(m, theirs, i);
}

static inline bool
explain_compensation(struct match *m, const struct said *said,
                     const json_t *line, bool *consume)
{
    json_t *theirs = body_of(line);

    if (number(said->body, "huPaiType") != MAHJONG_WIN_COMPENSATION)
        return false;
    *consume = strcmp(route_of(line), "onHuScoreChange") == 0 &&
               number(theirs, "acId") == number(said->body, "acId");
    if (*consume && is_stored(m, COMPENSATION_VALUE, said->body)) {
        m->count[COMPENSATION_VALUE]++;
        add_delta(m, said->body, theirs);
        return true;
    }
    if (!*consume && is_stored(m, DEAD_WAIT, said->body)) {
        m->count[DEAD_WAIT] += !m->dead_wait;
        m->dead_wait = true;
        add_delta(m, said->body, NULL);
        return true;
    }
    return false;
}

/* After the last winner in seat order from the discarder. */
static inline bool
explain_next(struct match *m, const struct said *said)
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
    if (seat_of(m, number(said->body, "acId")) != next)
        return false;
    m->count[NEXT_AFTER_WINNERS]++;
    m->ended = true;
    return true;
}

static inline bool
explain(struct match *m, const struct said *said, const json_t *line,
        bool *consume)
{
    const char *route = said->route;

    *consume = true;
    if (strcmp(route, "onMoPai") == 0)
        return explain_next(m, said);
    if (strcmp(route, "onHuScoreChange") == 0)
        return explain_compensation(m, said, line, consume);
    if (strcmp(route, "onOpTypeHint") == 0) {
        *consume = false;
        return explain_empty_wall(m, said);
    }
    if (strcmp(route, route_of(line)) != 0)
        return false;
    if (strcmp(route, "onDingQueHint") == 0)
        return explain_que(m, said);
    if (strcmp(route, "onOpTypeDo") == 0)
        return explain_peng(m, said, body_of(line));
    return false;
}

/* Comparing */

static inline json_t *
next_push(const struct player *player)
{
    return player->push_at < player->pushes ? player->push[player->push_at]
                                            : NULL;
}

static inline bool
is_of_win(const json_t *line)
{
    return (strcmp(route_of(line), "onOpTypeDo") == 0 &&
            number(body_of(line), "optype") == MAHJONG_HU) ||
           strcmp(route_of(line), "onHuScoreChange") == 0;
}

/* One of the pushes about wins that come next: it is put first. */
static inline bool
take_win(struct player *player, const struct said *said)
{
    for (unsigned i = player->push_at; i < player->pushes; i++) {
        json_t *line = player->push[i];

        if (!is_of_win(line))
            return false;
        if (strcmp(route_of(line), said->route) != 0 ||
            !equals(said->body, body_of(line)))
            continue;
        memmove(player->push + player->push_at + 1,
                player->push + player->push_at,
                (i - player->push_at) * sizeof(player->push[0]));
        player->push[player->push_at++] = line;
        return true;
    }
    return false;
}

static inline bool
fail_said(struct match *m, const struct said *said, const json_t *line)
{
    char *ours = json_dumps(said->body, JSON_COMPACT);
    char *theirs = json_dumps(body_of(line), JSON_COMPACT);

    fail(m, "player %u: %s: ours %s, theirs %s %s", said->player, said->route,
         ours, route_of(line), theirs ? theirs : "nothing");
    free(ours);
    free(theirs);
    return false;
}

/* The player must have been told this next. */
static inline bool
told(struct match *m, const struct said *said)
{
    struct player *player = &m->player[said->player];
    json_t *line = next_push(player);
    static struct match copy;
    struct match *explained = m;
    bool consume;

    if (line != NULL && strcmp(route_of(line), said->route) == 0 &&
        equals(said->body, body_of(line))) {
        player->push_at++;
        return true;
    }
    if (line != NULL && is_of_win(line) && take_win(player, said))
        return true;
    if (said->again) {
        copy = *m;
        explained = &copy;
    }
    if (!explain(explained, said, line, &consume))
        return fail_said(m, said, line);
    player->push_at += consume;
    return true;
}

/* What events mean for the totals, once they have been told. */
static inline void
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
    if (e->type == MAHJONG_EV_WIN_SCORE &&
        e->score.kind == MAHJONG_WIN_COMPENSATION && !m->dead_wait) {
        m->compensated[e->seat]++;
        for (unsigned i = 0; i < m->seats; i++)
            m->paid[i] += e->score.payers >> i & 1;
    }
}

/* The only seat whose result may differ by more than points. */
static inline bool
waits_in_vain(const struct match *m, unsigned seat)
{
    return m->dead_wait && (int) seat == dead_wait_seat;
}

/* When everybody has been told the end of a round. */
static inline void
round_over(struct match *m)
{
    for (unsigned i = 0; i < m->seats; i++)
        m->delta[i] += m->delta_round[i];
    memset(m->delta_round, 0, sizeof(m->delta_round));
}

/* What came of it */

static inline const struct fixed_count *
stored_count(const char *name)
{
    for (size_t i = 0; i < sizeof(fixed_count) / sizeof(fixed_count[0]); i++) {
        if (strcmp(fixed_count[i].file, name) == 0)
            return &fixed_count[i];
    }
    return NULL;
}

/* "; 2 que suggestion, 1 pao wang" */
static inline void
describe_counts(const struct match *m, char *text, size_t size)
{
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < FIXED && n < size; i++) {
        if (m->count[i] > 0)
            n += (size_t) snprintf(text + n, size - n, "%s%u %s",
                                   n > 0 ? ", " : "; ", m->count[i],
                                   fixed_name[i]);
    }
}

#endif
