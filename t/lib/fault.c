/*
 * Sick disks.  Loaded before a daemon, this reads from the file $FAULT, which
 * may be written at any time, what is to fail: int64_t each, in the order of
 * the enum below.  The process that is started, the master, is spared: faults
 * are for those that it forks.  Spared is, too, the header that ends a
 * transaction whose pages were written before the fault: LMDB does nothing
 * more after a failure of that, which is what t/lib/meta.c is for.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HEADERS = 2 * 4096 };

enum {
    SHARED_WRITE, /* the errno of writes to shared/data.mdb; 0: they work */
    STORE_WRITE,  /* of those to data/data.mdb */
    SHARED_SYNC,  /* so many ms does each sync of shared/data.mdb take ... */
    STORE_SYNC,   /* ... and of data/data.mdb */
    FAILED,       /* how many calls had a fault: written here */
    FIELDS
};

static volatile int64_t *fault;
static bool is_child;

static void
forked(void)
{
    is_child = true;
}

/* Before main(), while the file may be opened by who starts. */
__attribute__((constructor)) static void
map(void)
{
    const char *path = getenv("FAULT");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *p;

    if (fd == -1)
        abort();
    p = mmap(NULL, FIELDS * sizeof(int64_t), PROT_READ | PROT_WRITE,
             MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        abort();
    fault = p;
    pthread_atfork(NULL, NULL, forked);
}

static void
count(void)
{
    __atomic_fetch_add((int64_t *) (uintptr_t) &fault[FAILED], 1,
                       __ATOMIC_RELAXED);
}

/* Of the two values the one for the environment whose data.mdb fd is. */
static int64_t
value_of(int fd, int of_shared, int of_store)
{
    static const char shared[] = "/shared/data.mdb";
    static const char store[] = "/data/data.mdb";
    char link[64], path[4096];
    const char digits[] = "0123456789";
    char *end = link + sizeof(link) - 1;
    ssize_t n;

    if (!is_child || (fault[of_shared] == 0 && fault[of_store] == 0))
        return 0;
    *end = '\0';
    do
        *--end = digits[fd % 10];
    while ((fd /= 10) != 0);
    end -= sizeof("/proc/self/fd/") - 1;
    memcpy(end, "/proc/self/fd/", sizeof("/proc/self/fd/") - 1);
    n = readlink(end, path, sizeof(path) - 1);
    if (n < 0)
        return 0;
    path[n] = '\0';
    if ((size_t) n >= sizeof(shared) &&
        strcmp(path + n - (sizeof(shared) - 1), shared) == 0)
        return fault[of_shared];
    if ((size_t) n >= sizeof(store) &&
        strcmp(path + n - (sizeof(store) - 1), store) == 0)
        return fault[of_store];
    return 0;
}

static bool
write_fails(int fd)
{
    int err = (int) value_of(fd, SHARED_WRITE, STORE_WRITE);

    if (err == 0)
        return false;
    count();
    errno = err;
    return true;
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
    return at >= HEADERS && write_fails(fd)
               ? -1
               : syscall(SYS_pwrite64, fd, p, len, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t len, off_t at)
{
    return pwrite(fd, p, len, at);
}

ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
    return write_fails(fd) ? -1 : syscall(SYS_pwritev, fd, iov, n, at, 0);
}

ssize_t
pwritev64(int fd, const struct iovec *iov, int n, off_t at)
{
    return pwritev(fd, iov, n, at);
}

ssize_t
write(int fd, const void *p, size_t len)
{
    return write_fails(fd) ? -1 : syscall(SYS_write, fd, p, len);
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    return write_fails(fd) ? -1 : syscall(SYS_writev, fd, iov, n);
}

static void
sync_slowly(int fd)
{
    int64_t ms = value_of(fd, SHARED_SYNC, STORE_SYNC);
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};

    if (ms == 0)
        return;
    count();
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

int
fdatasync(int fd)
{
    sync_slowly(fd);
    return (int) syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    sync_slowly(fd);
    return (int) syscall(SYS_fsync, fd);
}
