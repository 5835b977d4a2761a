/*
 * onSyncDesk: the desk as told to one who comes back.  It tells everything,
 * so the view begins anew; and it must agree with itself: each tile is in one
 * place, and all tiles are somewhere.
 */
#include <string.h>

#include "bench/play_view.h"

/* A list of tiles that lie open, to `place`. */
static void
lay(struct play_view *v, const int64_t *ids, int n, enum view_place place)
{
    for (int i = 0; i < n; i++) {
        if (!view_must(v, view_is_tile(v, ids[i]),
                       "onSyncDesk: what lies open is no tile"))
            continue;
        view_must(v, v->place[ids[i]] == PLACE_UNKNOWN,
                  "onSyncDesk: a tile in two places");
        v->place[ids[i]] = (uint8_t) place;
    }
}

static void
sync_hand(struct play_view *v, const struct push_sync_player *p, unsigned i)
{
    struct mahjong_seat_view *seat = &v->rules.player[i];

    if (i == v->rules.seat) {
        for (int k = 0; k < p->hand.n; k++)
            view_take_tile(v, p->hand.at[k]);
        view_must(v, view_is_tile(v, p->last_draw),
                  "onSyncDesk: what I drew is hidden");
        seat->last_draw = (int8_t) p->last_draw;
        return;
    }
    seat->hand_len = (uint8_t) p->hand.n;
    for (int k = 0; k < p->hand.n; k++)
        view_must(v, p->hand.at[k] == MAHJONG_HIDDEN,
                  "another's tile is shown");
    view_must(v, p->last_draw == MAHJONG_HIDDEN || p->last_draw == 0,
              "another's tile is shown");
}

/* ---- melds: gangInfos of onSyncDesk in sparrow-protocol(7) ---- */

static struct mahjong_meld *
triplet_of(struct mahjong_seat_view *seat, int kind)
{
    for (unsigned i = 0; i < seat->melds; i++)
        if (seat->meld[i].kind == MAHJONG_TRIPLET &&
            seat->meld[i].tile[0] / 4 == kind)
            return &seat->meld[i];
    return NULL;
}

/* How many tiles of one kind stand from at[i] on. */
static int
run_of(const int64_t *at, int i, int n)
{
    int k = i;

    while (k < n && k - i < 4 && at[k] / 4 == at[i] / 4)
        k++;
    return k - i;
}

/* Melds of three or four; at the end the fourth ones of added kongs. */
static void
sync_melds(struct play_view *v, const struct push_sync_player *p, unsigned i)
{
    struct mahjong_seat_view *seat = &v->rules.player[i];
    const int64_t *at = p->melds.at;
    int n = p->melds.n;
    uint8_t added = 0;

    lay(v, at, n, PLACE_MELD);
    for (int k = 0; k < n;) {
        int run = run_of(at, k, n);
        struct mahjong_meld *triplet = triplet_of(seat, (int) at[k] / 4);

        if (triplet != NULL && run == 1) {
            triplet->kind = MAHJONG_ADDED_KONG;
            triplet->tile[3] = (uint8_t) at[k];
            triplet->added = ++added;
        } else if (run >= 3 && added == 0 && seat->melds < MAHJONG_MELDS) {
            struct mahjong_meld *m = &seat->meld[seat->melds++];

            memset(m, 0, sizeof *m);
            memset(m->tile, MAHJONG_NO_TILE, sizeof m->tile);
            m->kind = run == 3 ? MAHJONG_TRIPLET : MAHJONG_DISCARD_KONG;
            m->from = (uint8_t) i;
            for (int t = 0; t < run; t++)
                m->tile[t] = (uint8_t) at[k + t];
        } else {
            view_wrong(v, "onSyncDesk: melds that are none");
            return;
        }
        k += run;
    }
}

/* ---- a player ---- */

static void
sync_win(struct play_view *v, const struct push_sync_player *p, unsigned i)
{
    struct mahjong_seat_view *seat = &v->rules.player[i];

    seat->won = p->won;
    seat->win_tile = -1;
    view_must(v, p->banner >= 0 && p->banner <= MAHJONG_BANNER_COMPENSATED,
              "onSyncDesk: no huType");
    if (!p->won) {
        view_must(v, p->win_tile == -1, "onSyncDesk: huPai without a win");
        return;
    }
    if (!view_must(v, view_is_tile(v, p->win_tile),
                   "onSyncDesk: a win without huPai"))
        return;
    /* two may have won on one tile */
    view_must(v,
              v->place[p->win_tile] == PLACE_UNKNOWN ||
                  v->place[p->win_tile] == PLACE_WON,
              "onSyncDesk: a tile in two places");
    v->place[p->win_tile] = PLACE_WON;
    seat->win_tile = (int8_t) p->win_tile;
}

static void
sync_que(struct play_view *v, const struct push_sync_player *p, unsigned i,
         int64_t status)
{
    bool mine = i == v->rules.seat;
    bool good = p->que >= 1 && p->que <= 3;

    if (v->rules.seats == 3 || status == MAHJONG_DEALING)
        good = p->que == 0;
    else if (status == MAHJONG_SORTED)
        good = mine ? p->que >= -3 && p->que <= 3 && p->que != 0 : p->que == 0;
    if (view_must(v, good, "onSyncDesk: a wrong que"))
        v->rules.player[i].que = (int8_t) p->que;
}

static void
sync_player(struct play_view *v, const struct push_sync *p, unsigned i)
{
    const struct push_sync_player *player = &p->players.at[i];
    struct mahjong_seat_view *seat = &v->rules.player[i];

    view_must(v, player->uid == seat->uid,
              "onSyncDesk: not in the order of seats");
    view_must(v,
              player->score == seat->score &&
                  p->scores.at[i].uid == seat->uid &&
                  p->scores.at[i].score == seat->score,
              "onSyncDesk: a wrong score");
    sync_hand(v, player, i);
    sync_melds(v, player, i);
    lay(v, player->river.at, player->river.n, PLACE_RIVER);
    seat->river_len = (uint8_t) player->river.n;
    for (int k = 0; k < player->river.n; k++)
        seat->river[k] = (int8_t) player->river.at[k];
    sync_win(v, player, i);
    sync_que(v, player, i, p->status);
}

/* ---- the desk ---- */

/* All tiles: hands, rivers, melds, wins (one for several), the wall. */
static void
count_tiles(struct play_view *v)
{
    unsigned all = v->rules.rest;
    unsigned wall = v->rules.seats == 3 ? TILES_OF_THREE : TILES;

    for (unsigned i = 0; i < v->rules.seats; i++)
        if (i != v->rules.seat)
            all += v->rules.player[i].hand_len;
    for (unsigned i = 0; i < wall; i++)
        all += v->place[i] != PLACE_UNKNOWN;
    view_must(v, all == wall, "onSyncDesk: the tiles do not add up");
}

/* Hand and melds are 13 tiles, and one more for who has to discard. */
static void
count_hands(struct play_view *v)
{
    for (unsigned i = 0; i < v->rules.seats; i++) {
        const struct mahjong_seat_view *seat = &v->rules.player[i];
        unsigned n = seat->hand_len + 3u * seat->melds;

        view_must(v,
                  n == HAND_TILES || (n == HAND_TILES_FULL &&
                                      i == v->rules.turn && !seat->won),
                  "onSyncDesk: a hand of a wrong size");
    }
}

/* Has somebody won on the last discard?  Then nobody is asked for it any more,
 * and who discarded it may have drawn since. */
static bool
is_discard_won(const struct play_view *v)
{
    for (unsigned i = 0; i < v->rules.seated; i++)
        if (v->rules.player[i].won &&
            v->rules.player[i].win_tile == v->rules.last_discard)
            return true;
    return false;
}

/* What the desk waits for, by what it looks like. */
static enum view_step
step_of(struct play_view *v, int64_t status)
{
    const struct mahjong_seat_view *turn = &v->rules.player[v->rules.turn];
    unsigned last = turn->melds - 1u;

    if (status == MAHJONG_DEALING)
        return VIEW_DEALT;
    if (status == MAHJONG_SORTED)
        return VIEW_QUE;
    if (turn->hand_len % 3 == 2)
        return VIEW_TURN;
    if (v->rules.last_discard_seat == v->rules.turn && !is_discard_won(v)) {
        v->claim_tile = (uint8_t) v->rules.last_discard;
        return VIEW_CLAIM;
    }
    /* the latest added kong may be robbed */
    for (unsigned i = 0, added = 0; i < turn->melds; i++) {
        if (turn->meld[i].added > added) {
            added = turn->meld[i].added;
            last = i;
        }
    }
    v->kong = MAHJONG_ADDED_KONG;
    if (turn->melds > 0)
        v->claim_tile = turn->meld[last].tile[3];
    view_must(v, v->claim_tile < MAHJONG_WALL,
              "onSyncDesk: nobody has to do anything");
    return VIEW_ROB;
}

static void
sync_discard(struct play_view *v, const struct push_sync *p)
{
    unsigned seat;

    if (p->last_discard_uid == 0)
        return;
    seat = view_seat(v, p->last_discard_uid);
    if (seat == MAHJONG_NOBODY ||
        !view_must(v, view_is_tile(v, p->last_discard),
                   "onSyncDesk: the last discard is no tile"))
        return;
    view_must(v, v->place[p->last_discard] >= PLACE_RIVER,
              "onSyncDesk: the last discard lies nowhere");
    v->rules.last_discard = (int8_t) p->last_discard;
    v->rules.last_discard_seat = (uint8_t) seat;
}

static enum view_todo
sync_todo(struct play_view *v, const struct push_sync *p)
{
    int que = view_me(v)->que;
    bool mine = v->step == VIEW_TURN && v->rules.turn == v->rules.seat;

    view_must(v, p->has_hint || !mine, "onSyncDesk: my turn without a hint");
    if (p->has_hint) {
        view_hint(v, &p->hint);
        return TODO_CHOOSE;
    }
    if (v->step == VIEW_QUE && que < 0)
        return TODO_QUE;
    if (v->step == VIEW_QUE)
        v->chosen_que = (uint8_t) que;
    return v->step == VIEW_DEALT ? TODO_SORT : TODO_NOTHING;
}

enum view_todo
view_sync(struct play_view *v, const struct push_sync *p)
{
    unsigned turn, banker;

    view_round_begins(v);
    if (!view_must(v,
                   p->players.n == v->rules.seats &&
                       v->rules.seated == v->rules.seats &&
                       p->scores.n == v->rules.seats,
                   "onSyncDesk: a wrong number of players") ||
        !view_must(
            v, p->status >= MAHJONG_DEALING && p->status <= MAHJONG_PLAYING,
            "onSyncDesk: a wrong status"))
        return TODO_NOTHING;
    for (unsigned i = 0; i < v->rules.seats; i++)
        sync_player(v, p, i);
    turn = view_seat(v, p->turn);
    banker = view_seat(v, p->banker);
    v->rules.turn = (uint8_t) (turn % MAHJONG_SEATS);
    v->rules.banker = (uint8_t) (banker % MAHJONG_SEATS);
    v->rules.rest = (uint8_t) (p->rest >= 0 && p->rest < TILES ? p->rest : 0);
    sync_discard(v, p);
    count_tiles(v);
    count_hands(v);
    v->step = (uint8_t) step_of(v, p->status);
    /* whether he has drawn or has passed is not told */
    v->can_self = v->resumed = true;
    v->rules.sorted = v->step == VIEW_DEALT ? 0 : 0xf;
    return sync_todo(v, p);
}
