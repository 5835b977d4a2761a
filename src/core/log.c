#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { CLIENT_LINES_PER_SECOND = 10, RARE_SECONDS = 60 };

static const char *const level_names[] = {"emerg", "alert",  "crit", "error",
                                          "warn",  "notice", "info", "debug"};

int
log_level_parse(const char *name)
{
    for (int i = 0; i <= LOG_DEBUG; i++)
        if (strcmp(name, level_names[i]) == 0)
            return i;
    return -1;
}

void
log_init(struct log *log, enum log_level level)
{
    *log = (struct log){.slot = -1};
    log_add(log, STDERR_FILENO, level);
}

bool
log_add(struct log *log, int fd, enum log_level level)
{
    if (log->count == LOG_TARGETS)
        return false;
    log->targets[log->count].fd = fd;
    log->targets[log->count].level = level;
    if (log->count == 0 || level > log->level)
        log->level = level;
    log->count++;
    return true;
}

int
log_open(const char *path)
{
    return open(path,
                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
                    O_NOCTTY,
                0640);
}

/*
 * How many bytes at p are one character that may stand in a log as it is; 0
 * for a control character and for what is no UTF-8.
 */
static size_t
printable(const unsigned char *p, size_t len)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (n == 1)
        return p[0] >= 0x20 && p[0] != 0x7f;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (p[0] == 0xc2 && p[1] < 0xa0)
        return 0; /* the other control characters */
    return n;
}

static size_t
put_hex(char *dst, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";

    dst[0] = '\\';
    dst[1] = 'x';
    dst[2] = hex[c >> 4];
    dst[3] = hex[c & 15];
    return 4;
}

char *
log_escape(char *dst, size_t size, const void *src, size_t len)
{
    const unsigned char *p = src;
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        size_t fine = printable(p + i, len - i);

        if (n + 8 > size) {
            n += (size_t) snprintf(dst + n, size - n, "...");
            return dst;
        }
        if (fine == 0 || p[i] == '"' || p[i] == '\\')
            n += put_hex(dst + n, p[i++]);
        else
            for (; fine > 0; fine--)
                dst[n++] = (char) p[i++];
    }
    dst[n] = '\0';
    return dst;
}

/* ---- why a start or a reload fails ---- */

int
log_reason_begin(struct log *log)
{
    if (log->reason == NULL) {
        void *p = mmap(NULL, sizeof(*log->reason), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
            return -1;
        log->reason = p;
    }
    memset(log->reason->lines, 0, sizeof(log->reason->lines));
    for (int level = LOG_EMERG; level <= LOG_CRIT; level++)
        atomic_flag_clear(&log->reason->taken[level]);
    return 0;
}

void
log_reason_end(struct log *log)
{
    if (log->reason != NULL)
        munmap(log->reason, sizeof(*log->reason));
    log->reason = NULL;
}

const char *
log_reason(const struct log *log)
{
    static const int order[] = {LOG_EMERG, LOG_CRIT, LOG_ALERT};
    const char *line = "";

    for (int i = 0; i < 3 && log->reason != NULL && line[0] == '\0'; i++)
        line = log->reason->lines[order[i]];
    return line;
}

static void
keep_reason(struct log *log, enum log_level level, const char *text,
            size_t len)
{
    char *line = log->reason->lines[level];

    if (atomic_flag_test_and_set(&log->reason->taken[level]))
        return;
    if (len >= LOG_REASON_MAX)
        len = LOG_REASON_MAX - 1;
    memcpy(line, text, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char) line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
}

/* ---- lines ---- */

/* The finished line to all targets that want it. */
static void
emit(struct log *log, enum log_level level, const char *text, size_t len)
{
    char line[LOG_LINE_MAX * 2];
    struct timespec now;
    bool on_terminal = false;
    struct tm tm;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    n = strftime(line, sizeof(line), "%Y/%m/%d %H:%M:%S ", &tm);
    n += (size_t) snprintf(line + n, sizeof(line) - n,
                           "[%s] %d#%d: ", level_names[level], (int) getpid(),
                           log->slot < 0 ? 0 : log->slot);
    for (size_t i = 0; i < len && n + 6 < sizeof(line);) {
        const unsigned char *p = (const unsigned char *) text + i;
        size_t fine = printable(p, len - i);

        if (fine == 0)
            n += put_hex(line + n, (unsigned char) text[i++]);
        for (; fine > 0; fine--)
            line[n++] = text[i++];
    }
    line[n++] = '\n';
    for (unsigned i = 0; i < log->count; i++) {
        if (level > log->targets[i].level)
            continue;
        (void) !write(log->targets[i].fd, line, n);
        if (log->targets[i].fd == STDERR_FILENO)
            on_terminal = true;
    }
    if (log->starting && level <= LOG_CRIT && !on_terminal)
        (void) !write(STDERR_FILENO, line, n);
}

static size_t
bounded(int n, size_t size)
{
    if (n < 0)
        return 0;
    return (size_t) n < size ? (size_t) n : size - 1;
}

__attribute__((format(printf, 6, 0))) static void
compose(struct log *log, enum log_level level, int err, log_context context,
        const void *object, const char *fmt, va_list ap)
{
    char text[LOG_LINE_MAX];
    size_t n = bounded(vsnprintf(text, sizeof(text), fmt, ap), sizeof(text));

    if (err != 0)
        n += bounded(snprintf(text + n, sizeof(text) - n, " (%d: %s)", err,
                              strerror(err)),
                     sizeof(text) - n);
    if (context != NULL)
        n += context(object, text + n, sizeof(text) - n);
    if (log->reason != NULL && level <= LOG_CRIT)
        keep_reason(log, level, text, n);
    emit(log, level, text, n);
}

void
log_write(struct log *log, enum log_level level, int err, const char *fmt, ...)
{
    va_list ap;

    if (!log_is_on(log, level))
        return;
    va_start(ap, fmt);
    compose(log, level, err, NULL, NULL, fmt, ap);
    va_end(ap);
}

void
log_about(struct log *log, enum log_level level, int err, log_context context,
          const void *object, const char *fmt, ...)
{
    va_list ap;

    if (!log_is_on(log, level))
        return;
    va_start(ap, fmt);
    compose(log, level, err, context, object, fmt, ap);
    va_end(ap);
}

/* The counter of a kind; those for which there is no room share one. */
static struct log_kind *
kind_of(struct log *log, const char *fmt, int err)
{
    size_t start = ((uintptr_t) fmt >> 3) % LOG_KINDS;

    for (size_t i = 0; i < LOG_KINDS; i++) {
        struct log_kind *kind = &log->kinds[(start + i) % LOG_KINDS];

        if (kind->fmt == NULL) {
            kind->fmt = fmt;
            kind->err = err;
        }
        if (kind->fmt == fmt && kind->err == err)
            return kind;
    }
    return &log->kinds[start];
}

/*
 * Whether one more line of this kind may be written, of `most` in `seconds`.
 */
static bool
kind_allows(struct log *log, enum log_level level, struct log_kind *kind,
            unsigned most, int64_t seconds)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (kind->count == 0 || now.tv_sec - kind->second >= seconds) {
        unsigned unsaid = kind->count > most ? kind->count - most : 0;

        kind->second = now.tv_sec;
        kind->count = 0;
        if (unsaid != 0)
            log_write(log, level, 0, "%u more lines like \"%s\" not shown",
                      unsaid, kind->fmt);
    }
    return ++kind->count <= most;
}

/* The same for what clients cause. */
static bool
client_allows(struct log *log, enum log_level level, const char *fmt)
{
    return log_is_on(log, level) &&
           kind_allows(log, level, kind_of(log, fmt, 0),
                       CLIENT_LINES_PER_SECOND, 1);
}

void
log_client(struct log *log, log_context context, const void *object,
           const char *fmt, ...)
{
    va_list ap;

    if (!client_allows(log, LOG_INFO, fmt))
        return;
    va_start(ap, fmt);
    compose(log, LOG_INFO, 0, context, object, fmt, ap);
    va_end(ap);
}

void
log_limited(struct log *log, enum log_level level, int err, const char *fmt,
            ...)
{
    va_list ap;

    if (!client_allows(log, level, fmt))
        return;
    va_start(ap, fmt);
    compose(log, level, err, NULL, NULL, fmt, ap);
    va_end(ap);
}

void
log_rarely(struct log *log, enum log_level level, int err, const char *fmt,
           ...)
{
    va_list ap;

    if (!log_is_on(log, level) ||
        !kind_allows(log, level, kind_of(log, fmt, err), 1, RARE_SECONDS))
        return;
    va_start(ap, fmt);
    compose(log, level, err, NULL, NULL, fmt, ap);
    va_end(ap);
}

void
log_client_text(struct log *log, log_context context, const void *object,
                const char *text)
{
    if (client_allows(log, LOG_INFO, text))
        log_about(log, LOG_INFO, 0, context, object, "%s", text);
}
