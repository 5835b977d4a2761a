/*
 * What the original says where it is wrong ([fixed] in the rules and in the
 * protocol), made of what desk_push_step() says: the differences so far are in
 * the match.
 */
#ifndef T_UNIT_TELL_ORIGINAL_H
#define T_UNIT_TELL_ORIGINAL_H

#include "game/desk/state.h"
#include "replay_explain.h"

/* A push of a step. */
struct heard {
    unsigned seats, ord;
    char route[32];
    json_t *body;
};

static inline void
add_to(json_t *object, const char *key, json_int_t n)
{
    json_object_set_new(object, key, json_integer(number(object, key) + n));
}

static inline void
spoil_round(const struct match *m, json_t *round)
{
    json_t *stats = json_object_get(round, "stats");
    json_t *score = json_object_get(round, "scoreChange");

    for (unsigned i = 0; i < m->seats; i++) {
        json_t *of = json_array_get(stats, i);
        json_t *change = json_array_get(score, i);

        add_to(of, "yu", -m->delta_kong[i]);
        add_to(of, "total", -m->delta_round[i]);
        add_to(change, "score", -m->delta_round[i]);
        add_to(change, "remain", -m->delta[i] - m->delta_round[i]);
        if (waits_in_vain(m, i)) {
            json_object_set_new(
                json_array_get(json_object_get(round, "tiles"), i), "isTing",
                json_true());
            json_object_set_new(of, "bannerType", json_integer(0));
        }
    }
}

/* Who has the most, more than none. */
static inline bool
has_most(json_t *stats, unsigned seat, const char *key)
{
    json_int_t most = number(json_array_get(stats, seat), key);
    json_t *other;
    size_t i;

    json_array_foreach(stats, i, other)
    {
        if (number(other, key) > most)
            return false;
    }
    return most > 0;
}

static inline bool
spoil_game(struct match *m, json_t *game)
{
    json_t *stats = json_object_get(game, "stats"), *of;
    size_t i;

    json_array_foreach(stats, i, of)
    {
        if (json_is_true(json_object_get(of, "isPaoWang")) !=
                has_most(stats, (unsigned) i, "pao") ||
            json_is_true(json_object_get(of, "isBigWinner")) !=
                has_most(stats, (unsigned) i, "totalScore"))
            return fail(m, "seat %zu is not what its numbers say", i);
    }
    json_array_foreach(stats, i, of)
    {
        m->count[COMPENSATION_NO_WIN] += m->compensated[i] > 0;
        m->count[COMPENSATION_NO_PAO] += m->paid[i] > 0;
        add_to(of, "hu", m->compensated[i]);
        add_to(of, "pao", m->paid[i]);
        add_to(of, "totalScore", -m->delta[i] - m->delta_round[i]);
    }
    json_array_foreach(stats, i, of)
    {
        bool worst = has_most(stats, (unsigned) i, "pao");
        bool best = has_most(stats, (unsigned) i, "totalScore");

        m->count[PAO_WANG] += json_is_true(json_object_get(of, "isPaoWang")) !=
                              worst;
        json_object_set_new(of, "isPaoWang", json_boolean(worst));
        json_object_set_new(of, "isBigWinner", json_boolean(best));
    }
    spoil_round(m, json_object_get(game, "roundStats"));
    return true;
}

static inline void
spoil_scores(const struct match *m, json_t *list)
{
    json_t *of;
    size_t i;

    json_array_foreach(list, i, of)
    {
        add_to(of, "score", -m->delta[i]);
    }
}

/* Coming back, the original says mode 0 and that he himself is offline. */
static inline bool
spoil_back(struct match *m, const struct desk_step *step, struct heard *h)
{
    json_t *own = json_array_get(json_object_get(h->body, "data"), step->seat);

    if (strcmp(h->route, "onDeskBasicInfo") == 0) {
        if (number(h->body, "mode") != (json_int_t) m->seats)
            return fail(m, "the mode is wrong for who comes back");
        json_object_set_new(h->body, "mode", json_integer(0));
        m->count[BACK_MODE]++;
    } else if (strcmp(h->route, "onPlayerEnter") == 0) {
        if (!json_is_false(json_object_get(own, "offline")))
            return fail(m, "who comes back is offline");
        json_object_set_new(own, "offline", json_true());
        m->count[BACK_ONLINE]++;
    }
    return true;
}

/* The original's hints have no number. */
static inline bool
spoil_hint(struct match *m, const struct desk_state *st, unsigned seats,
           json_t *hint)
{
    unsigned seat = 0;

    while (!(seats >> seat & 1))
        seat++;
    if (st->hint_seq[seat] == 0 ||
        number(hint, "hint") != (json_int_t) st->hint_seq[seat])
        return fail(m, "a hint has the number %d", (int) number(hint, "hint"));
    json_object_del(hint, "hint");
    return true;
}

static inline bool
spoil(struct match *m, const struct desk_state *st,
      const struct desk_step *step, struct heard *h)
{
    json_t *hint = strcmp(h->route, "onOpTypeHint") == 0
                       ? h->body
                       : json_object_get(h->body, "hint");

    if (json_is_object(hint) && !spoil_hint(m, st, h->seats, hint))
        return false;

    if (step->kind == DESK_ENTER && step->enter == DESK_ENTER_BACK &&
        !spoil_back(m, step, h))
        return false;
    if (strcmp(h->route, "onGameEnd") == 0)
        return spoil_game(m, h->body);
    if (strcmp(h->route, "onRoundEnd") == 0)
        spoil_round(m, h->body);
    spoil_scores(m, json_object_get(h->body, "data"));
    spoil_scores(m, json_object_get(h->body, "players"));
    spoil_scores(m, json_object_get(h->body, "scoreInfo"));
    return true;
}

#endif
