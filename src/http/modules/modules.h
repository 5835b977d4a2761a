/* The endpoints that a location of the conf file can name. */
#ifndef HTTP_MODULES_MODULES_H
#define HTTP_MODULES_MODULES_H

#include "http/http.h"

extern const struct http_endpoint guest_login_query_endpoint;
extern const struct http_endpoint guest_login_endpoint;
extern const struct http_endpoint version_endpoint;
extern const struct http_endpoint ping_endpoint;
extern const struct http_endpoint ready_endpoint;
extern const struct http_endpoint gm_desks_endpoint;
extern const struct http_endpoint gm_desk_endpoint;

/* All of them, up to NULL. */
extern const struct http_endpoint *const http_modules[];

#endif
