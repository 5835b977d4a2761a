#include "http/http_player.h"

#include "game/login/token_policy.h"
#include "http/http.h"
#include "http/http_parse.h"

int64_t
http_player(const struct http_exchange *x, struct store_user *user)
{
    struct str token = http_bearer(x->request);

    if (token.len == 0)
        return 0;
    return token_policy_player(x->http->token_keys, token, x->http->store,
                               user);
}
