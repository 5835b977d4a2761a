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
