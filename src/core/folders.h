/* The folders and sockets that the master makes before rights are dropped. */
#ifndef CORE_FOLDERS_H
#define CORE_FOLDERS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct core_conf;
struct log;

/*
 * Makes a folder (and those above it) of this mode; with is_given it belongs
 * to the user of the workers, and so do the files in it.  One that is there
 * keeps its mode.  0 or -1 (logged).
 */
int folder_make(const struct core_conf *core, const char *path, mode_t mode,
                bool is_given, struct log *log);

/*
 * Looks for a folder above or at path that this process may not enter: its
 * path in out, or NULL when the way is free as far as there are folders.
 */
const char *folder_find_closed(char out[PATH_MAX], const char *path);

/*
 * Makes run/, run/bus/ and opens the latter; the descriptor, or -1 (logged).
 */
int folders_make_run(const struct core_conf *core, struct log *log);

/*
 * The listening socket of a slot in the bus folder; -1 (logged).  The master
 * gives it to the user of the workers; core is NULL in one of theirs.
 */
int bus_socket_bind(const struct core_conf *core, int bus_dir, unsigned slot,
                    struct log *log);

/*
 * Which file a slot's socket is in the folder: all zero if there is none.  One
 * that is made anew differs.
 */
struct bus_file {
    ino_t inode;
    struct timespec changed;
};
struct bus_file bus_socket_file(int bus_dir, unsigned slot);

static inline bool
bus_file_is(const struct bus_file *a, const struct bus_file *b)
{
    return a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Removes what a slot's bus_socket_bind() left in the folder. */
void bus_socket_unlink(int bus_dir, unsigned slot);

/*
 * When somebody has removed the folder itself: the master makes it anew, the
 * others find what it has made, each behind the descriptor that it has.
 * False when the descriptor is of a removed folder all the same.
 */
bool bus_folder_heal(const struct core_conf *core, int bus_dir,
                     struct log *log);
bool bus_folder_find(int bus_dir);

/* The path that connects to a slot: short, whatever the folder is called. */
enum { BUS_PATH_MAX = 64 };
void bus_socket_path(char out[BUS_PATH_MAX], int bus_dir, unsigned slot);

/* Writes a small file whole, or not at all; 0 or -1 (logged). */
int file_write(const char *path, const char *text, struct log *log);

#endif
