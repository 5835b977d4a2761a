/*
 * What a player hears and what he makes of it: pushes change what he knows,
 * and may ask for something; answers lead him to his desk.
 */
#include <inttypes.h>
#include <string.h>

#include "bench/play.h"
#include "bench/scan.h"
#include "game/mahjong/bot.h"

enum {
    BACK_MS = 2000, /* ReEnter has no answer when the desk is gone */
    AUTH_FAILED = 1005,
    SERVER_INTERNAL = 1013,
    DESK_NOT_FOUND = 1043
};

/* When a desk is gone for one, nobody may be asked there much later. */
#define GONE_NS 2000000000ULL

/* ---- what he is asked ---- */

void
bot_answer(struct bot *b, uint64_t now)
{
    if (b->answer.type == MAHJONG_CHOOSE)
        table_acts(b->table, b, now);
    view_answered(&b->view, &b->answer);
    talk_answer(b, now);
    b->answer.type = 0;
    if (b->state == BOT_SEATED)
        bot_chaos(b, ODDS_ANSWER, now);
}

static bool
decide(struct bot *b, enum view_todo todo)
{
    struct mahjong_view *v = &b->view.rules;

    memset(&b->answer, 0, sizeof b->answer);
    if (todo == TODO_SORT || todo == TODO_READY) {
        b->answer.type = todo == TODO_SORT ? MAHJONG_SORT : MAHJONG_READY;
        return true;
    }
    v->status = todo == TODO_QUE ? MAHJONG_SORTED : MAHJONG_PLAYING;
    return mahjong_bot(v, &b->answer);
}

static void
think(struct bot *b, enum view_todo todo, uint64_t now)
{
    const struct play_conf *conf = b->table->play->conf;

    if (!decide(b, todo))
        b->answer.type = 0; /* what was wrong with the hint is counted */
    else if (conf->think_ms != 0)
        bot_wait(b, now, conf->think_ms);
    else
        bot_answer(b, now);
}

/* --sit: he stops here. */
static void
stay(struct bot *b)
{
    struct table *t = b->table;

    if (t->is_dealt)
        return;
    for (unsigned i = 0; i < t->play->conf->mode; i++)
        if (t->bot[i].view.step != VIEW_DEALT)
            return;
    t->is_dealt = true;
    t->play->dealt++;
}

/* ---- pushes ---- */

static void
over(struct bot *b, uint64_t now)
{
    b->state = BOT_OVER;
    table_over(b->table, now);
}

/* uid,uid,uid,uid score,score,score,score */
static void
write_result(FILE *out, const struct push_game_end *end)
{
    for (int i = 0; i < end->totals.n; i++)
        fprintf(out, "%s%" PRId64, i ? "," : "", end->totals.at[i].uid);
    for (int i = 0; i < end->totals.n; i++)
        fprintf(out, "%c%" PRId64, i ? ',' : ' ', end->totals.at[i].total);
    fputc('\n', out);
}

static void
check_result(struct bot *b, const struct push *push, struct str text)
{
    struct table *t = b->table;
    const char *wrong;

    if (push->route != PUSH_ROUND_END && push->route != PUSH_GAME_END)
        return;
    if (push->route == PUSH_GAME_END && !t->is_told && t->play->results)
        write_result(t->play->results, &push->game);
    t->is_told |= push->route == PUSH_GAME_END;
    wrong = results_hear(&t->results, b->index, b->view.rules.round, text);
    if (wrong != NULL)
        bot_wrong(b, text, "%s", wrong);
}

/* Whoever is asked: the desk cannot be gone for another. */
static void
check_gone(struct bot *b, enum view_todo todo, uint64_t now)
{
    struct table *t = b->table;

    if (todo == TODO_NOTHING || todo == TODO_OVER || t->gone_ns == 0 ||
        now < t->gone_ns + GONE_NS)
        return;
    bot_wrong(b, STR(""), "a desk is gone for one, and others play on");
    t->gone_ns = 0;
}

void
bot_push(struct bot *b, struct str route, struct str text, uint64_t now)
{
    struct play *p = b->table->play;
    enum view_todo todo;
    struct str field;
    const char *wrong = push_read(&p->push, route, text, &field);

    talk_record(b, TALK_RECV, "push", route, text);
    if (wrong != NULL) {
        bot_wrong(b, text, "%.*s: %.*s%s%s", (int) route.len, route.data,
                  (int) field.len, field.data, field.len > 0 ? ": " : "",
                  wrong);
        b->view.spoiled = true;
        return;
    }
    if (!b->has_sat) /* in the lobby only his cards, and news */
        b->view.step = VIEW_NOWHERE;
    wrong = view_take(&b->view, &p->push, &todo);
    if (wrong != NULL) {
        struct buf *t = &p->text;

        t->len = 0;
        buf_printf(t, "%.*s %.*s", (int) route.len, route.data, (int) text.len,
                   text.data);
        bot_wrong(b, buf_str(t), "%s", wrong);
    }
    if (b->state == BOT_BACK && p->push.route == PUSH_BASIC) {
        b->state = BOT_SEATED;
        b->asked = ASK_NOTHING;
        b->game.waiting_ns = 0;
        timer_clear(&p->timers, &b->timer);
        p->came_back++;
    }
    check_result(b, &p->push, text);
    check_gone(b, todo, now);
    table_hears(b->table, b, &p->push, now);
    if (todo == TODO_OVER)
        over(b, now);
    else if (todo == TODO_SORT && p->conf->sit)
        stay(b);
    else if (b->state == BOT_SEATED && !bot_chaos(b, ODDS_PUSH, now) &&
             todo != TODO_NOTHING)
        think(b, todo, now);
}

/* ---- answers ---- */

static void
lobby(struct bot *b, uint64_t now)
{
    struct table *t = b->table;

    b->state = BOT_LOBBY;
    if (b->index == t->creates || t->number != 0)
        bot_sit_down(b, now);
}

/* What the answer says of the desk; NULL if it is right. */
static const char *
check_table(const struct bot *b, const struct push_table *table,
            uint32_t *number)
{
    const struct table *t = b->table;

    *number = 0;
    for (size_t i = 0; i < table->number.len; i++)
        *number = *number * 10 + (uint32_t) (table->number.data[i] - '0');
    if (table->number.len != 6 || *number > 999999 || *number == 0)
        return "tableInfo: no deskId";
    if (t->number != 0 && *number != t->number)
        return "tableInfo: another deskId";
    if (table->creator != (t->number != 0 ? t->creator : b->guest->uid))
        return "tableInfo: another creator";
    if (table->mode != t->play->conf->mode)
        return "tableInfo: another mode";
    return NULL;
}

static void
seated(struct bot *b, const struct push_table *table, uint64_t now)
{
    struct table *t = b->table;
    const struct play_conf *conf = t->play->conf;
    uint32_t number;
    const char *wrong = check_table(b, table, &number);
    bool first = t->number == 0;

    if (wrong != NULL) {
        bot_wrong(b, STR(""), "%s", wrong);
        table_fail(t, now);
        return;
    }
    b->has_sat = true;
    b->state = BOT_SEATED;
    view_begin(&b->view, b->guest->uid, number, conf->mode, conf->rounds);
    talk_seated(b, now);
    if (first && t->busy)
        table_stands(t, number, table->creator, now);
}

/* The desk is gone: others have heard how it ended. */
static void
gone(struct bot *b, uint64_t now)
{
    struct table *t = b->table;

    t->away |= (uint8_t) (1u << b->index);
    if (t->gone_ns == 0)
        t->gone_ns = now;
    b->state = BOT_OVER;
    timer_clear(&t->play->timers, &b->timer);
    client_close(&b->game);
    table_over(t, now);
}

static void
take_login(struct bot *b, const struct answer *a, uint64_t now)
{
    if (a->uid != b->guest->uid) {
        client_fail(&b->game, now, "game: wrong acId");
        return;
    }
    talk_uncomplete(b, now);
}

static void
take_uncomplete(struct bot *b, const struct answer *a, uint64_t now)
{
    uint32_t number;

    if (!a->exist && b->has_sat) {
        gone(b, now);
    } else if (!a->exist) {
        lobby(b, now);
    } else if (!b->has_sat && b->may_sit) {
        seated(b, &a->table, now);
    } else if (!b->has_sat) {
        bot_wrong(b, a->table.number, "a guest sits at a desk already");
        table_fail(b->table, now);
    } else if (check_table(b, &a->table, &number) != NULL) {
        bot_wrong(b, a->table.number, "UnCompleteDesk: another desk");
        table_fail(b->table, now);
    } else {
        b->state = BOT_BACK;
        bot_wait(b, now, BACK_MS);
        talk_reenter(b, now);
        if (b->state == BOT_BACK)
            bot_chaos(b, ODDS_BACK, now);
    }
}

/*
 * Can the server not write now?  The request has had no effect.  Before a
 * ReJoin that may be the ReConnect, which has no answer.
 */
static bool
is_passing(enum bot_ask asked, int64_t code)
{
    return code == SERVER_INTERNAL ||
           (asked == ASK_REJOIN && code == AUTH_FAILED);
}

/*
 * A failure: only that of ReJoin is an answer like any other.  DESK_NOT_FOUND
 * has who asks while the desk comes back, and it comes to its end.
 */
static void
take_failure(struct bot *b, enum bot_ask asked, int64_t code, struct str body,
             uint64_t now)
{
    static const char *const names[] = {
        [ASK_LOGIN] = "Manager.Login",
        [ASK_UNCOMPLETE] = "UnCompleteDesk",
        [ASK_SEAT] = "CreateDesk or Join",
        [ASK_REJOIN] = "ReJoin",
    };

    if (asked == ASK_REJOIN && (code == -1 || code == DESK_NOT_FOUND)) {
        gone(b, now);
        return;
    }
    if (b->table->play->conf->survive && is_passing(asked, code)) {
        client_lose(&b->game, now, "%s: code %d", names[asked], (int) code);
        return;
    }
    bot_wrong(b, body, "%s: code %d", names[asked], (int) code);
    table_fail(b->table, now);
}

void
bot_response(struct bot *b, uint64_t id, struct str body, uint64_t now)
{
    static const enum answer_kind kinds[] = {
        [ASK_LOGIN] = ANSWER_LOGIN,
        [ASK_UNCOMPLETE] = ANSWER_UNCOMPLETE,
        [ASK_SEAT] = ANSWER_TABLE,
        [ASK_REJOIN] = ANSWER_ERROR,
    };
    enum bot_ask asked = b->asked;
    struct answer a;
    struct str field;
    int64_t code = 0;
    const char *wrong;

    talk_record(b, TALK_RECV, "response", STR(""), body);
    if (asked == ASK_NOTHING || id != b->mid) {
        bot_wrong(b, body, "an answer to nothing");
        return;
    }
    b->asked = ASK_NOTHING;
    b->game.waiting_ns = 0;
    scan_number(body, "code", &code);
    wrong = code == SERVER_INTERNAL ||
                    (code != 0 && asked != ASK_SEAT && asked != ASK_REJOIN)
                ? NULL
                : answer_read(&a, kinds[asked], body, &field);
    if (wrong != NULL)
        bot_wrong(b, body, "an answer: %.*s: %s", (int) field.len, field.data,
                  wrong);
    if (wrong != NULL)
        table_fail(b->table, now);
    else if (code != 0 || asked == ASK_REJOIN)
        take_failure(b, asked, code, body, now);
    else if (asked == ASK_LOGIN)
        take_login(b, &a, now);
    else if (asked == ASK_UNCOMPLETE)
        take_uncomplete(b, &a, now);
    else
        seated(b, &a.table, now);
}
