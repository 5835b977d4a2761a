#include "game/desk/pushes.h"

#include "game/desk/pusher.h"

enum {
    SUB = 4, /* pushes of one event */
    EXIT_DISSOLVED = 6
};

static void
push_event(struct desk_pusher *p, const struct desk_step *step,
           const struct mahjong_event *e, unsigned ord)
{
    struct player_exit dissolved = {.isexit = true,
                                    .exit_type = EXIT_DISSOLVED};
    struct dissolve_failure failure = {e->seat + 1};

    switch (e->type) {
    case MAHJONG_EV_LEFT:
        push_left(p, step, e, ord);
        break;
    case MAHJONG_EV_READY:
        push_players(p, p->audience.entered, ord);
        break;
    case MAHJONG_EV_DEAL:
        push_deal(p, e, ord);
        break;
    case MAHJONG_EV_QUE_HINT:
        push_que_hint(p, e, ord);
        break;
    case MAHJONG_EV_QUE:
        push_que(p, e, ord);
        break;
    case MAHJONG_EV_DRAW:
        push_draw(p, e, ord);
        break;
    case MAHJONG_EV_HINT:
        push_hint(p, e->seat, &e->hint, ord);
        break;
    case MAHJONG_EV_DO:
        push_do(p, e, ord);
        break;
    case MAHJONG_EV_KONG_SCORE:
        push_kong_score(p, e, ord);
        break;
    case MAHJONG_EV_WIN_SCORE:
        push_win_score(p, e, ord);
        break;
    case MAHJONG_EV_ROUND_END:
        push_round_end(p, e, ord);
        break;
    case MAHJONG_EV_GAME_END:
        push_game_end(p, e - 1, e, ord);
        break;
    case MAHJONG_EV_PRESENCE:
        /* of one who comes back it is told with the rest */
        if (step->kind == DESK_ACTION || step->kind == DESK_DROP)
            push_presence(p, p->audience.entered, e->seat, e->on, ord);
        break;
    case MAHJONG_EV_TRUSTEE:
        push_trustee(p, p->audience.entered, e->seat, e->on, ord);
        break;
    case MAHJONG_EV_VOTE_OPENED:
        push_agreement(p, p->audience.entered, ord, push_uid(p, e->seat),
                       e->vote.status, e->vote.rest_ms);
        break;
    case MAHJONG_EV_VOTE_STATUS:
        push_vote(p, p->audience.entered, ord, e->vote.status,
                  e->vote.rest_ms);
        break;
    case MAHJONG_EV_VOTE_FAILED:
        push_all(p, ord, STR("onDissolveFailure"), &dissolve_failure_fields,
                 &failure);
        break;
    case MAHJONG_EV_DISSOLVED:
        push_all(p, ord, STR("onDissolve"), &player_exit_fields, &dissolved);
        break;
    default:
        break;
    }
}

void
desk_push_step(struct desk_pusher *p, const struct desk_step *step,
               const struct mahjong_events *events)
{
    for (unsigned i = 0; i < events->count; i++)
        push_event(p, step, &events->event[i], i * SUB);
    switch (step->kind) {
    case DESK_ENTER:
        push_enter(p, step);
        break;
    case DESK_RESUME:
        push_resume(p, step);
        break;
    case DESK_OPENED:
        push_opened(p, step);
        break;
    default:
        break;
    }
}
