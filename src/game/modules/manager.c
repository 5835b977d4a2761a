/*
 * Manager: login and orders.  What a player is called and owns comes from the
 * store; a client's claims count only where login_token is "accept" and the
 * store does not know the uid.
 */
#include <openssl/sha.h>

#include "game/desk/fields.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game.h"
#include "game/login/login.h"
#include "game/modules/modules.h"
#include "game/store/accounts.h"

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
