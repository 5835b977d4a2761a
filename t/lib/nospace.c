/*
 * A disk that is full for a while.  Loaded before a daemon, this refuses to
 * write pages of shared memory as long as there is a file $NOSPACE, and adds a
 * byte to the file $NOSPACE.refused each time.  The headers of an environment
 * are written where there is room already.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HEADERS = 2 * 4096 };

typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef ssize_t (*writev_fn)(int, const struct iovec *, int);

static bool
is_shared_memory(int fd)
{
    static const char end[] = "/run/shared/data.mdb";
    char link[64], path[PATH_MAX];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path));
    return n >= (ssize_t) sizeof(end) - 1 &&
           memcmp(path + n - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

static bool
is_refused(int fd)
{
    const char *name = getenv("NOSPACE");
    char path[PATH_MAX];
    int count;

    if (access(name, F_OK) != 0 || !is_shared_memory(fd))
        return false;
    snprintf(path, sizeof(path), "%s.refused", name);
    count = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (count >= 0 && write(count, ".", 1) < 0)
        abort();
    close(count);
    errno = ENOSPC;
    return true;
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (at >= HEADERS && is_refused(fd))
        return -1;
    return ((pwrite_fn) dlsym(RTLD_NEXT, "pwrite"))(fd, data, len, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off_t at)
{
    if (at >= HEADERS && is_refused(fd))
        return -1;
    return ((pwrite_fn) dlsym(RTLD_NEXT, "pwrite64"))(fd, data, len, at);
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    if (is_refused(fd))
        return -1;
    return ((writev_fn) dlsym(RTLD_NEXT, "writev"))(fd, iov, n);
}
