/*
 * Little memory.  Loaded before a daemon without sanitizers (those take malloc
 * for themselves), this lets one in so many allocations fail, at random, in
 * the processes that the master forks.  The file $MEMORY, which may be written
 * at any time, holds two int64_t: that number, 0 for none, and how many have
 * failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ONE_IN, FAILED, FIELDS };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static volatile int64_t *memory;
static bool is_child;
static uint64_t seed;

static void
forked(void)
{
    is_child = true;
    seed = 0x9e3779b97f4a7c15 * (uint64_t) getpid();
}

/* Before main(), while the file may be opened by who starts. */
__attribute__((constructor)) static void
map(void)
{
    const char *path = getenv("MEMORY");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *p;

    if (fd == -1)
        abort();
    p = mmap(NULL, FIELDS * sizeof(int64_t), PROT_READ | PROT_WRITE,
             MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        abort();
    memory = p;
    pthread_atfork(NULL, NULL, forked);
}

static bool
fails(void)
{
    if (!is_child || memory[ONE_IN] == 0)
        return false;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    if (seed % (uint64_t) memory[ONE_IN] != 0)
        return false;
    memory[FAILED]++;
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
    return fails() ? NULL : __libc_realloc(p, size);
}
