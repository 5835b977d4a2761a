#include "core/children.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/channel.h"
#include "core/clock.h"
#include "core/env_blame.h"
#include "core/folders.h"
#include "core/lockfile.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/title.h"

enum {
    TICK_MS = 10000,    /* no turn for so long: stuck */
    START_MS = 60000,   /* for one that is starting, or syncs at its end */
    PATIENCE_MS = 4000, /* from one abort to the next */
    ABORT_MS = 1000,    /* from SIGABRT to SIGKILL */
    BACKOFF_MIN_MS = 100,
    BACKOFF_MAX_MS = 10000,
    BUS_LOOK_MS = 500,
    BUS_RETRY_MS = 60000,
    LIFE_MS = 10000,  /* a process that lived so long starts again at once */
    LIFE_PAUSES = 10, /* after a life of so many pauses the pause is short */
    FAULT_MS = 10000, /* a fault so soon after the start counts */
    FAULTS_MAX = 3,
    FAULTS_MS = 60000, /* the next one after longer begins the count anew */
    SHARED_MAX = 3,    /* deaths in shared memory ... */
    SHARED_MS = 3600 * 1000,
    STORE_MAX = 8, /* ... and in the store */
    STORE_MS = 60000,
    LOCK_TRIES = 200, /* 10 ms each, for a dying predecessor */
};

bool
child_is_alive(const struct child *c)
{
    return c->state != CHILD_NONE && c->state != CHILD_WAITING;
}

static const char *
role(unsigned slot)
{
    return slot == SLOT_STORE ? "store" : "worker";
}

void
children_init(struct children *cs, const struct master_ops *ops, void *arg,
              struct core_conf *conf, struct logfiles *files, struct log *log)
{
    *cs = (struct children){.ops = ops,
                            .arg = arg,
                            .log = log,
                            .files = files,
                            .conf = conf,
                            .build = 1,
                            .bus_dir = -1,
                            .starter_fd = -1};
    for (unsigned i = 0; i <= SLOT_STORE; i++) {
        cs->bus_fds[i] = -1;
        cs->rows[i].channel = -1;
        cs->rows[i].served_by = -1;
    }
}

void
children_unbind(struct children *cs)
{
    for (unsigned i = 0; i <= SLOT_STORE; i++)
        if (cs->bus_fds[i] >= 0)
            bus_socket_unlink(cs->bus_dir, i);
}

unsigned
children_count(const struct children *cs, unsigned build, int state)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SLOT_WORKERS; i++) {
        const struct child *c = &cs->rows[i];

        if ((build == 0 || c->build == build) &&
            (state < 0 ? child_is_alive(c) : (int) c->state == state))
            n++;
    }
    return n;
}

/* ---- in the child, between fork and its life ---- */

static void
set_limits(const struct core_conf *core, struct log *log)
{
    struct rlimit rl;

    rl.rlim_cur = rl.rlim_max = core->rlimit_core;
    if (setrlimit(RLIMIT_CORE, &rl) != 0)
        log_write(log, LOG_ALERT, errno, "setrlimit(RLIMIT_CORE) failed");
    if (core->rlimit_nofile == 0)
        return;
    rl.rlim_cur = rl.rlim_max = core->rlimit_nofile;
    if (setrlimit(RLIMIT_NOFILE, &rl) != 0)
        log_write(log, LOG_ALERT, errno, "setrlimit(RLIMIT_NOFILE, %u) failed",
                  core->rlimit_nofile);
}

static int
drop_rights(const struct core_conf *core, struct log *log)
{
    if (!core->switch_user)
        return 0;
    if (setgid(core->gid) != 0 ||
        initgroups(core->user_name, core->gid) != 0 ||
        setuid(core->uid) != 0) {
        log_write(log, LOG_EMERG, errno, "becoming user \"%s\" failed",
                  core->user_name);
        return -1;
    }
    return 0;
}

static void
set_affinity(const struct core_conf *core, unsigned index, struct log *log)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t cpus;

    if (!core->affinity_auto || n < 1)
        return;
    CPU_ZERO(&cpus);
    CPU_SET(index % (unsigned) n, &cpus);
    if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0)
        log_write(log, LOG_ALERT, errno, "sched_setaffinity() failed");
}

/* What belongs to the master and to other children alone. */
static void
close_others(struct children *cs, unsigned slot)
{
    for (unsigned i = 0; i <= SLOT_STORE; i++) {
        if (i == slot)
            continue;
        if (cs->rows[i].channel >= 0)
            close(cs->rows[i].channel);
        if (cs->bus_fds[i] >= 0)
            close(cs->bus_fds[i]);
    }
    if (cs->starter_fd >= 0)
        close(cs->starter_fd);
}

static int
take_slot(struct process *self, const struct core_conf *core)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/lock", core->run_dir);
    self->lock_fd = lock_open(path);
    if (self->lock_fd < 0) {
        log_write(self->log, LOG_EMERG, errno, "open() \"%s\" failed", path);
        return -1;
    }
    for (int i = 0; lock_take(self->lock_fd, self->slot) != 0; i++) {
        if (i == LOCK_TRIES) {
            log_write(self->log, LOG_EMERG, errno,
                      "lock of slot %u in \"%s\" is held by %d", self->slot,
                      path, (int) lock_pid(self->lock_fd, self->slot));
            return -1;
        }
        usleep(10000);
    }
    return 0;
}

/* Lives as the process of the slot; the exit status. */
static int
live(struct children *cs, unsigned slot, int channel)
{
    struct core_conf *core = cs->conf;
    struct process self = {
        .log = cs->log,
        .slot = slot,
        .index = cs->rows[slot].index,
        .workers = core->workers,
        .channel = channel,
        .bus_fd = cs->bus_fds[slot],
        .bus_dir = cs->bus_dir,
        .pages = cs->pages,
        .background = core->daemon && core->master_process,
        .first_start = slot == SLOT_STORE && !cs->store_started,
    };

    close_others(cs, slot);
    cs->log->slot = (int) slot;
    env_blame_watch(&cs->pages[slot].env);
    title_set("%s process", role(slot));
    set_limits(core, cs->log);
    if (take_slot(&self, core) != 0)
        return 2;
    set_affinity(core, self.index, cs->log);
    if (drop_rights(core, cs->log) != 0)
        return 2;
    sigprocmask(SIG_SETMASK, &cs->signals, NULL);
    return slot == SLOT_STORE ? cs->ops->store(cs->arg, &self, core)
                              : cs->ops->worker(cs->arg, &self, core);
}

int
children_live_foreground(struct children *cs)
{
    struct pollfd pfd = {.fd = cs->rows[0].channel, .events = POLLIN};
    struct channel_message m;
    int status = 1;

    while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
        ;
    if (channel_receive(pfd.fd, &m) > 0)
        status = live(cs, 0, pfd.fd);
    /* The master sees the end of the channel and ends; we end last. */
    close(pfd.fd);
    waitpid(cs->master_pid, NULL, 0);
    return status;
}

/* ---- in the master ---- */

/*
 * The pause before the next start of a process that served for life_ms.  A
 * process is so away for not much more than a tenth of the time.
 */
static unsigned
next_pause(const struct child *c, int64_t life_ms)
{
    if (life_ms >= LIFE_MS)
        return 0;
    if (c->backoff_ms == 0 || life_ms >= LIFE_PAUSES * (int64_t) c->backoff_ms)
        return BACKOFF_MIN_MS;
    return c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS
                                              : c->backoff_ms * 2;
}

static void
start_later(struct child *c, unsigned pause_ms, int64_t now_ms)
{
    c->backoff_ms = pause_ms;
    c->state = CHILD_WAITING;
    c->restart_ms = now_ms + pause_ms;
}

/* After the death of a process that never served. */
static void
wait_for_restart(struct children *cs, unsigned slot, int64_t now_ms)
{
    struct child *c = &cs->rows[slot];

    start_later(c, next_pause(c, 0), now_ms);
    log_write(cs->log, LOG_ALERT, 0,
              "%s process of slot %u died before it was ready; starting it "
              "again in %u ms",
              role(slot), slot, c->backoff_ms);
}

/*
 * The socket of a slot outlives its processes; unless its file is gone, or is
 * that of a dead one, which had bound it anew.
 */
static int
bind_bus(struct children *cs, unsigned slot)
{
    int *fd = &cs->bus_fds[slot];
    struct bus_file file = bus_socket_file(cs->bus_dir, slot);

    if (*fd >= 0 && !bus_file_is(&file, &cs->bus_files[slot])) {
        close(*fd);
        *fd = -1;
    }
    if (*fd >= 0)
        return 0;
    *fd = bus_socket_bind(cs->conf, cs->bus_dir, slot, cs->log);
    cs->bus_files[slot] = bus_socket_file(cs->bus_dir, slot);
    return *fd >= 0 ? 0 : -1;
}

/* Forks the process of a slot; index and backoff of the row are kept. */
static int
start(struct children *cs, unsigned slot)
{
    struct child *c = &cs->rows[slot];
    struct slot_page *page = &cs->pages[slot];
    int ends[2];
    pid_t pid;

    if (bind_bus(cs, slot) != 0)
        return -1;
    if (channel_open(ends) != 0) {
        log_write(cs->log, LOG_ALERT, errno, "socketpair() failed");
        return -1;
    }
    atomic_store(&page->tick_ms, clock_ms(CLOCK_MONOTONIC));
    atomic_store(&page->generation, 0);
    atomic_store(&page->adopts, 0);
    atomic_store(&page->build, cs->build);
    slot_hand_set(&page->hand, 0, 0, 0);
    atomic_store(&page->env.now, SLOT_ENV_NONE);
    atomic_store(&page->env.last, SLOT_ENV_NONE);
    atomic_store(&page->env.found, SLOT_ENV_NONE);
    c->build = cs->build;
    pid = fork();
    if (pid < 0) {
        log_write(cs->log, LOG_ALERT, errno, "fork() failed");
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    if (pid == 0) {
        close(ends[0]);
        _exit(live(cs, slot, ends[1]));
    }
    close(ends[1]);
    c->state = CHILD_STARTING;
    c->pid = pid;
    c->channel = ends[0];
    c->files = cs->files->serial;
    c->started_ms = clock_ms(CLOCK_MONOTONIC);
    c->kill_ms = 0;
    c->aborted = c->was_running = false;
    log_write(cs->log, LOG_NOTICE, 0, "start %s process %d in slot %u",
              role(slot), (int) pid, slot);
    return 0;
}

int
children_split_foreground(struct children *cs)
{
    struct child *c = &cs->rows[0];
    pid_t parent = getpid();
    int ends[2];
    pid_t pid;

    if (bind_bus(cs, 0) != 0 || channel_open(ends) != 0 ||
        (pid = fork()) < 0) {
        log_write(cs->log, LOG_EMERG, errno, "fork() failed");
        return -1;
    }
    cs->foreground = true;
    c->channel = ends[pid == 0 ? 0 : 1];
    close(ends[pid == 0 ? 1 : 0]);
    cs->master_pid = pid;
    if (pid != 0)
        return 1;
    c->state = CHILD_STARTING;
    c->pid = parent;
    c->build = cs->build;
    c->files = cs->files->serial;
    c->started_ms = clock_ms(CLOCK_MONOTONIC);
    atomic_store(&cs->pages[0].tick_ms, c->started_ms);
    return 0;
}

int
children_start_store(struct children *cs)
{
    return start(cs, SLOT_STORE);
}

int
children_start_workers(struct children *cs)
{
    unsigned slot = 0;

    atomic_store(&cs->pages[SLOT_MASTER].build, cs->build);
    if (cs->foreground) {
        child_tell(cs, 0, CHANNEL_GO, 0, -1);
        return 0;
    }
    for (unsigned index = 0; index < cs->conf->workers; index++, slot++) {
        while (slot < SLOT_WORKERS && cs->rows[slot].state != CHILD_NONE)
            slot++;
        if (slot == SLOT_WORKERS) {
            log_write(cs->log, LOG_ALERT, 0, "no free slot for a worker");
            return -1;
        }
        cs->rows[slot].index = index;
        cs->rows[slot].backoff_ms = 0;
        cs->rows[slot].served_by = -1;
        if (start(cs, slot) != 0) {
            cs->worker_gave_up = true;
            wait_for_restart(cs, slot, clock_ms(CLOCK_MONOTONIC));
        }
    }
    return 0;
}

/* Who has just died, maybe with words of ours unread, is not told. */
void
child_tell(struct children *cs, unsigned slot, uint32_t type, int32_t value,
           int fd)
{
    struct channel_message m = {.type = type, .value = value, .fd = fd};

    if (cs->rows[slot].channel >= 0 &&
        channel_send(cs->rows[slot].channel, &m) != 0 && errno != EPIPE &&
        errno != ECONNRESET)
        log_write(cs->log, LOG_ALERT, errno,
                  "telling the %s process of slot %u failed", role(slot),
                  slot);
}

static void
stop(struct children *cs, unsigned slot, uint32_t type, int64_t wait_ms)
{
    struct child *c = &cs->rows[slot];

    if (c->state == CHILD_WAITING)
        c->state = CHILD_NONE;
    if (!child_is_alive(c))
        return;
    child_tell(cs, slot, type, 0, -1);
    c->state = CHILD_STOPPING;
    c->kill_ms = clock_ms(CLOCK_MONOTONIC) + wait_ms;
}

void
children_stop_workers(struct children *cs, uint32_t type, int64_t wait_ms)
{
    cs->stopping = true;
    for (unsigned i = 0; i < SLOT_WORKERS; i++)
        stop(cs, i, type, wait_ms);
}

void
children_stop_store(struct children *cs, int64_t wait_ms)
{
    cs->stopping = true;
    stop(cs, SLOT_STORE, CHANNEL_STOP, wait_ms);
}

static bool
is_fault(int status)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    return sig == SIGSEGV || sig == SIGBUS || sig == SIGABRT ||
           sig == SIGFPE || sig == SIGILL;
}

/* pause_ms: until it is started again, when that is to be told here. */
static void
log_exit(struct children *cs, unsigned slot, int status, unsigned pause_ms)
{
    const struct child *c = &cs->rows[slot];
    char pause[64] = "";

    if (pause_ms != 0)
        snprintf(
            pause, sizeof(pause), " after %lld ms; starting it again in %u ms",
            (long long) (clock_ms(CLOCK_MONOTONIC) - c->started_ms), pause_ms);
    if (WIFSIGNALED(status))
        log_write(cs->log, LOG_ALERT, 0,
                  "%s process %d of slot %u exited on signal %d%s%s",
                  role(slot), (int) c->pid, slot, WTERMSIG(status),
                  WCOREDUMP(status) ? " (core dumped)" : "", pause);
    else
        log_write(cs->log, WEXITSTATUS(status) ? LOG_ALERT : LOG_NOTICE, 0,
                  "%s process %d of slot %u exited with code %d%s%s",
                  role(slot), (int) c->pid, slot, WEXITSTATUS(status),
                  WEXITSTATUS(status) == MEM_EXHAUSTED ? ", out of memory"
                                                       : "",
                  pause);
}

/*
 * Everybody hears of a death: its name is no address any more.  Who is not
 * there yet to hear it sees it in the page.
 */
static void
announce(struct children *cs, unsigned slot)
{
    struct channel_message m = {
        .type = CHANNEL_DEATH,
        .slot = slot,
        .generation = atomic_exchange(&cs->pages[slot].generation, 0),
        .fd = -1,
    };

    for (unsigned i = 0; i <= SLOT_STORE; i++)
        if (cs->rows[i].channel >= 0)
            channel_send(cs->rows[i].channel, &m);
}

/* Somebody accepts for each worker that waits for its restart. */
static void
assign_service(struct children *cs)
{
    for (unsigned i = 0; i < SLOT_WORKERS; i++) {
        struct child *c = &cs->rows[i];

        if (c->state != CHILD_WAITING || c->served_by >= 0)
            continue;
        for (unsigned k = 1; k < SLOT_WORKERS; k++) {
            unsigned other = (i + k) % SLOT_WORKERS;

            if (cs->rows[other].state != CHILD_READY ||
                cs->rows[other].build != c->build)
                continue;
            c->served_by = (int) other;
            child_tell(cs, other, CHANNEL_SERVE, (int32_t) c->index, -1);
            break;
        }
    }
}

/* Is it started again when it dies?  The store lives over reloads. */
static bool
is_wanted(const struct children *cs, unsigned slot)
{
    return !cs->stopping &&
           (slot == SLOT_STORE || cs->rows[slot].build == cs->build);
}

/* One more; true if there are so many now, each so soon after the other. */
static bool
is_too_many(struct death_count *count, unsigned max, int64_t within_ms,
            int64_t now_ms)
{
    if (now_ms - count->last_ms >= within_ms)
        count->n = 0;
    count->last_ms = now_ms;
    return ++count->n >= max;
}

/*
 * The environment to which the death of a process is put down, or
 * SLOT_ENV_NONE:
 *
 * - the one that the process was in.  A process whose event loop was stuck
 *   may have waited for the disk, which is no damage; one that used the
 *   processor all the time was in a circle of damaged pages.
 * - the one in which the process had found damage.  A damaged page can make
 *   LMDB write into memory that is not its own, and the process then dies
 *   anywhere.
 * - of the store process, the one that it was in last: while it starts it does
 *   nothing but open and sweep environments, and soon after that it has used
 *   little else than the store.
 */
static unsigned
find_env(const struct children *cs, unsigned slot, enum child_state was,
         int64_t now_ms)
{
    const struct child *c = &cs->rows[slot];
    const struct slot_env *at = &cs->pages[slot].env;
    unsigned env = atomic_load(&at->now), last = atomic_load(&at->last);

    if (c->aborted && !c->was_running)
        return SLOT_ENV_NONE;
    if (env == SLOT_ENV_NONE)
        env = atomic_load(&at->found);
    if (env == SLOT_ENV_NONE && slot == SLOT_STORE &&
        (was == CHILD_STARTING || (last == SLOT_ENV_STORE && !c->aborted &&
                                   now_ms - c->started_ms < FAULT_MS)))
        env = last;
    return env < SLOT_ENV_COUNT ? env : SLOT_ENV_NONE;
}

/*
 * Shared memory is set aside after a few deaths, or after one of a store
 * process that does not get beyond it.  The store is not: the daemon goes on
 * without what is damaged, and ends when it does not get beyond that.
 */
static void
blame_env(struct children *cs, unsigned slot, unsigned env,
          enum child_state was, int64_t now_ms)
{
    struct death_count *count = &cs->env_deaths[env];
    bool is_over, is_shared = env == SLOT_ENV_SHARED;

    is_over = is_too_many(count, is_shared ? SHARED_MAX : STORE_MAX,
                          is_shared ? SHARED_MS : STORE_MS, now_ms);
    if (was == CHILD_STARTING && (slot == SLOT_STORE || !is_shared))
        is_over = true;
    if (slot == SLOT_STORE && cs->log->starting) /* it has hardly served */
        is_over = true;
    log_write(cs->log, LOG_ALERT, 0,
              "%s process of slot %u died in \"%s/data.mdb\": death %u "
              "counts against it",
              role(slot), slot, cs->ops->env_path(cs->conf, env), count->n);
    if (is_over)
        cs->damaged = env;
}

/*
 * A death counts against the desk in hand, and against the environment that
 * the process was in.  If the damaged page is one of a single desk, the deaths
 * end when the desk is closed, at the second of them.  If they go on, or if
 * they cannot be put down to anything, shared memory is suspect.
 */
static void
count_death(struct children *cs, unsigned slot, enum child_state was,
            int64_t now_ms)
{
    unsigned deaths = slots_blame(cs->pages, slot, now_ms);
    unsigned env = find_env(cs, slot, was, now_ms);

    if (deaths != 0)
        log_write(cs->log, LOG_ERR, 0,
                  "desk %016llx was in hand: death %u counts against it",
                  (unsigned long long) cs->pages[slot].hand.desk, deaths);
    if (env == SLOT_ENV_NONE && deaths > SLOT_DEADLY)
        env = SLOT_ENV_SHARED;
    if (env != SLOT_ENV_NONE)
        blame_env(cs, slot, env, was, now_ms);
    else if (deaths == 0 && now_ms - cs->rows[slot].started_ms < FAULT_MS &&
             is_too_many(&cs->faults, FAULTS_MAX, FAULTS_MS, now_ms))
        cs->damaged = SLOT_ENV_SHARED;
}

/* Did the process die by a fault of its own, or because of damage? */
static bool
is_to_be_counted(const struct children *cs, int status)
{
    return !cs->stopping &&
           (is_fault(status) ||
            (WIFEXITED(status) && WEXITSTATUS(status) == ENV_EXIT));
}

static void
died(struct children *cs, unsigned slot, int status)
{
    struct child *c = &cs->rows[slot];
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    enum child_state was = c->state;
    bool is_counted = is_to_be_counted(cs, status);
    bool served = was == CHILD_READY && is_wanted(cs, slot);
    unsigned pause_ms = served ? next_pause(c, now_ms - c->started_ms) : 0;

    if (cs->foreground && slot == 0)
        cs->foreground_gone = true; /* not our child: no status, no restart */
    else
        log_exit(cs, slot, status, pause_ms);
    if (c->channel >= 0)
        close(c->channel);
    c->channel = -1;
    c->state = CHILD_NONE;
    if (is_counted) /* before anybody can take the desk */
        count_death(cs, slot, was, now_ms);
    announce(cs, slot);
    for (unsigned i = 0; i < SLOT_WORKERS; i++)
        if (cs->rows[i].served_by == (int) slot)
            cs->rows[i].served_by = -1;
    if (cs->foreground_gone)
        return;
    if (slot != SLOT_STORE && was == CHILD_STARTING && WIFEXITED(status) &&
        !is_counted)
        cs->worker_gave_up = true;
    if (served && pause_ms != 0)
        start_later(c, pause_ms, now_ms);
    else if (served) {
        c->backoff_ms = 0;
        if (start(cs, slot) != 0)
            wait_for_restart(cs, slot, now_ms);
    } else if (is_wanted(cs, slot) && was == CHILD_STARTING)
        wait_for_restart(cs, slot, now_ms);
    assign_service(cs);
}

void
children_renew(struct children *cs)
{
    memset(cs->env_deaths, 0, sizeof(cs->env_deaths));
    cs->faults = (struct death_count){0};
    cs->damaged = SLOT_ENV_NONE;
    cs->store_started = cs->stopping = cs->worker_gave_up = false;
    for (unsigned i = 0; i <= SLOT_STORE; i++)
        cs->rows[i].backoff_ms = 0;
}

unsigned
children_reap(struct children *cs)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i <= SLOT_STORE; i++)
            if (child_is_alive(&cs->rows[i]) && cs->rows[i].pid == pid) {
                died(cs, i, status);
                break;
            }
    return cs->damaged;
}

static void
became_ready(struct children *cs, unsigned slot)
{
    struct child *c = &cs->rows[slot];

    if (c->state != CHILD_STARTING)
        return;
    c->state = CHILD_READY;
    if (slot == SLOT_STORE)
        cs->store_started = true;
    if (c->served_by >= 0)
        child_tell(cs, (unsigned) c->served_by, CHANNEL_UNSERVE,
                   (int32_t) c->index, -1);
    c->served_by = -1;
    assign_service(cs);
}

void
child_listen(struct children *cs, unsigned slot)
{
    struct child *c = &cs->rows[slot];
    struct channel_message m;
    int rc;

    while ((rc = channel_receive(c->channel, &m)) > 0) {
        if (m.fd >= 0)
            close(m.fd);
        if (m.type == CHANNEL_READY)
            became_ready(cs, slot);
    }
    if (rc < 0) {
        /* It will be reaped; a process that only closed it is stuck. */
        close(c->channel);
        c->channel = -1;
        if (cs->foreground && slot == 0)
            died(cs, 0, 0);
    }
}

/* How far beyond its bound the process of a slot has not turned, ms. */
static int64_t
overdue_ms(const struct children *cs, unsigned slot, int64_t now_ms)
{
    const struct child *c = &cs->rows[slot];
    int64_t idle_ms = now_ms - atomic_load(&cs->pages[slot].tick_ms);

    if (!child_is_alive(c) || c->aborted)
        return -1;
    if (c->state == CHILD_STARTING || c->state == CHILD_STOPPING)
        return idle_ms - START_MS;
    return idle_ms - TICK_MS;
}

/* Does the process use a processor, or wait for one?  A process that waits for
 * a disk or a lock, or is stopped, does not. */
static bool
is_running(pid_t pid)
{
    char path[64], state = '?';
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", (int) pid);
    f = fopen(path, "re");
    if (f == NULL)
        return false;
    while (state == '?' && fgets(path, sizeof(path), f) != NULL)
        sscanf(path, "State: %c", &state);
    fclose(f);
    return state == 'R';
}

/*
 * One that stands still may hold the lock that the others wait for.  So the
 * one that turned the longest ago goes first, and the others get the time to
 * go on.
 */
static void
watch_ticks(struct children *cs, int64_t now_ms)
{
    int64_t worst_ms = -1;
    unsigned worst = 0;

    /* If we stood still, so did they: the machine, or the terminal's stop. */
    if (now_ms > cs->watched_ms + PATIENCE_MS)
        cs->aborted_ms = now_ms;
    cs->watched_ms = now_ms;
    if (now_ms < cs->aborted_ms + PATIENCE_MS)
        return;
    for (unsigned i = 0; i <= SLOT_STORE; i++) {
        int64_t ms = overdue_ms(cs, i, now_ms);

        if (ms > worst_ms) {
            worst_ms = ms;
            worst = i;
        }
    }
    if (worst_ms < 0)
        return;
    log_write(cs->log, LOG_ALERT, 0,
              "%s process %d of slot %u: event loop is stuck, sending SIGABRT",
              role(worst), (int) cs->rows[worst].pid, worst);
    cs->rows[worst].was_running = is_running(cs->rows[worst].pid);
    kill(cs->rows[worst].pid, SIGABRT);
    cs->rows[worst].aborted = true;
    cs->rows[worst].kill_ms = now_ms + ABORT_MS;
    cs->aborted_ms = now_ms;
}

/* Each try logs what fails. */
static void
look_for_bus(struct children *cs, int64_t now_ms)
{
    if (now_ms < cs->bus_look_ms)
        return;
    cs->bus_look_ms = now_ms + BUS_LOOK_MS;
    if (!bus_folder_heal(cs->conf, cs->bus_dir, cs->log))
        cs->bus_look_ms = now_ms + BUS_RETRY_MS;
}

void
children_watch(struct children *cs, int64_t now_ms)
{
    look_for_bus(cs, now_ms);
    watch_ticks(cs, now_ms);
    for (unsigned i = 0; i <= SLOT_STORE; i++) {
        struct child *c = &cs->rows[i];

        if (c->state == CHILD_WAITING && !is_wanted(cs, i))
            c->state = CHILD_NONE;
        if (c->state == CHILD_WAITING && now_ms >= c->restart_ms &&
            start(cs, i) != 0)
            wait_for_restart(cs, i, now_ms);
        if (!child_is_alive(c))
            continue;
        if (c->kill_ms != 0 && now_ms >= c->kill_ms) {
            log_write(cs->log, LOG_ALERT, 0,
                      "%s process %d of slot %u does not stop, killing it",
                      role(i), (int) c->pid, i);
            kill(c->pid, SIGKILL);
            c->kill_ms = now_ms + ABORT_MS;
        }
    }
}
