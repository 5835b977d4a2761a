/*
 * Manager: login and orders.  What a player is called and owns comes from the
 * store; a client's claims count only where login_token is "accept" and the
 * store does not know the uid.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/sha.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/slots.h"
#include "core/utf8.h"
#include "event/conn.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game.h"
#include "game/modules/desk_fields.h"
#include "game/modules/login.h"
#include "game/modules/modules.h"
#include "game/store/accounts.h"
#include "game/store/shared.h"

struct login_request {
    struct str name;
    int64_t uid;
    struct str head_url;
    int sex;
    int64_t fangka;
    struct str ip;
    struct str token;
};

static FIELDS(login_request, FIELD(login_request, name),
              FIELD(login_request, uid),
              FIELD_NAMED(login_request, head_url, "headUrl"),
              FIELD(login_request, sex), FIELD(login_request, fangka),
              FIELD(login_request, ip),
              FIELD_FLAGS(login_request, token, "token", FIELD_SECRET));

struct login_response {
    int64_t ac_id;
    struct str nickname;
    struct str head_url;
    int sex;
    int64_t fangka;
};

static FIELDS(login_response, FIELD_NAMED(login_response, ac_id, "acId"),
              FIELD(login_response, nickname),
              FIELD_NAMED(login_response, head_url, "headURL"),
              FIELD(login_response, sex), FIELD(login_response, fangka));

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

/* NULL, or why the token does not let this uid in. */
static const char *
refuse_token(struct request *rq, int64_t uid, struct str text,
             const struct store_user *user)
{
    struct token token;
    const char *why;

    if (text.len == 0)
        return rq->game->conf->login_token == LOGIN_TOKEN_ACCEPT ? NULL
                                                                 : "no token";
    why = token_check(rq->game->token_keys, text, time(NULL), &token);
    if (why != NULL)
        return why;
    if (token.uid != uid)
        return "somebody else's token";
    if (user == NULL)
        return "no such user";
    if (token.issued < (int64_t) user->token_epoch)
        return "voided";
    return NULL;
}

/*
 * Above the whole of "size" the reserve is in use, which running desks need:
 * only who has a session or a seat may come.
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
    why = refuse_token(rq, uid, token, found ? user : NULL);
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

static void
login(struct request *rq, const void *body)
{
    const struct login_request *in = body;
    const struct login_claims claims = {in->name, in->head_url, in->sex,
                                        in->fangka};
    struct store_user user;
    int code = login_enter(rq, in->uid, in->token, &claims, &user);

    if (code != 0) {
        respond_error(rq, code,
                      code == ERROR_ILLEGAL_PARAMETER ? "uid" : NULL);
        return;
    }
    respond(rq, &login_response_fields,
            &(struct login_response){.ac_id = in->uid,
                                     .nickname = str_of(user.name),
                                     .head_url = str_of(user.head_url),
                                     .sex = user.sex,
                                     .fangka = user.cards});
    push(rq->session, STR("onCoinChange"), &coin_change_fields,
         &(struct coin_change){.coin = user.cards});
}

struct order_request {
    struct str order_id;
};

static FIELDS(order_request, FIELD_NAMED(order_request, order_id, "orderid"));

struct order_response {
    int code;
    struct str error;
    int64_t fangka;
};

static FIELDS(order_response, FIELD(order_response, code),
              FIELD(order_response, error), FIELD(order_response, fangka));

static void
check_order(struct request *rq, const void *body)
{
    const struct order_request *in = body;
    struct order_response out = {.code = ERROR_ORDER_NOT_FOUND};
    uint8_t digest[STORE_DIGEST];
    struct store_order order;
    int found;

    SHA256((const unsigned char *) in->order_id.data, in->order_id.len,
           digest);
    found = store_order_get(rq->game->store, digest, &order);
    if (found < 0)
        out.code = ERROR_SERVER_INTERNAL;
    else if (found == 1 && order.uid == (uint64_t) rq->session->uid &&
             order.status == STORE_ORDER_PAID) {
        out.code = 0;
        out.fangka = order.cards;
    }
    if (out.code != 0)
        out.error = str_of(error_text(out.code));
    respond(rq, &order_response_fields, &out);
}

static const struct handler handlers[] = {
    {.method = "Login",
     .flags = HANDLER_OPEN,
     .in = &login_request_fields,
     .out = &login_response_fields,
     .handle = login},
    {.method = "CheckOrder",
     .in = &order_request_fields,
     .out = &order_response_fields,
     .handle = check_order},
};

const struct component manager_component = {
    .name = "Manager",
    .handlers = handlers,
    .handler_count = sizeof(handlers) / sizeof(*handlers),
};
