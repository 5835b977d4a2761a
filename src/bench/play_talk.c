/*
 * What a player says.  Messages that belong together go out in one write.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/play.h"

/* ---- the record ---- */

/* The body, but for the token: who has it can log in as the guest. */
static void
put_body(FILE *out, const struct bot *b, struct str body)
{
    size_t len = b->guest != NULL ? strlen(b->guest->token) : 0;
    const char *token = len != 0
                            ? memmem(body.data, body.len, b->guest->token, len)
                            : NULL;
    size_t before = token != NULL ? (size_t) (token - body.data) : body.len;

    fprintf(out, ",\"body\":%.*s", (int) before, body.data);
    if (token != NULL)
        fprintf(out, "***%.*s", (int) (body.len - before - len), token + len);
}

/* As the recordings in t/captures; a connection that ends is a line too. */
void
talk_record(struct bot *b, enum talk_dir dir, const char *type,
            struct str route, struct str body)
{
    static const char *const names[] = {"send", "recv", "close"};
    FILE *out = b->table->play->record;
    double ms;

    if (out == NULL || b->table->index != 0)
        return;
    ms = (double) (now_ns() - b->table->play->run->begin_ns) / 1e6;
    fprintf(out, "{\"t\":%.3f,\"p\":%d,\"dir\":\"%s\"", ms, b->index,
            names[dir]);
    if (dir != TALK_CLOSE) {
        fprintf(out, ",\"type\":\"%s\",\"route\":\"%.*s\"", type,
                (int) route.len, route.data);
        put_body(out, b, body);
    }
    fputs("}\n", out);
}

/* ---- sending ---- */

static void
notify(struct bot *b, const char *route, struct str body)
{
    struct play *p = b->table->play;

    nano_notify(&p->packets, str_of(route), body, p->key);
    p->out++;
    talk_record(b, TALK_SEND, "notify", str_of(route), body);
}

static void
request(struct bot *b, enum bot_ask ask, const char *route, struct str body)
{
    struct play *p = b->table->play;

    b->asked = (uint8_t) ask;
    nano_request(&p->packets, ++b->mid, str_of(route), body, p->key);
    p->out++;
    talk_record(b, TALK_SEND, "request", str_of(route), body);
}

static void
flush(struct bot *b, uint64_t now)
{
    struct buf *out = &b->table->play->packets;
    size_t n = out->len;
    ssize_t sent;

    out->len = 0;
    if (b->game.state != CLIENT_OPEN)
        return;
    if (b->asked != ASK_NOTHING)
        b->game.waiting_ns = now;
    sent = client_send(&b->game, out->data, n, now);
    if (sent >= 0 && (size_t) sent < n)
        client_fail(&b->game, now, "game: not taken");
}

/* The scratch text, begun anew. */
static struct buf *
text(struct bot *b)
{
    struct buf *t = &b->table->play->text;

    t->len = 0;
    return t;
}

/* ---- into the lobby ---- */

static struct str
who(struct bot *b)
{
    struct buf *t = text(b);

    buf_printf(t,
               "{\"name\":\"bench\",\"uid\":%" PRId64
               ",\"headUrl\":\"\",\"sex\":1,\"token\":\"%s\"}",
               b->guest->uid, b->guest->token);
    return buf_str(t);
}

void
talk_login(struct bot *b, uint64_t now)
{
    request(b, ASK_LOGIN, "Manager.Login", who(b));
    flush(b, now);
}

void
talk_uncomplete(struct bot *b, uint64_t now)
{
    request(b, ASK_UNCOMPLETE, "DeskManager.UnCompleteDesk", STR("{}"));
    flush(b, now);
}

/* ---- to the desk ---- */

static struct str
options(struct bot *b)
{
    static const char *const word[] = {"false", "true"};
    const struct play_conf *conf = b->table->play->conf;
    uint64_t bits = play_random(b->table->play, 128);
    struct buf *t = text(b);

    buf_printf(t,
               "{\"version\":\"1.9.3\",\"clubId\":-1,\"options\":{"
               "\"mode\":%u,\"round\":%u,\"maxFan\":3,\"zimo\":\"%s\","
               "\"menqing\":%s,\"jiangdui\":%s,\"jiaxin\":%s,"
               "\"pengpeng\":%s,\"pinghu\":%s,\"yaojiu\":%s}}",
               conf->mode, conf->rounds, bits & 1 ? "fan" : "di",
               word[bits >> 1 & 1], word[bits >> 2 & 1], word[bits >> 3 & 1],
               word[bits >> 4 & 1], word[bits >> 5 & 1], word[bits >> 6 & 1]);
    return buf_str(t);
}

static struct str
number(struct bot *b)
{
    struct buf *t = text(b);

    buf_printf(t, "{\"version\":\"1.9.3\",\"deskId\":\"%06u\"}",
               b->table->number);
    return buf_str(t);
}

void
talk_seat(struct bot *b, uint64_t now)
{
    if (b->table->number == 0)
        request(b, ASK_SEAT, "DeskManager.CreateDesk", options(b));
    else
        request(b, ASK_SEAT, "DeskManager.Join", number(b));
    flush(b, now);
}

void
talk_seated(struct bot *b, uint64_t now)
{
    notify(b, "DeskManager.ClientInitCompleted", STR("{\"isReenter\":false}"));
    notify(b, "DeskManager.Ready", STR("{}"));
    flush(b, now);
}

/* ---- and back ---- */

void
talk_rejoin(struct bot *b, uint64_t now)
{
    notify(b, "DeskManager.ReConnect", who(b));
    request(b, ASK_REJOIN, "DeskManager.ReJoin", number(b));
    flush(b, now);
}

void
talk_reenter(struct bot *b, uint64_t now)
{
    notify(b, "DeskManager.ReEnter", number(b));
    flush(b, now);
}

/* ---- answers ---- */

/* One player in four is a client that knows nothing of the hints' numbers. */
static bool
names_hints(const struct bot *b)
{
    return (b->table->index + b->index) % 4 != 0;
}

void
talk_answer(struct bot *b, uint64_t now)
{
    const struct mahjong_action *a = &b->answer;
    struct buf *t = text(b);

    switch (a->type) {
    case MAHJONG_SORT:
        notify(b, "DeskManager.QiPaiFinished", STR("{}"));
        break;
    case MAHJONG_QUE:
        buf_printf(t, "{\"que\":%d}", a->que);
        notify(b, "DeskManager.DingQue", buf_str(t));
        break;
    case MAHJONG_READY:
        notify(b, "DeskManager.Ready", STR("{}"));
        break;
    default:
        buf_printf(t, "{\"optype\":%d,\"idx\":%d", a->op,
                   a->tile == MAHJONG_NO_TILE ? 0 : a->tile);
        if (names_hints(b))
            buf_printf(t, ",\"hint\":%" PRId64, b->view.asked.number);
        buf_append_byte(t, '}');
        notify(b, "DeskManager.OpChoose", buf_str(t));
        break;
    }
    flush(b, now);
}

void
talk_heartbeat(struct bot *b, uint64_t now)
{
    nano_packet(&b->table->play->packets, NANO_HEARTBEAT, STR(""));
    flush(b, now);
}
