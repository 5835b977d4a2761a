#include "game/desk/pusher.h"

#include "core/arena.h"
#include "game/desk/words.h"

enum { EXIT_LEFT = -1 }; /* exitType: leaves the desk page */

/* ---- who sits there ---- */

void
push_players(struct desk_pusher *p, unsigned seats, unsigned ord)
{
    const struct desk_state *st = p->st;
    struct player_enter players[MAHJONG_SEATS] = {0};
    struct players_enter body = {.data = {players, st->rules.seated}};

    EACH_SEAT (i, st) {
        const struct desk_profile *profile = &st->seat[i].profile;

        players[i] = (struct player_enter){
            .desk_pos = (int) i,
            .ac_id = push_uid(p, i),
            .nickname = str_of(profile->name),
            .is_ready = st->rules.ready & seat_bit(i),
            .sex = profile->sex,
            .head_url = str_of(profile->head_url),
            .score = st->rules.seat[i].score,
            .ip = str_of(profile->ip),
            .offline = st->rules.offline & seat_bit(i),
        };
    }
    push_to(p, seats, ord, STR("onPlayerEnter"), &players_enter_fields, &body);
}

void
push_basic_info(struct desk_pusher *p, unsigned seats, unsigned ord)
{
    const struct mahjong_desk *rules = &p->st->rules;
    struct basic_info body = {
        .desk_id = str_of(arena_printf(p->arena, "%06u", p->number)),
        .title = desk_title(p->arena, p->number, rules->round, rules->rounds),
        .desc = desk_describe(p->arena, &rules->options),
        .mode = rules->options.mode,
    };

    push_to(p, seats, ord, STR("onDeskBasicInfo"), &basic_info_fields, &body);
}

/* A leaver who is not ready hears onDissolve first. */
void
push_left(struct desk_pusher *p, const struct desk_step *step,
          const struct mahjong_event *event, unsigned ord)
{
    struct player_exit body = {.acid = event->left.uid,
                               .isexit = true,
                               .exit_type = EXIT_LEFT,
                               .desk_pos = event->seat};

    if (!event->left.ready)
        push_to(p, seat_bit(event->seat), ord, STR("onDissolve"),
                &player_exit_fields, &body);
    push_to(p, p->audience.entered | seat_bit(event->seat), ord + 1,
            step->destroy ? STR("onDissolve") : STR("onPlayerExit"),
            &player_exit_fields, &body);
}

void
push_presence(struct desk_pusher *p, unsigned seats, unsigned seat,
              bool online, unsigned ord)
{
    struct offline_status body = {.uid = push_uid(p, seat),
                                  .offline = !online};

    push_to(p, seats, ord, STR("onPlayerOfflineStatus"),
            &offline_status_fields, &body);
}

void
push_trustee(struct desk_pusher *p, unsigned seats, unsigned seat, bool on,
             unsigned ord)
{
    struct trustee body = {push_uid(p, seat), on};

    push_to(p, seats, ord, STR("onTrustee"), &trustee_fields, &body);
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
vote_fill(const struct desk_pusher *p, const uint8_t *status, uint32_t rest_ms,
          struct vote_status *out)
{
    EACH_SEAT (i, p->st)
        out[i] = (struct vote_status){(int) i + 1, vote_text(status[i])};
    return (int) ((rest_ms + 999) / 1000);
}

void
push_agreement(struct desk_pusher *p, unsigned seats, unsigned ord,
               int64_t uid, const uint8_t *status, uint32_t rest_ms)
{
    struct vote_status list[MAHJONG_SEATS];
    struct dissolve_agreement body = {
        .dissolve_uid = uid, .dissolve_status = {list, p->st->rules.seated}};

    body.rest_time = vote_fill(p, status, rest_ms, list);
    push_to(p, seats, ord, STR("onDissolveAgreement"),
            &dissolve_agreement_fields, &body);
}

void
push_vote(struct desk_pusher *p, unsigned seats, unsigned ord,
          const uint8_t *status, uint32_t rest_ms)
{
    struct vote_status list[MAHJONG_SEATS];
    struct dissolve_status body = {
        .dissolve_status = {list, p->st->rules.seated}};

    body.rest_time = vote_fill(p, status, rest_ms, list);
    push_to(p, seats, ord, STR("onDissolveStatus"), &dissolve_status_fields,
            &body);
}
