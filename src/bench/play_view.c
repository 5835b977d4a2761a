#include "bench/play_view.h"

#include <string.h>

bool
view_wrong(struct play_view *v, const char *what)
{
    if (v->wrong == NULL)
        v->wrong = what;
    return false;
}

unsigned
view_seat(struct play_view *v, int64_t uid)
{
    for (unsigned i = 0; i < v->rules.seated; i++)
        if (v->rules.player[i].uid == uid)
            return i;
    view_wrong(v, "a push names a stranger");
    return MAHJONG_NOBODY;
}

unsigned
view_next(const struct play_view *v, unsigned seat)
{
    for (unsigned i = 0; i < v->rules.seats; i++) {
        seat = (seat + 1) % v->rules.seats;
        if (!v->rules.player[seat].won)
            break;
    }
    return seat;
}

unsigned
view_players_left(const struct play_view *v)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < v->rules.seats; i++)
        if (!v->rules.player[i].won)
            bits |= 1u << i;
    return bits;
}

unsigned
view_playing(const struct play_view *v)
{
    return (unsigned) __builtin_popcount(view_players_left(v));
}

/* ---- tiles ---- */

unsigned
view_held(const struct play_view *v, int kind)
{
    const struct mahjong_seat_view *me = &v->rules.player[v->rules.seat];
    unsigned n = 0;

    for (unsigned i = 0; i < me->hand_len; i++)
        n += tile_kind(me->hand[i]) == kind;
    return n;
}

void
view_hand(const struct play_view *v, struct hand *hand)
{
    const struct mahjong_seat_view *me = &v->rules.player[v->rules.seat];

    memset(hand, 0, sizeof *hand);
    for (unsigned i = 0; i < me->hand_len; i++)
        hand_add(hand, tile_kind(me->hand[i]), 1);
}

void
view_take_tile(struct play_view *v, int64_t id)
{
    struct mahjong_seat_view *me = view_me(v);

    if (!view_must(v, view_is_tile(v, id), "own tiles are hidden, or none") ||
        !view_must(v, v->place[id] == PLACE_UNKNOWN,
                   "a tile comes that lies elsewhere") ||
        me->hand_len == MAHJONG_HAND) /* something was wrong before */
        return;
    v->place[id] = PLACE_HAND;
    me->hand[me->hand_len++] = (int8_t) id;
}

void
view_show_tile(struct play_view *v, unsigned seat, int64_t id,
               enum view_place place)
{
    struct mahjong_seat_view *p = &v->rules.player[seat];
    bool mine = seat == v->rules.seat;
    unsigned i = 0;

    if (!view_must(v, view_is_tile(v, id), "what is shown is no tile") ||
        !view_must(v, v->place[id] == (mine ? PLACE_HAND : PLACE_UNKNOWN),
                   mine ? "a tile of mine that I do not hold"
                        : "a tile is shown that lies elsewhere") ||
        !view_must(v, p->hand_len > 0, "a tile of an empty hand"))
        return;
    v->place[id] = (uint8_t) place;
    p->hand_len--;
    if (!mine)
        return;
    while (p->hand[i] != id)
        i++;
    memmove(p->hand + i, p->hand + i + 1, p->hand_len - i);
}

/* ---- the match ---- */

void
view_begin(struct play_view *v, int64_t uid, uint32_t number, unsigned mode,
           unsigned rounds)
{
    memset(v, 0, sizeof *v);
    v->uid = uid;
    v->number = number;
    v->step = VIEW_BETWEEN;
    v->rules.seats = (uint8_t) mode;
    v->rules.rounds = (uint8_t) rounds;
    v->winner = MAHJONG_NOBODY;
}

void
view_away(struct play_view *v)
{
    v->step = VIEW_NOWHERE;
    v->missed = true;
    v->whole = false;
    v->may_sync = v->announced = false;
    v->chosen_op = 0;
    v->rules.hint.offer = 0;
}

/* ---- the round ---- */

void
view_round_begins(struct play_view *v)
{
    memset(v->place, PLACE_UNKNOWN, sizeof v->place);
    memset(v->points, 0, sizeof v->points);
    memset(v->rain, 0, sizeof v->rain);
    memset(v->wind, 0, sizeof v->wind);
    v->kongs = v->kong_made = v->kong_at_stake = 0;
    memset(&v->rules.hint, 0, sizeof v->rules.hint);
    v->spoiled = v->resumed = v->self_asked = v->self_won = false;
    v->chosen_op = v->chosen_que = 0;
    v->winner = MAHJONG_NOBODY;
    v->claim_tile = MAHJONG_NO_TILE;
    v->rules.sorted = 0;
    v->rules.last_discard = -1;
    v->rules.last_discard_seat = MAHJONG_NOBODY;
    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        struct mahjong_seat_view *p = &v->rules.player[i];

        p->hand_len = p->river_len = p->melds = p->banner = 0;
        p->que = p->last_draw = 0;
        p->win_tile = -1;
        p->won = false;
    }
}

static void
deal_hand(struct play_view *v, const struct push_dealt *p, unsigned i)
{
    struct mahjong_seat_view *seat = &v->rules.player[i];
    int want = i == v->rules.banker ? HAND_TILES_FULL : HAND_TILES;

    view_must(v, p->uid == seat->uid, "onDuanPai: not in the order of seats");
    view_must(v, p->tiles.n == want, "onDuanPai: a wrong number of tiles");
    if (i != v->rules.seat) {
        for (int k = 0; k < p->tiles.n; k++)
            view_must(v, p->tiles.at[k] == MAHJONG_HIDDEN,
                      "another's tile is shown");
        seat->hand_len = (uint8_t) p->tiles.n;
        return;
    }
    for (int k = 0; k < p->tiles.n; k++)
        view_take_tile(v, p->tiles.at[k]);
    if (seat->hand_len > 0)
        seat->last_draw = seat->hand[seat->hand_len - 1];
}

static bool
is_die(int64_t n)
{
    return n >= 1 && n <= 6;
}

static void
deal(struct play_view *v, const struct push_deal *p)
{
    unsigned wall = v->rules.seats == 3 ? TILES_OF_THREE : TILES;
    unsigned banker;

    view_must(v, v->step == VIEW_BETWEEN && v->announced,
              "onDuanPai: not now");
    v->announced = false;
    v->step = VIEW_DEALT;
    view_round_begins(v);
    v->whole = true;
    if (!view_must(v,
                   p->hands.n == v->rules.seats &&
                       v->rules.seated == v->rules.seats,
                   "onDuanPai: a wrong number of players"))
        return;
    banker = view_seat(v, p->banker);
    v->rules.banker = v->rules.turn = (uint8_t) (banker % MAHJONG_SEATS);
    view_must(v, is_die(p->dice[0]) && is_die(p->dice[1]),
              "onDuanPai: no dice");
    for (unsigned i = 0; i < v->rules.seats; i++)
        deal_hand(v, &p->hands.at[i], i);
    v->rules.rest = (uint8_t) (wall - 13u * v->rules.seats - 1);
    v->can_self = true;
}

/* The suit with the fewest tiles, the lowest on a tie. */
static int
que_suggestion(const struct play_view *v)
{
    const struct mahjong_seat_view *me = &v->rules.player[v->rules.seat];
    int count[SUITS] = {0}, best = 0;

    for (unsigned i = 0; i < me->hand_len; i++)
        count[tile_suit(me->hand[i])]++;
    for (int suit = 1; suit < SUITS; suit++)
        if (count[suit] < count[best])
            best = suit;
    return best + 1;
}

static void
que_hint(struct play_view *v, const struct push_number *p)
{
    view_must(v,
              v->step == VIEW_DEALT && v->rules.seats == 4 &&
                  (v->rules.sorted != 0 || v->resumed || view_is_played(v)),
              "onDingQueHint: not now");
    view_must(v, p->value == que_suggestion(v),
              "onDingQueHint: another suit has fewer tiles");
    v->step = VIEW_QUE;
    view_me(v)->que = (int8_t) -
                      (p->value >= 1 && p->value <= 3 ? p->value : 1);
}

static void
ques(struct play_view *v, const struct push_ques *p)
{
    bool played = view_is_played(v);

    view_must(v, v->step == VIEW_QUE && (v->chosen_que != 0 || played),
              "onDingQue: not now");
    v->step = VIEW_TURN;
    if (!view_must(v, p->n == v->rules.seats,
                   "onDingQue: a wrong number of players"))
        return;
    for (int i = 0; i < p->n; i++) {
        struct mahjong_seat_view *seat = &v->rules.player[i];

        view_must(v, p->at[i].uid == seat->uid,
                  "onDingQue: not in the order of seats");
        if (view_must(v, p->at[i].que >= 1 && p->at[i].que <= 3,
                      "onDingQue: no suit"))
            seat->que = (int8_t) p->at[i].que;
    }
    view_must(v, view_me(v)->que == (int8_t) v->chosen_que || played,
              "onDingQue: not the suit that I named");
}

void
view_play_begins(struct play_view *v)
{
    if (v->step == VIEW_DEALT && v->rules.seats == 3 &&
        (v->rules.sorted != 0 || v->resumed || view_is_played(v)))
        v->step = VIEW_TURN;
}

void
view_goes_on(struct play_view *v)
{
    view_must(v, v->rules.hint.offer == 0 || view_is_played(v),
              "play goes on without my answer");
    v->rules.hint.offer = 0;
}

/* Who draws: the konger, or the next after the discarder or last winner. */
static unsigned
drawer(const struct play_view *v)
{
    switch (v->step) {
    case VIEW_KONG_DRAW:
        return v->rules.turn;
    case VIEW_CLAIM:
        return view_next(v, v->rules.turn);
    case VIEW_WON:
        return view_next(v, v->winner);
    default:
        return MAHJONG_NOBODY;
    }
}

static void
draw(struct play_view *v, const struct push_draw *p)
{
    unsigned seat = view_seat(v, p->uid);
    int64_t id = p->tiles.n == 1 ? p->tiles.at[0] : MAHJONG_HIDDEN;

    view_goes_on(v);
    view_must(v, p->tiles.n == 1, "onMoPai: not one tile");
    view_must(v, drawer(v) != MAHJONG_NOBODY, "onMoPai: not now");
    view_must(v, drawer(v) == seat, "onMoPai: another should draw");
    view_passes_win(v);
    view_must(v, v->rules.rest > 0, "onMoPai: the wall is empty");
    if (seat == MAHJONG_NOBODY)
        return;
    if (v->step != VIEW_KONG_DRAW)
        v->kong_made = 0;
    v->rules.rest -= v->rules.rest > 0;
    v->rules.turn = (uint8_t) seat;
    v->step = VIEW_TURN;
    v->can_self = true;
    v->resumed = v->self_asked = false;
    v->chosen_op = 0;
    v->rules.player[seat].last_draw = (int8_t) id;
    if (seat == v->rules.seat)
        view_take_tile(v, id);
    else if (view_must(v, id == MAHJONG_HIDDEN, "another's tile is shown"))
        v->rules.player[seat].hand_len++;
}

/* ---- all of them ---- */

/* While he is not at the desk he hears of nothing there. */
static void
check_place(struct play_view *v, const struct push *p)
{
    bool synced = v->may_sync;

    if (p->route == PUSH_COINS || p->route == PUSH_BROADCAST)
        return;
    view_must(v, v->step != VIEW_NOWHERE || p->route == PUSH_BASIC,
              "a push to one who is not in the group");
    view_must(v, v->step != VIEW_OVER, "a push after the end");
    view_must(v, !v->announced || p->route == PUSH_DEAL,
              "the deal does not follow onDeskBasicInfo");
    view_must(v, p->route != PUSH_SYNC || (synced && !v->missed),
              "onSyncDesk: not now");
    if (p->route != PUSH_PLAYERS || !v->missed)
        v->may_sync = false;
}

static enum view_todo
take(struct play_view *v, const struct push *p)
{
    check_place(v, p);
    switch (p->route) {
    case PUSH_DRAW:
        draw(v, &p->draw);
        return TODO_NOTHING;
    case PUSH_DO:
        view_do(v, &p->act);
        return TODO_NOTHING;
    case PUSH_HINT:
        view_hint(v, &p->hint);
        return TODO_CHOOSE;
    case PUSH_PLAYERS:
        view_players(v, &p->players);
        return TODO_NOTHING;
    case PUSH_QUE:
        ques(v, &p->ques);
        return TODO_NOTHING;
    case PUSH_QUE_HINT:
        que_hint(v, &p->number);
        return TODO_QUE;
    case PUSH_WIN_SCORE:
        view_win_score(v, &p->win);
        return TODO_NOTHING;
    case PUSH_KONG_SCORE:
        view_kong_score(v, &p->kong);
        return TODO_NOTHING;
    case PUSH_BASIC:
        view_basic_info(v, &p->basic);
        return TODO_NOTHING;
    case PUSH_DEAL:
        deal(v, &p->deal);
        return TODO_SORT;
    case PUSH_GAME_END:
        view_game_end(v, &p->game);
        return TODO_OVER;
    case PUSH_ROUND_END:
        view_round_end(v, &p->round, false);
        return TODO_READY;
    case PUSH_SYNC:
        return view_sync(v, &p->sync);
    case PUSH_PRESENCE:
        view_presence(v, &p->flag);
        return TODO_NOTHING;
    case PUSH_TRUSTEE:
        view_trustee(v, &p->flag);
        return TODO_NOTHING;
    case PUSH_COINS:
    case PUSH_BROADCAST:
        return TODO_NOTHING;
    default:
        view_wrong(v, "nobody has asked to leave or dissolve");
        return p->route == PUSH_DISSOLVE ? TODO_OVER : TODO_NOTHING;
    }
}

const char *
view_take(struct play_view *v, const struct push *p, enum view_todo *todo)
{
    bool was_spoiled;

    v->wrong = NULL;
    *todo = take(v, p);
    /* a deal and a sync begin anew, and are judged by themselves */
    was_spoiled = v->spoiled;
    if (v->wrong != NULL)
        v->spoiled = true;
    return was_spoiled ? NULL : v->wrong;
}

void
view_answered(struct play_view *v, const struct mahjong_action *a)
{
    switch (a->type) {
    case MAHJONG_SORT:
        v->rules.sorted |= (uint8_t) (1u << v->rules.seat);
        break;
    case MAHJONG_QUE:
        v->chosen_que = a->que;
        break;
    case MAHJONG_CHOOSE:
        v->chosen_op = a->op;
        v->chosen_tile = a->tile;
        v->rules.hint.offer = 0;
        break;
    default:
        break;
    }
}

const char *
view_waits_for(const struct play_view *v)
{
    switch (v->step) {
    case VIEW_NOWHERE:
        return "his desk";
    case VIEW_BETWEEN:
        return "the next round";
    case VIEW_DEALT:
        return "all to have sorted";
    case VIEW_QUE:
        return "all to have named a suit";
    case VIEW_TURN:
        return v->rules.turn == v->rules.seat ? "a hint" : "a discard";
    case VIEW_CLAIM:
        return "claims, or a draw";
    case VIEW_ROB:
        return "robbers of a kong";
    case VIEW_OVER:
        return "nothing";
    default:
        return "what must follow at once";
    }
}
