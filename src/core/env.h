/*
 * One LMDB environment: a folder with data.mdb and lock.mdb, a fixed list of
 * tables, and the rules of LMDB that bite silently, kept in one place:
 *
 *  - It is opened after fork, once per process, without thread-local
 *    readers, never as a writable map (a stray write kills its author, not
 *    the file; a full disk is an error, not SIGBUS).  Before LMDB sees the
 *    file its two meta pages and its length are checked, since LMDB divides
 *    by what stands there and maps what should be there.
 *  - There is one read transaction, renewed at env_read_begin() and reset at
 *    env_read_end(), both within a turn: a standing reader keeps every page
 *    alive that was freed since.
 *  - A write transaction is one call of env_write(): begin, the function,
 *    commit, nothing else in between.  When the map or the disk is full stale
 *    readers are cleared and the function runs once more, so it must be
 *    repeatable.
 *  - Rows may take 25% more than the configured size; env_is_nearly_full()
 *    says when to refuse what can wait, so that running desks go on.  The map
 *    is larger still: LMDB needs room even to delete, and only
 *    env_write_reserve() may use that last part.  So a full environment is
 *    well again as soon as something is deleted.
 *
 * A commit that is synced, and env_sync(), may take as long as the disk likes.
 * Meanwhile the process does not turn, and must not be taken for stuck: for
 * ENV_SYNC_MS the tick that the watchdog reads is ahead of the time.  A sync
 * of more than ENV_SLOW_MS is logged once it is over.
 *
 * Each row has a CRC32C of its table, its key and itself (env_sum()), so that
 * what a disk or a memory has changed is an error and nothing else.  Those of
 * "meta" have it here; those of other tables in game/store/row.h.  The row
 * "schema" has none: each version of the daemon must be able to read it, and
 * another bit makes it another schema, which is not opened.
 *
 * LMDB without memory for itself ends the process, as elsewhere (mem.h).  So
 * does a page that LMDB finds damaged: with ENV_EXIT when it returns an error
 * that can have no other cause (env_is_damage()), and only in shared memory;
 * with SIGABRT, after a line that names the file, when it asserts.  The master
 * counts such deaths (env_blame.h) and has shared memory set aside.  A damaged
 * store is never set aside: what LMDB can refuse there is an error.
 *
 * Other errors are logged here, with the file and the directive that would
 * help, one line a minute for each kind, and one when the environment has
 * worked again for a while.  Functions on an environment return 0 or -1;
 * functions on a transaction return LMDB's code, because they run inside
 * env_write(), which needs it.
 */
#ifndef CORE_ENV_H
#define CORE_ENV_H

#include <lmdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log.h"
#include "core/slots.h"
#include "core/str.h"

enum {
    ENV_TABLES = 24,
    ENV_KEY_MAX = 511,  /* LMDB's default, compiled in */
    ENV_READERS = 2048, /* every slot of two generations */
    ENV_FULL_PERCENT = 75,
    ENV_RESERVE_PART = 16, /* the last part of the map: size / 16 ... */
    ENV_RESERVE_LEAST = 256 << 10, /* ... or more */
    ENV_SYNC_MS = 60 * 1000,
    ENV_SLOW_MS = 5 * 1000,
    ENV_KINDS = 4,            /* of errors that are told apart in the log */
    ENV_BAD_ROWS = 16,        /* bad rows that are told apart there */
    ENV_SAID_MS = 60 * 1000,  /* between two lines of a kind */
    ENV_QUIET_MS = 3 * 1000,  /* without an error: it works again */
    ENV_ROOM_TRIED = 1 << 20, /* bytes of a disk that is not full */
    ENV_LOST_PART = 8,        /* of the map: pages missing or too many by it */
    ENV_BOOT_ID = 36,         /* characters of random/boot_id */
    ENV_BAD_KEPT = 3,         /* files that were set aside */
    ENV_EXIT = 4              /* the exit status after damage */
};

struct env_conf {
    const char *path;          /* the folder; it exists */
    const char *directive;     /* "shared_memory" or "store", for log lines */
    const char *const *tables; /* names up to a NULL; at most ENV_TABLES */
    uint64_t size;             /* bytes as configured */
    uint32_t schema;           /* of the tables, from 1 */
    uint32_t schema_from;      /* the first that is read, too; 0: none */
    unsigned id;               /* SLOT_ENV_ */
    bool durable;              /* a commit waits for fsync */
    bool create;               /* make file and tables (store process) */
};

/* Why env_open() failed. */
enum env_trouble {
    ENV_FINE,
    ENV_UNUSABLE, /* no folder, no right, no space: the file is not to blame */
    ENV_DAMAGED,  /* not an LMDB file, or cut off */
    ENV_SCHEMA    /* tables of another version of the daemon */
};

/* An error that was logged. */
struct env_said {
    int rc;
    int64_t ms;
};

struct env {
    struct env_conf conf;
    struct log *log;
    MDB_env *mdb;        /* NULL: closed */
    struct slot_env *at; /* shows that the process is in it */
    MDB_txn *reader;
    unsigned readers;         /* depth of env_read_begin */
    _Atomic int64_t *tick_ms; /* of the process; NULL: nobody watches */
    bool is_open;
    bool syncs;  /* does a commit? */
    bool is_new; /* env_open() made the file */
    MDB_dbi meta;
    MDB_dbi dbi[ENV_TABLES];
    int64_t clock_offset_ms; /* of the row "clock" */
    uint64_t room;           /* pages that rows may take */
    int failing;             /* the error of the last call; 0: it worked */
    int64_t failed_ms;
    bool said_failing; /* the log says that it fails */
    struct env_said said[ENV_KINDS];
    struct env_said said_bad[ENV_BAD_ROWS]; /* rc: the sum of table and key */
    enum env_trouble trouble;
};

/*
 * Opens; conf's pointers must outlive env.  On -1 env->trouble says why, it
 * is logged and env is closed.
 */
int env_open(struct env *env, const struct env_conf *conf, struct log *log);

/*
 * Is it damaged?  Another schema is damage as well in a process that does not
 * start the daemon: the one that did has seen the right one.  Then the process
 * shows that it is in the environment, and should exit with ENV_EXIT.
 */
bool env_is_damaged(const struct env *env, bool first_start);

/* Closes; nothing on a closed one. */
void env_close(struct env *env);

/* fsync, whatever the environment's flags. */
int env_sync(struct env *env);

/*
 * The read transaction, NULL if there is none to have (logged).  Calls nest
 * and then share one snapshot: what is committed meanwhile shows only after
 * the outermost env_read_end().
 */
MDB_txn *env_read_begin(struct env *env);
void env_read_end(struct env *env);

/*
 * Runs fn in a write transaction and commits if it returns 0.  fn may run
 * twice; it returns LMDB's code, an errno, or ENV_DROP to leave everything
 * as it was.  Returns 0 committed, 1 dropped by fn, -1 failed (logged, the
 * code stays in env->failing) with nothing written.
 */
typedef int (*env_write_fn)(struct env *env, MDB_txn *txn, void *arg);
int env_write(struct env *env, env_write_fn fn, void *arg);

/*
 * The same for what deletes rows, or changes a few that are there: it may use
 * the last part of the map.
 */
int env_write_reserve(struct env *env, env_write_fn fn, void *arg);

/*
 * No errno and no code of LMDB.  ENV_BAD_ROW: a row that is needed cannot be
 * believed, which is logged; env_write() then fails without another word.
 */
enum { ENV_DROP = 1 << 20, ENV_MORE = 1 << 21, ENV_BAD_ROW = 1 << 22 };

/* As env_write_reserve, but synced to the disk even if the environment is
 * not. */
int env_write_synced(struct env *env, env_write_fn fn, void *arg);

/*
 * One row of a table (index into conf.tables).  env_get: 0, MDB_NOTFOUND or
 * an error; val borrows from the map until the transaction ends or writes.
 * env_del of an absent row is 0.  A key outside 1..511 bytes is
 * MDB_BAD_VALSIZE.
 */
int env_get(struct env *env, MDB_txn *txn, unsigned table, struct str key,
            struct str *val);
int env_put(struct env *env, MDB_txn *txn, unsigned table, struct str key,
            struct str val);
/* env_add: MDB_KEYEXIST if the row is there.  env_append: also if the key is
 * not behind all others; fills the pages better. */
int env_add(struct env *env, MDB_txn *txn, unsigned table, struct str key,
            struct str val);
int env_append(struct env *env, MDB_txn *txn, unsigned table, struct str key,
               struct str val);
int env_del(struct env *env, MDB_txn *txn, unsigned table, struct str key);

/* The last key of the table: 0, MDB_NOTFOUND or an error. */
int env_last(struct env *env, MDB_txn *txn, unsigned table, struct str *key);

/* The last key before `bound`: 0, MDB_NOTFOUND or an error. */
int env_before(struct env *env, MDB_txn *txn, unsigned table, struct str bound,
               struct str *key);

/* Number of rows. */
int env_rows(struct env *env, MDB_txn *txn, unsigned table, uint64_t *rows);

/*
 * Calls fn for at most `max` rows from key on (an empty key: from the
 * start) until it returns other than 0, which is returned; 0 at the end of
 * the table, ENV_MORE if max was reached before.  Keys come in order, else it
 * is MDB_CORRUPTED: who goes on behind the last one gets to the end.
 */
typedef int (*env_row_fn)(void *arg, struct str key, struct str val);
int env_walk(struct env *env, MDB_txn *txn, unsigned table, struct str key,
             unsigned max, env_row_fn fn, void *arg);

/*
 * Of keys that are pairs (env_key_pair): the second numbers beside `first`,
 * from `from` on, at most `max` in order.  How many, or -1 (logged).
 */
int env_seconds(struct env *env, MDB_txn *txn, unsigned table, uint64_t first,
                uint64_t from, uint64_t *seconds, unsigned max);

/* Numbers as keys: big-endian, so that their order is the table's. */
static inline struct str
env_key_u64(uint8_t buf[8], uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        buf[i] = (uint8_t) v;
    return (struct str){(const char *) buf, 8};
}

/* Two of them: what has the same `first` lies side by side. */
static inline struct str
env_key_pair(uint8_t buf[16], uint64_t first, uint64_t second)
{
    env_key_u64(buf, first);
    env_key_u64(buf + 8, second);
    return (struct str){(const char *) buf, 16};
}

static inline uint64_t
env_key_get_u64(struct str key)
{
    uint64_t v = 0;

    for (size_t i = 0; i < 8 && i < key.len; i++)
        v = v << 8 | (uint8_t) key.data[i];
    return v;
}

/* The sum of a row that stands under `key` in the table of this name. */
uint32_t env_sum(const char *table, struct str key, struct str val);

/*
 * Logs that a row is bad and why: its file, its table, its key (a number, two
 * with a comma, text, or "x" and hex), one line a minute for each row.
 * Returns ENV_BAD_ROW.
 */
int env_bad_row(struct env *env, const char *table, struct str key,
                const char *field, const char *why);

/* Logs what a function on a transaction returned; true if it was an error
 * (other than MDB_NOTFOUND). */
bool env_failed(struct env *env, int rc, const char *doing);

/* Does an error come of damage: of nothing that the machine may answer? */
bool env_is_damage(int rc);

/*
 * Of a full map: do the rows and the free pages together miss much of the
 * file, or have more than it?
 */
bool env_misses_pages(struct env *env);

/*
 * LMDB refuses everything after a header could not be written: the process
 * should end, its successor opens anew.
 */
static inline bool
env_is_lost(const struct env *env)
{
    return env->failing == MDB_PANIC;
}

/* Had the last write no room? */
static inline bool
env_is_full(const struct env *env)
{
    return env->failing == MDB_MAP_FULL;
}

/* How full it is.  Bytes; percent is of the configured size, so above 100
 * the reserve is in use. */
struct env_fill {
    uint64_t used;   /* rows, and what old readers keep from reuse */
    uint64_t pinned; /* of it: freed, but a reader may still look at it */
    uint64_t free;   /* given back, will be used again */
    unsigned percent;
};

int env_fill_get(struct env *env, struct env_fill *fill);

static inline bool
env_is_nearly_full(const struct env_fill *fill)
{
    return fill->percent > ENV_FULL_PERCENT;
}

/* Clears the readers of dead processes; their number or -1. */
int env_clear_readers(struct env *env);

/*
 * Logs each reader that is more than `behind` transactions behind, with its
 * pid; returns their number or -1.
 */
int env_report_readers(struct env *env, uint64_t behind);

/*
 * Trust (shared_memory).  The boot id is stored at start; the clean mark is
 * written by a stop, with the number of its own transaction: it counts only
 * while nothing was committed after it.
 */
bool env_is_trusted(struct env *env, const char *boot_id);
int env_set_boot_id(struct env *env, const char *boot_id); /* takes the mark */
int env_mark_clean(struct env *env);

/*
 * The clock by which everything in the environment is timed: milliseconds of
 * CLOCK_BOOTTIME and an offset.  It stands still from a clean mark to the next
 * start, be that in another boot: no deadline passes while nobody is there to
 * see it.  The offset is read at env_open() and set by env_set_boot_id();
 * meanwhile it does not change, so that all processes have the same.
 */
int64_t env_clock_ms(const struct env *env);

/* For env_open(): 0 or an error. */
int env_clock_read(struct env *env, MDB_txn *txn);

/* For env_open(), which writes: what was closed cleanly still is. */
int env_keep_clean(struct env *env, MDB_txn *txn);

/*
 * Renames data.mdb in the folder to data.mdb.bad.<stamp> and removes the
 * lock file; nobody may have it open who should not keep it.  Of such files
 * the last ENV_BAD_KEPT stay.  0 also when there is none.
 */
int env_set_aside(const char *path, const char *stamp, struct log *log);

#endif
