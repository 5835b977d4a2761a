#include "bench/scan.h"

#include <string.h>

static const char *
skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* p stands behind the opening quote; returns the closing one, or end. */
static const char *
string_end(const char *p, const char *end)
{
    for (; p < end && *p != '"'; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
    }
    return p;
}

/* Behind the value that begins at p. */
static const char *
value_end(const char *p, const char *end)
{
    unsigned depth = 0;

    for (; p < end; p++) {
        if (*p == '"') {
            p = string_end(p + 1, end);
            if (p == end)
                return end;
        } else if (*p == '{' || *p == '[') {
            depth++;
        } else if (*p == '}' || *p == ']') {
            if (depth-- == 0)
                return p;
        } else if (*p == ',' && depth == 0) {
            return p;
        }
    }
    return end;
}

static void
value_trim(struct str *v)
{
    while (v->len > 0 && strchr(" \t\r\n", v->data[v->len - 1]) != NULL)
        v->len--;
    if (v->len >= 2 && v->data[0] == '"') {
        v->data++;
        v->len -= 2;
    }
}

bool
scan_field(struct str json, const char *name, struct str *value)
{
    const char *end = json.data + json.len;
    const char *p = skip_space(json.data, end);
    size_t len = strlen(name);

    if (p == end || *p != '{')
        return false;
    for (;;) {
        p = skip_space(p + 1, end);
        if (p == end || *p != '"')
            return false;
        const char *key = p + 1;
        const char *close = string_end(key, end);
        if (close == end)
            return false;
        p = skip_space(close + 1, end);
        if (p == end || *p != ':')
            return false;
        p = skip_space(p + 1, end);
        const char *stop = value_end(p, end);
        if (stop == end)
            return false;
        if ((size_t) (close - key) == len && memcmp(key, name, len) == 0) {
            *value = (struct str){p, (size_t) (stop - p)};
            value_trim(value);
            return true;
        }
        if (*stop != ',')
            return false;
        p = stop;
    }
}

bool
scan_number(struct str json, const char *name, int64_t *value)
{
    struct str v;

    if (!scan_field(json, name, &v) || v.len == 0 || v.len > 18)
        return false;
    bool minus = v.data[0] == '-';
    int64_t n = 0;
    for (size_t i = minus ? 1 : 0; i < v.len; i++) {
        if (v.data[i] < '0' || v.data[i] > '9')
            return false;
        n = n * 10 + (v.data[i] - '0');
    }
    *value = minus ? -n : n;
    return true;
}
