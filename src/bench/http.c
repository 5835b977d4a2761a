#include "bench/http.h"

#include <string.h>
#include <strings.h>

enum { BODY_MAX = 1 << 24 };

/* `line` with its end, if it is the header `name`: its value. */
static bool
header_is(const char *line, const char *end, const char *name,
          struct str *value)
{
    size_t len = strlen(name);

    if ((size_t) (end - line) <= len || line[len] != ':' ||
        strncasecmp(line, name, len) != 0)
        return false;
    line += len + 1;
    while (line < end && *line == ' ')
        line++;
    *value = (struct str){line, (size_t) (end - line)};
    return true;
}

static ssize_t
length_parse(struct str s)
{
    ssize_t n = 0;

    if (s.len == 0 || s.len > 9)
        return -1;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return -1;
        n = n * 10 + (s.data[i] - '0');
    }
    return n <= BODY_MAX ? n : -1;
}

/* Three digits; the buffer does not end in a zero byte. */
static int
status_parse(const char *p)
{
    int status = 0;

    for (int i = 0; i < 3; i++) {
        if (p[i] < '0' || p[i] > '9')
            return 0;
        status = status * 10 + p[i] - '0';
    }
    return status;
}

ssize_t
http_parse(struct http_answer *a, const char *p, size_t n)
{
    const char *head_end = memmem(p, n, "\r\n\r\n", 4);
    struct str value;
    ssize_t length = -1;

    if (n >= 9 && memcmp(p, "HTTP/1.1 ", 9) != 0)
        return -1;
    if (head_end == NULL)
        return 0;
    if (head_end - p < 12)
        return -1;
    a->status = status_parse(p + 9);
    a->last = false;
    const char *line = p;
    while (line < head_end) {
        const char *end = memmem(line, (size_t) (head_end + 2 - line), "\r\n",
                                 2);
        if (header_is(line, end, "Content-Length", &value))
            length = length_parse(value);
        else if (header_is(line, end, "Connection", &value))
            a->last = str_equal_nocase(value, STR("close"));
        line = end + 2;
    }
    if (length == -1)
        return -1;
    size_t all = (size_t) (head_end + 4 - p) + (size_t) length;
    if (n < all)
        return 0;
    a->body = (struct str){head_end + 4, (size_t) length};
    return (ssize_t) all;
}
