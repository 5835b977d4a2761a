/* The command line. */
#include "auto_config.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/title.h"
#include "daemon.h"
#include "event/tls.h"
#include "game/json.h"

struct options {
    bool test;
    bool dump;
    bool quiet;
    bool version;
    bool configure;
    bool help;
    const char *conf;
    const char *prefix;
    const char *globals;
    const char *error_log;
    const char *signal;
};

static void
usage(FILE *to)
{
    fprintf(to,
            "sparrow version: sparrow/%s\n"
            "Usage: sparrow [-?hvVtTq] [-s signal] [-p prefix]\n"
            "               [-e filename] [-c filename] [-g directives]\n\n"
            "Options:\n"
            "  -?,-h,--help  : this help\n"
            "  -v,--version  : show version and exit\n"
            "  -V            : show version and configure options then exit\n"
            "  -t            : test configuration and exit\n"
            "  -T            : test configuration, dump it and exit\n"
            "  -q            : suppress non-error messages during "
            "configuration testing\n"
            "  -s signal     : send signal to the daemon: stop, quit, reopen, "
            "reload\n"
            "  -p prefix     : set prefix path (default: %s)\n"
            "  -e filename   : set error log file (default: %s)\n"
            "  -c filename   : set configuration file (default: %s)\n"
            "  -g directives : set global directives out of configuration "
            "file\n",
            SPARROW_VERSION, SPARROW_PREFIX, SPARROW_ERROR_LOG_PATH,
            SPARROW_CONF_PATH);
}

static bool
is_signal(const char *name)
{
    return !strcmp(name, "stop") || !strcmp(name, "quit") ||
           !strcmp(name, "reopen") || !strcmp(name, "reload");
}

/* 0, or -1 with a line on standard error. */
static int
parse_options(struct options *o, int argc, char **argv)
{
    static const struct option words[] = {{"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "?hvVtTqs:p:e:c:g:", words, NULL)) !=
           -1) {
        switch (c) {
        case 'h':
            o->help = true;
            break;
        case 'v':
            o->version = true;
            break;
        case 'V':
            o->version = o->configure = true;
            break;
        case 't':
            o->test = true;
            break;
        case 'T':
            o->test = o->dump = true;
            break;
        case 'q':
            o->quiet = true;
            break;
        case 's':
            o->signal = optarg;
            break;
        case 'p':
            o->prefix = optarg;
            break;
        case 'e':
            o->error_log = optarg;
            break;
        case 'c':
            o->conf = optarg;
            break;
        case 'g':
            o->globals = optarg;
            break;
        default:
            if (strcmp(argv[optind - 1], "-?") == 0) {
                o->help = true;
                break;
            }
            if (optopt == 0 || strncmp(argv[optind - 1], "--", 2) == 0) {
                fprintf(stderr, "sparrow: invalid option: \"%s\"\n",
                        argv[optind - 1]);
                return -1;
            }
            fprintf(stderr,
                    strchr("specg", optopt)
                        ? "sparrow: option \"-%c\" requires a value\n"
                        : "sparrow: invalid option: \"-%c\"\n",
                    optopt);
            return -1;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "sparrow: invalid argument: \"%s\"\n", argv[optind]);
        return -1;
    }
    if (o->signal != NULL && !is_signal(o->signal)) {
        fprintf(stderr, "sparrow: invalid option: \"-s %s\"\n", o->signal);
        return -1;
    }
    return 0;
}

/* The prefix, absolute, with a slash at its end. */
static char *
make_prefix(const char *given)
{
    char path[2 * PATH_MAX + 2], cwd[PATH_MAX];

    if (given == NULL)
        given = SPARROW_PREFIX;
    if (given[0] != '/' && getcwd(cwd, sizeof(cwd)) != NULL)
        snprintf(path, sizeof(path) - 1, "%s/%s", cwd, given);
    else
        snprintf(path, sizeof(path) - 1, "%s", given); /* room for a slash */
    if (path[0] != '\0' && path[strlen(path) - 1] != '/')
        strcat(path, "/");
    return mem_strdup(path);
}

static char *
make_path(const char *prefix, const char *given)
{
    char path[2 * PATH_MAX];

    snprintf(path, sizeof(path), "%s%s", given[0] == '/' ? "" : prefix, given);
    return mem_strdup(path);
}

static int
test(struct daemon *daemon, const struct options *o)
{
    struct config *config = config_load(&daemon->source, daemon_report,
                                        daemon);

    if (config == NULL || daemon_check(daemon, config) != 0) {
        fprintf(stderr, "sparrow: configuration file %s test failed\n",
                daemon->source.path);
        config_destroy(config);
        return 1;
    }
    if (!o->quiet)
        fprintf(stderr, "sparrow: configuration file %s test is successful\n",
                daemon->source.path);
    if (o->dump)
        conf_dump(config->cf, stdout);
    config_destroy(config);
    return 0;
}

/* Only a reload needs a conf that is good: it is looked at before. */
static int
send_signal(struct daemon *daemon, const char *name)
{
    const struct config_source *source = &daemon->source;
    char *run_dir;
    int status;

    if (strcmp(name, "reload") == 0) {
        struct config *config;

        /* warnings are said by the daemon, when it takes the conf */
        daemon->quiet = true;
        config = config_load(source, daemon_report, daemon);
        if (config == NULL)
            return 1;
        config_destroy(config);
    }
    run_dir = make_path(source->prefix, SPARROW_RUN_PATH);
    status = master_signal(run_dir, source->path, name, daemon->log);
    mem_free(run_dir);
    return status;
}

/* Why there is no conf goes to the log that there is without a conf, too. */
static void
tell_default_log(const struct daemon *daemon)
{
    const struct config_source *source = &daemon->source;
    char *path = make_path(source->prefix, source->error_log);
    struct log log = {.slot = -1};
    int fd = log_open(path);

    if (fd >= 0) {
        log_add(&log, fd, LOG_EMERG);
        log_write(&log, LOG_EMERG, 0, "%s", log_reason(daemon->log));
        close(fd);
    }
    mem_free(path);
}

static int
start(struct daemon *daemon)
{
    struct log *log = daemon->log;
    struct config *config;
    int status = 1;

    umask(0022); /* the modes of folders and files are said, not asked for */
    if (log_reason_begin(log) != 0) {
        log_write(log, LOG_EMERG, errno, "mmap() failed");
        return 1;
    }
    log->starting = true;
    config = config_load(&daemon->source, daemon_report, daemon);
    if (config == NULL)
        tell_default_log(daemon);
    else if (daemon_open_logs(daemon, config) != 0)
        config_destroy(config);
    else
        status = master_run(&daemon_ops, daemon, &config->core, &daemon->files,
                            log);
    log_reason_end(log);
    return status;
}

static int
run(struct daemon *daemon, const struct options *o)
{
    if (o->test)
        return test(daemon, o);
    if (o->signal != NULL)
        return send_signal(daemon, o->signal);
    return start(daemon);
}

int
main(int argc, char **argv)
{
    struct options o = {0};
    struct log log;
    struct daemon daemon = {.log = &log};
    char *prefix, *conf;
    int status;

    title_init(argc, argv);
    if (parse_options(&o, argc, argv) != 0)
        return 1;
    if (o.help) {
        usage(stdout);
        return 0;
    }
    if (o.version) {
        fprintf(stderr, "sparrow version: sparrow/%s\n", SPARROW_VERSION);
        if (o.configure)
            fprintf(stderr, "built by %s\nconfigure arguments: %s\n",
                    SPARROW_COMPILER, SPARROW_CONFIGURE);
        return 0;
    }
    log_init(&log, o.quiet ? LOG_ERR : LOG_NOTICE);
    tls_use_memory();
    json_init();
    prefix = make_prefix(o.prefix);
    conf = make_path(prefix, o.conf ? o.conf : SPARROW_CONF_PATH);
    daemon.quiet = o.quiet;
    daemon.source = (struct config_source){
        .path = conf,
        .prefix = prefix,
        .globals = o.globals,
        .error_log = o.error_log ? o.error_log : SPARROW_ERROR_LOG_PATH,
    };
    status = run(&daemon, &o);
    logfiles_deinit(&daemon.files);
    mem_free(prefix);
    mem_free(conf);
    return status;
}
