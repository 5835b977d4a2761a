/* The log: levels, escaping, the limit of what clients cause. */
#include "core/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static char file[] = "/tmp/sparrow-log-XXXXXX";
static struct log test_log;

/* What was written since the last call. */
static const char *
written(void)
{
    static char text[65536];
    static off_t at;
    int fd = open(file, O_RDONLY);
    ssize_t n = pread(fd, text, sizeof(text) - 1, at);

    close(fd);
    if (n < 0)
        n = 0;
    text[n] = '\0';
    at += n;
    return text;
}

static unsigned
lines(const char *text)
{
    unsigned n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static size_t
context(const void *object, char *buf, size_t size)
{
    return (size_t) snprintf(buf, size, ", client: %s", (const char *) object);
}

static void
test_escape(void)
{
    char out[64];

    is_str(log_escape(out, sizeof(out), "a\"b\\", 4), "a\\x22b\\x5C",
           "quotes and backslashes are escaped");
    is_str(log_escape(out, sizeof(out), "\x1b[1m\r\n\0z", 8),
           "\\x1B[1m\\x0D\\x0A\\x00z", "control bytes are escaped");
    is_str(log_escape(out, sizeof(out), "血战", 6), "血战",
           "UTF-8 stays as it is");
    is_str(log_escape(out, sizeof(out), "\xff\xfe\xc3(", 4),
           "\\xFF\\xFE\\xC3(", "what is no UTF-8 is escaped");
    is_str(log_escape(out, sizeof(out),
                      "\xc2\x9b"
                      "1m",
                      4),
           "\\xC2\\x9B1m", "so are the control characters above ASCII");
    is_str(log_escape(out, sizeof(out), "\xe8\xa1", 2), "\\xE8\\xA1",
           "and a character that is cut off");
    is_str(log_escape(out, 12, "0123456789abcdef", 16), "01234...",
           "what does not fit is cut");
}

static void
test_lines(void)
{
    const char *text;

    log_write(&test_log, LOG_DEBUG, 0, "not shown");
    is_str(written(), "", "a level that is off writes nothing");
    log_write(&test_log, LOG_ERR, 2, "open failed\n\x1b");
    text = written();
    ok(strstr(text, "[error] ") != NULL, "the level is in the line");
    ok(strstr(text, ": open failed\\x0A\\x1B (2: No such file or directory)"
                    "\n") != NULL,
       "the text is escaped, the error explained");
    is_int(lines(text), 1, "one line");
    log_about(&test_log, LOG_WARN, 0, context, "1.2.3.4", "slow");
    ok(strstr(written(), ": slow, client: 1.2.3.4\n") != NULL,
       "the context stands behind");
}

static void
test_limit(void)
{
    const char *text;

    for (int i = 0; i < 1000; i++)
        log_client(&test_log, context, "c", "kind %s", "one");
    /* the second may change once meanwhile */
    text = written();
    ok(lines(text) >= 10 && lines(text) <= 21,
       "at most ten lines of a kind in a second: %u", lines(text));
    log_client(&test_log, context, "c", "kind two");
    is_int(lines(written()), 1, "another kind has its own count");
    log_client_text(&test_log, context, "c", "a text with % in it");
    ok(strstr(written(), ": a text with % in it, client: c\n") != NULL,
       "a text is no format, and a kind of its own");
}

static void
fault(int err)
{
    log_rarely(&test_log, LOG_ERR, err, "fault at %s", "here");
}

static void
test_rarely(void)
{
    const char *text;

    for (int i = 0; i < 1000; i++)
        fault(5);
    ok(strstr(written(), ": fault at here (5: ") != NULL, "a fault is told");
    fault(5);
    is_int(lines(written()), 0, "and not again");
    fault(6);
    is_int(lines(written()), 1, "another errno is another kind");
    for (unsigned i = 0; i < LOG_KINDS; i++)
        test_log.kinds[i].second -= 60;
    fault(5);
    text = written();
    is_int(lines(text), 2, "a minute later it is told again");
    ok(strstr(text, ": 1000 more lines like \"fault at %s\" not shown") !=
           NULL,
       "and how often it came meanwhile");
}

int
main(void)
{
    int fd = mkstemp(file);

    test_log = (struct log){.slot = -1};
    log_add(&test_log, fd, LOG_INFO);
    test_escape();
    test_lines();
    test_limit();
    test_rarely();
    unlink(file);
    return tap_done();
}
