/*
 * The bare loop: a process that only reads and writes the bytes back, with
 * level-triggered epoll, one read and one write for each ready connection.
 * It does what no server can do without, so its figures are what the kernel
 * allows, and a server's ratio to them is what the server costs.
 *
 * With tables it is instead what a game of four cannot do without: its
 * connections sit at tables of four in the order in which they came, and what
 * one of them says makes one write to each of the three others, of BARE_NEWS
 * bytes.  The first byte of one of these is 1: he is next, as is the first
 * guest of a table when it is full.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <sys/types.h>

enum {
    BARE_SEATS = 4,
    BARE_NEWS = 360,   /* about what play's bots read at once */
    BARE_MOST = 60000, /* connections with tables */
};

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

/* The same with tables, not pinned. */
int bare_start_tables(struct bare *b);

void bare_stop(struct bare *b);

#endif
