/*
 * onOpTypeDo: who discards, melds or wins, with which tiles.
 */
#include <string.h>

#include "bench/play_view.h"

/* Whoever acts has answered a question; I know which answer was mine. */
static void
check_mine(struct play_view *v, unsigned seat, unsigned op, int64_t id)
{
    if (seat != v->rules.seat || view_is_played(v))
        return;
    if (v->chosen_op == 0 && v->resumed)
        return; /* chosen before the connection was lost */
    view_must(v, v->chosen_op == op, "I did not choose this");
    view_must(v, op != MAHJONG_DISCARD || v->chosen_tile == id,
              "not the tile that I chose");
    v->chosen_op = 0;
}

/* The claimed discard leaves the river of who discarded it. */
static void
unriver(struct play_view *v, enum view_place place)
{
    struct mahjong_seat_view *p = &v->rules.player[v->rules.turn];

    if (p->river_len > 0 && p->river[p->river_len - 1] == v->claim_tile)
        p->river_len--;
    if (v->claim_tile < MAHJONG_WALL)
        v->place[v->claim_tile] = (uint8_t) place;
}

static void
discard(struct play_view *v, unsigned seat, const struct push_tiles *t)
{
    struct mahjong_seat_view *p = &v->rules.player[seat];

    view_must(v, t->n == 1, "a discard is not one tile");
    view_must(v, v->step == VIEW_TURN && seat == v->rules.turn,
              "a discard out of turn");
    view_show_tile(v, seat, t->at[0], PLACE_RIVER);
    v->rules.turn = (uint8_t) seat;
    v->step = VIEW_CLAIM;
    v->winner = MAHJONG_NOBODY;
    v->kong_at_stake = v->kong_made;
    v->kong_made = 0;
    if (!view_is_tile(v, t->at[0]))
        return;
    v->claim_tile = (uint8_t) t->at[0];
    v->rules.last_discard = (int8_t) t->at[0];
    v->rules.last_discard_seat = (uint8_t) seat;
    if (p->river_len < MAHJONG_RIVER)
        p->river[p->river_len++] = (int8_t) t->at[0];
}

/* ---- melds ---- */

static bool
are_one_kind(const struct push_tiles *t)
{
    for (int i = 1; i < t->n; i++)
        if (tile_kind((int) t->at[i]) != tile_kind((int) t->at[0]))
            return false;
    return true;
}

/* The first ones of a kind in the own hand, in its order. */
static bool
are_first_of_hand(const struct play_view *v, const int64_t *ids, int n)
{
    const struct mahjong_seat_view *me = &v->rules.player[v->rules.seat];
    int found = 0;

    for (unsigned i = 0; i < me->hand_len && found < n; i++)
        if (tile_kind(me->hand[i]) == tile_kind((int) ids[0]) &&
            me->hand[i] != ids[found++])
            return false;
    return found == n;
}

/* `own` are from the hand; a claimed tile comes after them in the meld. */
static void
meld_add(struct play_view *v, unsigned seat, unsigned kind, const int64_t *own,
         int n, bool claims)
{
    struct mahjong_seat_view *p = &v->rules.player[seat];
    struct mahjong_meld m = {.kind = (uint8_t) kind, .from = (uint8_t) seat};

    view_must(v, seat != v->rules.seat || are_first_of_hand(v, own, n),
              "a meld is not of the first tiles in hand");
    memset(m.tile, MAHJONG_NO_TILE, sizeof m.tile);
    for (int i = 0; i < n; i++) {
        view_show_tile(v, seat, own[i], PLACE_MELD);
        m.tile[i] = (uint8_t) own[i];
    }
    if (claims) {
        m.tile[n] = v->claim_tile;
        m.from = v->rules.turn;
        unriver(v, PLACE_MELD);
    }
    if (p->melds < MAHJONG_MELDS)
        p->meld[p->melds++] = m;
}

/* A claim of the last discard, with the claimed tile first. */
static void
claim(struct play_view *v, unsigned seat, unsigned op,
      const struct push_tiles *t)
{
    bool kong = op == MAHJONG_GANG;

    view_must(v,
              v->step == VIEW_CLAIM && seat != v->rules.turn &&
                  !v->rules.player[seat].won,
              kong ? "a kong out of turn" : "a peng out of turn");
    view_must(v, t->at[0] == v->claim_tile,
              "what is claimed is not the last discard");
    view_must(v, !view_is_que(&v->rules.player[seat], (int) t->at[0]),
              "a meld of the suit to do without");
    if (seat != v->rules.seat)
        view_passes_win(v);
    view_must(v, !kong || v->rules.rest > 0, "a kong with an empty wall");
    meld_add(v, seat, kong ? MAHJONG_DISCARD_KONG : MAHJONG_TRIPLET, t->at + 1,
             t->n - 1, true);
    v->rules.turn = (uint8_t) seat;
    v->can_self = v->resumed = v->self_asked = false;
    v->kong = MAHJONG_DISCARD_KONG;
    v->kong_made = 0;
    v->step = kong ? VIEW_KONG_SCORE : VIEW_TURN;
    /* what I asked for and did not get is void */
    v->chosen_op = 0;
}

static void
added_kong(struct play_view *v, unsigned seat, int64_t id)
{
    struct mahjong_seat_view *p = &v->rules.player[seat];
    unsigned i = 0, added = 1;

    for (unsigned k = 0; k < p->melds; k++)
        added += p->meld[k].kind == MAHJONG_ADDED_KONG;
    while (i < p->melds && (p->meld[i].kind != MAHJONG_TRIPLET ||
                            p->meld[i].tile[0] / 4 != id / 4))
        i++;
    view_show_tile(v, seat, id, PLACE_MELD);
    v->step = VIEW_ROB;
    v->kong_at_stake = 0; /* a robbed one pays nothing */
    v->kong = MAHJONG_ADDED_KONG;
    v->winner = MAHJONG_NOBODY;
    if (!view_must(v, i < p->melds, "an added kong without its triplet"))
        return;
    p->meld[i].kind = MAHJONG_ADDED_KONG;
    p->meld[i].tile[3] = (uint8_t) id;
    p->meld[i].added = (uint8_t) added;
    v->claim_tile = (uint8_t) id;
}

static void
own_kong(struct play_view *v, unsigned seat, const struct push_tiles *t)
{
    view_must(v, v->step == VIEW_TURN && seat == v->rules.turn && v->can_self,
              "a kong out of turn");
    view_must(v, v->rules.rest > 0, "a kong with an empty wall");
    view_must(v, !view_is_que(&v->rules.player[seat], (int) t->at[0]),
              "a meld of the suit to do without");
    v->rules.turn = (uint8_t) seat;
    if (t->n == 1) {
        added_kong(v, seat, t->at[0]);
        return;
    }
    meld_add(v, seat, MAHJONG_CONCEALED_KONG, t->at, t->n, false);
    v->kong = MAHJONG_CONCEALED_KONG;
    v->step = VIEW_KONG_SCORE;
}

static void
meld(struct play_view *v, unsigned seat, unsigned op,
     const struct push_tiles *t)
{
    bool size = op == MAHJONG_PENG ? t->n == 3 : t->n == 4 || t->n == 1;

    for (int i = 0; i < t->n; i++)
        size = size && view_is_tile(v, t->at[i]);
    if (!view_must(v, size && are_one_kind(t), "a meld that is none"))
        return;
    if (op == MAHJONG_PENG || (t->n == 4 && v->step == VIEW_CLAIM))
        claim(v, seat, op, t);
    else
        own_kong(v, seat, t);
}

/* ---- wins ---- */

/* A robbed kong is a triplet again. */
static void
unkong(struct play_view *v)
{
    struct mahjong_seat_view *p = &v->rules.player[v->rules.turn];

    for (unsigned i = 0; i < p->melds; i++) {
        struct mahjong_meld *m = &p->meld[i];

        if (m->kind != MAHJONG_ADDED_KONG || m->tile[3] != v->claim_tile)
            continue;
        m->kind = MAHJONG_TRIPLET;
        m->tile[3] = MAHJONG_NO_TILE;
        m->added = 0;
    }
    if (v->claim_tile < MAHJONG_WALL)
        v->place[v->claim_tile] = PLACE_WON;
}

/* How far the seat sits from the owner of the tile, in the order of play. */
static unsigned
distance(const struct play_view *v, unsigned seat)
{
    return (seat + v->rules.seats - v->rules.turn) % v->rules.seats;
}

static void
claimed_win(struct play_view *v, unsigned seat, int64_t id)
{
    view_must(v, seat != v->rules.turn && !v->rules.player[seat].won,
              "a win out of turn");
    view_must(v, id == v->claim_tile, "a win on another tile");
    view_must(
        v, v->step != VIEW_WON || distance(v, seat) > distance(v, v->winner),
        "winners are not in the order of play");
    if (v->step == VIEW_CLAIM)
        unriver(v, PLACE_WON);
    else if (v->step == VIEW_ROB)
        unkong(v);
    v->self_won = false;
}

static void
self_drawn_win(struct play_view *v, unsigned seat, int64_t id)
{
    view_must(v, v->step == VIEW_TURN && seat == v->rules.turn && v->can_self,
              "a win out of turn");
    view_must(v, seat != v->rules.seat || id == view_me(v)->last_draw,
              "a win on another tile");
    view_show_tile(v, seat, id, PLACE_WON);
    v->rules.turn = (uint8_t) seat;
    v->self_won = true;
}

static void
win(struct play_view *v, unsigned seat, const struct push_tiles *t)
{
    struct mahjong_seat_view *p = &v->rules.player[seat];
    bool claimed = v->step == VIEW_CLAIM || v->step == VIEW_ROB ||
                   (v->step == VIEW_WON && !v->self_won);

    view_must(v, t->n == 1, "a win is not on one tile");
    if (claimed)
        claimed_win(v, seat, t->at[0]);
    else
        self_drawn_win(v, seat, t->at[0]);
    view_must(v, view_is_tile(v, t->at[0]) && !view_is_que(p, (int) t->at[0]),
              "a win in the suit to do without");
    p->won = true;
    p->win_tile = (int8_t) t->at[0];
    v->winner = (uint8_t) seat;
    v->step = VIEW_WIN_SCORE;
}

void
view_do(struct play_view *v, const struct push_do *p)
{
    unsigned seat,
        op = p->op >= 0 && p->op <= MAHJONG_PASS ? (unsigned) p->op : 0;

    view_play_begins(v);
    view_goes_on(v);
    view_must(v, p->hutype == 0, "onOpTypeDo: hutype is not 0");
    if (!view_must(v, p->uid.n == 1 && p->tiles.n >= 1,
                   "onOpTypeDo: not one doer, or no tiles"))
        return;
    seat = view_seat(v, p->uid.at[0]);
    if (seat == MAHJONG_NOBODY)
        return;
    check_mine(v, seat, op, p->tiles.at[0]);
    switch (op) {
    case MAHJONG_DISCARD:
        discard(v, seat, &p->tiles);
        break;
    case MAHJONG_PENG:
    case MAHJONG_GANG:
        meld(v, seat, op, &p->tiles);
        break;
    case MAHJONG_HU:
        win(v, seat, &p->tiles);
        break;
    default:
        view_wrong(v, "onOpTypeDo: nothing that is done");
        break;
    }
}
