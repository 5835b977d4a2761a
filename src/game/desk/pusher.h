/*
 * Between the files that make the pushes of a desk: how one push is written,
 * and who makes which.
 */
#ifndef GAME_DESK_PUSHER_H
#define GAME_DESK_PUSHER_H

#include "game/desk/fields.h"
#include "game/desk/pushes.h"
#include "game/mahjong/view.h"

enum {
    ORD_ENTER = 200, /* of the pushes of a step beside those of its events */
    OPS_MAX = MAHJONG_KONGS + 4,
};

#define EACH_SEAT(i, st) for (unsigned i = 0; i < (st)->rules.seated; i++)

static inline unsigned
seat_bit(unsigned seat)
{
    return 1u << seat;
}

/* ---- one push: pusher.c ---- */

/* A body, or a list of them. */
struct push_body {
    const struct fields *fields;
    const void *data;
    size_t count; /* of the list */
    bool is_list;
};

/* To seats (bits), to those in the group. */
void push_list(struct desk_pusher *p, unsigned seats, unsigned ord,
               struct str route, const struct push_body *body);
void push_to(struct desk_pusher *p, unsigned seats, unsigned ord,
             struct str route, const struct fields *fields, const void *data);
void push_all(struct desk_pusher *p, unsigned ord, struct str route,
              const struct fields *fields, const void *data);

int64_t push_uid(const struct desk_pusher *p, unsigned seat);

/* ---- push_players.c ---- */

void push_players(struct desk_pusher *p, unsigned seats, unsigned ord);
void push_basic_info(struct desk_pusher *p, unsigned seats, unsigned ord);
void push_left(struct desk_pusher *p, const struct desk_step *step,
               const struct mahjong_event *event, unsigned ord);
void push_presence(struct desk_pusher *p, unsigned seats, unsigned seat,
                   bool online, unsigned ord);
void push_trustee(struct desk_pusher *p, unsigned seats, unsigned seat,
                  bool on, unsigned ord);
void push_agreement(struct desk_pusher *p, unsigned seats, unsigned ord,
                    int64_t uid, const uint8_t *status, uint32_t rest_ms);
void push_vote(struct desk_pusher *p, unsigned seats, unsigned ord,
               const uint8_t *status, uint32_t rest_ms);

/* ---- push_hints.c ---- */

struct hint_body {
    struct op_type_hint hint;
    struct op_hint op[OPS_MAX];
    int tile[OPS_MAX];
    struct ting_hint ting[MAHJONG_HAND];
    int wait[MAHJONG_HAND][KINDS];
};

void hint_fill(struct hint_body *body, const struct mahjong_hint *hint,
               int64_t uid, uint64_t number);
void push_hint(struct desk_pusher *p, unsigned seat,
               const struct mahjong_hint *hint, unsigned ord);

/* ---- push_round.c ---- */

void push_deal(struct desk_pusher *p, const struct mahjong_event *event,
               unsigned ord);
void push_que_hint(struct desk_pusher *p, const struct mahjong_event *event,
                   unsigned ord);
void push_que(struct desk_pusher *p, const struct mahjong_event *event,
              unsigned ord);
void push_draw(struct desk_pusher *p, const struct mahjong_event *event,
               unsigned ord);
void push_do(struct desk_pusher *p, const struct mahjong_event *event,
             unsigned ord);
void push_kong_score(struct desk_pusher *p, const struct mahjong_event *event,
                     unsigned ord);
void push_win_score(struct desk_pusher *p, const struct mahjong_event *event,
                    unsigned ord);
void push_round_end(struct desk_pusher *p, const struct mahjong_event *event,
                    unsigned ord);
void push_game_end(struct desk_pusher *p, const struct mahjong_event *round,
                   const struct mahjong_event *event, unsigned ord);

/* ---- push_back.c ---- */

void push_enter(struct desk_pusher *p, const struct desk_step *step);
void push_resume(struct desk_pusher *p, const struct desk_step *step);
void push_opened(struct desk_pusher *p, const struct desk_step *step);

#endif
