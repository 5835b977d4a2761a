/*
 * A folder for a test's files, removed at the end, and a log whose lines
 * the test can look at.
 */
#ifndef T_UNIT_SCRATCH_H
#define T_UNIT_SCRATCH_H

#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"

struct scratch {
    char path[256]; /* the folder */
    char text[65536];
    struct log log;
    int fd; /* of the log */
    pid_t owner;
};

__attribute__((unused)) static void
scratch_init(struct scratch *scratch)
{
    const char *tmp = getenv("TMPDIR");

    memset(scratch, 0, sizeof(*scratch));
    snprintf(scratch->path, sizeof(scratch->path), "%s/sparrow.XXXXXX",
             tmp ? tmp : "/tmp");
    if (mkdtemp(scratch->path) == NULL) {
        perror(scratch->path);
        exit(1);
    }
    scratch->owner = getpid();
    scratch->fd = memfd_create("log", 0);
    log_init(&scratch->log, LOG_DEBUG);
    scratch->log.targets[0].fd = scratch->fd;
}

__attribute__((unused)) static int
scratch_remove_entry(const char *path, const struct stat *st, int flag,
                     struct FTW *ftw)
{
    (void) st;
    (void) flag;
    (void) ftw;
    return remove(path);
}

__attribute__((unused)) static void
scratch_deinit(struct scratch *scratch)
{
    nftw(scratch->path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    close(scratch->fd);
}

/* Has the text been logged since the last scratch_forget()? */
__attribute__((unused)) static bool
scratch_said(struct scratch *scratch, const char *text)
{
    ssize_t n = pread(scratch->fd, scratch->text, sizeof(scratch->text) - 1,
                      0);

    scratch->text[n > 0 ? n : 0] = '\0';
    if (strstr(scratch->text, text) != NULL)
        return true;
    printf("# not \"%s\" in the log:\n# %s\n", text, scratch->text);
    return false;
}

__attribute__((unused)) static void
scratch_forget(struct scratch *scratch)
{
    if (ftruncate(scratch->fd, 0) != 0)
        perror("ftruncate");
    lseek(scratch->fd, 0, SEEK_SET);
}

/* A folder inside; the path is good until the next call. */
__attribute__((unused)) static const char *
scratch_folder(struct scratch *scratch, const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/%s", scratch->path, name);
    mkdir(path, 0700);
    return path;
}

/* Waits for a child; its exit status, or minus the signal. */
__attribute__((unused)) static int
scratch_wait(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid)
        return 255;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
