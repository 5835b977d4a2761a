/*
 * The bare loop: a process that only reads and writes the bytes back, with
 * level-triggered epoll, one read and one write for each ready connection.
 * It does what no server can do without, so its figures are what the kernel
 * allows, and a server's ratio to them is what the server costs.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <sys/types.h>

struct bare {
    pid_t pid;
    char target[32]; /* HOST:PORT */
};

/*
 * Starts it on a free port of 127.0.0.1, pinned to `cpu` unless UINT_MAX.
 * With `corrupt` N > 0 it breaks one byte in each N-th write: for tests.
 * Returns 0, or -1 with a message.
 */
int bare_start(struct bare *b, unsigned cpu, unsigned corrupt);
void bare_stop(struct bare *b);

#endif
