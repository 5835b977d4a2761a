/*
 * What the files of the desk share among themselves; nobody else includes it.
 *
 * Functions here change the desk and append events; whatever could be refused
 * has been checked before the first of them is called.
 */
#ifndef GAME_MAHJONG_INNER_H
#define GAME_MAHJONG_INNER_H

#include <string.h>

#include "game/mahjong/action.h"
#include "game/mahjong/desk.h"
#include "game/mahjong/event.h"

#define BIT(n) (1u << (n))

/* t/unit/desk_random.c sees to it that no action fills the array. */
static inline struct mahjong_event *
emit(struct mahjong_events *events, unsigned type, unsigned seat, unsigned to)
{
    struct mahjong_event *event = &events->event[events->count];

    if (events->count < MAHJONG_EVENTS - 1)
        events->count++;
    event->type = (uint8_t) type;
    event->seat = (uint8_t) seat;
    event->to = (uint8_t) to;
    return event;
}

/* The n-th seat after `seat`, in the order of play. */
static inline unsigned
seat_after(const struct mahjong_desk *desk, unsigned seat, unsigned n)
{
    return (seat + n) % desk->seats;
}

/* Out of play: won already in this round. */
static inline bool
has_won(const struct mahjong_desk *desk, unsigned seat)
{
    return desk->seat[seat].win_tile != MAHJONG_NO_TILE;
}

static inline bool
wall_is_empty(const struct mahjong_desk *desk)
{
    return desk->wall_next == desk->wall_len;
}

static inline unsigned
kind_of(unsigned tile)
{
    return tile / 4;
}

/* Is it of the suit that the seat does without? */
static inline bool
is_que(const struct mahjong_seat *seat, unsigned tile)
{
    return seat->que != 0 && kind_of(tile) / 9 == seat->que - 1u;
}

/* Takes a seat's bit out; the later ones move down. */
static inline uint8_t
without_seat(unsigned bits, unsigned seat)
{
    unsigned low = BIT(seat) - 1;

    return (uint8_t) ((bits & low) | ((bits >> 1) & ~low));
}

/* player.c */
void player_add(struct mahjong_seat *seat, unsigned tile);
void player_remove(struct mahjong_seat *seat, unsigned tile);
/* Moves the first `n` of a kind, in hand order, from the hand to a meld. */
void player_meld(struct mahjong_seat *seat, unsigned kind, unsigned n,
                 uint8_t *tiles);
/* The claimed tile of a meld, or (-1) the robbed one of an added kong. */
void player_meld_claimed(struct mahjong_seat *seat, unsigned tile, int n);
/* Complete, with `tile` if it is one, and without que tiles? */
bool player_wins(const struct mahjong_seat *seat, unsigned tile);

static inline bool
has_que(const struct mahjong_seat *seat)
{
    return seat->que != 0 && seat->tiles.suit[seat->que - 1] != 0;
}

static inline unsigned
held(const struct mahjong_seat *seat, unsigned kind)
{
    return (unsigned) hand_count(&seat->tiles, (int) kind);
}

/* desk.c */
bool mahjong_options_are_valid(const struct mahjong_options *options,
                               unsigned rounds);
bool mahjong_times_are_valid(const struct mahjong_times *times);
bool mahjong_version_is_valid(unsigned version);
void mahjong_set_options(struct mahjong_desk *desk,
                         const struct mahjong_options *options,
                         unsigned rounds);

/* round.c */
enum mahjong_violation round_deal(struct mahjong_desk *desk,
                                  const struct mahjong_action *action,
                                  struct mahjong_events *events);
enum mahjong_violation round_sort(struct mahjong_desk *desk, unsigned seat,
                                  struct mahjong_events *events);
enum mahjong_violation round_que(struct mahjong_desk *desk, unsigned seat,
                                 unsigned que, struct mahjong_events *events);
enum mahjong_violation round_choose(struct mahjong_desk *desk, unsigned seat,
                                    unsigned op, unsigned tile,
                                    struct mahjong_events *events);
enum mahjong_violation round_timeout(struct mahjong_desk *desk, unsigned seat,
                                     struct mahjong_events *events);
unsigned round_que_suggestion(const struct mahjong_seat *seat);
void round_clear(struct mahjong_desk *desk);
void round_draw(struct mahjong_desk *desk, unsigned seat,
                struct mahjong_events *events);
void round_ask_discard(struct mahjong_desk *desk,
                       struct mahjong_events *events);
/* The turn of the next player after `seat` who has not won. */
void round_next(struct mahjong_desk *desk, unsigned seat,
                struct mahjong_events *events);

/* hint.c */
void hint_ask(struct mahjong_desk *desk, unsigned seat, unsigned offer,
              struct mahjong_events *events);

/* claims.c */
void claims_open(struct mahjong_desk *desk, struct mahjong_events *events);
void claims_answer(struct mahjong_desk *desk, unsigned seat, unsigned op,
                   struct mahjong_events *events);

bool claims_win(const struct mahjong_desk *desk);

/* kong.c */
unsigned kong_offers(const struct mahjong_desk *desk, unsigned seat,
                     uint8_t *tiles);
void kong_own(struct mahjong_desk *desk, unsigned kind,
              struct mahjong_events *events);
void kong_on_discard(struct mahjong_desk *desk, unsigned seat,
                     struct mahjong_events *events);
void kong_rob_resolve(struct mahjong_desk *desk,
                      struct mahjong_events *events);

/* settle.c */
void settle_self_drawn(struct mahjong_desk *desk,
                       struct mahjong_events *events);
/* Those who answered "hu" win on the claimed tile of the turn's player. */
void settle_claimed(struct mahjong_desk *desk, bool robbed,
                    struct mahjong_events *events);
void settle_kong(struct mahjong_desk *desk, unsigned seat,
                 struct mahjong_meld *meld, unsigned payers, unsigned pays,
                 struct mahjong_events *events);
void settle_compensation(struct mahjong_desk *desk,
                         struct mahjong_events *events);
unsigned settle_fan(const struct mahjong_desk *desk, unsigned seat,
                    unsigned tile, unsigned circumstances, bool self_drawn,
                    uint32_t *descs);

/* ending.c */
void ending_round(struct mahjong_desk *desk, bool whole,
                  struct mahjong_events *events);
void ending_close(struct mahjong_desk *desk, struct mahjong_events *events);
bool ending_waits(const struct mahjong_seat *seat);

/* checkpoint.c */
enum mahjong_violation checkpoint_restore(struct mahjong_desk *desk,
                                          const struct mahjong_action *action);

/* dissolve.c */
enum mahjong_violation dissolve_apply(struct mahjong_desk *desk, unsigned seat,
                                      int64_t now_ms,
                                      struct mahjong_events *events);
enum mahjong_violation dissolve_vote(struct mahjong_desk *desk, unsigned seat,
                                     bool consent, int64_t now_ms,
                                     struct mahjong_events *events);
enum mahjong_violation dissolve_timeout(struct mahjong_desk *desk,
                                        int64_t now_ms,
                                        struct mahjong_events *events);
void dissolve_cancel(struct mahjong_desk *desk, struct mahjong_events *events);
void dissolve_left(struct mahjong_desk *desk, unsigned seat,
                   struct mahjong_events *events);
void dissolve_now(struct mahjong_desk *desk, struct mahjong_events *events);

#endif
