/*
 * What worker and store process have in common: the channel to the master and
 * the signals, on the loop.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "event/loop.h"

struct channel_message;
struct env;
struct process;

struct child_process {
    struct loop *loop;
    struct process *self;
    struct source channel;
    struct source signals;
    /* STOP and QUIT, also as signals, and the rest that concerns the process
     * itself; logs are handled here. */
    void (*told)(struct child_process *child, const struct channel_message *m);
    /* The master is dead. */
    void (*orphaned)(struct child_process *child);
};

int child_process_init(struct child_process *child, struct loop *loop,
                       struct process *self,
                       void (*told)(struct child_process *,
                                    const struct channel_message *),
                       void (*orphaned)(struct child_process *));
void child_process_deinit(struct child_process *child);

/* Tells the master that the process serves. */
/*
 * How many files the process may still open for clients.  Those of the bus
 * are left out: a connection each way with the store and with the workers of
 * two generations; and a few for the logs.  So what clients take never cuts a
 * process off from the others.  -1 if not even they fit (logged).
 */
int child_process_spare_files(const struct process *self, struct log *log);

void child_process_ready(struct child_process *child, uint32_t generation);

/* The exit status of one that could not start with these environments. */
int child_process_failed(const struct process *self, const struct env *shared,
                         const struct env *store);

/*
 * Ends the process if LMDB serves it nothing more from one of the two: its
 * successor opens them anew.
 */
void child_process_check(const struct child_process *child,
                         const struct env *shared, const struct env *store);

#endif
