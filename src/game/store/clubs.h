/*
 * Clubs and who belongs to them, as rows of the durable store.
 */
#ifndef GAME_STORE_CLUBS_H
#define GAME_STORE_CLUBS_H

#include "game/store/accounts.h"

enum { STORE_TEXT = 256 };

struct store_club {
    char name[STORE_NAME];
    char description[STORE_TEXT];
    uint64_t owner;
    int64_t balance; /* cards; desks of the club are paid from it */
    uint32_t max_member;
    int64_t created_at;
    uint32_t members; /* counted by store_member_write() */
};

enum store_member_status { STORE_MEMBER_APPLIED = 1, STORE_MEMBER = 2 };

struct store_member {
    uint8_t status; /* enum store_member_status */
    int64_t since;  /* that he is what he is */
};

/* 1 found, 0 none (or a bad row, logged), -1 error (logged). */
int store_club_get(struct env *env, uint64_t club, struct store_club *row);
int store_member_get(struct env *env, uint64_t club, uint64_t uid,
                     struct store_member *row);

/*
 * The clubs of which the player is a member, in order, their rows beside
 * them: at most `max`, which are STORE_CLUBS_MAX at most.  How many, or -1
 * (logged).
 */
enum { STORE_CLUBS_MAX = 16 };
int store_player_clubs(struct env *env, uint64_t uid, uint64_t *ids,
                       struct store_club *rows, unsigned max);

/*
 * Inside a transaction: row_find() and row_put() (0, MDB_NOTFOUND, ENV_BAD_ROW
 * or an error).  A member's row is written with what follows from it: the
 * clubs of the player, and how many members the club has.
 */
int store_club_find(struct env *env, MDB_txn *txn, uint64_t club,
                    struct store_club *row);
int store_club_write(struct env *env, MDB_txn *txn, uint64_t club,
                     const struct store_club *row);
int store_member_find(struct env *env, MDB_txn *txn, uint64_t club,
                      uint64_t uid, struct store_member *row);
int store_member_write(struct env *env, MDB_txn *txn, uint64_t club,
                       uint64_t uid, const struct store_member *row);

#endif
