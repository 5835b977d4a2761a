#include "game/login/token_policy.h"

#include <stddef.h>
#include <time.h>

#include "game/store/accounts.h"

bool
token_policy_give(const struct token_keys *keys, uint64_t uid,
                  const struct store_user *user, uint64_t life_ms,
                  struct token *token, char text[TOKEN_MAX])
{
    *token = (struct token){.uid = (int64_t) uid, .issued = time(NULL)};
    if (token->issued < (int64_t) user->token_epoch)
        token->issued = (int64_t) user->token_epoch;
    token->expires = token->issued + (int64_t) life_ms / 1000;
    return token_make(keys, token, text) != 0;
}

/* NULL, or why the row does not let the player in. */
static const char *
check_row(const struct token *token, const struct store_user *user)
{
    if (user == NULL)
        return "no such user";
    if (token->issued < (int64_t) user->token_epoch)
        return "voided";
    return NULL;
}

const char *
token_policy_check(const struct token_keys *keys, struct str text,
                   uint64_t uid, const struct store_user *user)
{
    struct token token;
    const char *why = token_check(keys, text, time(NULL), &token);

    if (why != NULL)
        return why;
    if (token.uid != (int64_t) uid)
        return "somebody else's token";
    return check_row(&token, user);
}

int64_t
token_policy_player(const struct token_keys *keys, struct str text,
                    struct env *store, struct store_user *user)
{
    struct token token;
    int found;

    if (token_check(keys, text, time(NULL), &token) != NULL || token.uid <= 0)
        return 0;
    found = store_user_get(store, (uint64_t) token.uid, user);
    if (found < 0)
        return -1;
    return check_row(&token, found == 1 ? user : NULL) == NULL ? token.uid : 0;
}
