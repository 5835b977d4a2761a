#include "http/http_conf.h"

#include "http/http.h"
#include "http/modules/modules.h"

/* HTTP is not served yet: the block is refused. */
const struct http_endpoint *const http_modules[] = {NULL};

static const struct conf_directive none[] = {CONF_END};

const struct conf_context http_context = {"http", none};
const struct conf_context http_settings_context = {"http", none};
const struct conf_context http_server_context = {"server", none};
const struct conf_context http_location_context = {"location", none};
const struct conf_context http_guest_context = {"location", none};
const struct conn_ops http_conn_ops = {.name = "http"};

void
http_conf_init(struct http_conf *http,
               const struct http_endpoint *const *known)
{
    *http = (struct http_conf){.known = known};
}

const char *
http_conf_set(struct conf *cf, const struct conf_node *node,
              struct http_conf *http)
{
    (void) cf;
    (void) node;
    (void) http;
    return "is not supported yet";
}

int
http_conf_open_logs(struct http_conf *http, const struct core_conf *core,
                    struct logfiles *files, struct log *log)
{
    (void) http;
    (void) core;
    (void) files;
    (void) log;
    return 0;
}

int
http_init(struct http *http)
{
    (void) http;
    return 0;
}

void
http_deinit(struct http *http)
{
    (void) http;
}

void
http_drain(struct http *http)
{
    (void) http;
}
