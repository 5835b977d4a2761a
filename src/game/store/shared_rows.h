/*
 * How the rows of shared_memory are laid out; only for the files here.
 */
#ifndef GAME_STORE_SHARED_ROWS_H
#define GAME_STORE_SHARED_ROWS_H

#include "game/store/row.h"
#include "game/store/shared.h"

extern const char *const shared_tables[SHARED_TABLES + 1];
extern const struct row_type shared_slot_row;
extern const struct row_type shared_session_row;
extern const struct row_type shared_seat_row;
extern const struct row_type shared_desk_row;

/*
 * Whether no living process has this name, inside a transaction.  Only of
 * this machine is it known who is dead.  0 or an error.
 */
int shared_look_stale(struct env *env, MDB_txn *txn, struct place place,
                      bool *stale);

/* A generation that no process of the slot can have had: those of which is
 * known that they are counted from 1, or from an earlier one of these. */
uint32_t shared_new_generation(const struct env *env);

/* Are logins of the uid denied, or may the next kick make it so? */
bool shared_session_is_at_war(const struct shared_session *row,
                              int64_t now_ms);

/* Its session is gone.  On a transaction: so is the row, but for what is left
 * of a kick war. */
int shared_session_leave(struct env *env, MDB_txn *txn, uint64_t uid,
                         struct shared_session *row, int64_t now_ms);

#endif
