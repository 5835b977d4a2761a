/*
 * One player's connection: into the lobby, to the desk, what is asked of
 * him, and back when the connection is lost.
 */
#include "bench/play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/nano.h"
#include "bench/scan.h"
#include "core/mem.h"
#include "game/mahjong/bot.h"

enum {
    CHAOS_ODDS = 150,    /* one push in so many makes a bot throw it away */
    AWAY_MS = 60,        /* for so long at the most */
    RETRY_NS = 20000000, /* after a failure to come back */
};

void
bot_wrong(struct bot *b, const char *fmt, ...)
{
    char text[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    errors_add(&b->table->play->loop.errors, 1, "%s", text);
}

static struct str
key_of(const struct bot *b)
{
    return str_of(b->table->play->conf->xxtea);
}

/* ---- out ---- */

static void
send_message(struct bot *b, unsigned flag, struct str route,
             struct str payload, uint64_t now)
{
    struct buf out = {0};

    if (b->game.state != CLIENT_OPEN)
        return;
    if (flag == NANO_REQUEST)
        nano_request(&out, ++b->mid, route, payload, key_of(b));
    else
        nano_notify(&out, route, payload, key_of(b));
    b->table->play->messages_out++;
    ssize_t sent = client_send(&b->game, out.data, out.len, now);
    if (sent >= 0 && (size_t) sent < out.len)
        client_fail(&b->game, now, "game: not taken");
    buf_deinit(&out);
}

static void
request(struct bot *b, const char *route, struct str payload, uint64_t now)
{
    b->game.waiting_ns = now;
    send_message(b, NANO_REQUEST, str_of(route), payload, now);
}

static void
notify(struct bot *b, const char *route, struct str payload, uint64_t now)
{
    send_message(b, NANO_NOTIFY, str_of(route), payload, now);
}

static void
notify_number(struct bot *b, const char *route, const char *name, int n,
              uint64_t now)
{
    char text[64];
    int len = snprintf(text, sizeof text, "{\"%s\":%d}", name, n);

    notify(b, route, (struct str){text, (size_t) len}, now);
}

/* Manager.Login, or ReConnect of one who comes back. */
static void
say_who(struct bot *b, bool back, uint64_t now)
{
    char text[512];
    int len = snprintf(text, sizeof text,
                       "{\"name\":\"bench\",\"uid\":%" PRId64
                       ",\"headUrl\":\"\",\"sex\":1,\"fangka\":0,"
                       "\"ip\":\"\",\"token\":\"%s\"}",
                       b->uid, b->token);
    struct str body = {text, (size_t) len};

    if (back)
        notify(b, "DeskManager.ReConnect", body, now);
    else
        request(b, "Manager.Login", body, now);
}

static void
create_desk(struct bot *b, uint64_t now)
{
    struct play *p = b->table->play;
    const struct play_conf *conf = p->conf;
    uint64_t bits = play_random(p, 64);
    char text[384];
    static const char *const word[] = {"false", "true"};
    int len = snprintf(
        text, sizeof text,
        "{\"version\":\"1.9.3\",\"clubId\":-1,\"options\":{\"mode\":%u,"
        "\"round\":%u,\"maxFan\":3,\"zimo\":\"%s\",\"menqing\":%s,"
        "\"jiangdui\":%s,\"jiaxin\":%s,\"pengpeng\":%s,\"pinghu\":%s,"
        "\"yaojiu\":%s}}",
        conf->mode, conf->rounds, bits & 1 ? "fan" : "di", word[bits >> 1 & 1],
        word[bits >> 2 & 1], word[bits >> 3 & 1], word[bits >> 4 & 1],
        word[bits >> 5 & 1], word[bits & 1]);

    request(b, "DeskManager.CreateDesk", (struct str){text, (size_t) len},
            now);
}

static void
ask_number(struct bot *b, const char *route, uint64_t now)
{
    char text[96];
    int len = snprintf(text, sizeof text,
                       "{\"version\":\"1.9.3\",\"deskId\":\"%s\"}",
                       b->table->number);

    request(b, route, (struct str){text, (size_t) len}, now);
}

void
bot_sit_down(struct bot *b, uint64_t now)
{
    if (b->seat == 0)
        create_desk(b, now);
    else
        ask_number(b, "DeskManager.Join", now);
}

void
bot_ready(struct bot *b, uint64_t now)
{
    notify(b, "DeskManager.Ready", STR("{}"), now);
}

/* ---- what he is asked ---- */

static void
answer(struct bot *b, uint64_t now)
{
    const struct mahjong_action *a = &b->answer;
    struct table *t = b->table;
    char text[64];
    int len;

    switch (a->type) {
    case MAHJONG_SORT:
        notify(b, "DeskManager.QiPaiFinished", STR("{}"), now);
        return;
    case MAHJONG_QUE:
        notify_number(b, "DeskManager.DingQue", "que", a->que, now);
        return;
    case MAHJONG_READY:
        bot_ready(b, now);
        return;
    default:
        break;
    }
    len = snprintf(text, sizeof text, "{\"optype\":%d,\"idx\":%d}", a->op,
                   a->tile == MAHJONG_NO_TILE ? 0 : a->tile);
    if (a->op != MAHJONG_PASS && b->view.me < PLAY_SEATS) {
        t->acted_ns[b->view.me] = now;
        t->acted_heard[b->view.me] = 0;
    }
    notify(b, "DeskManager.OpChoose", (struct str){text, (size_t) len}, now);
}

static void
think(struct bot *b, enum play_todo todo, uint64_t now)
{
    const struct play_conf *conf = b->table->play->conf;
    struct mahjong_view *v = &b->view.rules;

    memset(&b->answer, 0, sizeof b->answer);
    if (todo == TODO_SORT) {
        b->answer.type = MAHJONG_SORT;
    } else if (todo == TODO_READY) {
        b->answer.type = MAHJONG_READY;
    } else {
        v->status = todo == TODO_QUE ? MAHJONG_SORTED : MAHJONG_PLAYING;
        if (!mahjong_bot(v, &b->answer)) {
            bot_wrong(b, "a bot does not know what to do");
            return;
        }
    }
    if (conf->sit && todo == TODO_SORT)
        return;
    if (conf->think_ms != 0)
        play_wait(b, now + (uint64_t) conf->think_ms * 1000000);
    else
        answer(b, now);
}

/* ---- in ---- */

static void
response(struct bot *b, struct str body, uint64_t now)
{
    struct table *t = b->table;
    struct str number;
    int64_t code = 0;

    b->game.waiting_ns = 0;
    scan_number(body, "code", &code);
    if (b->state == BOT_BACK && code == -1) {
        b->missed = true; /* the desk is gone: somebody heard its end */
        b->state = BOT_OVER;
        play_bot_over(b, now);
        return;
    }
    if (code != 0) {
        client_fail(&b->game, now, "game: code %d", (int) code);
        return;
    }
    if (b->state == BOT_LOGIN) {
        b->state = BOT_LOBBY;
        if (++t->logged_in == t->play->conf->mode)
            bot_sit_down(&t->bot[0], now);
        return;
    }
    if (b->state != BOT_LOBBY) {
        bot_wrong(b, "an answer to nothing");
        return;
    }
    if (b->seat == 0) {
        if (!scan_field(body, "tableInfo", &number) ||
            !scan_field(number, "deskId", &number) || number.len != 6) {
            client_fail(&b->game, now, "CreateDesk: no deskId");
            return;
        }
        memcpy(t->number, number.data, 6);
        t->number[6] = '\0';
    }
    b->state = BOT_SEATED;
    view_begin(&b->view);
    notify(b, "DeskManager.ClientInitCompleted", STR("{\"isReenter\":false}"),
           now);
    bot_ready(b, now);
    if (++t->seated < t->play->conf->mode)
        bot_sit_down(&t->bot[t->seated], now);
}

/* Throws the connection away, to come back. */
static void
go_away(struct bot *b, uint64_t now)
{
    struct play *p = b->table->play;

    client_close(&b->game);
    b->state = BOT_AWAY;
    b->answer.type = 0;
    b->view.dealt = false; /* whatever comes meanwhile is missed */
    memset(b->table->acted_ns, 0, sizeof b->table->acted_ns);
    play_wait(b, now + (1 + play_random(p, AWAY_MS)) * 1000000);
}

static void
push(struct bot *b, struct str route, struct str text, uint64_t now)
{
    struct play *p = b->table->play;
    json_error_t error;
    json_t *body = json_loadb(text.data, text.len, 0, &error);
    enum play_todo todo;

    if (body == NULL) {
        bot_wrong(b, "a push is not JSON");
        return;
    }
    if (b->state == BOT_BACK)
        b->state = BOT_SEATED;
    todo = view_push(b, route, body, text);
    json_decref(body);
    if (todo == TODO_OVER) {
        b->state = BOT_OVER;
        play_bot_over(b, now);
        return;
    }
    if (p->conf->chaos && b->state == BOT_SEATED && b->view.seats != 0 &&
        play_random(p, CHAOS_ODDS) == 0) {
        go_away(b, now);
        return;
    }
    if (todo != TODO_NOTHING)
        think(b, todo, now);
}

static void
message(struct bot *b, const struct nano_packet *pk, uint64_t now)
{
    struct buf plain = {0};

    b->table->play->messages_in++;
    b->table->moved_ns = now;
    if (nano_open(&plain, pk->payload, key_of(b)) == -1)
        client_fail(&b->game, now, "game: bad pipeline");
    else if (pk->flag == NANO_RESPONSE)
        response(b, buf_str(&plain), now);
    else if (pk->flag == NANO_PUSH && b->state != BOT_OVER)
        push(b, pk->route, buf_str(&plain), now);
    buf_deinit(&plain);
}

static void
packets(struct bot *b, uint64_t now)
{
    struct nano_packet pk;
    size_t at = 0;

    while (b->game.state == CLIENT_OPEN) {
        ssize_t used = nano_parse(&pk, b->in.data + at, b->in.len - at);

        if (used == 0)
            break;
        if (used == -1) {
            client_fail(&b->game, now, "game: garbage");
            return;
        }
        at += (size_t) used;
        if (pk.type == NANO_KICK) {
            client_fail(&b->game, now, "game: kicked");
            return;
        }
        if (pk.type == NANO_DATA)
            message(b, &pk, now);
    }
    if (b->game.state != CLIENT_OPEN)
        b->in.len = 0;
    else
        buf_consume(&b->in, at);
    if (b->in.len == 0)
        buf_deinit(&b->in);
}

static void
shaken(struct bot *b, uint64_t now)
{
    bool back = b->state == BOT_AWAY;

    b->shaken = true;
    if (!back) {
        say_who(b, false, now);
        return;
    }
    b->state = BOT_BACK;
    b->table->play->came_back++;
    say_who(b, true, now);
    ask_number(b, "DeskManager.ReJoin", now);
    b->game.waiting_ns = 0; /* no answer is a good one */
}

static void
opened(struct client *c, uint64_t now)
{
    nano_shake(c, now);
}

static void
data(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
    struct bot *b = (struct bot *) c;

    b->table->play->arrivals++;
    if (!b->shaken) {
        ssize_t used = nano_shaken(c, &b->in, p, n, now);

        if (used <= 0)
            return;
        p += used;
        n -= (size_t) used;
        shaken(b, now);
        if (c->state != CLIENT_OPEN)
            return;
    }
    buf_append(&b->in, p, n);
    packets(b, now);
}

static void
writable(struct client *c, uint64_t now)
{
    client_fail(c, now, "request was not taken whole");
}

/* Under chaos a lost connection is no error of the match: he comes back. */
static void
failed(struct client *c, uint64_t now)
{
    struct bot *b = (struct bot *) c;

    b->in.len = 0;
    if (b->state == BOT_OVER || b->state == BOT_IDLE)
        return;
    if (!b->table->play->conf->chaos || b->state == BOT_LOGIN ||
        b->state == BOT_LOBBY) {
        play_table_failed(b->table, now);
        return;
    }
    b->state = BOT_AWAY;
    b->answer.type = 0;
    b->view.dealt = false; /* whatever comes meanwhile is missed */
    play_wait(b, now + RETRY_NS);
}

static const struct client_ops ops = {
    .opened = opened,
    .data = data,
    .writable = writable,
    .failed = failed,
    .may_close = false,
};

/* His time has come: to answer, or to come back. */
void
bot_due(struct bot *b, uint64_t now)
{
    if (b->state == BOT_AWAY && b->game.state == CLIENT_CLOSED) {
        b->shaken = false;
        b->in.len = 0;
        client_open(&b->game);
    } else if (b->state == BOT_SEATED && b->answer.type != 0) {
        answer(b, now);
    }
}

void
bot_enter(struct bot *b, const struct endpoint *to)
{
    b->state = BOT_LOGIN;
    b->shaken = b->missed = false;
    b->mid = 0;
    b->in.len = 0;
    b->game.to = to;
    mem_free(b->end);
    b->end = NULL;
    memset(&b->view, 0, sizeof b->view);
    client_open(&b->game);
}

void
bot_init(struct bot *b, struct table *t, unsigned seat)
{
    b->table = t;
    b->seat = seat;
    client_init(&b->game, &t->play->loop, &ops, NULL);
}

void
bot_deinit(struct bot *b)
{
    buf_deinit(&b->in);
    mem_free(b->end);
}
