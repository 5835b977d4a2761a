#include "core/folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/core_conf.h"
#include "core/log.h"

enum { BUS_BACKLOG = 1024 };

/* mkdir -p for what is above the last part of the path. */
static int
make_parents(const char *path)
{
    char part[PATH_MAX];

    if (strlen(path) >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(part, path);
    for (char *p = strchr(part + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return -1;
        *p = '/';
    }
    return 0;
}

/*
 * A file in a folder that changes hands.  Whoever had the folder could put
 * links to what is not theirs into it: only their own files are given, no
 * links, and none that has a second name.
 */
static int
give_file(const struct core_conf *core, int dir, uid_t owner, const char *name)
{
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISREG(st.st_mode) ||
        (st.st_uid == core->uid && st.st_gid == core->gid))
        return 0;
    if (st.st_nlink != 1 || (st.st_uid != owner && st.st_uid != core->uid)) {
        errno = EPERM;
        return -1;
    }
    return fchownat(dir, name, core->uid, core->gid, AT_SYMLINK_NOFOLLOW);
}

/*
 * Gives folder and files to the user of the workers, who may be another one
 * than at the last start.  The folder goes last: what was begun and not ended
 * can be done again.
 */
static int
give(const struct core_conf *core, const char *path, struct log *log)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    struct stat st;
    int rc = -1;

    if (dir == NULL || fstat(fd, &st) != 0) {
        log_write(log, LOG_EMERG, errno, "open() \"%s\" failed", path);
        goto done;
    }
    rc = 0;
    if (st.st_uid == core->uid && st.st_gid == core->gid)
        goto done; /* and what else is in it is its owner's business */
    rc = -1;
    while ((entry = readdir(dir)) != NULL) {
        if (give_file(core, fd, st.st_uid, entry->d_name) == 0)
            continue;
        log_write(log, LOG_EMERG, errno,
                  "\"%s/%s\" cannot be given to user \"%s\"", path,
                  entry->d_name, core->user_name);
        goto done;
    }
    rc = fchown(fd, core->uid, core->gid);
    if (rc != 0)
        log_write(log, LOG_EMERG, errno, "chown() \"%s\" failed", path);
done:
    if (dir != NULL)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    return rc;
}

int
folder_make(const struct core_conf *core, const char *path, mode_t mode,
            bool is_given, struct log *log)
{
    if (make_parents(path) != 0 ||
        (mkdir(path, mode) != 0 && errno != EEXIST)) {
        log_write(log, LOG_EMERG, errno, "mkdir() \"%s\" failed", path);
        return -1;
    }
    return is_given && core->switch_user ? give(core, path, log) : 0;
}

const char *
folder_find_closed(char out[PATH_MAX], const char *path)
{
    size_t len = 0;

    while (len < PATH_MAX - 1 && path[len] != '\0') {
        out[len] = path[len];
        len++;
        if (path[len] != '/' && path[len] != '\0')
            continue;
        out[len] = '\0';
        if (faccessat(AT_FDCWD, out, X_OK, AT_EACCESS) != 0)
            return errno == EACCES ? out : NULL;
    }
    return NULL;
}

int
folders_make_run(const struct core_conf *core, struct log *log)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/bus", core->run_dir);
    if (folder_make(core, core->run_dir, 0755, false, log) != 0 ||
        folder_make(core, path, 0700, true, log) != 0)
        return -1;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && fchmod(fd, 0700) == 0)
        return fd;
    log_write(log, LOG_EMERG, errno, "%s \"%s\" failed",
              fd < 0 ? "open()" : "chmod()", path);
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool
is_removed(int dir)
{
    struct stat st;

    return fstat(dir, &st) == 0 && st.st_nlink == 0;
}

/* From now on `dir` is what `fd` is, which is closed. */
static bool
replace(int dir, int fd)
{
    bool done = fd >= 0 && dup3(fd, dir, O_CLOEXEC) >= 0;

    if (fd >= 0)
        close(fd);
    return done;
}

bool
bus_folder_heal(const struct core_conf *core, int bus_dir, struct log *log)
{
    if (!is_removed(bus_dir))
        return true;
    if (!replace(bus_dir, folders_make_run(core, log)))
        return false;
    log_write(log, LOG_WARN, 0, "the folder \"%s/bus\" was gone: made anew",
              core->run_dir);
    return true;
}

/* A removed folder still knows its parent. */
bool
bus_folder_find(int bus_dir)
{
    return !is_removed(bus_dir) ||
           replace(bus_dir,
                   openat(bus_dir, "../bus",
                          O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

void
bus_socket_path(char out[BUS_PATH_MAX], int bus_dir, unsigned slot)
{
    snprintf(out, BUS_PATH_MAX, "/proc/self/fd/%d/%u", bus_dir, slot);
}

void
bus_socket_unlink(int bus_dir, unsigned slot)
{
    char name[16];

    snprintf(name, sizeof(name), "%u", slot);
    unlinkat(bus_dir, name, 0);
}

struct bus_file
bus_socket_file(int bus_dir, unsigned slot)
{
    struct stat st;
    char name[16];

    snprintf(name, sizeof(name), "%u", slot);
    if (fstatat(bus_dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return (struct bus_file){0};
    return (struct bus_file){st.st_ino, st.st_ctim};
}

int
bus_socket_bind(const struct core_conf *core, int bus_dir, unsigned slot,
                struct log *log)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    char name[16];
    int fd;

    snprintf(name, sizeof(name), "%u", slot);
    bus_socket_unlink(bus_dir, slot);
    bus_socket_path(sun.sun_path, bus_dir, slot);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *) &sun, sizeof(sun)) != 0 ||
        fchmodat(bus_dir, name, 0600, 0) != 0 ||
        (core != NULL && core->switch_user &&
         fchownat(bus_dir, name, core->uid, core->gid, AT_SYMLINK_NOFOLLOW) !=
             0) ||
        listen(fd, BUS_BACKLOG) != 0) {
        log_write(log, LOG_EMERG, errno, "bus socket %s%s%u failed",
                  core != NULL ? core->run_dir : "",
                  core != NULL ? "/bus/" : "", slot);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

int
file_write(const char *path, const char *text, struct log *log)
{
    char temporary[PATH_MAX];
    size_t len = strlen(text);
    int fd;

    snprintf(temporary, sizeof(temporary), "%s.new", path);
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0644);
    if (fd < 0)
        goto fail;
    if (write(fd, text, len) != (ssize_t) len) {
        close(fd);
        goto fail;
    }
    close(fd);
    if (rename(temporary, path) == 0)
        return 0;
fail:
    log_write(log, LOG_EMERG, errno, "writing \"%s\" failed", path);
    return -1;
}
