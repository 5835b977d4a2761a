/*
 * The head is read in two passes.  scan() looks at each byte once while more
 * and more of them arrive: it finds the end and refuses what cannot stand in
 * a head anywhere.  Once the end is there, the lines are parsed.
 */
#include "http/http_parse.h"

#include <string.h>

/* What the headers said that matters once all are read. */
struct seen {
    bool host, length, encoding;
    bool close, keep_alive;
    bool too_large;
};

static ssize_t
fail(struct http_request *rq, int status, const char *reason)
{
    rq->status = status;
    rq->reason = reason;
    return -1;
}

/* The characters of a token (RFC 9110, 5.6.2). */
static bool
is_token_char(unsigned char c)
{
    static const bool yes[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true,  ['a' ... 'z'] = true,
        ['!'] = true,         ['#' ... '\''] = true, ['*'] = true,
        ['+'] = true,         ['-'] = true,          ['.'] = true,
        ['^'] = true,         ['_'] = true,          ['`'] = true,
        ['|'] = true,         ['~'] = true,
    };

    return yes[c];
}

static bool
is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_token_char((unsigned char) s.data[i]))
            return false;
    }
    return s.len != 0;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t';
}

static struct str
trim(struct str s)
{
    while (s.len != 0 && is_space(s.data[0]))
        s.data++, s.len--;
    while (s.len != 0 && is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* The part of *rest before c; *rest is what follows c, or data is NULL. */
static struct str
split(struct str *rest, char c)
{
    const char *p = rest->len ? memchr(rest->data, c, rest->len) : NULL;
    struct str part = *rest;

    if (p == NULL) {
        *rest = (struct str){NULL, 0};
        return part;
    }
    part.len = (size_t) (p - part.data);
    *rest = (struct str){p + 1, rest->len - part.len - 1};
    return part;
}

/* The host of a URI with or without a port; an IPv6 one in brackets. */
static bool
is_host(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char) s.data[i];

        if (c == '#' || c == '^' || c == '`' || c == '|')
            return false;
        if (!is_token_char(c) && memchr("()[]:,;=", c, 8) == NULL)
            return false;
    }
    return s.len != 0;
}

static ssize_t
parse_absolute(struct http_request *rq, size_t scheme_len)
{
    struct str rest = {rq->target.data + scheme_len,
                       rq->target.len - scheme_len};
    size_t n = 0;

    while (n < rest.len && rest.data[n] != '/' && rest.data[n] != '?')
        n++;
    rq->host = (struct str){rest.data, n};
    if (!is_host(rq->host))
        return fail(rq, 400, "bad host in target");
    rest.data += n;
    rest.len -= n;
    rq->path = STR("/");
    if (rest.len == 0)
        return 0;
    if (rest.data[0] == '/')
        rq->path = split(&rest, '?');
    else
        split(&rest, '?');
    rq->query = rest;
    return 0;
}

static ssize_t
parse_target(struct http_request *rq)
{
    struct str rest = rq->target;

    for (size_t i = 0; i < rest.len; i++) {
        unsigned char c = (unsigned char) rest.data[i];

        if (c <= ' ' || c == 0x7f || c == '#')
            return fail(rq, 400, "bad character in target");
    }
    if (str_equal(rest, STR("*")) && rq->method == HTTP_OPTIONS) {
        rq->path = rest;
        return 0;
    }
    if (rest.len != 0 && rest.data[0] == '/') {
        rq->path = split(&rest, '?');
        rq->query = rest;
        return 0;
    }
    if (rest.len > 7 &&
        str_equal_nocase((struct str){rest.data, 7}, STR("http://")))
        return parse_absolute(rq, 7);
    if (rest.len > 8 &&
        str_equal_nocase((struct str){rest.data, 8}, STR("https://")))
        return parse_absolute(rq, 8);
    return fail(rq, 400, "bad target");
}

static int
find_method(struct str name)
{
    static const struct str names[] = {
        [HTTP_GET] = STR_INIT("GET"),
        [HTTP_HEAD] = STR_INIT("HEAD"),
        [HTTP_POST] = STR_INIT("POST"),
        [HTTP_PUT] = STR_INIT("PUT"),
        [HTTP_DELETE] = STR_INIT("DELETE"),
        [HTTP_OPTIONS] = STR_INIT("OPTIONS"),
        [HTTP_PATCH] = STR_INIT("PATCH"),
        [HTTP_TRACE] = STR_INIT("TRACE"),
    };

    for (int i = 0; i < (int) (sizeof(names) / sizeof(names[0])); i++) {
        if (str_equal(name, names[i]))
            return i;
    }
    return -1;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static ssize_t
parse_request_line(struct http_request *rq, struct str line)
{
    struct str version;
    int method;

    rq->method_name = split(&line, ' ');
    rq->target = split(&line, ' ');
    version = line;
    if (!is_token(rq->method_name))
        return fail(rq, 400, "bad method");
    if (version.len != 8 || !str_has_prefix(version, STR("HTTP/")) ||
        !is_digit(version.data[5]) || version.data[6] != '.' ||
        !is_digit(version.data[7]))
        return fail(rq, 400, "bad request line");
    if (version.data[5] != '1')
        return fail(rq, 505, "not HTTP/1");
    rq->minor = version.data[7] - '0';
    if ((method = find_method(rq->method_name)) == -1)
        return fail(rq, 501, "unknown method");
    rq->method = (enum http_method) method;
    return parse_target(rq);
}

static ssize_t
parse_length(struct http_request *rq, struct seen *seen, struct str value)
{
    if (seen->length)
        return fail(rq, 400, "two Content-Length");
    seen->length = rq->has_length = true;
    if (value.len == 0)
        return fail(rq, 400, "bad Content-Length");
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.data[i]))
            return fail(rq, 400, "bad Content-Length");
        if (rq->content_length > UINT64_MAX / 10 - 1)
            seen->too_large = true;
        else
            rq->content_length = rq->content_length * 10 +
                                 (uint64_t) (value.data[i] - '0');
    }
    return 0;
}

static ssize_t
parse_encoding(struct http_request *rq, struct seen *seen, struct str value)
{
    if (seen->encoding)
        return fail(rq, 400, "two Transfer-Encoding");
    seen->encoding = true;
    if (rq->minor == 0)
        return fail(rq, 400, "Transfer-Encoding in HTTP/1.0");
    if (value.len == 0)
        return fail(rq, 400, "empty Transfer-Encoding");
    if (!str_equal_nocase(value, STR("chunked")))
        return fail(rq, 501, "unknown Transfer-Encoding");
    rq->chunked = true;
    return 0;
}

static ssize_t
parse_host(struct http_request *rq, struct seen *seen, struct str value)
{
    if (seen->host)
        return fail(rq, 400, "two Host");
    if (!is_host(value))
        return fail(rq, 400, "bad Host");
    seen->host = true;
    if (rq->host.data == NULL)
        rq->host = value;
    return 0;
}

/* What a header means for the framing of this request. */
static ssize_t
note_header(struct http_request *rq, struct seen *seen,
            const struct http_header *h)
{
    if (str_equal_nocase(h->name, STR("host")))
        return parse_host(rq, seen, h->value);
    if (str_equal_nocase(h->name, STR("content-length")))
        return parse_length(rq, seen, h->value);
    if (str_equal_nocase(h->name, STR("transfer-encoding")))
        return parse_encoding(rq, seen, h->value);
    if (str_equal_nocase(h->name, STR("connection"))) {
        seen->close |= http_list_has(h->value, STR("close"));
        seen->keep_alive |= http_list_has(h->value, STR("keep-alive"));
    } else if (str_equal_nocase(h->name, STR("expect")) && rq->minor > 0) {
        if (!str_equal_nocase(h->value, STR("100-continue")))
            return fail(rq, 417, "unknown expectation");
        rq->expects_continue = true;
    }
    return 0;
}

static ssize_t
parse_header(struct http_request *rq, struct seen *seen, struct str line)
{
    struct http_header *h = &rq->header[rq->header_count];

    if (is_space(line.data[0]))
        return fail(rq, 400, "folded header");
    h->name = split(&line, ':');
    if (line.data == NULL || !is_token(h->name))
        return fail(rq, 400, "bad header name");
    if (rq->header_count == HTTP_MAX_HEADERS)
        return fail(rq, 431, "too many headers");
    h->value = trim(line);
    rq->header_count++;
    return note_header(rq, seen, h);
}

static ssize_t
check_framing(struct http_request *rq, const struct seen *seen,
              const struct http_limits *limits)
{
    if (rq->minor > 0 && !seen->host)
        return fail(rq, 400, "no Host");
    if (seen->length && seen->encoding)
        return fail(rq, 400, "Content-Length and Transfer-Encoding");
    if (seen->too_large || rq->content_length > limits->max_body)
        return fail(rq, 413, "body too large");
    rq->keep_alive = !seen->close && (rq->minor > 0 || seen->keep_alive);
    return 0;
}

/* A complete head: each line ends in CRLF, there is no other CR or LF. */
static ssize_t
parse_head(struct http_request *rq, struct str head,
           const struct http_limits *limits)
{
    struct seen seen = {0};
    struct str line = split(&head, '\n');

    line.len--;
    if (line.len > limits->max_line)
        return fail(rq, 414, "request line too long");
    if (parse_request_line(rq, line) == -1)
        return -1;
    for (;;) {
        line = split(&head, '\n');
        if (--line.len == 0)
            return check_framing(rq, &seen, limits);
        if (parse_header(rq, &seen, line) == -1)
            return -1;
    }
}

/*
 * Looks at the bytes from `from` on.  Returns the length of the head, 0 if
 * its end is not there yet, -1 for a byte that may not stand in a head.
 */
static ssize_t
scan(const char *buf, size_t len, size_t from)
{
    for (size_t i = from; i < len; i++) {
        unsigned char c = (unsigned char) buf[i];
        bool after_cr = i > 0 && buf[i - 1] == '\r';

        if (after_cr != (c == '\n'))
            return -1; /* a bare LF or a bare CR */
        if (c == '\n' && i >= 3 && buf[i - 2] == '\n')
            return (ssize_t) i + 1;
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return -1;
    }
    return 0;
}

ssize_t
http_parse(struct http_request *rq, const char *buf, size_t len,
           size_t last_len, const struct http_limits *limits)
{
    size_t line_end = limits->max_line + 2;
    size_t part = len < limits->max_head ? len : limits->max_head;
    ssize_t head;

    memset(rq, 0, offsetof(struct http_request, header));
    rq->status = 0;
    rq->reason = NULL;
    if (len == 0)
        return 0;
    if (last_len == 0 && !is_token_char((unsigned char) buf[0]))
        return fail(rq, 400, "not HTTP");
    if ((head = scan(buf, part, last_len)) == -1)
        return fail(rq, 400, "bad character in head");
    if (head == 0) {
        if (last_len < line_end && part >= line_end &&
            memchr(buf, '\n', line_end) == NULL)
            return fail(rq, 414, "request line too long");
        if (part == limits->max_head)
            return fail(rq, 431, "head too large");
        return 0;
    }
    if (parse_head(rq, (struct str){buf, (size_t) head}, limits) == -1)
        return -1;
    return head;
}

const struct str *
http_header_find(const struct http_request *rq, struct str name)
{
    for (unsigned i = 0; i < rq->header_count; i++) {
        if (str_equal_nocase(rq->header[i].name, name))
            return &rq->header[i].value;
    }
    return NULL;
}

bool
http_list_has(struct str list, struct str token)
{
    while (list.data != NULL) {
        if (str_equal_nocase(trim(split(&list, ',')), token))
            return true;
    }
    return false;
}

struct str
http_bearer(const struct http_request *rq)
{
    static const struct str scheme = STR_INIT("Bearer ");
    const struct str *h = http_header_find(rq, STR("authorization"));

    if (h == NULL || h->len <= scheme.len ||
        !str_equal_nocase((struct str){h->data, scheme.len}, scheme))
        return STR("");
    return (struct str){h->data + scheme.len, h->len - scheme.len};
}
