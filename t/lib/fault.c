/*
 * Sick disks.  Loaded before a daemon, this reads from the file $FAULT, which
 * may be written at any time, what is to fail: int64_t each, in the order of
 * the enum below.  t/lib/Test/Sparrow/Fault.pm writes that file.  Spared is
 * the header that ends a transaction whose pages were written before the
 * fault: LMDB does nothing more after a failure of that, which is what
 * t/lib/meta.c is for.
 */
#include <errno.h>
#include <fcntl.h>
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
    SHARED_WRITE, /* the errno of writes to shared/data.mdb; 0: they work;
                     SPIN: none ends as long as that stands there */
    STORE_WRITE,  /* of those to data/data.mdb */
    LOG_WRITE,    /* of those to *.log */
    SHARED_SYNC,  /* of syncs of shared/data.mdb */
    STORE_SYNC,   /* of those of data/data.mdb */
    SHARED_SLOW,  /* so many ms does each sync of shared/data.mdb take ... */
    STORE_SLOW,   /* ... and of data/data.mdb */
    SHORT,        /* 1: those writes do not fail, they write the first half */
    SPARED,       /* writes to the first so many bytes of a file work, as
                   * where a full disk has room already */
    FAILED,       /* how many calls had a fault: written here */
    FIELDS
};

enum { SPIN = -1 };

static volatile int64_t *fault;

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
}

static void
count(void)
{
    __atomic_fetch_add((int64_t *) (uintptr_t) &fault[FAILED], 1,
                       __ATOMIC_RELAXED);
}

/* The path of an open file; no printf, as handlers of signals write, too. */
static bool
find_path(int fd, char *path, size_t size)
{
    static const char dir[] = "/proc/self/fd/";
    char link[64], *end = link + sizeof(link) - 1;
    ssize_t n;

    *end = '\0';
    do
        *--end = (char) ('0' + fd % 10);
    while ((fd /= 10) != 0);
    end -= sizeof(dir) - 1;
    memcpy(end, dir, sizeof(dir) - 1);
    n = readlink(end, path, size - 1);
    if (n < 0)
        return false;
    path[n] = '\0';
    return true;
}

static bool
ends_with(const char *path, const char *end)
{
    size_t len = strlen(path), n = strlen(end);

    return len >= n && strcmp(path + len - n, end) == 0;
}

/* Of the values the one for what fd is; of_log < 0: logs have none. */
static int64_t
value_of(int fd, int of_shared, int of_store, int of_log)
{
    char path[4096];

    if (fault == NULL || fd < 0)
        return 0;
    if (fault[of_shared] == 0 && fault[of_store] == 0 &&
        (of_log < 0 || fault[of_log] == 0))
        return 0;
    if (!find_path(fd, path, sizeof(path)))
        return 0;
    if (ends_with(path, "/shared/data.mdb"))
        return fault[of_shared];
    if (ends_with(path, "/data/data.mdb"))
        return fault[of_store];
    return of_log >= 0 && ends_with(path, ".log") ? fault[of_log] : 0;
}

/* at < 0: where the file stands, which is behind what is spared. */
static bool
is_faulty(int fd, off_t at)
{
    int saved = errno;
    int64_t err = value_of(fd, SHARED_WRITE, STORE_WRITE, LOG_WRITE);

    errno = saved;
    if (err == 0 || (at >= 0 && (at < HEADERS || at < fault[SPARED])))
        return false;
    count();
    while (err == SPIN &&
           value_of(fd, SHARED_WRITE, STORE_WRITE, LOG_WRITE) == SPIN)
        ;
    errno = (int) err;
    return err != SPIN;
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
    if (is_faulty(fd, at)) {
        if (!fault[SHORT])
            return -1;
        len /= 2;
    }
    return syscall(SYS_pwrite64, fd, p, len, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t len, off_t at)
{
    return pwrite(fd, p, len, at);
}

ssize_t
write(int fd, const void *p, size_t len)
{
    if (is_faulty(fd, -1)) {
        if (!fault[SHORT])
            return -1;
        len /= 2;
    }
    return syscall(SYS_write, fd, p, len);
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    if (is_faulty(fd, -1)) {
        if (!fault[SHORT])
            return -1;
        return syscall(SYS_write, fd, iov[0].iov_base, iov[0].iov_len / 2);
    }
    return syscall(SYS_writev, fd, iov, n);
}

static bool
sync_fails(int fd)
{
    int64_t ms = value_of(fd, SHARED_SLOW, STORE_SLOW, -1);
    int64_t err = value_of(fd, SHARED_SYNC, STORE_SYNC, -1);
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};

    if (ms == 0 && err == 0)
        return false;
    count();
    while (ms != 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    errno = (int) err;
    return err != 0;
}

int
fdatasync(int fd)
{
    return sync_fails(fd) ? -1 : (int) syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
    return sync_fails(fd) ? -1 : (int) syscall(SYS_fsync, fd);
}
