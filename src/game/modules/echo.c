/* Echo: sends back what it gets, for load tests and probes. */
#include "core/str.h"
#include "game/modules/modules.h"

static void
ping(struct request *rq, const void *in)
{
    (void) in;
    if (rq->wants_response)
        respond_raw(rq, rq->payload);
    else
        push_raw(rq->session, STR("onPing"), rq->payload);
}

static const struct handler handlers[] = {
    {.method = "Ping", .flags = HANDLER_OPEN, .handle = ping},
};

const struct component echo_component = {
    .name = "Echo",
    .handlers = handlers,
    .handler_count = 1,
};
