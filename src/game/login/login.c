#include "game/login/login.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/slots.h"
#include "core/utf8.h"
#include "event/conn.h"
#include "game/errors.h"
#include "game/game.h"
#include "game/login/token_policy.h"
#include "game/store/accounts.h"
#include "game/store/shared.h"

int
login_user(struct game *game, uint64_t uid, const struct login_claims *claims,
           struct store_user *user)
{
    int found = store_user_get(game->store, uid, user);

    if (found != 0)
        return found;
    memset(user, 0, sizeof(*user));
    utf8_copy(user->name, sizeof(user->name), claims->name);
    if (user->name[0] == '\0')
        snprintf(user->name, sizeof(user->name), "G%llu",
                 (unsigned long long) uid);
    utf8_copy(user->head_url, sizeof(user->head_url), claims->head_url);
    if (claims->sex >= 0 && claims->sex <= UINT8_MAX)
        user->sex = (uint8_t) claims->sex;
    user->cards = claims->cards;
    return 0;
}

/* NULL, or why the client does not come in as this player. */
static const char *
refuse(const struct request *rq, int64_t uid, struct str token,
       const struct store_user *user)
{
    if (token.len == 0)
        return rq->game->conf->login_token == LOGIN_TOKEN_ACCEPT ? NULL
                                                                 : "no token";
    return token_policy_check(rq->game->token_keys, token, (uint64_t) uid,
                              user);
}

/*
 * Above the whole of "size" the reserve is in use, which running desks need:
 * only a player with a session or a seat may come in.
 */
static bool
has_no_room(struct request *rq, uint64_t uid)
{
    struct game *game = rq->game;
    unsigned percent = atomic_load(&game->pages[SLOT_STORE].shared_percent);
    struct shared_session session;
    struct shared_seat seat;

    if (percent <= 100 || rq->session->uid == (int64_t) uid ||
        shared_session_get(game->shared, uid, &session) != 0 ||
        shared_seat_get(game->shared, uid, &seat) != 0)
        return false;
    log_rarely(game->log, LOG_ERR, 0,
               "logins refused: more than \"size\" of \"shared_memory\" is in "
               "use");
    return true;
}

int
login_enter(struct request *rq, int64_t uid, struct str token,
            const struct login_claims *claims, struct store_user *user)
{
    const char *why;
    int found;

    if (uid <= 0)
        return ERROR_ILLEGAL_PARAMETER;
    found = login_user(rq->game, (uint64_t) uid, claims, user);
    if (found < 0)
        return ERROR_SERVER_INTERNAL;
    why = refuse(rq, uid, token, found ? user : NULL);
    if (why == NULL && has_no_room(rq, (uint64_t) uid))
        return ERROR_SERVER_INTERNAL;
    if (why == NULL) {
        const struct later later = later_of(rq);

        session_login(rq->session, uid, &later);
        session_set_stranger(rq->session, found ? NULL : user);
        return 0;
    }
    log_client(rq->game->log, conn_log_context, rq->session->conn,
               "login as uid %lld refused: %s", (long long) uid, why);
    return ERROR_AUTH_FAILED;
}
