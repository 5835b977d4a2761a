/*
 * Conversations for play.c: what one player said and heard, and a path into
 * the JSON of a line.
 *
 * t/captures/play-*.jsonl are from sparrow (sparrow-bench play --record), with
 * one player each.  t/captures/game-*.jsonl are from the original server: it
 * hides no tiles and leaves some orders to chance, so they are brought into
 * the form that sparrow has.
 */
#ifndef T_UNIT_PLAY_TALK_H
#define T_UNIT_PLAY_TALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/play_view.h"

struct talk {
    const char *name;
    unsigned mode, rounds, number;
    int64_t uid, other; /* another player's */
    json_t *lines;
};

static inline const char *
text_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s == NULL ? "" : s;
}

static inline bool
is_push(const json_t *line, const char *route)
{
    return strcmp(text_of(line, "dir"), "recv") == 0 &&
           strcmp(text_of(line, "route"), route) == 0;
}

static inline json_int_t
int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static inline json_t *
lines_load(const char *path)
{
    FILE *file = fopen(path, "r");
    json_t *lines = json_array(), *line;
    char *text = NULL;
    size_t size = 0;

    while (file != NULL && getline(&text, &size, file) > 0 &&
           (line = json_loads(text, 0, NULL)) != NULL)
        json_array_append_new(lines, line);
    free(text);
    if (file != NULL)
        fclose(file);
    return lines;
}

/* ---- sparrow's ---- */

static inline void
find_other(struct talk *t)
{
    size_t i, k;
    json_t *line, *player;

    json_array_foreach(t->lines, i, line)
    {
        if (!is_push(line, "onDuanPai"))
            continue;
        json_array_foreach(
            json_object_get(json_object_get(line, "body"), "accountInfo"), k,
            player)
        {
            if (int_of(player, "acId") != t->uid)
                t->other = int_of(player, "acId");
        }
        return;
    }
}

static inline struct talk
talk_load(const char *path)
{
    struct talk t = {.name = path, .lines = lines_load(path)};
    const json_t *meta = json_object_get(json_array_get(t.lines, 0), "meta");

    t.mode = (unsigned) int_of(meta, "mode");
    t.rounds = (unsigned) int_of(meta, "rounds");
    t.number = (unsigned) int_of(meta, "number");
    t.uid = int_of(meta, "uid");
    json_array_remove(t.lines, 0);
    find_other(&t);
    return t;
}

/* ---- the original's ---- */

static inline bool
is_mine(const json_t *line)
{
    const json_t *p = json_object_get(line, "p");
    size_t i;
    json_t *one;

    if (json_is_integer(p))
        return json_integer_value(p) == 0;
    json_array_foreach(p, i, one)
    {
        if (json_integer_value(one) == 0)
            return true;
    }
    return false;
}

static inline void
add_line(json_t *lines, const char *dir, const char *route, json_t *body)
{
    json_array_append_new(lines, json_pack("{sssssO}", "dir", dir, "route",
                                           route, "body", body));
}

static inline void
hide_all(json_t *tiles)
{
    for (size_t i = 0; i < json_array_size(tiles); i++)
        json_array_set_new(tiles, i, json_integer(-1));
}

static inline int
by_number(const void *a, const void *b)
{
    static const char *const keys[] = {"index", "acId"};
    json_t *const *x = a, *const *y = b;

    for (size_t i = 0; i < 2; i++)
        if (json_object_get(*x, keys[i]) != NULL)
            return int_of(*x, keys[i]) < int_of(*y, keys[i]) ? -1 : 1;
    return 0;
}

/* Players of these records have uids in the order of their seats. */
static inline void
sort_list(json_t *list, size_t from)
{
    json_t *item[MAHJONG_HAND];
    size_t n = json_array_size(list);

    if (n > MAHJONG_HAND || n <= from)
        return;
    for (size_t i = 0; i < n; i++)
        item[i] = json_incref(json_array_get(list, i));
    qsort(item + from, n - from, sizeof *item, by_number);
    json_array_clear(list);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, item[i]);
}

static inline void
original_push(struct talk *t, const char *route, json_t *body)
{
    size_t i;
    json_t *one;

    if (strcmp(route, "onDuanPai") == 0) {
        json_array_foreach(json_object_get(body, "accountInfo"), i, one)
        {
            if (int_of(one, "acId") != t->uid)
                hide_all(json_object_get(one, "mjs"));
        }
    } else if (strcmp(route, "onMoPai") == 0 && int_of(body, "acId") != t->uid)
        hide_all(json_object_get(body, "mjids"));
    if (strcmp(route, "onOpTypeHint") == 0) /* only sparrow numbers them */
        json_object_set_new(body, "hint",
                            json_integer((int) json_array_size(t->lines) + 1));
    sort_list(json_object_get(body, "tings"), 0);
    sort_list(json_object_get(body, "scoreChange"), 0);
    sort_list(json_object_get(body, "changes"), 1);
}

/* The pushes that compact records leave out. */
static inline void
original_deal(struct talk *t, unsigned round, const json_t *deal)
{
    json_t *data = json_array(), *one, *body;
    char title[64];
    size_t i;

    json_array_foreach(json_object_get(deal, "accountInfo"), i, one)
    {
        json_array_append_new(
            data, json_pack("{sisIsssbsisbsssisssb}", "deskPos", (int) i,
                            "acId", int_of(one, "acId"), "nickname", "G",
                            "isReady", 1, "sex", 1, "isExit", 0, "headURL", "",
                            "score", 1000, "ip", "", "offline", 0));
    }
    body = json_pack("{so}", "data", data);
    if (round == 1)
        add_line(t->lines, "recv", "onPlayerEnter", body);
    json_decref(body);
    snprintf(title, sizeof title, "房号: %06u 局数: %u/%u", t->number, round,
             t->rounds);
    body = json_pack("{sssssssi}", "deskId", "123456", "title", title, "desc",
                     "", "mode", t->mode);
    add_line(t->lines, "recv", "onDeskBasicInfo", body);
    json_decref(body);
}

static inline void
original_line(struct talk *t, const json_t *line, unsigned *round)
{
    static const char *const routes[] = {
        "onDuanPai",  "onDingQueHint",       "onDingQue",
        "onMoPai",    "onOpTypeHint",        "onOpTypeDo",
        "onGameEnd",  "onGangScoreChange",   "onHuScoreChange",
        "onRoundEnd", "DeskManager.DingQue", "DeskManager.OpChoose"};
    const char *route = text_of(line, "route");
    json_t *body = json_object_get(line, "body"), *empty;
    bool deals = strcmp(route, "onDuanPai") == 0;

    if (strcmp(route, "Manager.Login") == 0 &&
        strcmp(text_of(line, "dir"), "recv") == 0)
        t->uid = int_of(body, "acId");
    if (deals)
        original_deal(t, ++*round, body);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(route, routes[i]) != 0)
            continue;
        original_push(t, route, body);
        add_line(t->lines, text_of(line, "dir"), route, body);
    }
    if (!deals)
        return;
    empty = json_object();
    add_line(t->lines, "send", "DeskManager.QiPaiFinished", empty);
    json_decref(empty);
}

static inline struct talk
original_load(const char *path)
{
    struct talk t = {.name = path, .number = 123456, .lines = json_array()};
    json_t *lines = lines_load(path), *line, *options;
    unsigned round = 0;
    size_t i;

    options = json_object_get(
        json_object_get(json_array_get(lines, 0), "meta"), "options");
    t.mode = (unsigned) int_of(options, "mode");
    t.rounds = (unsigned) int_of(options, "round");
    json_array_foreach(lines, i, line)
    {
        if (is_mine(line))
            original_line(&t, line, &round);
    }
    json_decref(lines);
    find_other(&t);
    return t;
}

/* ---- paths ---- */

/* The element of a list of players that is (or is not) the uid's. */
static inline int
player_at(const json_t *list, int64_t uid, bool is)
{
    size_t i;
    json_t *one;

    json_array_foreach(list, i, one)
    {
        json_int_t id = json_object_get(one, "acId") != NULL
                            ? int_of(one, "acId")
                            : int_of(one, "uid");

        if ((id == uid) == is)
            return (int) i;
    }
    return -1;
}

/*
 * One step of a path: a name, an index, "me" or "other" (in a list of
 * players), "last", "+" (behind the last).  Sets *key or *index.
 */
static inline json_t *
path_step(const struct talk *t, json_t *v, const char *step, int *index)
{
    *index = -1;
    if (!json_is_array(v))
        return json_object_get(v, step);
    if (strcmp(step, "me") == 0 || strcmp(step, "other") == 0)
        *index = player_at(v, t->uid, strcmp(step, "me") == 0);
    else if (strcmp(step, "last") == 0)
        *index = (int) json_array_size(v) - 1;
    else if (strcmp(step, "+") == 0)
        *index = (int) json_array_size(v);
    else
        *index = atoi(step);
    return *index < 0 ? NULL : json_array_get(v, (size_t) *index);
}

/* The value at "a.b.c"; "a.#" is the length of a list. */
static inline json_t *
path_get(const struct talk *t, json_t *v, const char *path)
{
    char copy[128], *save = NULL;
    int index;

    snprintf(copy, sizeof copy, "%s", path);
    for (char *s = strtok_r(copy, ".", &save); s != NULL && v != NULL;
         s = strtok_r(NULL, ".", &save))
        v = path_step(t, v, s, &index);
    return v;
}

/* "me", "other", "stranger", "=path" (what is there in the body), or JSON. */
static inline json_t *
json_value(const struct talk *t, json_t *body, const char *text)
{
    if (strcmp(text, "me") == 0)
        return json_integer(t->uid);
    if (strcmp(text, "other") == 0)
        return json_integer(t->other);
    if (strcmp(text, "stranger") == 0)
        return json_integer(1);
    if (*text == '=')
        return json_incref(path_get(t, body, text + 1));
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

/*
 * Sets, or with a NULL value removes, what is at the path in `copy`; "=path"
 * is of `body`.  False: there is nothing.
 */
static inline bool
path_set_one(const struct talk *t, json_t *body, json_t *copy,
             const char *path, const char *value)
{
    char text[128], *last;
    json_t *parent = copy, *v;
    int index;

    snprintf(text, sizeof text, "%s", path);
    last = strrchr(text, '.');
    if (last != NULL) {
        *last++ = '\0';
        parent = path_get(t, copy, text);
    } else {
        last = text;
    }
    if (parent == NULL)
        return false;
    path_step(t, parent, last, &index);
    if (value == NULL)
        return (index >= 0 ? json_array_remove(parent, (size_t) index)
                           : json_object_del(parent, last)) == 0;
    v = json_value(t, body, value);
    if (index >= 0 && (size_t) index == json_array_size(parent))
        return json_array_append_new(parent, v) == 0;
    if (index >= 0)
        return json_array_set_new(parent, (size_t) index, v) == 0;
    return json_object_set_new(parent, last, v) == 0;
}

/* Two paths and values at most, with a semicolon between. */
static inline bool
path_set(const struct talk *t, json_t *body, json_t *copy, const char *path,
         const char *value)
{
    char paths[128], values[128], *path2, *value2;

    if (value == NULL || strchr(path, ';') == NULL)
        return path_set_one(t, body, copy, path, value);
    snprintf(paths, sizeof paths, "%s", path);
    snprintf(values, sizeof values, "%s", value);
    path2 = strchr(paths, ';');
    value2 = strchr(values, ';');
    *path2++ = *value2++ = '\0';
    return path_set_one(t, body, copy, paths, values) &&
           path_set_one(t, body, copy, path2, value2);
}

/* All of "path=value path=value"; "path.#" is a length. */
static inline bool
holds(const struct talk *t, json_t *body, const char *when)
{
    char copy[256], *save = NULL;

    snprintf(copy, sizeof copy, "%s", when);
    for (char *s = strtok_r(copy, " ", &save); s != NULL;
         s = strtok_r(NULL, " ", &save)) {
        char *value = strchr(s, '=');
        bool is = value[-1] != '!';
        json_t *want, *got;
        size_t n;
        bool same;

        value[is ? 0 : -1] = '\0';
        value++;
        n = strlen(s);
        if (n > 2 && strcmp(s + n - 2, ".#") == 0) {
            s[n - 2] = '\0';
            same = (int) json_array_size(path_get(t, body, s)) == atoi(value);
        } else {
            want = json_value(t, body, value);
            got = path_get(t, body, s);
            same = got != NULL && json_equal(got, want);
            json_decref(want);
        }
        if (same != is)
            return false;
    }
    return true;
}

#endif
