#include "game/modules/desk_tell.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/fail_point.h"
#include "game/codec.h"
#include "game/mahjong/view.h"
#include "game/modules/desk_fields.h"

enum {
    SUB = 4,         /* pushes of one event */
    ORD_ENTER = 200, /* of what a step tells beside its events */
    EXIT_LEFT = -1,  /* exitType: leaves the desk page */
    EXIT_DISSOLVED = 6,
};

#define EACH_SEAT(i, st) for (unsigned i = 0; i < (st)->rules.seated; i++)

/* ---- words ---- */

/* Of a round's result; desk_describe() adds the options. */
static struct str
describe_short(struct arena *arena, const struct mahjong_options *options)
{
    bool di = options->zimo == MAHJONG_ZIMO_DI;

    return str_of(arena_printf(
        arena, "%s %d番封顶", di ? "自摸加底" : "自摸加番", options->max_fan));
}

struct str
desk_describe(struct arena *arena, const struct mahjong_options *options)
{
    static const struct {
        unsigned rule;
        const char *text;
    } rules[] = {
        {RULE_PINGHU, " 点炮可平胡"}, {RULE_MENQING, " 门清中张"},
        {RULE_JIAXIN, " 夹心五"},     {RULE_PENGPENG, " 碰碰胡两番"},
        {RULE_JIANGDUI, " 将对"},     {RULE_YAOJIU, " 全幺九"},
    };
    struct str text = describe_short(arena, options);

    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        if ((options->rules & rules[i].rule) &&
            (rules[i].rule != RULE_PINGHU || options->mode == 3))
            text = str_of(
                arena_printf(arena, "%s%s", text.data, rules[i].text));
    return text;
}

struct str
desk_title(struct arena *arena, uint32_t number, unsigned round,
           unsigned rounds)
{
    return str_of(
        arena_printf(arena, "房号: %06u 局数: %u/%u", number, round, rounds));
}

/* ---- to whom ---- */

void
desk_audience_of(struct desk_audience *audience, const struct desk_state *st)
{
    audience->entered = 0;
    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        audience->session[i] = st->seat[i].session;
        if (st->seat[i].entered)
            audience->entered |= (uint8_t) (1u << i);
    }
}

static unsigned
bit(unsigned seat)
{
    return 1u << seat;
}

/* Those of the seats that have a session which reads the format. */
static unsigned
readers(const struct desk_teller *t, unsigned seats, unsigned format)
{
    unsigned some = 0;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (t->audience.session[i] != 0 && t->audience.format[i] == format)
            some |= bit(i);
    return seats & some;
}

/* A body, or a list of them. */
struct body {
    const struct fields *fields;
    const void *data;
    size_t count; /* of the list */
    bool is_list;
};

static void
put_body(struct desk_teller *t, const struct codec *codec,
         const struct body *body)
{
    t->text.len = 0;
    if (t->quiet)
        return;
    if (body->is_list)
        codec->put_list(&t->text, body->fields, body->data, body->count);
    else
        codec->put(&t->text, body->fields, body->data);
}

static void
tell_body(struct desk_teller *t, unsigned seats, unsigned ord,
          struct str route, const struct body *body)
{
    for (unsigned format = 0; format < FORMATS; format++) {
        unsigned some = readers(t, seats, format);

        if (some == 0)
            continue;
        put_body(t, codec_of(format), body);
        fail_point_at("desk push", route);
        t->push(t, some, ord, route, buf_str(&t->text));
    }
}

static void
tell(struct desk_teller *t, unsigned seats, unsigned ord, struct str route,
     const struct fields *fields, const void *data)
{
    const struct body body = {.fields = fields, .data = data};

    tell_body(t, seats, ord, route, &body);
}

static void
tell_all(struct desk_teller *t, unsigned ord, struct str route,
         const struct fields *fields, const void *body)
{
    tell(t, t->audience.entered, ord, route, fields, body);
}

static int64_t
uid_of(const struct desk_teller *t, unsigned seat)
{
    return t->st->rules.seat[seat].uid;
}

/* ---- who sits there ---- */

static void
tell_players(struct desk_teller *t, unsigned seats, unsigned ord)
{
    const struct desk_state *st = t->st;
    struct player_enter players[MAHJONG_SEATS] = {0};
    struct players_enter body = {.data = {players, st->rules.seated}};

    EACH_SEAT (i, st) {
        const struct desk_profile *profile = &st->seat[i].profile;

        players[i] = (struct player_enter){
            .desk_pos = (int) i,
            .ac_id = uid_of(t, i),
            .nickname = str_of(profile->name),
            .is_ready = st->rules.ready & bit(i),
            .sex = profile->sex,
            .head_url = str_of(profile->head_url),
            .score = st->rules.seat[i].score,
            .ip = str_of(profile->ip),
            .offline = st->rules.offline & bit(i),
        };
    }
    tell(t, seats, ord, STR("onPlayerEnter"), &players_enter_fields, &body);
}

static void
tell_basic_info(struct desk_teller *t, unsigned seats, unsigned ord)
{
    const struct mahjong_desk *rules = &t->st->rules;
    struct basic_info body = {
        .desk_id = str_of(arena_printf(t->arena, "%06u", t->number)),
        .title = desk_title(t->arena, t->number, rules->round, rules->rounds),
        .desc = desk_describe(t->arena, &rules->options),
        .mode = rules->options.mode,
    };

    tell(t, seats, ord, STR("onDeskBasicInfo"), &basic_info_fields, &body);
}

/* A leaver who is not ready hears onDissolve first. */
static void
tell_left(struct desk_teller *t, const struct desk_step *step,
          const struct mahjong_event *event, unsigned ord)
{
    struct player_exit body = {.acid = event->left.uid,
                               .isexit = true,
                               .exit_type = EXIT_LEFT,
                               .desk_pos = event->seat};

    if (!event->left.ready)
        tell(t, bit(event->seat), ord, STR("onDissolve"), &player_exit_fields,
             &body);
    tell(t, t->audience.entered | bit(event->seat), ord + 1,
         step->destroy ? STR("onDissolve") : STR("onPlayerExit"),
         &player_exit_fields, &body);
}

static void
tell_presence(struct desk_teller *t, unsigned seats, unsigned seat,
              bool online, unsigned ord)
{
    struct offline_status body = {.uid = uid_of(t, seat), .offline = !online};

    tell(t, seats, ord, STR("onPlayerOfflineStatus"), &offline_status_fields,
         &body);
}

static void
tell_trustee(struct desk_teller *t, unsigned seats, unsigned seat, bool on,
             unsigned ord)
{
    struct trustee body = {uid_of(t, seat), on};

    tell(t, seats, ord, STR("onTrustee"), &trustee_fields, &body);
}

/* ---- votes ---- */

static struct str
vote_text(unsigned status)
{
    static const char *const texts[] = {"申请解散", "同意解散", "离线",
                                        "等待中"};

    return str_of(texts[status < 4 ? status : 3]);
}

/* Fills seats; the seconds that are left. */
static int
vote_fill(const struct desk_teller *t, const uint8_t *status, uint32_t rest_ms,
          struct vote_status *out)
{
    EACH_SEAT (i, t->st)
        out[i] = (struct vote_status){(int) i + 1, vote_text(status[i])};
    return (int) ((rest_ms + 999) / 1000);
}

static void
tell_agreement(struct desk_teller *t, unsigned seats, unsigned ord,
               int64_t uid, const uint8_t *status, uint32_t rest_ms)
{
    struct vote_status list[MAHJONG_SEATS];
    struct dissolve_agreement body = {
        .dissolve_uid = uid, .dissolve_status = {list, t->st->rules.seated}};

    body.rest_time = vote_fill(t, status, rest_ms, list);
    tell(t, seats, ord, STR("onDissolveAgreement"), &dissolve_agreement_fields,
         &body);
}

static void
tell_vote(struct desk_teller *t, unsigned seats, unsigned ord,
          const uint8_t *status, uint32_t rest_ms)
{
    struct vote_status list[MAHJONG_SEATS];
    struct dissolve_status body = {
        .dissolve_status = {list, t->st->rules.seated}};

    body.rest_time = vote_fill(t, status, rest_ms, list);
    tell(t, seats, ord, STR("onDissolveStatus"), &dissolve_status_fields,
         &body);
}

/* ---- hints ---- */

enum { OPS_MAX = MAHJONG_KONGS + 4 };

struct hint_body {
    struct op_type_hint hint;
    struct op_hint op[OPS_MAX];
    int tile[OPS_MAX];
    struct ting_hint ting[MAHJONG_HAND];
    int wait[MAHJONG_HAND][KINDS];
};

static void
hint_op(struct hint_body *body, unsigned op, int tile)
{
    size_t n = body->hint.ops.count++;

    body->op[n] = (struct op_hint){.op = (int) op};
    if (tile < 0)
        return;
    body->tile[n] = tile;
    body->op[n].mjidxs = (struct int_list){&body->tile[n], 1};
}

static void
hint_tings(struct hint_body *body, const struct mahjong_hint *hint)
{
    for (unsigned i = 0; i < hint->tings; i++) {
        uint32_t waits = hint->ting[i].waits;
        size_t n = 0;

        for (int kind = 0; waits != 0; kind++, waits >>= 1)
            if (waits & 1)
                body->wait[i][n++] = kind_index(kind);
        body->ting[i] = (struct ting_hint){kind_index(hint->ting[i].kind),
                                           {body->wait[i], n}};
    }
    body->hint.tings.count = hint->tings;
}

/* The order is that of mahjong/event.h. */
static void
hint_fill(struct hint_body *body, const struct mahjong_hint *hint, int64_t uid,
          uint64_t number)
{
    bool win = hint->offer & bit(MAHJONG_HU);
    int tile = hint->tile;

    body->hint = (struct op_type_hint){.ops = {body->op, 0},
                                       .tings = {body->ting, 0},
                                       .uid = uid,
                                       .hint = (int64_t) number};
    if (hint->offer & bit(MAHJONG_DISCARD))
        hint_op(body, MAHJONG_DISCARD, -1);
    for (unsigned i = 0; i < hint->kongs; i++)
        hint_op(body, MAHJONG_GANG, hint->kong[i]);
    if (win)
        hint_op(body, MAHJONG_HU, tile);
    if (hint->offer & bit(MAHJONG_PASS))
        hint_op(body, MAHJONG_PASS, -1);
    if (hint->offer & bit(MAHJONG_PENG))
        hint_op(body, MAHJONG_PENG, tile);
    if (hint->phase == MAHJONG_ASK_CLAIM && (hint->offer & bit(MAHJONG_GANG)))
        hint_op(body, MAHJONG_GANG, tile);
    hint_tings(body, hint);
}

static void
tell_hint(struct desk_teller *t, unsigned seat,
          const struct mahjong_hint *hint, unsigned ord)
{
    struct hint_body body;

    if (t->audience.session[seat] == 0)
        return;
    t->asks = t->st->hint_seq[seat];
    hint_fill(&body, hint, uid_of(t, seat), t->asks);
    tell(t, bit(seat), ord, STR("onOpTypeHint"), &op_type_hint_fields,
         &body.hint);
    t->asks = 0;
}

void
desk_tell_hint(struct desk_teller *t, unsigned seat)
{
    struct mahjong_hint hint;

    mahjong_hint(&t->st->rules, seat, &hint);
    if (hint.offer != 0)
        tell_hint(t, seat, &hint, 0);
}

/* ---- the round ---- */

/* Each hears his own hand; who sees all tiles hears the same as the others. */
static void
tell_deal(struct desk_teller *t, const struct mahjong_event *event,
          unsigned ord)
{
    int tile[MAHJONG_SEATS][MAHJONG_HAND];
    struct account_info accounts[MAHJONG_SEATS];
    struct duan_pai body = {.marker_id = uid_of(t, event->deal.banker),
                            .dice1 = event->deal.dice[0],
                            .dice2 = event->deal.dice[1],
                            .accounts = {accounts, t->st->rules.seated}};

    tell_basic_info(t, t->audience.entered, ord);
    for (unsigned to = 0; to < MAHJONG_SEATS; to++) {
        bool open = t->audience.open & bit(to);

        if (!(t->audience.entered & bit(to)))
            continue;
        EACH_SEAT (i, t->st) {
            for (unsigned k = 0; k < event->deal.hand_len[i]; k++)
                tile[i][k] = open || i == to ? event->deal.hand[i][k]
                                             : MAHJONG_HIDDEN;
            accounts[i] = (struct account_info){
                uid_of(t, i), {tile[i], event->deal.hand_len[i]}};
        }
        tell(t, bit(to), ord + 1, STR("onDuanPai"), &duan_pai_fields, &body);
    }
}

static void
tell_que_hint(struct desk_teller *t, const struct mahjong_event *event,
              unsigned ord)
{
    struct que_hint body = {event->que[event->seat]};

    tell(t, bit(event->seat), ord, STR("onDingQueHint"), &que_hint_fields,
         &body);
}

static void
tell_que(struct desk_teller *t, const struct mahjong_event *event,
         unsigned ord)
{
    struct que_choice list[MAHJONG_SEATS];
    const struct body body = {.fields = &que_choice_fields,
                              .data = list,
                              .count = t->st->rules.seated,
                              .is_list = true};

    EACH_SEAT (i, t->st)
        list[i] = (struct que_choice){uid_of(t, i), event->que[i]};
    tell_body(t, t->audience.entered, ord, STR("onDingQue"), &body);
}

static void
tell_draw(struct desk_teller *t, const struct mahjong_event *event,
          unsigned ord)
{
    unsigned open = (t->audience.open | bit(event->seat)) &
                    t->audience.entered;
    int tile = event->tile, hidden = MAHJONG_HIDDEN;
    struct mo_pai body = {uid_of(t, event->seat), {&tile, 1}};

    tell(t, open, ord, STR("onMoPai"), &mo_pai_fields, &body);
    body.mjids.item = &hidden;
    tell(t, t->audience.entered & ~open, ord, STR("onMoPai"), &mo_pai_fields,
         &body);
}

static void
tell_do(struct desk_teller *t, const struct mahjong_event *event, unsigned ord)
{
    int64_t uid = uid_of(t, event->seat);
    int tile[4];
    struct op_type_do body = {.uid = {&uid, 1},
                              .optype = event->act.op,
                              .mjs = {tile, event->act.tiles}};

    for (unsigned i = 0; i < event->act.tiles; i++)
        tile[i] = event->act.tile[i];
    tell_all(t, ord, STR("onOpTypeDo"), &op_type_do_fields, &body);
}

/* Those who pay, in seat order; how many. */
static size_t
list_payers(const struct desk_teller *t, const struct mahjong_event *event,
            struct score_change *list)
{
    size_t n = 0;

    EACH_SEAT (i, t->st)
        if (event->score.payers & bit(i))
            list[n++] = (struct score_change){uid_of(t, i),
                                              event->score.change[i]};
    return n;
}

static void
tell_kong_score(struct desk_teller *t, const struct mahjong_event *event,
                unsigned ord)
{
    struct score_change list[MAHJONG_SEATS + 1];
    struct gang_score body = {.is_xia_yu = event->score.kind !=
                                           MAHJONG_ADDED_KONG,
                              .changes = {list, 0}};

    list[0] = (struct score_change){uid_of(t, event->seat),
                                    event->score.change[event->seat]};
    body.changes.count = 1 + list_payers(t, event, list + 1);
    tell_all(t, ord, STR("onGangScoreChange"), &gang_score_fields, &body);
}

static void
tell_win_score(struct desk_teller *t, const struct mahjong_event *event,
               unsigned ord)
{
    struct score_change list[MAHJONG_SEATS];
    struct hu_score body = {
        .ac_id = uid_of(t, event->seat),
        .hu_pai_type = event->score.kind,
        .score_change = {list, 0},
        .total_win_score = event->score.change[event->seat]};

    body.score_change.count = list_payers(t, event, list);
    tell_all(t, ord, STR("onHuScoreChange"), &hu_score_fields, &body);
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
describe_win(const struct desk_teller *t, uint32_t descs)
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
    return arena_str(t->arena, (struct str){text, n});
}

static void
round_seat(const struct desk_teller *t, const struct mahjong_round_seat *seat,
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
        .desc = describe_win(t, seat->descs)};
    body->score[i] = (struct round_score){seat->uid, seat->total, seat->score};
}

static void
round_fill(const struct desk_teller *t, const struct mahjong_event *event,
           struct round_body *body)
{
    const struct mahjong_desk *rules = &t->st->rules;
    size_t n = rules->seats;

    body->end = (struct round_end){
        .title = describe_short(t->arena, &rules->options),
        .round = str_of(arena_printf(t->arena, "局数: %u/%u",
                                     event->round.round, rules->rounds)),
        .tiles = {body->tiles, n},
        .stats = {body->stats, n},
        .score_change = {body->score, n}};
    for (unsigned i = 0; i < n; i++)
        round_seat(t, &event->round.seat[i], event->round.dealt, i, body);
}

static void
tell_round_end(struct desk_teller *t, const struct mahjong_event *event,
               unsigned ord)
{
    struct round_body body;

    if (event->round.last)
        return; /* onGameEnd has it */
    round_fill(t, event, &body);
    tell_all(t, ord, STR("onRoundEnd"), &round_end_fields, &body.end);
}

/* `round` is the ROUND_END before it. */
static void
tell_game_end(struct desk_teller *t, const struct mahjong_event *round,
              const struct mahjong_event *event, unsigned ord)
{
    const struct mahjong_desk *rules = &t->st->rules;
    struct match_stats list[MAHJONG_SEATS];
    struct round_body body;
    struct game_end end = {.stats = {list, rules->seats},
                           .title = desk_title(t->arena, t->number,
                                               round->round.round,
                                               rules->rounds),
                           .is_normal_finished = event->game.normal};

    round_fill(t, round, &body);
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
            .uid = uid_of(t, i),
            .account = str_of(t->st->seat[i].profile.name),
            .is_pao_wang = event->game.worst & bit(i),
            .is_big_winner = event->game.best & bit(i),
            .is_creator = i == 0};
    }
    tell_all(t, ord, STR("onGameEnd"), &game_end_fields, &end);
}

/* ---- coming back ---- */

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
tell_sync(struct desk_teller *t, unsigned seat, unsigned ord)
{
    struct mahjong_view view;
    struct sync_body body;
    unsigned last;

    mahjong_view(&t->st->rules, seat, t->audience.open & bit(seat), &view);
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
        t->asks = t->st->hint_seq[seat];
        hint_fill(&body.hint, &view.hint, uid_of(t, seat), t->asks);
        body.desk.hint = &body.hint.hint;
    }
    tell(t, bit(seat), ord, STR("onSyncDesk"), &sync_desk_fields, &body.desk);
    t->asks = 0;
}

static void
tell_vote_back(struct desk_teller *t, unsigned seat, int64_t now_ms)
{
    const struct mahjong_desk *rules = &t->st->rules;
    uint8_t status[MAHJONG_SEATS];
    uint32_t rest_ms;
    bool agreed = rules->agreed & bit(seat);

    if (!rules->voting)
        return;
    rest_ms = mahjong_vote(rules, now_ms, status);
    tell_agreement(t, bit(seat), ORD_ENTER + 4, agreed ? uid_of(t, seat) : 0,
                   status, rest_ms);
    tell_vote(t, t->audience.entered & ~bit(seat), ORD_ENTER + 5, status,
              rest_ms);
}

/* ClientInitCompleted, ReJoin, ReEnter. */
static void
tell_enter(struct desk_teller *t, const struct desk_step *step)
{
    const struct mahjong_desk *rules = &t->st->rules;
    unsigned seat = step->seat, others = t->audience.entered & ~bit(seat);

    if (step->enter == DESK_ENTER_FIRST) {
        tell_players(t, t->audience.entered, ORD_ENTER);
        return;
    }
    if (step->enter != DESK_ENTER_BACK)
        return;
    tell_presence(t, others, seat, true, ORD_ENTER);
    tell_basic_info(t, bit(seat), ORD_ENTER + 1);
    tell_players(t, bit(seat), ORD_ENTER + 2);
    if (rules->status >= MAHJONG_DEALING &&
        rules->status <= MAHJONG_ROUND_OVER)
        tell_sync(t, seat, ORD_ENTER + 3);
    tell_vote_back(t, seat, step->time_ms);
    EACH_SEAT (i, t->st)
        if (rules->trustee & bit(i))
            tell_trustee(t, bit(seat), i, true, ORD_ENTER + 6 + i);
}

/* Back from a pause: a vote at a full desk is shown again. */
static void
tell_resume(struct desk_teller *t, const struct desk_step *step)
{
    const struct mahjong_desk *rules = &t->st->rules;
    uint8_t status[MAHJONG_SEATS];
    uint32_t rest_ms;

    tell_presence(t, t->audience.entered, step->seat, true, ORD_ENTER);
    if (!rules->voting || rules->seated != rules->seats)
        return;
    rest_ms = mahjong_vote(rules, step->time_ms, status);
    tell_vote(t, t->audience.entered, ORD_ENTER + 1, status, rest_ms);
}

static void
tell_opened(struct desk_teller *t, const struct desk_step *step)
{
    struct coin_change body = {step->balance};

    if (step->personal)
        tell(t, bit(0), ORD_ENTER, STR("onCoinChange"), &coin_change_fields,
             &body);
}

/* ---- all of it ---- */

static void
tell_event(struct desk_teller *t, const struct desk_step *step,
           const struct mahjong_event *e, unsigned ord)
{
    struct player_exit dissolved = {.isexit = true,
                                    .exit_type = EXIT_DISSOLVED};
    struct dissolve_failure failure = {e->seat + 1};

    switch (e->type) {
    case MAHJONG_EV_LEFT:
        tell_left(t, step, e, ord);
        break;
    case MAHJONG_EV_READY:
        tell_players(t, t->audience.entered, ord);
        break;
    case MAHJONG_EV_DEAL:
        tell_deal(t, e, ord);
        break;
    case MAHJONG_EV_QUE_HINT:
        tell_que_hint(t, e, ord);
        break;
    case MAHJONG_EV_QUE:
        tell_que(t, e, ord);
        break;
    case MAHJONG_EV_DRAW:
        tell_draw(t, e, ord);
        break;
    case MAHJONG_EV_HINT:
        tell_hint(t, e->seat, &e->hint, ord);
        break;
    case MAHJONG_EV_DO:
        tell_do(t, e, ord);
        break;
    case MAHJONG_EV_KONG_SCORE:
        tell_kong_score(t, e, ord);
        break;
    case MAHJONG_EV_WIN_SCORE:
        tell_win_score(t, e, ord);
        break;
    case MAHJONG_EV_ROUND_END:
        tell_round_end(t, e, ord);
        break;
    case MAHJONG_EV_GAME_END:
        tell_game_end(t, e - 1, e, ord);
        break;
    case MAHJONG_EV_PRESENCE:
        /* of one who comes back it is told with the rest */
        if (step->kind == DESK_ACTION || step->kind == DESK_DROP)
            tell_presence(t, t->audience.entered, e->seat, e->on, ord);
        break;
    case MAHJONG_EV_TRUSTEE:
        tell_trustee(t, t->audience.entered, e->seat, e->on, ord);
        break;
    case MAHJONG_EV_VOTE_OPENED:
        tell_agreement(t, t->audience.entered, ord, uid_of(t, e->seat),
                       e->vote.status, e->vote.rest_ms);
        break;
    case MAHJONG_EV_VOTE_STATUS:
        tell_vote(t, t->audience.entered, ord, e->vote.status,
                  e->vote.rest_ms);
        break;
    case MAHJONG_EV_VOTE_FAILED:
        tell_all(t, ord, STR("onDissolveFailure"), &dissolve_failure_fields,
                 &failure);
        break;
    case MAHJONG_EV_DISSOLVED:
        tell_all(t, ord, STR("onDissolve"), &player_exit_fields, &dissolved);
        break;
    default:
        break;
    }
}

void
desk_tell(struct desk_teller *t, const struct desk_step *step,
          const struct mahjong_events *events)
{
    for (unsigned i = 0; i < events->count; i++)
        tell_event(t, step, &events->event[i], i * SUB);
    switch (step->kind) {
    case DESK_ENTER:
        tell_enter(t, step);
        break;
    case DESK_RESUME:
        tell_resume(t, step);
        break;
    case DESK_OPENED:
        tell_opened(t, step);
        break;
    default:
        break;
    }
}
