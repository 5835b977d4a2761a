/*
 * What the master holds for all its children, and their lives: the glue that
 * stands above every floor.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "config.h"
#include "core/logfiles.h"
#include "core/master.h"
#include "event/listener.h"
#include "event/tls.h"

struct daemon {
    struct config_source source;
    struct log *log;
    struct logfiles files;
    struct listen_group *groups;
    struct tls_tickets tickets;
    bool quiet; /* -q: warnings of the conf file are not shown */
};

extern const struct master_ops daemon_ops;

/* Shows the errors of a conf file in daemon->log; a conf_report. */
void daemon_report(void *daemon, bool is_error, const char *line);

/*
 * Opens the logs that the conf names, and logs there from now on.  0, or -1
 * (logged to where it was logged before).
 */
int daemon_open_logs(struct daemon *daemon, struct config *config);

/*
 * -t: loads certificates and keys, and looks whether this user could write
 * what has to be written and listen where it is listened.  Makes nothing.
 * 0, or -1 (logged).
 */
int daemon_check(struct daemon *daemon, struct config *config);

/* The lives of the children; worker.c, store_process.c. */
int worker_main(void *daemon, struct process *self, struct core_conf *core);
int store_main(void *daemon, struct process *self, struct core_conf *core);

#endif
