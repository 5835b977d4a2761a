#include "core/master.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/channel.h"
#include "core/children.h"
#include "core/clock.h"
#include "core/folders.h"
#include "core/lockfile.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/title.h"

enum {
    LOCK_WAIT_MS = 10000,  /* for the processes of a master that died */
    STOP_WAIT_MS = 5000,   /* a fast stop of the workers */
    QUIT_WAIT_MS = 10000,  /* worker_shutdown_timeout of a graceful stop */
    QUIT_SPARE_MS = 2000,  /* for what a worker does after that */
    STORE_WAIT_MS = 30000, /* to sync what it has */
    START_WAIT_MS = 30000, /* until each worker serves */
    POLL_MS = 200,
    RENEW_MS = 60000,   /* between two starts with new shared memory */
    VERDICT_MS = 60000, /* `-s reload` waits */
    VERDICT_TEXT = 64 + LOG_REASON_MAX,
};

enum phase {
    PHASE_STORE, /* the store starts alone */
    PHASE_START, /* the workers start */
    PHASE_RUN,
    PHASE_WORKERS, /* the workers stop */
    PHASE_LAST,    /* the store stops; then all end, or start anew */
};

struct master {
    struct children children;
    struct log *log;
    struct core_conf *conf;
    enum phase phase;
    int lock_fd;
    int signal_fd;
    int verdict_fd;
    int64_t begun_ms;
    int64_t start_until_ms; /* PHASE_START fails then */
    bool reload_wanted;
    bool reloading;     /* the new workers are starting, the old still serve */
    bool reload_failed; /* one of them died before it was ready */
    int64_t renewed_ms; /* 0: never */
    bool renewing;      /* once all have stopped they start anew */
    bool failed;
    bool shared_is_suspect;
    unsigned verdicts;
};

static int64_t
now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* ---- the verdict of a reload, for `-s reload` ---- */

static void
verdict_path(char path[PATH_MAX], const char *run_dir)
{
    snprintf(path, PATH_MAX, "%s/reload", run_dir);
}

/*
 * Before there is anything to tell: the whole file is written, so that the
 * verdicts, which are written in place, take no room on a disk that is full.
 */
static int
verdict_open(struct master *m)
{
    char path[PATH_MAX], blank[VERDICT_TEXT];

    verdict_path(path, m->conf->run_dir);
    memset(blank, ' ', sizeof(blank));
    blank[0] = '\n';
    m->verdict_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                         0644);
    if (m->verdict_fd >= 0 &&
        pwrite(m->verdict_fd, blank, sizeof(blank), 0) == sizeof(blank))
        return 0;
    log_write(m->log, LOG_EMERG, errno, "writing \"%s\" failed", path);
    return -1;
}

/* why: NULL for a good one */
static void
verdict_write(struct master *m, const char *why)
{
    char text[VERDICT_TEXT];
    struct stat st;
    int n = snprintf(text, sizeof(text), "%d %u %s%s\n", (int) getpid(),
                     ++m->verdicts, why != NULL ? "failed " : "ok",
                     why != NULL ? why : "");

    if (n >= VERDICT_TEXT)
        n = VERDICT_TEXT - 1;
    if (fstat(m->verdict_fd, &st) == 0 && st.st_nlink == 0) {
        close(m->verdict_fd); /* somebody has removed the file */
        verdict_open(m);
    }
    if (pwrite(m->verdict_fd, text, (size_t) n, 0) != n)
        log_write(m->log, LOG_EMERG, errno, "writing \"%s/reload\" failed",
                  m->conf->run_dir);
    log_reason_end(m->log);
}

/* ---- signals ---- */

static void
reopen_logs(struct master *m)
{
    struct children *cs = &m->children;

    for (unsigned f = 0; f < cs->files->count; f++) {
        if (logfiles_reopen(cs->files, f, m->log) != 0)
            continue;
        for (unsigned i = 0; i < SLOT_WORKERS; i++)
            if (child_is_alive(&cs->rows[i]) &&
                cs->files->files[f].serial <= cs->rows[i].files)
                child_tell(cs, i, CHANNEL_REOPEN, cs->files->files[f].fd,
                           cs->files->files[f].fd);
    }
}

/* The store lives over reloads: it is told where to log. */
static void
tell_store_logs(struct master *m)
{
    child_tell(&m->children, SLOT_STORE, CHANNEL_LOG_CLEAR, 0, -1);
    for (unsigned i = 0; i < m->log->count; i++)
        child_tell(&m->children, SLOT_STORE, CHANNEL_LOG_ADD,
                   (int32_t) m->log->targets[i].level, m->log->targets[i].fd);
}

static void
begin_stop(struct master *m, bool graceful)
{
    int64_t wait_ms = STOP_WAIT_MS;

    if (graceful)
        wait_ms = QUIT_SPARE_MS + (m->conf->shutdown_timeout_ms
                                       ? (int64_t) m->conf->shutdown_timeout_ms
                                       : QUIT_WAIT_MS);
    log_write(m->log, LOG_NOTICE, 0, "%s",
              graceful ? "gracefully shutting down" : "stopping");
    lock_describe(m->lock_fd, m->conf->conf_path, true);
    m->renewing = false;
    m->phase = PHASE_WORKERS;
    children_stop_workers(&m->children, graceful ? CHANNEL_QUIT : CHANNEL_STOP,
                          wait_ms);
}

static void
handle_signal(struct master *m, const struct signalfd_siginfo *si)
{
    int sig = (int) si->ssi_signo;

    if (sig == SIGCHLD)
        return; /* reaped below, in each turn */
    log_write(m->log, LOG_NOTICE, 0, "signal %d (%s) received from %d", sig,
              strsignal(sig), (int) si->ssi_pid);
    switch (sig) {
    case SIGTERM:
    case SIGINT:
        begin_stop(m, false);
        break;
    case SIGQUIT:
        if (m->phase <= PHASE_RUN || m->renewing)
            begin_stop(m, true);
        break;
    case SIGHUP:
        if (m->children.foreground || m->phase > PHASE_RUN) {
            const char *why = m->children.foreground
                                  ? "no reload with \"master_process off\""
                                  : "no reload while stopping";

            log_write(m->log, LOG_ERR, 0, "%s", why);
            verdict_write(m, why);
        } else {
            m->reload_wanted = true;
        }
        break;
    case SIGUSR1:
        reopen_logs(m);
        tell_store_logs(m);
        break;
    default:
        log_write(m->log, LOG_WARN, 0, "signal %d is not supported yet", sig);
    }
}

/* ---- reload ---- */

static void
drain_old(struct master *m)
{
    struct children *cs = &m->children;

    for (unsigned i = 0; i < SLOT_WORKERS; i++) {
        struct child *c = &cs->rows[i];

        if (c->build == m->children.build || c->state == CHILD_NONE)
            continue;
        if (c->state == CHILD_WAITING) {
            c->state = CHILD_NONE;
            continue;
        }
        if (c->state == CHILD_DRAINING)
            continue;
        child_tell(cs, i, CHANNEL_DRAIN, 0, -1);
        c->state = CHILD_DRAINING;
        if (m->conf->shutdown_timeout_ms != 0)
            c->kill_ms = now_ms() + QUIT_SPARE_MS +
                         (int64_t) m->conf->shutdown_timeout_ms;
    }
}

static void
begin_reload(struct master *m)
{
    const struct master_ops *ops = m->children.ops;
    void *arg = m->children.arg;
    struct core_conf *next;

    m->reload_wanted = false;
    log_write(m->log, LOG_NOTICE, 0, "reconfiguring");
    log_reason_begin(m->log); /* without it nothing is kept: no harm */
    next = ops->parse(arg);
    if (next != NULL &&
        ops->open(arg, next, m->conf, m->children.pages) != 0) {
        ops->unload(arg, next, m->conf);
        next = NULL;
    }
    if (next == NULL) {
        log_write(m->log, LOG_ERR, 0,
                  "the new configuration is not taken, the old one stays");
        verdict_write(m, log_reason(m->log));
        return;
    }
    ops->unload(arg, m->conf, next);
    m->conf = m->children.conf = next;
    m->children.build++;
    tell_store_logs(m);
    m->reloading = true;
    m->reload_failed = false;
    children_start_workers(&m->children);
}

/* Once each new worker serves, the old ones are let go. */
static void
check_reload(struct master *m)
{
    const struct children *cs = &m->children;
    unsigned ready = children_count(cs, cs->build, CHILD_READY);
    unsigned waiting = children_count(cs, cs->build, CHILD_WAITING);

    if (ready == m->conf->workers) {
        m->reloading = false;
        drain_old(m);
        verdict_write(m, NULL);
        log_write(m->log, LOG_NOTICE, 0, "reconfigured");
    } else if (waiting != 0 && !m->reload_failed) {
        m->reload_failed = true; /* said once; they are tried again */
        verdict_write(m, log_reason(m->log));
    }
}

/* ---- the life of the daemon ---- */

/* It serves: the process that was started may go, and the terminal. */
static void
release_starter(struct master *m)
{
    int *fd = &m->children.starter_fd;

    m->log->starting = false;
    log_reason_end(m->log);
    if (*fd < 0)
        return;
    (void) !write(*fd, "", 1);
    close(*fd);
    *fd = -1;
    terminal_release();
}

static void
fail_start(struct master *m)
{
    m->failed = true;
    begin_stop(m, false);
}

/*
 * Each worker is to serve before anybody is told that the daemon does.  One
 * that has ended by itself has said why and would say the same again; one
 * that was killed may come up the next time.
 */
static void
check_start(struct master *m)
{
    struct children *cs = &m->children;

    if (children_count(cs, cs->build, CHILD_READY) == m->conf->workers) {
        m->phase = PHASE_RUN;
        log_write(m->log, LOG_NOTICE, 0, "ready in %lld ms",
                  (long long) (now_ms() - m->begun_ms));
        release_starter(m);
    } else if (cs->worker_gave_up || now_ms() >= m->start_until_ms) {
        log_write(m->log, LOG_ALERT, 0, "%u of %u workers serve, giving up",
                  children_count(cs, cs->build, CHILD_READY),
                  m->conf->workers);
        fail_start(m);
    }
}

/* Nobody is left that has shared memory open. */
static void
start_anew(struct master *m)
{
    m->renewing = m->shared_is_suspect = false;
    m->renewed_ms = m->begun_ms = now_ms();
    m->phase = PHASE_STORE;
    children_renew(&m->children);
    if (m->children.ops->set_aside(m->children.arg, m->conf) != 0 ||
        children_start_store(&m->children) != 0)
        fail_start(m);
}

/* What can go on by itself, after signals and messages were handled. */
static void
advance(struct master *m)
{
    struct children *cs = &m->children;
    const struct child *store = &cs->rows[SLOT_STORE];

    if (cs->foreground_gone && m->phase < PHASE_WORKERS)
        begin_stop(m, false);
    switch (m->phase) {
    case PHASE_STORE:
        if (store->state == CHILD_READY) {
            m->phase = PHASE_START;
            m->start_until_ms = now_ms() + START_WAIT_MS;
            if (children_start_workers(cs) != 0)
                fail_start(m);
        } else if (store->state == CHILD_WAITING) {
            log_write(m->log, LOG_ALERT, 0, "the store does not start");
            fail_start(m);
        }
        break;
    case PHASE_START:
        check_start(m);
        break;
    case PHASE_RUN:
        if (m->reload_wanted && (!m->reloading || m->reload_failed))
            begin_reload(m);
        else if (m->reloading)
            check_reload(m);
        break;
    case PHASE_WORKERS:
        if (children_count(cs, 0, -1) == 0) {
            m->phase = PHASE_LAST;
            children_stop_store(cs, STORE_WAIT_MS);
        }
        break;
    case PHASE_LAST:
        if (m->renewing && !child_is_alive(store))
            start_anew(m);
        break;
    }
}

/*
 * Shared memory that processes die in: all stop, and start with none.  Not
 * twice in a minute, then it is something else; and not without the worker
 * that was started as the daemon.
 */
static void
renew_shared(struct master *m)
{
    const char *path = m->children.ops->env_path(m->conf, SLOT_ENV_SHARED);
    bool again = m->renewed_ms != 0 && now_ms() - m->renewed_ms < RENEW_MS;

    if (again || m->children.foreground) {
        log_write(m->log, LOG_EMERG, 0,
                  "processes die in %sshared memory: stopping, "
                  "\"%s/data.mdb\" is set aside",
                  again ? "new " : "", path);
        m->failed = true;
        begin_stop(m, false);
        return;
    }
    log_write(m->log, LOG_ALERT, 0,
              "processes die in shared memory: \"%s/data.mdb\" is set aside, "
              "all start anew with none",
              path);
    m->renewing = true;
    m->phase = PHASE_WORKERS;
    children_stop_workers(&m->children, CHANNEL_STOP, STOP_WAIT_MS);
}

/* An environment that processes die in, again and again, or at their start. */
static void
give_up(struct master *m, unsigned env)
{
    if (m->phase >= PHASE_WORKERS)
        return;
    m->shared_is_suspect = env == SLOT_ENV_SHARED;
    if (m->shared_is_suspect) {
        renew_shared(m);
        return;
    }
    /* crit, as the process may have said: its words are the better reason */
    log_write(m->log, LOG_CRIT, 0,
              "processes die in the store: stopping, \"%s/data.mdb\" is "
              "damaged",
              m->children.ops->env_path(m->conf, env));
    m->failed = true;
    begin_stop(m, false);
}

static void
wait_for_something(struct master *m)
{
    struct pollfd fds[SLOT_STORE + 2];
    unsigned slots[SLOT_STORE + 2];
    struct signalfd_siginfo si;
    nfds_t n = 1;

    fds[0] = (struct pollfd){.fd = m->signal_fd, .events = POLLIN};
    for (unsigned i = 0; i <= SLOT_STORE; i++) {
        if (m->children.rows[i].channel < 0)
            continue;
        fds[n].fd = m->children.rows[i].channel;
        fds[n].events = POLLIN;
        slots[n++] = i;
    }
    if (poll(fds, n, POLL_MS) <= 0)
        return;
    for (nfds_t k = 1; k < n; k++)
        if (fds[k].revents != 0)
            child_listen(&m->children, slots[k]);
    while (read(m->signal_fd, &si, sizeof(si)) == sizeof(si))
        handle_signal(m, &si);
}

static bool
is_over(struct master *m)
{
    return m->phase == PHASE_LAST && !m->renewing &&
           !child_is_alive(&m->children.rows[SLOT_STORE]);
}

static void
run(struct master *m)
{
    unsigned damaged;

    if (children_start_store(&m->children) != 0)
        fail_start(m);
    while (!is_over(m)) {
        wait_for_something(m);
        damaged = children_reap(&m->children);
        if (damaged != SLOT_ENV_NONE)
            give_up(m, damaged);
        children_watch(&m->children, now_ms());
        advance(m);
    }
}

static int
open_signals(struct master *m)
{
    static const int wanted[] = {SIGTERM, SIGINT,  SIGQUIT,  SIGHUP,
                                 SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
        sigaddset(&set, wanted[i]);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, &m->children.signals);
    sigemptyset(&m->children.signals);
    m->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (m->signal_fd >= 0)
        return 0;
    log_write(m->log, LOG_EMERG, errno, "signalfd() failed");
    return -1;
}

/*
 * Waits until nobody is left of a master that died or is about to end.  One
 * that is going to stay is named at once.
 */
static int
wait_for_lock(struct master *m)
{
    char path[PATH_MAX];
    int64_t until = now_ms() + LOCK_WAIT_MS;
    struct lock_master other;
    int slot;

    snprintf(path, sizeof(path), "%s/lock", m->conf->run_dir);
    m->lock_fd = lock_open(path);
    if (m->lock_fd < 0) {
        log_write(m->log, LOG_EMERG, errno, "open() \"%s\" failed", path);
        return -1;
    }
    while ((slot = lock_find_held(m->lock_fd, SLOT_COUNT)) >= 0) {
        lock_find_master(m->lock_fd, &other);
        if (now_ms() >= until || (other.pid != 0 && !other.is_leaving)) {
            log_write(m->log, LOG_EMERG, 0,
                      "another sparrow runs here: process %d holds \"%s\"",
                      other.pid != 0
                          ? (int) other.pid
                          : (int) lock_pid(m->lock_fd, (unsigned) slot),
                      path);
            return -1;
        }
        usleep(50000);
    }
    return 0;
}

/* Two may start at the same moment; one gets it. */
static int
take_lock(struct master *m)
{
    if (lock_take(m->lock_fd, SLOT_MASTER) == 0)
        return lock_describe(m->lock_fd, m->conf->conf_path, false);
    log_write(m->log, LOG_EMERG, 0,
              "another sparrow starts here: process %d holds \"%s/lock\"",
              (int) lock_pid(m->lock_fd, SLOT_MASTER), m->conf->run_dir);
    return -1;
}

/*
 * Who starts a daemon wants to hear whether it runs: the process that was
 * started waits for a byte from the one in the background, which keeps
 * standard error until then.
 */
static int
go_to_background(struct master *m)
{
    int ends[2];
    char byte;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
        log_write(m->log, LOG_EMERG, errno, "fork() failed");
        return -1;
    }
    if (pid > 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(ends[0]);
    m->children.starter_fd = ends[1];
    if (setsid() < 0) {
        log_write(m->log, LOG_EMERG, errno, "setsid() failed");
        return -1;
    }
    return 0;
}

static int
write_pid(struct master *m)
{
    char text[32];

    snprintf(text, sizeof(text), "%d\n", (int) getpid());
    return file_write(m->conf->pid_path, text, m->log);
}

/* All that needs rights, and nothing that one process must do alone. */
static int
prepare(struct master *m)
{
    struct children *cs = &m->children;

    if (m->conf->daemon && m->conf->master_process && go_to_background(m) != 0)
        return -1;
    cs->bus_dir = folders_make_run(m->conf, m->log);
    if (cs->bus_dir < 0 || wait_for_lock(m) != 0 ||
        cs->ops->open(cs->arg, m->conf, NULL, NULL) != 0)
        return -1;
    cs->pages = slots_create();
    if (cs->pages != NULL)
        return 0;
    log_write(m->log, LOG_EMERG, errno, "mmap() failed");
    return -1;
}

/* The program that runs, as the title of its master shows it. */
static const char *
program_path(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

    path[n < 0 ? 0 : n] = '\0';
    return path;
}

static int
live_as_master(struct master *m)
{
    char program[PATH_MAX];

    if (take_lock(m) != 0 || open_signals(m) != 0 || verdict_open(m) != 0 ||
        write_pid(m) != 0)
        return 1;
    title_set("master process %s", program_path(program));
    run(m);
    unlink(m->conf->pid_path);
    if (m->shared_is_suspect)
        m->children.ops->set_aside(m->children.arg, m->conf);
    log_write(m->log, LOG_NOTICE, 0, "exit");
    children_unbind(&m->children);
    if (m->failed && m->log->starting) /* last, where it is seen */
        log_write(m->log, LOG_EMERG, 0, "not started: %s", log_reason(m->log));
    return m->failed ? 1 : 0;
}

static int
live(struct master *m)
{
    int worker = 0;

    if (prepare(m) != 0)
        return 1;
    if (!m->conf->master_process) {
        m->conf->workers = 1;
        worker = children_split_foreground(&m->children);
    }
    if (worker < 0)
        return 1;
    return worker ? children_live_foreground(&m->children) : live_as_master(m);
}

int
master_run(const struct master_ops *ops, void *arg, struct core_conf *conf,
           struct logfiles *files, struct log *log)
{
    struct master *m = mem_zalloc(sizeof(*m));
    int status;

    m->log = log;
    m->conf = conf;
    m->begun_ms = now_ms();
    m->lock_fd = m->signal_fd = m->verdict_fd = -1;
    children_init(&m->children, ops, arg, conf, files, log);
    status = live(m);
    ops->unload(arg, m->conf, NULL);
    mem_free(m);
    return status;
}

/* ---- -s ---- */

/* The line in the status file of the daemon, or "". */
static void
verdict_read(const char *run_dir, char text[VERDICT_TEXT])
{
    char path[PATH_MAX];
    FILE *f;

    *text = '\0';
    verdict_path(path, run_dir);
    f = fopen(path, "re");
    if (f == NULL)
        return;
    if (fgets(text, VERDICT_TEXT, f) == NULL)
        *text = '\0';
    text[strcspn(text, "\n")] = '\0';
    fclose(f);
}

static int
verdict_wait(const char *run_dir, const char *before, struct log *log)
{
    static const char failed[] = " failed ";
    int64_t until = now_ms() + VERDICT_MS;
    char text[VERDICT_TEXT], again[VERDICT_TEXT];

    verdict_read(run_dir, text);
    while (now_ms() < until) {
        usleep(20000);
        strcpy(again, text);
        verdict_read(run_dir, text);
        /* it is written in place: one that is whole is read twice */
        if (strcmp(text, before) != 0 && strcmp(text, again) == 0) {
            const char *why = strstr(text, failed);

            if (why == NULL)
                return 0;
            log_write(log, LOG_EMERG, 0,
                      "the daemon did not take the configuration: %s",
                      why + sizeof(failed) - 1);
            return 1;
        }
    }
    log_write(log, LOG_EMERG, 0, "no verdict within %d s", VERDICT_MS / 1000);
    return 1;
}

/* Are the two the same, be it by way of a link? */
static bool
is_same_path(const char *a, const char *b)
{
    char real_a[PATH_MAX], real_b[PATH_MAX];

    return strcmp(a, b) == 0 ||
           (realpath(a, real_a) != NULL && realpath(b, real_b) != NULL &&
            strcmp(real_a, real_b) == 0);
}

/* The master whose lock is in the folder; its pid, or 0 (logged). */
static pid_t
find_master(const char *run_dir, const char *conf, struct log *log)
{
    struct lock_master master = {0};
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/lock", run_dir);
    fd = lock_look(path);
    if (fd < 0 && errno != ENOENT) {
        log_write(log, LOG_EMERG, errno, "open() \"%s\" failed", path);
        return 0;
    }
    if (fd >= 0) {
        lock_find_master(fd, &master);
        close(fd);
    }
    if (master.pid == 0) {
        log_write(log, LOG_EMERG, 0, "no sparrow runs: nobody holds \"%s\"",
                  path);
        return 0;
    }
    /* an older program has not written which one */
    if (master.conf[0] != '\0' && !is_same_path(master.conf, conf)) {
        log_write(log, LOG_EMERG, 0,
                  "nobody is signalled: process %d, which holds \"%s\", runs "
                  "with \"%s\", not with \"%s\"",
                  (int) master.pid, path, master.conf, conf);
        return 0;
    }
    return master.pid;
}

int
master_signal(const char *run_dir, const char *conf, const char *name,
              struct log *log)
{
    static const struct {
        const char *name;
        int sig;
    } names[] = {{"stop", SIGTERM},
                 {"quit", SIGQUIT},
                 {"reopen", SIGUSR1},
                 {"reload", SIGHUP}};
    char before[VERDICT_TEXT];
    pid_t pid = find_master(run_dir, conf, log);
    int sig = 0;

    if (pid == 0)
        return 1;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(name, names[i].name) == 0)
            sig = names[i].sig;
    verdict_read(run_dir, before);
    log_write(log, LOG_NOTICE, 0, "signalling process %d (%s): %s", (int) pid,
              conf, name);
    if (kill(pid, sig) != 0) {
        log_write(log, LOG_EMERG, errno, "kill(%d, %d) failed", (int) pid,
                  sig);
        return 1;
    }
    return sig == SIGHUP ? verdict_wait(run_dir, before, log) : 0;
}
