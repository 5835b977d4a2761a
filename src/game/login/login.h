/*
 * Coming in with a token: Manager.Login and DeskManager.ReConnect.
 */
#ifndef GAME_LOGIN_LOGIN_H
#define GAME_LOGIN_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

struct game;
struct request;
struct store_user;

/* What a client says it is. */
struct login_claims {
    struct str name;
    struct str head_url;
    int sex;
    int64_t cards;
};

/*
 * The user of a uid: the row of the store, or what is claimed if there is
 * none; one without a name is called by the uid.  As store_user_get(): 1, 0
 * for one that the store does not know, -1.
 */
int login_user(struct game *game, uint64_t uid,
               const struct login_claims *claims, struct store_user *user);

/*
 * Makes the request's session the one of uid if the token says so; it may
 * still be refused at the end of the turn: session_login().  Returns 0 with
 * the user, or the code to refuse with; a wrong token is logged here.
 */
int login_enter(struct request *rq, int64_t uid, struct str token,
                const struct login_claims *claims, struct store_user *user);

#endif
