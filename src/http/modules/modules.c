#include "http/modules/modules.h"

const struct http_endpoint *const http_modules[] = {
    &guest_login_query_endpoint,
    &guest_login_endpoint,
    &version_endpoint,
    &ping_endpoint,
    &ready_endpoint,
    &gm_desks_endpoint,
    &gm_desk_endpoint,
    NULL,
};

static const struct conf_directive directives[] = {
    CONF_CUSTOM("guest_login_query", http_endpoint_set, 0, 0, 0),
    CONF_CUSTOM("guest_login", http_endpoint_set, 0, 0, 0),
    CONF_CUSTOM("version", http_endpoint_set, 0, 0, 0),
    CONF_CUSTOM("ping", http_endpoint_set, 0, 0, 0),
    CONF_CUSTOM("ready", http_endpoint_set, 0, 0, 0),
    CONF_CUSTOM("gm_desks", http_endpoint_set, 0, 0, 0),
    CONF_CUSTOM("gm_desk", http_endpoint_set, 0, 0, 0),
    CONF_END,
};

const struct conf_context http_modules_context = {"location", directives};
