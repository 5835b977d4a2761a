#include "game/desk/pusher.h"

#include <string.h>

#include "core/arena.h"
#include "game/desk/words.h"

/* ---- the round ---- */

/* Each hears his own hand; who sees all tiles hears the same as the others. */
void
push_deal(struct desk_pusher *p, const struct mahjong_event *event,
          unsigned ord)
{
    int tile[MAHJONG_SEATS][MAHJONG_HAND];
    struct account_info accounts[MAHJONG_SEATS];
    struct duan_pai body = {.marker_id = push_uid(p, event->deal.banker),
                            .dice1 = event->deal.dice[0],
                            .dice2 = event->deal.dice[1],
                            .accounts = {accounts, p->st->rules.seated}};

    push_basic_info(p, p->audience.entered, ord);
    for (unsigned to = 0; to < MAHJONG_SEATS; to++) {
        bool open = p->audience.open & seat_bit(to);

        if (!(p->audience.entered & seat_bit(to)))
            continue;
        EACH_SEAT (i, p->st) {
            for (unsigned k = 0; k < event->deal.hand_len[i]; k++)
                tile[i][k] = open || i == to ? event->deal.hand[i][k]
                                             : MAHJONG_HIDDEN;
            accounts[i] = (struct account_info){
                push_uid(p, i), {tile[i], event->deal.hand_len[i]}};
        }
        push_to(p, seat_bit(to), ord + 1, STR("onDuanPai"), &duan_pai_fields,
                &body);
    }
}

void
push_que_hint(struct desk_pusher *p, const struct mahjong_event *event,
              unsigned ord)
{
    struct que_hint body = {event->que[event->seat]};

    push_to(p, seat_bit(event->seat), ord, STR("onDingQueHint"),
            &que_hint_fields, &body);
}

void
push_que(struct desk_pusher *p, const struct mahjong_event *event,
         unsigned ord)
{
    struct que_choice list[MAHJONG_SEATS];
    const struct push_body body = {.fields = &que_choice_fields,
                                   .data = list,
                                   .count = p->st->rules.seated,
                                   .is_list = true};

    EACH_SEAT (i, p->st)
        list[i] = (struct que_choice){push_uid(p, i), event->que[i]};
    push_list(p, p->audience.entered, ord, STR("onDingQue"), &body);
}

void
push_draw(struct desk_pusher *p, const struct mahjong_event *event,
          unsigned ord)
{
    unsigned open = (p->audience.open | seat_bit(event->seat)) &
                    p->audience.entered;
    int tile = event->tile, hidden = MAHJONG_HIDDEN;
    struct mo_pai body = {push_uid(p, event->seat), {&tile, 1}};

    push_to(p, open, ord, STR("onMoPai"), &mo_pai_fields, &body);
    body.mjids.item = &hidden;
    push_to(p, p->audience.entered & ~open, ord, STR("onMoPai"),
            &mo_pai_fields, &body);
}

void
push_do(struct desk_pusher *p, const struct mahjong_event *event, unsigned ord)
{
    int64_t uid = push_uid(p, event->seat);
    int tile[4];
    struct op_type_do body = {.uid = {&uid, 1},
                              .optype = event->act.op,
                              .mjs = {tile, event->act.tiles}};

    for (unsigned i = 0; i < event->act.tiles; i++)
        tile[i] = event->act.tile[i];
    push_all(p, ord, STR("onOpTypeDo"), &op_type_do_fields, &body);
}

/* Those who pay, in seat order; how many. */
static size_t
list_payers(const struct desk_pusher *p, const struct mahjong_event *event,
            struct score_change *list)
{
    size_t n = 0;

    EACH_SEAT (i, p->st)
        if (event->score.payers & seat_bit(i))
            list[n++] = (struct score_change){push_uid(p, i),
                                              event->score.change[i]};
    return n;
}

void
push_kong_score(struct desk_pusher *p, const struct mahjong_event *event,
                unsigned ord)
{
    struct score_change list[MAHJONG_SEATS + 1];
    struct gang_score body = {.is_xia_yu = event->score.kind !=
                                           MAHJONG_ADDED_KONG,
                              .changes = {list, 0}};

    list[0] = (struct score_change){push_uid(p, event->seat),
                                    event->score.change[event->seat]};
    body.changes.count = 1 + list_payers(p, event, list + 1);
    push_all(p, ord, STR("onGangScoreChange"), &gang_score_fields, &body);
}

void
push_win_score(struct desk_pusher *p, const struct mahjong_event *event,
               unsigned ord)
{
    struct score_change list[MAHJONG_SEATS];
    struct hu_score body = {
        .ac_id = push_uid(p, event->seat),
        .hu_pai_type = event->score.kind,
        .score_change = {list, 0},
        .total_win_score = event->score.change[event->seat]};

    body.score_change.count = list_payers(p, event, list);
    push_all(p, ord, STR("onHuScoreChange"), &hu_score_fields, &body);
}

/* ---- results ---- */

struct round_body {
    struct round_end end;
    struct round_tiles tiles[MAHJONG_SEATS];
    struct round_stats stats[MAHJONG_SEATS];
    struct round_score score[MAHJONG_SEATS];
    int hand[MAHJONG_SEATS][MAHJONG_HAND];
};

/* "抢杠胡 根x1": of winners only, empty at fan 0. */
static struct str
describe_win(const struct desk_pusher *p, uint32_t descs)
{
    char text[256];
    size_t n = 0;

    for (unsigned i = 0; i < DESCS; i++) {
        const char *word = value_desc_text(i);
        size_t len = strlen(word);

        if (!(descs & 1u << i) || n + 1 + len > sizeof(text))
            continue;
        if (n > 0)
            text[n++] = ' ';
        memcpy(text + n, word, len);
        n += len;
    }
    return arena_str(p->arena, (struct str){text, n});
}

static void
round_seat(const struct desk_pusher *p, const struct mahjong_round_seat *seat,
           bool dealt, unsigned i, struct round_body *body)
{
    unsigned len = dealt ? seat->hand_len : 0;

    for (unsigned k = 0; k < len; k++)
        body->hand[i][k] = seat->hand[k];
    body->tiles[i] = (struct round_tiles){
        .ac_id = seat->uid,
        .shou_pai = {body->hand[i], len},
        .hu_pai = seat->win_tile == MAHJONG_NO_TILE ? -1 : seat->win_tile,
        .is_ting = seat->ting};
    body->stats[i] = (struct round_stats){
        .fanshu = seat->fan,
        .feng = seat->wind,
        .yu = seat->rain,
        .total = seat->total,
        .banner_type = seat->banner,
        .desc = describe_win(p, seat->descs)};
    body->score[i] = (struct round_score){seat->uid, seat->total, seat->score};
}

static void
round_fill(const struct desk_pusher *p, const struct mahjong_event *event,
           struct round_body *body)
{
    const struct mahjong_desk *rules = &p->st->rules;
    size_t n = rules->seats;

    body->end = (struct round_end){
        .title = desk_describe_short(p->arena, &rules->options),
        .round = str_of(arena_printf(p->arena, "局数: %u/%u",
                                     event->round.round, rules->rounds)),
        .tiles = {body->tiles, n},
        .stats = {body->stats, n},
        .score_change = {body->score, n}};
    for (unsigned i = 0; i < n; i++)
        round_seat(p, &event->round.seat[i], event->round.dealt, i, body);
}

void
push_round_end(struct desk_pusher *p, const struct mahjong_event *event,
               unsigned ord)
{
    struct round_body body;

    if (event->round.last)
        return; /* onGameEnd has it */
    round_fill(p, event, &body);
    push_all(p, ord, STR("onRoundEnd"), &round_end_fields, &body.end);
}

/* `round` is the ROUND_END before it. */
void
push_game_end(struct desk_pusher *p, const struct mahjong_event *round,
              const struct mahjong_event *event, unsigned ord)
{
    const struct mahjong_desk *rules = &p->st->rules;
    struct match_stats list[MAHJONG_SEATS];
    struct round_body body;
    struct game_end end = {.stats = {list, rules->seats},
                           .title = desk_title(p->arena, p->number,
                                               round->round.round,
                                               rules->rounds),
                           .is_normal_finished = event->game.normal};

    round_fill(p, round, &body);
    end.round_stats = body.end;
    for (unsigned i = 0; i < rules->seats; i++) {
        const struct mahjong_stats *stats = &event->game.stats[i];

        list[i] = (struct match_stats){
            .zi_mo = stats->self_drawn,
            .hu = stats->won,
            .pao = stats->lost,
            .an_gang = stats->concealed_kongs,
            .ming_gang = stats->open_kongs,
            .total_score = event->game.total[i],
            .uid = push_uid(p, i),
            .account = str_of(p->st->seat[i].profile.name),
            .is_pao_wang = event->game.worst & seat_bit(i),
            .is_big_winner = event->game.best & seat_bit(i),
            .is_creator = i == 0};
    }
    push_all(p, ord, STR("onGameEnd"), &game_end_fields, &end);
}
