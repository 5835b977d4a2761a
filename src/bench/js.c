#include "bench/js.h"

#include <inttypes.h>
#include <math.h>

static void
quoted(FILE *out, const char *s)
{
    putc('"', out);
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            putc('\\', out);
        if ((unsigned char) *s < 0x20)
            fprintf(out, "\\u%04x", (unsigned) *s);
        else
            putc(*s, out);
    }
    putc('"', out);
}

static void
before(struct js *js, const char *name)
{
    if (js->comma)
        putc(',', js->out);
    js->comma = true;
    if (name != NULL) {
        quoted(js->out, name);
        putc(':', js->out);
    }
}

void
js_open(struct js *js, const char *name, char bracket)
{
    before(js, name);
    putc(bracket, js->out);
    js->comma = false;
}

void
js_close(struct js *js, char bracket)
{
    putc(bracket, js->out);
    js->comma = true;
}

void
js_text(struct js *js, const char *name, const char *value)
{
    before(js, name);
    quoted(js->out, value);
}

void
js_number(struct js *js, const char *name, double value)
{
    before(js, name);
    if (isfinite(value))
        fprintf(js->out, "%.6g", value);
    else
        fputs("null", js->out);
}

void
js_count(struct js *js, const char *name, uint64_t value)
{
    before(js, name);
    fprintf(js->out, "%" PRIu64, value);
}

void
js_bool(struct js *js, const char *name, bool value)
{
    before(js, name);
    fputs(value ? "true" : "false", js->out);
}
