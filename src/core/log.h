/*
 * The error log: lines of
 *
 *     2026/11/22 21:15:34 [notice] 1234#2: text (2: No such file), context
 *
 * A line is put together whole and written with one write() to each target
 * whose level lets it through.  Control bytes never reach the file: whatever
 * came from a client is escaped in the finished line, so no caller can forget
 * it.  What clients cause is logged with log_client(): at info, each kind at
 * most ten times a second, then counted.  So is what other processes send, and
 * what a fault brings about as often as it likes is one line a minute.
 *
 * While the daemon starts, nobody looks into the file yet: what is logged at
 * crit and above goes to standard error as well.  And the first line of each
 * of these levels is kept, in memory that all processes share, as the reason
 * why a start or a reload fails.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
    LOG_EMERG,
    LOG_ALERT,
    LOG_CRIT,
    LOG_ERR,
    LOG_WARN,
    LOG_NOTICE,
    LOG_INFO,
    LOG_DEBUG
};

enum {
    LOG_TARGETS = 8,
    LOG_LINE_MAX = 2048,
    LOG_REASON_MAX = 512,
    LOG_KINDS = 128
};

struct log_reason {
    atomic_flag taken[LOG_CRIT + 1];
    char lines[LOG_CRIT + 1][LOG_REASON_MAX];
};

/* A kind is a format string; of a fault, together with its errno value. */
struct log_kind {
    const char *fmt;
    int err;
    int64_t second; /* of log_rarely(): of the last line */
    unsigned count;
};

/* A process has one; it stays where it is while anything may log. */
struct log {
    struct {
        int fd;
        enum log_level level;
    } targets[LOG_TARGETS];
    unsigned count;
    enum log_level level;      /* the most talkative target's */
    int slot;                  /* shown behind the pid; -1 shows 0 */
    struct log_reason *reason; /* of a start or reload; NULL: nobody asks */
    bool starting;             /* see the top */
    struct log_kind kinds[LOG_KINDS];
};

/*
 * Writes ", while ..., client: ..." for the object into buf and returns its
 * length, at most size.
 */
typedef size_t (*log_context)(const void *object, char *buf, size_t size);

/* A log that goes to standard error. */
void log_init(struct log *log, enum log_level level);

/* Adds a target; false when there are LOG_TARGETS already. */
bool log_add(struct log *log, int fd, enum log_level level);

/*
 * From here on lines at crit and above are kept as the reason of a failure;
 * what was kept before is forgotten.  Processes that are forked later keep
 * theirs for the same reader, until log_reason_end().  0, or -1 with errno.
 */
int log_reason_begin(struct log *log);
void log_reason_end(struct log *log);

/*
 * The likely reason: the first line at emerg, else at crit, else at alert,
 * where also stands what followed from it.  "" if there is none.
 */
const char *log_reason(const struct log *log);

static inline bool
log_is_on(const struct log *log, enum log_level level)
{
    return level <= log->level || (level <= LOG_CRIT && log->reason != NULL);
}

/* err is an errno value that is explained behind the text, or 0. */
void log_write(struct log *log, enum log_level level, int err, const char *fmt,
               ...) __attribute__((format(printf, 4, 5)));

/* The same with the context of an object appended. */
void log_about(struct log *log, enum log_level level, int err,
               log_context context, const void *object, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* What a client caused: see the top. `fmt` must be a literal. */
void log_client(struct log *log, log_context context, const void *object,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The same without a format: the static text itself is the kind. */
void log_client_text(struct log *log, log_context context, const void *object,
                     const char *text);

/* The same for what clients bring about and the operator must see. */
void log_limited(struct log *log, enum log_level level, int err,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * A fault that comes again and again: one line a minute for each fmt and err,
 * the first at once.  The next tells how many were left out.
 */
void log_rarely(struct log *log, enum log_level level, int err,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The level of "emerg" ... "debug"; -1 for another name. */
int log_level_parse(const char *name);

/*
 * Copies len bytes that nobody vouches for as printable text: control bytes
 * and quotes as \xHH, cut with "..." when it does not fit.  Always ends with
 * NUL; returns dst.
 */
char *log_escape(char *dst, size_t size, const void *src, size_t len);

/* Opens a log file for appending (0640, no link followed); -1 with errno. */
int log_open(const char *path);

#endif
