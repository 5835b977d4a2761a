/*
 * The log files that are open.  The master opens them, all processes inherit
 * them; the list only grows while the master lives, so that a file keeps its
 * descriptor number everywhere and a reopened one can be sent to a process
 * that may not open files itself: it puts it in the place of the number.
 */
#ifndef CORE_LOGFILES_H
#define CORE_LOGFILES_H

struct log;

struct logfile {
    char *path;
    int fd;
};

struct logfiles {
    struct logfile *files;
    unsigned count;
};

/* The descriptor of the file, opened if it is not yet; -1 with errno. */
int logfiles_get(struct logfiles *files, const char *path);

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
