/*
 * What each kind of operation does, and what those functions share; only for
 * the files here.  They run inside store_apply(): 0 with the result set, or
 * LMDB's code to abort the transaction with; they check before they write.
 */
#ifndef GAME_STORE_OP_APPLY_H
#define GAME_STORE_OP_APPLY_H

#include "game/store/op.h"

typedef int op_apply(struct env *env, MDB_txn *txn, const struct store_op *op,
                     struct store_result *result);

/* op_accounts.c */
op_apply op_create_guest, op_record_login, op_void_tokens;

/* op_desks.c */
op_apply op_open_desk, op_save_round, op_close_desk;

/* op_clubs.c */
op_apply op_apply_club;

/* A refusal is a result: 0. */
int op_refuse(struct store_result *result, enum store_code code);

/* What a read said about a row that the op needs: a damaged one is the op's
 * own misfortune, everything else the transaction's. */
int op_refuse_or_fail(struct store_result *result, int rc);

/* As row_find(). */
int op_find_user(struct env *env, MDB_txn *txn, uint64_t uid,
                 struct store_user *row);

/* The id behind the last one of a counter, whose rows are in the table; and
 * that it is given now. */
#define OP_ID_END (UINT64_C(1) << 53) /* JSON's integers */
int op_next_id(struct env *env, MDB_txn *txn, struct str counter,
               unsigned table, uint64_t *id);
int op_keep_id(struct env *env, MDB_txn *txn, struct str counter, uint64_t id);

/* Time and op id: unique, and in the order of time. */
struct str op_key_of_time(uint8_t buf[8 + STORE_OP_ID],
                          const struct store_op *op);

#endif
