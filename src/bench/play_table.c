/*
 * Tables: one match after the other.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/play.h"
#include "core/mem.h"

#define SECOND_NS   1000000000ULL
#define EACH_BOT(b) for (struct bot *b = t->bot; b < t->bot + bots(t); b++)

static unsigned
bots(const struct table *t)
{
    return t->play->conf->mode;
}

/* ---- latency ---- */

/*
 * An action takes from the answer that a bot sends (OpChoose) to the last of
 * the pushes by which somebody is asked because of it, or by which the last
 * bot hears of the end of the round.
 *
 * A win on a tile is offered to several, because of the discard or kong of
 * the player whose turn it is (turn_ns), though some may have answered
 * already; everything else is because of the last answer at the desk (act_ns).
 * from_ns and to_ns are the action whose pushes are still coming in.
 */
static void
sample_end(struct table *t)
{
    const uint64_t window = PLAY_RELOAD_S * SECOND_NS;
    struct play *p = t->play;
    uint64_t ns = t->to_ns - t->from_ns;

    if (t->from_ns == 0)
        return;
    run_answer(p->run, ns, 1);
    if (t->to_ns < p->reload_ns) {
        if (t->from_ns + window >= p->reload_ns)
            hist_add(&p->before, ns, 1);
    } else if (t->from_ns < p->reload_ns + window) {
        hist_add(&p->around, ns, 1);
        if (ns > t->longest_ns)
            t->longest_ns = ns;
    }
    t->from_ns = 0;
}

static void
sample(struct table *t, uint64_t from, uint64_t now)
{
    if (from == 0)
        return;
    if (from != t->from_ns)
        sample_end(t);
    t->from_ns = from;
    t->to_ns = now;
}

void
table_acts(struct table *t, const struct bot *b, uint64_t now)
{
    const struct mahjong_view *v = &b->view.rules;

    t->act_ns = now;
    if (v->turn == v->seat)
        t->turn_ns = now;
}

void
table_hears(struct table *t, const struct bot *b, const struct push *push,
            uint64_t now)
{
    const struct mahjong_hint *hint = &b->view.rules.hint;
    bool others = hint->phase == MAHJONG_ASK_CLAIM ||
                  hint->phase == MAHJONG_ASK_ROB;
    bool win = hint->offer & 1u << MAHJONG_HU;

    if (push->route == PUSH_HINT)
        sample(t, others && win ? t->turn_ns : t->act_ns, now);
    else if (push->route == PUSH_ROUND_END || push->route == PUSH_GAME_END)
        sample(t, t->act_ns, now);
    else if (push->route == PUSH_DEAL)
        t->act_ns = t->turn_ns = 0;
}

/* Somebody is away: what takes long now is not the server. */
void
table_forgets(struct table *t)
{
    t->act_ns = t->turn_ns = t->from_ns = t->to_ns = 0;
}

/* ---- matches begin ---- */

static void
table_free(struct table *t)
{
    t->next_free = t->play->free;
    t->play->free = t;
}

static void
match_begin(struct play *p, uint64_t now)
{
    struct table *t = p->free;

    p->free = t->next_free;
    p->begun++;
    t->busy = true;
    t->is_dealt = t->is_told = false;
    t->number = 0;
    t->away = 0;
    t->moved_ns = now;
    t->gone_ns = 0;
    memset(&t->results, 0, sizeof t->results);
    table_forgets(t);
    guests_seat(t, now);
}

/* As fast as they end: whoever is free begins. */
static bool
is_due(struct play *p, uint64_t now)
{
    if (p->ending || (p->conf->matches != 0 && p->begun >= p->conf->matches))
        return false;
    if (p->conf->rate == 0)
        return p->free != NULL;
    if (p->next_begin_ns > now)
        return false;
    p->next_begin_ns += SECOND_NS / p->conf->rate;
    if (p->free == NULL)
        errors_add(&p->loop.errors, 1, "no free table: raise --desks");
    return p->free != NULL;
}

void
tables_begin(struct play *p, uint64_t now)
{
    while (is_due(p, now))
        match_begin(p, now);
}

void
table_enter(struct table *t)
{
    EACH_BOT (b)
        bot_enter(b);
}

/* The others have waited for the number. */
void
table_stands(struct table *t, uint32_t number, int64_t creator, uint64_t now)
{
    t->number = number;
    t->creator = creator;
    EACH_BOT (b)
        if (b->state == BOT_LOBBY && t->busy)
            bot_sit_down(b, now);
}

/* ---- matches end ---- */

static void
match_close(struct table *t)
{
    EACH_BOT (b)
        bot_leave(b);
    client_close(&t->http);
    t->busy = false;
    table_free(t);
}

void
table_over(struct table *t, uint64_t now)
{
    struct play *p = t->play;
    const char *wrong;

    (void) now;
    EACH_BOT (b)
        if (b->state != BOT_OVER)
            return;
    wrong = results_close(&t->results, bots(t), p->conf->rounds, t->away);
    if (p->conf->survive && t->away == (1u << bots(t)) - 1)
        p->unheard++;
    else if (wrong != NULL)
        bot_wrong(&t->bot[0], STR(""), "%s", wrong);
    sample_end(t);
    p->ended++;
    t->turn++;
    match_close(t);
}

void
table_fail(struct table *t, uint64_t now)
{
    (void) now;
    if (!t->busy)
        return;
    t->play->voided++;
    guests_dismiss(t);
    match_close(t);
}

static void
stall_tell(struct table *t, uint64_t now)
{
    fprintf(stderr, "play: desk %06u stands still for %.0f s\n", t->number,
            (double) (now - t->moved_ns) / 1e9);
    EACH_BOT (b)
        fprintf(stderr,
                "play:   uid %" PRId64 " %s, waits for %s, asked for %02x, "
                "chose %d, round %d\n",
                b->guest->uid, bot_state_name(b), view_waits_for(&b->view),
                b->view.rules.hint.offer, b->view.chosen_op,
                b->view.rules.round);
}

void
tables_check_stalls(struct play *p, uint64_t now)
{
    for (unsigned i = 0; i < p->conf->desks; i++) {
        struct table *t = &p->tables[i];

        if (!t->busy || t->is_dealt ||
            now < t->moved_ns + p->conf->stall_s * SECOND_NS)
            continue;
        stall_tell(t, now);
        errors_add(&p->loop.errors, 1, "a match stands still");
        table_fail(t, now);
    }
}

/* ---- all of them ---- */

void
tables_create(struct play *p)
{
    p->tables = mem_zalloc(p->conf->desks * sizeof *p->tables);
    for (unsigned i = p->conf->desks; i-- > 0;) {
        struct table *t = &p->tables[i];

        t->play = p;
        t->index = i;
        guests_init(t);
        for (unsigned k = 0; k < PLAY_SEATS; k++)
            bot_init(&t->bot[k], t, k);
        table_free(t);
    }
}

void
tables_destroy(struct play *p)
{
    for (unsigned i = 0; i < p->conf->desks; i++) {
        struct table *t = &p->tables[i];

        guests_deinit(t);
        for (unsigned k = 0; k < PLAY_SEATS; k++)
            bot_deinit(&t->bot[k]);
    }
    mem_free(p->tables);
}
