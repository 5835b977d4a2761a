#include "core/core_conf.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "auto_config.h"
#include "core/logfiles.h"
#include "core/slots.h"

static const char *
set_user(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct core_conf *core = obj;

    (void) cf;
    core->user_name = node->argv[1];
    core->group_name = node->argc > 2 ? node->argv[2] : NULL;
    return NULL;
}

static const char *
set_workers(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct core_conf *core = obj;
    uint64_t n;

    (void) cf;
    if (strcmp(node->argv[1], "auto") == 0) {
        core->workers = 0;
        return NULL;
    }
    /* A reload has two generations in the slots at once. */
    if (conf_parse_uint(node->argv[1], &n) != 0 || n < 1 ||
        n > SLOT_WORKERS / 4)
        return "must be \"auto\" or a number between 1 and 256";
    core->workers = (unsigned) n;
    return NULL;
}

static const char *
set_affinity(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct core_conf *core = obj;

    (void) cf;
    if (strcmp(node->argv[1], "auto") != 0 &&
        strcmp(node->argv[1], "off") != 0)
        return "must be \"auto\" or \"off\"";
    core->affinity_auto = strcmp(node->argv[1], "auto") == 0;
    return NULL;
}

static const char *
set_error_log(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct core_conf *core = obj;
    unsigned i = core->error_log_count;
    int level = LOG_ERR;

    if (i == LOG_TARGETS - 1)
        return "is given too many times";
    if (node->argc > 2) {
        level = log_level_parse(node->argv[2]);
        if (level < 0)
            return conf_reason(cf,
                               "has an unknown level \"%s\"; must be one of "
                               "debug, info, notice, warn, error, crit, "
                               "alert, emerg",
                               node->argv[2]);
    }
    if (conf_path_reason(node->argv[1]) != NULL)
        return conf_path_reason(node->argv[1]);
    core->error_logs[i].path = strcmp(node->argv[1], "stderr") == 0
                                   ? NULL
                                   : conf_path_prefix(cf, node->argv[1]);
    core->error_logs[i].level = (enum log_level) level;
    core->error_log_count++;
    return NULL;
}

static const struct conf_directive directives[] = {
    CONF_CUSTOM("user", set_user, 1, 2, 0),
    CONF_CUSTOM("worker_processes", set_workers, 1, 1, 0),
    CONF_CUSTOM("worker_cpu_affinity", set_affinity, 1, 1, 0),
    CONF_UINT("worker_rlimit_nofile", struct core_conf, rlimit_nofile, 64,
              1 << 30),
    CONF_SIZE("worker_rlimit_core", struct core_conf, rlimit_core, 0,
              CONF_GB(1024)),
    CONF_PATH("working_directory", struct core_conf, working_directory),
    CONF_FLAG("daemon", struct core_conf, daemon),
    CONF_FLAG("master_process", struct core_conf, master_process),
    CONF_PATH("pid", struct core_conf, pid_path),
    CONF_CUSTOM("error_log", set_error_log, 1, 2, CONF_MULTI),
    CONF_MSEC("worker_shutdown_timeout", struct core_conf, shutdown_timeout_ms,
              CONF_S(1), CONF_D(1)),
    CONF_SIZE("memory_limit", struct core_conf, memory_limit, CONF_MB(1),
              CONF_GB(1024)),
    CONF_END,
};

const struct conf_context core_context = {"main", directives};

void
core_conf_init(struct core_conf *core)
{
    *core = (struct core_conf){
        .workers = 1,
        .daemon = true,
        .master_process = true,
        .memory_limit = CONF_MB(512),
    };
}

static int
resolve_user(struct core_conf *core, struct conf *cf)
{
    const struct conf_node *node = conf_find(cf->root, "user");
    const struct passwd *pw;
    const struct group *gr;

    if (geteuid() != 0) {
        if (core->user_name != NULL)
            conf_warn(cf, node,
                      "\"user\" makes sense only if the master process runs "
                      "with super-user privileges, ignored");
        return 0;
    }
    if (core->user_name == NULL) {
        core->user_name = SPARROW_USER;
        core->group_name = SPARROW_GROUP[0] ? SPARROW_GROUP : NULL;
    }
    pw = getpwnam(core->user_name);
    if (pw == NULL)
        return conf_error(cf, node, "there is no user \"%s\"",
                          core->user_name);
    core->uid = pw->pw_uid;
    core->gid = pw->pw_gid;
    if (core->group_name != NULL) {
        gr = getgrnam(core->group_name);
        if (gr == NULL)
            return conf_error(cf, node, "there is no group \"%s\"",
                              core->group_name);
        core->gid = gr->gr_gid;
    }
    core->switch_user = core->uid != 0;
    if (!core->switch_user)
        conf_warn(cf, node, "the worker processes will run as root");
    return 0;
}

int
core_conf_finish(struct core_conf *core, struct conf *cf,
                 const char *error_log)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (core->workers == 0)
        core->workers = processors < 1     ? 1
                        : processors > 256 ? 256
                                           : (unsigned) processors;
    core->conf_path = cf->path;
    core->run_dir = conf_path_prefix(cf, SPARROW_RUN_PATH);
    if (core->pid_path == NULL)
        core->pid_path = conf_path_prefix(cf, SPARROW_PID_PATH);
    if (core->error_log_count == 0) {
        core->error_logs[0].path = conf_path_prefix(cf, error_log);
        core->error_logs[0].level = LOG_NOTICE;
        core->error_log_count = 1;
    }
    return resolve_user(core, cf);
}

int
core_conf_open_logs(const struct core_conf *core, struct logfiles *files,
                    struct log *log)
{
    struct log next = {
        .slot = log->slot, .reason = log->reason, .starting = log->starting};

    for (unsigned i = 0; i < core->error_log_count; i++) {
        const char *path = core->error_logs[i].path;
        int fd = path == NULL ? STDERR_FILENO : logfiles_get(files, path);

        if (fd < 0) {
            log_write(log, LOG_EMERG, errno, "open() \"%s\" failed", path);
            return -1;
        }
        log_add(&next, fd, core->error_logs[i].level);
    }
    *log = next;
    return 0;
}
