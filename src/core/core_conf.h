/*
 * The main context of the conf file: what the master needs to know.  The
 * configuration of the whole daemon begins with this struct.
 */
#ifndef CORE_CORE_CONF_H
#define CORE_CORE_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/conf.h"
#include "core/log.h"

struct logfiles;

struct core_conf {
    const char *user_name;  /* NULL: stay who we are */
    const char *group_name; /* NULL: the user's */
    uid_t uid;
    gid_t gid;
    bool switch_user; /* root, and there is a user */
    unsigned workers; /* worker_processes; 0: as many as processors */
    bool affinity_auto;
    unsigned rlimit_nofile; /* 0: as it is */
    uint64_t rlimit_core;
    const char *working_directory; /* NULL: none */
    bool daemon;
    bool master_process;
    const char *pid_path;
    const char *run_dir;
    const char *conf_path;        /* the conf file's own */
    uint64_t shutdown_timeout_ms; /* 0: not set */
    uint64_t memory_limit;        /* 0: none */
    struct {
        const char *path; /* NULL: standard error */
        enum log_level level;
    } error_logs[LOG_TARGETS];
    unsigned error_log_count;
};

extern const struct conf_context core_context;

/* The defaults, before the directives are applied. */
void core_conf_init(struct core_conf *core);

/*
 * After the directives: resolves the user, the paths, the number of workers.
 * `error_log` is the file for a conf without error_log.  0, or -1 (reported).
 */
int core_conf_finish(struct core_conf *core, struct conf *cf,
                     const char *error_log);

/*
 * Makes log write to what the conf names; the files are opened if they are
 * not yet.  0, or -1 (logged to the old targets, which stay).
 */
int core_conf_open_logs(const struct core_conf *core, struct logfiles *files,
                        struct log *log);

#endif
