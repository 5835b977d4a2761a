#include "core/env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/crc32c.h"
#include "core/env_blame.h"
#include "core/env_file.h"
#include "core/folders.h"
#include "core/mem.h"

static const char meta_name[] = "meta";
static const struct str key_schema = STR_INIT("schema");

static void
file_path(char out[PATH_MAX], const char *folder, const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", folder, name);
}

/* A short write is EIO to LMDB; what it means is a full disk. */
static bool
is_disk_full(const struct env *env, int rc)
{
    struct statvfs fs;

    if (rc == ENOSPC || rc == EDQUOT)
        return true;
    return rc == EIO && statvfs(env->conf.path, &fs) == 0 && fs.f_bavail == 0;
}

/* Is it to be said?  Each kind once a minute; the oldest makes room. */
static bool
is_to_be_said(struct env_said *list, unsigned n, int rc, int64_t now_ms)
{
    struct env_said *at = list;

    for (struct env_said *said = list; said < list + n; said++) {
        if (said->ms != 0 && said->rc == rc && now_ms - said->ms < ENV_SAID_MS)
            return false;
        if (said->rc == rc || (at->rc != rc && said->ms < at->ms))
            at = said;
    }
    *at = (struct env_said){rc, now_ms};
    return true;
}

/*
 * What the machine and the limits of the conf may answer is listed; all else
 * comes of what stands in the file, which leads LMDB to keys that are there
 * already, to pages that are not, to a position further than files go.
 */
bool
env_is_damage(int rc)
{
    switch (rc) {
    case 0:
    case EIO:
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EACCES:
    case EPERM:
    case ENOMEM:
    case EAGAIN:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ESTALE:
    case ENODEV:
    case ENXIO:
    case MDB_MAP_FULL:
    case MDB_READERS_FULL:
    case MDB_BAD_VALSIZE:
    case MDB_PANIC:
        return false;
    }
    return true;
}

/* A file without a name takes so much as no write of LMDB is short of. */
static bool
has_disk_room(const struct env *env)
{
    static const char zeros[64 << 10];
    int fd = open(env->conf.path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    bool room = fd >= 0;

    for (int i = 0; room && i < ENV_ROOM_TRIED / (int) sizeof(zeros); i++)
        room = write(fd, zeros, sizeof(zeros)) == (ssize_t) sizeof(zeros);
    if (fd >= 0)
        close(fd);
    return room;
}

/*
 * What an error of a write means.  LMDB returns EIO for a write that was
 * short, which leaves errno as it was: the disk is full, or a damaged page
 * told of a length that memory does not have.  And a map may be full of pages
 * that nobody has, or of rows that a damaged page tells of.
 */
static int
find_cause(struct env *env, int rc)
{
    bool was_short = rc == EIO && errno != EIO;

    if (was_short && has_disk_room(env))
        return MDB_CORRUPTED;
    if (rc == MDB_MAP_FULL && env_misses_pages(env))
        return MDB_CORRUPTED;
    return rc;
}

/* The master counts this as a death in shared memory. */
static void
give_up(const struct env *env, int rc, const char *doing)
{
    log_write(env->log, LOG_CRIT, 0,
              "%s failed: \"%s/data.mdb\" is damaged (\"path\" in \"%s\"): "
              "%s; ending this process",
              doing, env->conf.path, env->conf.directive, mdb_strerror(rc));
    env_enter(env);
    _exit(ENV_EXIT);
}

/* LMDB is about to abort. */
static void
asserted(MDB_env *mdb, const char *text)
{
    const struct env *env = mdb_env_get_userctx(mdb);

    log_write(env->log, LOG_CRIT, 0,
              "\"%s/data.mdb\" is damaged (\"path\" in \"%s\"): LMDB says "
              "\"%s\"",
              env->conf.path, env->conf.directive, text);
    env_enter(env);
    abort();
}

static void
report(struct env *env, int rc, const char *doing)
{
    const struct env_conf *conf = &env->conf;
    const char *path = conf->path, *block = conf->directive;

    if (rc == ENOMEM && env->is_open) /* before that it may be the map */
        mem_exhausted();
    if (env_is_damage(rc) && env->is_open && conf->id == SLOT_ENV_SHARED)
        give_up(env, rc, doing);
    if (env_is_damage(rc) && env->is_open)
        atomic_store(&env->at->found, conf->id);
    env->failing = rc;
    env->failed_ms = clock_boot_ms();
    if (!is_to_be_said(env->said, ENV_KINDS, rc, env->failed_ms))
        return;
    env->said_failing = true;
    if (rc == MDB_MAP_FULL)
        log_write(env->log, LOG_CRIT, 0,
                  "%s failed: \"%s/data.mdb\" is full, raise \"size\" in "
                  "\"%s\" (now %" PRIu64 " bytes)",
                  doing, path, block, conf->size);
    else if (is_disk_full(env, rc))
        log_write(env->log, LOG_CRIT, rc,
                  "%s failed: no room on the file system of "
                  "\"%s/data.mdb\" (\"path\" in \"%s\")",
                  doing, path, block);
    else if (rc == EROFS || rc == EACCES || rc == EPERM)
        log_write(env->log, LOG_CRIT, rc,
                  "%s failed: \"%s\" cannot be written (\"path\" in \"%s\")",
                  doing, path, block);
    else if (rc == MDB_READERS_FULL)
        log_write(env->log, LOG_CRIT, 0,
                  "%s failed: more than %d readers in \"%s/lock.mdb\" "
                  "(\"path\" in \"%s\")",
                  doing, ENV_READERS, path, block);
    else
        log_write(env->log, LOG_CRIT, rc > 0 ? rc : 0,
                  "%s failed: \"%s/data.mdb\" (\"path\" in \"%s\")%s%s", doing,
                  path, block, rc < 0 ? ": " : "",
                  rc < 0 ? mdb_strerror(rc) : "");
}

bool
env_failed(struct env *env, int rc, const char *doing)
{
    if (rc == 0 || rc == MDB_NOTFOUND)
        return false;
    if (rc != ENV_BAD_ROW)
        report(env, rc, doing);
    return true;
}

uint32_t
env_sum(const char *table, struct str key, struct str val)
{
    uint32_t sum = crc32c(0, table, strlen(table) + 1);

    sum = crc32c(sum, key.data, key.len);
    return crc32c(sum, val.data, val.len);
}

/* Room for any key of ours in hex; a longer one is cut. */
enum { KEY_SHOWN = 160 };

/* A number, two with a comma, text, or "x" and hex. */
static const char *
show_key(char out[KEY_SHOWN], struct str key)
{
    bool is_text = key.len < KEY_SHOWN;

    for (size_t i = 0; i < key.len; i++)
        is_text &= key.data[i] > ' ' && key.data[i] <= '~';
    if (is_text) {
        snprintf(out, KEY_SHOWN, "%.*s", (int) key.len, key.data);
    } else if (key.len == 8) {
        snprintf(out, KEY_SHOWN, "%" PRIu64, env_key_get_u64(key));
    } else if (key.len == 16) {
        snprintf(out, KEY_SHOWN, "%" PRIu64 ",%" PRIu64, env_key_get_u64(key),
                 env_key_get_u64((struct str){key.data + 8, 8}));
    } else {
        snprintf(out, KEY_SHOWN, "x");
        for (size_t i = 0; i < key.len && 2 * i + 3 < KEY_SHOWN; i++)
            snprintf(out + 2 * i + 1, 3, "%02x", (uint8_t) key.data[i]);
    }
    return out;
}

int
env_bad_row(struct env *env, const char *table, struct str key,
            const char *field, const char *why)
{
    int row = (int) env_sum(table, key, (struct str){"", 0});
    char shown[KEY_SHOWN];

    if (is_to_be_said(env->said_bad, ENV_BAD_ROWS, row, clock_boot_ms()))
        log_limited(env->log, LOG_CRIT, 0,
                    "bad row \"%s\" of table \"%s\" in \"%s/data.mdb\": %s "
                    "%s",
                    show_key(shown, key), table, env->conf.path, field, why);
    return ENV_BAD_ROW;
}

/* ---- opening ---- */

/* What players own is nobody else's business, whoever has copied it here. */
static void
narrow(struct env *env, const char *path, mode_t mode)
{
    struct stat st;

    if (lstat(path, &st) != 0 || S_ISLNK(st.st_mode) ||
        st.st_uid != geteuid() || (st.st_mode & 077) == 0)
        return;
    if (chmod(path, mode) != 0)
        log_write(env->log, LOG_WARN, errno, "chmod() \"%s\" failed", path);
    else
        log_write(env->log, LOG_NOTICE, 0,
                  "\"%s\" had mode %04o, made %04o (\"path\" in \"%s\")", path,
                  (unsigned) st.st_mode & 07777, (unsigned) mode,
                  env->conf.directive);
}

/* Looks at the files before LMDB does. */
static int
check_files(struct env *env, struct env_file *file)
{
    const struct env_conf *conf = &env->conf;
    char path[PATH_MAX], closed[PATH_MAX];
    const char *why;
    int err;

    file_path(path, conf->path, "data.mdb");
    why = env_file_check(file, path, &err);
    if (why == NULL && !file->exists && !conf->create) {
        why = "does not exist";
        err = ENOENT;
    }
    if (why != NULL) {
        env->trouble = err ? ENV_UNUSABLE : ENV_DAMAGED;
        if (err == EACCES && folder_find_closed(closed, conf->path) != NULL) {
            log_write(env->log, LOG_CRIT, err,
                      "\"%s\" (\"path\" in \"%s\") is out of reach: the "
                      "user of this process, uid %u, cannot enter \"%s\"",
                      conf->path, conf->directive, (unsigned) geteuid(),
                      closed);
            return -1;
        }
        log_write(env->log, LOG_CRIT, err, "\"%s\" %s (\"path\" in \"%s\")",
                  path, why, conf->directive);
        return -1;
    }
    if (!conf->create)
        return 0;
    file_path(path, conf->path, "lock.mdb");
    err = env_file_reserve_lock(path, ENV_READERS);
    if (err != 0) {
        env->trouble = ENV_UNUSABLE;
        report(env, err, "making lock.mdb");
        return -1;
    }
    narrow(env, conf->path, 0700);
    narrow(env, path, 0600);
    file_path(path, conf->path, "data.mdb");
    narrow(env, path, 0600);
    return 0;
}

static int
open_mdb(struct env *env)
{
    const struct env_conf *conf = &env->conf;
    uint64_t page = (uint64_t) sysconf(_SC_PAGESIZE);
    uint64_t room = conf->size + conf->size / 4;
    uint64_t reserve = conf->size / ENV_RESERVE_PART;
    unsigned flags = MDB_NOTLS | (conf->durable ? 0 : MDB_NOSYNC);
    int rc, dead;

    rc = mdb_env_create(&env->mdb);
    if (rc != 0)
        return rc;
    if (reserve < ENV_RESERVE_LEAST)
        reserve = ENV_RESERVE_LEAST;
    env->room = (room + page - 1) / page;
    mdb_env_set_mapsize(env->mdb, (room + reserve + page - 1) / page * page);
    mdb_env_set_maxdbs(env->mdb, ENV_TABLES + 1);
    mdb_env_set_maxreaders(env->mdb, ENV_READERS);
    mdb_env_set_userctx(env->mdb, env);
    mdb_env_set_assert(env->mdb, asserted);
    rc = mdb_env_open(env->mdb, conf->path, flags, 0600);
    if (rc == 0)
        env_blame_map(env);
    if (rc == 0 && conf->create)
        rc = mdb_reader_check(env->mdb, &dead);
    return rc;
}

/* The schema row is the msgpack array [1, uint64]. */
static void
pack_u64(uint8_t out[11], uint64_t v)
{
    memcpy(out, "\x92\x01\xcf", 3);
    env_key_u64(out + 3, v);
}

static int
put_schema(struct env *env, MDB_txn *txn)
{
    uint8_t row[11];
    MDB_val key = {key_schema.len, (void *) (uintptr_t) key_schema.data};
    MDB_val val = {sizeof(row), row};

    pack_u64(row, env->conf.schema);
    return mdb_put(txn, env->meta, &key, &val, 0);
}

/* Of what was written with an older schema all rows can be read; only who may
 * write says so. */
static int
check_schema(struct env *env, MDB_txn *txn)
{
    const struct env_conf *conf = &env->conf;
    MDB_val key = {key_schema.len, (void *) (uintptr_t) key_schema.data}, val;
    uint64_t schema = 0;
    uint8_t want[11];
    int rc;

    rc = mdb_get(txn, env->meta, &key, &val);
    if (rc == MDB_NOTFOUND && conf->create && mdb_txn_id(txn) == 1) {
        env->is_new = true;
        return put_schema(env, txn);
    }
    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    pack_u64(want, conf->schema);
    if (rc == 0 && val.mv_size == sizeof(want) &&
        memcmp(val.mv_data, want, 3) == 0)
        schema = env_key_get_u64((struct str){(char *) val.mv_data + 3, 8});
    if (schema == conf->schema)
        return 0;
    if (conf->create && conf->schema_from != 0 &&
        schema >= conf->schema_from && schema < conf->schema) {
        rc = put_schema(env, txn);
        return rc != 0 ? rc : env_keep_clean(env, txn);
    }
    env->trouble = ENV_SCHEMA;
    return MDB_INCOMPATIBLE;
}

static int
open_tables(struct env *env, bool is_short)
{
    const struct env_conf *conf = &env->conf;
    unsigned flags = conf->create ? MDB_CREATE : 0;
    MDB_txn *txn;
    int rc;

    rc = mdb_txn_begin(env->mdb, NULL, conf->create ? 0 : MDB_RDONLY, &txn);
    if (rc != 0)
        return rc;
    if (is_short && conf->create)
        rc = env_file_extend(env->mdb);
    if (rc == 0)
        rc = mdb_dbi_open(txn, meta_name, flags, &env->meta);
    if (rc == 0)
        rc = check_schema(env, txn);
    for (unsigned i = 0; rc == 0 && conf->tables[i] != NULL; i++)
        rc = mdb_dbi_open(txn, conf->tables[i], flags, &env->dbi[i]);
    if (rc == 0)
        rc = env_clock_read(env, txn);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    if (conf->durable || !conf->create)
        return mdb_txn_commit(txn);
    /* synced: what is marked clean must be on the disk */
    mdb_env_set_flags(env->mdb, MDB_NOSYNC, 0);
    rc = mdb_txn_commit(txn);
    mdb_env_set_flags(env->mdb, MDB_NOSYNC, 1);
    return rc;
}

/* What kind of trouble an error at opening is; found: LMDB had opened it. */
static enum env_trouble
judge(const struct env *env, int rc, bool found)
{
    if (env->trouble != ENV_FINE)
        return env->trouble;
    if (found && env_is_damage(rc))
        return ENV_DAMAGED;
    switch (rc) {
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH:
        return ENV_DAMAGED;
    }
    return ENV_UNUSABLE;
}

static void
remove_files(const struct env *env)
{
    char path[PATH_MAX];

    file_path(path, env->conf.path, "data.mdb");
    unlink(path);
    file_path(path, env->conf.path, "lock.mdb");
    unlink(path);
}

int
env_open(struct env *env, const struct env_conf *conf, struct log *log)
{
    struct env_file file;
    bool found;
    int rc;

    memset(env, 0, sizeof(*env));
    env->conf = *conf;
    env->log = log;
    env->at = env_blame_at();
    if (check_files(env, &file) != 0)
        return -1;
    env_enter(env);
    rc = open_mdb(env);
    found = rc == 0;
    if (found)
        rc = open_tables(env, file.exists && file.size < file.needed);
    env_leave(env);
    env->is_open = rc == 0;
    env->syncs = conf->durable;
    if (rc == 0)
        return 0;
    env->trouble = judge(env, rc, found);
    if (env->trouble == ENV_SCHEMA)
        log_write(log, LOG_CRIT, 0,
                  "\"%s/data.mdb\" (\"path\" in \"%s\") was written by "
                  "another version: its schema is not %u",
                  conf->path, conf->directive, conf->schema);
    else
        report(env, rc, "opening");
    env_blame_unmap(env);
    mdb_env_close(env->mdb);
    env->mdb = NULL;
    if (!file.exists && conf->create)
        remove_files(env); /* half made: an empty file would look damaged */
    return -1;
}

bool
env_is_damaged(const struct env *env, bool first_start)
{
    if (env->trouble != ENV_DAMAGED &&
        (env->trouble != ENV_SCHEMA || first_start))
        return false;
    env_enter(env);
    return true;
}

void
env_close(struct env *env)
{
    if (env->mdb == NULL)
        return;
    if (env->reader != NULL)
        mdb_txn_abort(env->reader);
    env_blame_unmap(env);
    mdb_env_close(env->mdb);
    env->mdb = NULL;
    env->is_open = false;
    env->reader = NULL;
    env->readers = 0;
}

/* A sync begins: its time, for sync_end(). */
static int64_t
sync_begin(struct env *env)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);

    if (env->tick_ms != NULL)
        atomic_store(env->tick_ms, now_ms + ENV_SYNC_MS);
    return now_ms;
}

static void
sync_end(struct env *env, int64_t since_ms)
{
    int64_t now_ms = clock_ms(CLOCK_MONOTONIC);

    if (env->tick_ms != NULL)
        atomic_store(env->tick_ms, now_ms);
    if (now_ms - since_ms >= ENV_SLOW_MS)
        log_write(env->log, LOG_WARN, 0,
                  "a sync of \"%s/data.mdb\" took %lld ms: the disk is slow "
                  "(\"path\" in \"%s\")",
                  env->conf.path, (long long) (now_ms - since_ms),
                  env->conf.directive);
}

int
env_sync(struct env *env)
{
    int64_t since_ms = sync_begin(env);
    int rc;

    env_enter(env);
    rc = mdb_env_sync(env->mdb, 1);
    env_leave(env);
    sync_end(env, since_ms);
    return env_failed(env, rc, "sync") ? -1 : 0;
}

static int
commit(struct env *env, MDB_txn *txn)
{
    int64_t since_ms;
    int rc;

    since_ms = env->syncs ? sync_begin(env) : 0;
    env_enter(env);
    errno = 0; /* see find_cause() */
    rc = mdb_txn_commit(txn);
    env_leave(env);
    if (env->syncs)
        sync_end(env, since_ms);
    return rc;
}

static int
is_bad_file(const struct dirent *file)
{
    return strncmp(file->d_name, "data.mdb.bad.", 13) == 0;
}

/* The oldest of the files that were set aside go. */
static void
drop_bad(const char *path)
{
    struct dirent **files;
    char file[PATH_MAX];
    int n = scandir(path, &files, is_bad_file, alphasort);

    for (int i = 0; i < n; i++) {
        file_path(file, path, files[i]->d_name);
        if (i < n - ENV_BAD_KEPT)
            unlink(file);
        free(files[i]);
    }
    if (n >= 0)
        free(files);
}

int
env_set_aside(const char *path, const char *stamp, struct log *log)
{
    char from[PATH_MAX], to[PATH_MAX + 64];

    file_path(from, path, "data.mdb");
    snprintf(to, sizeof(to), "%s.bad.%s", from, stamp);
    for (unsigned i = 2; access(to, F_OK) == 0; i++)
        snprintf(to, sizeof(to), "%s.bad.%s-%u", from, stamp, i);
    if (rename(from, to) != 0) {
        if (errno == ENOENT)
            return 0;
        log_write(log, LOG_CRIT, errno, "cannot rename \"%s\" to \"%s\"", from,
                  to);
        return -1;
    }
    file_path(from, path, "lock.mdb");
    if (unlink(from) != 0 && errno != ENOENT) {
        log_write(log, LOG_CRIT, errno, "cannot remove \"%s\"", from);
        return -1;
    }
    log_write(log, LOG_WARN, 0, "set aside as \"%s\"", to);
    drop_bad(path);
    return 0;
}

/* ---- transactions ---- */

MDB_txn *
env_read_begin(struct env *env)
{
    int rc;

    if (env->readers++ > 0)
        return env->reader;
    env_enter(env);
    if (env->reader != NULL)
        rc = mdb_txn_renew(env->reader);
    else
        rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &env->reader);
    env_leave(env);
    if (rc == 0)
        return env->reader;
    report(env, rc, "reading");
    if (env->reader != NULL)
        mdb_txn_abort(env->reader);
    env->reader = NULL;
    env->readers = 0;
    return NULL;
}

void
env_read_end(struct env *env)
{
    if (--env->readers == 0)
        mdb_txn_reset(env->reader);
}

/*
 * MDB_MAP_FULL if the rows take more than they may.  Only a file that was
 * once so large can be: the tables need not be counted before.
 */
static int
check_room(struct env *env, MDB_txn *txn)
{
    MDB_envinfo info;
    MDB_stat st;
    uint64_t pages = 0;
    int rc = mdb_env_info(env->mdb, &info);

    if (rc != 0 || info.me_last_pgno < env->room)
        return rc;
    for (unsigned i = 0; rc == 0 && env->conf.tables[i] != NULL; i++) {
        env_enter(env);
        rc = mdb_stat(txn, env->dbi[i], &st);
        env_leave(env);
        if (rc == 0)
            pages += st.ms_branch_pages + st.ms_leaf_pages +
                     st.ms_overflow_pages;
    }
    return rc == 0 && pages > env->room ? MDB_MAP_FULL : rc;
}

static int
attempt(struct env *env, env_write_fn fn, void *arg, bool reserve)
{
    MDB_txn *txn;
    int rc;

    rc = mdb_txn_begin(env->mdb, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = fn(env, txn, arg);
    if (rc == 0 && !reserve)
        rc = check_room(env, txn);
    if (rc == 0)
        return commit(env, txn);
    env_enter(env);
    mdb_txn_abort(txn);
    env_leave(env);
    return rc;
}

static int
nothing(struct env *env, MDB_txn *txn, void *arg)
{
    (void) env;
    (void) txn;
    (void) arg;
    return ENV_DROP;
}

/* It worked; said only after a while, as the next one may fail again. */
static void
works(struct env *env)
{
    env->failing = 0;
    if (!env->said_failing || clock_boot_ms() - env->failed_ms < ENV_QUIET_MS)
        return;
    log_write(env->log, LOG_NOTICE, 0, "\"%s/data.mdb\" works again",
              env->conf.path);
    env->said_failing = false;
}

static int
write_rows(struct env *env, env_write_fn fn, void *arg, bool reserve)
{
    int rc, dead;

    rc = attempt(env, fn, arg, reserve);
    if ((rc == MDB_MAP_FULL || (rc > 0 && is_disk_full(env, rc))) &&
        mdb_reader_check(env->mdb, &dead) == 0)
        rc = attempt(env, fn, arg, reserve);
    if (rc == ENV_DROP)
        return 1;
    if (rc == ENV_BAD_ROW) {
        env->failing = rc;
        return -1;
    }
    if (rc != 0) {
        report(env, find_cause(env, rc), "commit");
        /* if it was the last one that is known now, not with the next */
        if (attempt(env, nothing, NULL, true) == MDB_PANIC)
            report(env, MDB_PANIC, "commit");
        return -1;
    }
    works(env);
    return 0;
}

int
env_write(struct env *env, env_write_fn fn, void *arg)
{
    return write_rows(env, fn, arg, false);
}

int
env_write_reserve(struct env *env, env_write_fn fn, void *arg)
{
    return write_rows(env, fn, arg, true);
}

int
env_write_synced(struct env *env, env_write_fn fn, void *arg)
{
    int rc;

    if (env->conf.durable)
        return env_write_reserve(env, fn, arg);
    mdb_env_set_flags(env->mdb, MDB_NOSYNC, 0);
    env->syncs = true;
    rc = env_write_reserve(env, fn, arg);
    env->syncs = false;
    mdb_env_set_flags(env->mdb, MDB_NOSYNC, 1);
    return rc;
}

/* ---- rows ---- */

static MDB_val
as_val(struct str s)
{
    return (MDB_val){s.len, (void *) (uintptr_t) s.data};
}

static struct str
as_str(MDB_val v)
{
    return (struct str){v.mv_data, v.mv_size};
}

static bool
is_key(struct str key)
{
    return key.len >= 1 && key.len <= ENV_KEY_MAX;
}

int
env_get(struct env *env, MDB_txn *txn, unsigned table, struct str key,
        struct str *val)
{
    MDB_val k = as_val(key), v;
    int rc;

    if (!is_key(key))
        return MDB_BAD_VALSIZE;
    env_enter(env);
    rc = mdb_get(txn, env->dbi[table], &k, &v);
    env_leave(env);
    if (rc == 0)
        *val = as_str(v);
    return rc;
}

static int
put(struct env *env, MDB_txn *txn, unsigned table, struct str key,
    struct str val, unsigned flags)
{
    MDB_val k = as_val(key), v = as_val(val);
    int rc;

    if (!is_key(key))
        return MDB_BAD_VALSIZE;
    env_enter(env);
    rc = mdb_put(txn, env->dbi[table], &k, &v, flags);
    env_leave(env);
    return rc;
}

int
env_put(struct env *env, MDB_txn *txn, unsigned table, struct str key,
        struct str val)
{
    return put(env, txn, table, key, val, 0);
}

int
env_add(struct env *env, MDB_txn *txn, unsigned table, struct str key,
        struct str val)
{
    return put(env, txn, table, key, val, MDB_NOOVERWRITE);
}

int
env_append(struct env *env, MDB_txn *txn, unsigned table, struct str key,
           struct str val)
{
    return put(env, txn, table, key, val, MDB_APPEND);
}

int
env_del(struct env *env, MDB_txn *txn, unsigned table, struct str key)
{
    MDB_val k = as_val(key);
    int rc;

    if (!is_key(key))
        return MDB_BAD_VALSIZE;
    env_enter(env);
    rc = mdb_del(txn, env->dbi[table], &k, NULL);
    env_leave(env);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
look(struct env *env, MDB_cursor *cursor, MDB_val *k, MDB_val *v,
     MDB_cursor_op op)
{
    int rc;

    env_enter(env);
    rc = mdb_cursor_get(cursor, k, v, op);
    env_leave(env);
    return rc;
}

int
env_last(struct env *env, MDB_txn *txn, unsigned table, struct str *key)
{
    MDB_cursor *cursor;
    MDB_val k, v;
    int rc;

    rc = mdb_cursor_open(txn, env->dbi[table], &cursor);
    if (rc != 0)
        return rc;
    rc = look(env, cursor, &k, &v, MDB_LAST);
    if (rc == 0)
        *key = as_str(k);
    mdb_cursor_close(cursor);
    return rc;
}

int
env_before(struct env *env, MDB_txn *txn, unsigned table, struct str bound,
           struct str *key)
{
    MDB_cursor *cursor;
    MDB_val k = as_val(bound), v;
    int rc;

    rc = mdb_cursor_open(txn, env->dbi[table], &cursor);
    if (rc != 0)
        return rc;
    rc = look(env, cursor, &k, &v, MDB_SET_RANGE);
    if (rc == 0)
        rc = look(env, cursor, &k, &v, MDB_PREV);
    else if (rc == MDB_NOTFOUND)
        rc = look(env, cursor, &k, &v, MDB_LAST);
    if (rc == 0)
        *key = as_str(k);
    mdb_cursor_close(cursor);
    return rc;
}

int
env_rows(struct env *env, MDB_txn *txn, unsigned table, uint64_t *rows)
{
    MDB_stat st;
    int rc = mdb_stat(txn, env->dbi[table], &st);

    if (rc == 0)
        *rows = st.ms_entries;
    return rc;
}

/* The key of the row that a walk has come to. */
struct walk_key {
    size_t len;
    char data[ENV_KEY_MAX];
};

/* Keeps the key; false if it is not behind the one before, `from` at first. */
static bool
is_behind(struct walk_key *last, struct str from, struct str key)
{
    struct str before = last->len ? (struct str){last->data, last->len} : from;
    size_t len = key.len < before.len ? key.len : before.len;
    int order;

    if (!is_key(key))
        return false;
    order = len == 0 ? 0 : memcmp(key.data, before.data, len);
    if (order == 0)
        order = (key.len > before.len) - (key.len < before.len);
    if (order < 0 || (order == 0 && last->len != 0))
        return false;
    memcpy(last->data, key.data, key.len);
    last->len = key.len;
    return true;
}

int
env_walk(struct env *env, MDB_txn *txn, unsigned table, struct str key,
         unsigned max, env_row_fn fn, void *arg)
{
    MDB_cursor *cursor;
    MDB_val k = as_val(key), v;
    struct walk_key last = {.len = 0};
    int rc;

    rc = mdb_cursor_open(txn, env->dbi[table], &cursor);
    if (rc != 0)
        return rc;
    rc = look(env, cursor, &k, &v, key.len ? MDB_SET_RANGE : MDB_FIRST);
    while (rc == 0) {
        if (max-- == 0)
            rc = ENV_MORE;
        else if (!is_behind(&last, key, as_str(k)))
            rc = MDB_CORRUPTED;
        else
            rc = fn(arg, as_str(k), as_str(v));
        if (rc == 0)
            rc = look(env, cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

struct seconds {
    struct str first; /* as a key */
    uint64_t *number;
    unsigned n;
};

static int
take_second(void *arg, struct str key, struct str val)
{
    struct seconds *seconds = arg;

    (void) val;
    if (key.len != 16 || !str_has_prefix(key, seconds->first))
        return 1;
    seconds->number[seconds->n++] = env_key_get_u64(
        (struct str){key.data + 8, 8});
    return 0;
}

int
env_seconds(struct env *env, MDB_txn *txn, unsigned table, uint64_t first,
            uint64_t from, uint64_t *seconds, unsigned max)
{
    uint8_t buf[16];
    struct str key = env_key_pair(buf, first, from);
    struct seconds found = {{key.data, 8}, seconds, 0};
    int rc = env_walk(env, txn, table, key, max, take_second, &found);

    if (rc != 1 && rc != ENV_MORE && env_failed(env, rc, "reading"))
        return -1;
    return (int) found.n;
}
