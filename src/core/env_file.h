/*
 * What an environment's files look like from outside, before LMDB opens
 * them: only env.c has a use for it.
 *
 * LMDB believes its meta pages: it divides by the page size that stands
 * there and reads, through its map, whatever page they point to; beyond the
 * end of the file that is SIGBUS.  So they are read with pread() first.
 */
#ifndef CORE_ENV_FILE_H
#define CORE_ENV_FILE_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

struct env_file {
    bool exists;
    uint64_t size;   /* bytes that are there */
    uint64_t needed; /* bytes that the newer meta page speaks of */
};

/*
 * Looks at data.mdb at path.  Returns NULL, or what is wrong: with *err an
 * errno if it could not be read, 0 if it is damaged.  A file shorter than
 * needed passes: see env_file_extend().
 */
const char *env_file_check(struct env_file *file, const char *path, int *err);

/*
 * A data file may end before its last page: a transaction that takes pages
 * at the end and frees them again never writes them.  Then all missing pages
 * stand in the list of free ones, and a hole can take their place.  If they
 * do not, the file was cut off.  The caller holds a write transaction, so
 * that nobody grows the file meanwhile.  Returns 0, MDB_CORRUPTED or an error.
 */
int env_file_extend(MDB_env *mdb);

/*
 * Makes lock.mdb with all the blocks that `readers` readers need.  LMDB
 * makes it sparse and writes it through a map, which on a full disk is
 * SIGBUS.  Returns 0 or an errno.
 */
int env_file_reserve_lock(const char *path, unsigned readers);

/*
 * Calls fn for each record of the list of free pages: the transaction that
 * freed them, the pages, their number; txn only reads.  Returns 0, fn's other
 * result, or LMDB's code.
 */
typedef int (*env_free_fn)(void *arg, uint64_t txnid, const size_t *pages,
                           size_t n);
int env_file_walk_free(MDB_txn *txn, env_free_fn fn, void *arg);

#endif
