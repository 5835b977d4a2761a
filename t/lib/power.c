/*
 * Power that is cut.  Loaded before a daemon, this adds to the file $POWER
 * each write to a file data.mdb, and each sync of it, once that is done: what
 * a disk may hold if the power goes now.  The id of the machine's boot is
 * what the file $POWER.boot holds.  t/lib/Test/Sparrow/Power.pm reads and
 * writes both.
 *
 * What is killed between a call and its record has answered nobody: its write
 * is one that did not reach the disk.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE, WRITE_SYNCED, SYNC };

struct record {
    uint64_t inode;
    uint64_t kind;
    uint64_t at, len; /* and so many bytes follow */
};

typedef int (*sync_fn)(int);
typedef FILE *(*fopen_fn)(const char *, const char *);
typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef ssize_t (*writev_fn)(int, const struct iovec *, int);

static int out = -1;

__attribute__((constructor)) static void
open_out(void)
{
    const char *path = getenv("POWER");

    if (path != NULL)
        out = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (out == -1)
        abort();
}

static bool
is_environment(int fd)
{
    static const char end[] = "/data.mdb";
    const size_t len = sizeof(end) - 1;
    char link[64], path[PATH_MAX];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path));
    return n >= (ssize_t) len && memcmp(path + n - len, end, len) == 0;
}

/* One write: records of several processes do not mix. */
static void
record(int fd, enum kind kind, off_t at, struct iovec *iov, int n, size_t len)
{
    struct record r = {.kind = kind, .at = (uint64_t) at, .len = len};
    int saved = errno;
    struct stat st;
    ssize_t done;

    if (fstat(fd, &st) != 0)
        abort();
    r.inode = st.st_ino;
    iov[0] = (struct iovec){&r, sizeof(r)};
    done = syscall(SYS_writev, out, iov, n);
    if (done != (ssize_t) (sizeof(r) + len))
        abort();
    errno = saved;
}

static enum kind
kind_of(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags & O_DSYNC ? WRITE_SYNCED : WRITE;
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
    ssize_t n = ((pwrite_fn) dlsym(RTLD_NEXT, "pwrite"))(fd, p, len, at);
    struct iovec iov[2];

    if (n <= 0 || !is_environment(fd))
        return n;
    iov[1] = (struct iovec){(void *) (uintptr_t) p, (size_t) n};
    record(fd, kind_of(fd), at, iov, 2, (size_t) n);
    return n;
}

ssize_t
pwrite64(int fd, const void *p, size_t len, off_t at)
{
    return pwrite(fd, p, len, at);
}

ssize_t
writev(int fd, const struct iovec *from, int count)
{
    ssize_t n = ((writev_fn) dlsym(RTLD_NEXT, "writev"))(fd, from, count);
    struct iovec iov[IOV_MAX + 1];
    size_t left = n > 0 ? (size_t) n : 0;
    int used = 1;

    if (left == 0 || !is_environment(fd))
        return n;
    for (int i = 0; left != 0; i++, used++) {
        iov[used] = from[i];
        if (iov[used].iov_len > left)
            iov[used].iov_len = left;
        left -= iov[used].iov_len;
    }
    record(fd, kind_of(fd), lseek(fd, 0, SEEK_CUR) - n, iov, used, (size_t) n);
    return n;
}

static int
sync_file(int fd, const char *name)
{
    struct iovec iov[1];

    if (((sync_fn) dlsym(RTLD_NEXT, name))(fd) != 0)
        return -1;
    if (is_environment(fd))
        record(fd, SYNC, 0, iov, 1, 0);
    return 0;
}

int
fdatasync(int fd)
{
    return sync_file(fd, "fdatasync");
}

int
fsync(int fd)
{
    return sync_file(fd, "fsync");
}

FILE *
fopen(const char *path, const char *mode)
{
    char boot[PATH_MAX];

    if (strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) {
        snprintf(boot, sizeof(boot), "%s.boot", getenv("POWER"));
        path = boot;
    }
    return ((fopen_fn) dlsym(RTLD_NEXT, "fopen"))(path, mode);
}

FILE *
fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}
