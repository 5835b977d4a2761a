/*
 * The log files that are open.  The master opens them, all processes inherit
 * them, each under the same descriptor number.  So a file that was opened anew
 * can be sent to a process that may not open files itself: it puts it in the
 * place of the number.  The number of a file that is closed may come back for
 * another one; a process has inherited those whose serial is not above what
 * files->serial was at its fork.
 */
#ifndef CORE_LOGFILES_H
#define CORE_LOGFILES_H

#include <stdbool.h>

struct log;

struct logfile {
    char *path;
    int fd;
    unsigned serial;
    bool used;
};

struct logfiles {
    struct logfile *files;
    unsigned count;
    unsigned serial; /* of the last one that was opened */
};

/*
 * The descriptor of the file, opened if it is not yet, and marked as used;
 * -1 with errno.
 */
int logfiles_get(struct logfiles *files, const char *path);

/* Takes the marks away; closes what was not marked since. */
void logfiles_unmark(struct logfiles *files);
void logfiles_sweep(struct logfiles *files);

/*
 * Opens file i anew and puts it in the place of the old one.  0, or -1
 * (logged; the old one stays).
 */
int logfiles_reopen(struct logfiles *files, unsigned i, struct log *log);

void logfiles_deinit(struct logfiles *files);

/*
 * A daemon serves: whoever started it gets the terminal, or the pipe, back.
 * What is still written to the standard streams goes nowhere.
 */
void terminal_release(void);

#endif
