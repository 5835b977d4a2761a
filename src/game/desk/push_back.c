#include "game/desk/pusher.h"

struct sync_body {
    struct sync_desk desk;
    struct sync_player player[MAHJONG_SEATS];
    struct score_change score[MAHJONG_SEATS];
    struct hint_body hint;
    int hand[MAHJONG_SEATS][MAHJONG_HAND];
    int river[MAHJONG_SEATS][MAHJONG_RIVER];
    int meld[MAHJONG_SEATS][4 * MAHJONG_MELDS];
};

static void
sync_player(const struct mahjong_seat_view *view, unsigned i,
            struct sync_body *body)
{
    uint8_t melds[4 * MAHJONG_MELDS];
    unsigned n = mahjong_view_melds(view, melds);

    for (unsigned k = 0; k < view->hand_len; k++)
        body->hand[i][k] = view->hand[k];
    for (unsigned k = 0; k < view->river_len; k++)
        body->river[i][k] = view->river[k];
    for (unsigned k = 0; k < n; k++)
        body->meld[i][k] = melds[k];
    body->player[i] = (struct sync_player){
        .ac_id = view->uid,
        .shou_pai_ids = {body->hand[i], view->hand_len},
        .chu_pai_ids = {body->river[i], view->river_len},
        .gang_infos = {body->meld[i], n},
        .last_tile = view->last_draw,
        .is_hu = view->won,
        .hu_pai = view->win_tile,
        .hu_type = view->banner,
        .que = view->que,
        .score = view->score};
    body->score[i] = (struct score_change){view->uid, view->score};
}

static void
push_sync(struct desk_pusher *p, unsigned seat, unsigned ord)
{
    struct mahjong_view view;
    struct sync_body body;
    unsigned last;

    mahjong_view(&p->st->rules, seat, p->audience.open & seat_bit(seat),
                 &view);
    last = view.last_discard_seat;
    for (unsigned i = 0; i < view.seated; i++)
        sync_player(&view.player[i], i, &body);
    body.desk = (struct sync_desk){
        .status = view.status,
        .players = {body.player, view.seated},
        .score_info = {body.score, view.seated},
        .marker_ac_id = view.player[view.banker].uid,
        .last_mo_pai_ac_id = view.player[view.turn].uid,
        .rest_cnt = view.rest,
        .dice1 = view.dice[0],
        .dice2 = view.dice[1],
        .last_chu_pai_id = last < view.seated ? view.last_discard : 0,
        .last_chu_pai_uid = last < view.seated ? view.player[last].uid : 0};
    if (view.hint.offer != 0) {
        p->asks = p->st->hint_seq[seat];
        hint_fill(&body.hint, &view.hint, push_uid(p, seat), p->asks);
        body.desk.hint = &body.hint.hint;
    }
    push_to(p, seat_bit(seat), ord, STR("onSyncDesk"), &sync_desk_fields,
            &body.desk);
    p->asks = 0;
}

static void
push_vote_back(struct desk_pusher *p, unsigned seat, int64_t now_ms)
{
    const struct mahjong_desk *rules = &p->st->rules;
    uint8_t status[MAHJONG_SEATS];
    uint32_t rest_ms;
    bool agreed = rules->agreed & seat_bit(seat);

    if (!rules->voting)
        return;
    rest_ms = mahjong_vote(rules, now_ms, status);
    push_agreement(p, seat_bit(seat), ORD_ENTER + 4,
                   agreed ? push_uid(p, seat) : 0, status, rest_ms);
    push_vote(p, p->audience.entered & ~seat_bit(seat), ORD_ENTER + 5, status,
              rest_ms);
}

/* ClientInitCompleted, ReJoin, ReEnter. */
void
push_enter(struct desk_pusher *p, const struct desk_step *step)
{
    const struct mahjong_desk *rules = &p->st->rules;
    unsigned seat = step->seat, others = p->audience.entered & ~seat_bit(seat);

    if (step->enter == DESK_ENTER_FIRST) {
        push_players(p, p->audience.entered, ORD_ENTER);
        return;
    }
    if (step->enter != DESK_ENTER_BACK)
        return;
    push_presence(p, others, seat, true, ORD_ENTER);
    push_basic_info(p, seat_bit(seat), ORD_ENTER + 1);
    push_players(p, seat_bit(seat), ORD_ENTER + 2);
    if (rules->status >= MAHJONG_DEALING &&
        rules->status <= MAHJONG_ROUND_OVER)
        push_sync(p, seat, ORD_ENTER + 3);
    push_vote_back(p, seat, step->time_ms);
    EACH_SEAT (i, p->st)
        if (rules->trustee & seat_bit(i))
            push_trustee(p, seat_bit(seat), i, true, ORD_ENTER + 6 + i);
}

/* Back from a pause: a vote at a full desk is shown again. */
void
push_resume(struct desk_pusher *p, const struct desk_step *step)
{
    const struct mahjong_desk *rules = &p->st->rules;
    uint8_t status[MAHJONG_SEATS];
    uint32_t rest_ms;

    push_presence(p, p->audience.entered, step->seat, true, ORD_ENTER);
    if (!rules->voting || rules->seated != rules->seats)
        return;
    rest_ms = mahjong_vote(rules, step->time_ms, status);
    push_vote(p, p->audience.entered, ORD_ENTER + 1, status, rest_ms);
}

void
push_opened(struct desk_pusher *p, const struct desk_step *step)
{
    struct coin_change body = {step->balance};

    if (step->personal)
        push_to(p, seat_bit(0), ORD_ENTER, STR("onCoinChange"),
                &coin_change_fields, &body);
}
