/*
 * Points: who pays whom, what a round comes to, what the match.
 */
#include <string.h>

#include "bench/play_view.h"

/* ---- wins and kongs ---- */

static int64_t
sum(const struct push_scores *s)
{
    int64_t all = 0;

    for (int i = 0; i < s->n; i++)
        all += s->at[i].score;
    return all;
}

/*
 * Exactly these seats (bits), in their order, from `first` of the list on, and
 * each the same, less than nothing.
 */
static bool
are_payers(const struct play_view *v, const struct push_scores *s, int first,
           unsigned seats)
{
    int at = first;

    for (unsigned i = 0; i < v->rules.seats; i++) {
        if (!(seats & 1u << i))
            continue;
        if (at >= s->n || s->at[at].uid != v->rules.player[i].uid ||
            s->at[at].score >= 0 || s->at[at].score != s->at[first].score)
            return false;
        at++;
    }
    return at == s->n;
}

/* Those of the list, as bits. */
static unsigned
seats_of(struct play_view *v, const struct push_scores *s)
{
    unsigned bits = 0;

    for (int i = 0; i < s->n; i++) {
        unsigned seat = view_seat(v, s->at[i].uid);

        if (seat != MAHJONG_NOBODY)
            bits |= 1u << seat;
    }
    return bits;
}

void
view_kong_score(struct play_view *v, const struct push_kong_score *p)
{
    unsigned others = view_players_left(v) & ~(1u << v->rules.turn);
    unsigned payers = others;
    bool discard = v->kong == MAHJONG_DISCARD_KONG;
    int64_t each = v->kong == MAHJONG_ADDED_KONG ? 1 : 2;

    view_goes_on(v);
    view_must(v, v->step == VIEW_KONG_SCORE || v->step == VIEW_ROB,
              "onGangScoreChange: not now");
    view_passes_win(v);
    v->step = VIEW_KONG_DRAW;
    if (discard && v->rules.last_discard_seat < MAHJONG_SEATS)
        payers = 1u << v->rules.last_discard_seat;
    view_must(v, p->rain == (v->kong != MAHJONG_ADDED_KONG),
              "onGangScoreChange: rain for wind");
    view_must(v, sum(&p->changes) == 0, "a kong's points do not add up");
    view_must(v,
              p->changes.n > 1 &&
                  p->changes.at[0].uid == v->rules.player[v->rules.turn].uid &&
                  are_payers(v, &p->changes, 1, payers),
              "a kong is paid by others");
    view_must(v, p->changes.n < 2 || p->changes.at[1].score == -each,
              "a kong is worth something else");
    view_kong_paid(v, payers, (unsigned) each);
}

/* The wall is empty: those who wait are paid, one after the other. */
static void
compensate(struct play_view *v, unsigned seat, const struct push_scores *s)
{
    unsigned payers = seats_of(v, s);
    bool again = v->step == VIEW_COMPENSATED;

    view_must(v,
              v->rules.rest == 0 && view_playing(v) >= 2 &&
                  (v->step == VIEW_CLAIM || v->step == VIEW_WON || again),
              "a compensation before the end");
    view_must(v, !v->rules.player[seat].won && (!again || seat > v->winner),
              "a compensation out of order");
    view_must(v,
              payers != 0 && !(payers & 1u << seat) &&
                  !(payers & ~view_players_left(v)) &&
                  are_payers(v, s, 0, payers),
              "a compensation by those who need not pay");
    v->step = VIEW_COMPENSATED;
    v->winner = (uint8_t) seat;
}

static void
pay_win(struct play_view *v, unsigned seat, const struct push_win_score *p)
{
    unsigned payers = v->self_won ? view_players_left(v) : 1u << v->rules.turn;

    view_must(v, v->step == VIEW_WIN_SCORE && seat == v->winner,
              "onHuScoreChange: not now");
    view_must(v,
              p->kind ==
                  (v->self_won ? MAHJONG_WIN_SELF_DRAWN : MAHJONG_WIN_DISCARD),
              "onHuScoreChange: a wrong huPaiType");
    view_must(v, are_payers(v, &p->payers, 0, payers),
              "a win is paid by others");
    v->step = VIEW_WON;
    if (v->self_won)
        return;
    v->lost[v->rules.turn]++;
    view_kong_passed_on(v, seat);
}

void
view_win_score(struct play_view *v, const struct push_win_score *p)
{
    unsigned seat = view_seat(v, p->uid);

    view_goes_on(v);
    view_must(v, p->total > 0 && sum(&p->payers) == -p->total,
              "a win's points do not add up");
    if (seat == MAHJONG_NOBODY)
        return;
    if (p->kind == MAHJONG_WIN_COMPENSATION)
        compensate(v, seat, &p->payers);
    else
        pay_win(v, seat, p);
    v->points[seat] += (int32_t) p->total;
    for (int i = 0; i < p->payers.n; i++) {
        unsigned payer = view_seat(v, p->payers.at[i].uid);

        if (payer != MAHJONG_NOBODY)
            v->points[payer] += (int32_t) p->payers.at[i].score;
    }
}

/* ---- the end of a round ---- */

/* All hands are shown; each tile has been nowhere else. */
static void
lay_hand(struct play_view *v, const struct push_lay *p, unsigned i)
{
    struct mahjong_seat_view *seat = &v->rules.player[i];
    bool mine = i == v->rules.seat;

    view_must(v, p->uid == seat->uid, "a result not in the order of seats");
    view_must(v, p->hand.n == seat->hand_len,
              "a hand at the end has another size");
    view_must(v, p->win_tile == (seat->won ? seat->win_tile : -1),
              "huPai is not the tile of the win");
    view_must(v, p->ting || !seat->won, "a winner who does not wait");
    for (int k = 0; k < p->hand.n; k++) {
        int64_t id = p->hand.at[k];

        if (!view_must(v, view_is_tile(v, id), "a hand at the end is hidden"))
            return;
        view_must(v, v->place[id] == (mine ? PLACE_HAND : PLACE_UNKNOWN),
                  "a hand at the end has a tile that lies elsewhere");
        view_must(v, !mine || id == seat->hand[k],
                  "my hand at the end is another");
        if (!mine)
            v->place[id] = PLACE_HAND;
    }
}

static void
result(struct play_view *v, const struct push_round_end *p, unsigned i)
{
    const struct push_result *r = &p->results.at[i];
    const struct push_remain *s = &p->scores.at[i];
    struct mahjong_seat_view *seat = &v->rules.player[i];

    view_must(v, s->uid == seat->uid, "a result not in the order of seats");
    view_must(v, s->score == r->total, "total is not the score of the round");
    view_must(v, s->remain == seat->score + s->score,
              "remain is not the score before and the change");
    view_must(v, !v->whole || (r->wind == v->wind[i] && r->rain == v->rain[i]),
              "wind or rain is not what kongs have brought");
    view_must(v, !v->whole || r->total - r->wind - r->rain == v->points[i],
              "total is not what was won and lost");
    view_must(v, seat->won ? r->fan >= -1 : r->fan == -2,
              "fanshu does not tell who won");
    view_must(v,
              seat->won == (r->banner == MAHJONG_BANNER_SELF_DRAWN ||
                            r->banner == MAHJONG_BANNER_WON) &&
                  r->banner >= 0 && r->banner <= MAHJONG_BANNER_COMPENSATED,
              "bannerType does not tell who won");
    view_must(v, seat->won || r->desc.len == 0, "desc of one who did not win");
    v->wins[i] += seat->won;
    v->self_draws[i] += r->banner == MAHJONG_BANNER_SELF_DRAWN;
    seat->score = (int32_t) s->remain;
}

static void
sums(struct play_view *v, const struct push_round_end *p)
{
    int64_t score = 0, wind = 0, rain = 0;

    for (int i = 0; i < p->scores.n; i++)
        score += p->scores.at[i].score;
    for (int i = 0; i < p->results.n; i++) {
        wind += p->results.at[i].wind;
        rain += p->results.at[i].rain;
    }
    view_must(v, score == 0, "a round's points do not add up");
    view_must(v, wind == 0 && rain == 0, "wind or rain does not add up");
}

static unsigned
waiting(const struct push_round_end *p)
{
    unsigned bits = 0;

    for (int i = 0; i < p->lay.n; i++)
        if (p->lay.at[i].ting)
            bits |= 1u << i;
    return bits;
}

/* One is left, or a draw is due from an empty wall. */
static bool
may_end(const struct play_view *v)
{
    if (v->step == VIEW_WON && view_playing(v) < 2)
        return true;
    return v->rules.rest == 0 &&
           (v->step == VIEW_WON || v->step == VIEW_CLAIM ||
            v->step == VIEW_COMPENSATED);
}

void
view_round_end(struct play_view *v, const struct push_round_end *p, bool last)
{
    unsigned rounds, round = view_round_of(p->round, &rounds);
    int n = v->rules.seats;

    view_goes_on(v);
    view_must(v, may_end(v), "a round ends early");
    view_passes_win(v);
    view_must(v, round == v->rules.round && rounds == v->rules.rounds,
              "a result of another round");
    view_must(v, last == (round == v->rules.rounds),
              "the last round is not the end, or another one is");
    if (view_must(v, p->lay.n == n && p->results.n == n && p->scores.n == n,
                  "a result without all players")) {
        sums(v, p);
        view_kongs_end(v, waiting(p));
        for (unsigned i = 0; i < v->rules.seats; i++) {
            lay_hand(v, &p->lay.at[i], i);
            result(v, p, i);
        }
    }
    v->whole_rounds += v->whole_rounds + 1u == round;
    v->heard_rounds += v->whole;
    v->step = VIEW_BETWEEN;
    v->whole = false;
    v->rules.ready = 0;
}

/* ---- the end of the match ---- */

static void
total(struct play_view *v, const struct push_game_end *p, unsigned i,
      int64_t best, int64_t worst)
{
    const struct push_total *t = &p->totals.at[i];
    struct mahjong_seat_view *seat = &v->rules.player[i];
    bool all = v->whole_rounds == v->rules.rounds;

    view_must(v, t->uid == seat->uid, "a result not in the order of seats");
    view_must(v, t->total == seat->score - MAHJONG_START_SCORE,
              "totalScore is not what the rounds add up to");
    view_must(
        v, !all || (t->won == v->wins[i] && t->self_drawn == v->self_draws[i]),
        "hu and ziMo are not what was won");
    view_must(v, v->heard_rounds < v->rules.rounds || t->lost == v->lost[i],
              "pao is not what was paid for");
    view_must(v, t->is_creator == (i == 0), "isCreator: another");
    view_must(v, t->is_best == (t->total > 0 && t->total == best),
              "isBigWinner: another has more");
    view_must(v, t->is_worst == (t->lost > 0 && t->lost == worst),
              "isPaoWang: another has more");
}

void
view_game_end(struct play_view *v, const struct push_game_end *p)
{
    unsigned rounds, round = view_round_of(p->title, &rounds);
    int64_t all = 0, best = 0, worst = 0;

    view_must(v, p->normal, "a match is broken off");
    view_round_end(v, &p->round, true);
    view_must(v, round == v->rules.round && rounds == v->rules.rounds,
              "onGameEnd: a wrong title");
    v->step = VIEW_OVER;
    if (!view_must(v, p->totals.n == v->rules.seats,
                   "a result without all players"))
        return;
    for (int i = 0; i < p->totals.n; i++) {
        all += p->totals.at[i].total;
        if (p->totals.at[i].total > best)
            best = p->totals.at[i].total;
        if (p->totals.at[i].lost > worst)
            worst = p->totals.at[i].lost;
    }
    view_must(v, all == 0, "a match's points do not add up");
    for (unsigned i = 0; i < v->rules.seats; i++)
        total(v, p, i, best, worst);
}

/* ---- what all players have heard ---- */

/* FNV-1a. */
static uint64_t
hash(struct str text)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < text.len; i++)
        h = (h ^ (unsigned char) text.data[i]) * 0x100000001b3u;
    return h;
}

const char *
results_hear(struct play_results *r, unsigned who, unsigned round,
             struct str text)
{
    uint64_t h = hash(text);
    unsigned i = round - 1;

    if (i >= PLAY_ROUNDS)
        return "a result of no round";
    if (r->heard[i] & 1u << who)
        return "a result twice";
    if (r->heard[i] == 0)
        r->hash[i] = h;
    r->heard[i] |= (uint8_t) (1u << who);
    return r->hash[i] == h ? NULL : "players hear different results";
}

const char *
results_close(const struct play_results *r, unsigned players, unsigned rounds,
              unsigned away)
{
    unsigned all = (1u << players) - 1;
    unsigned heard = r->heard[(rounds - 1) % PLAY_ROUNDS];

    if (heard == 0)
        return "nobody hears the end of a match";
    if ((heard | away) != all)
        return "a player at the desk does not hear its end";
    return NULL;
}
