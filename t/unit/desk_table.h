/*
 * A table for tests of the rules: hands and walls written down as tiles, what
 * players do as one line each, what follows as questions about the events.
 *
 * Tiles are written as ranks and a suit: t tiao, o tong, w wan.  "1123t 5o"
 * is five tiles; blanks do not count.  Copies of a kind get their ids in the
 * order in which they are mentioned.
 */
#ifndef T_UNIT_DESK_TABLE_H
#define T_UNIT_DESK_TABLE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "game/mahjong/action.h"
#include "game/mahjong/desk.h"
#include "game/mahjong/event.h"
#include "game/mahjong/table.h"
#include "game/mahjong/view.h"
#include "tap.h"

#define UNUSED __attribute__((unused))

/* Bits of an offer. */
enum {
    HU = 1 << MAHJONG_HU,
    PASS = 1 << MAHJONG_PASS,
    PENG = 1 << MAHJONG_PENG,
    GANG = 1 << MAHJONG_GANG,
    DISCARD = 1 << MAHJONG_DISCARD,
};

struct table {
    struct mahjong_desk desk;
    struct mahjong_events events; /* of the last action */
    struct mahjong_action deal;
    int used[27]; /* copies of a kind that are placed */
};

/* How a round is set up; zero is a good value for each. */
struct setup {
    unsigned version; /* MAHJONG_VERSION */
    unsigned mode;    /* 4 */
    unsigned rounds;  /* 4 */
    unsigned max_fan; /* 16 */
    unsigned zimo;
    unsigned rules;
    unsigned banker;
    const char *que;     /* a digit for each seat; "3333" */
    const char *hand[4]; /* 13 tiles, the banker 14; NULL: what is left */
    const char *draws;   /* from the wall, in order */
    const char *last;    /* the wall's last tiles; no others are left */
};

static inline enum mahjong_violation UNUSED
act(struct table *t, struct mahjong_action action)
{
    return mahjong_apply(&t->desk, &action, &t->events);
}

static inline enum mahjong_violation UNUSED
seat_act(struct table *t, unsigned type, unsigned seat)
{
    return act(t, (struct mahjong_action){.type = (uint8_t) type,
                                          .seat = (uint8_t) seat});
}

static inline unsigned
kind_at(const char *digit)
{
    const char *suit = digit + strcspn(digit, "tow");

    return (unsigned) (strchr("tow", *suit) - "tow") * 9 +
           (unsigned) (*digit - '1');
}

/* The kind of the one tile that is written. */
static inline unsigned UNUSED
kind(const char *tile)
{
    return kind_at(tile);
}

/* Writes the ids of the tiles; returns how many. */
static inline unsigned
put(struct table *t, const char *tiles, uint8_t *ids)
{
    unsigned n = 0;

    for (const char *c = tiles; *c != '\0'; c++) {
        if (*c >= '1' && *c <= '9') {
            unsigned k = kind_at(c);

            if (t->used[k] == 4) {
                fprintf(stderr, "a fifth tile in %s\n", tiles);
                abort();
            }
            ids[n++] = (uint8_t) (k * 4 + (unsigned) t->used[k]++);
        }
    }
    return n;
}

/* Fills [from, to) of the wall with tiles not placed, the highest first. */
static inline void
fill(struct table *t, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        unsigned k = t->deal.wall_len / 4 - 1u;

        while (t->used[k] == 4)
            k--;
        t->deal.wall[i] = (uint8_t) (k * 4 + (unsigned) t->used[k]++);
    }
}

/*
 * A hand that neither claims nor wins: no pair, and wan first, which is the
 * que of four players if nothing else is said.
 */
static inline void
fill_hand(struct table *t, unsigned from, unsigned n)
{
    static const uint8_t order[27] = {26, 25, 24, 23, 22, 21, 20, 19, 18,
                                      17, 14, 11, 8,  5,  2,  16, 13, 10,
                                      7,  4,  1,  15, 12, 9,  6,  3,  0};

    for (unsigned i = 0; i < 27 && n > 0; i++) {
        unsigned k = order[i];

        if (k < t->deal.wall_len / 4u && t->used[k] < 4) {
            t->deal.wall[from++] = (uint8_t) (k * 4 + (unsigned) t->used[k]++);
            n--;
        }
    }
}

static inline void
make_wall(struct table *t, const struct setup *s)
{
    unsigned n = t->desk.seats, at = 13 * n + 1, end;

    memset(t->used, 0, sizeof(t->used));
    t->deal.wall_len = n == 3 ? 72 : 108;
    for (unsigned i = 0; i < n; i++) {
        uint8_t ids[14];
        unsigned len;

        if (s->hand[i] == NULL)
            continue;
        len = put(t, s->hand[i], ids);
        if (len != (i == s->banker ? 14 : 13)) {
            fprintf(stderr, "%u tiles: %s\n", len, s->hand[i]);
            abort();
        }
        memcpy(t->deal.wall + 13 * i, ids, 13);
        if (i == s->banker)
            t->deal.wall[13 * n] = ids[13];
    }
    if (s->draws != NULL)
        at += put(t, s->draws, t->deal.wall + at);
    end = t->deal.wall_len;
    if (s->last != NULL) {
        uint8_t ids[MAHJONG_WALL];
        unsigned len = put(t, s->last, ids);

        end -= len;
        memcpy(t->deal.wall + end, ids, len);
    }
    for (unsigned i = 0; i < n; i++) {
        if (s->hand[i] == NULL)
            fill_hand(t, 13 * i, 13);
        if (s->hand[i] == NULL && i == s->banker)
            fill(t, 13 * n, 13 * n + 1);
    }
    fill(t, at, end);
}

static inline void UNUSED
must_be_ok(struct table *t, enum mahjong_violation violation, const char *what)
{
    (void) t;
    if (violation != MAHJONG_OK)
        ok(false, "%s: %s", what, mahjong_violation_text(violation));
}

static inline void UNUSED
open_table(struct table *t, const struct setup *s)
{
    struct mahjong_action action = {.type = MAHJONG_OPEN};

    memset(t, 0, sizeof(*t));
    action.version = s->version ? s->version : MAHJONG_VERSION;
    action.rounds = (uint8_t) (s->rounds ? s->rounds : 4);
    action.options.mode = (uint8_t) (s->mode ? s->mode : 4);
    action.options.max_fan = (uint8_t) (s->max_fan ? s->max_fan : 16);
    action.options.zimo = (uint8_t) s->zimo;
    action.options.rules = (uint8_t) s->rules;
    for (unsigned i = 0; i < action.options.mode; i++) {
        action.uid = 101 + i;
        must_be_ok(t, act(t, action), "sits");
        action.type = MAHJONG_SIT;
    }
}

/* The next round at an open table, up to the banker's first question. */
static inline void UNUSED
next_round(struct table *t, const struct setup *s)
{
    unsigned n = t->desk.seats;

    t->deal = (struct mahjong_action){
        .type = MAHJONG_DEAL, .dice = {1, 6}, .banker = (uint8_t) s->banker};
    for (unsigned i = 0; i < n; i++)
        must_be_ok(t, seat_act(t, MAHJONG_READY, i), "is ready");
    make_wall(t, s);
    must_be_ok(t, act(t, t->deal), "is dealt");
    for (unsigned i = 0; i < n; i++)
        must_be_ok(t, seat_act(t, MAHJONG_SORT, i), "has sorted");
    /* The rest of the wall is taken away. */
    if (s->last != NULL) {
        t->desk.wall_next = t->desk.wall_len;
        for (const char *c = s->last; *c != '\0'; c++)
            t->desk.wall_next -= *c >= '1' && *c <= '9';
    }
    for (unsigned i = 0; n == 4 && i < n; i++) {
        struct mahjong_action que = {.type = MAHJONG_QUE, .seat = (uint8_t) i};

        que.que = (uint8_t) ((s->que ? s->que : "3333")[i] - '0');
        must_be_ok(t, act(t, que), "names a que");
    }
}

static inline void UNUSED
start(struct table *t, const struct setup *s)
{
    open_table(t, s);
    next_round(t, s);
}

static inline unsigned UNUSED
offer(const struct table *t, unsigned seat)
{
    return t->desk.seat[seat].offer;
}

/* An id of the kind in the hand, the last; NO_TILE. */
static inline unsigned UNUSED
id_of(const struct table *t, unsigned seat, const char *tile)
{
    const struct mahjong_seat *player = &t->desk.seat[seat];

    for (unsigned i = player->hand_len; i-- > 0;) {
        if (player->hand[i] / 4 == kind(tile))
            return player->hand[i];
    }
    return MAHJONG_NO_TILE;
}

static inline enum mahjong_violation UNUSED
choose(struct table *t, unsigned seat, unsigned op, unsigned tile)
{
    return act(t, (struct mahjong_action){.type = MAHJONG_CHOOSE,
                                          .seat = (uint8_t) seat,
                                          .op = (uint8_t) op,
                                          .tile = (uint8_t) tile});
}

/* A seat discards a tile of the kind; must be allowed. */
static inline void UNUSED
drop(struct table *t, unsigned seat, const char *tile)
{
    must_be_ok(t, choose(t, seat, MAHJONG_DISCARD, id_of(t, seat, tile)),
               tile);
}

/* A seat answers; an own kong is of the kind. */
static inline void UNUSED
say(struct table *t, unsigned seat, unsigned op)
{
    must_be_ok(t, choose(t, seat, op, MAHJONG_NO_TILE), "says");
}

static inline void UNUSED
kong(struct table *t, unsigned seat, const char *tile)
{
    must_be_ok(t, choose(t, seat, MAHJONG_GANG, id_of(t, seat, tile)), tile);
}

/* The nth event of a type of the last action, from 0; NULL. */
static inline const struct mahjong_event *UNUSED
event(const struct table *t, unsigned type, unsigned nth)
{
    for (unsigned i = 0; i < t->events.count; i++) {
        if (t->events.event[i].type == type && nth-- == 0)
            return &t->events.event[i];
    }
    return NULL;
}

static inline unsigned UNUSED
events(const struct table *t, unsigned type)
{
    unsigned n = 0;

    while (event(t, type, n) != NULL)
        n++;
    return n;
}

/* Who drew in the last action; NOBODY. */
static inline unsigned UNUSED
drew(const struct table *t)
{
    const struct mahjong_event *e = event(t, MAHJONG_EV_DRAW, 0);

    return e == NULL ? (unsigned) MAHJONG_NOBODY : e->seat;
}

static inline bool UNUSED
changes(const struct mahjong_event *e, int a, int b, int c, int d)
{
    return e != NULL && e->score.change[0] == a && e->score.change[1] == b &&
           e->score.change[2] == c && e->score.change[3] == d;
}

static inline int UNUSED
total(const struct table *t, unsigned seat)
{
    const struct mahjong_seat *player = &t->desk.seat[seat];

    return player->won + player->rain + player->wind;
}

static inline bool UNUSED
totals(const struct table *t, int a, int b, int c, int d)
{
    return total(t, 0) == a && total(t, 1) == b && total(t, 2) == c &&
           total(t, 3) == d;
}

/* The round's end in the last action. */
static inline const struct mahjong_round_seat *UNUSED
result(const struct table *t, unsigned seat)
{
    static const struct mahjong_round_seat none;
    const struct mahjong_event *e = event(t, MAHJONG_EV_ROUND_END, 0);

    return e == NULL ? &none : &e->round.seat[seat];
}

static inline bool UNUSED
round_totals(const struct table *t, int a, int b, int c, int d)
{
    return event(t, MAHJONG_EV_ROUND_END, 0) != NULL &&
           result(t, 0)->total == a && result(t, 1)->total == b &&
           result(t, 2)->total == c && result(t, 3)->total == d;
}

static inline bool UNUSED
has_desc(uint32_t descs, enum value_desc desc)
{
    return descs >> desc & 1;
}

#endif
