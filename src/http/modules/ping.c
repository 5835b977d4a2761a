#include "http/modules/modules.h"

/* For probes and load balancers. */
static void
ping(struct http_exchange *x)
{
    http_answer_json(x, 200, STR("\"pong\""));
}

const struct http_endpoint ping_endpoint = {
    .name = "ping",
    .methods = METHOD_GET,
    .handle = ping,
};
