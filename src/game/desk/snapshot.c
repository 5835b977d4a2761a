/*
 * The events of the history are told as they were told while it was played
 * (pushes.h), to one listener who sees all; what he hears is put together.
 */
#include "game/desk/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/list.h"
#include "game/desk/pushes.h"
#include "game/history.h"
#include "game/store/histories.h"
#include "game/store/shared.h"

enum { DRAW = 500 /* optype */ };

/* In the order of the text. */
enum { ENTER, BASIC_INFO, DUAN_PAI, END, DO, KONG_SCORES, WIN_SCORES, PARTS };

static const struct {
    const char *name;
    const char *route; /* what is said in it */
    bool is_list;      /* null without entries */
} parts[PARTS] = {
    [ENTER] = {"enter", "onPlayerEnter", false},
    [BASIC_INFO] = {"basicInfo", "onDeskBasicInfo", false},
    [DUAN_PAI] = {"duanPai", "onDuanPai", false},
    [END] = {"end", "onRoundEnd", false},
    [DO] = {"do", "onOpTypeDo", true},
    [KONG_SCORES] = {"gangScoreChanges", "onGangScoreChange", true},
    [WIN_SCORES] = {"huScoreChanges", "onHuScoreChange", true},
};

/* What the listener hears. */
struct snapshot {
    struct desk_pusher pusher;
    struct desk_state st;
    struct buf part[PARTS]; /* objects, with commas between them */
};

static void
keep(struct snapshot *s, unsigned part, struct str object)
{
    if (s->part[part].len != 0)
        buf_append_byte(&s->part[part], ',');
    buf_append_str(&s->part[part], object);
}

static void
hear(struct desk_pusher *t, unsigned seats, unsigned ord, struct str route,
     struct str payload)
{
    struct snapshot *s = LIST_ITEM(t, struct snapshot, pusher);

    (void) seats;
    (void) ord;
    for (unsigned i = 0; i < PARTS; i++)
        if (str_equal(str_of(parts[i].route), route))
            keep(s, i, payload);
}

static void
hear_draw(struct snapshot *s, const struct mahjong_event *event)
{
    char text[96];
    int n = snprintf(text, sizeof(text),
                     "{\"uid\":[%" PRId64
                     "],\"optype\":%d,\"hutype\":0,\"mjs\":[%u]}",
                     s->st.rules.seat[event->seat].uid, DRAW, event->tile);

    keep(s, DO, (struct str){text, (size_t) n});
}

static void
tell(struct snapshot *s, const struct mahjong_event *event)
{
    static const struct desk_step step = {.kind = DESK_ACTION,
                                          .seat = MAHJONG_NOBODY};
    struct mahjong_events events;

    events.count = 1;
    events.event[0] = *event;
    desk_push_step(&s->pusher, &step, &events);
}

/* The uids are not in the history. */
static void
tell_end(struct snapshot *s, struct mahjong_event *end)
{
    for (unsigned i = 0; i < s->st.rules.seats; i++)
        end->round.seat[i].uid = s->st.rules.seat[i].uid;
    tell(s, end);
}

/* The desk as it was when the round was dealt. */
static void
set_state(struct desk_state *st, const struct store_desk_record *desk,
          const struct history *h, const struct mahjong_event *end)
{
    struct mahjong_desk *rules = &st->rules;

    rules->options = (struct mahjong_options){
        .mode = desk->mode,
        .max_fan = desk->max_fan,
        .zimo = desk->flags & SHARED_DESK_ZIMO_DI ? MAHJONG_ZIMO_DI
                                                  : MAHJONG_ZIMO_FAN,
        .rules = desk->flags & SHARED_DESK_RULES};
    rules->rounds = desk->rounds;
    rules->round = h->round;
    rules->seats = rules->seated = h->seats;
    rules->ready = (uint8_t) ((1u << h->seats) - 1);
    rules->offline = h->offline;
    for (unsigned i = 0; i < h->seats; i++) {
        const struct store_face *face = &desk->face[i];
        struct desk_profile *profile = &st->seat[i].profile;

        rules->seat[i].uid = (int64_t) desk->player[i];
        /* a sum in int64_t: the bytes may say anything */
        rules->seat[i].score = (int32_t) ((int64_t) end->round.seat[i].score -
                                          end->round.seat[i].total);
        memcpy(profile->name, face->name, sizeof(profile->name));
        memcpy(profile->head_url, face->head_url, sizeof(profile->head_url));
        memcpy(profile->ip, face->ip, sizeof(profile->ip));
        profile->sex = face->sex;
    }
}

static const char *
tell_all(struct snapshot *s, const struct store_desk_record *desk,
         struct str bytes)
{
    struct mahjong_event event, ready = {.type = MAHJONG_EV_READY};
    struct history h;
    int rc = history_measure(&h, bytes, &event);

    if (rc <= 0)
        return rc == 0 ? "has no end" : h.broken;
    if (h.seats != desk->mode)
        return "is of a desk of another mode";
    set_state(&s->st, desk, &h, &event);
    tell(s, &ready);
    history_open(&h, bytes, &event);
    do {
        if (event.type == MAHJONG_EV_DRAW)
            hear_draw(s, &event);
        else
            tell(s, &event);
        history_next(&h, &event);
    } while (event.type != MAHJONG_EV_ROUND_END);
    tell_end(s, &event);
    return NULL;
}

static void
put_parts(struct buf *out, const struct snapshot *s)
{
    for (unsigned i = 0; i < PARTS; i++) {
        const struct buf *part = &s->part[i];
        bool is_list = parts[i].is_list && part->len != 0;

        buf_printf(out, "%c\"%s\":%s", i == 0 ? '{' : ',', parts[i].name,
                   is_list ? "[" : "");
        if (part->len != 0)
            buf_append_str(out, buf_str(part));
        else
            buf_append_str(out, STR("null"));
        if (is_list)
            buf_append_byte(out, ']');
    }
    buf_append_byte(out, '}');
}

const char *
desk_snapshot(struct buf *out, struct arena *arena,
              const struct store_desk_record *desk,
              const struct store_history *history)
{
    struct snapshot s = {
        .pusher = {.audience = {.session = {1}, .entered = 1, .open = 1},
                   .number = desk->number,
                   .arena = arena,
                   .push = hear}};
    struct str bytes = {(const char *) history->events.data,
                        history->events.blob.len};
    const char *why;

    s.pusher.st = &s.st;
    why = tell_all(&s, desk, bytes);
    if (why == NULL)
        put_parts(out, &s);
    for (unsigned i = 0; i < PARTS; i++)
        buf_deinit(&s.part[i]);
    buf_deinit(&s.pusher.text);
    return why;
}
