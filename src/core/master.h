/*
 * The master process: it opens what needs rights, forks store and workers,
 * watches and restarts them, and turns signals into messages to them.  It
 * never touches a byte of a client and never writes LMDB.
 *
 * What the daemon is made of stands above this floor; the master gets it as
 * a table of functions.
 */
#ifndef CORE_MASTER_H
#define CORE_MASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/core_conf.h"
#include "core/logfiles.h"
#include "core/slots.h"

struct master;

/* What a process knows of itself; handed to it after fork. */
struct process {
    struct log *log;
    unsigned slot;
    unsigned index;          /* of its listening sockets; 0 for the store */
    unsigned workers;        /* the number of indexes */
    int channel;             /* to the master; -1 without one */
    int bus_fd;              /* its listening socket on the bus */
    int bus_dir;             /* the folder of all of them */
    int lock_fd;             /* holds the slot's lock */
    struct slot_page *pages; /* all of them */
    bool first_start;        /* store: of this life of the daemon */
    bool background;         /* holds the terminal until it serves */
};

struct master_ops {
    /* Reads the conf file; NULL when it is not good (reported). */
    struct core_conf *(*parse)(void *arg);
    /*
     * Opens what the configuration names: logs, listeners, keys.  `old` is
     * the present one (NULL at start), of which nothing is taken away, and
     * pages are those of its processes.  0, or -1 (logged).
     */
    int (*open)(void *arg, struct core_conf *conf, const struct core_conf *old,
                const struct slot_page *pages);
    /*
     * Frees one; `next` is the one that is used instead, NULL at the end.
     * What next does not need is closed.
     */
    void (*unload)(void *arg, struct core_conf *conf,
                   const struct core_conf *next);
    /* The lives of the children: return the exit status. */
    int (*worker)(void *arg, struct process *self, struct core_conf *conf);
    int (*store)(void *arg, struct process *self, struct core_conf *conf);
    /* The folder of an environment, SLOT_ENV_. */
    const char *(*env_path)(const struct core_conf *conf, unsigned env);
    /* Puts shared memory out of the way: it makes processes fault. */
    int (*set_aside)(void *arg, struct core_conf *conf);
};

/*
 * Runs the daemon with a conf that is parsed, until it is told to stop.
 * `files` are the open log files.  Returns the exit status; with `daemon on`
 * in the process that was started, once the daemon serves.
 */
int master_run(const struct master_ops *ops, void *arg, struct core_conf *conf,
               struct logfiles *files, struct log *log);

/*
 * `-s`: sends a signal ("stop", "quit", "reopen", "reload") to the daemon
 * that holds the lock in run_dir, if it runs with the conf file at `conf`;
 * waits for the verdict of a reload.  Returns the exit status.
 */
int master_signal(const char *run_dir, const char *conf, const char *name,
                  struct log *log);

#endif
