#include "core/env_blame.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct range {
    uintptr_t begin;
    uintptr_t end;
};

/* All that a signal handler can reach. */
static struct {
    struct slot_env unwatched;
    struct slot_env *at; /* NULL: nobody looks */
    struct range maps[SLOT_ENV_COUNT];
    struct sigaction old_segv;
    struct sigaction old_bus;
} blame;

struct slot_env *
env_blame_at(void)
{
    return blame.at != NULL ? blame.at : &blame.unwatched;
}

/* Returns into the same fault, which is then handled as ever: a core file
 * shows where it was. */
static void
fault(int sig, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t) info->si_addr;
    bool is_write = sig == SIGSEGV && info->si_code == SEGV_ACCERR;

    (void) context;
    for (unsigned id = 0; id < SLOT_ENV_COUNT && !is_write; id++)
        if (address >= blame.maps[id].begin && address < blame.maps[id].end)
            atomic_store(&blame.at->now, id);
    sigaction(sig, sig == SIGSEGV ? &blame.old_segv : &blame.old_bus, NULL);
}

void
env_blame_watch(struct slot_env *at)
{
    struct sigaction action = {.sa_sigaction = fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};

    blame.at = at;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &blame.old_segv);
    sigaction(SIGBUS, &action, &blame.old_bus);
}

/* LMDB does not tell where its map is, the kernel does. */
static struct range
find_map(const struct stat *file)
{
    FILE *f = fopen("/proc/self/maps", "re");
    struct range range;
    unsigned major, minor;
    uint64_t inode;
    char line[512];

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %x:%x %" SCNu64,
                   &range.begin, &range.end, &major, &minor, &inode) == 5 &&
            inode == file->st_ino && makedev(major, minor) == file->st_dev) {
            fclose(f);
            return range;
        }
    if (f != NULL)
        fclose(f);
    return (struct range){0, 0};
}

void
env_blame_map(const struct env *env)
{
    struct stat st;
    int fd;

    if (blame.at != NULL && mdb_env_get_fd(env->mdb, &fd) == 0 &&
        fstat(fd, &st) == 0)
        blame.maps[env->conf.id] = find_map(&st);
}

void
env_blame_unmap(const struct env *env)
{
    blame.maps[env->conf.id] = (struct range){0, 0};
}
