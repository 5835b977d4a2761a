/*
 * The access log: one line for each answer, as nginx's "combined".
 *
 * A body is never in it.  Of the query what may be a secret is masked, by the
 * name of the argument; a name that is encoded counts as one.  The referer
 * loses its query.
 */
#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "core/log.h"
#include "http/http.h"

enum { LINES_MAX = 64 * 1024, COMPLAIN_S = 60 };

static void
put_text(struct buf *out, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char) s.data[i];
        char escape[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};

        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
            buf_append(out, escape, 4);
        else
            buf_append_byte(out, c);
    }
}

static struct str
up_to(struct str s, char end)
{
    const char *p = s.len != 0 ? memchr(s.data, end, s.len) : NULL;

    if (p != NULL)
        s.len = (size_t) (p - s.data);
    return s;
}

static bool
has(struct str s, struct str part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (strncasecmp(s.data + i, part.data, part.len) == 0)
            return true;
    return false;
}

static bool
is_secret(struct str name)
{
    static const struct str words[] = {
        STR_INIT("token"),  STR_INIT("sign"), STR_INIT("key"),
        STR_INIT("secret"), STR_INIT("pass"), STR_INIT("imei"),
        STR_INIT("openid"), STR_INIT("code"), STR_INIT("%"),
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (has(name, words[i]))
            return true;
    return false;
}

static void
put_query(struct buf *out, struct str query)
{
    while (query.len != 0) {
        struct str arg = up_to(query, '&');
        struct str name = up_to(arg, '=');
        size_t taken = arg.len + (arg.len < query.len);

        if (is_secret(name)) {
            put_text(out, name);
            buf_append_str(out, STR("=***"));
        } else {
            put_text(out, arg);
        }
        if (arg.len < query.len)
            buf_append_byte(out, '&');
        query.data += taken;
        query.len -= taken;
    }
}

static void
put_request(struct buf *out, const struct http_request *rq)
{
    buf_append_byte(out, '"');
    put_text(out, rq->method_name);
    buf_append_byte(out, ' ');
    put_text(out, up_to(rq->target, '?'));
    if (rq->query.data != NULL) {
        buf_append_byte(out, '?');
        put_query(out, rq->query);
    }
    buf_append_str(out,
                   rq->minor == 0 ? STR(" HTTP/1.0\"") : STR(" HTTP/1.1\""));
}

static void
put_header(struct buf *out, const struct http_request *rq, struct str name,
           char end)
{
    const struct str *value = http_header_find(rq, name);

    buf_append_str(out, STR(" \""));
    put_text(out, value != NULL ? up_to(*value, end) : STR("-"));
    buf_append_byte(out, '"');
}

void
http_log_begin(struct http_exchange *x)
{
    struct buf *line = &x->line;

    if (x->settings->access_log == NULL)
        return;
    if (x->request == NULL) {
        buf_append_str(line, STR("\"-\""));
        x->line_tail = line->len;
        buf_append_str(line, STR(" \"-\" \"-\"\n"));
        return;
    }
    put_request(line, x->request);
    x->line_tail = line->len;
    put_header(line, x->request, STR("Referer"), '?');
    put_header(line, x->request, STR("User-Agent"), '\0');
    buf_append_byte(line, '\n');
}

void
http_log_end(struct http_exchange *x, int status, size_t body_len)
{
    struct http *http = x->http;
    struct buf *out = &http->lines;
    char peer[ADDR_TEXT];

    if (x->line.len == 0)
        return;
    if (http->lines_fd != x->settings->access_log_fd || out->len > LINES_MAX)
        http_log_flush(http);
    http->lines_fd = x->settings->access_log_fd;
    buf_printf(out, "%s - - [%s] ", addr_format_host(&x->peer, peer),
               http->local_time);
    buf_append(out, x->line.data, x->line_tail);
    buf_printf(out, " %d %zu", status, body_len);
    buf_append(out, x->line.data + x->line_tail, x->line.len - x->line_tail);
}

void
http_log_flush(struct http *http)
{
    struct buf *out = &http->lines;
    time_t now = http->second;

    if (out->len == 0)
        return;
    if (write(http->lines_fd, out->data, out->len) != (ssize_t) out->len &&
        now - http->lines_failed >= COMPLAIN_S) {
        http->lines_failed = now;
        log_write(http->log, LOG_ERR, errno,
                  "writing to an access log failed");
    }
    out->len = 0;
}
