/*
 * Whether this worker can serve players: for load balancers.  It costs no
 * operation: the store process shows in its page that it turns, and what it
 * was asked and has not answered is known here.
 */
#include "core/clock.h"
#include "core/slots.h"
#include "game/game.h"
#include "game/store/client.h"
#include "http/modules/modules.h"

enum { STORE_SILENT_MS = 5000 };

static bool
is_store_silent(const struct http *http)
{
    int64_t tick_ms = atomic_load(&http->game->pages[SLOT_STORE].tick_ms);

    return clock_ms(CLOCK_MONOTONIC) - tick_ms >= STORE_SILENT_MS ||
           store_client_silent_ms(http->store_client) >= STORE_SILENT_MS;
}

static void
ready(struct http_exchange *x)
{
    if (x->http->draining)
        http_answer_json(x, 503, STR("\"draining\""));
    else if (x->http->game->returning)
        http_answer_json(x, 503, STR("\"starting\""));
    else if (is_store_silent(x->http))
        http_answer_json(x, 503, STR("\"the store does not answer\""));
    else
        http_answer_json(x, 200, STR("\"ready\""));
}

const struct http_endpoint ready_endpoint = {
    .name = "ready",
    .methods = METHOD_GET,
    .handle = ready,
};
