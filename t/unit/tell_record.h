/*
 * A recorded conversation for desk_tell.c: what each player did that a desk
 * hears of, and what a desk told him.
 */
#ifndef T_UNIT_TELL_RECORD_H
#define T_UNIT_TELL_RECORD_H

#include "game/desk/state.h"
#include "replay_record.h"

/* What a player was told that does not come from desk_push_step(). */
enum aside {
    ASIDE_COIN_LOGIN,
    ASIDE_COIN_OTHER, /* an operator has changed his cards */
    ASIDE_BROADCAST,
    ASIDE_VOICE,   /* onVoiceMessage, onRecordingVoice */
    ASIDE_NO_DESK, /* onDissolveSuccess */
    ASIDES,
};

static const char *const aside_name[ASIDES] = {
    [ASIDE_COIN_LOGIN] = "onCoinChange at a login",
    [ASIDE_COIN_OTHER] = "onCoinChange by an operator",
    [ASIDE_BROADCAST] = "onBroadcast",
    [ASIDE_VOICE] = "voice",
    [ASIDE_NO_DESK] = "onDissolveSuccess without a desk",
};

struct act {
    const char *route; /* also "close", "handshake" */
    json_t *body;      /* CreateDesk: the options */
    json_t *answer;    /* CreateDesk, Join */
    int64_t time_ms;   /* 0: not known */
    unsigned after;    /* he had been told so much before */
    unsigned line;
};

struct actor {
    struct act *act;
    unsigned acts;
    json_t **shown; /* his pushes, with all tiles */
    unsigned showns;
    json_t **coin; /* onCoinChange since he first made a desk */
    unsigned coins;
    json_t *options; /* of the desk that he asked for last */
    struct desk_profile profile;
};

struct record {
    struct match match;
    struct actor actor[MAX_PLAYERS];
    json_t *masked; /* keeps lines that have been changed */
    unsigned asides[ASIDES];
    unsigned acts;
};

/* What he may not see, as the record would have it with hidden tiles. */

static inline void
hide_all(json_t *tiles)
{
    for (size_t i = 0; i < json_array_size(tiles); i++)
        json_array_set_new(tiles, i, json_integer(-1));
}

static inline void
hide_others(json_t *list, const char *tiles, json_int_t uid)
{
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (number(one, "acId") == uid)
            continue;
        hide_all(json_object_get(one, tiles));
        if (number(one, "lastTile") != 0) /* 0: has not drawn yet */
            json_object_set_new(one, "lastTile", json_integer(-1));
    }
}

static inline json_t *
masked(struct record *r, json_t *line, json_int_t uid)
{
    const char *route = route_of(line);
    bool draw = strcmp(route, "onMoPai") == 0;
    bool deal = strcmp(route, "onDuanPai") == 0;
    bool sync = strcmp(route, "onSyncDesk") == 0;
    json_t *body;

    if (!sync && !deal && !(draw && number(body_of(line), "acId") != uid))
        return line;
    line = json_deep_copy(line);
    json_array_append_new(r->masked, line);
    body = body_of(line);
    if (draw)
        hide_all(json_object_get(body, "mjids"));
    hide_others(json_object_get(body, "accountInfo"), "mjs", uid);
    hide_others(json_object_get(body, "players"), "shouPaiIds", uid);
    return line;
}

/* Loading */

static inline int
aside_of(const char *route)
{
    static const struct {
        const char *route;
        enum aside aside;
    } asides[] = {
        {"onBroadcast", ASIDE_BROADCAST},
        {"onVoiceMessage", ASIDE_VOICE},
        {"onRecordingVoice", ASIDE_VOICE},
        {"onDissolveSuccess", ASIDE_NO_DESK},
    };

    for (size_t i = 0; i < sizeof(asides) / sizeof(asides[0]); i++) {
        if (strcmp(asides[i].route, route) == 0)
            return (int) asides[i].aside;
    }
    return -1;
}

static inline void
load_push(struct record *r, unsigned p, json_t *line, bool open)
{
    struct player *player = &r->match.player[p];
    struct actor *actor = &r->actor[p];
    int aside = aside_of(route_of(line));

    if (aside >= 0) {
        r->asides[aside]++;
    } else if (strcmp(route_of(line), "onCoinChange") != 0) {
        add_line(&actor->shown, &actor->showns, line);
        add_line(&player->push, &player->pushes,
                 open ? line : masked(r, line, player->uid));
    } else if (actor->options == NULL) {
        r->asides[ASIDE_COIN_LOGIN]++;
    } else {
        add_line(&actor->coin, &actor->coins, line);
    }
}

static inline void
copy_text(char *to, size_t size, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    snprintf(to, size, "%s", text == NULL ? "" : text);
}

static inline void
load_login(struct record *r, unsigned p, const json_t *line)
{
    struct desk_profile *profile = &r->actor[p].profile;
    json_t *body = body_of(line);

    if (is_string(line, "dir", "send")) {
        copy_text(profile->ip, sizeof(profile->ip), body, "ip");
        return;
    }
    r->match.player[p].uid = number(body, "acId");
    copy_text(profile->name, sizeof(profile->name), body, "nickname");
    copy_text(profile->head_url, sizeof(profile->head_url), body, "headURL");
    profile->sex = (uint8_t) number(body, "sex");
}

static inline void
add_act(struct record *r, unsigned p, const char *route, json_t *line,
        unsigned index)
{
    struct actor *actor = &r->actor[p];
    unsigned n = actor->acts++;

    actor->act = realloc(actor->act, actor->acts * sizeof(*actor->act));
    actor->act[n] = (struct act){
        .route = route,
        .body = body_of(line),
        .time_ms = (int64_t) json_number_value(json_object_get(line, "t")),
        .after = r->match.player[p].pushes,
        .line = index};
    r->acts++;
}

/* A request for a desk is done when it is answered. */
static inline void
load_answer(struct record *r, unsigned p, json_t *line, unsigned index)
{
    struct actor *actor = &r->actor[p];
    const char *route = route_of(line);

    if ((strcmp(route, "DeskManager.CreateDesk") != 0 &&
         strcmp(route, "DeskManager.Join") != 0) ||
        number(body_of(line), "code") != 0)
        return;
    add_act(r, p, route, line, index);
    actor->act[actor->acts - 1].answer = body_of(line);
    actor->act[actor->acts - 1].body = actor->options;
}

static inline void
load_said(struct record *r, unsigned p, json_t *line, unsigned index)
{
    const char *route = route_of(line);

    if (strcmp(route, "DeskManager.CreateDesk") == 0)
        r->actor[p].options = json_object_get(body_of(line), "options");
    else if (strcmp(route, "DeskManager.Join") != 0 &&
             strncmp(route, "DeskManager.", 12) == 0)
        add_act(r, p, route, line, index);
}

static inline void
load_line(struct record *r, unsigned p, json_t *line, unsigned index,
          bool open)
{
    if (is_string(line, "dir", "close"))
        add_act(r, p, "close", line, index);
    else if (is_string(line, "type", "push"))
        load_push(r, p, line, open);
    else if (strcmp(route_of(line), "Manager.Login") == 0)
        load_login(r, p, line);
    else if (is_string(line, "type", "response"))
        load_answer(r, p, line, index);
    else if (is_string(line, "dir", "send") &&
             is_string(line, "type", "handshake"))
        add_act(r, p, "handshake", line, index);
    else if (is_string(line, "type", "request") ||
             is_string(line, "type", "notify"))
        load_said(r, p, line, index);
}

/* open: bits of the players who see all tiles. */
static inline bool
load_record(struct record *r, const char *path, unsigned open)
{
    const char *slash = strrchr(path, '/');
    json_t *line;
    size_t i;

    memset(r, 0, sizeof(*r));
    r->match.name = slash ? slash + 1 : path;
    r->masked = json_array();
    if (!load_lines(&r->match, path))
        return false;
    json_array_foreach(r->match.lines, i, line)
    {
        for (unsigned p = 0; p < MAX_PLAYERS; p++) {
            if (is_of(line, p))
                load_line(r, p, line, (unsigned) i, open >> p & 1);
        }
    }
    return true;
}

static inline void
unload_record(struct record *r)
{
    for (unsigned p = 0; p < MAX_PLAYERS; p++) {
        free(r->actor[p].act);
        free(r->actor[p].shown);
        free(r->actor[p].coin);
    }
    json_decref(r->masked);
    unload(&r->match);
}

#endif
