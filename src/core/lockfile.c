#include "core/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/slots.h"

enum { PID_TEXT = 16, LINE_AT = SLOT_COUNT * PID_TEXT, STATE = 8 };

/* Who can open the file can hold locks of it; so nobody else may. */
static int
make_private(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1) {
        errno = EPERM;
        return -1;
    }
    return fchmod(fd, 0600);
}

int
lock_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int err;

    if (fd < 0 || make_private(fd) == 0)
        return fd;
    err = errno;
    close(fd);
    errno = err;
    return -1;
}

int
lock_look(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static struct flock
range(unsigned slot, unsigned count)
{
    return (struct flock){.l_type = F_WRLCK,
                          .l_whence = SEEK_SET,
                          .l_start = slot,
                          .l_len = count};
}

int
lock_take(int fd, unsigned slot)
{
    struct flock fl = range(slot, 1);
    char text[PID_TEXT + 1];

    if (fcntl(fd, slot == SLOT_MASTER ? F_SETLK : F_OFD_SETLK, &fl) != 0) {
        if (errno == EACCES)
            errno = EAGAIN;
        return -1;
    }
    snprintf(text, sizeof(text), "%15d\n", (int) getpid());
    return pwrite(fd, text, PID_TEXT, (off_t) slot * PID_TEXT) == PID_TEXT
               ? 0
               : -1;
}

int
lock_find_held(int fd, unsigned end)
{
    struct flock fl = range(0, end);

    if (fcntl(fd, F_OFD_GETLK, &fl) != 0 || fl.l_type == F_UNLCK)
        return -1;
    return (int) fl.l_start;
}

bool
lock_is_held(int fd, unsigned slot)
{
    struct flock fl = range(slot, 1);

    return fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}

pid_t
lock_pid(int fd, unsigned slot)
{
    struct flock fl = range(slot, 1);
    char text[PID_TEXT + 1] = "";

    if (fcntl(fd, F_GETLK, &fl) != 0 || fl.l_type == F_UNLCK)
        return 0;
    if (fl.l_pid > 0)
        return fl.l_pid;
    if (pread(fd, text, PID_TEXT, (off_t) slot * PID_TEXT) <= 0)
        return 0;
    return (pid_t) strtol(text, NULL, 10);
}

int
lock_describe(int fd, const char *conf, bool is_leaving)
{
    char line[STATE + PATH_MAX + 2];
    int n = snprintf(line, sizeof(line), "%s %s\n",
                     is_leaving ? "leaving" : "serving", conf);

    return pwrite(fd, line, (size_t) n, LINE_AT) == n ? 0 : -1;
}

void
lock_find_master(int fd, struct lock_master *master)
{
    char line[STATE + PATH_MAX + 2];
    ssize_t n = pread(fd, line, sizeof(line) - 1, LINE_AT);

    *master = (struct lock_master){.pid = lock_pid(fd, SLOT_MASTER)};
    if (n <= STATE)
        return;
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    master->is_leaving = strncmp(line, "leaving ", STATE) == 0;
    snprintf(master->conf, sizeof(master->conf), "%.*s", PATH_MAX - 1,
             line + STATE);
}
