/*
 * Guests: whoever knows (app, imei) is that guest.  The first login makes an
 * account and is answered when it is on the disk; later ones read it and are
 * answered at once, the login log follows by itself.
 *
 * The imei is as good as a password: it is never logged and not stored, only
 * the digest of app and imei is.
 */
#include <assert.h>
#include <string.h>

#include <openssl/sha.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "game/errors.h"
#include "game/fields.h"
#include "game/game_conf.h"
#include "game/json.h"
#include "game/login/answer.h"
#include "game/store/client.h"
#include "http/modules/modules.h"

enum { IMEI_MAX = 128, CARDS_MAX = 1000000 };

/* The portrait of a guest. */
static const char head_url[] =
    "http://wx.qlogo.cn/mmopen/"
    "s962LEwpLxhQSOnarDnceXjSxVGaibMRsvRM4EIWic0U6fQdkpqz4Vr8XS8D81QKfyYuwjwm"
    "2M2ibsFY8mia8ic51ww/0";

static_assert(sizeof(head_url) <= STORE_URL, "the row has room for it");

/* ---- the location ---- */

struct guest_conf {
    const char *const *channels; /* NULL: no guests */
    unsigned cards;
};

static const struct guest_conf guest_default = {.cards = 10};

static const struct conf_directive query_directives[] = {
    CONF_STRS("guest_channels", struct guest_conf, channels),
    CONF_END,
};

static const struct conf_context query_context = {
    "location of guest_login_query", query_directives};

static const struct conf_directive guest_directives[] = {
    CONF_STRS("guest_channels", struct guest_conf, channels),
    CONF_UINT("guest_cards", struct guest_conf, cards, 0, CARDS_MAX),
    CONF_END,
};

static const struct conf_context login_context = {"location of guest_login",
                                                  guest_directives};

static bool
is_listed(const struct guest_conf *conf, struct str channel)
{
    if (conf->channels == NULL)
        return false;
    for (unsigned i = 0; conf->channels[i] != NULL; i++)
        if (str_equal(channel, str_of(conf->channels[i])))
            return true;
    return false;
}

/* ---- guest_login_query ---- */

struct query_request {
    struct str app_id;
    struct str channel_id;
};

static FIELDS(query_request, FIELD_NAMED(query_request, app_id, "appId"),
              FIELD_NAMED(query_request, channel_id, "channelId"));

static void
query(struct http_exchange *x)
{
    struct query_request in;
    const char *why = json_parse(&query_request_fields, &in, x->body,
                                 x->arena);

    if (why != NULL)
        http_answer_error(x, 400, ERROR_ILLEGAL_PARAMETER, why);
    else if (is_listed(x->conf, in.channel_id))
        http_answer_json(x, 200, STR("{\"code\":0,\"guest\":true}"));
    else
        http_answer_json(x, 200, STR("{\"code\":0,\"guest\":false}"));
}

const struct http_endpoint guest_login_query_endpoint = {
    .name = "guest_login_query",
    .methods = METHOD_POST,
    .context = &query_context,
    .conf_size = sizeof(struct guest_conf),
    .conf_default = &guest_default,
    .handle = query,
};

/* ---- guest_login: the request ---- */

struct device {
    struct str imei;
    struct str os;
    struct str model;
    struct str ip;
    struct str remote;
};

static FIELDS(device, FIELD_FLAGS(device, imei, "imei", FIELD_SECRET),
              FIELD(device, os), FIELD(device, model), FIELD(device, ip),
              FIELD(device, remote));

struct login_request {
    struct str app_id;
    struct str channel_id;
    struct str imei;
    struct device device;
};

static FIELDS(login_request, FIELD_NAMED(login_request, app_id, "appId"),
              FIELD_NAMED(login_request, channel_id, "channelId"),
              FIELD_FLAGS(login_request, imei, "imei", FIELD_SECRET),
              FIELD_OBJECT(login_request, device, "device", device));

/* Clients name the device at the top, in `device`, or at both places. */
static struct str
imei_of(const struct login_request *in)
{
    return in->imei.len != 0 ? in->imei : in->device.imei;
}

static const char *
check(const struct login_request *in)
{
    if (in->app_id.len == 0 || in->app_id.len >= STORE_LABEL)
        return "appId: must have 1 to 63 bytes";
    if (imei_of(in).len == 0 || imei_of(in).len > IMEI_MAX)
        return "imei: must have 1 to 128 bytes";
    return NULL;
}

/* The length in front keeps ("ab", "c") and ("a", "bc") apart. */
static void
digest(const struct login_request *in, uint8_t out[STORE_DIGEST])
{
    uint8_t text[1 + STORE_LABEL + IMEI_MAX];
    struct str imei = imei_of(in);
    size_t len = in->app_id.len;

    text[0] = (uint8_t) len;
    memcpy(text + 1, in->app_id.data, len);
    memcpy(text + 1 + len, imei.data, imei.len);
    SHA256(text, 1 + len + imei.len, out);
}

static void
set_label(char label[STORE_LABEL], struct str s)
{
    utf8_copy(label, STORE_LABEL, s);
}

/* ---- guest_login: the answer ---- */

static void
welcome(struct http_exchange *x, uint64_t uid, const struct store_user *user)
{
    struct arena *arena = x->http->arena;
    bool is_later = x->arena == NULL; /* else the arena is reset anyway */
    char peer[ADDR_TEXT];
    const struct login_answer_source source = {
        .conf = x->http->game_conf,
        .token_keys = x->http->token_keys,
        .store = x->http->store,
        .peer = addr_format_host(&x->peer, peer)};
    const struct login_answer *answer = login_answer_make(&source, uid, user,
                                                          arena);

    if (answer == NULL)
        http_answer_error(x, 500, ERROR_SERVER_INTERNAL, NULL);
    else
        http_answer_object(x, &login_answer_fields, answer);
    if (is_later)
        arena_reset(arena);
}

/* ---- guest_login: the store ---- */

static void
fill_login(struct store_op *op, const struct http_exchange *x,
           const struct login_request *in)
{
    struct store_record_login *login = &op->record_login;
    char peer[ADDR_TEXT];

    memset(op, 0, sizeof(*op));
    op->kind = STORE_RECORD_LOGIN;
    set_label(login->app, in->app_id);
    set_label(login->channel, in->channel_id);
    set_label(login->os, in->device.os);
    set_label(login->model, in->device.model);
    set_label(login->ip, str_of(addr_format_host(&x->peer, peer)));
}

static void
record(struct http *http, struct store_op *op, uint64_t uid)
{
    op->record_login.uid = uid;
    store_client_ask(http->store_client, op, NULL, NULL);
}

/* The account is on the disk; x->data is the op that records the login. */
static void
created(void *arg, const struct store_result *result)
{
    struct http_exchange *x = arg;
    struct store_user user;

    if (result->code != STORE_OK) {
        http_answer_error(x, result->code == STORE_INTERNAL ? 503 : 500,
                          result->code, NULL);
        return;
    }
    if (store_user_get(x->http->store, result->uid, &user) != 1) {
        http_answer_error(x, 500, ERROR_SERVER_INTERNAL, NULL);
        return;
    }
    if (result->value == 0) /* somebody was faster */
        record(x->http, x->data, result->uid);
    welcome(x, result->uid, &user);
}

static void
create(struct http_exchange *x, const struct login_request *in,
       const uint8_t key[STORE_DIGEST])
{
    const struct guest_conf *conf = x->conf;
    struct store_op op = {.kind = STORE_CREATE_GUEST};
    struct store_op *login = mem_alloc(sizeof(*login));

    memcpy(op.create_guest.digest, key, STORE_DIGEST);
    op.create_guest.cards = conf->cards;
    op.create_guest.sex = 1;
    memcpy(op.create_guest.head_url, head_url, sizeof(head_url));
    set_label(op.create_guest.app, in->app_id);
    set_label(op.create_guest.channel, in->channel_id);
    fill_login(login, x, in);
    x->data = login;
    store_client_ask(x->http->store_client, &op, created, x);
}

static void
login(struct http_exchange *x)
{
    struct login_request in;
    struct store_user user;
    struct store_op op;
    uint8_t key[STORE_DIGEST];
    uint64_t uid;
    int found;
    const char *why = json_parse(&login_request_fields, &in, x->body,
                                 x->arena);

    if (why != NULL || (why = check(&in)) != NULL) {
        http_answer_error(x, 400, ERROR_ILLEGAL_PARAMETER, why);
        return;
    }
    if (!is_listed(x->conf, in.channel_id)) {
        http_answer_error(x, 403, ERROR_PERMISSION_DENIED, "no guests");
        return;
    }
    digest(&in, key);
    found = store_guest_get(x->http->store, key, &uid, &user);
    if (found < 0) {
        http_answer_error(x, 500, ERROR_SERVER_INTERNAL, NULL);
    } else if (found == 0) {
        create(x, &in, key);
    } else {
        fill_login(&op, x, &in);
        record(x->http, &op, uid);
        welcome(x, uid, &user);
    }
}

const struct http_endpoint guest_login_endpoint = {
    .name = "guest_login",
    .methods = METHOD_POST,
    .changes = true,
    .context = &login_context,
    .conf_size = sizeof(struct guest_conf),
    .conf_default = &guest_default,
    .handle = login,
};
