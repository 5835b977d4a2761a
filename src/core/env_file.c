#include "core/env_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* LMDB's format on disk, data version 1, on a machine with 64-bit words. */
enum {
    PAGE_IS_META = 0x08,
    DATA_VERSION = 1,
    PAGE_MIN = 512,
    PAGE_MAX = 65536,
    TREE_DEPTH = 32,
    LOCK_HEADER = 256,
    LOCK_READER = 64
};

static const uint32_t META_MAGIC = 0xBEEFC0DE;

struct disk_tree {
    uint32_t pad; /* of the free list's: the page size */
    uint16_t flags;
    uint16_t depth;
    uint64_t branches;
    uint64_t leaves;
    uint64_t overflows;
    uint64_t entries;
    uint64_t root;
};

struct disk_meta {
    uint64_t page;
    uint16_t page_pad;
    uint16_t page_flags;
    uint32_t page_bounds;
    uint32_t magic;
    uint32_t version;
    uint64_t address;
    uint64_t map_size;
    struct disk_tree trees[2]; /* free list, main */
    uint64_t last_page;
    uint64_t txnid;
};

static_assert(offsetof(struct disk_meta, magic) == 16, "page header");
static_assert(sizeof(struct disk_meta) == 152, "meta page");

static bool
is_root_possible(const struct disk_meta *meta, unsigned tree)
{
    uint64_t root = meta->trees[tree].root;

    return root == UINT64_MAX || (root >= 2 && root <= meta->last_page);
}

/* LMDB asserts what duplicates need; a tree of more levels has no room. */
static bool
is_tree_possible(const struct disk_meta *meta, unsigned tree)
{
    const unsigned never = MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP |
                           MDB_REVERSEDUP | MDB_REVERSEKEY | MDB_FIXEDMAP;

    return (meta->trees[tree].flags & never) == 0 &&
           meta->trees[tree].depth <= TREE_DEPTH &&
           is_root_possible(meta, tree);
}

static const char *
check_meta(const struct disk_meta *meta)
{
    uint32_t page_size = meta->trees[0].pad;

    if (!(meta->page_flags & PAGE_IS_META) || meta->magic != META_MAGIC)
        return "is not an LMDB file";
    if (meta->version != DATA_VERSION)
        return "has another LMDB's format";
    if (page_size < PAGE_MIN || page_size > PAGE_MAX ||
        (page_size & (page_size - 1)) != 0)
        return "has a damaged header (page size)";
    if (meta->last_page < 1 || meta->last_page > UINT64_MAX / PAGE_MAX - 1 ||
        (meta->last_page + 1) * page_size > meta->map_size)
        return "has a damaged header (last page)";
    if (!is_tree_possible(meta, 0) || !is_tree_possible(meta, 1))
        return "has a damaged header (trees)";
    return NULL;
}

static const char *
read_meta(struct disk_meta *meta, int fd, off_t offset, int *err)
{
    ssize_t n = pread(fd, meta, sizeof(*meta), offset);

    if (n < 0) {
        *err = errno;
        return "cannot be read";
    }
    if ((size_t) n < sizeof(*meta))
        return "is cut off in its header";
    return check_meta(meta);
}

static const char *
check_open_file(struct env_file *file, int fd, int *err)
{
    struct disk_meta meta[2];
    const char *why;
    uint64_t page_size;
    unsigned newer;

    why = read_meta(&meta[0], fd, 0, err);
    if (why != NULL)
        return why;
    page_size = meta[0].trees[0].pad;
    why = read_meta(&meta[1], fd, (off_t) page_size, err);
    if (why != NULL)
        return why;
    if (meta[1].trees[0].pad != page_size)
        return "has a damaged header (page size)";
    newer = meta[1].txnid > meta[0].txnid;
    file->needed = (meta[newer].last_page + 1) * page_size;
    return file->size < 2 * page_size ? "is cut off in its header" : NULL;
}

const char *
env_file_check(struct env_file *file, const char *path, int *err)
{
    struct stat st;
    const char *why;
    int fd;

    memset(file, 0, sizeof(*file));
    *err = 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        if (errno == ENOENT)
            return NULL;
        *err = errno;
        return "cannot be opened";
    }
    file->exists = true;
    if (fstat(fd, &st) != 0) {
        *err = errno;
        why = "cannot be read";
    } else if (!S_ISREG(st.st_mode)) {
        why = "is not a file";
    } else if (st.st_size == 0) {
        why = "is empty";
    } else {
        file->size = (uint64_t) st.st_size;
        why = check_open_file(file, fd, err);
    }
    close(fd);
    return why;
}

int
env_file_reserve_lock(const char *path, unsigned readers)
{
    off_t size = LOCK_HEADER + (off_t) readers * LOCK_READER;
    int fd, err = 0;

    /* Closing the file drops this process's locks on it: there are none as
     * long as the environment is not open. */
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    while (fallocate(fd, 0, 0, size) != 0) {
        if (errno == EINTR)
            continue;
        if (errno != EOPNOTSUPP && errno != ENOSYS)
            err = errno;
        break;
    }
    close(fd);
    return err;
}

int
env_file_walk_free(MDB_txn *txn, env_free_fn fn, void *arg)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc;

    rc = mdb_cursor_open(txn, 0, &cursor); /* 0: the list of free pages */
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0) {
        const size_t *list = val.mv_data;
        size_t txnid;

        if (key.mv_size != sizeof(txnid) || val.mv_size < sizeof(*list) ||
            list[0] > val.mv_size / sizeof(*list) - 1) {
            rc = MDB_CORRUPTED;
            break;
        }
        memcpy(&txnid, key.mv_data, sizeof(txnid));
        rc = fn(arg, txnid, list + 1, list[0]);
        if (rc != 0)
            break;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

struct missing {
    uint64_t first;
    uint64_t end;
    uint64_t free;
};

static int
count_missing(void *arg, uint64_t txnid, const size_t *pages, size_t n)
{
    struct missing *missing = arg;

    (void) txnid;
    for (size_t i = 0; i < n; i++)
        missing->free += pages[i] >= missing->first && pages[i] < missing->end;
    return 0;
}

/* LMDB shows the list of free pages to readers only. */
static int
walk_missing(MDB_env *mdb, struct missing *missing)
{
    MDB_txn *txn;
    int rc;

    rc = mdb_txn_begin(mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return rc;
    rc = env_file_walk_free(txn, count_missing, missing);
    mdb_txn_abort(txn);
    if (rc == 0 && missing->free != missing->end - missing->first)
        rc = MDB_CORRUPTED;
    return rc;
}

int
env_file_extend(MDB_env *mdb)
{
    struct missing missing = {0};
    MDB_envinfo info;
    MDB_stat tree;
    struct stat st;
    int fd, rc;

    rc = mdb_env_get_fd(mdb, &fd);
    if (rc == 0)
        rc = mdb_env_info(mdb, &info);
    if (rc == 0)
        rc = mdb_env_stat(mdb, &tree);
    if (rc != 0)
        return rc;
    if (fstat(fd, &st) != 0)
        return errno;
    missing.first = (uint64_t) st.st_size / tree.ms_psize;
    missing.end = info.me_last_pgno + 1;
    if (missing.first >= missing.end)
        return 0;
    if (ftruncate(fd, (off_t) (missing.end * tree.ms_psize)) != 0)
        return errno;
    rc = walk_missing(mdb, &missing);
    if (rc != 0 && ftruncate(fd, st.st_size) != 0)
        return errno;
    return rc;
}
