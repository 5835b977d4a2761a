/*
 * Coming in with a token: Manager.Login and DeskManager.ReConnect.
 */
#ifndef GAME_MODULES_LOGIN_H
#define GAME_MODULES_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

struct request;
struct store_user;

/*
 * Makes the request's session the one of uid if the token says so; it may
 * still be refused at the end of the turn: session_login().  Returns
 * 0 with the user's row (*known is false if the store has none), or the code
 * to refuse with; a wrong token is logged here.
 */
int login_enter(struct request *rq, int64_t uid, struct str token,
                struct store_user *user, bool *known);

#endif
