/*
 * Numbers, sizes and times as text.  Whatever is too large for 64 bits
 * comes out as UINT64_MAX, which no directive allows, so that the caller's
 * check of bounds is the only one.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/conf.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* The largest first: the parts of a time come in this order. */
static const struct unit times[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};
static const struct unit sizes[] = {
    {"g", 1 << 30}, {"m", 1 << 20}, {"k", 1 << 10}, {"", 1}};

enum { TIMES = sizeof(times) / sizeof(times[0]) };
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static uint64_t
add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t
mul(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* Reads the digits at *p, at least one, and moves it behind them. */
static int
digits(const char **p, uint64_t *value)
{
    const char *start = *p;

    for (*value = 0; **p >= '0' && **p <= '9'; (*p)++)
        *value = add(mul(*value, 10), (uint64_t) (**p - '0'));
    return *p == start ? -1 : 0;
}

int
conf_parse_uint(const char *text, uint64_t *value)
{
    return digits(&text, value) < 0 || *text != '\0' ? -1 : 0;
}

int
conf_parse_size(const char *text, uint64_t *value)
{
    if (digits(&text, value) < 0)
        return -1;
    for (unsigned i = 0; i < SIZES; i++) {
        if (strcasecmp(text, sizes[i].name) == 0) {
            *value = mul(*value, sizes[i].factor);
            return 0;
        }
    }
    return -1;
}

/* The unit at text, not before `from` in the table; TIMES if there is none. */
static unsigned
find_time(const char *text, size_t len, unsigned from)
{
    while (from < TIMES && (strlen(times[from].name) != len ||
                            memcmp(times[from].name, text, len) != 0))
        from++;
    return from;
}

int
conf_parse_msec(const char *text, uint64_t *value)
{
    unsigned unit = 0;
    uint64_t part;

    if (conf_parse_uint(text, value) == 0) {
        *value = mul(*value, 1000);
        return 0;
    }
    *value = 0;
    do {
        size_t len;

        if (digits(&text, &part) < 0)
            return -1;
        len = strspn(text, "dhms");
        unit = find_time(text, len, unit);
        if (unit == TIMES)
            return -1;
        *value = add(*value, mul(part, times[unit++].factor));
        text += len;
    } while (*text != '\0');
    return 0;
}

/* The largest unit that divides the value without a rest. */
static void
format(char out[CONF_NUMBER_TEXT], uint64_t value, const struct unit *unit)
{
    while (value % unit->factor != 0)
        unit++;
    snprintf(out, CONF_NUMBER_TEXT, "%" PRIu64 "%s", value / unit->factor,
             value == 0 ? "" : unit->name);
}

void
conf_format_size(char out[CONF_NUMBER_TEXT], uint64_t value)
{
    format(out, value, sizes);
}

void
conf_format_msec(char out[CONF_NUMBER_TEXT], uint64_t value)
{
    format(out, value, times);
}
