#include "core/logfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"

int
logfiles_get(struct logfiles *files, const char *path)
{
    struct logfile *file;
    int fd;

    for (unsigned i = 0; i < files->count; i++)
        if (strcmp(files->files[i].path, path) == 0) {
            files->files[i].used = true;
            return files->files[i].fd;
        }
    fd = log_open(path);
    if (fd < 0)
        return -1;
    files->files = mem_realloc(files->files,
                               (files->count + 1) * sizeof(*files->files));
    file = &files->files[files->count++];
    *file = (struct logfile){.path = mem_strdup(path),
                             .fd = fd,
                             .serial = ++files->serial,
                             .used = true};
    return fd;
}

void
logfiles_unmark(struct logfiles *files)
{
    for (unsigned i = 0; i < files->count; i++)
        files->files[i].used = false;
}

void
logfiles_sweep(struct logfiles *files)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < files->count; i++) {
        struct logfile *file = &files->files[i];

        if (file->used) {
            files->files[kept++] = *file;
            continue;
        }
        close(file->fd);
        mem_free(file->path);
    }
    files->count = kept;
}

int
logfiles_reopen(struct logfiles *files, unsigned i, struct log *log)
{
    struct logfile *file = &files->files[i];
    int fd = log_open(file->path);

    if (fd < 0 || dup3(fd, file->fd, O_CLOEXEC) < 0) {
        log_write(log, LOG_ERR, errno, "open() \"%s\" failed", file->path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

void
logfiles_deinit(struct logfiles *files)
{
    for (unsigned i = 0; i < files->count; i++) {
        close(files->files[i].fd);
        mem_free(files->files[i].path);
    }
    mem_free(files->files);
    *files = (struct logfiles){0};
}

void
terminal_release(void)
{
    /* each takes the number that was just given up: there is always room */
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        close(fd);
        (void) !open("/dev/null", O_RDWR);
    }
}
