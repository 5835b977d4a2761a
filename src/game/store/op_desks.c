/*
 * What operations do to desks: the record of a desk, and who pays for it.
 */
#include "game/store/clubs.h"
#include "game/store/days.h"
#include "game/store/histories.h"
#include "game/store/op_apply.h"
#include "game/store/records.h"
#include "game/store/row.h"

static const struct str desk_counter = STR_INIT("desk");
static const struct str history_counter = STR_INIT("history");

/* Who pays: a user or a club.  Nobody if there is no such row. */
struct payer {
    bool is_there;
    uint64_t uid;
    uint64_t club; /* 0: the user */
    struct store_user user_row;
    struct store_club club_row;
};

static int
find_payer(struct env *env, MDB_txn *txn, struct payer *payer, uint64_t uid,
           uint64_t club)
{
    int rc;

    payer->uid = uid;
    payer->club = club;
    if (club != 0)
        rc = store_club_find(env, txn, club, &payer->club_row);
    else
        rc = op_find_user(env, txn, uid, &payer->user_row);
    payer->is_there = rc == 0;
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int64_t *
balance_of(struct payer *payer)
{
    return payer->club != 0 ? &payer->club_row.balance
                            : &payer->user_row.cards;
}

/* Adds cards (or takes them, below 0); the balance is the result's value. */
static int
pay(struct env *env, MDB_txn *txn, struct payer *payer, int64_t cards,
    struct store_result *result)
{
    if (!payer->is_there)
        return 0;
    *balance_of(payer) += cards;
    result->value = *balance_of(payer);
    if (cards == 0)
        return 0;
    if (payer->club != 0)
        return store_club_write(env, txn, payer->club, &payer->club_row);
    return store_user_write(env, txn, payer->uid, &payer->user_row);
}

/* Far from where a sum would not fit: what no cards in the world make. */
static bool
is_sane(struct payer *payer)
{
    return !payer->is_there || (*balance_of(payer) < INT64_MAX / 2 &&
                                *balance_of(payer) > INT64_MIN / 2);
}

/* ---- open ---- */

static int
write_record(struct env *env, MDB_txn *txn, const struct store_op *op,
             struct payer *payer, struct store_result *result)
{
    const struct store_open_desk *args = &op->open_desk;
    struct store_desk_record row = {.desk_uid = args->desk_uid,
                                    .number = args->number,
                                    .creator = args->creator,
                                    .club = args->club,
                                    .mode = args->mode,
                                    .rounds = args->rounds,
                                    .created_at = args->created_at,
                                    .max_fan = args->max_fan,
                                    .flags = args->flags};
    uint64_t id;
    int rc = op_next_id(env, txn, desk_counter, STORE_DESKS, &id);

    if (rc != 0)
        return rc;
    if (id >= OP_ID_END)
        return op_refuse(result, STORE_INTERNAL);
    row.cards = payer->is_there ? args->cards : 0;
    for (unsigned i = 0; i < STORE_PLAYERS; i++) {
        row.player[i] = args->player[i];
        row.face[i] = args->face[i];
    }
    rc = store_desk_record_add(env, txn, id, &row);
    if (rc == MDB_KEYEXIST) /* the counter lags: never over a record */
        return op_refuse(result, STORE_DATABASE);
    if (rc == 0)
        rc = op_keep_id(env, txn, desk_counter, id);
    if (rc == 0)
        rc = store_open_desk_write(env, txn, args->desk_uid, id);
    for (unsigned i = 0; rc == 0 && i < STORE_PLAYERS; i++)
        if (args->player[i] != 0)
            rc = store_player_desk_write(env, txn, args->player[i], id);
    if (rc != 0)
        return rc;
    result->uid = id;
    return pay(env, txn, payer, -args->cards, result);
}

/* Its end may have come before its beginning, from another worker. */
static int
is_closed(struct env *env, MDB_txn *txn, uint64_t desk_uid)
{
    uint8_t id[STORE_OP_ID];
    struct str key = {(char *) id, STORE_OP_ID}, val;

    store_desk_op_id(id, desk_uid, STORE_CLOSE_DESK, 0);
    return env_get(env, txn, STORE_OPERATIONS, key, &val);
}

int
op_open_desk(struct env *env, MDB_txn *txn, const struct store_op *op,
             struct store_result *result)
{
    const struct store_open_desk *args = &op->open_desk;
    struct payer payer;
    uint64_t id;
    int rc;

    if (args->desk_uid == 0 || args->creator == 0 || args->cards < 0 ||
        args->cards > STORE_CARDS_MAX)
        return op_refuse(result, STORE_ILLEGAL);
    rc = is_closed(env, txn, args->desk_uid);
    if (rc != MDB_NOTFOUND)
        return rc;
    rc = find_payer(env, txn, &payer, args->creator, args->club);
    if (rc == 0 && !is_sane(&payer))
        rc = ENV_BAD_ROW;
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    rc = store_open_desk_find(env, txn, args->desk_uid, &id);
    if (rc == MDB_NOTFOUND)
        return write_record(env, txn, op, &payer, result);
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    result->uid = id; /* its result was forgotten: it is done all the same */
    return pay(env, txn, &payer, 0, result);
}

/* ---- rounds and the end ---- */

/* The record of an open desk: 0, MDB_NOTFOUND, ENV_BAD_ROW or an error. */
static int
find_open(struct env *env, MDB_txn *txn, uint64_t desk_uid, uint64_t *id,
          struct store_desk_record *row)
{
    int rc = store_open_desk_find(env, txn, desk_uid, id);

    if (rc != 0)
        return rc;
    rc = store_desk_record_find(env, txn, *id, row);
    return rc == MDB_NOTFOUND ? ENV_BAD_ROW : rc;
}

/* The id goes into the desk's record, which is not written here. */
static int
write_history(struct env *env, MDB_txn *txn,
              const struct store_save_round *args, uint64_t desk_id,
              struct store_desk_record *desk, struct store_result *result)
{
    struct store_history row = {.desk_id = desk_id,
                                .round = args->round,
                                .mode = desk->mode,
                                .begin_at = args->begin_at,
                                .end_at = args->end_at,
                                .events = args->events};
    uint64_t id;
    int rc = op_next_id(env, txn, history_counter, STORE_HISTORIES, &id);

    if (rc != 0)
        return rc;
    if (id >= OP_ID_END)
        return op_refuse(result, STORE_INTERNAL);
    for (unsigned i = 0; i < STORE_PLAYERS; i++)
        row.score_change[i] = args->round_change[i];
    rc = store_history_add(env, txn, id, &row);
    if (rc == MDB_KEYEXIST) /* the counter lags: never over a history */
        return op_refuse(result, STORE_DATABASE);
    desk->history[args->round - 1] = id;
    return rc != 0 ? rc : op_keep_id(env, txn, history_counter, id);
}

int
op_save_round(struct env *env, MDB_txn *txn, const struct store_op *op,
              struct store_result *result)
{
    const struct store_save_round *args = &op->save_round;
    struct store_desk_record row;
    uint64_t id;
    int rc;

    if (args->round == 0 || args->round > STORE_ROUNDS)
        return op_refuse(result, STORE_ILLEGAL);
    rc = find_open(env, txn, args->desk_uid, &id, &row);
    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    if (args->round > row.rounds_saved && args->events.blob.len != 0) {
        rc = write_history(env, txn, args, id, &row, result);
        if (rc != 0 || result->code != STORE_OK)
            return rc;
    }
    result->uid = id;
    result->value = row.rounds_saved;
    if (args->round <= row.rounds_saved)
        return 0;
    result->value = row.rounds_saved = args->round;
    row.is_complete = args->last;
    row.played_until = args->end_at;
    for (unsigned i = 0; i < STORE_PLAYERS; i++)
        row.score_change[i] = args->score_change[i];
    return store_desk_record_write(env, txn, id, &row);
}

static int
refund(struct env *env, MDB_txn *txn, struct store_desk_record *row,
       struct payer *payer, struct store_result *result)
{
    if (!payer->is_there || row->cards == 0)
        return 0;
    row->refunded = true;
    result->uid = payer->club != 0 ? 0 : payer->uid;
    return pay(env, txn, payer, row->cards, result);
}

int
op_close_desk(struct env *env, MDB_txn *txn, const struct store_op *op,
              struct store_result *result)
{
    const struct store_close_desk *args = &op->close_desk;
    struct store_desk_record row;
    struct payer payer = {.is_there = false};
    uint64_t id;
    int rc = find_open(env, txn, args->desk_uid, &id, &row);

    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc == 0 && args->refund && row.rounds_saved == 0)
        rc = find_payer(env, txn, &payer, row.creator, row.club);
    if (rc == 0 && !is_sane(&payer))
        rc = ENV_BAD_ROW;
    if (rc != 0)
        return op_refuse_or_fail(result, rc);
    row.dismissed_at = op->time_ms;
    if (row.rounds_saved != 0)
        rc = store_days_count(env, txn, &row);
    else
        rc = refund(env, txn, &row, &payer, result);
    if (rc == 0)
        rc = store_desk_record_write(env, txn, id, &row);
    if (rc == 0)
        rc = store_open_desk_del(env, txn, args->desk_uid);
    return rc;
}
