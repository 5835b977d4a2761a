/*
 * onOpTypeHint: what the player is asked.  He knows his hand, so he knows
 * what he must be offered: kongs and a win with his own tiles exactly, peng
 * and kong of a discard exactly, a win on a discard as far as the hand must be
 * complete (its fan and 过手胡 are the server's business).
 */
#include <string.h>

#include "bench/play_view.h"

/* The hint in the form of the rules; false: it is none. */
static bool
parse(struct play_view *v, const struct push_hint *p, struct mahjong_hint *h)
{
    memset(h, 0, sizeof *h);
    h->tile = MAHJONG_NO_TILE;
    for (int i = 0; i < p->ops.n; i++) {
        const struct push_op *op = &p->ops.at[i];
        bool bare = op->op == MAHJONG_DISCARD || op->op == MAHJONG_PASS;

        if (!view_must(v, op->op >= MAHJONG_DISCARD && op->op <= MAHJONG_PASS,
                       "a hint for something unknown") ||
            !view_must(v, op->tiles.n == (bare ? -1 : 1),
                       "a hint with a wrong number of tiles"))
            return false;
        h->offer |= (uint8_t) (1u << op->op);
        if (bare)
            continue;
        if (!view_must(v, view_is_tile(v, op->tiles.at[0]),
                       "a hint for no tile"))
            return false;
        if (op->op == MAHJONG_GANG && h->kongs < MAHJONG_KONGS)
            h->kong[h->kongs++] = (uint8_t) op->tiles.at[0];
        else
            h->tile = (uint8_t) op->tiles.at[0];
    }
    for (int i = 0; i < p->tings.n; i++) {
        const struct push_ting *ting = &p->tings.at[i];

        if (!view_must(v, is_index((int) ting->index), "a hint of no kind"))
            return false;
        h->ting[i].kind = (uint8_t) index_kind((int) ting->index);
        for (int k = 0; k < ting->waits.n; k++) {
            if (!view_must(v, is_index((int) ting->waits.at[k]),
                           "a hint of no kind"))
                return false;
            h->ting[i].waits |= 1u << index_kind((int) ting->waits.at[k]);
        }
        h->tings++;
    }
    return true;
}

/* ---- the own turn ---- */

static bool
has_que(struct play_view *v, const struct hand *hand)
{
    int que = view_me(v)->que;

    return que > 0 && hand->suit[que - 1] != 0;
}

static bool
has_triplet(const struct mahjong_seat_view *me, int kind)
{
    for (unsigned i = 0; i < me->melds; i++)
        if (me->meld[i].kind == MAHJONG_TRIPLET &&
            me->meld[i].tile[0] / 4 == kind)
            return true;
    return false;
}

/* Concealed ones first, by their first tile in hand, then added ones. */
static unsigned
own_kongs(struct play_view *v, uint8_t *tiles)
{
    const struct mahjong_seat_view *me = view_me(v);
    uint32_t seen = 0;
    unsigned n = 0;

    if (v->rules.rest == 0)
        return 0;
    for (unsigned i = 0; i < me->hand_len && n < MAHJONG_KONGS; i++) {
        int kind = tile_kind(me->hand[i]);

        if (!(seen & 1u << kind) && view_held(v, kind) == 4 &&
            !view_is_que(me, me->hand[i]))
            tiles[n++] = (uint8_t) me->hand[i];
        seen |= 1u << kind;
    }
    for (unsigned i = 0; i < me->hand_len && n < MAHJONG_KONGS; i++)
        if (has_triplet(me, tile_kind(me->hand[i])) &&
            !view_is_que(me, me->hand[i]))
            tiles[n++] = (uint8_t) me->hand[i];
    return n;
}

/* May he kong or win with his own tiles? */
static unsigned
own_offer(struct play_view *v, uint8_t *kongs, unsigned *n)
{
    struct hand hand;
    unsigned offer = 0;

    *n = own_kongs(v, kongs);
    if (*n > 0)
        offer |= 1u << MAHJONG_GANG;
    view_hand(v, &hand);
    if (hand_is_complete(&hand) && !has_que(v, &hand))
        offer |= 1u << MAHJONG_HU;
    return offer == 0 ? 0 : offer | 1u << MAHJONG_PASS;
}

static void
self_check(struct play_view *v, struct mahjong_hint *h)
{
    uint8_t kongs[MAHJONG_KONGS];
    unsigned n, offer = own_offer(v, kongs, &n);

    h->phase = MAHJONG_ASK_SELF;
    view_must(v, v->can_self && (!v->self_asked || view_is_played(v)),
              "asked for a kong or a win at the wrong time");
    view_must(v,
              h->offer == offer && h->kongs == n &&
                  memcmp(h->kong, kongs, n) == 0,
              "not the kongs and wins of my hand");
    view_must(v,
              !(h->offer & 1u << MAHJONG_HU) ||
                  h->tile == (uint8_t) view_me(v)->last_draw,
              "a win on another tile");
    view_must(v, h->tings == 0, "a hint that tells what to wait for");
    v->self_asked = true;
}

/* What every discard would leave to wait for. */
static void
check_tings(struct play_view *v, const struct mahjong_hint *h)
{
    uint32_t waits[KINDS], kinds;
    struct hand hand;
    unsigned n = 0;

    view_hand(v, &hand);
    kinds = hand_hints(&hand, waits);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (!(kinds & 1u << kind))
            continue;
        view_must(v,
                  n < h->tings && h->ting[n].kind == kind &&
                      h->ting[n].waits == waits[kind],
                  "a hint that tells wrong waits");
        n++;
    }
    view_must(v, n == h->tings, "a hint that tells wrong waits");
}

static void
ask_discard(struct play_view *v, struct mahjong_hint *h)
{
    uint8_t kongs[MAHJONG_KONGS];
    unsigned n;

    h->phase = MAHJONG_ASK_DISCARD;
    view_must(v, h->offer == 1u << MAHJONG_DISCARD,
              "a discard offered with something else");
    view_must(v,
              !v->can_self || v->self_asked || v->resumed ||
                  own_offer(v, kongs, &n) == 0,
              "not asked for a kong or a win");
    view_must(v, view_me(v)->hand_len % 3 == 2, "a discard of a short hand");
    check_tings(v, h);
}

/* ---- tiles of others ---- */

static bool
completes(struct play_view *v)
{
    struct hand hand;

    view_hand(v, &hand);
    hand_add(&hand, tile_kind(v->claim_tile), 1);
    return hand_is_complete(&hand) && !has_que(v, &hand);
}

static void
ask_claim(struct play_view *v, struct mahjong_hint *h)
{
    bool rob = v->step == VIEW_ROB;
    unsigned pass = 1u << MAHJONG_PASS, hu = h->offer & 1u << MAHJONG_HU;
    unsigned want = pass | hu, held;

    h->phase = rob ? MAHJONG_ASK_ROB : MAHJONG_ASK_CLAIM;
    if (v->claim_tile >= MAHJONG_WALL)
        return; /* something was wrong before */
    held = view_held(v, tile_kind(v->claim_tile));
    if (!rob && held >= 2)
        want |= 1u << MAHJONG_PENG;
    if (!rob && held == 3 && v->rules.rest > 0)
        want |= 1u << MAHJONG_GANG;
    view_must(v, !view_me(v)->won, "a winner is asked");
    view_must(v, !view_is_que(view_me(v), v->claim_tile),
              "asked for a tile of the suit to do without");
    view_must(v, h->offer == want && want != pass && (hu != 0 || !rob),
              "not what can be done with the tile");
    view_must(v, hu == 0 || completes(v), "a win offered that is none");
    view_must(v, h->tile == v->claim_tile || h->tile == MAHJONG_NO_TILE,
              "a hint for another tile");
    for (unsigned i = 0; i < h->kongs; i++)
        view_must(v, h->kong[i] == v->claim_tile, "a hint for another tile");
    view_must(v, h->tings == 0, "a hint that tells what to wait for");
    h->tile = v->claim_tile;
    h->kongs = 0;
}

/* ---- the order of a hint ---- */

/*
 * Own turn: 1, or kongs, 4, 5.  Others' tiles: with a win 4, 5, 2, 3, without
 * 5, 2, 3.
 */
static void
check_order(struct play_view *v, const struct push_hint *p)
{
    static const uint8_t own[] = {0, 1, 9, 2, 3, 4},
                         other[] = {0, 9, 3, 4, 1, 2};
    const uint8_t *rank = v->rules.turn == v->rules.seat ? own : other;

    for (int i = 1; i < p->ops.n; i++) {
        int64_t a = p->ops.at[i - 1].op, b = p->ops.at[i].op;

        view_must(v,
                  rank[a] < rank[b] ||
                      (a == b && a == MAHJONG_GANG && rank == own),
                  "a hint in another order");
    }
}

/* ---- its number ---- */

/* A hint that is told again keeps its number, the next has a greater one. */
static void
check_number(struct play_view *v, int64_t number, const struct mahjong_hint *h)
{
    struct view_hint *last = &v->asked;
    struct view_hint now = {.number = number,
                            .round = v->rules.round,
                            .offer = h->offer,
                            .tile = h->tile,
                            .rest = v->rules.rest,
                            .hand_len = view_me(v)->hand_len};
    bool again = last->round == now.round && last->offer == now.offer &&
                 last->tile == now.tile && last->rest == now.rest &&
                 last->hand_len == now.hand_len;

    view_must(v, number > 0, "a hint without a number");
    if (last->number != 0 && again)
        view_must(v, number == last->number,
                  "a hint again under another number");
    else
        view_must(v, number > last->number, "a hint under an old number");
    *last = now;
}

void
view_hint(struct play_view *v, const struct push_hint *p)
{
    struct mahjong_hint h;
    bool mine = v->rules.turn == v->rules.seat;

    view_play_begins(v);
    /* an answer after the server's is refused, and the question put again */
    view_must(v, v->rules.hint.offer == 0 || view_is_played(v),
              "asked again without an answer");
    view_must(v, p->uid == v->uid, "another's hint");
    if (!parse(v, p, &h)) {
        v->rules.hint = h;
        return;
    }
    check_order(v, p);
    if (v->step == VIEW_TURN && mine && (h.offer & 1u << MAHJONG_DISCARD))
        ask_discard(v, &h);
    else if (v->step == VIEW_TURN && mine)
        self_check(v, &h);
    else if ((v->step == VIEW_CLAIM || v->step == VIEW_ROB) && !mine)
        ask_claim(v, &h);
    else
        view_wrong(v, "asked out of turn");
    check_number(v, p->number, &h);
    v->rules.hint = h;
    v->chosen_op = 0;
}
