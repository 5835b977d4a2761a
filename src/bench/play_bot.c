/*
 * One player's connection.
 *
 *     enters: Manager.Login, UnCompleteDesk -> lobby
 *     lobby -> sits: CreateDesk or Join -> seated
 *     seated: pushes in, answers out -> over
 *
 * Who has lost his connection is away for a while, and then back by one of
 * the two ways of the clients: ReConnect and ReJoin; or Manager.Login,
 * UnCompleteDesk and ReEnter.  He is told everything anew.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/play.h"

enum {
    ODDS_RESET = 2, /* --chaos: so many are thrown without a farewell */
    ODDS_LOBBY = 3, /* so many come back by way of the lobby */
    AWAY_MS = 100,  /* for so long, and at the most twice as long */
    RETRY_MS = 20,  /* after a connection was lost */
};

/* --chaos: a player who is back too often is shut out by the server. */
#define THROW_NS 2000000000ULL

/* ---- errors ---- */

void
bot_wrong(struct bot *b, struct str evidence, const char *fmt, ...)
{
    struct play *p = b->table->play;
    char kind[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(kind, sizeof kind, fmt, ap);
    va_end(ap);
    errors_add(&p->loop.errors, 1, "%s", kind);
    if (p->evidence++ >= PLAY_EVIDENCE)
        return;
    fprintf(stderr, "play: desk %06u, uid %" PRId64 ": %s%s%.*s\n",
            b->table->number, b->guest->uid, kind,
            evidence.len > 0 ? ": " : "", (int) evidence.len, evidence.data);
}

const char *
bot_state_name(const struct bot *b)
{
    static const char *const names[] = {
        [BOT_IDLE] = "is idle",     [BOT_ENTERS] = "enters",
        [BOT_LOBBY] = "in lobby",   [BOT_SITS] = "asks for a seat",
        [BOT_SEATED] = "is seated", [BOT_AWAY] = "is away",
        [BOT_BACK] = "comes back",  [BOT_OVER] = "is done",
    };

    return names[b->state];
}

/* ---- away ---- */

static struct bot *
bot_of_timer(struct timer *t)
{
    return (struct bot *) (void *) ((char *) t - offsetof(struct bot, timer));
}

void
bot_wait(struct bot *b, uint64_t now, uint64_t ms)
{
    timer_set(&b->table->play->timers, &b->timer,
              (int64_t) (now / 1000000 + ms));
}

static void
away(struct bot *b, uint64_t now, uint64_t ms)
{
    b->state = BOT_AWAY;
    b->asked = ASK_NOTHING;
    b->answer.type = 0;
    b->in.len = 0;
    view_away(&b->view);
    table_forgets(b->table);
    talk_record(b, TALK_CLOSE, NULL, STR(""), STR(""));
    bot_wait(b, now, ms);
}

/* Throws the connection away. */
static void throw(struct bot * b, uint64_t now)
{
    struct play *p = b->table->play;
    const struct linger reset = {.l_onoff = 1};

    if (play_random(p, ODDS_RESET) == 0)
        setsockopt(b->game.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client_close(&b->game);
    p->thrown++;
    b->thrown_ns = now;
    away(b, now, AWAY_MS + play_random(p, AWAY_MS));
}

bool
bot_chaos(struct bot *b, unsigned odds, uint64_t now)
{
    struct play *p = b->table->play;

    if (!p->conf->chaos || b->game.state != CLIENT_OPEN ||
        now < b->thrown_ns + THROW_NS || play_random(p, odds) != 0)
        return false;
    throw(b, now);
    return true;
}

/* ---- the connection ---- */

static void
message(struct bot *b, const struct nano_packet *pk, uint64_t now)
{
    struct play *p = b->table->play;
    struct str text = pk->payload;
    const char *doubt = NULL;

    p->in++;
    b->table->moved_ns = now;
    if (p->key.len != 0) {
        p->plain.len = 0;
        if (nano_open(&p->plain, pk->payload, p->key) == -1)
            doubt = nano_doubt(text, p->key);
        text = buf_str(&p->plain);
    } else {
        doubt = nano_doubt(text, p->key);
    }
    if (doubt != NULL) {
        client_fail(&b->game, now, "%s", doubt);
        return;
    }
    if (pk->flag == NANO_RESPONSE)
        bot_response(b, pk->id, text, now);
    else
        bot_push(b, pk->route, text, now);
}

/* A kick says not to come again; no bot gives a reason for one. */
static void
kicked(struct bot *b, struct str reason, uint64_t now)
{
    bot_wrong(b, reason, "kicked");
    client_close(&b->game);
    b->game.ops->failed(&b->game, now);
}

static void
packet(struct bot *b, const struct nano_packet *pk, uint64_t now)
{
    if (pk->type == NANO_DATA)
        message(b, pk, now);
    else if (pk->type == NANO_HEARTBEAT)
        nano_heartbeat(&b->game, now);
    else if (pk->type == NANO_KICK)
        kicked(b, pk->body, now);
    else
        client_fail(&b->game, now, "game: unexpected packet");
}

/* The packets that are complete; returns the bytes they took. */
static size_t
packets(struct bot *b, const uint8_t *p, size_t n, uint64_t now)
{
    struct nano_packet pk;
    size_t at = 0;

    while (b->game.state == CLIENT_OPEN) {
        ssize_t used = nano_parse(&pk, p + at, n - at);

        if (used == 0)
            break;
        if (used == -1) {
            client_fail(&b->game, now, "game: garbage");
            break;
        }
        at += (size_t) used;
        packet(b, &pk, now);
    }
    return at;
}

/* Handshake done: to the lobby, or back to the desk. */
static void
shaken(struct bot *b, uint64_t now)
{
    b->shaken = true;
    if (!b->has_sat || play_random(b->table->play, ODDS_LOBBY) == 0) {
        b->state = BOT_ENTERS;
        talk_login(b, now);
        return;
    }
    b->state = BOT_BACK;
    talk_rejoin(b, now);
    if (b->state == BOT_BACK)
        bot_chaos(b, ODDS_BACK, now);
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
    size_t used;

    b->table->play->arrivals++;
    if (!b->shaken) {
        ssize_t head = nano_shaken(c, &b->in, p, n, now);

        if (head <= 0)
            return;
        p += head;
        n -= (size_t) head;
        shaken(b, now);
    }
    if (b->in.len == 0) {
        used = packets(b, p, n, now);
        if (c->state == CLIENT_OPEN)
            buf_append(&b->in, p + used, n - used);
    } else {
        buf_append(&b->in, p, n);
        used = packets(b, b->in.data, b->in.len, now);
        if (c->state == CLIENT_OPEN)
            buf_consume(&b->in, used);
    }
    if (b->in.len == 0 && b->in.cap > 0)
        buf_deinit(&b->in);
}

static void
writable(struct client *c, uint64_t now)
{
    client_fail(c, now, "request was not taken whole");
}

static void
beat(struct client *c, uint64_t now)
{
    talk_heartbeat((struct bot *) c, now);
}

static void
failed(struct client *c, uint64_t now)
{
    struct bot *b = (struct bot *) c;

    b->in.len = 0;
    if (b->state == BOT_OVER || b->state == BOT_IDLE)
        return;
    if (b->table->play->conf->survive)
        away(b, now, RETRY_MS);
    else
        table_fail(b->table, now);
}

static const struct client_ops ops = {
    .opened = opened,
    .data = data,
    .writable = writable,
    .failed = failed,
    .beat = beat,
};

/* He has thought, or comes back; or nothing came of his coming back. */
static void
due(struct timer *timer)
{
    struct bot *b = bot_of_timer(timer);
    uint64_t now = now_ns();

    if (b->state == BOT_SEATED && b->answer.type != 0) {
        bot_answer(b, now);
    } else if (b->state == BOT_BACK) {
        client_close(&b->game);
        away(b, now, RETRY_MS);
    } else if (b->state == BOT_AWAY) {
        b->shaken = false;
        client_open(&b->game);
    }
}

/* ---- a match ---- */

void
bot_enter(struct bot *b)
{
    b->state = BOT_ENTERS;
    b->asked = ASK_NOTHING;
    b->answer.type = 0;
    b->shaken = b->has_sat = b->may_sit = false;
    b->in.len = 0;
    b->game.to = b->guest->to;
    memset(&b->view, 0, sizeof b->view);
    client_open(&b->game);
}

void
bot_sit_down(struct bot *b, uint64_t now)
{
    b->state = BOT_SITS;
    b->may_sit = true;
    talk_seat(b, now);
}

void
bot_leave(struct bot *b)
{
    b->state = BOT_IDLE;
    b->answer.type = 0;
    timer_clear(&b->table->play->timers, &b->timer);
    client_close(&b->game);
}

void
bot_init(struct bot *b, struct table *t, unsigned index)
{
    b->table = t;
    b->index = (uint8_t) index;
    b->timer.fire = due;
    client_init(&b->game, &t->play->loop, &ops, NULL);
    if (t->play->conf->survive)
        b->game.lost = &t->play->lost;
}

void
bot_deinit(struct bot *b)
{
    buf_deinit(&b->in);
}
