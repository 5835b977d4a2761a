/*
 * The desk and who sits there, between rounds and in them.
 */
#include <stdio.h>
#include <string.h>

#include "bench/play_view.h"

unsigned
view_round_of(struct str title, unsigned *rounds)
{
    static const char word[] = "局数: ";
    char text[16] = "";
    unsigned round = 0;
    const char *at = memmem(title.data, title.len, word, sizeof word - 1);

    *rounds = 0;
    if (at == NULL)
        return 0;
    at += sizeof word - 1;
    size_t n = (size_t) (title.data + title.len - at);
    if (n >= sizeof text)
        return 0;
    memcpy(text, at, n);
    return sscanf(text, "%2u/%2u", &round, rounds) == 2 ? round : 0;
}

/* onDeskBasicInfo: before each deal, and first of all for who comes back. */
void
view_basic_info(struct play_view *v, const struct push_basic *p)
{
    unsigned rounds, round = view_round_of(p->title, &rounds);
    char number[16], head[40];
    int n = snprintf(head, sizeof head, "房号: %06u ", v->number);

    snprintf(number, sizeof number, "%06u", v->number);
    view_must(v, str_equal(p->number, str_of(number)),
              "another desk's number");
    view_must(v,
              str_has_prefix(p->title, (struct str){head, (size_t) n}) &&
                  rounds == v->rules.rounds,
              "onDeskBasicInfo: a wrong title");
    view_must(v, p->mode == v->rules.seats, "onDeskBasicInfo: a wrong mode");
    if (v->step == VIEW_NOWHERE) {
        view_must(v, round >= v->rules.round && round <= rounds,
                  "onDeskBasicInfo: a wrong round");
        v->step = VIEW_BETWEEN;
        v->may_sync = true;
    } else {
        view_must(v, v->step == VIEW_BETWEEN && round == v->rules.round + 1u,
                  "onDeskBasicInfo: not before a round");
        v->announced = true;
    }
    v->rules.round = (uint8_t) round;
}

/* Nobody leaves, so those who sit here already are the first ones. */
static void
player_enter(struct play_view *v, const struct push_player *p, unsigned i)
{
    struct mahjong_seat_view *seat = &v->rules.player[i];
    bool known = i < v->rules.seated;
    int32_t score = known ? seat->score : MAHJONG_START_SCORE;

    view_must(v, p->pos == (int64_t) i, "onPlayerEnter: a wrong deskPos");
    view_must(v, !known || seat->uid == p->uid, "onPlayerEnter: seats change");
    view_must(v, v->missed || score == p->score,
              "onPlayerEnter: a wrong score");
    view_must(v, !p->exit, "onPlayerEnter: somebody has left");
    seat->uid = p->uid;
    seat->score = (int32_t) p->score;
    if (p->ready)
        v->rules.ready |= (uint8_t) (1u << i);
    if (p->offline)
        v->rules.offline |= (uint8_t) (1u << i);
    if (p->uid != v->uid)
        return;
    v->rules.seat = (uint8_t) i;
    view_must(v, !p->offline, "onPlayerEnter: I am here");
}

void
view_players(struct play_view *v, const struct push_players *p)
{
    bool here = false;

    if (!view_must(v, p->n >= v->rules.seated && p->n <= v->rules.seats,
                   "onPlayerEnter: a wrong number of players"))
        return;
    v->rules.ready = v->rules.offline = 0;
    for (int i = 0; i < p->n; i++) {
        player_enter(v, &p->at[i], (unsigned) i);
        here |= p->at[i].uid == v->uid;
        for (int k = 0; k < i; k++)
            view_must(v, p->at[k].uid != p->at[i].uid,
                      "onPlayerEnter: somebody twice");
    }
    view_must(v, here, "onPlayerEnter: I am not there");
    v->rules.seated = (uint8_t) p->n;
    v->missed = false;
}

/*
 * Who has got a seat and goes before he comes in is away for those who have
 * not heard that he sits there.
 */
void
view_presence(struct play_view *v, const struct push_flag *p)
{
    const char *wrong = v->wrong;
    unsigned seat = view_seat(v, p->uid);

    if (seat == MAHJONG_NOBODY) {
        if (v->rules.seated < v->rules.seats && v->rules.round == 0)
            v->wrong = wrong;
        return;
    }
    view_must(v, seat != v->rules.seat, "onPlayerOfflineStatus: I am here");
    v->rules.offline &= (uint8_t) ~(1u << seat);
    v->rules.offline |= (uint8_t) ((unsigned) p->on << seat);
}

void
view_trustee(struct play_view *v, const struct push_flag *p)
{
    unsigned seat = view_seat(v, p->uid);

    if (seat == MAHJONG_NOBODY)
        return;
    v->rules.trustee &= (uint8_t) ~(1u << seat);
    v->rules.trustee |= (uint8_t) ((unsigned) p->on << seat);
}
