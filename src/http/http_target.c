/*
 * What stands in a request's target: the path and the query string.
 */
#include <string.h>

#include "core/arena.h"
#include "http/http_parse.h"

int
http_hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at *i, decoded, or -1 for a broken %; *i moves behind it. */
static int
next_byte(const char *p, size_t len, size_t *i)
{
    unsigned char c = (unsigned char) p[(*i)++];
    int high, low;

    if (c != '%')
        return c;
    if (len - *i < 2 || (high = http_hex_value((unsigned char) p[*i])) < 0 ||
        (low = http_hex_value((unsigned char) p[*i + 1])) < 0)
        return -1;
    *i += 2;
    return high << 4 | low;
}

/*
 * Ends the segment out[seg..w): "." vanishes, ".." takes the segment before
 * it along.  Returns where the next segment begins, or 0 above the root.
 */
static size_t
end_segment(char *out, size_t seg, size_t w, bool has_slash)
{
    size_t n = w - seg;

    if (n == 0 || (n == 1 && out[seg] == '.'))
        return seg;
    if (n == 2 && out[seg] == '.' && out[seg + 1] == '.') {
        if (seg == 1)
            return 0;
        for (seg--; out[seg - 1] != '/'; seg--)
            ;
        return seg;
    }
    if (has_slash)
        out[w++] = '/';
    return w;
}

ssize_t
http_path_normalize(char *out, const char *path, size_t len)
{
    size_t i = 1, seg = 1, w = 1;

    if (len == 0 || path[0] != '/')
        return -1;
    out[0] = '/';
    while (i < len) {
        int c = next_byte(path, len, &i);

        if (c < ' ' || c == 0x7f)
            return -1;
        if (c != '/') {
            out[w++] = (char) c;
            continue;
        }
        if ((seg = end_segment(out, seg, w, true)) == 0)
            return -1;
        w = seg;
    }
    if ((w = end_segment(out, seg, w, false)) == 0)
        return -1;
    return (ssize_t) w;
}

static bool
is_name(struct str raw, struct str name)
{
    size_t i = 0, n = 0;

    while (i < raw.len && n < name.len) {
        int c = next_byte(raw.data, raw.len, &i);

        if (c == '+' && raw.data[i - 1] == '+')
            c = ' ';
        if (c != (unsigned char) name.data[n++])
            return false;
    }
    return i == raw.len && n == name.len;
}

static int
decode_value(struct str raw, struct arena *arena, struct str *value)
{
    char *out = arena_alloc(arena, raw.len + 1);
    size_t i = 0, n = 0;

    while (i < raw.len) {
        bool plus = raw.data[i] == '+';
        int c = next_byte(raw.data, raw.len, &i);

        if (c <= 0)
            return -1;
        out[n++] = plus ? ' ' : (char) c;
    }
    out[n] = '\0';
    *value = (struct str){out, n};
    return 1;
}

int
http_query_get(struct str query, struct str name, struct arena *arena,
               struct str *value)
{
    const char *p = query.data, *end;

    if (query.len == 0)
        return 0;
    end = p + query.len;
    while (p < end) {
        const char *amp = memchr(p, '&', (size_t) (end - p));
        const char *stop = amp != NULL ? amp : end;
        const char *eq = memchr(p, '=', (size_t) (stop - p));
        const char *name_end = eq != NULL ? eq : stop;

        if (is_name((struct str){p, (size_t) (name_end - p)}, name)) {
            p = eq != NULL ? eq + 1 : stop;
            return decode_value((struct str){p, (size_t) (stop - p)}, arena,
                                value);
        }
        p = stop + 1;
    }
    return 0;
}
