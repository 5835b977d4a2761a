/*
 * Answers: head and body are put into the connection's output at once.
 */
#include "core/log.h"
#include "game/codec.h"
#include "game/errors.h"
#include "game/json.h"
#include "http/http.h"

enum { HEAD_MAX = 512 }; /* bytes of a head without extra lines, or more */

static const struct {
    int status;
    int code; /* of the JSON body */
    struct str reason;
} statuses[] = {
    {200, 0, STR_INIT("OK")},
    {204, 0, STR_INIT("No Content")},
    {301, 0, STR_INIT("Moved Permanently")},
    {302, 0, STR_INIT("Found")},
    {303, 0, STR_INIT("See Other")},
    {304, 0, STR_INIT("Not Modified")},
    {307, 0, STR_INIT("Temporary Redirect")},
    {308, 0, STR_INIT("Permanent Redirect")},
    {400, ERROR_ILLEGAL_PARAMETER, STR_INIT("Bad Request")},
    {401, ERROR_AUTH_FAILED, STR_INIT("Unauthorized")},
    {403, ERROR_PERMISSION_DENIED, STR_INIT("Forbidden")},
    {404, ERROR_NOT_FOUND, STR_INIT("Not Found")},
    {405, ERROR_NOT_IMPLEMENTED, STR_INIT("Method Not Allowed")},
    {408, ERROR_REQUEST_FAILED, STR_INIT("Request Timeout")},
    {410, ERROR_NOT_FOUND, STR_INIT("Gone")},
    {411, ERROR_ILLEGAL_PARAMETER, STR_INIT("Length Required")},
    {413, ERROR_ILLEGAL_PARAMETER, STR_INIT("Content Too Large")},
    {414, ERROR_ILLEGAL_PARAMETER, STR_INIT("URI Too Long")},
    {417, ERROR_ILLEGAL_PARAMETER, STR_INIT("Expectation Failed")},
    {429, ERROR_FREQUENCY_LIMITED, STR_INIT("Too Many Requests")},
    {431, ERROR_ILLEGAL_PARAMETER,
     STR_INIT("Request Header Fields Too Large")},
    {500, ERROR_SERVER_INTERNAL, STR_INIT("Internal Server Error")},
    {501, ERROR_NOT_IMPLEMENTED, STR_INIT("Not Implemented")},
    {503, ERROR_SERVER_INTERNAL, STR_INIT("Service Unavailable")},
    {505, ERROR_NOT_IMPLEMENTED, STR_INIT("HTTP Version Not Supported")},
};

enum { STATUSES = sizeof(statuses) / sizeof(*statuses) };

static struct str
reason_of(int status)
{
    for (int i = 0; i < STATUSES; i++)
        if (statuses[i].status == status)
            return statuses[i].reason;
    return STR("Status");
}

static int
code_of(int status)
{
    for (int i = 0; i < STATUSES; i++)
        if (statuses[i].status == status && statuses[i].code != 0)
            return statuses[i].code;
    return ERROR_UNKNOWN;
}

static void
put_head(struct buf *out, struct http_exchange *x,
         const struct http_answer *answer)
{
    bool has_body = answer->status != 204 && answer->status != 304;

    buf_append_str(out, STR("HTTP/1.1 "));
    json_put_int(out, answer->status);
    buf_append_byte(out, ' ');
    buf_append_str(out, reason_of(answer->status));
    buf_append_str(out, STR("\r\nServer: sparrow\r\nDate: "));
    buf_append_str(out, str_of(x->http->date));
    if (answer->type.len != 0 && has_body) {
        buf_append_str(out, STR("\r\nContent-Type: "));
        buf_append_str(out, answer->type);
    }
    if (has_body) {
        buf_append_str(out, STR("\r\nContent-Length: "));
        json_put_int(out, (int64_t) answer->body.len);
    }
    if (!x->keep_alive)
        buf_append_str(out, STR("\r\nConnection: close"));
    else if (x->is_old)
        buf_append_str(out, STR("\r\nConnection: keep-alive"));
    buf_append_str(out, STR("\r\n"));
    if (x->settings->cors)
        buf_append_str(out, STR("Access-Control-Allow-Origin: *\r\n"));
    buf_append_str(out, answer->extra);
    buf_append_str(out, STR("\r\n"));
}

void
http_answer(struct http_exchange *x, const struct http_answer *answer)
{
    struct buf *out;

    if (x->http->draining || x->settings->keepalive_timeout_ms == 0)
        x->keep_alive = false;
    http_update_time(x->http);
    if (x->conn != NULL && !conn_is_closed(x->conn)) {
        out = conn_out(x->conn);
        buf_reserve(out, HEAD_MAX + answer->extra.len + answer->body.len);
        put_head(out, x, answer);
        if (!x->is_head)
            buf_append_str(out, answer->body);
    }
    http_log_end(x, answer->status, x->is_head ? 0 : answer->body.len);
    http_exchange_end(x);
}

static const struct str json_type = STR_INIT(
    "application/json; charset=utf-8");

void
http_answer_json(struct http_exchange *x, int status, struct str body)
{
    http_answer(x, &(struct http_answer){
                       .status = status, .type = json_type, .body = body});
}

void
http_answer_object(struct http_exchange *x, const struct fields *fields,
                   const void *object)
{
    struct buf *text = &x->http->scratch;

    text->len = 0;
    json_put(text, fields, object);
    http_answer_json(x, 200, buf_str(text));
}

static void
answer_error(struct http_exchange *x, int status, int code, struct str extra,
             const char *why)
{
    struct buf *text = &x->http->scratch;

    if (x->conn != NULL)
        log_client(x->http->log, conn_log_context, x->conn,
                   "request answered with %d: %s", status,
                   why != NULL ? why : error_text(code));
    text->len = 0;
    error_put(codec_of(FORMAT_JSON), text, code, why);
    http_answer(x, &(struct http_answer){.status = status,
                                         .type = json_type,
                                         .extra = extra,
                                         .body = buf_str(text)});
}

void
http_answer_error(struct http_exchange *x, int status, int code,
                  const char *why)
{
    answer_error(x, status, code, STR(""), why);
}

void
http_refuse(struct http_exchange *x, int status, struct str extra,
            const char *why)
{
    answer_error(x, status, code_of(status), extra, why);
}
