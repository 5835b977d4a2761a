/*
 * What is kept of the rounds that were finished: one history each, by an id
 * of the store's; which ones a desk has stands in its record.  And the desks
 * that a player played at.
 */
#ifndef GAME_STORE_HISTORIES_H
#define GAME_STORE_HISTORIES_H

#include "game/store/accounts.h"
#include "game/store/row.h"

struct store_desk_record;

enum { STORE_EVENTS = 1536 };

/* The bytes of game/history.h; the store does not look into them. */
struct store_events {
    struct row_blob blob;
    uint8_t data[STORE_EVENTS];
};

struct store_history {
    uint64_t desk_id; /* of the desk's record, which has the players */
    uint8_t round;
    uint8_t mode;
    int64_t begin_at, end_at;
    int32_t score_change[STORE_PLAYERS]; /* of the round */
    struct store_events events;
};

/* 1 found, 0 none (or a bad row, logged), -1 error (logged). */
int store_history_get(struct env *env, uint64_t id, struct store_history *row);

/*
 * The histories of a desk in order, with their ids; bad rows are left out.
 * How many, or -1 (logged).
 */
int store_desk_histories(struct env *env, const struct store_desk_record *desk,
                         uint64_t ids[STORE_ROUNDS],
                         struct store_history rows[STORE_ROUNDS]);

/* The last desks of a player, the newest first: their ids, at most max.  How
 * many, or -1 (logged). */
int store_player_desks(struct env *env, uint64_t uid, uint64_t *ids,
                       unsigned max);

/* Inside a transaction: 0 or an error; of a history also MDB_KEYEXIST if
 * there is one behind it. */
int store_history_add(struct env *env, MDB_txn *txn, uint64_t id,
                      const struct store_history *row);
int store_player_desk_write(struct env *env, MDB_txn *txn, uint64_t uid,
                            uint64_t desk_id);

#endif
