/*
 * Which login tokens are given, and which let a player in: what is signed
 * (game/token.h) is held against the row of the player and the time.
 */
#ifndef GAME_LOGIN_TOKEN_POLICY_H
#define GAME_LOGIN_TOKEN_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"
#include "game/token.h"

struct env;
struct store_user;

/*
 * A token for the player, good for life_ms from now on; never older than what
 * an operator has voided.  False if it cannot be signed.
 */
bool token_policy_give(const struct token_keys *keys, uint64_t uid,
                       const struct store_user *user, uint64_t life_ms,
                       struct token *token, char text[TOKEN_MAX]);

/*
 * NULL if the token is this player's and still good, else why it is not (for
 * the log).  user: the row; NULL: the store has none.
 */
const char *token_policy_check(const struct token_keys *keys, struct str text,
                               uint64_t uid, const struct store_user *user);

/*
 * Whose token is it?  The uid and its row; 0: nobody's that is good; -1: the
 * store cannot be read.
 */
int64_t token_policy_player(const struct token_keys *keys, struct str text,
                            struct env *store, struct store_user *user);

#endif
