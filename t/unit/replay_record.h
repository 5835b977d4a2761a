/*
 * A recorded match for replay.c: what each player said and was told, in order,
 * and how far the replay has come.
 */
#ifndef T_UNIT_REPLAY_RECORD_H
#define T_UNIT_REPLAY_RECORD_H

#include <jansson.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "game/mahjong/desk.h"
#include "game/mahjong/event.h"
#include "replay_fixed.h"

enum {
    MAX_LINES = 4096,
};

/* What one player said and was told, in order. */
struct player {
    json_t *push[MAX_LINES]; /* whole lines; NULL once matched */
    json_t *send[MAX_LINES];
    unsigned pushes, push_at, sends, send_at;
    bool public;
    json_int_t uid;
};

struct match {
    const char *name;
    json_t *lines;
    json_t *options;
    struct player player[MAHJONG_SEATS]; /* by seat */
    unsigned seats, rounds;
    struct mahjong_desk desk;
    struct mahjong_event round; /* the last ROUND_END */
    unsigned count[FIXED];
    unsigned compensated[MAHJONG_SEATS], paid[MAHJONG_SEATS];
    unsigned doubled[MAHJONG_SEATS]; /* lost tiles with a second winner */
    int winners;                     /* on the last tile */
    int32_t delta[MAHJONG_SEATS];    /* our points less the record's */
    int32_t delta_round[MAHJONG_SEATS];
    int32_t delta_kong[MAHJONG_SEATS];
    bool dead_wait;
    bool silent[MAHJONG_SEATS]; /* asked by us alone: answers pass */
    bool ended;
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
is_game_push(const char *route)
{
    static const char *const routes[] = {
        "onDuanPai",         "onDingQueHint",   "onDingQue",
        "onMoPai",           "onOpTypeHint",    "onOpTypeDo",
        "onGangScoreChange", "onHuScoreChange", "onRoundEnd",
        "onGameEnd"};

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i], route) == 0)
            return true;
    }
    return false;
}

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

/* Seats are the order of the first onDuanPai. */
static inline bool
find_seats(struct match *m)
{
    size_t i, k;
    json_t *line, *account;

    m->options = json_object_get(
        json_object_get(json_array_get(m->lines, 0), "meta"), "options");
    if (m->options == NULL)
        return fail(m, "no options");
    m->seats = (unsigned) number(m->options, "mode");
    json_array_foreach(m->lines, i, line)
    {
        if (strcmp(route_of(line), "onDuanPai") != 0)
            continue;
        json_array_foreach(json_object_get(body_of(line), "accountInfo"), k,
                           account)
        {
            if (k < MAHJONG_SEATS)
                m->player[k].uid = number(account, "acId");
        }
        return k == m->seats || fail(m, "%zu hands", k);
    }
    return fail(m, "no hands");
}

static inline bool
sort_lines(struct match *m)
{
    json_int_t uid[MAHJONG_SEATS] = {0};
    size_t i;
    json_t *line;

    json_array_foreach(m->lines, i, line)
    {
        json_int_t p = number(line, "p");

        if (p >= 0 && p < MAHJONG_SEATS &&
            strcmp(route_of(line), "Manager.Login") == 0 &&
            is_string(line, "dir", "recv"))
            uid[p] = number(body_of(line), "acId");
    }
    json_array_foreach(m->lines, i, line)
    {
        json_int_t p = number(line, "p");
        struct player *player = NULL;

        for (unsigned k = 0; k < m->seats; k++) {
            if (json_object_get(line, "p") && p >= 0 && p < MAHJONG_SEATS &&
                m->player[k].uid == uid[p])
                player = &m->player[k];
        }
        if (player == NULL || player->pushes == MAX_LINES ||
            player->sends == MAX_LINES)
            continue;
        if (is_string(line, "type", "push") && is_game_push(route_of(line))) {
            player->push[player->pushes++] = line;
            if (strcmp(route_of(line), "onDuanPai") == 0)
                player->public = true;
        }
        if (is_string(line, "dir", "send") &&
            (strcmp(route_of(line), "DeskManager.DingQue") == 0 ||
             strcmp(route_of(line), "DeskManager.OpChoose") == 0))
            player->send[player->sends++] = line;
    }
    return m->player[0].public || fail(m, "player 0 was told nothing");
}

#endif
