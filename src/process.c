#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/channel.h"
#include "core/env.h"
#include "core/log.h"
#include "core/logfiles.h"
#include "core/master.h"

enum { SPARE_FILES = 8 }; /* for logs that are opened anew, and the like */

/* The store hears anew where to log, the others have files put in place. */
static void
take_log(struct child_process *child, const struct channel_message *m)
{
    struct log *log = child->loop->log;

    switch (m->type) {
    case CHANNEL_REOPEN:
        if (m->fd >= 0 && dup3(m->fd, m->value, O_CLOEXEC) < 0)
            log_write(log, LOG_ALERT, errno, "dup3() of a log failed");
        break;
    case CHANNEL_LOG_CLEAR:
        for (unsigned i = 0; i < log->count; i++)
            if (log->targets[i].fd > STDERR_FILENO)
                close(log->targets[i].fd);
        log->count = 0;
        break;
    default:
        if (m->fd >= 0 && log_add(log, m->fd, (enum log_level) m->value))
            return; /* the descriptor is the log's now */
        break;
    }
    if (m->fd >= 0)
        close(m->fd);
}

static void
channel_ready(struct source *s, uint32_t events)
{
    struct child_process *child = LIST_ITEM(s, struct child_process, channel);
    struct channel_message m;
    int rc;

    (void) events;
    while ((rc = channel_receive(s->fd, &m)) > 0) {
        if (m.type == CHANNEL_REOPEN || m.type == CHANNEL_LOG_CLEAR ||
            m.type == CHANNEL_LOG_ADD) {
            take_log(child, &m);
            continue;
        }
        if (m.fd >= 0)
            close(m.fd);
        child->told(child, &m);
    }
    if (rc == 0)
        return;
    loop_watch(child->loop, s, 0);
    log_write(child->loop->log, LOG_NOTICE, 0, "the master is dead");
    child->orphaned(child);
}

static void
signal_ready(struct source *s, uint32_t events)
{
    struct child_process *child = LIST_ITEM(s, struct child_process, signals);
    struct channel_message m = {.fd = -1};
    struct signalfd_siginfo si;

    (void) events;
    while (read(s->fd, &si, sizeof(si)) == sizeof(si)) {
        log_write(child->loop->log, LOG_NOTICE, 0,
                  "signal %u received from %u", si.ssi_signo, si.ssi_pid);
        /* Whoever signals all processes at once does not stop the store
         * before the workers: that is the master's to say. */
        if (child->self->slot == SLOT_STORE)
            continue;
        m.type = si.ssi_signo == SIGQUIT ? CHANNEL_QUIT : CHANNEL_STOP;
        child->told(child, &m);
    }
}

int
child_process_init(struct child_process *child, struct loop *loop,
                   struct process *self,
                   void (*told)(struct child_process *,
                                const struct channel_message *),
                   void (*orphaned)(struct child_process *))
{
    static const int ignored[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGPIPE};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
        signal(ignored[i], SIG_IGN);
    *child = (struct child_process){
        .loop = loop, .self = self, .told = told, .orphaned = orphaned};
    child->signals.ready = signal_ready;
    child->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (child->signals.fd < 0) {
        log_write(loop->log, LOG_EMERG, errno, "signalfd() failed");
        return -1;
    }
    child->channel.ready = channel_ready;
    child->channel.fd = self->channel;
    if (loop_watch(loop, &child->signals, EPOLLIN) != 0 ||
        (self->channel >= 0 &&
         loop_watch(loop, &child->channel, EPOLLIN) != 0))
        return -1;
    return 0;
}

void
child_process_deinit(struct child_process *child)
{
    loop_watch(child->loop, &child->channel, 0);
    loop_watch(child->loop, &child->signals, 0);
    close(child->signals.fd);
}

void
child_process_ready(struct child_process *child, uint32_t generation)
{
    struct channel_message m = {
        .type = CHANNEL_READY,
        .slot = child->self->slot,
        .generation = generation,
        .fd = -1,
    };

    if (child->self->channel >= 0)
        channel_send(child->self->channel, &m);
    log_reason_end(child->loop->log);
    child->loop->log->starting = false;
    if (child->self->background)
        terminal_release();
}

/* How many descriptors are open; more than there can be if nobody knows. */
static int
count_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = -3; /* "." and "..", and the one that reads them */

    if (dir == NULL)
        return INT_MAX / 2;
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

int
child_process_spare_files(const struct process *self, struct log *log)
{
    int reserve = 2 * (2 * (int) self->workers + 1) + SPARE_FILES;
    int used = count_files(), spare;
    struct rlimit rl;

    if (getrlimit(RLIMIT_NOFILE, &rl) != 0 || rl.rlim_cur > INT_MAX)
        rl.rlim_cur = INT_MAX;
    spare = (int) rl.rlim_cur - used - reserve;
    if (spare >=
        (self->slot == SLOT_STORE ? 0 : 1)) /* the store has no clients */
        return spare;
    log_write(log, LOG_EMERG, 0,
              "%d open files are too few: %d are open, and %d are kept for "
              "the bus and the logs; see \"worker_rlimit_nofile\"",
              (int) rl.rlim_cur, used, reserve);
    return -1;
}

int
child_process_failed(const struct process *self, const struct env *shared,
                     const struct env *store)
{
    return env_is_damaged(shared, self->first_start) ||
                   env_is_damaged(store, self->first_start)
               ? ENV_EXIT
               : 2;
}

void
child_process_check(const struct child_process *child,
                    const struct env *shared, const struct env *store)
{
    if (!env_is_lost(shared) && !env_is_lost(store))
        return;
    log_write(child->loop->log, LOG_ALERT, 0,
              "LMDB environment unusable, starting anew");
    _exit(2);
}
