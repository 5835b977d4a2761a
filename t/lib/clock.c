/*
 * Moves the clocks of a daemon.  Loaded before it, this adds to the wall
 * clock and to the time since boot what the file $CLOCK holds: two int64_t of
 * milliseconds, in that order, which may be written at any time.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WALL, BOOT, CLOCKS };

static const volatile int64_t *moved_ms;

/*
 * Before main(), while the file may be read by who starts; forks inherit it.
 */
__attribute__((constructor)) static void
map(void)
{
    const char *path = getenv("CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *p;

    if (fd == -1)
        abort();
    p = mmap(NULL, CLOCKS * sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        abort();
    moved_ms = p;
}

static void
add(struct timespec *ts, int64_t ms)
{
    int64_t ns = ts->tv_nsec + ms % 1000 * 1000000;

    ts->tv_sec += ms / 1000 + ns / 1000000000 - (ns < 0);
    ts->tv_nsec = ns % 1000000000 + (ns < 0 ? 1000000000 : 0);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int rc = (int) syscall(SYS_clock_gettime, id, ts);

    if (rc != 0 || moved_ms == NULL)
        return rc;
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
        add(ts, moved_ms[WALL]);
    else if (id == CLOCK_BOOTTIME)
        add(ts, moved_ms[BOOT]);
    return 0;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts;

    (void) zone;
    if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
        return -1;
    *tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
    return 0;
}

time_t
time(time_t *out)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
        return -1;
    if (out != NULL)
        *out = ts.tv_sec;
    return ts.tv_sec;
}
