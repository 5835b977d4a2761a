/*
 * A recorded match: what each player said and was told, in order, and how far
 * a replay has come.
 */
#ifndef T_UNIT_REPLAY_RECORD_H
#define T_UNIT_REPLAY_RECORD_H

#include <jansson.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/mahjong/action.h"
#include "game/mahjong/event.h"
#include "replay_fixed.h"

enum {
    MAX_PLAYERS = 8, /* of one record */
};

/* What one player said and was told, in order: whole lines. */
struct player {
    json_t **push;
    json_t **send;
    unsigned pushes, push_at, sends, send_at;
    json_int_t uid;
};

struct match {
    const char *name;
    json_t *lines;
    json_t *options;
    struct player player[MAX_PLAYERS]; /* replay.c: by seat */
    unsigned seats, rounds;
    struct mahjong_desk desk;
    struct mahjong_event round; /* the last ROUND_END */
    unsigned count[FIXED];
    unsigned compensated[MAHJONG_SEATS], paid[MAHJONG_SEATS];
    int winners;                  /* on the last tile */
    int32_t delta[MAHJONG_SEATS]; /* our points less the record's */
    int32_t delta_round[MAHJONG_SEATS];
    int32_t delta_kong[MAHJONG_SEATS];
    bool dead_wait;
    bool silent[MAHJONG_SEATS]; /* asked by us alone: answers pass */
    bool ended;                 /* the record goes another way from here */
    unsigned events;
    char why[4096];
};

/* Remembers the first failure; always returns false. */
static inline bool __attribute__((format(printf, 2, 3)))
fail(struct match *m, const char *fmt, ...)
{
    va_list ap;

    if (m->why[0] == '\0') {
        va_start(ap, fmt);
        vsnprintf(m->why, sizeof(m->why), fmt, ap);
        va_end(ap);
    }
    return false;
}

static inline bool
is_string(const json_t *object, const char *key, const char *want)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL && strcmp(value, want) == 0;
}

static inline const char *
route_of(const json_t *line)
{
    const char *route = json_string_value(json_object_get(line, "route"));

    return route == NULL ? "" : route;
}

static inline json_t *
body_of(const json_t *line)
{
    return json_object_get(line, "body");
}

static inline json_int_t
number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Loading */

static inline bool
load_lines(struct match *m, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;

    if (file == NULL)
        return fail(m, "cannot open");
    m->lines = json_array();
    while (getline(&line, &size, file) > 0) {
        json_t *value = json_loads(line, 0, NULL);

        if (value == NULL) {
            free(line);
            fclose(file);
            return fail(m, "not JSON");
        }
        json_array_append_new(m->lines, value);
    }
    free(line);
    fclose(file);
    return true;
}

/* A line is one player's, or was told to several. */
static inline bool
is_of(const json_t *line, unsigned p)
{
    const json_t *of = json_object_get(line, "p");
    json_t *one;
    size_t i;

    json_array_foreach(of, i, one)
    {
        if (json_integer_value(one) == (json_int_t) p)
            return true;
    }
    return json_is_integer(of) && json_integer_value(of) == (json_int_t) p;
}

static inline void
add_line(json_t ***list, unsigned *n, json_t *line)
{
    if ((*n & (*n - 1)) == 0) {
        size_t size = *n == 0 ? 1 : *n * 2;

        *list = realloc(*list, size * sizeof(**list));
    }
    (*list)[(*n)++] = line;
}

static inline void
unload(struct match *m)
{
    for (unsigned i = 0; i < MAX_PLAYERS; i++) {
        free(m->player[i].push);
        free(m->player[i].send);
    }
    json_decref(m->lines);
}

/* Walls */

/* The tail of the wall that was never drawn is not in the record. */
static inline void
fill_wall(struct mahjong_action *deal, unsigned n)
{
    bool seen[MAHJONG_WALL] = {false};

    for (unsigned i = 0; i < n; i++)
        seen[deal->wall[i]] = true;
    for (unsigned tile = 0; tile < deal->wall_len; tile++) {
        if (!seen[tile])
            deal->wall[n++] = (uint8_t) tile;
    }
}

static inline unsigned
wall_of_hands(struct mahjong_action *deal, json_t *body)
{
    json_t *accounts = json_object_get(body, "accountInfo"), *account;
    unsigned seats = (unsigned) json_array_size(accounts);
    size_t i, k;

    json_array_foreach(accounts, i, account)
    {
        json_t *hand = json_object_get(account, "mjs"), *tile;

        json_array_foreach(hand, k, tile)
        {
            deal->wall[k < 13 ? 13 * i + k : 13 * seats] = (uint8_t)
                json_integer_value(tile);
        }
        if (k == 14)
            deal->banker = (uint8_t) i;
    }
    return 13 * seats + 1;
}

/*
 * The round that begins with the first of n pushes, an onDuanPai; the tiles
 * that these pushes know.
 */
static inline unsigned
deal_of(struct mahjong_action *deal, json_t *const *push, unsigned n)
{
    json_t *body = body_of(push[0]);
    unsigned known;

    memset(deal, 0, sizeof(*deal));
    deal->type = MAHJONG_DEAL;
    deal->wall_len = json_array_size(json_object_get(body, "accountInfo")) == 3
                         ? 72
                         : 108;
    deal->dice[0] = (uint8_t) number(body, "dice1");
    deal->dice[1] = (uint8_t) number(body, "dice2");
    known = wall_of_hands(deal, body);
    for (unsigned i = 1; i < n; i++) {
        if (strcmp(route_of(push[i]), "onDuanPai") == 0)
            break;
        if (strcmp(route_of(push[i]), "onMoPai") == 0 &&
            known < deal->wall_len)
            deal->wall[known++] = (uint8_t) json_integer_value(
                json_array_get(json_object_get(body_of(push[i]), "mjids"), 0));
    }
    fill_wall(deal, known);
    return known;
}

/* Options */

static inline void
read_options(struct mahjong_action *open, const json_t *options)
{
    static const char *const rules[] = {"menqing",  "jiangdui", "jiaxin",
                                        "pengpeng", "pinghu",   "yaojiu"};

    memset(open, 0, sizeof(*open));
    open->type = MAHJONG_OPEN;
    open->version = MAHJONG_VERSION;
    open->options.mode = (uint8_t) number(options, "mode");
    open->options.max_fan = (uint8_t) number(options, "maxFan");
    open->options.zimo = is_string(options, "zimo", "di");
    for (unsigned i = 0; i < 6; i++) {
        if (json_is_true(json_object_get(options, rules[i])))
            open->options.rules |= (uint8_t) (1 << i);
    }
    open->rounds = (uint8_t) number(options, "round");
}

#endif
