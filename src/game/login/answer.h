/*
 * The answer to a login over HTTP, the same for guests and for logins by
 * others: who the player is, where the game is, what clients show.
 */
#ifndef GAME_LOGIN_ANSWER_H
#define GAME_LOGIN_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct env;
struct fields;
struct game_conf;
struct login_answer;
struct store_user;
struct token_keys;

extern const struct fields login_answer_fields;

/* What stands in the answer beside the player. */
struct login_answer_source {
    const struct game_conf *conf;
    const struct token_keys *token_keys;
    struct env *store; /* for the player's clubs */
    const char *peer;  /* the client's address */
};

/*
 * The answer, in the arena; it borrows from user and source.  NULL if it
 * cannot be made: the store cannot be read, or no token be signed.
 */
const struct login_answer *
login_answer_make(const struct login_answer_source *source, uint64_t uid,
                  const struct store_user *user, struct arena *arena);

#endif
