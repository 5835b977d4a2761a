/*
 * What a desk asks the store: to take the cards and write its record before
 * the first round, to save each round, to close the record.  One operation
 * at a time; which is due follows from the state alone, and its id from the
 * desk, so that it may be asked by whoever owns the desk, as often as it
 * takes.  Rounds are saved in order, each with its history; none is left out.
 */
#include <string.h>

#include "core/fail_point.h"
#include "core/log.h"
#include "game/desks/desks.h"
#include "game/game.h"
#include "game/store/client.h"

_Static_assert(sizeof(((struct store_face *) 0)->name) == DESK_NAME &&
                   sizeof(((struct store_face *) 0)->head_url) == DESK_URL &&
                   sizeof(((struct store_face *) 0)->ip) == DESK_IP,
               "a face has room for a profile");

int64_t
desk_cost(const struct desks *ds, unsigned rounds)
{
    const struct desk_manager_conf *conf = ds->conf;

    for (unsigned i = 0; i < conf->card_rules; i++)
        if (conf->card_rule[i].rounds == rounds)
            return conf->card_rule[i].cards;
    return DESK_CARDS_DEFAULT;
}

/* A desk keeps its price, whatever a reload says meanwhile. */
static int64_t
price_of(const struct desk *desk)
{
    if (desk->st.price != 0)
        return desk->st.price - 1;
    return desk_cost(desk->desks, desk->row.rounds);
}

/*
 * Once all are ready the store may have been asked for a record, by whoever
 * owned the desk then.  One that ends before the answer is closed all the
 * same: the cards come back, or are not taken any more.
 */
static unsigned
due_kind(const struct desk *desk)
{
    const struct desk_state *st = &desk->st;

    if (st->record_id == 0 && !mahjong_all_ready(&st->rules))
        return 0;
    if (st->done > st->saved)
        return STORE_SAVE_ROUND;
    if (st->rules.status == MAHJONG_DESTROYED)
        return desk->closed ? 0 : STORE_CLOSE_DESK;
    return st->record_id == 0 ? STORE_OPEN_DESK : 0;
}

static void
fill_face(struct store_face *face, const struct desk_profile *profile)
{
    memcpy(face->name, profile->name, sizeof(face->name));
    memcpy(face->head_url, profile->head_url, sizeof(face->head_url));
    memcpy(face->ip, profile->ip, sizeof(face->ip));
    face->sex = profile->sex;
}

static void
fill(const struct desk *desk, struct store_op *op)
{
    const struct desk_state *st = &desk->st;
    const struct shared_desk *row = &desk->row;

    switch (op->kind) {
    case STORE_OPEN_DESK:
        op->open_desk = (struct store_open_desk){.desk_uid = desk->uid,
                                                 .number = desk->number,
                                                 .creator = row->creator,
                                                 .club = row->club,
                                                 .mode = row->mode,
                                                 .rounds = row->rounds,
                                                 .cards = price_of(desk),
                                                 .created_at = row->created_at,
                                                 .max_fan = row->max_fan,
                                                 .flags = row->flags};
        for (unsigned i = 0; i < st->rules.seated; i++) {
            op->open_desk.player[i] = (uint64_t) st->rules.seat[i].uid;
            fill_face(&op->open_desk.face[i], &st->seat[i].profile);
        }
        break;
    case STORE_SAVE_ROUND:
        op->save_round.desk_uid = desk->uid;
        op->save_round.round = desk->asked_round;
        op->save_round.last = st->rules.status == MAHJONG_DESTROYED &&
                              st->done == desk->asked_round;
        desk_history_fill(desk, &op->save_round);
        break;
    case STORE_CLOSE_DESK:
        op->close_desk = (struct store_close_desk){
            .desk_uid = desk->uid, .refund = st->rules.round == 0};
        break;
    }
}

/* The cards are taken: the first round, and what the creator has left. */
static void
opened(struct desk *desk, const struct store_result *result)
{
    struct desk_step step = {.kind = DESK_OPENED,
                             .seat = MAHJONG_NOBODY,
                             .record_id = result->uid,
                             .personal = desk->row.club == 0,
                             .balance = result->value};

    desk_deal(desk);
    desk_do(desk, &step);
}

static void
saved(struct desk *desk)
{
    desk_touch(desk);
    desk->st.saved = desk->asked_round;
    log_client(desk->desks->game->log, NULL, NULL,
               "desk %06u: round %u of %u is over", desk->number,
               desk->st.saved, desk->row.rounds);
    desk_take_checkpoint(desk);
}

static void
take_answer(struct desk *desk, const struct store_result *result)
{
    struct game *game = desk->desks->game;
    unsigned kind = desk->asking;

    desk->asking = 0;
    if (result->code != STORE_OK ||
        (kind == STORE_OPEN_DESK && result->uid == 0)) {
        log_limited(
            game->log, LOG_WARN, 0,
            "desk %06u: the store did not do \"%s\" (%d), asking again",
            desk->number, store_kind_name(kind), result->code);
        desk->retry_ms = game->loop->now_ms + DESK_RETRY_MS;
        desk_set_timer(desk);
        return;
    }
    switch (kind) {
    case STORE_OPEN_DESK:
        opened(desk, result);
        break;
    case STORE_SAVE_ROUND:
        saved(desk);
        break;
    case STORE_CLOSE_DESK:
        desk->closed = true;
        break;
    }
    desk_go_on(desk);
}

static void
answered(void *arg, const struct store_result *result)
{
    struct desk *desk = arg;

    desk_hold(desk);
    take_answer(desk, result);
    desks_let_go(desk->desks);
}

static bool
has_ends(const struct desk *desk)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        any |= desk->end_sessions[i];
    return any != 0 && desk->desks->game->loop->now_ms < desk->end_ms;
}

static void
ask(struct desk *desk, unsigned kind)
{
    struct store_op op = {.kind = (uint8_t) kind};

    desk->asking = (uint8_t) kind;
    desk->asked_round = kind == STORE_SAVE_ROUND ? desk->st.saved + 1 : 0;
    fill(desk, &op);
    store_desk_op_id(desk->ask_id, desk->uid, kind, desk->asked_round);
    memcpy(op.id, desk->ask_id, sizeof(op.id));
    store_client_ask_as(desk->desks->game->store_client, &op, answered, desk);
}

void
desk_ask(struct desk *desk)
{
    unsigned kind;

    if (desk->asking != 0 || desk->retry_ms != 0 || desk->over ||
        desk->undo != NULL)
        return;
    kind = due_kind(desk);
    if (kind != 0) {
        ask(desk, kind);
    } else if (desk->st.rules.status == MAHJONG_DESTROYED && !has_ends(desk)) {
        /* nothing is left to do, and everybody knows */
        desk_touch(desk);
        desk->over = true;
    }
}
