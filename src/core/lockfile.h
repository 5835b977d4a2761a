/*
 * run/lock tells who is alive.  The process of slot s holds a lock on byte s
 * of the file; the kernel frees it at its death, however it died.  The bytes'
 * content is the pid as text, 16 bytes a slot, for messages only.
 *
 * Workers and store hold OFD locks, each on a file description of its own,
 * opened after fork.  The master holds a classic lock instead: F_GETLK tells
 * its pid, which no file's content could do for sure.  (A classic lock goes
 * when the process closes any descriptor of the file; so the master opens
 * the file once.)
 *
 * Behind the pids the master writes a line, "serving CONF" or "leaving CONF":
 * which conf file it runs with, and whether it is about to end.
 */
#ifndef CORE_LOCKFILE_H
#define CORE_LOCKFILE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * A descriptor of the file, made if need be, which only this user can open
 * from then on; -1 with errno: EPERM if it is another user's or has other
 * names.
 */
int lock_open(const char *path);

/* A descriptor to ask with, of a file that is there; -1 with errno. */
int lock_look(const char *path);

/* Takes the lock of a slot for this process.  0, or -1 with errno (EAGAIN: it
 * is held). */
int lock_take(int fd, unsigned slot);

/* Is the lock of the slot held by another process? */
bool lock_is_held(int fd, unsigned slot);

/* Some slot below `end` whose lock is held by another process, or -1. */
int lock_find_held(int fd, unsigned end);

/* Who holds it: exact for the master, by the content for others; 0 nobody. */
pid_t lock_pid(int fd, unsigned slot);

/* What the master says of itself. */
struct lock_master {
    pid_t pid; /* 0: there is none */
    bool is_leaving;
    char conf[PATH_MAX]; /* "" if that is not known */
};

/* The master's line; 0 or -1 with errno. */
int lock_describe(int fd, const char *conf, bool is_leaving);

void lock_find_master(int fd, struct lock_master *master);

#endif
