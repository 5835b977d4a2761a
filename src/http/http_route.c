/*
 * From a request's head to its location, and what is asked before its body is
 * read: who it is, how, how often, how much.
 */
#include "core/arena.h"
#include "event/rates.h"
#include "http/http.h"
#include "http/http_access.h"
#include "http/http_operator.h"

int
http_locate(struct http_exchange *x)
{
    struct str raw = x->request->path;
    char *path = arena_alloc(x->arena, raw.len + 1);
    ssize_t n = http_path_normalize(path, raw.data, raw.len);

    if (n < 0)
        return -1;
    x->path = (struct str){path, (size_t) n};
    if (x->location != NULL)
        return 0;
    x->location = http_location_find(x->server, x->path, x->http->match);
    if (x->location != NULL) {
        x->settings = &x->location->settings;
        x->conf = x->location->endpoint_conf;
    }
    return 0;
}

struct str
http_path_parameter(const struct http_exchange *x)
{
    size_t at = x->path.len;

    while (at != 0 && x->path.data[at - 1] != '/')
        at--;
    return (struct str){x->path.data + at, x->path.len - at};
}

static bool
is_method_allowed(const struct http_location *l, enum http_method method)
{
    unsigned methods = METHOD_GET | METHOD_POST;

    if (l->endpoint != NULL)
        methods = l->endpoint->methods;
    if (method == HTTP_GET || method == HTTP_HEAD)
        return (methods & METHOD_GET) != 0;
    return method == HTTP_POST && (methods & METHOD_POST) != 0;
}

/* "POST, OPTIONS" */
static const char *
allowed_methods(const struct http_exchange *x)
{
    const struct http_endpoint *e = x->location->endpoint;
    unsigned methods = e != NULL ? e->methods : METHOD_GET | METHOD_POST;
    bool get = (methods & METHOD_GET) != 0;
    bool post = (methods & METHOD_POST) != 0;

    return arena_printf(x->arena, "%s%s%s%s", get ? "GET, HEAD" : "",
                        get && post ? ", " : "", post ? "POST" : "",
                        x->settings->cors ? ", OPTIONS" : "");
}

static void
answer_preflight(struct http_exchange *x)
{
    struct str extra = str_of(
        arena_printf(x->arena,
                     "Access-Control-Allow-Methods: %s\r\n"
                     "Access-Control-Allow-Headers: Content-Type, "
                     "Authorization\r\n"
                     "Access-Control-Max-Age: 86400\r\n",
                     allowed_methods(x)));

    http_answer(x, &(struct http_answer){
                       .status = 200,
                       .type = STR("application/json; charset=utf-8"),
                       .extra = extra,
                       .body = STR("{\"code\":0,\"data\":\"success\"}")});
}

static void
refuse_method(struct http_exchange *x)
{
    const char *allow = arena_printf(x->arena, "Allow: %s\r\n",
                                     allowed_methods(x));

    http_refuse(x, 405, str_of(allow), "method");
}

static bool
is_over_limit(struct http_exchange *x)
{
    const struct bucket_size *limit = x->settings->limit_req;
    struct caller caller = caller_by_address(limit, &x->peer);

    return limit != NULL &&
           !rates_allow(x->http->rates, limit, &caller, x->http->loop->now_ms);
}

/* Answers whoever lacks the token that is wanted: true. */
static bool
refuse_operator(struct http_exchange *x)
{
    const struct http_endpoint *e = x->location->endpoint;
    enum http_operator_role role;

    if (x->settings->operators == NULL)
        return false;
    role = http_operator_role(x->settings->operators, x->request);
    if (role == OPERATOR_NOBODY)
        http_refuse(x, 401, STR("WWW-Authenticate: Bearer\r\n"), NULL);
    else if (role == OPERATOR_READS && e != NULL && e->changes)
        http_refuse(x, 403, STR(""), "this token only reads");
    else
        return false;
    return true;
}

bool
http_admit(struct http_exchange *x)
{
    const struct http_request *rq = x->request;
    int located = http_locate(x);
    bool is_post = rq->method == HTTP_POST;

    http_log_begin(x);
    if (rq->method == HTTP_OPTIONS && rq->path.data[0] == '*')
        http_answer(
            x, &(struct http_answer){
                   .status = 204, .extra = STR("Allow: GET, HEAD, POST\r\n")});
    else if (located != 0)
        http_refuse(x, 400, STR(""), "bad path");
    else if (x->location == NULL)
        http_refuse(x, 404, STR(""), NULL);
    else if (!http_access_allows(x->settings->access, &x->peer,
                                 x->http->match))
        http_refuse(x, 403, STR(""), NULL);
    else if (rq->method == HTTP_OPTIONS && x->settings->cors)
        answer_preflight(x);
    else if (!is_method_allowed(x->location, rq->method))
        refuse_method(x);
    else if (is_over_limit(x))
        http_refuse(x, 429, STR("Retry-After: 1\r\n"), NULL);
    else if (refuse_operator(x))
        return false;
    else if (is_post && !rq->has_length && !rq->chunked)
        http_refuse(x, 411, STR(""), "a body has no length");
    else if (rq->content_length > x->settings->client_max_body_size)
        http_refuse(x, 413, STR(""), "body too large");
    else
        return true;
    return false;
}

void
http_return(struct http_exchange *x)
{
    const struct http_location *l = x->location;
    int status = (int) l->return_status;

    if (status >= 300 && status < 400 && l->return_text.len != 0) {
        const char *to = arena_printf(x->arena, "Location: %s\r\n",
                                      l->return_text.data);

        http_answer(
            x, &(struct http_answer){.status = status, .extra = str_of(to)});
    } else if (status >= 400 && l->return_text.len == 0) {
        http_refuse(x, status, STR(""), NULL);
    } else {
        http_answer(x, &(struct http_answer){
                           .status = status,
                           .type = l->return_text.len != 0
                                       ? STR("text/plain; charset=utf-8")
                                       : STR(""),
                           .body = l->return_text});
    }
}
